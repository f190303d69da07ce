//! Runs the check at its sizes, and tells what it found.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use towpath_core::museum::Bug;
use towpath_core::pipeline::Queue;

use crate::goals::GOALS;
use crate::model::{Step, Walker};
use crate::node::Node;
use crate::people::{ACTS, Act};
use crate::rules::RULES;
use crate::search::{Found, Way, search};
use crate::size::Size;
use crate::stage::{DEV, PRODUCTION};
use crate::world::World;

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
    crashes: false,
    metric: false,
    queue: Queue::HoldUntilVerdict,
};

/// What an approval is about: who holds, edits or approves before and after.
pub const CONSENT: &[Act] = &[
    Act::Approve(1),
    Act::Approve(2),
    Act::Hold,
    Act::Edit(PRODUCTION),
    Act::Revert(DEV),
    Act::Back(PRODUCTION),
];

/// The sizes that are checked in every run of the tests, each to its end.
pub const SIZES: [Size; 11] = [
    SMALL,
    Size { name: "releases", releases: [3, 1], acts: 0, ..SMALL },
    Size { name: "soak", releases: [3, 0], acts: 0, soaks: true, ..SMALL },
    Size { name: "two acts", acts: 2, releases: [1, 1], ..SMALL },
    APPROVALS,
    Size { name: "no verdict", releases: [2, 0], errors: true, ..SMALL },
    Size { name: "metric", releases: [2, 0], errors: true, metric: true, ..SMALL },
    Size { name: "newest wins", releases: [3, 0], acts: 0, queue: Queue::NewestWins, ..SMALL },
    Size { name: "every release", releases: [3, 0], acts: 0, queue: Queue::EveryRelease, ..SMALL },
    Size { name: "owners", releases: [2, 1], owners: true, ..SMALL },
    Size { name: "losers", releases: [1, 1], losers: true, crashes: true, ..SMALL },
];

/// The full size, and others that are larger than those of every day.
pub const FULL: [Size; 4] = [
    Size { name: "full", releases: [3, 1], ..SMALL },
    Size { name: "full, newest wins", releases: [3, 1], queue: Queue::NewestWins, ..SMALL },
    Size { name: "full, every release", releases: [3, 1], queue: Queue::EveryRelease, ..SMALL },
    Size { name: "soak and person", releases: [2, 0], soaks: true, ..SMALL },
];

/// Larger ones, which nobody has seen the end of.
pub const BEYOND: [Size; 2] = [
    Size { name: "full and soak", releases: [3, 1], soaks: true, ..SMALL },
    Size { name: "full, two acts", releases: [3, 1], acts: 2, ..SMALL },
];

const TWO: Size = Size { releases: [2, 0], ..SMALL };
const APPROVALS: Size = Size { name: "approvals", acts: 2, kinds: CONSENT, approval: true, ..TWO };

/// Planted bugs that this model has what it takes to find, each with a small size that does.
pub const FINDABLE: [(Bug, Size); 18] = [
    (Bug::NoRecheckAfterLostRace, SMALL),
    (Bug::StaleHealth, SMALL),
    (Bug::RepromotionAfterStateLoss, TWO),
    (Bug::OrderByName, Size { acts: 0, ..TWO }),
    (Bug::NanPasses, Size { acts: 0, errors: true, metric: true, ..SMALL }),
    (Bug::HoldIgnored, SMALL),
    (Bug::RevertGoesOnward, SMALL),
    (Bug::ForgedPromotionBelieved, SMALL),
    (Bug::PidReused, Size { acts: 0, ..TWO }),
    (Bug::NoOpSkipsHealth, TWO),
    (Bug::SupersedesBeforeVerdict, Size { acts: 0, ..TWO }),
    (Bug::ErrorPasses, Size { acts: 0, errors: true, ..SMALL }),
    (Bug::ApprovalOfAnother, APPROVALS),
    (Bug::HoldIgnoredOnRequest, TWO),
    (Bug::RevertOverwritten, TWO),
    (Bug::RejectedComesAgain, TWO),
    (Bug::RejectedInAnotherSet, TWO),
    (Bug::HeldRollback, TWO),
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

impl Report {
    /// Whether all states were looked at, and none of them breaks a rule.
    pub fn is_clean(&self) -> bool {
        self.exhaustive && self.broken.is_empty()
    }
}

/// Checks one size, for at most so long, on so many threads.
pub fn check(size: Size, bug: Option<Bug>, threads: usize, limit: Duration) -> Report {
    let begun = Instant::now();
    let world = World::new(size, bug);
    let found = search(&world, threads, begun + limit);
    let took = begun.elapsed();
    let (journals, _, decisions) = world.counts();
    let (mut broken, mut missed) = (Vec::new(), Vec::new());
    if let Some((bits, way)) = &found.broken {
        let rules = RULES.iter().filter(|(rule, _)| bits & rule.bit() != 0);
        broken.extend(rules.map(|(_, text)| Broken { rule: text, trace: trace(&world, way) }));
    }
    let unreached = GOALS.iter().enumerate().filter(|(i, _)| found.goals & 1 << i == 0);
    missed.extend(unreached.map(|(_, (text, _))| *text));
    let Found { states, unique, depth, exhaustive, .. } = found;
    Report { states, unique, depth, took, decisions, journals, broken, missed, exhaustive }
}

/// For people: what led to a state, and what is waited for there.
fn trace(world: &World, way: &Way) -> Vec<String> {
    let walker = Walker::new(world);
    let line = |(node, step): &(Node, Step)| match step {
        Step::Push(slot) | Step::PushAndCrash(slot) | Step::Crash(slot) => {
            format!("{step:?}: {}", walker.plan_text(node, *slot))
        }
        step => format!("{step:?}"),
    };
    let waits = (0..2).flat_map(|pipeline| walker.look_closely(&way.last, 0, pipeline).waits);
    way.steps.iter().map(line).chain(waits).collect()
}

/// Checks all of these sizes and prints a table.
pub fn all(
    out: &mut dyn Write,
    sizes: &[Size],
    threads: usize,
    limit: Duration,
) -> io::Result<Vec<(Size, Report)>> {
    writeln!(
        out,
        "{:<20} {:>9} {:>5} {:>12} {:>12} {:>6} {:>9} {:>8}",
        "size", "releases", "acts", "states", "unique", "depth", "decisions", "seconds"
    )?;
    let begun = Instant::now();
    let mut checked = Vec::new();
    for size in sizes {
        let report = check(*size, None, threads, limit);
        row(out, size, &report)?;
        out.flush()?;
        checked.push((*size, report));
    }
    writeln!(out, "{:.0} seconds in all, {threads} threads", begun.elapsed().as_secs_f64())?;
    Ok(checked)
}

fn row(out: &mut dyn Write, size: &Size, report: &Report) -> io::Result<()> {
    let releases = format!("{} + {}", size.releases[0], size.releases[1]);
    let seconds = report.took.as_secs_f64();
    let Report { states, unique, depth, decisions, .. } = report;
    writeln!(
        out,
        "{:<20} {releases:>9} {:>5} {states:>12} {unique:>12} {depth:>6} {decisions:>9} {seconds:>8.1}",
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
    use towpath_core::museum::ALL;

    let mut all = true;
    let others = ALL.iter().filter(|bug| FINDABLE.iter().all(|(b, _)| b != *bug));
    let others: Vec<_> = others.map(|bug| format!("{bug:?}")).collect();
    writeln!(out, "not looked for here: {}", others.join(", "))?;
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
