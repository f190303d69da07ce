//! What becomes of each construct of a workflow.

use std::collections::{BTreeSet, HashMap};

use super::reason::Reason;
use super::rule::Meta;
use super::sight::FileAt;
use super::verdict::Verdict;
use crate::features::{Catalogue, Construct, Feature, Role, constructs};
use crate::fidelity::Fidelity;
use crate::read::Document;

/// How many constructs have each fidelity, in the order of [`Fidelity::NAMES`].
pub type Fidelities = [usize; Fidelity::NAMES.len()];

/// A construct, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub struct Fate<'a> {
    /// The construct.
    pub construct: &'a Construct,
    /// What it is; `None` where GitHub refuses it or does not know it.
    pub feature: Option<&'static Feature>,
    /// What becomes of it. `None`: nobody has said.
    pub fidelity: Option<Fidelity>,
    /// The rule that found something in it, which counts before what is said of the feature.
    pub rule: Option<&'static Meta>,
}

/// The constructs of a workflow with what rules found in them.
#[derive(Debug)]
pub struct Fates {
    constructs: Vec<Construct>,
    found: HashMap<usize, &'static Meta>,
}

impl Fates {
    /// Of a workflow, with the reasons that were found in its file.
    #[must_use]
    pub fn of(document: &Document, reasons: &[Reason]) -> Self {
        let constructs = constructs(document);
        let starts = starts(&constructs);
        let mut found: HashMap<usize, &'static Meta> = HashMap::new();
        for reason in reasons.iter().filter(|reason| reason.spot.file == FileAt::Workflow(0)) {
            let Some(at) = innermost(&constructs, &starts, reason.spot.span.start) else { continue };
            let known = found.entry(at).or_insert(reason.rule);
            if reason.rule.outcome < known.outcome {
                *known = reason.rule;
            }
        }
        Self { constructs, found }
    }

    /// All, in the order of the source.
    pub fn iter(&self) -> impl Iterator<Item = Fate<'_>> {
        self.constructs.iter().enumerate().map(|(at, construct)| {
            let feature = construct.feature.map(|id| Catalogue::get().feature(id));
            let rule = self.found.get(&at).copied();
            let by_rule = rule.and_then(|rule| fidelity(rule.outcome));
            let fidelity = by_rule.or_else(|| feature.and_then(|feature| feature.fidelity));
            Fate { construct, feature, fidelity, rule }
        })
    }

    /// The way to each construct, in the same order: `jobs.build.steps[2].run`. Each is made of the one around it.
    #[must_use]
    pub fn ways(&self, document: &Document) -> Vec<String> {
        let mut ways: Vec<String> = Vec::with_capacity(self.constructs.len());
        for construct in &self.constructs {
            let around = construct.parent.and_then(|parent| ways.get(parent as usize));
            let mut way = around.cloned().unwrap_or_default();
            match construct.role {
                Role::Pair(key) => {
                    if !way.is_empty() {
                        way.push('.');
                    }
                    way.push_str(document.tree().text(key).unwrap_or_default());
                }
                Role::Item(place) => way.push_str(&format!("[{place}]")),
                Role::Part | Role::Implicit => {}
            }
            ways.push(way);
        }
        ways
    }

    /// How many have each fidelity.
    #[must_use]
    pub fn count(&self) -> Fidelities {
        let mut counts = Fidelities::default();
        for fidelity in self.iter().filter_map(|fate| fate.fidelity) {
            counts.get_mut(fidelity.index()).into_iter().for_each(|count| *count += 1);
        }
        counts
    }

    /// The features that keep their meaning nearly, or lose it, each once.
    #[must_use]
    pub fn inexact(&self) -> BTreeSet<&'static str> {
        let is_inexact =
            |fate: &Fate<'_>| matches!(fate.fidelity, Some(Fidelity::Approximate | Fidelity::Dropped(_)));
        self.iter().filter(is_inexact).filter_map(|fate| Some(fate.feature?.id.as_str())).collect()
    }
}

/// What a reason for a verdict makes of the construct that it is found in.
const fn fidelity(outcome: Verdict) -> Option<Fidelity> {
    match outcome {
        Verdict::Keep => Some(Fidelity::Keep),
        Verdict::Undetermined => Some(Fidelity::Undetermined),
        Verdict::Redesign | Verdict::Edits => Some(Fidelity::NeedsPerson),
        Verdict::Broken | Verdict::Template | Verdict::Automatic => None,
    }
}

/// Constructs by where they begin; of equals, the outer one first.
fn starts(constructs: &[Construct]) -> Vec<(usize, usize)> {
    let mut starts: Vec<_> = constructs.iter().map(|construct| construct.span.start).zip(0..).collect();
    starts.sort_unstable();
    starts
}

/// The innermost construct that has a byte.
fn innermost(constructs: &[Construct], starts: &[(usize, usize)], byte: usize) -> Option<usize> {
    let before = starts.partition_point(|(start, _)| *start <= byte);
    let mut at = starts.get(before.checked_sub(1)?).map(|(_, at)| *at);
    while let Some(index) = at {
        let construct = constructs.get(index)?;
        if byte < construct.span.end {
            break;
        }
        at = construct.parent.map(|parent| parent as usize);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Meta, Scope, Spot};
    use crate::read::{Limits, read_workflow};
    use crate::span::Span;

    const META: Meta = Meta { id: "x", outcome: Verdict::Keep, title: "", why: "", remedy: "" };

    const SOURCE: &str = "on: push\njobs:\n  a:\n    runs-on: macos-15\n    steps: [{run: make}]\n";

    fn fates(text: &str) -> Vec<(String, Option<&'static str>)> {
        let document = read_workflow(SOURCE, &Limits::default());
        let start = SOURCE.find(text).unwrap();
        let spot = Spot { file: FileAt::Workflow(0), span: Span::new(start, start + text.len()) };
        let reason = Reason { rule: &META, scope: Scope::Workflow, spot, target: String::new() };
        let fates = Fates::of(&document, &[reason]);
        let ways = fates.ways(&document);
        let by_rule = fates.iter().zip(ways).filter(|(fate, _)| fate.rule.is_some());
        by_rule.map(|(fate, way)| (way, fate.fidelity.map(Fidelity::name))).collect()
    }

    #[test]
    fn what_a_rule_finds_counts_before_the_feature() {
        assert_eq!(fates("macos-15"), [("jobs.a.runs-on".to_owned(), Some("keep"))]);
        assert_eq!(fates("make"), [("jobs.a.steps[0].run".to_owned(), Some("keep"))]);
    }

    #[test]
    fn each_construct_of_a_workflow_that_github_takes_has_a_fidelity() {
        let document = read_workflow(SOURCE, &Limits::default());
        let fates = Fates::of(&document, &[]);
        let open: Vec<_> = fates.iter().filter(|fate| fate.fidelity.is_none()).collect();
        assert!(open.is_empty(), "{open:?}");
        assert_eq!(fates.count().iter().sum::<usize>(), fates.iter().count());
        assert_eq!(fates.ways(&document).len(), fates.iter().count());
    }

    #[test]
    fn ways_are_those_of_features() {
        let document = read_workflow(SOURCE, &Limits::default());
        let fates = Fates::of(&document, &[]);
        let paths =
            (0..fates.constructs.len()).map(|at| crate::features::path(&document, &fates.constructs, at));
        assert_eq!(fates.ways(&document), paths.collect::<Vec<_>>());
    }
}
