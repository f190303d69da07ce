//! Plays seeds of the simulation, one or many; prints the trace of a failing one and how to replay it.
//!
//! `simulate --seeds 0..500` | `simulate --seed 17 --trace` | `simulate --bugs --seeds 0..500`

use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use towpath_core::museum::{ALL, Bug, UNREACHED};
use towpath_engine::sim::{Report, run};

/// What the command line asks for.
struct Wanted {
    seeds: Range<u64>,
    trace: bool,
    bugs: bool,
    bug: Option<Bug>,
}

fn wanted() -> Result<Wanted, String> {
    let mut wanted = Wanted { seeds: 0..500, trace: false, bugs: false, bug: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--seed" => {
                let seed: u64 = value()?.parse().map_err(|e| format!("--seed: {e}"))?;
                wanted.seeds = seed..seed + 1;
            }
            "--seeds" => {
                let text = value()?;
                let (from, to) = text.split_once("..").ok_or("--seeds: expected FROM..TO")?;
                let number = |t: &str| t.parse::<u64>().map_err(|e| format!("--seeds: {e}"));
                wanted.seeds = number(from)?..number(to)?;
            }
            "--trace" => wanted.trace = true,
            "--bugs" => wanted.bugs = true,
            "--bug" => {
                let text = value()?;
                let bug = ALL.into_iter().chain(UNREACHED).find(|b| format!("{b:?}") == text);
                wanted.bug = Some(bug.ok_or(format!("--bug: one of {ALL:?}"))?);
            }
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(wanted)
}

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    let wanted = match wanted() {
        Ok(wanted) => wanted,
        Err(error) => {
            let _ = writeln!(out, "error: {error}");
            return ExitCode::from(2);
        }
    };
    let done = if wanted.bugs { museum(&mut out, wanted.seeds) } else { seeds(&mut out, &wanted) };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// What many seeds came to.
#[derive(Default)]
struct Sum {
    passes: u64,
    promotions: u64,
    faults: u64,
    states: BTreeSet<u64>,
    /// The first seed, by number, that broke a rule.
    broken: Option<Report>,
}

impl Sum {
    fn add(&mut self, report: Report) {
        self.passes += report.passes;
        self.promotions += report.promotions;
        self.faults += report.faults;
        if report.violation.is_some() && self.broken.as_ref().is_none_or(|known| report.seed < known.seed) {
            self.broken = Some(Report { states: BTreeSet::new(), ..report });
        } else {
            self.states.extend(report.states);
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.passes += other.passes;
        self.promotions += other.promotions;
        self.faults += other.faults;
        self.states.extend(other.states);
        let both = [self.broken.take(), other.broken].into_iter().flatten();
        self.broken = both.min_by_key(|report| report.seed);
        self
    }
}

/// Plays seeds on all cores until one breaks a rule: each core takes the next that nobody plays yet.
fn play(seeds: &Range<u64>, bug: Option<Bug>) -> Sum {
    let next = AtomicU64::new(seeds.start);
    let worker = || {
        let mut sum = Sum::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return sum;
            }
            let report = run(seed, bug);
            if report.violation.is_some() {
                next.fetch_max(seeds.end, Ordering::Relaxed);
            }
            sum.add(report);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).fold(Sum::default(), Sum::join)
    })
}

fn seeds(out: &mut impl std::io::Write, wanted: &Wanted) -> std::io::Result<bool> {
    let started = std::time::Instant::now();
    if wanted.trace && wanted.seeds.end == wanted.seeds.start + 1 {
        let report = run(wanted.seeds.start, wanted.bug);
        show(out, &report, wanted.bug)?;
        return Ok(report.violation.is_none());
    }
    let sum = play(&wanted.seeds, wanted.bug);
    if let Some(report) = &sum.broken {
        show(out, report, wanted.bug)?;
        return Ok(false);
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(
        out,
        "simulation: {} seeds, {} passes ({:.0} a second), {} promotions, {} faults, {} distinct states, \
         0 violations, {seconds:.1} s",
        wanted.seeds.end - wanted.seeds.start,
        sum.passes,
        sum.passes as f64 / seconds.max(0.001),
        sum.promotions,
        sum.faults,
        sum.states.len(),
    )?;
    Ok(true)
}

fn show(out: &mut impl std::io::Write, report: &Report, bug: Option<Bug>) -> std::io::Result<()> {
    for line in &report.trace {
        writeln!(out, "  {line}")?;
    }
    let bug = bug.map_or_else(String::new, |b| format!(" --bug {b:?}"));
    writeln!(out, "seed {}: {}", report.seed, report.violation.as_deref().unwrap_or("no violation"))?;
    writeln!(out, "replay: cargo xtask simulate --seed {} --trace{bug}", report.seed)
}

/// Plants each bug in turn and tells which check found it, and after how many seeds.
fn museum(out: &mut impl std::io::Write, seeds: Range<u64>) -> std::io::Result<bool> {
    let mut all = true;
    for bug in ALL {
        match play(&seeds, Some(bug)).broken {
            Some(r) => {
                let text = r.violation.unwrap_or_default();
                writeln!(out, "{:<26} seed {:<4} {text}", format!("{bug:?}"), r.seed)?;
            }
            None => {
                all = false;
                writeln!(out, "{:<26} NOT FOUND in {} seeds", format!("{bug:?}"), seeds.end - seeds.start)?;
            }
        }
    }
    Ok(all)
}
