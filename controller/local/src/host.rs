//! The local host: passes over the pipelines of a folder, and what people do to them.

mod cache;
mod dependencies;
mod meter;
mod ports;
mod reporter;
mod rollbacks;
mod rounds;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::decide::Decision;
use towpath_core::event::{Event, Recorded};
use towpath_core::id::{Name, PipelineId};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Time;
use towpath_core::world::{SharedFacts, WentBack};
use towpath_engine::drill::{DrillPart, Drilled};
use towpath_engine::journal::Head;
use towpath_engine::ports::{Repository, RepositoryError};
use towpath_engine::{Engine, EngineError, Host, PassReport, Remembered, Settings, Step};
use towpath_gates::CelEvaluator;

use crate::error::LocalError;
use crate::folder::Folder;
use crate::metrics::NoMetrics;
use crate::secret::Variables;
use meter::Meter;
use reporter::Told;
use rollbacks::Counted;

pub use cache::Cache;
pub use ports::{Opened, Ports, WaitedQa};
pub use reporter::{Reporter, Silent};
pub use rounds::{Round, Which};
pub use trouble::{Trouble, is_denied};

/// Works on the ledgers of a folder's pipelines.
pub struct LocalHost {
    folder: Folder,
    ports: Ports,
    meter: Meter,
    cache: Option<Cache>,
    settings: Settings,
    remembered: BTreeMap<PipelineId, Remembered>,
    rollbacks: Counted,
    told: Told,
    started_qa: bool,
}

/// What a pass would do now.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// When that was asked.
    pub now: Time,
    /// The answer.
    pub decision: Decision,
    /// The journal; `None` when there is none.
    pub head: Option<Head>,
}

impl LocalHost {
    /// A host with the adapters that the folder asks for. Fails when a secret or the cache is missing; a
    /// repository that cannot be opened fails later, for its own pipelines only.
    pub fn open(folder: Folder, cache: Cache, variables: Variables<'_>) -> Result<Self, LocalError> {
        let ports = Ports::open(&folder, &cache, variables)?;
        let mut host = Self::with_ports(folder, ports);
        for pipeline in &host.folder.pipelines {
            let repository = repository(&host.ports, pipeline).ok();
            if let Some(head) = repository.and_then(|repository| cache.seen(pipeline, repository)) {
                host.remembered.entry(pipeline.id.clone()).or_default().journal = Some(head);
            }
        }
        host.cache = Some(cache);
        Ok(host)
    }

    /// A host with these adapters, which remembers nothing from before.
    pub fn with_ports(folder: Folder, mut ports: Ports) -> Self {
        let meter = Meter::new(std::mem::replace(&mut ports.metrics, Box::new(NoMetrics)));
        let settings =
            Settings { owner: folder.config.owner.clone(), signature: folder.config.commits.clone() };
        let remembered = BTreeMap::new();
        Self {
            folder,
            ports,
            meter,
            cache: None,
            settings,
            remembered,
            rollbacks: Counted::default(),
            told: Told::default(),
            started_qa: false,
        }
    }

    /// The folder as it was read.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The time as of now.
    pub fn now(&self) -> Time {
        self.ports.clock.now()
    }

    /// Calls `work` with the engine of one pipeline, for what people do and for reading.
    pub fn with_engine<T>(
        &self,
        id: &PipelineId,
        work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let pipeline = self.pipeline(id)?;
        let host = self.engine_host(pipeline, SharedFacts::default())?;
        let seen = self.remembered.get(id).and_then(|remembered| remembered.journal.as_ref());
        work(&Engine { host: &host, pipeline, seen })
    }

    /// What a pass over a pipeline would do now; nothing is written. Metrics are not asked.
    pub fn outlook(&mut self, id: &PipelineId) -> Result<Outlook, EngineError> {
        self.look(id, |engine, remembered| engine.dry(remembered))
    }

    /// The same, with metrics read as a pass would read them; where they say nothing, the answer says why.
    pub fn outlook_with_metrics(&mut self, id: &PipelineId) -> Result<Outlook, EngineError> {
        let mut outlook = self.look(id, |engine, remembered| engine.dry_with_metrics(remembered))?;
        let pipeline = self.pipeline(id)?;
        for (name, answer) in &mut outlook.decision.envs {
            let environment = pipeline.environment(name);
            environment.into_iter().for_each(|e| self.meter.explain(&self.folder, e, outlook.now, answer));
        }
        Ok(outlook)
    }

    fn look(
        &mut self,
        id: &PipelineId,
        dry: impl FnOnce(&Engine<'_>, &mut Remembered) -> Result<(Decision, Option<Head>), EngineError>,
    ) -> Result<Outlook, EngineError> {
        let shared = self.shared(&self.pipeline(id)?.clone());
        let mut remembered = self.remembered.get(id).cloned().unwrap_or_default();
        let pipeline = self.pipeline(id)?;
        let host = self.engine_host(pipeline, shared)?;
        let now = self.ports.clock.now();
        let (decision, head) = dry(&Engine { host: &host, pipeline, seen: None }, &mut remembered)?;
        Ok(Outlook { now, decision, head })
    }

    /// Rehearses a rollback; nothing is pushed or recorded. `done` hears when each part is over.
    pub fn drill(
        &mut self,
        id: &PipelineId,
        environment: &Name,
        done: &mut dyn FnMut(DrillPart),
    ) -> Result<Drilled, EngineError> {
        let shared = self.shared(&self.pipeline(id)?.clone());
        let mut remembered = self.remembered.get(id).cloned().unwrap_or_default();
        let pipeline = self.pipeline(id)?;
        let host = self.engine_host(pipeline, shared)?;
        Engine { host: &host, pipeline, seen: None }.drill(&mut remembered, environment, done)
    }

    /// One pass over one pipeline.
    pub fn pass(&mut self, id: &PipelineId, reporter: &mut dyn Reporter) -> Result<PassReport, EngineError> {
        let pipeline = self.pipeline(id)?.clone();
        let shared = self.shared(&pipeline);
        let mut remembered = self.remembered.remove(id).unwrap_or_default();
        let mut events: Vec<Recorded> = Vec::new();
        let mut result = self.engine_host(&pipeline, shared).and_then(|host| {
            Engine { host: &host, pipeline: &pipeline, seen: None }.pass(&mut remembered, &mut |step| {
                match step {
                    Step::Recorded(event) => events.push(event.clone()),
                    Step::LostRace => {}
                }
            })
        });
        let state = remembered.journal.as_ref().map(|head| head.state.clone());
        for event in &events {
            self.started_qa |= matches!(event.event, Event::Started { handle: Some(_), .. });
            reporter.recorded(id, event, state.as_deref());
        }
        if let (Some(cache), Some(head)) = (&self.cache, &remembered.journal) {
            cache.remember(&pipeline, &head.tip);
        }
        self.remembered.insert(id.clone(), remembered);
        if let Ok(report) = &mut result {
            let now = self.ports.clock.now();
            for (name, answer) in &mut report.answers {
                let environment = pipeline.environment(name);
                environment.into_iter().for_each(|e| self.meter.explain(&self.folder, e, now, answer));
            }
        }
        match &result {
            Ok(report) => self.told.tell(id, report, reporter),
            Err(error) => {
                reporter.failed(id, error);
                reporter.trouble(id, &self.trouble(id, error));
            }
        }
        result
    }

    /// Whether a pass would find the same as the one before. What cannot be read is told by a pass.
    fn stands(&mut self, id: &PipelineId) -> bool {
        let Ok(pipeline) = self.pipeline(id).cloned() else { return false };
        let shared = SharedFacts {
            conflicts: self.folder.conflicts(id),
            others: self.others(&pipeline),
            ..SharedFacts::default()
        };
        let Some(mut remembered) = self.remembered.remove(id) else { return false };
        let due = self
            .engine_host(&pipeline, shared)
            .and_then(|host| Engine { host: &host, pipeline: &pipeline, seen: None }.is_due(&mut remembered));
        self.remembered.insert(id.clone(), remembered);
        matches!(due, Ok(false))
    }

    fn stands_until(&self, id: &PipelineId) -> Option<Time> {
        self.remembered.get(id).and_then(Remembered::stands_until)
    }

    fn pipeline(&self, id: &PipelineId) -> Result<&Pipeline, EngineError> {
        let unknown = || EngineError::Impossible(format!("the folder has no pipeline {id}"));
        self.folder.pipelines.iter().find(|pipeline| &pipeline.id == id).ok_or_else(unknown)
    }

    fn engine_host(&self, pipeline: &Pipeline, shared: SharedFacts) -> Result<Host<'_>, EngineError> {
        Ok(Host {
            repository: repository(&self.ports, pipeline)?,
            qa: &*self.ports.qa,
            metrics: &self.meter,
            liveness: &*self.ports.liveness,
            pull_requests: None,
            evaluator: Some(&CelEvaluator),
            http: None,
            registry: None,
            clock: &*self.ports.clock,
            shared,
            settings: &self.settings,
        })
    }

    /// Facts from beyond the pipeline: conflicts, and the rollbacks of all other pipelines of the folder.
    fn shared(&mut self, pipeline: &Pipeline) -> SharedFacts {
        SharedFacts {
            atomic: false,
            gone: BTreeSet::new(),
            rollbacks: self.rollbacks_beside(&pipeline.id),
            conflicts: self.folder.conflicts(&pipeline.id),
            others: self.others(pipeline),
        }
    }

    fn rollbacks_beside(&mut self, id: &PipelineId) -> Vec<WentBack> {
        self.first_look();
        let now = self.now();
        let mut all = Vec::new();
        for pipeline in self.folder.pipelines.iter().filter(|pipeline| &pipeline.id != id) {
            let head = self.remembered.get(&pipeline.id).and_then(|remembered| remembered.journal.as_ref());
            if let (Ok(repository), Some(head)) = (repository(&self.ports, pipeline), head) {
                all.extend(self.rollbacks.recent(pipeline, repository, head, now));
            }
        }
        all
    }

    /// Reads the journals that this host has not seen yet. What fails here fails again, and is told, in a pass.
    fn first_look(&mut self) {
        let unknown = |id: &PipelineId| self.remembered.get(id).is_none_or(|r| r.journal.is_none());
        let ids: BTreeSet<PipelineId> =
            self.folder.pipelines.iter().map(|p| p.id.clone()).filter(unknown).collect();
        for id in ids {
            let head = self.with_engine(&id, |engine| engine.read());
            if let Ok(Some(head)) = head {
                self.remembered.entry(id).or_default().journal = Some(head);
            }
        }
    }
}

fn repository<'a>(ports: &'a Ports, pipeline: &Pipeline) -> Result<&'a dyn Repository, EngineError> {
    match ports.repositories.get(&pipeline.repository.url) {
        Some(Ok(repository)) => Ok(&**repository),
        Some(Err(error)) => Err(error.clone().into()),
        None => Err(EngineError::Repository(RepositoryError::Denied {
            repository: "the repository".to_owned(),
            reason: format!("this host was made without the one of {}", pipeline.id),
        })),
    }
}

#[cfg(test)]
pub(crate) mod tests;
