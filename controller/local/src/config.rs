//! `towpath.yaml`: what a local folder says about its host.
//!
//! The pipelines stand in files of their own; this one names the owner of their ledgers and what stands behind
//! the ports. `docs/local.md` shows it to users.

mod fields;
mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use towpath_core::id::{Name, OwnerId};
use towpath_core::time::Span;
use towpath_engine::ports::Signature;

use crate::error::LocalError;
use crate::secret::{Secret, Variables};

pub(crate) use fields::is_loopback;
pub use fields::{HttpUrl, Program, RepositoryUrl, UrlTemplate, VariableName};
pub(crate) use file::without_passwords;

/// The name of the file in its folder.
pub const FILE_NAME: &str = "towpath.yaml";

/// The largest file that is read, in bytes.
const LARGEST: u64 = 256 << 10;

/// The settings of a local host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalConfig {
    /// The folder of the file; relative programs are relative to it and children run in it.
    pub folder: PathBuf,
    /// Who owns the ledgers that this host writes.
    pub owner: OwnerId,
    /// Who commits say they are from.
    pub commits: Signature,
    /// Repositories that need more than their URL.
    pub repositories: Vec<RepositoryConfig>,
    /// How QA is run, by template name.
    pub qa: BTreeMap<Name, QaTemplate>,
    /// Where it is seen what runs, by environment; `default` is for those not named.
    pub live: BTreeMap<Name, LiveSource>,
    /// Files with policies besides those in the folder, as written: from there.
    pub policies: Vec<PathBuf>,
    /// Where metrics come from, if from anywhere.
    pub prometheus: Option<PrometheusConfig>,
}

/// Credentials and abilities of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryConfig {
    /// As pipelines write it.
    pub url: RepositoryUrl,
    /// The user that the token belongs to.
    pub username: String,
    /// The variable that has the token; no credentials when `None`.
    pub token: Option<VariableName>,
    /// Whether the host moves several refs in one atomic push.
    pub atomic: bool,
}

/// How one QA template is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QaTemplate {
    /// The commands.
    pub mode: QaMode,
    /// The longest a run may take.
    pub timeout: Span,
    /// The file name of the JUnit report that decides together with the exit code.
    pub junit: Option<String>,
    /// Variables that the commands get besides `PATH`, `HOME` and Towpath's own.
    pub environment: Vec<VariableName>,
    /// A text that is equal as long as the same is tested, on whatever machine; part of the gate's hash.
    pub revision: String,
}

/// Who waits for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QaMode {
    /// The host that started it: a child process.
    Waited {
        /// What is run.
        command: Program,
    },
    /// Nobody; the run lives elsewhere and is asked for by its handle.
    Polled {
        /// Starts it, or finds that it was started.
        start: Program,
        /// Says how it is.
        poll: Program,
    },
}

/// Where it is seen what runs in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveSource {
    /// A command that prints the documented JSON.
    Command {
        /// What is run.
        command: Program,
        /// The longest it may take.
        timeout: Span,
        /// Variables that it gets besides `PATH`, `HOME` and Towpath's own.
        environment: Vec<VariableName>,
    },
    /// An address that answers the documented JSON.
    Url {
        /// The address, with `{{ environment }}`, `{{ namespace }}` and `{{ pipeline }}` filled in.
        url: UrlTemplate,
        /// The longest an answer may take.
        timeout: Span,
    },
    /// What is on the branch counts as live at once.
    Tip,
}

/// A Prometheus or something that speaks its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrometheusConfig {
    /// Its address, without `/api/v1`.
    pub url: HttpUrl,
    /// The variable that has the bearer token.
    pub token: Option<VariableName>,
    /// The longest a query may take.
    pub timeout: Span,
}

impl LocalConfig {
    /// Reads `towpath.yaml` of a folder. Anything wrong with it is [`LocalError::Config`] with the place.
    pub fn load(folder: &Path) -> Result<Self, LocalError> {
        let path = folder.join(FILE_NAME);
        let text = file::read(&path, LARGEST)?;
        Self::parse(&path, &text)
    }

    /// Parses the text of the file at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, LocalError> {
        file::parse(path, text)
    }

    /// The settings of a repository; `None` when it needs none. A `/` or `.git` at the end does not matter.
    pub fn repository(&self, url: &str) -> Option<&RepositoryConfig> {
        let wanted = fields::comparable(url);
        self.repositories.iter().find(|repository| fields::comparable(repository.url.as_str()) == wanted)
    }

    /// Where it is seen what runs in an environment.
    pub fn live(&self, environment: &Name) -> Option<&LiveSource> {
        live_source(&self.live, environment)
    }
}

/// The source of an environment, or that of all others.
pub(crate) fn live_source<'a>(
    sources: &'a BTreeMap<Name, LiveSource>,
    environment: &Name,
) -> Option<&'a LiveSource> {
    let default = || sources.iter().find(|(name, _)| name.as_str() == "default").map(|(_, source)| source);
    sources.get(environment).or_else(default)
}

impl RepositoryConfig {
    /// Reads the token from its variable; `None` when none is configured.
    pub fn secret(&self, variables: Variables<'_>) -> Result<Option<Secret>, LocalError> {
        let place = format!("repositories: {}", self.url);
        self.token.as_ref().map(|name| Secret::read(&place, name.as_str(), variables)).transpose()
    }
}

impl PrometheusConfig {
    /// Reads the token from its variable; `None` when none is configured.
    pub fn secret(&self, variables: Variables<'_>) -> Result<Option<Secret>, LocalError> {
        let read = |name: &VariableName| Secret::read("metrics.prometheus", name.as_str(), variables);
        self.token.as_ref().map(read).transpose()
    }
}

#[cfg(test)]
mod tests;
