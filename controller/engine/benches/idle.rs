//! What a steady host costs: 3,334 pipelines, 10,002 environments, in 10 repositories, all ports in memory.
//!
//! `cargo bench -p towpath-engine` prints a table; `cargo xtask bench` runs it with the others.

use std::io::Write as _;
use std::time::Instant;

#[path = "../tests/fleet/mod.rs"]
mod fleet;

use fleet::{ENVIRONMENTS, Fleet, Outcome};

const PIPELINES: usize = 3_334;
const REPOSITORIES: usize = 10;

fn main() -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    let environments = PIPELINES * ENVIRONMENTS.len();
    writeln!(out, "rounds: {PIPELINES} pipelines, {environments} environments, {REPOSITORIES} repositories")?;
    let begun = Instant::now();
    let mut fleet = Fleet::new(PIPELINES, REPOSITORIES)?;
    fleet.settle()?;
    writeln!(out, "adopted and settled in {:.1} s", begun.elapsed().as_secs_f64())?;
    writeln!(
        out,
        "{:>28} {:>8} {:>8} {:>8} {:>8} {:>10} {:>10}",
        "interval", "adverts", "fetches", "passes", "decides", "ms", "MiB"
    )?;
    for what in [
        "idle",
        "idle again",
        "one hold",
        "one commit elsewhere",
        "one edit by hand",
        "one release",
        "idle once more",
    ] {
        match what {
            "one hold" => fleet.hold(17, None)?,
            "one commit elsewhere" => fleet.commit(3, "README.md", "words")?,
            "one edit by hand" => fleet.edit(5, "dev", 7)?,
            "one release" => fleet.release(6, 8)?,
            _ => {}
        }
        let begun = Instant::now();
        let counts = fleet.interval("60s")?;
        let took = begun.elapsed().as_secs_f64() * 1e3;
        writeln!(
            out,
            "{what:>28} {:>8} {:>8} {:>8} {:>8} {took:>10.1} {:>10}",
            counts.advertisements,
            counts.fetches,
            counts.passes,
            counts.decisions,
            resident("VmRSS:")
        )?;
    }
    writeln!(out, "most memory: {} MiB, the repositories themselves included", resident("VmHWM:"))?;
    Ok(())
}

/// What the kernel says of this process's memory, in MiB.
fn resident(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or_else(|| "?".to_owned(), |kib| (kib / 1024).to_string())
}
