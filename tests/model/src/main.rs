//! `towpath-model`: runs the check and prints what it found.
//!
//! `towpath-model [--full] [--size NAME] [--museum] [--summary FILE] [--threads N] [--minutes N]`

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use towpath_model::run::{self, BEYOND, FULL, SIZES};
use towpath_model::size::Size;
use towpath_model::summary;

struct Wanted {
    sizes: Vec<Size>,
    museum: bool,
    summary: Option<PathBuf>,
    threads: usize,
    minutes: u64,
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { sizes: SIZES.to_vec(), museum: false, summary: None, threads: 2, minutes: 30 };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--full" => wanted.sizes = FULL.to_vec(),
            "--size" => {
                let name = value()?;
                let named = SIZES.into_iter().chain(FULL).chain(BEYOND).filter(|size| size.name == name);
                wanted.sizes = named.collect();
                if wanted.sizes.is_empty() {
                    return Err(format!(
                        "no size is called {name:?}; `cargo xtask model` and its --full print names"
                    ));
                }
            }
            "--museum" => wanted.museum = true,
            "--summary" => wanted.summary = Some(value()?.into()),
            "--threads" => wanted.threads = value()?.parse().map_err(|e| format!("--threads: {e}"))?,
            "--minutes" => wanted.minutes = value()?.parse().map_err(|e| format!("--minutes: {e}"))?,
            other => return Err(format!("unknown argument {other}")),
        }
    }
    match wanted.museum && wanted.summary.is_some() {
        true => Err("--summary is of sizes, not of --museum".to_owned()),
        false => Ok(wanted),
    }
}

#[cfg(feature = "museum")]
fn museum(out: &mut dyn io::Write, wanted: &Wanted) -> io::Result<bool> {
    run::museum(out, wanted.threads, Duration::from_secs(60 * wanted.minutes))
}

#[cfg(not(feature = "museum"))]
fn museum(out: &mut dyn io::Write, _: &Wanted) -> io::Result<bool> {
    writeln!(out, "error: no bugs are planted in this build; add --features museum")?;
    Ok(false)
}

/// Checks sizes; whether each was looked at to its end and breaks no rule.
fn sizes(out: &mut dyn io::Write, wanted: &Wanted) -> io::Result<bool> {
    let checked = run::all(out, &wanted.sizes, wanted.threads, Duration::from_secs(60 * wanted.minutes))?;
    if let Some(path) = &wanted.summary {
        summary::write(path, &checked, wanted.threads)?;
    }
    Ok(checked.iter().all(|(_, report)| report.is_clean()))
}

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let wanted = match wanted(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(error) => {
            let _ = writeln!(out, "error: {error}");
            return ExitCode::from(2);
        }
    };
    let done = match wanted.museum {
        true => museum(&mut out, &wanted),
        false => sizes(&mut out, &wanted),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(out, "error: {error}");
            ExitCode::FAILURE
        }
    }
}
