//! Where rules apply, and where they are broken: what health is counted of.

use std::collections::BTreeMap;

use super::class::Severity;

/// Where in a workflow a rule applies.
///
/// Jobs of one shape are one place: they have the same actions, scripts and names of steps in the same order, whatever their refs,
/// inputs and conditions. So a copied job is no new place, and no place comes or goes where something is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The workflow, or this part of it.
    Workflow(usize),
    /// All of the jobs of a shape.
    Job(usize),
    /// A step of the jobs of a shape.
    Step(usize, usize),
}

/// The places of all rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sites {
    places: BTreeMap<(&'static str, Place), Option<Severity>>,
}

/// How many places a rule applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// All of them.
    pub applicable: usize,
    /// Those at which it is broken.
    pub violating: usize,
    /// How badly, at the worst of them.
    pub worst: Option<Severity>,
}

impl Sites {
    /// A rule applies somewhere, and is broken there or not. A place at which it is broken once is one at which it is broken.
    pub fn add(&mut self, rule: &'static str, place: Place, violation: Option<Severity>) {
        let known = self.places.entry((rule, place)).or_default();
        *known = violation.max(*known);
    }

    /// The places of one rule.
    #[must_use]
    pub fn of(&self, rule: &'static str) -> Count {
        let first = (rule, Place::Workflow(0));
        let own = self.places.range(first..).take_while(|((id, _), _)| *id == rule);
        own.fold(Count::default(), |count, (_, violation)| Count {
            applicable: count.applicable + 1,
            violating: count.violating + usize::from(violation.is_some()),
            worst: count.worst.max(*violation),
        })
    }

    /// How badly anything is broken.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.places.values().copied().max().flatten()
    }

    /// Adds the places of others.
    pub fn extend(&mut self, other: &Self) {
        for ((rule, place), violation) in &other.places {
            self.add(rule, *place, *violation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_once_and_by_its_worst() {
        let mut sites = Sites::default();
        sites.add("a", Place::Job(0), Some(Severity::Low));
        sites.add("a", Place::Job(0), None);
        sites.add("a", Place::Job(0), Some(Severity::Medium));
        sites.add("a", Place::Step(0, 1), None);
        sites.add("b", Place::Workflow(0), Some(Severity::High));
        let expected = Count { applicable: 2, violating: 1, worst: Some(Severity::Medium) };
        assert_eq!(sites.of("a"), expected);
        assert_eq!(sites.of("c"), Count::default());
        assert_eq!(sites.worst(), Some(Severity::High));
        let mut both = Sites::default();
        assert_eq!(both.worst(), None);
        both.extend(&sites);
        both.extend(&sites);
        assert_eq!(both, sites);
    }
}
