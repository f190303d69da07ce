//! What goes wrong around controllers: others in between, lost caches, refs moved by force, a cluster in trouble.

use std::rc::Rc;

use towpath_core::id::{Actor, RepoPath};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Span;
use towpath_core::world::SharedFacts;

use super::people::hold_all;
use super::{Play, Step, must};
use crate::error::EngineError;
use crate::memory::{
    Faults, ManualClock, MemoryLiveness, MemoryMetrics, MemoryPullRequests, MemoryQa, MemoryRepository,
};
use crate::observe::Remembered;
use crate::pass::{Engine, Host, Settings};
use crate::ports::Clock as _;
use crate::sim::releases::file;
use crate::sim::wiring::path_of;

impl Play {
    /// Right before one of the controller's effects somebody else commits, holds, or another controller passes.
    pub(super) fn let_somebody_in(&mut self, i: usize) -> Step {
        let (what, after) = (self.random.below(4), self.random.below(3));
        let environment = self.some_environment()?;
        let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
        let (host, branch, now) = (self.host.clone(), self.branch(), self.clock.now());
        let foreign = self.observer.foreign_commits();
        let text = file(&self.set_of(&version.image));
        let path = path_of(environment.as_str())?;
        let stand_in = self.stand_in();
        let hook: Box<dyn FnMut()> = match what {
            0 | 1 => {
                let (path, bytes) = match what {
                    0 => (must(RepoPath::parse("README.md"))?, format!("{now}").into_bytes()),
                    _ => (path, text.into_bytes()),
                };
                Box::new(move || {
                    let edit = [(path.clone(), Some(bytes.clone()))];
                    if let Ok(commit) = host.commit_foreign(&branch, &edit, "in between", now) {
                        foreign.borrow_mut().insert(commit);
                    }
                })
            }
            2 => Box::new(move || {
                let _ =
                    stand_in.with(|engine| engine.hold(&Actor::towpath(), &hold_all("in between", false)));
            }),
            _ => Box::new(move || {
                let mut remembered = Remembered::default();
                let _ = stand_in.with(|engine| engine.pass(&mut remembered, &mut |_| {}));
            }),
        };
        self.note(format!(
            "before controller {i}'s effect {after}: {}",
            ["README", "fields", "hold", "pass"].get(what).unwrap_or(&"")
        ));
        if let Some(controller) = self.controllers.get(i) {
            controller.faults.before_nth(u32::try_from(after).unwrap_or(0), hook);
            self.somebody_in_between = true;
        }
        Ok(())
    }

    fn stand_in(&self) -> StandIn {
        let faults = Faults::default();
        StandIn {
            repository: self.host.client(&faults, self.wiring.atomic),
            qa: self.qa.client(&faults),
            metrics: self.cluster.metrics.clone(),
            live: self.cluster.live.clone(),
            requests: self.requests.clone(),
            clock: self.clock.clone(),
            pipeline: Rc::clone(&self.pipeline),
            settings: self.controllers.first().map(|c| c.settings.clone()),
        }
    }

    pub(super) fn lose_caches(&mut self) -> Step {
        for controller in &mut self.controllers {
            controller.remembered = Remembered::default();
        }
        self.note("all caches are lost");
        Ok(())
    }

    /// Metrics go and come back, a node is lost, a status comes without its commit.
    pub(super) fn trouble(&mut self) -> Step {
        let (name, now) = (self.some_environment()?, self.clock.now());
        match self.random.below(4) {
            0 | 1 => {
                let down = !self.cluster.metrics_down;
                self.cluster.set_metrics_down(down);
                self.note(format!("metrics are {}", if down { "down" } else { "back" }));
            }
            2 => {
                let seconds = self.random.pick(&[30, 90, 300, 900]).copied().unwrap_or(90);
                self.cluster.disturb(&name, now, now.plus(Span::seconds(seconds)));
                self.note(format!("{name} is disturbed for {seconds} s"));
            }
            _ => {
                self.cluster.hide_revision(&name, now);
                self.note(format!("the status of {name} does not say its commit"));
            }
        }
        Ok(())
    }

    /// Somebody takes the branch back by a few commits.
    pub(super) fn rewind_branch(&mut self) -> Step {
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        let back = 1 + self.random.below(3);
        let log = self.host.log_to(&tip, back + 4);
        let Some(to) = log.get(back).filter(|_| log.len() > back + 3).map(|c| c.id.clone()) else {
            return Ok(());
        };
        self.host.force(&self.branch(), Some(to.clone()));
        self.observer.rewound(&self.host, &to);
        self.note(format!("somebody rewinds the branch by {back} to {}", to.short()));
        Ok(())
    }

    /// The journal disappears, or an older one comes back from a backup.
    pub(super) fn lose_journal(&mut self) -> Step {
        let Some(tip) = self.host.tip(&self.journal()) else { return Ok(()) };
        let back = 1 + self.random.below(6);
        let log = self.host.log_to(&tip, back + 1);
        let older = log.get(back).map(|c| c.id.clone()).filter(|_| self.random.percent(60));
        self.host.force(&self.journal(), older.clone());
        self.journal_touched = true;
        self.observer.journal_lost(&self.host);
        self.note(format!("the journal is lost, what comes back is {older:?}"));
        Ok(())
    }

    /// A commit with perfect trailers that the journal does not know.
    pub(super) fn forge(&mut self) -> Step {
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        let own = self.host.log(&tip).into_iter().find(|c| c.message.contains("Towpath-Promotion: "));
        let Some(original) = own else { return Ok(()) };
        let environment = self.some_environment()?;
        let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
        let text = file(&self.set_of(&version.image));
        let commit = self.commit(&[(path_of(environment.as_str())?, text)], &original.message)?;
        self.note(format!("somebody forges a promotion in {environment}: {}", commit.short()));
        Ok(())
    }

    /// An administrator changes the QA templates, or changes them back.
    pub(super) fn rewire(&mut self) -> Step {
        let before = Rc::ptr_eq(&self.pipeline, &self.wiring.pipeline);
        let after = if before { &self.wiring.edited } else { &self.wiring.pipeline };
        self.pipeline = Rc::clone(after);
        self.observer.rewired(Rc::clone(after));
        self.note("the QA templates change");
        Ok(())
    }
}

/// Everything that somebody needs to work with the engine on his own.
struct StandIn {
    repository: MemoryRepository,
    qa: MemoryQa,
    metrics: MemoryMetrics,
    live: MemoryLiveness,
    requests: MemoryPullRequests,
    clock: ManualClock,
    pipeline: Rc<Pipeline>,
    settings: Option<Settings>,
}

impl StandIn {
    fn with<T>(&self, work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>) -> Option<T> {
        let host = Host {
            repository: &self.repository,
            qa: &self.qa,
            metrics: &self.metrics,
            liveness: &self.live,
            pull_requests: Some(&self.requests),
            evaluator: None,
            http: None,
            clock: &self.clock,
            shared: SharedFacts::default(),
            settings: self.settings.as_ref()?,
        };
        work(&Engine { host: &host, pipeline: &self.pipeline, seen: None }).ok()
    }
}
