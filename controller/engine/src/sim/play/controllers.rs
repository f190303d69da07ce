//! The controllers: some replicas of one owner, and a stranger.

use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::decide::{WaitCode, When};
use towpath_core::id::{Name, PipelineId};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::{Span, Time};
use towpath_core::world::{OtherEnvironment, SharedFacts};

use super::rounds::Rounds;
use super::{Play, Step};
use crate::error::EngineError;
use crate::memory::{Fault, Faults, MemoryHost};
use crate::observe::Remembered;
use crate::pass::{Engine, Host, PassReport, Settings, Step as PassStep};
use crate::ports::{Clock as _, Evaluator as _, HttpGates as _, HttpQuestion, Question};
use crate::sim::counted::Counted;
use crate::sim::glitches::{Calls, Glitch, Port};
use crate::sim::observer::Outside;
use crate::sim::schedule::Kind;
use crate::sim::wiring::{EXPRESSION, HOLDS, SECRET, URL};

/// A controller: what it remembers, and what goes wrong with it.
pub(super) struct Controller {
    pub(super) faults: Faults,
    pub(super) remembered: Remembered,
    pub(super) settings: Settings,
    pub(super) rounds: Rounds,
    /// Until when it does not pass.
    pub(super) sleeps: Time,
}

/// What a pass has to do with beside its faults.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weather {
    /// The host has nothing but a shallow copy, and remembers nothing.
    pub(super) shallow: bool,
    /// By how many seconds the clock of the host is wrong.
    pub(super) wrong: i64,
    /// Nothing is known of other pipelines.
    pub(super) partial: bool,
}

/// By how many seconds a clock jumps back.
const BEHIND: i64 = 150;
/// By how many a clock may be ahead.
const AHEAD: [i64; 3] = [40, 150, 600];
/// For how many seconds a replica does not pass.
const PAUSES: [u32; 3] = [300, 1_200, 5_000];
/// In how many of a hundred passes a call goes wrong.
const GLITCHES: usize = 20;

fn kind_of(fault: Fault) -> Option<Kind> {
    match fault {
        Fault::None => None,
        Fault::CrashBefore => Some(Kind::CrashBefore),
        Fault::CrashAfter => Some(Kind::CrashAfter),
        Fault::Unreachable => Some(Kind::Unreachable),
        Fault::LostAnswer => Some(Kind::LostAnswer),
        Fault::Late => Some(Kind::LateArrival),
    }
}

impl Play {
    /// A pass of some controller, with faults and with somebody else getting in between.
    pub(super) fn faulty_pass(&mut self) -> Step {
        let stranger = self.controllers.len().saturating_sub(1);
        let i = if self.random.percent(6) { stranger } else { self.random.below(stranger) };
        if self.is_asleep(i) {
            return self.time();
        }
        let mut faults = Vec::new();
        for _ in 0..self.random.below(4) {
            let fault = match self.random.below(13) {
                0 => Fault::CrashBefore,
                1 => Fault::CrashAfter,
                2 => Fault::Unreachable,
                3 => Fault::LostAnswer,
                4 => Fault::Late,
                _ => Fault::None,
            };
            let happens = kind_of(fault).is_some_and(|kind| self.schedule.plans(kind));
            faults.push(if happens { fault } else { Fault::None });
        }
        if self.random.percent(25) {
            self.let_somebody_in(i)?;
        }
        // A push that hangs is over by its deadline, which `LANDING` covers: nothing of it arrives after that.
        if self.in_between == Some(Kind::HangingCall) {
            let late = faults.iter_mut().filter(|fault| **fault == Fault::Late);
            late.for_each(|fault| *fault = Fault::Unreachable);
        }
        if self.random.percent(50) {
            self.arrive()?;
        }
        self.glitched = self.glitches();
        let weather = self.weather();
        match self.random.percent(40) {
            true => self.round(i, &faults, weather),
            false => self.pass(i, &faults, weather),
        }
    }

    /// Whether a controller does not pass for now; now and then one falls asleep.
    fn is_asleep(&mut self, i: usize) -> bool {
        let (now, falls) = (self.clock.now(), self.random.percent(1));
        let seconds = self.random.pick(&PAUSES).copied().unwrap_or(300);
        let falls = falls && self.schedule.plans(Kind::Paused);
        let Some(controller) = self.controllers.get_mut(i) else { return false };
        if falls {
            controller.sleeps = now.plus(Span::seconds(seconds));
            self.schedule.struck(Kind::Paused);
            self.note(format!("controller {i} sleeps for {seconds} s"));
            return true;
        }
        controller.sleeps > now
    }

    /// What goes wrong with single calls of the next pass.
    fn glitches(&mut self) -> Vec<(Port, u32, Glitch)> {
        let mut planned = Vec::new();
        while planned.len() < 3 && self.random.percent(GLITCHES) {
            let ports = [
                (Port::Refs, 3),
                (Port::Refs, 3),
                (Port::History, 2),
                (Port::History, 2),
                (Port::Files, 40),
                (Port::Qa, 2),
                (Port::Metrics, 2),
                (Port::Liveness, 4),
                (Port::Liveness, 4),
                (Port::PullRequests, 2),
                (Port::Http, 2),
            ];
            let (port, calls) = self.random.pick(&ports).copied().unwrap_or((Port::Refs, 1));
            let nth = u32::try_from(self.random.below(calls)).unwrap_or(0);
            let one = Some(self.random.below(4)).filter(|one| *one < 2);
            let slow = Glitch::Slow(Span::seconds(self.random.pick(&[10, 30, 90]).copied().unwrap_or(10)));
            let glitch = match (self.random.below(4), port) {
                (0, _) => Glitch::Fails,
                (1, _) => slow,
                (_, Port::Refs | Port::Qa | Port::PullRequests) => Glitch::Stale(one),
                (_, Port::History) | (2, Port::Liveness) => Glitch::Partial,
                (_, Port::Liveness) => Glitch::Stale(None),
                (_, Port::Files | Port::Metrics | Port::Http) => Glitch::Fails,
            };
            if self.schedule.plans(glitch.kind(port)) {
                planned.push((port, nth, glitch));
            }
        }
        planned
    }

    fn weather(&mut self) -> Weather {
        let draws =
            [(8, Kind::ShallowHost), (3, Kind::ClockBehind), (20, Kind::PartialFacts), (2, Kind::ClockAhead)];
        let [shallow, behind, partial, ahead] = draws.map(|(percent, kind)| {
            let known = self.neighbour.is_some() || kind != Kind::PartialFacts;
            let planned = self.random.percent(percent) && known && self.schedule.plans(kind);
            if planned {
                self.schedule.struck(kind);
            }
            planned
        });
        let by = self.random.pick(&AHEAD).copied().unwrap_or(0);
        let wrong = match (behind, ahead) {
            (true, _) => -BEHIND,
            (false, true) => by,
            (false, false) => 0,
        };
        Weather { shallow, wrong, partial }
    }

    /// Pushes that were on their way arrive.
    pub(super) fn arrive(&mut self) -> Step {
        if self.host.on_their_way().is_empty() {
            return Ok(());
        }
        self.check()?;
        let before = self.host.moved();
        self.host.arrive();
        if self.host.moved() != before {
            self.schedule.struck(Kind::LateArrival);
        }
        self.note("a push arrives late");
        self.check()
    }

    pub(super) fn pass(&mut self, i: usize, faults: &[Fault], weather: Weather) -> Step {
        let in_between = self.in_between.take();
        let glitched = std::mem::take(&mut self.glitched);
        if self.leaves_out(i, weather)? {
            self.leave_out(i);
            return Ok(());
        }
        let (now, shared) = (self.clock.now(), self.shared());
        let stranger = i + 1 == self.controllers.len();
        let Some(controller) = self.controllers.get_mut(i) else { return Ok(()) };
        let mut remembered = std::mem::take(&mut controller.remembered);
        if weather.shallow {
            remembered = Remembered::default();
        }
        controller.faults.next(faults.iter().copied());
        let (settings, faults_of) = (controller.settings.clone(), controller.faults.clone());
        let (before, other) = (self.host.moved(), self.state().is_some_and(|s| s.owner.id != settings.owner));
        let at = weather.clock(now);
        self.clock.set(at);
        if at > now {
            self.wrong_until = self.wrong_until.max(at.plus(Span::seconds(HOLDS)));
        }
        let known = match weather.partial {
            true => SharedFacts { others: BTreeMap::new(), ..shared.clone() },
            false => shared.clone(),
        };
        let desk = Desk {
            faults: &faults_of,
            settings: &settings,
            shared: known,
            shallow: weather.shallow,
            elsewhere: None,
        };
        self.calls.begin(glitched);
        let mut recorded = Vec::new();
        let result = self.work(&self.pipeline, desk, |engine| {
            engine.pass(&mut remembered, &mut |step| recorded.extend(shown(step).filter(|_| self.tells)))
        });
        let glitches = self.count_struck(in_between, &faults_of);
        let cut = weather.shallow || glitches.contains(&Kind::CutHistory);
        let outside = Outside { cut, now, ahead: at.since(now), ..self.outside(shared.others) };
        self.observer.was_outside(outside, &self.host.on_their_way());
        let took = self.clock.now().since(at);
        self.clock.set(now.plus(took));
        self.passes += 1;
        if self.tells {
            recorded.into_iter().for_each(|line| self.note(line));
            self.note(format!("controller {i} passes {}{glitches:?}{}", weather.text(), said(&result)));
        }
        // Who was told something old looks again before anybody is asked.
        self.waits_for_confirmation = glitches.is_empty() && asks_to_confirm(&result);
        self.next_look = result.as_ref().ok().and_then(named);
        self.keep(i, remembered, &result);
        self.passed(i, &result)?;
        if stranger && other && self.host.moved() != before && in_between.is_none() {
            return Err("S14: a host that does not own the ledger had an effect".to_owned());
        }
        is_sound(&result)
    }

    /// What a controller knows after a pass; a crash leaves nothing.
    fn keep(&mut self, i: usize, remembered: Remembered, result: &Result<PassReport, EngineError>) {
        let crashed = matches!(result, Err(error) if error.is_crash());
        if let Some(controller) = self.controllers.get_mut(i) {
            controller.remembered = if crashed { Remembered::default() } else { remembered };
        }
    }

    /// Counts the faults that struck in a pass; answers those of single calls.
    fn count_struck(&mut self, in_between: Option<Kind>, faults: &Faults) -> Vec<Kind> {
        let hook_ran = !self.calls.forget_hook() && !faults.has_hook();
        in_between.filter(|_| hook_ran).iter().for_each(|kind| self.schedule.struck(*kind));
        let struck = faults.take_struck().into_iter().filter_map(kind_of);
        // What arrives late strikes when it arrives.
        struck.filter(|kind| *kind != Kind::LateArrival).for_each(|kind| self.schedule.struck(kind));
        let glitches = self.calls.end();
        glitches.iter().for_each(|kind| self.schedule.struck(*kind));
        faults.clear();
        glitches
    }

    /// What stands outside as of now.
    pub(super) fn outside(&self, others: Others) -> Outside {
        Outside {
            pipeline: Rc::clone(&self.pipeline),
            others,
            expression: self.expression(),
            said_yes: self.says_yes(),
            clock: self.clock.now(),
            now: self.clock.now(),
            ahead: Span::default(),
            old: self.calls.old.borrow().clone(),
            metrics: self.cluster.metrics.as_of_now(),
            unread: self.cluster.metrics_down,
            cut: false,
        }
    }

    /// What hosts know from beyond the pipeline.
    pub(super) fn shared(&self) -> SharedFacts {
        SharedFacts { others: self.others(), ..SharedFacts::default() }
    }

    /// Whether the expression is true, as the evaluator says now; nothing when it cannot say.
    pub(super) fn expression(&self) -> Option<bool> {
        let question = Question { source: EXPRESSION.to_owned(), values: BTreeMap::new() };
        self.evaluator.evaluate(&question).ok()
    }

    /// When the system outside that is asked said yes last.
    pub(super) fn says_yes(&self) -> Option<Time> {
        let question = HttpQuestion { url: URL.to_owned(), timeout: Span::seconds(1) };
        let yes = self.http.ask(&question).is_ok_and(|answer| answer.status == 200);
        // An answer that was asked for with a wrong clock counts too long.
        let now = self.clock.now();
        Some(now).filter(|now| yes || *now < self.wrong_until).or(self.said_yes)
    }

    pub(super) fn work<T>(
        &self,
        pipeline: &Pipeline,
        desk: Desk<'_>,
        work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let (host, calls) = desk.elsewhere.unwrap_or((&self.host, &self.calls));
        let client = host.client(desk.faults, self.wiring.atomic);
        let client = if desk.shallow { client.shallow() } else { client };
        let (qa, requests) = (self.qa.client(desk.faults), self.requests.client(desk.faults));
        let host = Host {
            repository: &Counted { port: &client, calls },
            qa: &Counted { port: &qa, calls },
            metrics: &Counted { port: &self.cluster.metrics, calls },
            liveness: &Counted { port: &self.cluster.live, calls },
            pull_requests: Some(&Counted { port: &requests, calls }),
            evaluator: Some(&Counted { port: &self.evaluator, calls }),
            http: Some(&Counted { port: &self.http, calls }),
            registry: Some(&Counted { port: &self.registry, calls }),
            clock: &self.clock,
            shared: desk.shared,
            settings: desk.settings,
        };
        work(&Engine { host: &host, pipeline, seen: None })
    }
}

/// Who works with the engine, and on what.
pub(super) struct Desk<'a> {
    pub(super) faults: &'a Faults,
    pub(super) settings: &'a Settings,
    pub(super) shared: SharedFacts,
    pub(super) shallow: bool,
    /// The repository, if it is another one, and the calls of its ports.
    pub(super) elsewhere: Option<(&'a MemoryHost, &'a Calls)>,
}

/// What environments of other pipelines have.
pub(super) type Others = BTreeMap<(PipelineId, Name), OtherEnvironment>;

impl Weather {
    /// What the clock of the host says when it is this time.
    pub(super) fn clock(self, now: Time) -> Time {
        Time::from_unix(now.unix() + self.wrong)
    }

    fn text(self) -> String {
        let all = [
            (self.shallow, "from a shallow copy "),
            (self.wrong < 0, "with a clock behind "),
            (self.wrong > 0, "with a clock ahead "),
            (self.partial, "knowing of nobody "),
        ];
        all.into_iter().filter(|(so, _)| *so).map(|(_, text)| text).collect()
    }
}

/// Whether a pass left the journal whole, decided nothing that the invariants refuse, and told no secret (S13).
fn is_sound(result: &Result<PassReport, EngineError>) -> Step {
    let secret = match result {
        Ok(report) => {
            report.waits().any(|(_, wait)| wait.text.contains(SECRET) || wait.remedy.contains(SECRET))
        }
        Err(error) => error.to_string().contains(SECRET),
    };
    if secret {
        return Err("S13: people are told a secret".to_owned());
    }
    let refused = match result {
        Err(EngineError::Journal { reason, .. }) => {
            return Err(format!("S11: the journal is broken: {reason}"));
        }
        Ok(report) => report.violations.first(),
        Err(_) => None,
    };
    match refused {
        Some(violation) => Err(format!("{}: refused: {}", violation.rule, violation.what)),
        None => Ok(()),
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

/// An event for the trace, without the members that take the most room.
fn shown(step: &PassStep) -> Option<String> {
    let PassStep::Recorded(recorded) = step else { return None };
    let line = serde_json::to_string(recorded).unwrap_or_default();
    Some(format!("  records {}", line.chars().take(260).collect::<String>()))
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

/// Whether a person has to say that what was lost is lost.
fn asks_to_confirm(result: &Result<PassReport, EngineError>) -> bool {
    let asks = [WaitCode::JournalLost, WaitCode::HistoryRewritten];
    result.as_ref().is_ok_and(|report| asks.into_iter().any(|code| report.waits_for(code)))
}
