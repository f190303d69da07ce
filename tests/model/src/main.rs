//! `towpath-model`: runs the check and prints what it found.
//!
//! `towpath-model [--full] [--size NAME] [--museum] [--threads N] [--minutes N]`

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use towpath_model::run::{self, BEYOND, FULL, SIZES};
use towpath_model::size::Size;

struct Wanted {
    sizes: Vec<Size>,
    museum: bool,
    threads: usize,
    minutes: u64,
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { sizes: SIZES.to_vec(), museum: false, threads: 2, minutes: 30 };
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
            "--threads" => wanted.threads = value()?.parse().map_err(|e| format!("--threads: {e}"))?,
            "--minutes" => wanted.minutes = value()?.parse().map_err(|e| format!("--minutes: {e}"))?,
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(wanted)
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

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let wanted = match wanted(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(error) => {
            let _ = writeln!(out, "error: {error}");
            return ExitCode::from(2);
        }
    };
    let limit = Duration::from_secs(60 * wanted.minutes);
    let done = match wanted.museum {
        true => museum(&mut out, &wanted),
        false => run::all(&mut out, &wanted.sizes, wanted.threads, limit),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}
