//! Passes one after another, with exactly as much sleep between them as their answers allow.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use towpath_core::decide::{Wait, WaitCode, When};
use towpath_core::id::{Name, PipelineId};
use towpath_core::time::{Span, Time};
use towpath_engine::ports::RepositoryError;
use towpath_engine::{EngineError, PassReport, Schedule};

use super::LocalHost;
use super::reporter::Reporter;
use crate::qa::Stop;

/// How long a host sleeps that has no pipelines.
const IDLE: Span = Span::seconds(60);
/// How often a pass is tried again at once for the sake of a QA verdict that only this process knows.
const VERDICT_TRIES: u32 = 6;
/// How far into its second a sleep ends, so that a clock that is being adjusted shows that second too.
const MARGIN: Duration = Duration::from_millis(2);

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
    /// Whether [`Stop`] ended it: then other rounds would have followed, and those runs are being killed.
    pub stopped: bool,
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
    let by_machine = [
        W::Baking,
        W::BakeReading,
        W::Degraded,
        W::LivenessUnknown,
        W::MetricsUnavailable,
        W::Syncing,
        W::Verifying,
    ];
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
    /// Ends [`LocalHost::once`] and [`LocalHost::run_until`] from another thread, now or before they begin.
    ///
    /// A sleep ends at once, a pass before the next pipeline; what it has to write is written.
    pub fn stop(&self) -> Stop {
        self.ports.qa.stop()
    }

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
        let ids = self.folder.pipelines.iter().map(|p| &p.id).filter(chosen).cloned();
        let mut schedule = Schedule::new(ids, self.now());
        let stopped = self.stop();
        let mut round = Round { now: self.now(), running: 0, stopped: false, passes: BTreeMap::new() };
        loop {
            let begun = self.now();
            self.pass_due(&mut schedule, &mut round, reporter);
            round.now = self.now();
            // In this order: a run that ends in between is still counted as running, or has left its mark.
            round.running = self.ports.qa.running();
            if stopped.asked() {
                round.stopped = true;
                return round;
            }
            let ended = self.ports.qa.wait_for_change(Instant::now());
            if !ended && stop(&round, self.started_qa) {
                return round;
            }
            if ended || self.sleep(which, begun, &round, &schedule, reporter) {
                schedule.hurry(self.now());
            }
        }
    }

    /// A pass over each pipeline that is due and that something changed for since the one before. All of them share
    /// one look at the refs of a repository (contract C9); what people do, before and after, reads its own.
    fn pass_due(&mut self, schedule: &mut Schedule, round: &mut Round, reporter: &mut dyn Reporter) {
        let stopped = self.stop();
        self.ports.begin_round(&self.folder.pipelines);
        self.rollbacks.forget();
        for id in schedule.begin(self.now()) {
            if stopped.asked() {
                break;
            }
            // The first pass of a run tells how things stand, whatever changed.
            if matches!(round.passes.get(&id), Some(Ok(_))) && self.stands(&id) {
                schedule.unchanged(&id, self.stands_until(&id), self.now());
                continue;
            }
            let pass = self.pass(&id, reporter);
            schedule.passed(&id, &pass, self.stands_until(&id), self.now());
            round.passes.insert(id, pass);
        }
        self.ports.end_round();
    }

    /// Sleeps until something is due, and at least to the second after `begun`, in which the same pass would find the
    /// same; tells whether a QA run or the host was ended.
    fn sleep(
        &self,
        which: &Which,
        begun: Time,
        round: &Round,
        schedule: &Schedule,
        reporter: &mut dyn Reporter,
    ) -> bool {
        let now = self.now();
        let next = schedule.next().unwrap_or(now.plus(IDLE)).max(begun.plus(Span::seconds(1)));
        let until =
            which.deadline.filter(|deadline| *deadline > now).map_or(next, |deadline| deadline.min(next));
        if until > now {
            reporter.sleeps(until, round.running);
        }
        self.ports.qa.wait_for_change(Instant::now() + patience(now, until, SystemTime::now()))
    }
}

/// How long it takes until a clock of whole seconds, which showed `now` a moment before `wall`, shows `until`.
fn patience(now: Time, until: Time, wall: SystemTime) -> Duration {
    let whole = Duration::from_secs(u64::from(until.since(now).as_seconds()));
    if whole.is_zero() {
        return whole;
    }
    let wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    // Any other clock than the system's tells nothing of parts of its seconds.
    let same = i64::try_from(wall.as_secs()).is_ok_and(|seconds| seconds == now.unix());
    let gone = if same { Duration::from_nanos(u64::from(wall.subsec_nanos())) } else { Duration::ZERO };
    whole - gone + MARGIN
}

#[cfg(test)]
mod one_look;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_ends_as_the_second_begins() {
        let at = |seconds: i64| Time::from_unix(1_800_000_000 + seconds);
        let wall = |millis: u64| UNIX_EPOCH + Duration::from_millis(1_800_000_000_000 + millis);
        for (now, until, millis, expected) in [
            (0, 2, 0, 2_000),
            (0, 2, 900, 1_100),
            (0, 1, 999, 1),
            // The clock is not the system's, or the system's went on or back in between.
            (0, 2, 1_000, 2_000),
            (5, 7, 900, 2_000),
        ] {
            let expected = Duration::from_millis(expected) + MARGIN;
            assert_eq!(patience(at(now), at(until), wall(millis)), expected, "{now} {until} {millis}");
        }
        for over in [0, -5] {
            assert_eq!(patience(at(0), at(over), wall(500)), Duration::ZERO);
        }
    }
}
