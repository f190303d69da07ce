//! The properties as the checker takes them: one function a rule, and what must be reached for a check to mean anything.

use stateright::Property;
use towpath_core::event::Cause;
use towpath_core::journal::state::Phase;

use crate::model::World;
use crate::node::Node;
use crate::rules::{RULES, Rule};
use crate::stage::{DEV, PRODUCTION};

macro_rules! always {
    ($($rule:ident),* $(,)?) => {
        vec![$({
            fn holds(_: &World, node: &Node) -> bool {
                node.broken & Rule::$rule.bit() == 0
            }
            let text = RULES.iter().find(|(rule, _)| *rule == Rule::$rule).map_or("", |(_, text)| text);
            Property::always(text, holds)
        }),*]
    };
}

/// All properties.
pub fn all() -> Vec<Property<World>> {
    let mut all = always![
        S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S14, S15, C3, C6, C10, Fold, L1, L2, L3, L4
    ];
    all.extend([
        Property::sometimes("a release is Verified in production", |world: &World, node: &Node| {
            world.ledger(node, 0).facts.places[PRODUCTION].ok != 0
        }),
        Property::sometimes("an environment went back", |world: &World, node: &Node| {
            let at = world.ledger(node, 0).facts.places[DEV].at;
            at.is_some_and(|at| at.cause == Cause::Rollback && at.phase == Phase::Settled)
        }),
        Property::sometimes(
            "two controllers are about to push for one pipeline",
            |_: &World, node: &Node| matches!(node.pending, [Some(a), Some(b)] if a.pipeline == b.pipeline),
        ),
    ]);
    all
}
