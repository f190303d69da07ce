//! Plants each bug in turn, and tells what found it, and which faults that took.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::Range;

use towpath_core::museum::Bug;
use towpath_engine::sim::{
    GROUPS, Kind, Opening, Orders, SWEPT, check_of, is_refused, play, search, shrink, sweep_for,
};

/// How many seeds more than the observer took are played for an invariant to refuse what a bug decides.
const REFUSED_WITHIN: u64 = 40;

/// Without a kind of fault, or with it alone of those that do the same harm, so many seeds more are played for the bug to
/// be found.
const FOUND_WITHIN: u64 = 30;
/// For what is found later than at this seed nobody asks which kinds are enough: that would take too long.
const EARLY: u64 = 120;

/// How a planted bug was found.
pub(crate) struct Found {
    pub(crate) bug: Bug,
    /// Seed and violation by the observer, with the invariants left out; nothing when no seed found it. Where the crash
    /// sweep did, the seed is how many lives were played before.
    pub(crate) by: Option<(u64, String)>,
    /// The life of the crash sweep that found it, if it was that.
    pub(crate) life: Option<Opening>,
    /// Seed and violation by an invariant, if one refuses what the bug decides.
    pub(crate) refused: Option<(u64, String)>,
    /// The kinds of faults that its first seed needs, and without which no other finds it soon.
    pub(crate) faults: BTreeSet<Kind>,
    /// Of kinds that do the same harm, those of which one alone is enough to find it, where without all of them no seed does
    /// soon.
    pub(crate) enough: BTreeSet<Kind>,
}

impl Found {
    /// The check by which the observer found it.
    pub(crate) fn check(&self) -> Option<&str> {
        self.by.as_ref().map(|(_, violation)| check_of(violation))
    }

    /// The invariant that refuses it.
    pub(crate) fn invariant(&self) -> Option<&str> {
        self.refused.as_ref().map(|(_, violation)| check_of(violation))
    }

    /// Whether a kind of fault matters for it.
    pub(crate) fn needs(&self, kind: Kind) -> bool {
        self.faults.contains(&kind) || self.enough.contains(&kind)
    }
}

/// Plants each of these bugs in turn, first with the production invariants left out and then with them.
pub(crate) fn exhibit(out: &mut impl Write, bugs: &[Bug], seeds: &Range<u64>) -> std::io::Result<Vec<Found>> {
    let mut all = Vec::new();
    for bug in bugs {
        let found = if SWEPT.contains(bug) { swept(*bug) } else { played(*bug, seeds) };
        tell(out, &found, seeds)?;
        all.push(found);
    }
    Ok(all)
}

fn swept(bug: Bug) -> Found {
    let found = sweep_for(bug);
    let faults = found.iter().map(|(_, _, kind, _)| *kind).collect();
    let (by, life) = found.map(|(lives, opening, _, why)| ((lives, of_life(&why)), opening)).unzip();
    Found { bug, by, life, refused: None, faults, enough: BTreeSet::new() }
}

/// What is wrong with a life, without where it crashed.
fn of_life(why: &str) -> String {
    why.split_once("]: ").map_or(why, |(_, what)| what).to_owned()
}

fn played(bug: Bug, seeds: &Range<u64>) -> Found {
    let orders = Orders { bug: Some(bug), unguarded: true, ..Orders::default() };
    let by = play(seeds, &orders).broken.map(|report| (report.seed, report.violation.unwrap_or_default()));
    let more = by.as_ref().map_or(0, |(seed, _)| *seed) + REFUSED_WITHIN;
    let guarded = Orders { unguarded: false, ..orders.clone() };
    let refused = search(&(seeds.start..more.min(seeds.end)), &guarded, is_refused);
    let refused = refused.broken.map(|report| (report.seed, report.violation.unwrap_or_default()));
    let (faults, enough) =
        by.as_ref().map(|(seed, _)| needed(&Orders { seed: *seed, ..orders })).unwrap_or_default();
    Found { bug, by, life: None, refused, faults, enough }
}

fn needed(orders: &Orders) -> (BTreeSet<Kind>, BTreeSet<Kind>) {
    let Some((_, report)) = shrink(orders) else { return Default::default() };
    let shrunk: BTreeSet<Kind> = report.planned.iter().map(|(_, kind)| *kind).collect();
    let seeds = 0..orders.seed + FOUND_WITHIN;
    let finds = |spared| play(&seeds, &Orders { spared, ..orders.clone() }).broken.is_some();
    // A kind of fault matters when without all of its kind the bug is found no more.
    let needed = |kind: &&Kind| !finds(BTreeSet::from([**kind]));
    let faults: BTreeSet<Kind> = shrunk.iter().filter(needed).copied().collect();
    let mut enough = BTreeSet::new();
    let groups = GROUPS.into_iter().filter(|_| orders.seed <= EARLY);
    for group in groups.filter(|group| group.iter().any(|kind| shrunk.contains(kind))) {
        let all: BTreeSet<Kind> = group.iter().copied().collect();
        let others = |kind: &Kind| all.iter().copied().filter(|other| other != kind).collect();
        if !finds(all.clone()) {
            enough.extend(group.iter().filter(|kind| finds(others(kind))));
        }
    }
    (faults, enough)
}

fn tell(out: &mut impl Write, found: &Found, seeds: &Range<u64>) -> std::io::Result<()> {
    let name = format!("{:?}", found.bug);
    let refused = found.refused.as_ref().map_or_else(
        || "no invariant".to_owned(),
        |(seed, violation)| format!("invariant {} at seed {seed}", check_of(violation)),
    );
    match &found.by {
        Some((seed, violation)) => {
            let words = |kinds: &BTreeSet<Kind>| {
                kinds.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>().join(", ")
            };
            let (needs, enough) = (words(&found.faults), words(&found.enough));
            let at = found
                .life
                .map_or_else(|| format!("seed {seed:<4}"), |life| format!("crash {seed} of {life:?}"));
            writeln!(out, "{name:<26} {at} {violation} [{needs}; enough: {enough}] ({refused})")?;
        }
        None => writeln!(out, "{name:<26} NOT FOUND in {} seeds ({refused})", seeds.end - seeds.start)?,
    }
    out.flush()
}
