//! The simulation's seeds, and the planted bugs that it must find.

use towpath_core::museum::ALL;
use towpath_engine::sim::{Report, run};

/// How many seeds are played.
const SEEDS: u64 = 500;

fn shown(report: &Report) -> String {
    format!(
        "{}\nseed {}: {}\nreplay: cargo xtask simulate --seed {} --trace",
        report.trace.join("\n"),
        report.seed,
        report.violation.as_deref().unwrap_or("no violation"),
        report.seed
    )
}

#[test]
fn no_rule_is_broken() {
    let (mut passes, mut promotions, mut faults) = (0, 0, 0);
    for seed in 0..SEEDS {
        let report = run(seed, None);
        assert_eq!(report.violation, None, "{}", shown(&report));
        passes += report.passes;
        promotions += report.promotions;
        faults += report.faults;
    }
    println!(
        "simulation: {SEEDS} seeds, {passes} passes, {promotions} promotions, {faults} faults, 0 violations"
    );
    // A simulation in which nothing happens finds nothing.
    assert!(promotions > SEEDS * 3, "only {promotions} promotions");
    assert!(faults > SEEDS * 20, "only {faults} faults");
}

#[test]
fn every_planted_bug_is_found() {
    for bug in ALL {
        let found = (0..SEEDS).map(|seed| run(seed, Some(bug))).find(|report| report.violation.is_some());
        let found = found.unwrap_or_else(|| panic!("{bug:?} is not found within {SEEDS} seeds"));
        println!("{bug:?}: seed {}, {}", found.seed, found.violation.unwrap_or_default());
    }
}

#[test]
fn a_seed_replays() {
    assert_eq!(run(7, None), run(7, None));
}
