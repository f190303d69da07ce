//! The controllers: two replicas of one owner, and a stranger.

use std::collections::BTreeMap;

use towpath_core::decide::{WaitCode, When};
use towpath_core::id::{Name, PipelineId};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Time;
use towpath_core::world::{OtherEnvironment, SharedFacts};

use super::rounds::Rounds;
use super::{Play, Step};
use crate::error::EngineError;
use crate::memory::{Fault, Faults};
use crate::observe::Remembered;
use crate::pass::{Engine, Host, PassReport, Settings};
use crate::ports::{Clock as _, Evaluator as _, Question};
use crate::sim::counted::Counted;
use crate::sim::schedule::Kind;
use crate::sim::wiring::EXPRESSION;

/// A controller: what it remembers, and what goes wrong with it.
pub(super) struct Controller {
    pub(super) faults: Faults,
    pub(super) remembered: Remembered,
    pub(super) settings: Settings,
    pub(super) rounds: Rounds,
}

/// What a pass has to do with beside its faults.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weather {
    /// The host has nothing but a shallow copy, and remembers nothing.
    pub(super) shallow: bool,
    /// The clock of the host jumped back.
    pub(super) behind: bool,
    /// Nothing is known of other pipelines.
    pub(super) partial: bool,
}

/// How far a clock jumps back.
const BEHIND: i64 = 150;

fn kind_of(fault: Fault) -> Option<Kind> {
    match fault {
        Fault::None => None,
        Fault::CrashBefore => Some(Kind::CrashBefore),
        Fault::CrashAfter => Some(Kind::CrashAfter),
        Fault::Unreachable => Some(Kind::Unreachable),
        Fault::LostAnswer => Some(Kind::LostAnswer),
    }
}

impl Play {
    /// A pass of some controller, with faults and with somebody else getting in between.
    pub(super) fn faulty_pass(&mut self) -> Step {
        let i = if self.random.percent(6) { 2 } else { self.random.below(2) };
        let mut faults = Vec::new();
        for _ in 0..self.random.below(4) {
            let fault = match self.random.below(12) {
                0 => Fault::CrashBefore,
                1 => Fault::CrashAfter,
                2 => Fault::Unreachable,
                3 => Fault::LostAnswer,
                _ => Fault::None,
            };
            let happens = kind_of(fault).is_some_and(|kind| self.schedule.plans(kind));
            faults.push(if happens { fault } else { Fault::None });
        }
        if self.random.percent(25) {
            self.let_somebody_in(i)?;
        }
        let weather = self.weather();
        match self.random.percent(40) {
            true => self.round(i, &faults, weather),
            false => self.pass(i, &faults, weather),
        }
    }

    fn weather(&mut self) -> Weather {
        let draws = [(8, Kind::ShallowHost), (3, Kind::ClockBehind), (20, Kind::PartialFacts)];
        let [shallow, behind, partial] = draws.map(|(percent, kind)| {
            let known = self.neighbour.is_some() || kind != Kind::PartialFacts;
            let planned = self.random.percent(percent) && known && self.schedule.plans(kind);
            if planned {
                self.schedule.struck(kind);
            }
            planned
        });
        Weather { shallow, behind, partial }
    }

    pub(super) fn pass(&mut self, i: usize, faults: &[Fault], weather: Weather) -> Step {
        let in_between = self.in_between.take();
        if self.leaves_out(i, weather)? {
            self.leave_out(i);
            return Ok(());
        }
        let (now, others) = (self.clock.now(), self.others());
        let Some(controller) = self.controllers.get_mut(i) else { return Ok(()) };
        let mut remembered = std::mem::take(&mut controller.remembered);
        if weather.shallow {
            remembered = Remembered::default();
        }
        controller.faults.next(faults.iter().copied());
        let (settings, faults_of) = (controller.settings.clone(), controller.faults.clone());
        let (before, other) = (self.host.moved(), self.state().is_some_and(|s| s.owner.id != settings.owner));
        if weather.behind {
            self.clock.set(weather.clock(now));
        }
        let shared = if weather.partial { BTreeMap::new() } else { others.clone() };
        let desk = Desk { faults: &faults_of, settings: &settings, others: shared, shallow: weather.shallow };
        let result = self.work(&self.pipeline, desk, |engine| engine.pass(&mut remembered, &mut |_| {}));
        self.observer.outside(&others, self.expression(), self.clock.now());
        self.clock.set(self.clock.now().max(now));
        self.passes += 1;
        let hook_ran = !faults_of.has_hook();
        in_between.filter(|_| hook_ran).iter().for_each(|kind| self.schedule.struck(*kind));
        faults_of.take_struck().into_iter().filter_map(kind_of).for_each(|kind| self.schedule.struck(kind));
        faults_of.clear();
        if self.tells {
            self.note(format!("controller {i} passes {}{}", weather.text(), said(&result)));
        }
        self.waits_for_confirmation = matches!(&result, Ok(report)
            if report.waits_for(WaitCode::JournalLost) || report.waits_for(WaitCode::HistoryRewritten));
        self.next_look = result.as_ref().ok().and_then(named);
        let crashed = matches!(&result, Err(error) if error.is_crash());
        if let Some(controller) = self.controllers.get_mut(i) {
            controller.remembered = if crashed { Remembered::default() } else { remembered };
        }
        self.passed(i, &result)?;
        if i == 2 && other && self.host.moved() != before && in_between.is_none() {
            return Err("S14: a host that does not own the ledger had an effect".to_owned());
        }
        match result {
            Err(EngineError::Journal { reason, .. }) => Err(format!("S11: the journal is broken: {reason}")),
            Ok(report) => report
                .violations
                .first()
                .map_or(Ok(()), |violation| Err(format!("{}: refused: {}", violation.rule, violation.what))),
            _ => Ok(()),
        }
    }

    /// Whether the expression is true, as the evaluator says now; nothing when it cannot say.
    pub(super) fn expression(&self) -> Option<bool> {
        let question = Question { source: EXPRESSION.to_owned(), values: BTreeMap::new() };
        self.evaluator.evaluate(&question).ok()
    }

    pub(super) fn work<T>(
        &self,
        pipeline: &Pipeline,
        desk: Desk<'_>,
        work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let client = self.host.client(desk.faults, self.wiring.atomic);
        let client = if desk.shallow { client.shallow() } else { client };
        let (qa, calls) = (self.qa.client(desk.faults), &self.calls);
        let host = Host {
            repository: &Counted { port: &client, calls },
            qa: &Counted { port: &qa, calls },
            metrics: &Counted { port: &self.cluster.metrics, calls },
            liveness: &Counted { port: &self.cluster.live, calls },
            pull_requests: Some(&Counted { port: &self.requests, calls }),
            evaluator: Some(&Counted { port: &self.evaluator, calls }),
            http: None,
            clock: &self.clock,
            shared: SharedFacts { others: desk.others, ..SharedFacts::default() },
            settings: desk.settings,
        };
        work(&Engine { host: &host, pipeline, seen: None })
    }
}

/// Who works with the engine, and on what.
pub(super) struct Desk<'a> {
    pub(super) faults: &'a Faults,
    pub(super) settings: &'a Settings,
    pub(super) others: Others,
    pub(super) shallow: bool,
}

/// What environments of other pipelines have.
pub(super) type Others = BTreeMap<(PipelineId, Name), OtherEnvironment>;

impl Weather {
    /// What the clock of the host says when it is this time.
    pub(super) fn clock(self, now: Time) -> Time {
        if self.behind { Time::from_unix(now.unix() - BEHIND) } else { now }
    }

    fn text(self) -> String {
        let all = [
            (self.shallow, "from a shallow copy "),
            (self.behind, "with a clock behind "),
            (self.partial, "knowing of nobody "),
        ];
        all.into_iter().filter(|(so, _)| *so).map(|(_, text)| text).collect()
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
