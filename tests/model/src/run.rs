//! Runs the check at its sizes, and tells what it found.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model, Path};
use towpath_core::museum::Bug;

use crate::model::{Size, Step, World};
use crate::node::Node;
use crate::people::{ACTS, Act};
use crate::stage::{DEV, PRODUCTION};

/// The smallest size: one release, both controllers, a person with one act.
pub const SMALL: Size = Size {
    name: "small",
    releases: [1, 0],
    controllers: 2,
    acts: 1,
    kinds: &ACTS,
    soaks: false,
    approval: false,
    errors: false,
    owners: false,
    losers: false,
};

/// What an approval is about: who holds, edits or approves before and after.
const CONSENT: &[Act] = &[
    Act::Approve(1),
    Act::Approve(2),
    Act::Hold,
    Act::Edit(PRODUCTION),
    Act::Revert(DEV),
    Act::Back(PRODUCTION),
];

const FULL: Size = Size { releases: [3, 1], ..SMALL };
const HOLDS: &[Act] = &[
    Act::Hold,
    Act::Freeze,
    Act::Lift,
    Act::Clear,
    Act::Claim,
    Act::Approve(1),
    Act::Approve(2),
    Act::Approve(3),
];
const EDITS: &[Act] = &[Act::Edit(DEV), Act::Edit(PRODUCTION)];
const REVERTS: &[Act] = &[Act::Revert(DEV), Act::Revert(PRODUCTION)];
const FORGERIES: &[Act] = &[Act::Forge(DEV, false), Act::Forge(PRODUCTION, true)];
const REQUESTS: &[Act] = &[Act::Resume(DEV), Act::Back(DEV), Act::Back(PRODUCTION), Act::Put(1)];

/// The sizes that are checked, each to its end. The full size comes in parts by what the person does: with one act,
/// no history has acts of two parts, so nothing is left out.
pub const SIZES: [Size; 13] = [
    SMALL,
    Size { name: "full: holds", kinds: HOLDS, ..FULL },
    Size { name: "full: edits", kinds: EDITS, ..FULL },
    Size { name: "full: reverts", kinds: REVERTS, ..FULL },
    Size { name: "full: forgeries", kinds: FORGERIES, ..FULL },
    Size { name: "full: requests", kinds: REQUESTS, ..FULL },
    Size { name: "releases", releases: [3, 1], acts: 0, ..SMALL },
    Size { name: "soak", releases: [3, 0], acts: 0, soaks: true, ..SMALL },
    Size { name: "two acts", acts: 2, releases: [1, 1], ..SMALL },
    Size { name: "approvals", releases: [2, 0], acts: 2, kinds: CONSENT, approval: true, ..SMALL },
    Size { name: "no verdict", releases: [2, 0], errors: true, ..SMALL },
    Size { name: "owners", releases: [2, 1], owners: true, ..SMALL },
    Size { name: "losers", releases: [1, 1], losers: true, ..SMALL },
];

/// Larger ones, for those who have the time.
pub const LARGE: [Size; 2] =
    [Size { name: "full", ..FULL }, Size { name: "soak and person", releases: [2, 0], soaks: true, ..SMALL }];

/// Planted bugs that this model has what it takes to find, each with the smallest size that does. Not among them is
/// what a number of a metric says: there are no metrics here.
pub const FINDABLE: [(Bug, Size); 8] = [
    (Bug::NoRecheckAfterLostRace, SMALL),
    (Bug::StaleHealth, SMALL),
    (Bug::RepromotionAfterStateLoss, Size { releases: [2, 0], ..SMALL }),
    (Bug::OrderByName, Size { releases: [2, 0], acts: 0, ..SMALL }),
    (Bug::HoldIgnored, SMALL),
    (Bug::RevertGoesOnward, SMALL),
    (Bug::ForgedPromotionBelieved, SMALL),
    (Bug::PidReused, Size { releases: [2, 0], acts: 0, ..SMALL }),
];

/// A rule that was broken.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The rule.
    pub rule: &'static str,
    /// The steps that lead there, then what the pipelines wait for.
    pub trace: Vec<String>,
}

/// The outcome of one run.
#[derive(Debug, Clone)]
pub struct Report {
    /// States that were generated, each as often as it was reached.
    pub states: usize,
    /// States that differ.
    pub unique: usize,
    /// The most steps to a state, each reached as soon as it was.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// How often `decide` was asked: once for each thing that can be seen.
    pub decisions: usize,
    /// How many journals there were.
    pub journals: usize,
    /// Rules that were broken.
    pub broken: Vec<Broken>,
    /// What was to be reached and was not.
    pub missed: Vec<&'static str>,
    /// Whether all states were looked at.
    pub exhaustive: bool,
}

/// Checks one size, for at most so long, on so many threads.
pub fn check(size: Size, bug: Option<Bug>, threads: usize, limit: Duration) -> Report {
    let begun = Instant::now();
    let checker = World::new(size, bug, limit)
        .checker()
        .threads(threads)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let took = begun.elapsed();
    let world = checker.model();
    let cut = world.end();
    let (journals, _, decisions) = world.counts();
    let discoveries = checker.discoveries();
    let (mut broken, mut missed) = (Vec::new(), Vec::new());
    for property in world.properties() {
        match (discoveries.get(property.name), property.expectation.discovery_is_failure()) {
            (Some(path), true) => broken.push(Broken { rule: property.name, trace: trace(world, path) }),
            (None, false) => missed.push(property.name),
            _ => {}
        }
    }
    let exhaustive = !cut && broken.is_empty();
    let (states, unique, depth) = (checker.state_count(), checker.unique_state_count(), checker.max_depth());
    Report { states, unique, depth, took, decisions, journals, broken, missed, exhaustive }
}

/// For people: what led to a state, and what is waited for there.
fn trace(world: &World, path: &Path<Node, Step>) -> Vec<String> {
    let line = |(node, step): (Node, Option<Step>)| match step? {
        step @ (Step::Push(slot) | Step::PushAndCrash(slot) | Step::Crash(slot)) => {
            Some(format!("{step:?}: {}", world.plan_text(&node, slot)))
        }
        step => Some(format!("{step:?}")),
    };
    let steps = path.clone().into_vec().into_iter().filter_map(line);
    let last = path.last_state();
    let waits = (0..2).flat_map(|pipeline| world.look_closely(last, 0, pipeline).waits);
    steps.chain(waits).collect()
}

/// Checks all of these sizes and prints a table. Answers whether nothing was broken and all was looked at.
pub fn all(out: &mut dyn Write, sizes: &[Size], threads: usize, limit: Duration) -> io::Result<bool> {
    writeln!(
        out,
        "{:<16} {:>9} {:>5} {:>12} {:>12} {:>6} {:>9} {:>8}",
        "size", "releases", "acts", "states", "unique", "depth", "decisions", "seconds"
    )?;
    let begun = Instant::now();
    let mut well = true;
    for size in sizes {
        let report = check(*size, None, threads, limit);
        well &= report.exhaustive;
        row(out, size, &report)?;
        out.flush()?;
    }
    writeln!(out, "{:.0} seconds in all, {threads} threads", begun.elapsed().as_secs_f64())?;
    Ok(well)
}

fn row(out: &mut dyn Write, size: &Size, report: &Report) -> io::Result<()> {
    let releases = format!("{} + {}", size.releases[0], size.releases[1]);
    let seconds = report.took.as_secs_f64();
    let Report { states, unique, depth, decisions, .. } = report;
    writeln!(
        out,
        "{:<16} {releases:>9} {:>5} {states:>12} {unique:>12} {depth:>6} {decisions:>9} {seconds:>8.1}",
        size.name, size.acts
    )?;
    for missed in &report.missed {
        writeln!(out, "  not reached: {missed}")?;
    }
    for broken in &report.broken {
        writeln!(out, "  BROKEN {}", broken.rule)?;
        broken.trace.iter().try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    if !report.exhaustive && report.broken.is_empty() {
        writeln!(out, "  NOT EXHAUSTIVE: out of time")?;
    }
    Ok(())
}

/// Plants each bug that can be found, and prints by which rule it is. Answers whether all were.
#[cfg(feature = "museum")]
pub fn museum(out: &mut dyn Write, threads: usize, limit: Duration) -> io::Result<bool> {
    let mut all = true;
    for (bug, size) in FINDABLE {
        let report = check(size, Some(bug), threads, limit);
        match report.broken.iter().min_by_key(|broken| broken.trace.len()) {
            Some(Broken { rule, trace }) => {
                let (bug, unique, steps) = (format!("{bug:?}"), report.unique, trace.len());
                writeln!(out, "{bug:<26} {unique:>8} states, {steps:>3} lines: {rule}")?;
            }
            None => {
                all = false;
                writeln!(out, "{bug:?} NOT FOUND among {} states", report.unique)?;
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn clean(size: Size) -> Report {
        let report = check(size, None, 2, LONG);
        let broken: Vec<_> =
            report.broken.iter().map(|b| format!("{}\n{}", b.rule, b.trace.join("\n"))).collect();
        assert!(report.exhaustive, "{}", broken.join("\n\n"));
        report
    }

    #[test]
    fn the_small_size_breaks_no_rule_and_has_the_states_that_it_has() {
        let (first, second) = (clean(SMALL), clean(SMALL));
        assert_eq!((first.states, first.unique), (second.states, second.unique));
        assert!(first.unique > 2_000, "only {} states", first.unique);
        assert_eq!(
            first.missed,
            ["an environment went back"],
            "with one release there is nothing to go back to"
        );
    }

    #[test]
    fn two_releases_reach_what_a_check_is_about() {
        assert_eq!(clean(Size { releases: [2, 0], acts: 0, ..SMALL }).missed, Vec::<&str>::new());
    }

    #[test]
    fn a_soak_and_an_approval_break_no_rule() {
        clean(Size { releases: [1, 0], acts: 0, soaks: true, ..SMALL });
        let consent = clean(Size { releases: [1, 0], approval: true, kinds: CONSENT, ..SMALL });
        assert!(!consent.missed.contains(&"a release is Verified in production"), "{:?}", consent.missed);
    }

    #[test]
    fn whoever_loses_changes_nothing() {
        let size = Size { acts: 0, releases: [2, 0], ..SMALL };
        let (forgotten, kept) = (clean(size), clean(Size { losers: true, ..size }));
        assert_eq!(forgotten.journals, kept.journals);
        assert!(kept.unique > forgotten.unique);
    }

    #[test]
    fn without_an_end_in_time_a_check_is_not_exhaustive() {
        let size = Size { releases: [3, 1], acts: 2, ..SMALL };
        assert!(!check(size, None, 1, Duration::from_millis(200)).exhaustive);
    }

    #[test]
    fn sizes_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> = SIZES.iter().chain(&LARGE).map(|s| s.name).collect();
        assert_eq!(names.len(), SIZES.len() + LARGE.len());
    }

    #[test]
    fn the_parts_of_the_full_size_have_every_act_once() {
        let parts = SIZES.iter().filter(|size| size.name.starts_with("full: "));
        let acts: Vec<Act> = parts.flat_map(|size| size.kinds).copied().collect();
        assert_eq!(acts.len(), ACTS.len());
        assert!(ACTS.iter().all(|act| acts.contains(act)));
    }

    #[cfg(feature = "museum")]
    #[test]
    fn every_bug_that_can_be_found_is_found() {
        let mut out = Vec::new();
        assert!(museum(&mut out, 2, LONG).unwrap(), "{}", String::from_utf8_lossy(&out));
    }
}
