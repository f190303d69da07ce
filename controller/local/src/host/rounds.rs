//! Passes one after another, with exactly as much sleep between them as their answers allow.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use towpath_core::decide::{Wait, WaitCode, When};
use towpath_core::id::{Name, PipelineId};
use towpath_core::time::{Span, Time};
use towpath_engine::ports::RepositoryError;
use towpath_engine::{EngineError, PassReport};

use super::LocalHost;
use super::reporter::Reporter;

/// When a settled pipeline is looked at again: somebody may have created a release elsewhere.
const RESYNC: Span = Span::seconds(60);
/// When a pass that failed is tried again.
const RETRY: Span = Span::seconds(10);
/// How often a pass is tried again at once for the sake of a QA verdict that only this process knows.
const VERDICT_TRIES: u32 = 6;

/// Which pipelines are worked on, and for how long.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Only this one; all when `None`.
    pub only: Option<PipelineId>,
    /// The host never sleeps past this time.
    pub deadline: Option<Time>,
}

/// How things stand after a pass over each pipeline that was due.
#[derive(Debug)]
pub struct Round {
    /// The time as of now.
    pub now: Time,
    /// How many QA runs of this process are not over. When it ends before them, they have no verdict.
    pub running: usize,
    /// How the last pass over each pipeline ended.
    pub passes: BTreeMap<PipelineId, Result<PassReport, EngineError>>,
}

impl Round {
    /// Whether time or a machine will change something, so that waiting is worth it; people are not counted on.
    pub fn moves(&self) -> bool {
        self.running > 0
            || self.passes.values().any(|pass| match pass {
                Ok(report) => report.waits().any(|(_, wait)| moves(wait)) || acts(report),
                Err(error) => is_transient(error),
            })
    }

    /// All waits as of the last passes.
    pub fn waits(&self) -> impl Iterator<Item = (&PipelineId, &Name, &Wait)> {
        let reports =
            self.passes.iter().filter_map(|(id, pass)| pass.as_ref().ok().map(|report| (id, report)));
        reports.flat_map(|(id, report)| report.waits().map(move |(name, wait)| (id, name, wait)))
    }

    /// Why the last pass over a pipeline failed, where it did.
    pub fn errors(&self) -> impl Iterator<Item = (&PipelineId, &EngineError)> {
        self.passes.iter().filter_map(|(id, pass)| pass.as_ref().err().map(|error| (id, error)))
    }
}

fn moves(wait: &Wait) -> bool {
    use WaitCode as W;
    let by_machine = [W::Baking, W::BakeReading, W::Degraded, W::LivenessUnknown, W::Syncing, W::Verifying];
    by_machine.contains(&wait.code) || matches!(wait.when, When::At(_))
}

/// The pass ended at its limit of rounds, with something left to do.
fn acts(report: &PassReport) -> bool {
    report.answers.values().any(|answer| matches!(answer, towpath_core::decide::Answer::Act(_)))
}

/// Whether trying again may help.
fn is_transient(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::Contended { .. } | EngineError::Repository(RepositoryError::Unreachable { .. })
    )
}

impl LocalHost {
    /// A pass over each pipeline; and further passes for as long as QA runs that this process has to wait for.
    pub fn once(&mut self, which: &Which, reporter: &mut dyn Reporter) -> Round {
        let mut tries = 0;
        // A verdict that could not be written is lost with this process, so one failure does not end it.
        let mut unwritten = |round: &Round, started: bool| {
            tries += 1;
            started && tries <= VERDICT_TRIES && round.errors().any(|(_, error)| is_transient(error))
        };
        self.run(which, reporter, &mut |round, started| round.running == 0 && !unwritten(round, started))
    }

    /// Passes and sleeps in turn until `stop` says so; it is asked after the passes of each round.
    ///
    /// It is not asked while the verdict of a QA run that ended has not been looked at.
    pub fn run_until(
        &mut self,
        which: &Which,
        reporter: &mut dyn Reporter,
        mut stop: impl FnMut(&Round) -> bool,
    ) -> Round {
        self.run(which, reporter, &mut |round, _| stop(round))
    }

    fn run(
        &mut self,
        which: &Which,
        reporter: &mut dyn Reporter,
        stop: &mut dyn FnMut(&Round, bool) -> bool,
    ) -> Round {
        let chosen = |id: &&PipelineId| which.only.as_ref().is_none_or(|only| only == *id);
        let ids = self.folder.pipelines.iter().map(|p| &p.id).filter(chosen);
        let mut due: BTreeMap<PipelineId, Time> = ids.map(|id| (id.clone(), self.now())).collect();
        let mut round = Round { now: self.now(), running: 0, passes: BTreeMap::new() };
        loop {
            self.pass_due(&mut due, &mut round, reporter);
            round.now = self.now();
            // In this order: a run that ends in between is still counted as running, or has left its mark.
            round.running = self.ports.qa.running();
            let ended = self.ports.qa.wait_for_change(Instant::now());
            if !ended && stop(&round, self.started_qa) {
                return round;
            }
            if ended || self.sleep(which, &round, &due, reporter) {
                let now = self.now();
                due.values_mut().for_each(|due| *due = now);
            }
        }
    }

    /// A pass over each pipeline that is due.
    fn pass_due(
        &mut self,
        due: &mut BTreeMap<PipelineId, Time>,
        round: &mut Round,
        reporter: &mut dyn Reporter,
    ) {
        let now = self.now();
        for (id, due) in due.iter_mut().filter(|(_, due)| **due <= now) {
            let pass = self.pass(id, reporter);
            *due = next(&pass, self.now());
            round.passes.insert(id.clone(), pass);
        }
    }

    /// Sleeps until then; tells whether a QA run ended.
    fn sleep(
        &self,
        which: &Which,
        round: &Round,
        due: &BTreeMap<PipelineId, Time>,
        reporter: &mut dyn Reporter,
    ) -> bool {
        let now = self.now();
        let next = due.values().min().copied().unwrap_or(now.plus(RESYNC));
        let until =
            which.deadline.filter(|deadline| *deadline > now).map_or(next, |deadline| deadline.min(next));
        reporter.sleeps(until, round.running);
        // At least a moment, so that a clock that stands still does not make this loop spin.
        let seconds = u64::from(until.since(now).as_seconds().max(1));
        self.ports.qa.wait_for_change(Instant::now() + Duration::from_secs(seconds))
    }
}

/// When a pipeline is due again after this pass.
fn next(pass: &Result<PassReport, EngineError>, now: Time) -> Time {
    match pass {
        Ok(report) => report.next().map_or(now.plus(RESYNC), When::latest),
        Err(_) => now.plus(RETRY),
    }
}
