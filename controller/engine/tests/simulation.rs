//! The simulation's seeds, and the planted bugs that it must find.

use towpath_core::museum::ALL;
use towpath_engine::sim::{Report, run};

/// How many seeds are played.
const SEEDS: u64 = 500;
/// Within how many seeds each planted bug has to be found.
const MUSEUM_SEEDS: u64 = 2000;

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
    let mut all: Vec<Report> = Vec::new();
    for seed in 0..SEEDS {
        let report = run(seed, None);
        assert_eq!(report.violation, None, "{}", shown(&report));
        all.push(report);
    }
    let sum = |count: fn(&Report) -> u64| all.iter().map(count).sum::<u64>();
    let (promotions, faults) = (sum(|r| r.promotions), sum(|r| r.faults));
    let (rollbacks, in_production) = (sum(|r| r.rollbacks), sum(|r| r.in_production));
    println!(
        "simulation: {SEEDS} seeds, {} passes, {promotions} promotions ({in_production} to production, {rollbacks} \
         back), {faults} faults, 0 violations",
        sum(|r| r.passes)
    );
    // A simulation in which nothing happens finds nothing.
    assert!(promotions > SEEDS * 3 && in_production > SEEDS / 3 && rollbacks > SEEDS / 4);
    assert!(faults > SEEDS * 20, "only {faults} faults");
}

#[test]
fn every_planted_bug_is_found() {
    for bug in ALL {
        let found =
            (0..MUSEUM_SEEDS).map(|seed| run(seed, Some(bug))).find(|report| report.violation.is_some());
        let found = found.unwrap_or_else(|| panic!("{bug:?} is not found within {MUSEUM_SEEDS} seeds"));
        println!("{bug:?}: seed {}, {}", found.seed, found.violation.unwrap_or_default());
    }
}

#[test]
fn a_seed_replays() {
    assert_eq!(run(7, None), run(7, None));
}
