//! Plays seeds of the simulation, one or many; prints the trace of a failing one and how to replay it.
//!
//! `simulate --seeds 0..500` | `simulate --seed 17 --trace` | `simulate --bugs --seeds 0..500`

use std::io::Write as _;
use std::ops::Range;
use std::process::ExitCode;

use towpath_core::museum::{ALL, Bug};
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
                let bug = ALL.into_iter().find(|b| format!("{b:?}") == text);
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

fn seeds(out: &mut impl std::io::Write, wanted: &Wanted) -> std::io::Result<bool> {
    let started = std::time::Instant::now();
    let (mut passes, mut promotions, mut faults) = (0, 0, 0);
    for seed in wanted.seeds.clone() {
        let report = run(seed, wanted.bug);
        (passes, promotions, faults) =
            (passes + report.passes, promotions + report.promotions, faults + report.faults);
        if wanted.trace || report.violation.is_some() {
            show(out, &report, wanted.bug)?;
        }
        if report.violation.is_some() {
            return Ok(false);
        }
    }
    writeln!(
        out,
        "simulation: {} seeds, {passes} passes, {promotions} promotions, {faults} faults, 0 violations, {:.1} s",
        wanted.seeds.end - wanted.seeds.start,
        started.elapsed().as_secs_f64()
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
        let found = seeds.clone().map(|seed| run(seed, Some(bug))).find(|r| r.violation.is_some());
        match found {
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
