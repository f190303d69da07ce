//! What is counted of runs, of one as of many.

use std::collections::{BTreeMap, BTreeSet};

use super::{Count, Kind};

/// What is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many passes were made.
    pub passes: u64,
    /// How many passes hosts left out, since nothing had changed.
    pub left_out: u64,
    /// How many steps the engine made: calls of ports, and decisions.
    pub steps: u64,
    /// How many promotion commits landed.
    pub promotions: u64,
    /// How many of them went back.
    pub rollbacks: u64,
    /// How many of them went to production.
    pub in_production: u64,
    /// How often faults of each kind were planned and struck.
    pub faults: BTreeMap<Kind, Count>,
    /// Hashes of the shapes of the state that were reached: what it says without ids and times.
    pub states: BTreeSet<u64>,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.passes += other.passes;
        self.left_out += other.left_out;
        self.steps += other.steps;
        self.promotions += other.promotions;
        self.rollbacks += other.rollbacks;
        self.in_production += other.in_production;
        for (kind, count) in other.faults {
            let sum = self.faults.entry(kind).or_default();
            sum.planned += count.planned;
            sum.struck += count.struck;
        }
        self.states.extend(other.states);
    }

    /// How many faults struck.
    pub fn struck(&self) -> u64 {
        self.faults.values().map(|count| count.struck).sum()
    }
}
