//! What must be reached for a check to mean anything.

use towpath_core::event::Cause;
use towpath_core::journal::state::Phase;

use crate::node::Node;
use crate::stage::{DEV, PRODUCTION};
use crate::world::World;

/// Whether a state is one in which something was reached.
pub type Reached = fn(&World, &Node) -> bool;

/// All goals.
pub const GOALS: [(&str, Reached); 3] = [
    ("a release is Verified in production", |world, node| {
        world.ledger(node, 0).facts.places[PRODUCTION].ok != 0
    }),
    ("an environment went back", |world, node| {
        let at = world.ledger(node, 0).facts.places[DEV].at;
        at.is_some_and(|at| at.cause == Cause::Rollback && at.phase == Phase::Settled)
    }),
    (
        "two controllers are about to push for one pipeline",
        |_, node| matches!(node.pending, [Some(a), Some(b)] if a.pipeline == b.pipeline),
    ),
];
