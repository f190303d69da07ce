//! Deterministic simulation: the production engine on ports in memory, a virtual clock, one seed.
//!
//! A run plays controllers that crash, lose answers, races and caches, people who commit, revert, forge, hold and
//! approve, and a cluster with a mind of its own. [`observer`] sees only the outside: both refs, the verdicts that
//! were given, what the cluster ran. The first violation ends the run; [`Report::trace`] says what led to it.

mod cluster;
mod counted;
mod glitches;
mod many;
mod observer;
mod openings;
mod play;
mod random;
mod releases;
mod schedule;
mod shrink;
mod sweep;
mod tally;
mod wiring;

use std::collections::BTreeSet;

use towpath_core::museum::{self, Bug};

use self::play::Play;

pub use many::{Sum, cores, play, replay, search};
pub use openings::Opening;
pub use schedule::{Count, FaultId, GROUPS, Kind};
pub use shrink::{check_of, is_refused, shrink};
pub use sweep::{Course, Crashes, SWEPT, Swept, crash_once, sweep_for};
pub use tally::Tally;

/// How many steps a run has before its faults stop.
const STEPS: u32 = 240;

/// What to play.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders {
    /// The seed.
    pub seed: u64,
    /// A planted bug.
    pub bug: Option<Bug>,
    /// Whether the production invariants are left out, so that nobody but the observer can find what is wrong.
    pub unguarded: bool,
    /// What the run begins with; nothing when that is drawn from the seed.
    pub opening: Option<Opening>,
    /// When given, the only faults that strike.
    pub only: Option<BTreeSet<FaultId>>,
    /// Kinds of faults that do not strike.
    pub spared: BTreeSet<Kind>,
    /// When given, the run ends after this step.
    pub until: Option<u32>,
    /// Whether to tell what happened.
    pub trace: bool,
}

/// What a run found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The first rule that was broken, and how.
    pub violation: Option<String>,
    /// The step at which it was broken; nothing when the run was already coming to rest.
    pub step: Option<u32>,
    /// What happened, a line each, when that was wanted.
    pub trace: Vec<String>,
    /// What was counted.
    pub tally: Tally,
    /// The faults that were planned, in order.
    pub planned: Vec<(FaultId, Kind)>,
}

/// Plays one run.
pub fn run(orders: &Orders) -> Report {
    museum::plant(orders.bug);
    museum::lower_guard(orders.unguarded);
    let decisions = museum::decisions();
    let mut report = match Play::new(orders) {
        Ok(mut play) => {
            let violation = play.perform(STEPS, orders.until).err();
            told(orders.seed, play, violation)
        }
        Err(wrong) => Report { seed: orders.seed, violation: Some(wrong), ..Report::default() },
    };
    report.tally.steps += museum::decisions() - decisions;
    museum::plant(None);
    museum::lower_guard(false);
    report
}

/// Plays an opening alone, without faults and without chance.
pub fn alone(opening: Opening, atomic: bool) -> Report {
    match Play::of(opening, atomic, true) {
        Ok(mut play) => {
            let violation = play.crash_at(&[]).err();
            told(0, play, violation)
        }
        Err(wrong) => Report { violation: Some(wrong), ..Report::default() },
    }
}

fn told(seed: u64, play: Play, violation: Option<String>) -> Report {
    Report {
        seed,
        step: play.step.filter(|_| violation.is_some()),
        violation,
        tally: Tally {
            passes: play.passes,
            left_out: play.left_out,
            steps: play.calls.count(),
            promotions: play.observer.promotions,
            rollbacks: play.observer.rollbacks,
            in_production: play.observer.in_production,
            faults: play.schedule.counts,
            states: play.observer.shapes,
        },
        planned: play.schedule.planned,
        trace: play.trace,
    }
}
