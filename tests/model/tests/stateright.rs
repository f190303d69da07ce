//! A second opinion on the search: a checker that others wrote gets to the same states.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use stateright::{Checker, Model, Property};
use towpath_model::model::{Step, Walker};
use towpath_model::node::Node;
use towpath_model::run::SMALL;
use towpath_model::search::search;
use towpath_model::size::Size;
use towpath_model::world::World;

/// The same model, as that checker takes it.
struct Theirs(Mutex<Walker<'static>>);

impl Model for Theirs {
    type State = Node;
    type Action = (Step, Node);

    fn init_states(&self) -> Vec<Node> {
        vec![self.0.lock().unwrap().first()]
    }

    fn actions(&self, node: &Node, actions: &mut Vec<(Step, Node)>) {
        actions.extend(self.0.lock().unwrap().successors(node));
    }

    fn next_state(&self, _: &Node, (_, next): (Step, Node)) -> Option<Node> {
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("no step breaks a rule", |_: &Self, node: &Node| node.broken == 0)]
    }
}

#[test]
fn another_checker_reaches_the_same_states() {
    let sizes = [
        SMALL,
        Size { releases: [2, 1], acts: 0, ..SMALL },
        Size { releases: [1, 0], soaks: true, crashes: true, losers: true, ..SMALL },
    ];
    for size in sizes {
        let world: &'static World = Box::leak(Box::new(World::new(size, None)));
        let ours = search(world, 2, Instant::now() + Duration::from_secs(600));
        let theirs = Theirs(Mutex::new(Walker::new(world))).checker().spawn_bfs().join();
        assert!(ours.exhaustive && theirs.discoveries().is_empty(), "{size:?}");
        assert_eq!(
            (ours.states, ours.unique),
            (theirs.state_count(), theirs.unique_state_count()),
            "{size:?}"
        );
    }
}
