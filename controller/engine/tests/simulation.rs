//! The simulation's seeds, the planted bugs that it must find, and the crashes that it must survive.

use std::time::{Duration, Instant};

use towpath_core::museum::{ALL, Bug};
use towpath_engine::sim::{
    GROUPS, Kind, Opening, Orders, Report, SWEPT, Sum, alone, check_of, crash_once, is_refused, play, replay,
    run, search, shrink, sweep_for,
};

/// What the command understands.
#[path = "../examples/simulate/arguments.rs"]
mod arguments;

/// How many seeds are played where there is time for them.
const SEEDS: u64 = 10_000;
/// How many are played however long they take: enough for each kind of fault to strike.
const FEWEST_SEEDS: u64 = 1000;
/// How long to play: an idle machine with two cores is through in less. One that others keep busy plays fewer, and says so.
const TIME_TO_PLAY: Duration = Duration::from_secs(300);
/// Between looks at the clock.
const STRIDE: usize = 500;
/// Within how many seeds each planted bug has to be found.
const MUSEUM_SEEDS: u64 = 2000;

fn with(seed: u64, bug: Option<Bug>) -> Orders {
    // What the production invariants refuse, the observer would not get to see.
    Orders { seed, bug, unguarded: bug.is_some(), ..Orders::default() }
}

fn shown(report: &Report) -> String {
    let told = run(&Orders { trace: true, ..with(report.seed, None) });
    format!(
        "{}\nseed {}: {}\nreplay: {}",
        told.trace.join("\n"),
        report.seed,
        report.violation.as_deref().unwrap_or("no violation"),
        replay(&with(report.seed, None)),
    )
}

/// The first seed that finds a bug: the recorded one as long as that does, else whichever does now.
fn found(bug: Bug) -> Option<Report> {
    let recorded = recorded_seed(bug).filter(|seed| *seed < MUSEUM_SEEDS);
    let again = recorded.map(|seed| run(&with(seed, Some(bug)))).filter(|report| report.violation.is_some());
    again.or_else(|| play(&(0..MUSEUM_SEEDS), &with(0, Some(bug))).broken)
}

/// What `docs/reliability.json` says.
fn record() -> Option<serde_json::Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reliability.json");
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

fn recorded_seed(bug: Bug) -> Option<u64> {
    let (record, name) = (record()?, format!("{bug:?}"));
    let mut bugs = record.get("museum")?.as_array()?.iter();
    bugs.find(|entry| entry.get("bug").is_some_and(|bug| *bug == name))?.get("seed")?.as_u64()
}

/// Plays as many of the seeds as there is time for, in their order.
fn play_in_time() -> Sum {
    let start = Instant::now();
    let strides: Vec<u64> = (0..SEEDS).step_by(STRIDE).collect();
    let mut sum = Sum::default();
    for first in strides {
        if sum.broken.is_some() || (sum.seeds >= FEWEST_SEEDS && start.elapsed() >= TIME_TO_PLAY) {
            break;
        }
        let stride = play(&(first..first + STRIDE as u64), &Orders::default());
        sum = Sum { cores: stride.cores, ..sum.join(stride) };
    }
    Sum { seconds: start.elapsed().as_secs_f64(), ..sum }
}

/// What is wrong with how a bug was found: that it was not, or by something that does not say what is wrong with it, such
/// as another rule, or a run that cannot be played.
fn misfound(bug: Bug, violation: Option<&str>) -> Option<String> {
    let Some(violation) = violation else { return Some(format!("{bug:?} is not found")) };
    let fits = violation.contains(": ") && bug.is_told_by(check_of(violation));
    (!fits).then(|| format!("{bug:?} is to be found by {:?}, and was by {violation}", bug.rules()))
}

#[test]
fn a_bug_is_found_by_what_is_wrong_with_it_and_nothing_else() {
    let cases = [
        (None, false),
        (Some("the run itself is wrong: no branch"), false),
        (Some("S9"), false),
        (Some("S1: 1.2.0 is not Verified in dev"), false),
        (Some("S9: 1.2.0 went to dev against a hold"), true),
    ];
    for (violation, fits) in cases {
        assert_eq!(misfound(Bug::HoldIgnored, violation).is_none(), fits, "{violation:?}");
    }
}

#[test]
fn every_bug_has_a_sentence_and_rules() {
    for bug in ALL {
        let text = bug.text();
        assert!(text.ends_with('.') && !text.contains("  "), "{bug:?}: {text}");
        let is_rule = |rule: &&str| {
            rule.split_at_checked(1).is_some_and(|(l, n)| "SLC".contains(l) && n.parse::<u8>().is_ok())
        };
        assert!(bug.rules().iter().all(is_rule), "{bug:?}: {:?}", bug.rules());
    }
}

#[test]
fn no_rule_is_broken() {
    let sum = play_in_time();
    assert!(sum.broken.is_none(), "{}", shown(&sum.broken.unwrap_or_default()));
    let seeds = sum.seeds;
    if seeds < SEEDS {
        eprintln!("simulation: ONLY {seeds} of {SEEDS} seeds in {TIME_TO_PLAY:?}: this machine is busy");
    }
    println!(
        "simulation: {seeds} seeds, {} passes, {} steps, {} promotions ({} to production, {} back), {} faults that \
         struck, 0 violations, {:.0} s on {} cores",
        sum.tally.passes,
        sum.tally.steps,
        sum.tally.promotions,
        sum.tally.in_production,
        sum.tally.rollbacks,
        sum.tally.struck(),
        sum.seconds,
        sum.cores,
    );
    // A simulation in which nothing happens finds nothing.
    assert!(
        sum.tally.promotions > seeds * 3
            && sum.tally.in_production > seeds / 3
            && sum.tally.rollbacks > seeds / 4
    );
    assert!(sum.tally.struck() > seeds * 20, "only {} faults", sum.tally.struck());
    assert!(sum.tally.left_out > seeds * 10, "hosts left out only {} passes", sum.tally.left_out);
    for kind in Kind::ALL {
        let struck = sum.tally.faults.get(&kind).map_or(0, |count| count.struck);
        assert!(struck > 0, "{kind:?} never struck");
    }
}

/// Seeds far beyond those that are always played, and what they found.
#[test]
fn what_was_found_once_stays_mended() {
    let found = [
        (331_279, "a taken out release, whose taking out both refs have lost"),
        (515_555, "the same, and a person confirmed the loss"),
        (615_773, "a promotion by a clock behind the journal's, by whose time the window was closed"),
        (808_293, "the same, behind a journal that a clock ahead had written to"),
        (151_647, "a host that saw no change when what had fallen back stalled"),
        (180_910, "a proof by a clock ahead that arrived after its environment fell ill"),
        (195_138, "a soak that two breaks had cut, of which one was seen"),
        (237_603, "a release that was taken out where a lost journal had not yet brought it back"),
        (255_238, "a pull request past a gate that nobody may pass by any more, and that holds by now"),
        (440_451, "the same, as the pull request is opened"),
        (384_786, "a push that arrived while a host slept whose fast clock had given it up"),
        (458_880, "a rollback to what a pull request offered that a person closed"),
        (617_875, "a rest that was judged while the neighbour elsewhere still moved"),
        (882_729, "a rollback that was rewound, of which neither ref tells any more"),
        (924_169, "a push that arrived before the news that a fast clock had given it up"),
    ];
    for (seed, what) in found {
        assert_eq!(run(&with(seed, None)).violation, None, "seed {seed}: {what}");
    }
}

#[test]
fn every_planted_bug_is_found() {
    for bug in SWEPT {
        let (lives, opening, _, why) = sweep_for(bug).expect("a crash shows it");
        let what = why.split_once("]: ").map(|(_, what)| what);
        assert!(lives < MUSEUM_SEEDS, "{bug:?}: life {lives} of {opening:?}: {why}");
        assert_eq!(misfound(bug, what), None);
        println!("{bug:?}: life {lives}, {opening:?}: {why}");
    }
    let mut wrong = Vec::new();
    for bug in ALL.into_iter().filter(|bug| !SWEPT.contains(bug)) {
        let report = found(bug).unwrap_or_default();
        wrong.extend(misfound(bug, report.violation.as_deref()));
        println!("{bug:?}: seed {}, {}", report.seed, report.violation.unwrap_or_default());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn invariants_refuse_before_the_observer_sees() {
    let orders = Orders { unguarded: false, ..with(0, Some(Bug::PidReused)) };
    let refused = search(&(0..100), &orders, is_refused).broken.expect("it is refused");
    let seen = found(Bug::PidReused).expect("it is found");
    assert!(!is_refused(seen.violation.as_deref().unwrap_or_default()));
    assert_eq!([refused, seen].map(|r| check_of(&r.violation.unwrap_or_default()).to_owned()), ["S2", "S2"]);
}

/// What the command line that a failing seed prints plays.
fn replayed(orders: &Orders) -> Option<Report> {
    let line = replay(orders);
    let words = line.strip_prefix("cargo xtask simulate ")?.split(' ');
    let wanted = arguments::Wanted::parse(words.map(str::to_owned)).ok()?;
    let shows = wanted.is_single() && wanted.trace && wanted.mode == arguments::Mode::Seeds;
    shows.then(|| run(&wanted.orders()))
}

#[test]
fn a_seed_replays_by_the_command_that_it_prints() {
    let plain = with(7, None);
    let first = found(Bug::PidReused).expect("it is found");
    let broken = with(first.seed, Some(Bug::PidReused));
    let (shrunk, _) = shrink(&broken).expect("it is broken");
    for orders in [plain, broken, shrunk] {
        let again = replayed(&orders).expect("the command is understood");
        assert!(!again.trace.is_empty());
        assert_eq!(again, run(&Orders { trace: true, ..orders }));
    }
}

#[test]
fn a_scenario_is_played_by_its_name() {
    let parse = |line: &str| arguments::Wanted::parse(line.split(' ').map(str::to_owned));
    assert_eq!(parse("--scenario TakenOut").unwrap().mode, arguments::Mode::Alone);
    assert_eq!(parse("--scenario TakenOut --crash-pairs").unwrap().mode, arguments::Mode::CrashPairs);
    let unknown = parse("--scenario Nowhere").unwrap_err();
    assert!(Opening::ALL.iter().all(|opening| unknown.contains(&format!("{opening:?}"))), "{unknown}");
    assert!(parse("--scenario TakenOut --bug NanPasses").is_err(), "it is played without seeds");
    let wanted = parse("--scenario TakenOut --seed 3 --trace").unwrap();
    let report = run(&wanted.orders());
    assert!(report.trace.iter().any(|line| line.contains("Commit(\"staging\", 1)")), "{:?}", report.trace);
    assert_eq!(replay(&wanted.orders()), "cargo xtask simulate --seed 3 --scenario TakenOut --trace");
    let one = parse("--bugs --bug NanPasses").unwrap();
    assert_eq!((one.mode, one.bugs()), (arguments::Mode::Bugs, vec![Bug::NanPasses]));
    let alone = alone(Opening::TakenOut, true);
    assert!(
        alone.violation.is_none() && alone.tally.faults.is_empty() && alone.tally.promotions > 4,
        "{alone:?}"
    );
}

#[test]
fn each_rule_of_rest_and_of_secrets_finds_a_bug() {
    let rules = [
        (Bug::SecretInMessage, "S13"),
        (Bug::SecretInRemedy, "S13"),
        (Bug::TriedForEver, "L2"),
        (Bug::NoRollbackAtAll, "L3"),
        (Bug::DegradedWaitedFor, "L3"),
    ];
    for (bug, rule) in rules {
        let violation = found(bug).and_then(|report| report.violation).unwrap_or_default();
        assert_eq!(check_of(&violation), rule, "{bug:?}: {violation}");
    }
}

#[test]
fn kinds_that_do_the_same_harm_are_several_and_different() {
    for group in GROUPS {
        let kinds: std::collections::BTreeSet<Kind> = group.iter().copied().collect();
        assert!(kinds.len() == group.len() && kinds.len() > 1, "{group:?}");
    }
}

#[test]
fn faults_that_a_failure_does_not_need_are_left_out() {
    // Where the cluster always answers this bug does nothing.
    let first = found(Bug::SilenceIsLive).expect("it is found");
    let (orders, shrunk) = shrink(&with(first.seed, Some(Bug::SilenceIsLive))).expect("it is broken");
    assert!(!shrunk.planned.is_empty());
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
    let sweep = |(opening, atomic)| (opening, atomic, crash_once(opening, atomic));
    let all: Vec<_> = std::thread::scope(|scope| {
        let lives = Opening::ALL.into_iter().flat_map(|opening| [(opening, true), (opening, false)]);
        let workers: Vec<_> = lives.map(|life| scope.spawn(move || sweep(life))).collect();
        workers.into_iter().map(|worker| worker.join().expect("it comes to an end")).collect()
    });
    for (opening, atomic, swept) in &all {
        assert_eq!(swept.violation, None, "{opening:?}, atomic: {atomic}");
        // An opening in which little happens shows nothing.
        assert!(swept.effects > 30, "{opening:?} has only {} effects", swept.effects);
        assert!(swept.late * 10 < swept.lives, "{opening:?} ends late {} times", swept.late);
    }
    println!("crash sweep: {} lives", all.iter().map(|(_, _, swept)| swept.lives).sum::<u64>());
}

/// Whoever plants a bug or adds a fault has to record anew what the documentation shows.
#[test]
fn the_documented_record_is_of_these_bugs_and_faults() {
    let record = record().unwrap();
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
