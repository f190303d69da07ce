//! Plants each bug in turn, and tells which check found it, and which faults that took.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;

use towpath_core::museum::{ALL, Bug};
use towpath_engine::sim::{Kind, Orders, check_of, shrink};

use crate::seeds::play;

/// How a planted bug was found.
pub(crate) struct Found {
    pub(crate) bug: Bug,
    /// Seed and violation; nothing when no seed found it.
    pub(crate) by: Option<(u64, String)>,
    /// The faults that are left when those that it does not take are left out.
    pub(crate) faults: BTreeMap<Kind, u64>,
}

impl Found {
    /// The check that found it.
    pub(crate) fn check(&self) -> Option<&str> {
        self.by.as_ref().map(|(_, violation)| check_of(violation))
    }
}

/// Plants each bug in turn.
pub(crate) fn search(out: &mut impl Write, seeds: &Range<u64>) -> std::io::Result<Vec<Found>> {
    let mut all = Vec::new();
    for bug in ALL {
        let found = match play(seeds, Some(bug)).broken {
            Some(report) => by(bug, report.seed, report.violation.unwrap_or_default()),
            None => Found { bug, by: None, faults: BTreeMap::new() },
        };
        tell(out, &found, seeds)?;
        all.push(found);
    }
    Ok(all)
}

fn by(bug: Bug, seed: u64, violation: String) -> Found {
    let mut faults = BTreeMap::new();
    let orders = Orders { seed, bug: Some(bug), ..Orders::default() };
    if let Some((_, report)) = shrink(&orders) {
        report.planned.iter().for_each(|(_, kind)| *faults.entry(*kind).or_default() += 1);
    }
    Found { bug, by: Some((seed, violation)), faults }
}

fn tell(out: &mut impl Write, found: &Found, seeds: &Range<u64>) -> std::io::Result<()> {
    let name = format!("{:?}", found.bug);
    match &found.by {
        Some((seed, violation)) => {
            let faults: Vec<String> = found.faults.keys().map(|kind| format!("{kind:?}")).collect();
            writeln!(out, "{name:<26} seed {seed:<4} {violation} [{}]", faults.join(", "))
        }
        None => writeln!(out, "{name:<26} NOT FOUND in {} seeds", seeds.end - seeds.start),
    }
}
