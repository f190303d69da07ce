//! Many seeds on all cores, and what they came to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use towpath_core::museum::Bug;
use towpath_engine::sim::{Count, Kind, Orders, Report, run, shrink};

/// What many seeds came to.
#[derive(Default)]
pub(crate) struct Sum {
    pub(crate) seeds: u64,
    pub(crate) passes: u64,
    pub(crate) steps: u64,
    pub(crate) promotions: u64,
    pub(crate) rollbacks: u64,
    pub(crate) in_production: u64,
    pub(crate) states: BTreeSet<u64>,
    pub(crate) faults: BTreeMap<Kind, Count>,
    /// The first seed, by number, that broke a rule.
    pub(crate) broken: Option<Report>,
    /// Seconds that passed, and cores that were used.
    pub(crate) seconds: f64,
    pub(crate) cores: usize,
}

impl Sum {
    fn add(&mut self, report: Report) {
        self.seeds += 1;
        self.passes += report.passes;
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

    fn join(mut self, other: Self) -> Self {
        self.seeds += other.seeds;
        self.passes += other.passes;
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
    pub(crate) fn struck(&self) -> u64 {
        self.faults.values().map(|count| count.struck).sum()
    }

    /// Steps a second.
    pub(crate) fn pace(&self) -> f64 {
        self.steps as f64 / self.seconds.max(0.001)
    }
}

/// How many threads play.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Plays seeds on all cores until one breaks a rule: each core takes the next that nobody plays yet.
pub(crate) fn play(seeds: &Range<u64>, bug: Option<Bug>) -> Sum {
    let (started, next) = (Instant::now(), AtomicU64::new(seeds.start));
    let worker = || {
        let mut sum = Sum::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return sum;
            }
            let report = run(&Orders { seed, bug, ..Orders::default() });
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

/// The one line that says what seeds came to.
pub(crate) fn tell(out: &mut impl Write, sum: &Sum) -> std::io::Result<()> {
    writeln!(
        out,
        "simulation: {} seeds, {} passes, {} steps ({:.0} a second on {} cores), {} promotions, {} faults that struck, \
         {} distinct states, 0 violations, {:.1} s",
        sum.seeds,
        sum.passes,
        sum.steps,
        sum.pace(),
        sum.cores,
        sum.promotions,
        sum.struck(),
        sum.states.len(),
        sum.seconds,
    )
}

/// The trace of a run, and the command that plays it again.
pub(crate) fn show(out: &mut impl Write, orders: &Orders) -> std::io::Result<bool> {
    let report = run(&Orders { trace: true, ..orders.clone() });
    for line in &report.trace {
        writeln!(out, "  {line}")?;
    }
    for (id, kind) in &report.planned {
        writeln!(out, "  fault {id}: {}", kind.text())?;
    }
    writeln!(out, "seed {}: {}", report.seed, report.violation.as_deref().unwrap_or("no violation"))?;
    writeln!(out, "replay: {}", replay(orders))?;
    Ok(report.violation.is_none())
}

/// A seed that broke a rule: its faults are shrunk, then it is shown.
pub(crate) fn show_broken(out: &mut impl Write, orders: &Orders) -> std::io::Result<()> {
    let (all, shrunk) = match shrink(orders) {
        Some((shrunk, report)) => (run(orders).planned.len(), Some((shrunk, report.planned.len()))),
        None => (0, None),
    };
    show(out, shrunk.as_ref().map_or(orders, |(shrunk, _)| shrunk))?;
    if let Some((_, left)) = shrunk {
        writeln!(out, "{left} of {all} faults are needed; with all of them: {}", replay(orders))?;
    }
    Ok(())
}

/// The command that plays a run again.
pub(crate) fn replay(orders: &Orders) -> String {
    let bug = orders.bug.map_or_else(String::new, |b| format!(" --bug {b:?}"));
    let only = orders.only.as_ref().map_or_else(String::new, |only| {
        let ids: Vec<String> = only.iter().map(ToString::to_string).collect();
        format!(" --only {}", if ids.is_empty() { ",".to_owned() } else { ids.join(",") })
    });
    format!("cargo xtask simulate --seed {}{bug}{only} --trace", orders.seed)
}
