//! The simulation's seeds, the planted bugs that it must find, and the crashes that it must survive.

use towpath_core::museum::{ALL, Bug};
use towpath_engine::sim::{Kind, Opening, Orders, Report, check_of, crash_once, run, shrink};

/// How many seeds are played.
const SEEDS: u64 = 10_000;
/// Within how many seeds each planted bug has to be found.
const MUSEUM_SEEDS: u64 = 2000;

fn with(seed: u64, bug: Option<Bug>) -> Orders {
    Orders { seed, bug, ..Orders::default() }
}

fn shown(seed: u64) -> String {
    let report = run(&Orders { trace: true, ..with(seed, None) });
    format!(
        "{}\nseed {seed}: {}\nreplay: cargo xtask simulate --seed {seed} --trace",
        report.trace.join("\n"),
        report.violation.as_deref().unwrap_or("no violation"),
    )
}

fn found(bug: Bug) -> Option<Report> {
    (0..MUSEUM_SEEDS).map(|seed| run(&with(seed, Some(bug)))).find(|report| report.violation.is_some())
}

#[test]
fn no_rule_is_broken() {
    let mut all: Vec<Report> = Vec::new();
    for seed in 0..SEEDS {
        let report = run(&with(seed, None));
        assert_eq!(report.violation, None, "{}", shown(seed));
        all.push(report);
    }
    let sum = |count: fn(&Report) -> u64| all.iter().map(count).sum::<u64>();
    let (promotions, faults) =
        (sum(|r| r.promotions), sum(|r| r.faults.values().map(|count| count.struck).sum()));
    let (rollbacks, in_production) = (sum(|r| r.rollbacks), sum(|r| r.in_production));
    println!(
        "simulation: {SEEDS} seeds, {} passes, {} steps, {promotions} promotions ({in_production} to production, \
         {rollbacks} back), {faults} faults that struck, 0 violations",
        sum(|r| r.passes),
        sum(|r| r.steps),
    );
    // A simulation in which nothing happens finds nothing.
    assert!(promotions > SEEDS * 3 && in_production > SEEDS / 3 && rollbacks > SEEDS / 4);
    assert!(faults > SEEDS * 20, "only {faults} faults");
    for kind in Kind::ALL {
        let struck = all.iter().filter_map(|r| r.faults.get(&kind)).map(|count| count.struck).sum::<u64>();
        assert!(struck > 0, "{kind:?} never struck");
    }
}

#[test]
fn every_planted_bug_is_found() {
    for bug in ALL {
        let report = found(bug);
        assert!(report.is_some(), "{bug:?} is not found within {MUSEUM_SEEDS} seeds");
        let report = report.unwrap_or_default();
        println!("{bug:?}: seed {}, {}", report.seed, report.violation.unwrap_or_default());
    }
}

#[test]
fn a_seed_replays() {
    let orders = Orders { trace: true, ..with(7, None) };
    assert_eq!(run(&orders), run(&orders));
}

#[test]
fn faults_that_a_failure_does_not_need_are_left_out() {
    // Without a lost answer, or a crash that loses one, this bug does nothing.
    let first = found(Bug::DuplicateAfterLostAnswer).expect("it is found");
    let (orders, shrunk) =
        shrink(&with(first.seed, Some(Bug::DuplicateAfterLostAnswer))).expect("it is broken");
    let (check, left) = (check_of(first.violation.as_deref().unwrap_or_default()), shrunk.planned.len());
    assert_eq!(check_of(shrunk.violation.as_deref().unwrap_or_default()), check);
    assert!(left < first.planned.len().div_ceil(2), "{left} of {} faults are left", first.planned.len());
    // Each of those that are left is needed.
    for (id, kind) in &shrunk.planned {
        let only = orders.only.iter().flatten().copied().filter(|other| other != id).collect();
        let report = run(&Orders { only: Some(only), ..orders.clone() });
        let same = report.violation.is_some_and(|violation| check_of(&violation) == check);
        assert!(!same, "{id} ({kind:?}) is not needed");
    }
}

#[test]
fn every_crash_of_every_opening_is_survived() {
    let mut lives = 0;
    for opening in Opening::ALL {
        for atomic in [true, false] {
            let swept = crash_once(opening, atomic);
            assert_eq!(swept.violation, None, "{opening:?}, atomic: {atomic}");
            // An opening in which little happens shows nothing.
            assert!(swept.effects > 30, "{opening:?} has only {} effects", swept.effects);
            lives += swept.lives;
        }
    }
    println!("crash sweep: {lives} lives");
}

/// Whoever plants a bug or adds a fault has to record anew what the documentation shows.
#[test]
fn the_documented_record_is_of_these_bugs_and_faults() {
    let record = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reliability.json");
    let record: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(record).unwrap()).unwrap();
    let names = |of: &serde_json::Value, key: &str| -> Vec<String> {
        of.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&record["museum"], "bug"), ALL.map(|bug| format!("{bug:?}")));
    assert_eq!(names(&record["simulation"]["faults"], "kind"), Kind::ALL.map(|kind| format!("{kind:?}")));
    assert!(
        record["museum"].as_array().unwrap().iter().all(|bug| bug["seed"].is_u64()),
        "a bug is not found"
    );
    assert_eq!(record["simulation"]["violations"], 0);
}
