//! The controllers: two replicas of one owner, and a stranger.

use towpath_core::decide::{WaitCode, When};
use towpath_core::time::Time;
use towpath_core::world::SharedFacts;

use super::{Play, Step};
use crate::error::EngineError;
use crate::memory::{Fault, Faults};
use crate::observe::Remembered;
use crate::pass::{Engine, Host, PassReport, Settings};

/// A controller: what it remembers, and what goes wrong with it.
pub(super) struct Controller {
    pub(super) faults: Faults,
    pub(super) remembered: Remembered,
    pub(super) settings: Settings,
}

impl Play {
    /// A pass of some controller, with faults and with somebody else getting in between.
    pub(super) fn faulty_pass(&mut self) -> Step {
        let i = if self.random.percent(6) { 2 } else { self.random.below(2) };
        let mut faults = Vec::new();
        for _ in 0..self.random.below(4) {
            faults.push(match self.random.below(12) {
                0 => Fault::CrashBefore,
                1 => Fault::CrashAfter,
                2 => Fault::Unreachable,
                3 => Fault::LostAnswer,
                _ => Fault::None,
            });
        }
        if self.random.percent(25) {
            self.let_somebody_in(i)?;
        }
        self.pass(i, &faults)
    }

    pub(super) fn pass(&mut self, i: usize, faults: &[Fault]) -> Step {
        let somebody_in_between = std::mem::take(&mut self.somebody_in_between);
        let Some(controller) = self.controllers.get_mut(i) else { return Ok(()) };
        let mut remembered = std::mem::take(&mut controller.remembered);
        controller.faults.next(faults.iter().copied());
        let settings = controller.settings.clone();
        let faults_of = controller.faults.clone();
        let before = self.host.moved();
        let other = self.state().is_some_and(|s| s.owner.id != settings.owner);
        let result = self.work(&faults_of, &settings, |engine| engine.pass(&mut remembered, &mut |_| {}));
        faults_of.clear();
        self.passes += 1;
        self.faults_struck += faults.iter().filter(|f| **f != Fault::None).count() as u64;
        self.note(format!("controller {i} passes {}", said(&result)));
        self.waits_for_confirmation = matches!(&result, Ok(report)
            if report.waits_for(WaitCode::JournalLost) || report.waits_for(WaitCode::HistoryRewritten));
        self.next_look = result.as_ref().ok().and_then(named);
        let crashed = matches!(&result, Err(error) if error.is_crash());
        if let Some(controller) = self.controllers.get_mut(i) {
            controller.remembered = if crashed { Remembered::default() } else { remembered };
        }
        if i == 2 && other && self.host.moved() != before && !somebody_in_between {
            return Err("S14: a host that does not own the ledger had an effect".to_owned());
        }
        match result {
            Err(EngineError::Journal { reason, .. }) => Err(format!("S11: the journal is broken: {reason}")),
            _ => Ok(()),
        }
    }

    pub(super) fn work<T>(
        &self,
        faults: &Faults,
        settings: &Settings,
        work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let (repository, qa) = (self.host.client(faults, self.wiring.atomic), self.qa.client(faults));
        let host = Host {
            repository: &repository,
            qa: &qa,
            metrics: &self.cluster.metrics,
            liveness: &self.cluster.live,
            pull_requests: Some(&self.requests),
            evaluator: None,
            http: None,
            clock: &self.clock,
            shared: SharedFacts::default(),
            settings,
        };
        work(&Engine { host: &host, pipeline: &self.pipeline, seen: None })
    }
}

/// The earliest time that a report names; waits for news name none.
fn named(report: &PassReport) -> Option<Time> {
    let at = |when| match when {
        When::At(at) => Some(at),
        When::On(..) => None,
    };
    report.waits().filter_map(|(_, wait)| at(wait.when)).min()
}

pub(super) fn said<T: Describe>(result: &Result<T, EngineError>) -> String {
    match result {
        Ok(value) => value.describe(),
        Err(error) => format!("-> {error}"),
    }
}

/// One line for the trace.
pub(super) trait Describe {
    fn describe(&self) -> String;
}

impl Describe for () {
    fn describe(&self) -> String {
        String::new()
    }
}

impl Describe for PassReport {
    fn describe(&self) -> String {
        let waits = self.waits().map(|(e, w)| format!("{e}: {}", w.code)).collect::<Vec<_>>().join(", ");
        format!("-> {} rounds; {waits}", self.rounds)
    }
}
