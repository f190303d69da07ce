//! The rounds that hosts keep: when they look, and which passes they leave out because nothing changed (contract C9).
//!
//! What a host leaves out is decided all the same and compared with what it remembers: a change that it does not see
//! would be acted on late, or never.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use towpath_core::decide::{Answer, Decision, WaitCode};
use towpath_core::id::Name;
use towpath_core::pipeline::Pipeline;
use towpath_core::time::{Span, Time};

use super::controllers::{Desk, Weather};
use super::{Play, Step};
use crate::error::EngineError;
use crate::memory::{Fault, Faults};
use crate::observe::Remembered;
use crate::pass::PassReport;
use crate::ports::Clock as _;
use crate::schedule::Schedule;
use crate::sim::observer::Told;
use crate::sim::schedule::Kind;

/// For how long a host sleeps at most: somebody may have acted elsewhere. By the promise, not by the code.
const SLEEP: Span = Span::seconds(60);

/// What a host keeps for its rounds.
#[derive(Default)]
pub(super) struct Rounds {
    /// When it looks again; nothing before its first look.
    schedule: Option<Schedule>,
    /// What the pass before worked with that no look can see.
    with: Option<(Rc<Pipeline>, Option<bool>)>,
    /// What it waited for at the end of the pass before.
    answers: Option<Told>,
    /// The time that the pass before named for the next, and whether it waited for a person to confirm a loss.
    next_look: Option<Time>,
    waits_for_confirmation: bool,
}

/// The answers, without those of environments whose edit was refused: that is known for one pass only, and the next
/// tries again, and comes to the same.
fn answers(of: &BTreeMap<Name, Answer>) -> Told {
    let refused = |answer: &Answer| matches!(answer, Answer::Wait(waits) if waits.iter().any(|w| w.code == WaitCode::CannotEdit));
    let said = |answer: &Answer| match answer {
        Answer::Act(effects) => effects.iter().map(|effect| format!("{effect:?}")).collect(),
        Answer::Wait(waits) => waits.iter().map(|w| format!("{} ({})", w.code, w.object)).collect(),
        Answer::Settled => BTreeSet::new(),
    };
    of.iter().filter(|(_, a)| !refused(a)).map(|(name, answer)| (name.clone(), said(answer))).collect()
}

impl Play {
    /// Whether a host leaves out this pass, since nothing changed. The error is a change that it did not see.
    pub(super) fn leaves_out(&mut self, i: usize, weather: Weather) -> Result<bool, String> {
        let with = (Rc::clone(&self.pipeline), self.expression());
        let Some(controller) = self.controllers.get_mut(i).filter(|_| !weather.shallow) else {
            return Ok(false);
        };
        // A host that is given another document forgets; expressions are of the release alone wherever they are true.
        if controller.rounds.with.as_ref().is_none_or(|(p, e)| !Rc::ptr_eq(p, &with.0) || *e != with.1) {
            controller.remembered.forget_look();
        }
        let mut remembered = std::mem::take(&mut controller.remembered);
        let due = self.quietly(i, weather, |engine| engine.is_due(&mut remembered));
        let stands = matches!(due, Ok(false));
        let verdict = if stands { self.still_stands(i, weather, &remembered) } else { Ok(()) };
        let (until, now) = (remembered.stands_until(), self.clock.now());
        let id = self.pipeline.id.clone();
        if let Some(controller) = self.controllers.get_mut(i) {
            controller.remembered = remembered;
            if let Some(schedule) = controller.rounds.schedule.as_mut().filter(|_| stands) {
                schedule.unchanged(&id, until, now);
            }
        }
        verdict?;
        if stands {
            self.wakes_in_time(i, None)?;
        }
        Ok(stands)
    }

    /// Decides all the same, and where that comes to something else, passes all the same.
    fn still_stands(&self, i: usize, weather: Weather, remembered: &Remembered) -> Step {
        let known = self.controllers.get(i).and_then(|c| c.rounds.answers.clone()).unwrap_or_default();
        let decided = self.quietly(i, weather, |engine| engine.dry(&mut remembered.clone()));
        // What an edit refused has no answer here, on either side.
        let same = |now: &Told| now.iter().all(|(name, said)| known.get(name).is_none_or(|k| k == said));
        let stands = |decision: &Decision| decision.ledger.is_empty() && same(&answers(&decision.envs));
        if decided.as_ref().is_ok_and(|(decision, _)| stands(decision)) {
            return Ok(());
        }
        // A pass shows whether it comes to anything.
        let moved = self.host.moved();
        let pass = self.quietly(i, weather, |engine| engine.pass(&mut remembered.clone(), &mut |_| {}));
        let Ok(report) = pass else { return Ok(()) };
        let now = answers(&report.answers);
        if self.host.moved() == moved && same(&now) {
            return Ok(());
        }
        let differs = |(name, said): (&Name, &BTreeSet<String>)| {
            known
                .get(name)
                .is_some_and(|k| k != said)
                .then(|| format!("{name}: {:?}, now {said:?}", known.get(name)))
        };
        let differences: Vec<String> = now.iter().filter_map(differs).collect();
        Err(format!(
            "C9: controller {i} sees no change, and a pass makes {} rounds; {}",
            report.rounds,
            differences.join("; ")
        ))
    }

    /// Works as this controller, with nothing going wrong.
    fn quietly<T>(
        &self,
        i: usize,
        weather: Weather,
        work: impl FnOnce(&crate::pass::Engine<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let settings = self.controllers.get(i).map(|c| c.settings.clone());
        let settings = settings.ok_or_else(|| EngineError::Impossible("no such controller".to_owned()))?;
        let (faults, now) = (Faults::default(), self.clock.now());
        let mut shared = self.shared();
        if weather.partial {
            shared.others.clear();
        }
        self.clock.set(weather.clock(now));
        let desk = Desk { faults: &faults, settings: &settings, shared, shallow: false, elsewhere: None };
        let result = self.work(&self.pipeline, desk, work);
        self.clock.set(now);
        result
    }

    /// What the first controller told at the end of its last pass.
    pub(super) fn told(&self) -> Told {
        self.controllers.first().and_then(|c| c.rounds.answers.clone()).unwrap_or_default()
    }

    /// Leaves out a pass: all is as the one before said.
    pub(super) fn leave_out(&mut self, i: usize) {
        self.left_out += 1;
        let others = self.others();
        self.observer.was_outside(self.outside(others), &[]);
        if let Some(controller) = self.controllers.get(i) {
            controller.faults.clear();
            self.calls.forget_hook();
            self.next_look = controller.rounds.next_look;
            self.waits_for_confirmation = controller.rounds.waits_for_confirmation;
        }
        self.note(format!("controller {i} sees no change"));
    }

    /// Takes note of how a pass ended.
    pub(super) fn passed(&mut self, i: usize, result: &Result<PassReport, EngineError>) -> Step {
        let with = (Rc::clone(&self.pipeline), self.expression());
        let (id, now) = (self.pipeline.id.clone(), self.clock.now());
        let (next_look, waits) = (self.next_look, self.waits_for_confirmation);
        let Some(controller) = self.controllers.get_mut(i) else { return Ok(()) };
        let until = controller.remembered.stands_until();
        let rounds = &mut controller.rounds;
        (rounds.with, rounds.next_look, rounds.waits_for_confirmation) = (Some(with), next_look, waits);
        rounds.answers = result.as_ref().ok().map(|report| answers(&report.answers));
        let schedule = rounds.schedule.get_or_insert_with(|| Schedule::new([id.clone()], now));
        schedule.passed(&id, result, until, now);
        self.wakes_in_time(i, result.as_ref().ok())
    }

    /// L4: whoever waits is looked at again by the time that was named, and soon enough for what others do.
    fn wakes_in_time(&self, i: usize, report: Option<&PassReport>) -> Step {
        let now = self.clock.now();
        let Some(controller) = self.controllers.get(i) else { return Ok(()) };
        let Some(next) = controller.rounds.schedule.as_ref().and_then(Schedule::next) else { return Ok(()) };
        let named = report.into_iter().flat_map(PassReport::waits).map(|(_, wait)| wait.when.latest());
        let named = named.chain(controller.remembered.stands_until()).filter(|time| *time > now);
        let latest: Time = named.min().unwrap_or(now.plus(SLEEP)).min(now.plus(SLEEP));
        match next > latest {
            true => Err(format!("L4: controller {i} sleeps until {next}, and is wanted at {latest}")),
            false => Ok(()),
        }
    }

    /// A round as a host keeps it: it looks when its schedule says so, or when it is told that something happened.
    pub(super) fn round(&mut self, i: usize, faults: &[Fault], weather: Weather) -> Step {
        let now = self.clock.now();
        let next = self.controllers.get(i).and_then(|c| c.rounds.schedule.as_ref()).and_then(Schedule::next);
        let early = next.is_some_and(|next| next > now) && self.notice(Kind::EarlyNotice, 30);
        if early {
            self.hurry(i);
        } else if let Some(next) = next.filter(|next| *next > now) {
            self.clock.advance(next.since(now));
        }
        self.look(i, faults, weather)?;
        if self.notice(Kind::DoubledNotice, 10) {
            self.check()?;
            self.hurry(i);
            self.look(i, &[], Weather::default())?;
        }
        Ok(())
    }

    fn look(&mut self, i: usize, faults: &[Fault], weather: Weather) -> Step {
        let now = self.clock.now();
        let schedule = self.controllers.get_mut(i).and_then(|c| c.rounds.schedule.as_mut());
        match schedule.is_none_or(|schedule| !schedule.begin(now).is_empty()) {
            true => self.pass(i, faults, weather),
            false => Err(format!("L4: controller {i} does not look, though it is time to")),
        }
    }

    /// Hosts hear that a QA run ended, if the notice is not lost: then they look by themselves.
    pub(super) fn tell_of_end(&mut self) {
        if !self.notice(Kind::LostNotice, 50) {
            (0..self.controllers.len()).for_each(|i| self.hurry(i));
        }
    }

    fn notice(&mut self, kind: Kind, percent: usize) -> bool {
        let happens = self.random.percent(percent) && self.schedule.plans(kind);
        if happens {
            self.schedule.struck(kind);
        }
        happens
    }

    fn hurry(&mut self, i: usize) {
        let now = self.clock.now();
        if let Some(schedule) = self.controllers.get_mut(i).and_then(|c| c.rounds.schedule.as_mut()) {
            schedule.hurry(now);
        }
    }
}
