//! Plants each bug in turn, and tells what found it, and which faults that took.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::Range;

use towpath_core::museum::{ALL, Bug};
use towpath_engine::sim::{Kind, Orders, check_of, is_refused, play, search, shrink};

/// How many seeds more than the observer took are played for an invariant to refuse what a bug decides.
const REFUSED_WITHIN: u64 = 100;

/// How a planted bug was found.
pub(crate) struct Found {
    pub(crate) bug: Bug,
    /// Seed and violation by the observer, with the invariants left out; nothing when no seed found it.
    pub(crate) by: Option<(u64, String)>,
    /// Seed and violation by an invariant, if one refuses what the bug decides.
    pub(crate) refused: Option<(u64, String)>,
    /// The kinds of faults without which the observer finds it at no seed up to that one, and how many that one takes.
    pub(crate) faults: BTreeMap<Kind, u64>,
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
}

/// Plants each bug in turn, first with the production invariants left out and then with them.
pub(crate) fn exhibit(out: &mut impl Write, seeds: &Range<u64>) -> std::io::Result<Vec<Found>> {
    let mut all = Vec::new();
    for bug in ALL {
        let orders = Orders { bug: Some(bug), unguarded: true, ..Orders::default() };
        let by =
            play(seeds, &orders).broken.map(|report| (report.seed, report.violation.unwrap_or_default()));
        let more = by.as_ref().map_or(0, |(seed, _)| *seed) + REFUSED_WITHIN;
        let guarded = Orders { unguarded: false, ..orders.clone() };
        let refused = search(&(seeds.start..more.min(seeds.end)), &guarded, is_refused);
        let refused = refused.broken.map(|report| (report.seed, report.violation.unwrap_or_default()));
        let faults =
            by.as_ref().map(|(seed, _)| needed(&Orders { seed: *seed, ..orders })).unwrap_or_default();
        let found = Found { bug, by, refused, faults };
        tell(out, &found, seeds)?;
        all.push(found);
    }
    Ok(all)
}

fn needed(orders: &Orders) -> BTreeMap<Kind, u64> {
    let mut faults = BTreeMap::new();
    if let Some((_, report)) = shrink(orders) {
        report.planned.iter().for_each(|(_, kind)| *faults.entry(*kind).or_default() += 1);
    }
    // A kind of fault matters when without all of its kind the bug is found no more by then.
    let without = |kind| Orders { spared: BTreeSet::from([kind]), ..orders.clone() };
    faults.retain(|kind, _| play(&(0..orders.seed + 1), &without(*kind)).broken.is_none());
    faults
}

fn tell(out: &mut impl Write, found: &Found, seeds: &Range<u64>) -> std::io::Result<()> {
    let name = format!("{:?}", found.bug);
    let refused = found.refused.as_ref().map_or_else(
        || "no invariant".to_owned(),
        |(seed, violation)| format!("invariant {} at seed {seed}", check_of(violation)),
    );
    match &found.by {
        Some((seed, violation)) => {
            let faults: Vec<String> = found.faults.keys().map(|kind| format!("{kind:?}")).collect();
            writeln!(out, "{name:<26} seed {seed:<4} {violation} [{}] ({refused})", faults.join(", "))?;
        }
        None => writeln!(out, "{name:<26} NOT FOUND in {} seeds ({refused})", seeds.end - seeds.start)?,
    }
    out.flush()
}
