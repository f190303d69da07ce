//! What `GITHUB_TOKEN` may do.
//!
//! The scopes are those of GitHub's schema (`workflow-v1.0.json`), and `workflows`, which the runner knows
//! beyond it (`Permissions.cs`). How those of a called workflow are compared with what the caller allows is the
//! runner's (`PermissionsHelper.cs`); it compares the scopes that it knows, in its own order.

use super::finding::{Finding, whole};
use crate::span::Span;

/// How much a scope allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Nothing.
    #[default]
    None,
    /// To read.
    Read,
    /// To read and write.
    Write,
}

impl Level {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::None, Self::Read, Self::Write].into_iter().find(|level| level.name() == name)
    }
}

/// Writes the scopes once: their names, the levels that the schema takes, and whether the runner compares them.
macro_rules! scopes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $levels:ident $compared:literal;)*) => {
        /// What a permission is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope { $($(#[$doc])* $variant,)* }

        impl Scope {
            /// All of them, those that the runner compares first and in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            const fn row(self) -> (&'static str, Levels, bool) {
                match self { $(Self::$variant => ($name, Levels::$levels, $compared),)* }
            }
        }
    };
}

/// The levels that the schema takes for a scope.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Levels {
    Any,
    Read,
    Write,
}

scopes! {
    /// Workflows, their runs and artifacts.
    Actions "actions" Any true;
    /// Storage and deployment records of artifacts.
    ArtifactMetadata "artifact-metadata" Any true;
    /// Attestations of artifacts.
    Attestations "attestations" Any true;
    /// Check runs and suites.
    Checks "checks" Any true;
    /// Commits, branches, releases.
    Contents "contents" Any true;
    /// Deployments and their states.
    Deployments "deployments" Any true;
    /// Discussions.
    Discussions "discussions" Any true;
    /// Issues.
    Issues "issues" Any true;
    /// Packages.
    Packages "packages" Any true;
    /// GitHub Pages.
    Pages "pages" Any true;
    /// Pull requests.
    PullRequests "pull-requests" Any true;
    /// Classic projects.
    RepositoryProjects "repository-projects" Any true;
    /// States of commits.
    Statuses "statuses" Any true;
    /// Code scanning and secret scanning.
    SecurityEvents "security-events" Any true;
    /// Tokens of OpenID Connect.
    IdToken "id-token" Write true;
    /// GitHub Models.
    Models "models" Read true;
    /// Files of workflows. Not in the schema.
    Workflows "workflows" Write true;
    /// Data about the quality of code.
    CodeQuality "code-quality" Any false;
    /// Requests to Copilot.
    CopilotRequests "copilot-requests" Write false;
    /// GitHub Drives.
    Drives "drives" Any false;
    /// Alerts about vulnerable dependencies.
    VulnerabilityAlerts "vulnerability-alerts" Read false;
}

const COUNT: usize = Scope::ALL.len();

impl Scope {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The scope of this name; case counts.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.name() == name)
    }

    /// Whether the runner compares it between caller and called workflow.
    #[must_use]
    pub const fn is_compared(self) -> bool {
        self.row().2
    }

    /// Whether the schema takes this level for it.
    #[must_use]
    pub fn takes(self, level: Level) -> bool {
        match self.row().1 {
            Levels::Any => true,
            Levels::Read => level != Level::Write,
            Levels::Write => level != Level::Read,
        }
    }

    /// The most that `read-all` or `write-all` gives it.
    fn at_most(self, level: Level) -> Level {
        match self {
            Self::Models | Self::VulnerabilityAlerts => level.min(Level::Read),
            // The runner's `write-all` leaves it out unless the repository allows it.
            Self::Workflows => Level::None,
            _ => level,
        }
    }
}

/// A level for each scope; what is not named has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions([Level; COUNT]);

impl Permissions {
    /// Nothing at all: `permissions: {}`.
    pub const NOTHING: Self = Self([Level::None; COUNT]);

    /// `read-all` or `write-all`: each scope as far as it can have the level.
    ///
    /// The published cases know neither `artifact-metadata` nor `attestations` nor `models`; they are older than those, so here
    /// the runner decides.
    #[must_use]
    pub fn all(level: Level) -> Self {
        Scope::ALL.iter().fold(Self::NOTHING, |all, scope| all.with(*scope, scope.at_most(level)))
    }

    /// What a token may do that no `permissions` speak of, where the repository is set to restrict it.
    #[must_use]
    pub fn restricted() -> Self {
        Self::NOTHING.with(Scope::Contents, Level::Read).with(Scope::Packages, Level::Read)
    }

    /// The level of a scope.
    #[must_use]
    pub fn level(&self, scope: Scope) -> Level {
        self.0.get(scope as usize).copied().unwrap_or_default()
    }

    /// With another level for a scope.
    #[must_use]
    pub fn with(mut self, scope: Scope, level: Level) -> Self {
        if let Some(slot) = self.0.get_mut(scope as usize) {
            *slot = level;
        }
        self
    }

    /// The scopes that have more than none.
    pub fn granted(&self) -> impl Iterator<Item = (Scope, Level)> {
        Scope::ALL.iter().map(|scope| (*scope, self.level(*scope))).filter(|(_, level)| *level != Level::None)
    }

    /// Of each scope the lower level: what a called workflow has if the caller allows this.
    #[must_use]
    pub fn narrow(&self, most: &Self) -> Self {
        Scope::ALL
            .iter()
            .fold(Self::NOTHING, |both, scope| both.with(*scope, self.level(*scope).min(most.level(*scope))))
    }

    /// The scopes in which this asks for more than is allowed, of those that the runner compares.
    #[must_use]
    pub fn exceeds(&self, allowed: &Self) -> Vec<Excess> {
        let compared = Scope::ALL.iter().copied().filter(|scope| scope.is_compared());
        let excesses = compared.map(|scope| Excess {
            scope,
            requested: self.level(scope),
            allowed: allowed.level(scope),
        });
        excesses.filter(|excess| excess.requested > excess.allowed).collect()
    }
}

/// A scope in which more is asked for than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    /// The scope.
    pub scope: Scope,
    /// What is asked for.
    pub requested: Level,
    /// What is allowed.
    pub allowed: Level,
}

/// GitHub's text for a called workflow, or a job in it, that asks for more than the caller allows.
///
/// `reference` is the `uses` of the calling job as GitHub resolves it; `job` the name of the nested job, if it
/// is one that asks. The runner has no reference behind `The workflow`; the published cases do.
#[must_use]
pub fn excess_message(reference: &str, job: Option<&str>, excesses: &[Excess]) -> String {
    let told = |level: fn(&Excess) -> Level| {
        let parts =
            excesses.iter().map(|excess| format!("{}: {}", excess.scope.name(), level(excess).name()));
        parts.collect::<Vec<_>>().join(", ")
    };
    let who =
        job.map_or_else(|| format!("The workflow '{reference}'"), |job| format!("The nested job '{job}'"));
    format!(
        "Error calling workflow '{reference}'. {who} is requesting '{}', but is only allowed '{}'.",
        told(|excess| excess.requested),
        told(|excess| excess.allowed)
    )
}

/// Reads `read-all` or `write-all`.
///
/// # Errors
///
/// With GitHub's text, if it is neither.
pub fn shorthand(text: &str) -> Result<Permissions, Finding> {
    match text {
        "read-all" => Ok(Permissions::all(Level::Read)),
        "write-all" => Ok(Permissions::all(Level::Write)),
        _ => Err(Finding::unexpected(
            text,
            "write read-all, write-all, {} for nothing, or a mapping of scopes",
        )),
    }
}

/// Reads the name of a scope.
///
/// # Errors
///
/// With GitHub's text, if there is none of that name.
pub fn scope(text: &str) -> Result<Scope, Finding> {
    Scope::named(text).ok_or_else(|| {
        let lower = Scope::ALL.iter().any(|scope| scope.name().eq_ignore_ascii_case(text));
        let hint = if lower {
            "scopes are written in small letters"
        } else {
            "GitHub's documentation of permissions lists the scopes"
        };
        Finding::unexpected(text, hint)
    })
}

/// Reads the level of a scope.
///
/// # Errors
///
/// With GitHub's text, if the scope takes no such level.
pub fn level(scope: Scope, text: &str) -> Result<Level, Finding> {
    let level = Level::named(text).filter(|level| scope.takes(*level));
    level.ok_or_else(|| {
        let hint = match scope.row().1 {
            Levels::Any => "write read, write or none",
            Levels::Read => "this scope takes read or none",
            Levels::Write => "this scope takes write or none",
        };
        Finding::unexpected(text, hint)
    })
}

/// What is odd about a scope that is read.
#[must_use]
pub fn scope_remark(text: &str) -> Option<Finding> {
    let span: Span = whole(text);
    (text == "repository-projects").then(|| {
        Finding::ours(span, "classic projects are gone, so this allows nothing", "take it away").warning()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        assert_eq!(level(Scope::Contents, "write"), Ok(Level::Write));
        assert_eq!(level(Scope::IdToken, "none"), Ok(Level::None));
        assert_eq!(level(Scope::Models, "read"), Ok(Level::Read));
        for (scope, text) in [
            (Scope::Contents, "invalid"),
            (Scope::Contents, "Read"),
            (Scope::Contents, ""),
            (Scope::IdToken, "read"),
            (Scope::Models, "write"),
            (Scope::CopilotRequests, "read"),
            (Scope::VulnerabilityAlerts, "write"),
        ] {
            assert_eq!(
                level(scope, text).unwrap_err().message,
                format!("Unexpected value '{text}'"),
                "{scope:?}"
            );
        }
        for text in ["check", "Contents", ""] {
            assert_eq!(scope(text).unwrap_err().message, format!("Unexpected value '{text}'"));
        }
        for text in ["write", "none", "Read-All"] {
            assert_eq!(shorthand(text).unwrap_err().message, format!("Unexpected value '{text}'"));
        }
    }

    #[test]
    fn shorthands() {
        let read = shorthand("read-all").unwrap();
        let write = shorthand("write-all").unwrap();
        assert_eq!((read.level(Scope::IdToken), write.level(Scope::IdToken)), (Level::Read, Level::Write));
        assert_eq!(write.level(Scope::Models), Level::Read);
        assert_eq!(write.level(Scope::Workflows), Level::None);
        assert_eq!(Permissions::NOTHING.granted().count(), 0);
        let granted: Vec<_> = Permissions::restricted().granted().collect();
        assert_eq!(granted, [(Scope::Contents, Level::Read), (Scope::Packages, Level::Read)]);
    }

    #[test]
    fn names_are_unique() {
        for scope in Scope::ALL {
            assert_eq!(Scope::named(scope.name()), Some(*scope));
        }
        assert_eq!(Scope::ALL.len(), 21);
    }

    /// Of the published `errors-reusable-workflow-permissions-not-allowed-*.yml`.
    #[test]
    fn what_a_called_workflow_asks_for() {
        let requested = Permissions::NOTHING.with(Scope::Actions, Level::Write);
        let excesses = requested.exceeds(&Permissions::restricted());
        let reference = "contoso/templates/.github/workflows/deploy.yml@v1";
        assert_eq!(
            excess_message(reference, Some("deploy"), &excesses),
            "Error calling workflow 'contoso/templates/.github/workflows/deploy.yml@v1'. The nested job 'deploy' is requesting \
             'actions: write', but is only allowed 'actions: none'."
        );
        let more = requested.with(Scope::IdToken, Level::Write).with(Scope::Contents, Level::Read);
        assert_eq!(
            excess_message(
                "a/b/.github/workflows/c.yml@v1",
                None,
                &more.exceeds(&Permissions::all(Level::Read))
            ),
            "Error calling workflow 'a/b/.github/workflows/c.yml@v1'. The workflow 'a/b/.github/workflows/c.yml@v1' is requesting \
             'actions: write, id-token: write', but is only allowed 'actions: read, id-token: read'."
        );
        assert_eq!(Permissions::all(Level::Read).exceeds(&Permissions::all(Level::Write)), []);
        let newer = Permissions::NOTHING.with(Scope::Drives, Level::Write);
        assert_eq!(newer.exceeds(&Permissions::NOTHING), []);
    }

    #[test]
    fn narrowing() {
        let asked = Permissions::NOTHING.with(Scope::Contents, Level::Write).with(Scope::Issues, Level::Read);
        let narrowed = asked.narrow(&Permissions::restricted());
        assert_eq!(narrowed.granted().collect::<Vec<_>>(), [(Scope::Contents, Level::Read)]);
        assert!(scope_remark("repository-projects").is_some() && scope_remark("contents").is_none());
    }
}
