//! How long a decision stands if nothing else is seen, so that nobody has to decide again before.

use super::answer::{Answer, Decision, WaitCode, When};
use super::ledger::clock_in_order;
use super::rollback::STORM_WINDOW;
use crate::journal::State;
use crate::journal::state::{EnvironmentState, Phase};
use crate::museum::{Bug, planted};
use crate::pipeline::{Environment, Window};
use crate::time::Time;
use crate::world::{EnvironmentFacts, LedgerFacts, World};

/// Waits for what is not seen to be otherwise, and has to be asked again.
const UNSEEN: [WaitCode; 2] = [WaitCode::GateError, WaitCode::GateUnanswered];

/// How long a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    /// Whether it stands at all while nothing else is seen. Where something is under way, it may also be changed by
    /// what has to be asked for: a metric, a start that did not succeed.
    pub steady: bool,
    /// The next time at which time alone may change it, or at which what is under way is to be looked at; `None` when
    /// there is none. It may be too early and is never too late: all times are named that any rule compares with the
    /// present, whether or not one does now.
    pub until: Option<Time>,
}

/// How long a decision stands.
pub fn horizon(world: &World<'_>, decision: &Decision, now: Time) -> Horizon {
    let mut times = Vec::new();
    let mut steady = true;
    let resync = When::resync(now).latest();
    for (name, answer) in &decision.envs {
        match answer {
            Answer::Settled => continue,
            Answer::Wait(waits) => {
                times.extend(waits.iter().filter_map(|wait| match wait.when {
                    When::At(time) => Some(time),
                    // What it waits for is seen.
                    When::On(_, time) => Some(time).filter(|time| *time < resync),
                }));
                steady &= !waits.iter().any(|wait| UNSEEN.contains(&wait.code));
            }
            Answer::Act(_) => steady = false,
        }
        // Nobody sees that the answer of a system outside would be another one by now.
        steady &=
            world.pipeline.environment(name).is_none_or(|environment| environment.entry.http.is_empty());
    }
    if let LedgerFacts::Present(state) | LedgerFacts::Behind(state) = world.ledger {
        times.extend([clock_in_order(state), state.at]);
        times.extend(state.holds.iter().filter_map(|hold| hold.until));
        times.extend(state.approvals.iter().filter_map(|approval| approval.until));
        for environment in &world.pipeline.environments {
            times.extend(of_environment(world, state, environment, now));
        }
    }
    times.extend(world.shared.rollbacks.iter().map(|back| back.at.plus(STORM_WINDOW)));
    times.extend(world.shared.others.values().filter_map(|other| other.live_since));
    let steady = steady && !is_any_moving(world);
    if !steady {
        times.push(resync);
    }
    if planted(Bug::TimeUnseen) && steady {
        times.clear();
    }
    Horizon { steady, until: times.into_iter().filter(|time| *time > now).min() }
}

fn is_any_moving(world: &World<'_>) -> bool {
    match world.ledger {
        LedgerFacts::Present(state) => state.envs.values().filter(|env| !env.removed).any(is_moving),
        _ => false,
    }
}

fn of_environment(world: &World<'_>, state: &State, environment: &Environment, now: Time) -> Vec<Time> {
    let mut times: Vec<Time> =
        environment.entry.windows.iter().filter_map(|window| Window::next_change(window, now)).collect();
    let Some((_, env)) = state.environment(&environment.name) else { return times };
    let Some(at) = &env.at else { return times };
    let edges = world.pipeline.edges_from(&environment.name);
    times.extend(at.live.iter().flat_map(|live| edges.clone().map(|edge| live.since.plus(edge.soak))));
    // What is settled is not live any more where it fell back, and stalls then.
    if at.live.is_none() && super::wants_liveness(world.pipeline, &environment.name, env) {
        times.push(at.since.plus(environment.sync_timeout));
    }
    let facts: Option<&EnvironmentFacts> = world.envs.get(&environment.name);
    let seen = facts.into_iter().flat_map(|facts| facts.live.iter().flatten());
    for since in seen.filter_map(|application| application.health_since) {
        let since = since.max(at.floor());
        times.extend([environment.stable, environment.degraded_grace].map(|span| since.plus(span)));
    }
    times
}

/// Whether something is on its way or under watch, so that deadlines and samples come up all the time.
fn is_moving(env: &EnvironmentState) -> bool {
    let watched = [Phase::Syncing, Phase::Verifying, Phase::Verified];
    env.committing.is_some() || env.at.as_ref().is_some_and(|at| watched.contains(&at.phase))
}
