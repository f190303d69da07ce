//! The one decision: `decide(&World, now) -> Decision`, without I/O, clock or randomness.
//!
//! Controller, local mode, `why`, dry run and simulator all call it. For each environment the rules stand in
//! the order in which they are asked; the first that wants to act wins, and what is in the way is collected.

mod answer;
mod candidate;
mod dependency;
mod drill;
mod entry;
mod evaluated;
mod failure;
mod gates;
mod horizon;
mod leaving;
mod ledger;
mod live;
mod metric;
mod presence;
mod proposal;
mod requests;
mod rollback;
#[cfg(test)]
mod tests;
mod window;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::event::Cause;
use crate::id::{GateHash, Name};
use crate::journal::State;
use crate::journal::state::{Current, EnvironmentState, Hold, Phase, Release};
use crate::pipeline::{Environment, Pipeline};
use crate::time::Time;
use crate::world::{EnvironmentFacts, Evaluation, PathFacts, World};

pub use answer::{Answer, Decision, Effect, Measurement, Promotion, QaStart, Source, Wait, WaitCode, When};
pub use drill::{as_if_failed, as_if_recorded};
pub use entry::soak_end;
pub use horizon::{Horizon, horizon};
pub use ledger::{accounted, configuration, first_claim, loss};
pub use metric::{Judgement, judge};
pub use presence::{LANDING, PAUSE, deploys};
pub use rollback::{IRREVERSIBLE, STORM_WINDOW, target as rollback_target};

#[cfg(test)]
thread_local! {
    /// How often decisions of this thread asked whether a release may come.
    static ELIGIBILITY: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Decides what to do next, for every environment of the pipeline.
pub fn decide(world: &World<'_>, now: Time) -> Decision {
    crate::museum::decides();
    match ledger::open(world, now) {
        ledger::Gate::Open(state) => environments(world, state, now),
        ledger::Gate::Act(effects) => Decision { ledger: effects, envs: BTreeMap::new() },
        ledger::Gate::Closed(wait) => {
            let all = world.pipeline.environments.iter();
            Decision {
                ledger: Vec::new(),
                envs: all.map(|e| (e.name.clone(), Answer::Wait(vec![wait.clone()]))).collect(),
            }
        }
    }
}

/// Whether the decision about an environment can depend on what is live there, so that hosts may save the reading.
pub fn wants_liveness(pipeline: &Pipeline, name: &Name, env: &EnvironmentState) -> bool {
    let Some(at) = &env.at else { return false };
    match at.phase {
        Phase::Adopted | Phase::Failed => false,
        Phase::Syncing | Phase::Verifying | Phase::Verified => true,
        // A running soak counts only with a reading as of now, so it is asked for as long as it may be needed.
        Phase::Settled => still_soaks(pipeline, name, env),
    }
}

/// Whether what is there has not soaked as long as an edge asks for.
fn still_soaks(pipeline: &Pipeline, name: &Name, env: &EnvironmentState) -> bool {
    let soaked = env.at.as_ref().and_then(|at| env.ok.get(&at.r)).map(|ok| ok.soak);
    soaked.is_some_and(|soaked| pipeline.edges_from(name).any(|edge| soaked < edge.soak))
}

fn environments(world: &World<'_>, state: &State, now: Time) -> Decision {
    let mut envs: BTreeMap<Name, Answer> = BTreeMap::new();
    for environment in &world.pipeline.environments {
        let view = View::new(world, state, environment, now);
        let answer = view.map_or_else(Answer::Wait, |view| view.answer());
        let answer = one_rollback_at_a_time(after_upstream(environment, answer, &envs, now), &envs, now);
        let answer = unless_refused(world, environment, answer, now);
        envs.insert(environment.name.clone(), answer);
    }
    Decision { ledger: Vec::new(), envs }
}

/// Rollbacks are counted, so the next one is decided when this one is known.
fn one_rollback_at_a_time(answer: Answer, envs: &BTreeMap<Name, Answer>, now: Time) -> Answer {
    let goes_back = |answer: &Answer| matches!(answer, Answer::Act(effects) if effects.iter().any(Effect::is_automatic_rollback));
    match envs.iter().find(|(_, other)| goes_back(&answer) && goes_back(other)) {
        None => answer,
        Some((name, _)) => {
            let text = format!("{name} goes back first");
            Answer::Wait(vec![Wait::new(WaitCode::Occupied, text, "", When::resync(now)).about(name)])
        }
    }
}

/// What the host did not take once is not pushed again by the same pass; everything else goes on.
fn unless_refused(world: &World<'_>, environment: &Environment, answer: Answer, now: Time) -> Answer {
    let refused = world.envs.get(&environment.name).and_then(|facts| facts.refused.as_ref());
    let Some(why) = refused.filter(|_| matches!(&answer, Answer::Act(e) if e.iter().any(Effect::moves)))
    else {
        return answer;
    };
    let branch = &world.pipeline.repository.branch;
    let text = format!("the host does not take the commit: {why}");
    let remedy = format!(
        "let this account push to {branch}; it is tried again when the branch moves, or after ten minutes"
    );
    let when = When::on(Source::Person, now);
    Answer::Wait(vec![Wait::new(WaitCode::PushRefused, text, remedy, when).about(&environment.name)])
}

/// A promotion rests on what is known of the environments before it. While something is to be recorded of one of
/// them, such as that a person took the release out, the promotion is decided again afterwards.
fn after_upstream(
    environment: &Environment,
    answer: Answer,
    envs: &BTreeMap<Name, Answer>,
    now: Time,
) -> Answer {
    let onward = |e: &Effect| e.promotion().is_some_and(|promotion| promotion.cause != Cause::Rollback);
    if !matches!(&answer, Answer::Act(effects) if effects.iter().any(onward)) {
        return answer;
    }
    let changes = |e: &Effect| !matches!(e, Effect::EnsureQa(..) | Effect::Check { .. });
    let busy =
        |name: &&Name| matches!(envs.get(*name), Some(Answer::Act(effects)) if effects.iter().any(changes));
    match environment.after.edges.iter().map(|edge| &edge.environment).find(busy) {
        None => answer,
        Some(upstream) => {
            let text = format!("{upstream} is being looked at first");
            let wait = Wait::new(WaitCode::Occupied, text, "", When::resync(now));
            Answer::Wait(vec![wait.about(upstream)])
        }
    }
}

/// One environment, as the rules look at it.
pub(crate) struct View<'a> {
    world: &'a World<'a>,
    state: &'a State,
    environment: &'a Environment,
    key: &'a Name,
    env: &'a EnvironmentState,
    facts: &'a EnvironmentFacts,
    now: Time,
    /// What several rules ask for; each is found once, when it is asked for.
    found: Found<'a>,
}

/// What is found once for an environment.
#[derive(Default)]
struct Found<'a> {
    there: OnceCell<Option<&'a Release>>,
    holds: OnceCell<Vec<&'a Hold>>,
    candidate: OnceCell<Option<&'a Release>>,
    entry_hash: OnceCell<GateHash>,
    /// What systems outside would have to say, and nobody has asked.
    missed: RefCell<BTreeSet<Evaluation>>,
}

/// What one rule says.
pub(crate) enum Rule {
    /// It has nothing to say; ask the next.
    Pass,
    /// Something is in the way of new promotions, but later rules may have more to say.
    Note(Wait),
    /// Nothing further can happen until this is over.
    Stop(Wait),
    /// Do this.
    Act(Vec<Effect>),
}

/// What rules said that did not end the questions.
#[derive(Default)]
struct Asked {
    waits: Vec<Wait>,
}

impl Asked {
    /// Asks rules in order; answers when one of them is the last word.
    fn all<'v>(&mut self, view: &View<'v>, rules: &[fn(&View<'v>) -> Rule]) -> Option<Answer> {
        for rule in rules {
            match rule(view) {
                Rule::Pass => {}
                Rule::Note(wait) => self.waits.push(wait),
                Rule::Stop(wait) => {
                    self.waits.push(wait);
                    return Some(Answer::Wait(self.waits.clone()));
                }
                Rule::Act(effects) => return Some(Answer::Act(effects)),
            }
        }
        None
    }

    /// The same, looked at again at this time already.
    fn no_later_than(self, time: Option<Time>) -> Self {
        Self { waits: self.waits.into_iter().map(|wait| wait.no_later_than(time)).collect() }
    }

    fn end(self) -> Answer {
        if self.waits.is_empty() { Answer::Settled } else { Answer::Wait(self.waits) }
    }
}

impl<'a> View<'a> {
    fn new(
        world: &'a World<'a>,
        state: &'a State,
        environment: &'a Environment,
        now: Time,
    ) -> Result<Self, Vec<Wait>> {
        let known = state.environment(&environment.name).zip(world.envs.get(&environment.name));
        let Some(((key, env), facts)) = known else {
            let text = format!("{} has not been looked at yet", environment.name);
            return Err(vec![Wait::new(WaitCode::NotObserved, text, "towpath reconcile", When::resync(now))]);
        };
        Ok(Self { world, state, environment, key, env, facts, now, found: Found::default() })
    }

    fn answer(&self) -> Answer {
        if let Some(effects) = self.unevaluated() {
            return Answer::Act(effects);
        }
        match self.by_rules() {
            answer @ Answer::Act(_) => answer,
            answer => self.unasked().map_or(answer, Answer::Act),
        }
    }

    fn by_rules(&self) -> Answer {
        let first: [fn(&Self) -> Rule; 11] = [
            Self::guard_proposal,
            Self::committing,
            Self::conflict,
            Self::readable,
            Self::adopt,
            Self::proposal_ended,
            Self::managed_fields,
            Self::requested_resume,
            Self::requested_rollback,
            Self::pinned,
            Self::roll_back,
        ];
        let mut asked = Asked::default();
        match asked.all(self, &first) {
            // What was asked for may pre-empt it as soon as its gates hold.
            Some(Answer::Wait(_)) => return asked.no_later_than(self.turn_of_request()).end(),
            Some(answer) => return answer,
            None => {}
        }
        // What a person put there is not the release, and is judged by nothing.
        let proofs: &[fn(&Self) -> Rule] =
            if self.env.pin.is_some() { &[] } else { &[Self::prove_live, Self::judge_gates] };
        let verdict = asked.all(self, proofs);
        if let Some(answer @ Answer::Act(_)) = verdict {
            return answer;
        }
        asked.waits.extend(self.starved());
        if verdict.is_some() {
            return match self.supersede() {
                Rule::Act(effects) => Answer::Act(effects),
                Rule::Note(wait) => asked.no_later_than(self.turn(Some(&wait))).end(),
                Rule::Stop(_) | Rule::Pass => asked.end(),
            };
        }
        let promoted = asked.all(self, &[Self::promote]);
        promoted.unwrap_or_else(|| asked.end())
    }

    /// What is there; only asked by rules behind the one that adopts.
    fn at(&self) -> Option<&'a Current> {
        self.env.at.as_ref()
    }

    /// The release that is there, as far as it is still known.
    fn there(&self) -> Option<&'a Release> {
        *self.found.there.get_or_init(|| self.at().and_then(|at| self.state.release(&at.r)))
    }

    fn in_phase(&self, phases: &[Phase]) -> Option<&'a Current> {
        self.at().filter(|at| phases.contains(&at.phase))
    }

    fn path(&self) -> Option<&'a PathFacts> {
        self.facts.path.as_ref().ok()
    }

    fn wait(&self, code: WaitCode, text: impl Into<String>, remedy: impl Into<String>, when: When) -> Wait {
        Wait::new(code, text, remedy, when).about(&self.environment.name)
    }

    /// The time with which what is done now is recorded: never earlier than what was recorded before, whatever this
    /// host's clock says.
    fn recorded(&self) -> Time {
        self.now.max(self.state.at)
    }

    /// `namespace/name environment`, as commands take it.
    fn target(&self) -> String {
        format!("{} {}", self.world.pipeline.id, self.environment.name)
    }
}
