//! Plays seeds of the simulation, one or many; prints the trace of a failing one and how to replay it.

mod arguments;
mod crashes;
mod museum;
mod seeds;
mod summary;

use std::io::Write;
use std::process::ExitCode;

use towpath_core::museum::ALL;
use towpath_engine::sim::{Opening, Orders, Report, Sum, Swept, alone as play_alone};

use self::arguments::{Mode, Wanted};
use self::museum::Found;
use self::summary::Recorded;

/// Within how many seeds each planted bug has to be found.
const MUSEUM_SEEDS: u64 = 2_000;

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let wanted = match Wanted::parse(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(error) => {
            let _ = writeln!(out, "error: {error}");
            return ExitCode::from(2);
        }
    };
    match carry_out(&mut out, &wanted) {
        Ok(missed) if missed.is_empty() => ExitCode::SUCCESS,
        Ok(missed) => {
            missed.iter().for_each(|goal| drop(writeln!(out, "goal missed: {goal}")));
            ExitCode::FAILURE
        }
        Err(error) => {
            let _ = writeln!(out, "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what is wanted; answers the goals that were missed.
fn carry_out(out: &mut (impl Write + Send), wanted: &Wanted) -> std::io::Result<Vec<String>> {
    let openings = wanted.opening.map_or_else(|| Opening::ALL.to_vec(), |opening| vec![opening]);
    match wanted.mode {
        Mode::Seeds if wanted.summary.is_some() => everything(out, wanted),
        Mode::Seeds => {
            let recorded = Recorded::now();
            let played = seeds(out, wanted)?;
            if let (Some(path), Ok(sum)) = (&wanted.long, &played) {
                summary::add(path, &recorded, &wanted.seeds, sum)?;
            }
            Ok(played.err().into_iter().collect())
        }
        Mode::Alone => alone(out, &openings),
        Mode::Bugs => Ok(unfound(&museum::exhibit(out, &wanted.bugs(), &wanted.seeds)?)),
        Mode::Crashes => Ok(unsurvived(&crashes::sweep(out, &openings, false)?)),
        Mode::CrashPairs => Ok(unsurvived(&crashes::sweep(out, &openings, true)?)),
    }
}

/// The lives of openings as they are set, with their traces.
fn alone(out: &mut impl Write, openings: &[Opening]) -> std::io::Result<Vec<String>> {
    let mut missed = Vec::new();
    for (opening, atomic) in openings.iter().flat_map(|opening| [(*opening, true), (*opening, false)]) {
        let report = play_alone(opening, atomic);
        for line in &report.trace {
            writeln!(out, "  {line}")?;
        }
        let said = report.violation.as_deref().unwrap_or("no rule is broken");
        let pushes = if atomic { "atomic" } else { "not atomic" };
        writeln!(
            out,
            "{opening:?}, {pushes}: {} passes, {} promotions: {said}",
            report.tally.passes, report.tally.promotions
        )?;
        missed.extend(report.violation.map(|why| format!("{opening:?}, {pushes}: {why}")));
    }
    Ok(missed)
}

fn unfound(found: &[Found]) -> Vec<String> {
    let late = |found: &Found| found.by.as_ref().is_none_or(|(seed, _)| *seed >= MUSEUM_SEEDS);
    let text = |found: &Found| match found.check() {
        Some(check) if !late(found) => {
            let (bug, rules) = (found.bug, found.bug.rules());
            (!bug.is_told_by(check)).then(|| format!("{bug:?} is found by {check}, and {rules:?} are broken"))
        }
        _ => Some(format!("{:?} is not found by the observer within {MUSEUM_SEEDS} seeds", found.bug)),
    };
    found.iter().filter_map(text).collect()
}

fn unsurvived(swept: &[Swept]) -> Vec<String> {
    let text = |swept: &Swept| Some(format!("{:?}: {}", swept.opening, swept.violation.as_deref()?));
    swept.iter().filter_map(text).collect()
}

/// Plays the seeds; the error is the rule that one broke, which is shown.
fn seeds(out: &mut impl Write, wanted: &Wanted) -> std::io::Result<Result<Sum, String>> {
    let orders = wanted.orders();
    let broken = |report: &Report| {
        format!("seed {} broke a rule: {}", report.seed, report.violation.as_deref().unwrap_or_default())
    };
    if wanted.is_single() && (wanted.trace || wanted.only.is_some()) {
        let report = seeds::show(out, &orders)?;
        return Ok(if report.violation.is_some() { Err(broken(&report)) } else { Ok(Sum::default()) });
    }
    let sum = seeds::play_telling(out, &wanted.seeds, &orders)?;
    match &sum.broken {
        Some(report) => {
            seeds::show_broken(out, &Orders { seed: report.seed, ..orders })?;
            Ok(Err(broken(report)))
        }
        None => {
            seeds::tell(out, &sum)?;
            Ok(Ok(sum))
        }
    }
}

/// Seeds, planted bugs and crashes, with a summary for programs.
fn everything(out: &mut (impl Write + Send), wanted: &Wanted) -> std::io::Result<Vec<String>> {
    let recorded = Recorded::now();
    let sum = match seeds(out, wanted)? {
        Ok(sum) => sum,
        Err(missed) => return Ok(vec![missed]),
    };
    let found = museum::exhibit(out, &ALL, &(0..MUSEUM_SEEDS))?;
    let sweep = crashes::sweep(out, &Opening::ALL, false)?;
    if let Some(path) = &wanted.summary {
        summary::write(path, &recorded, &sum, &found, &sweep)?;
    }
    Ok(unfound(&found).into_iter().chain(unsurvived(&sweep)).collect())
}
