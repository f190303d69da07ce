//! Many seeds on all cores, and what they came to.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::{Orders, Report, Tally, run};

/// What many seeds came to.
#[derive(Debug, Default)]
pub struct Sum {
    /// How many seeds were played.
    pub seeds: u64,
    /// What was counted in all of them.
    pub tally: Tally,
    /// The first seed, by number, that broke a rule.
    pub broken: Option<Report>,
    /// Seconds that passed.
    pub seconds: f64,
    /// Cores that were used.
    pub cores: usize,
}

impl Sum {
    fn add(&mut self, mut report: Report) {
        self.seeds += 1;
        let mut tally = std::mem::take(&mut report.tally);
        if report.violation.is_some() && self.broken.as_ref().is_none_or(|known| report.seed < known.seed) {
            tally.states.clear();
            self.broken = Some(report);
        }
        self.tally.add(tally);
    }

    /// Both together; seconds and cores are those of the first.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.seeds += other.seeds;
        self.tally.add(other.tally);
        let both = [self.broken.take(), other.broken].into_iter().flatten();
        self.broken = both.min_by_key(|report| report.seed);
        self
    }

    /// Steps a second.
    pub fn pace(&self) -> f64 {
        self.tally.steps as f64 / self.seconds.max(0.001)
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
