//! Many seeds on all cores, and what they came to.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::{Count, Kind, Orders, Report, run};

/// What many seeds came to.
#[derive(Debug, Default)]
pub struct Sum {
    /// How many seeds were played.
    pub seeds: u64,
    /// How many passes were made.
    pub passes: u64,
    /// How many passes hosts left out, since nothing had changed.
    pub left_out: u64,
    /// How many steps the engine made.
    pub steps: u64,
    /// How many promotion commits landed.
    pub promotions: u64,
    /// How many of them went back.
    pub rollbacks: u64,
    /// How many of them went to production.
    pub in_production: u64,
    /// Hashes of the shapes of the state that were reached.
    pub states: BTreeSet<u64>,
    /// How often faults of each kind were planned and struck.
    pub faults: BTreeMap<Kind, Count>,
    /// The first seed, by number, that broke a rule.
    pub broken: Option<Report>,
    /// Seconds that passed.
    pub seconds: f64,
    /// Cores that were used.
    pub cores: usize,
}

impl Sum {
    fn add(&mut self, report: Report) {
        self.seeds += 1;
        self.passes += report.passes;
        self.left_out += report.left_out;
        self.steps += report.steps;
        self.promotions += report.promotions;
        self.rollbacks += report.rollbacks;
        self.in_production += report.in_production;
        self.count(&report.faults);
        if report.violation.is_some() && self.broken.as_ref().is_none_or(|known| report.seed < known.seed) {
            self.broken = Some(Report { states: BTreeSet::new(), ..report });
        } else {
            self.states.extend(report.states);
        }
    }

    fn count(&mut self, faults: &BTreeMap<Kind, Count>) {
        for (kind, count) in faults {
            let sum = self.faults.entry(*kind).or_default();
            sum.planned += count.planned;
            sum.struck += count.struck;
        }
    }

    /// Both together; seconds and cores are those of the first.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.seeds += other.seeds;
        self.passes += other.passes;
        self.left_out += other.left_out;
        self.steps += other.steps;
        self.promotions += other.promotions;
        self.rollbacks += other.rollbacks;
        self.in_production += other.in_production;
        self.states.extend(other.states);
        self.count(&other.faults);
        let both = [self.broken.take(), other.broken].into_iter().flatten();
        self.broken = both.min_by_key(|report| report.seed);
        self
    }

    /// How many faults struck.
    pub fn struck(&self) -> u64 {
        self.faults.values().map(|count| count.struck).sum()
    }

    /// Steps a second.
    pub fn pace(&self) -> f64 {
        self.steps as f64 / self.seconds.max(0.001)
    }
}

/// How many threads play.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Plays seeds on all cores until one breaks a rule: each core takes the next that nobody plays yet.
pub fn play(seeds: &Range<u64>, orders: &Orders) -> Sum {
    search(seeds, orders, |_| true)
}

/// Plays seeds until one breaks a rule in a way that is looked for.
pub fn search(seeds: &Range<u64>, orders: &Orders, wanted: impl Fn(&str) -> bool + Sync) -> Sum {
    let (started, next) = (Instant::now(), AtomicU64::new(seeds.start));
    let worker = || {
        let mut sum = Sum::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return sum;
            }
            let mut report = run(&Orders { seed, ..orders.clone() });
            report.violation = report.violation.filter(|violation| wanted(violation));
            if report.violation.is_some() {
                next.fetch_max(seeds.end, Ordering::Relaxed);
            }
            sum.add(report);
        }
    };
    let cores = cores();
    let sum = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).fold(Sum::default(), Sum::join)
    });
    Sum { seconds: started.elapsed().as_secs_f64(), cores, ..sum }
}

/// The command that plays a run again.
pub fn replay(orders: &Orders) -> String {
    let bug = orders.bug.map_or_else(String::new, |b| format!(" --bug {b:?}"));
    let unguarded = if orders.unguarded { " --unguarded" } else { "" };
    let only = orders.only.as_ref().map_or_else(String::new, |only| {
        let ids: Vec<String> = only.iter().map(ToString::to_string).collect();
        format!(" --only {}", if ids.is_empty() { ",".to_owned() } else { ids.join(",") })
    });
    let spared: Vec<String> = orders.spared.iter().map(|kind| format!("{kind:?}")).collect();
    let spare = if spared.is_empty() { String::new() } else { format!(" --spare {}", spared.join(",")) };
    let opening = orders.opening.map_or_else(String::new, |opening| format!(" --scenario {opening:?}"));
    format!("cargo xtask simulate --seed {}{opening}{bug}{unguarded}{only}{spare} --trace", orders.seed)
}
