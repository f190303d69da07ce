//! Deterministic simulation: the production engine on ports in memory, a virtual clock, one seed.
//!
//! A run plays controllers that crash, lose answers, races and caches, people who commit, revert, forge, hold and
//! approve, and a cluster with a mind of its own. [`observer`] sees only the outside: both refs, the verdicts that
//! were given, what the cluster ran. The first violation ends the run; [`Report::trace`] says what led to it.

mod cluster;
mod observer;
mod play;
mod random;
mod releases;
mod wiring;

use std::collections::BTreeSet;

use towpath_core::museum::{self, Bug};

pub use play::Play;

/// How many steps a run has before its faults stop.
const STEPS: u32 = 240;

/// What a run found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The first rule that was broken, and how.
    pub violation: Option<String>,
    /// What happened, a line each.
    pub trace: Vec<String>,
    /// How many passes were made.
    pub passes: u64,
    /// How many promotion commits landed.
    pub promotions: u64,
    /// How many of them went back.
    pub rollbacks: u64,
    /// How many of them went to production.
    pub in_production: u64,
    /// How many faults struck.
    pub faults: u64,
    /// Hashes of the shapes of the state that were reached: what it says without ids and times.
    pub states: BTreeSet<u64>,
}

/// Plays one seed, with at most one planted bug.
pub fn run(seed: u64, bug: Option<Bug>) -> Report {
    museum::plant(bug);
    let report = match Play::new(seed) {
        Ok(mut play) => {
            let violation = play.perform(STEPS).err();
            told(seed, play, violation)
        }
        Err(wrong) => Report { seed, violation: Some(wrong), ..Report::default() },
    };
    museum::plant(None);
    report
}

fn told(seed: u64, play: Play, violation: Option<String>) -> Report {
    Report {
        seed,
        violation,
        passes: play.passes,
        promotions: play.observer.promotions,
        rollbacks: play.observer.rollbacks,
        in_production: play.observer.in_production,
        faults: play.faults_struck,
        states: play.observer.shapes,
        trace: play.trace,
    }
}
