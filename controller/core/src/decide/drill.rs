//! Drills: what going back would come to, decided by the same rules on a state in which it is due.

use super::answer::Effect;
use super::{Rule, View};
use crate::event::{Event, FailedPhase, Recorded};
use crate::id::{Actor, Name};
use crate::journal::{State, fold_all};
use crate::time::Time;
use crate::world::{LedgerFacts, World};

/// The journal's state as if what is in an environment failed just now. `None` where nothing can fail: the journal
/// cannot be built upon, the environment is unknown, or what is there was not promoted.
pub fn as_if_failed(world: &World<'_>, name: &Name, now: Time) -> Option<State> {
    let LedgerFacts::Present(state) = world.ledger else { return None };
    let view = View::new(world, state, world.pipeline.environment(name)?, now).ok()?;
    let at = view.at()?;
    if at.failed.is_some() {
        return Some(state.clone());
    }
    match view.fail(at, FailedPhase::Bake, None, now) {
        Rule::Act(effects) => as_if_recorded(state, &effects, now),
        Rule::Pass | Rule::Note(_) | Rule::Stop(_) => None,
    }
}

/// The journal's state as if the events among these effects were recorded; `None` where it does not take them.
pub fn as_if_recorded(state: &State, effects: &[Effect], now: Time) -> Option<State> {
    let events = effects.iter().filter_map(|effect| match effect {
        Effect::Record(event) => Some(event.clone()),
        _ => None,
    });
    let at = now.max(state.at);
    let recorded = |(n, event): (u64, Event)| Recorded { n, at, by: Actor::towpath(), event };
    let events: Vec<Recorded> = (state.n + 1..).zip(events).map(recorded).collect();
    let mut state = state.clone();
    fold_all(&mut state, &events).ok()?;
    Some(state)
}
