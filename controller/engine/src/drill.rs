//! Drills: a rollback rehearsed up to the point at which it would change something.

use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::decide::{
    Answer, Decision, Effect, Promotion, Wait, WaitCode, as_if_failed, as_if_recorded,
};
use towpath_core::event::{Cause, Event, RequestKind};
use towpath_core::id::{CommitId, Name};
use towpath_core::journal::state::Release;
use towpath_core::time::Time;
use towpath_core::world::Evaluations;

use crate::error::EngineError;
use crate::evaluate::Known;
use crate::journal::{Found, Head};
use crate::observe::{Observed, Remembered};
use crate::pass::{Engine, Readings};
use crate::people::act_id;

/// What a failure may record before it is clear where it leads: the failure itself, and a hold.
const MAX_STEPS: u32 = 4;

/// A part of a drill that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrillPart {
    /// The repository and what is live were looked at.
    Look,
    /// It is decided what to do.
    Decide,
    /// The commits are made, here and nowhere else.
    Commit,
    /// The host was asked whether it would take them.
    Push,
}

/// What a drill found.
#[derive(Debug, Clone, PartialEq)]
pub struct Drilled {
    /// What is in the environment.
    pub from: Release,
    /// What became of it.
    pub outcome: DrillOutcome,
}

/// What a failure would lead to.
#[derive(Debug, Clone, PartialEq)]
pub enum DrillOutcome {
    /// It would go back.
    Back {
        /// To this release.
        to: Box<Release>,
        /// Whether only when a person asks for it: the environment does not go back by itself, or the release says that
        /// going back needs a person.
        asked: bool,
        /// The message of the commit that would bring it.
        message: String,
    },
    /// It would go back to this release, but that commit cannot be made or would not be taken.
    Blocked {
        /// To this release.
        to: Box<Release>,
        /// Place and cause.
        why: String,
    },
    /// It would wait.
    Waits(Vec<Wait>),
    /// It would go on by a person's request instead.
    Forward(Box<Release>),
}

impl Engine<'_> {
    /// Rehearses what would happen if the release in an environment failed now: decides it, makes the commits and asks the
    /// host whether it would take them. Nothing is pushed or recorded. `done` hears when each part is over.
    pub fn drill(
        &self,
        remembered: &mut Remembered,
        name: &Name,
        done: &mut dyn FnMut(DrillPart),
    ) -> Result<Drilled, EngineError> {
        let now = self.host.clock.now();
        let mut observed = self.observer(now).observe(remembered)?;
        done(DrillPart::Look);
        let from = self.leaving(&observed, name)?;
        self.suppose_failed(&mut observed, name, now);
        let mut answer = self.would_answer(&mut observed, name, now)?;
        let asked = needs_asking(&answer);
        if asked {
            self.suppose_asked(&mut observed, name, now)?;
            answer = self.would_answer(&mut observed, name, now)?;
        }
        done(DrillPart::Decide);
        let outcome = match answer {
            Answer::Act(effects) => self.rehearse(&observed, name, effects, asked, done)?,
            Answer::Wait(waits) => DrillOutcome::Waits(waits),
            Answer::Settled => DrillOutcome::Waits(Vec::new()),
        };
        Ok(Drilled { from, outcome })
    }

    fn leaving(&self, observed: &Observed, name: &Name) -> Result<Release, EngineError> {
        let Some(head) = observed.head() else {
            let id = &self.pipeline.id;
            let remedy = "its first pass makes one: towpath reconcile --once";
            return Err(EngineError::Impossible(format!("{id} has no ledger yet; {remedy}")));
        };
        let at = head.state.environment(name).and_then(|(_, env)| env.at.as_ref());
        let promoted = at.filter(|at| at.pid.is_some()).and_then(|at| head.state.release(&at.r));
        promoted.cloned().ok_or_else(|| {
            EngineError::Impossible(format!(
                "{name} has nothing that Towpath promoted, so there is nothing to go back from; promote a release first"
            ))
        })
    }

    fn suppose_failed(&self, observed: &mut Observed, name: &Name, now: Time) {
        let readings = Readings::new();
        let world = observed.world(self.host, self.pipeline, Known::only(&readings));
        if let Some(failed) = as_if_failed(&world, name, now) {
            observed.suppose(failed);
        }
    }

    fn suppose_asked(&self, observed: &mut Observed, name: &Name, now: Time) -> Result<(), EngineError> {
        let Some(head) = observed.head() else { return Ok(()) };
        let Some((key, _)) = head.state.environment(name) else { return Ok(()) };
        let q = act_id("q", &head.state, now)?;
        let request = Event::Requested {
            q,
            env: key.clone(),
            r: None,
            kind: RequestKind::Rollback,
            overrides: Vec::new(),
        };
        if let Some(asked) = as_if_recorded(&head.state, &[Effect::Record(request)], now) {
            observed.suppose(asked);
        }
        Ok(())
    }

    /// The answer for the environment once all that has to be recorded first is on record. Leaves the state in which it was
    /// given.
    fn would_answer(&self, observed: &mut Observed, name: &Name, now: Time) -> Result<Answer, EngineError> {
        // What systems outside say is asked for, and not kept: a drill leaves nothing behind.
        let mut answers = Evaluations::new();
        for _ in 0..MAX_STEPS {
            let (mut decision, _) = self.decided(observed, &Readings::new(), &mut answers)?;
            let first = (!decision.ledger.is_empty()).then(|| Answer::Act(decision.ledger.clone()));
            let answer = decision.envs.remove(name).or(first).unwrap_or(Answer::Settled);
            let Answer::Act(effects) = &answer else { return Ok(answer) };
            if promoted(effects).is_some() {
                return Ok(answer);
            }
            let next = observed.head().and_then(|head| as_if_recorded(&head.state, effects, now));
            match next {
                Some(next) => observed.suppose(next),
                None => break,
            }
        }
        Err(EngineError::Impossible(format!("{name} has other things to do first: towpath reconcile --once")))
    }

    fn rehearse(
        &self,
        observed: &Observed,
        name: &Name,
        effects: Vec<Effect>,
        asked: bool,
        done: &mut dyn FnMut(DrillPart),
    ) -> Result<DrillOutcome, EngineError> {
        let release = promoted(&effects).and_then(|promotion| {
            let release = observed.head()?.state.release(&promotion.r)?;
            Some((promotion.cause, Box::new(release.clone())))
        });
        let Some((cause, to)) = release else { return Ok(DrillOutcome::Waits(Vec::new())) };
        if cause != Cause::Rollback {
            return Ok(DrillOutcome::Forward(to));
        }
        let decision =
            Decision { ledger: Vec::new(), envs: BTreeMap::from([(name.clone(), Answer::Act(effects))]) };
        let executor = crate::act::Executor { rehearse: true, ..self.executor(self.host.clock.now()) };
        let (commit, why) = executor.rehearsed(observed, &decision, &mut || done(DrillPart::Commit))?;
        done(DrillPart::Push);
        match (commit, why) {
            (_, Some(why)) => Ok(DrillOutcome::Blocked { to, why }),
            (Some(commit), None) => Ok(DrillOutcome::Back { to, asked, message: self.message_of(&commit)? }),
            (None, None) => Ok(DrillOutcome::Blocked { to, why: "no commit was made".to_owned() }),
        }
    }

    fn message_of(&self, commit: &CommitId) -> Result<String, EngineError> {
        let history = self.host.repository.history(commit, None, 1)?;
        Ok(history.commits.into_iter().next().map(|commit| commit.message).unwrap_or_default())
    }
}

impl Observed {
    /// Goes on as if the journal said this.
    fn suppose(&mut self, state: towpath_core::journal::State) {
        if let Found::Head(head) | Found::Behind(head) = &mut self.journal {
            *head = Head { tip: head.tip.clone(), state: Rc::new(state) };
        }
    }
}

/// Whether it is a person's word alone that is waited for.
fn needs_asking(answer: &Answer) -> bool {
    let asks = |wait: &Wait| matches!(wait.code, WaitCode::Failed | WaitCode::Irreversible);
    matches!(answer, Answer::Wait(waits) if waits.iter().any(asks))
}

fn promoted(effects: &[Effect]) -> Option<&Promotion> {
    effects.iter().find_map(|effect| match effect {
        Effect::Promote(promotion) | Effect::Propose(promotion) => Some(promotion),
        _ => None,
    })
}
