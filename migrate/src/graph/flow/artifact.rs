//! Artifacts and caches, by the actions that handle them.

use super::{StepAt, action, input, uses};
use crate::graph::job::Job;
use crate::read::TokenId;
use crate::values::glob::{self, Pattern};

/// What a step does with artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactUse {
    /// `actions/upload-artifact`
    Upload,
    /// `actions/download-artifact`
    Download,
    /// `actions/upload-artifact/merge`
    Merge,
}

/// A step that handles artifacts. Texts are as they are written, with `${{ }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact<'d> {
    /// The step.
    pub at: StepAt,
    /// What it does.
    pub usage: ArtifactUse,
    /// The name; where none is written, `artifact` of an upload and `None`, all of them, of others.
    pub name: Option<&'d str>,
    /// `pattern`
    pub pattern: Option<&'d str>,
    /// `path`
    pub path: Option<&'d str>,
    /// The ref of the action.
    pub version: &'d str,
    /// `run-id` or `repository`: it is of another run.
    pub is_of_other_run: bool,
    /// `uses` of the step.
    pub token: TokenId,
}

/// Whether a download gets an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Match {
    /// It does.
    Yes,
    /// It may: a name holds an expression.
    Maybe,
    /// It does not.
    No,
}

/// What a step does with a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheUse {
    /// It restores it, and saves it at the end of the job.
    Both,
    /// It restores it.
    Restore,
    /// It saves it.
    Save,
    /// An action that sets something up does both by itself; the key is its own.
    BySetup,
}

/// A step that handles a cache. Texts are as they are written, with `${{ }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache<'d> {
    /// The step.
    pub at: StepAt,
    /// What it does.
    pub usage: CacheUse,
    /// `key`; of an action that sets something up, `cache`.
    pub key: Option<&'d str>,
    /// `restore-keys`
    pub restore_keys: Option<&'d str>,
    /// `path`
    pub path: Option<&'d str>,
    /// `uses` of the step.
    pub token: TokenId,
}

/// Actions that set something up and cache what it downloads if `cache` says so.
const SETUPS: [&str; 6] = [
    "actions/setup-dotnet",
    "actions/setup-java",
    "actions/setup-node",
    "actions/setup-python",
    "ruby/setup-ruby",
    "gradle/actions/setup-gradle",
];

pub(super) fn artifacts<'d>(job: &Job<'d>) -> Vec<Artifact<'d>> {
    let document = job.workflow.document;
    let found = uses(job).filter_map(|(step, uses)| {
        let (name, version) = action(uses)?;
        let usage = match name.as_str() {
            "actions/upload-artifact" => ArtifactUse::Upload,
            "actions/download-artifact" => ArtifactUse::Download,
            "actions/upload-artifact/merge" => ArtifactUse::Merge,
            _ => return None,
        };
        let text = |key| {
            input(document, uses.with.as_ref(), key).map(|(_, text)| text).filter(|text| !text.is_empty())
        };
        let default = (usage == ArtifactUse::Upload).then_some("artifact");
        Some(Artifact {
            at: StepAt { job: job.id, step },
            usage,
            name: text("name").or(default),
            pattern: text("pattern"),
            path: text("path"),
            version,
            is_of_other_run: text("run-id").is_some() || text("repository").is_some(),
            token: uses.uses.token,
        })
    });
    found.collect()
}

/// What a download wants, its pattern read once for all uploads.
pub(in crate::graph) struct Wanted<'a, 'd> {
    artifact: &'a Artifact<'d>,
    /// `None` where there is none, or none that is understood.
    pattern: Option<Pattern>,
}

impl<'d> Artifact<'d> {
    /// Whether this download gets what that upload stores, of the same run.
    #[must_use]
    pub fn gets(&self, upload: &Self) -> Match {
        self.wanted().gets(upload)
    }

    pub(in crate::graph) fn wanted(&self) -> Wanted<'_, 'd> {
        // The action's patterns are those of minimatch, which agree where there is nothing but `*`.
        let is_plain =
            |pattern: &&str| !pattern.contains(['?', '+', '[', '!', '{', '\\']) && !has_expression(pattern);
        let pattern = if self.name.is_none() { self.pattern.filter(is_plain) } else { None };
        Wanted { artifact: self, pattern: pattern.and_then(|pattern| glob::parse(pattern).ok()) }
    }
}

impl Wanted<'_, '_> {
    /// Whether it gets what an upload stores, of the same run.
    pub(in crate::graph) fn gets(&self, upload: &Artifact<'_>) -> Match {
        let Artifact { usage, name, pattern, is_of_other_run, .. } = *self.artifact;
        if is_of_other_run || usage == ArtifactUse::Upload || upload.usage == ArtifactUse::Download {
            return Match::No;
        }
        let Some(stored) = upload.name else { return Match::Maybe };
        match (name, pattern) {
            (Some(name), _) if name == stored => Match::Yes,
            (Some(name), _) if has_expression(name) || has_expression(stored) => Match::Maybe,
            (Some(_), _) => Match::No,
            (None, None) => Match::Yes,
            (None, Some(_)) if has_expression(stored) => Match::Maybe,
            (None, Some(_)) => match &self.pattern {
                Some(pattern) if pattern.matches(stored) => Match::Yes,
                Some(_) => Match::No,
                None => Match::Maybe,
            },
        }
    }

    /// How much it takes to compare an upload, in steps of the pattern.
    pub(in crate::graph) fn work(&self, upload: &Artifact<'_>) -> usize {
        let pattern = self.pattern.as_ref().map_or(0, |pattern| pattern.source().len());
        pattern * upload.name.map_or(0, str::len)
    }
}

fn has_expression(text: &str) -> bool {
    text.contains("${{")
}

pub(super) fn caches<'d>(job: &Job<'d>) -> Vec<Cache<'d>> {
    let document = job.workflow.document;
    let found = uses(job).filter_map(|(step, uses)| {
        let (name, _) = action(uses)?;
        let text = |key| input(document, uses.with.as_ref(), key).map(|(_, text)| text);
        let usage = match name.as_str() {
            "actions/cache" => CacheUse::Both,
            "actions/cache/restore" => CacheUse::Restore,
            "actions/cache/save" => CacheUse::Save,
            // It caches unless told otherwise.
            "actions/setup-go" if text("cache") != Some("false") => CacheUse::BySetup,
            setup if SETUPS.contains(&setup) && text("cache").is_some() => CacheUse::BySetup,
            _ => return None,
        };
        let key = if usage == CacheUse::BySetup { text("cache") } else { text("key") };
        Some(Cache {
            at: StepAt { job: job.id, step },
            usage,
            key,
            restore_keys: text("restore-keys"),
            path: text("path"),
            token: uses.uses.token,
        })
    });
    found.collect()
}
