//! Plays seeds of the simulation, one or many; prints the trace of a failing one and how to replay it.

mod arguments;
mod crashes;
mod museum;
mod seeds;
mod summary;

use std::io::Write;
use std::process::ExitCode;

use towpath_engine::sim::{Orders, Sum};

use self::arguments::{Mode, Wanted};

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    let wanted = match Wanted::parse(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(error) => {
            let _ = writeln!(out, "error: {error}");
            return ExitCode::from(2);
        }
    };
    match carry_out(&mut out, &wanted) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

fn carry_out(out: &mut impl Write, wanted: &Wanted) -> std::io::Result<bool> {
    match wanted.mode {
        Mode::Seeds if wanted.summary.is_some() => everything(out, wanted),
        Mode::Seeds => Ok(seeds(out, wanted)?.is_some()),
        Mode::Bugs => Ok(museum::exhibit(out, &wanted.seeds)?.iter().all(|found| found.by.is_some())),
        Mode::Crashes => Ok(crashes::sweep(out, false)?.iter().all(|swept| swept.violation.is_none())),
        Mode::CrashPairs => Ok(crashes::sweep(out, true)?.iter().all(|swept| swept.violation.is_none())),
    }
}

/// Plays the seeds; nothing when one broke a rule, which is shown.
fn seeds(out: &mut impl Write, wanted: &Wanted) -> std::io::Result<Option<Sum>> {
    let orders = wanted.orders();
    if wanted.is_single() && (wanted.trace || wanted.only.is_some()) {
        let fine = seeds::show(out, &orders)?;
        return Ok(fine.then(Sum::default));
    }
    let sum = seeds::play_telling(out, &wanted.seeds, &orders)?;
    match &sum.broken {
        Some(report) => {
            seeds::show_broken(out, &Orders { seed: report.seed, ..orders })?;
            Ok(None)
        }
        None => {
            seeds::tell(out, &sum)?;
            Ok(Some(sum))
        }
    }
}

/// Seeds, planted bugs and crashes, with a summary for programs.
fn everything(out: &mut impl Write, wanted: &Wanted) -> std::io::Result<bool> {
    let Some(sum) = seeds(out, wanted)? else { return Ok(false) };
    let found = museum::exhibit(out, &(0..2_000))?;
    let sweep = crashes::sweep(out, false)?;
    if let Some(path) = &wanted.summary {
        summary::write(path, Some(&sum), Some(&found), Some(&sweep))?;
    }
    let fine = found.iter().all(|f| f.by.is_some()) && sweep.iter().all(|s| s.violation.is_none());
    Ok(fine)
}
