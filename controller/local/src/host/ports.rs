//! What stands behind the engine's ports in one host.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use towpath_core::pipeline::Pipeline;
use towpath_engine::ports::{Clock, Liveness, Metrics, QaRunner, Repository, RepositoryError};
use towpath_git::{GitOptions, GitRepository, Token};

use super::cache::Cache;
use crate::clock::SystemClock;
use crate::error::LocalError;
use crate::folder::Folder;
use crate::live::LocalLiveness;
use crate::metrics::{NoMetrics, Prometheus};
use crate::qa::{CommandQa, Stop};
use crate::secret::{Secret, Variables};

/// A QA runner whose runs end with this process, so that somebody has to wait for them.
pub trait WaitedQa: QaRunner {
    /// How many of its runs are not over.
    fn running(&self) -> usize;

    /// Waits until a run ends that nobody waited for yet, until the end is asked for, or until the time is there:
    /// then it answers `false`.
    fn wait_for_change(&self, until: Instant) -> bool;

    /// How the host is told to end. A runner that cannot be told has one that nobody asks.
    fn stop(&self) -> Stop {
        Stop::default()
    }
}

impl WaitedQa for CommandQa {
    fn running(&self) -> usize {
        Self::running(self)
    }

    fn wait_for_change(&self, until: Instant) -> bool {
        Self::wait_for_change(self, until)
    }

    fn stop(&self) -> Stop {
        Self::stop(self)
    }
}

/// A repository, or why it cannot be opened. One that cannot does not stop the pipelines of others.
pub type Opened = Result<Box<dyn Repository>, RepositoryError>;

/// The adapters of one host.
pub struct Ports {
    /// Repositories by the address that pipelines have.
    pub repositories: BTreeMap<String, Opened>,
    /// Runs QA.
    pub qa: Box<dyn WaitedQa>,
    /// Answers metric queries.
    pub metrics: Box<dyn Metrics>,
    /// Tells what is live.
    pub liveness: Box<dyn Liveness>,
    /// Tells the time.
    pub clock: Arc<dyn Clock + Send + Sync>,
}

impl Ports {
    /// The adapters that a folder's `towpath.yaml` asks for. Fails when a secret or the cache is missing.
    pub fn open(folder: &Folder, cache: &Cache, variables: Variables<'_>) -> Result<Self, LocalError> {
        let clock: Arc<dyn Clock + Send + Sync> = Arc::new(SystemClock);
        let config = &folder.config;
        let metrics: Box<dyn Metrics> = match &config.prometheus {
            Some(prometheus) => Box::new(Prometheus::new(prometheus, variables)?),
            None => Box::new(NoMetrics),
        };
        let mut repositories = BTreeMap::new();
        for pipeline in &folder.pipelines {
            let url = &pipeline.repository.url;
            if !repositories.contains_key(url) {
                repositories.insert(url.clone(), repository(folder, pipeline, cache, variables)?);
            }
        }
        Ok(Self {
            repositories,
            qa: Box::new(CommandQa::new(config, &cache.runs(), &instance(), Arc::clone(&clock))?),
            metrics,
            liveness: Box::new(LocalLiveness::new(config, Arc::clone(&clock))),
            clock,
        })
    }

    /// Lets all who ask for the refs of a repository share a look, until [`Ports::end_round`].
    ///
    /// All pipelines announce theirs, due or not: also those that are not are read for the rollbacks of all.
    pub(super) fn begin_round(&self, pipelines: &[Pipeline]) {
        for (url, opened) in &self.repositories {
            let Ok(repository) = opened else { continue };
            let here = pipelines.iter().map(|pipeline| &pipeline.repository).filter(|own| &own.url == url);
            repository.begin_round(&here.flat_map(|own| [own.branch.clone(), own.journal.clone()]).collect());
        }
    }

    /// From now on everybody reads their own.
    pub(super) fn end_round(&self) {
        self.repositories.values().flatten().for_each(|repository| repository.end_round());
    }
}

fn repository(
    folder: &Folder,
    pipeline: &Pipeline,
    cache: &Cache,
    variables: Variables<'_>,
) -> Result<Opened, LocalError> {
    let url = &pipeline.repository.url;
    let mut options = GitOptions::new(url.as_str(), cache.mirror(url));
    if let Some(settings) = folder.repository(pipeline) {
        let token = |secret: Secret| Token {
            username: settings.username.clone(),
            secret: secret.expose().to_owned(),
        };
        options.credentials = settings.secret(variables)?.map(token);
        options.atomic = settings.atomic;
    }
    Ok(GitRepository::open(&options).map(|git| Box::new(git) as Box<dyn Repository>))
}

/// A name for this process that no other has, on this machine or any: by its number and the time.
fn instance() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("p{}-{:x}{:x}", std::process::id(), time.as_secs(), time.subsec_nanos())
}
