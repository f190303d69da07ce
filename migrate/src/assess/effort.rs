//! How much work it is to move an estate, in units: what is shared is paid for once.
//!
//! A unit is one small change by somebody who knows the place, with its review: a line, a value, an answer. It is no hour.
//! The prices are set by judgement and published, not measured; what matters is that they are the same for everybody.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Candidate;
use super::complexity::Band;
use super::sheet::Blocker;

/// What something costs, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// To deal with it once, for everybody who has it.
    pub first: usize,
    /// For each further workflow that has it, too. Never more than the first time.
    pub again: usize,
}

impl Price {
    /// For so many workflows.
    #[must_use]
    pub const fn of(self, workflows: usize) -> usize {
        match workflows.checked_sub(1) {
            None => 0,
            Some(further) => self.first.saturating_add(self.again.saturating_mul(further)),
        }
    }
}

const fn price(first: usize, again: usize) -> Price {
    Price { first, again }
}

/// What dealing with the findings of each rule costs. A rule that says that something stays has no price.
pub const PRICES: &[(&str, Price)] = &[
    // Questions: an answer is given once.
    ("missing-local", price(1, 1)),
    ("missing-source", price(1, 0)),
    ("unknown-action", price(1, 0)),
    ("unknown-runner", price(2, 0)),
    ("unknown-workflow", price(1, 0)),
    ("unreadable-action", price(1, 0)),
    ("unreadable-workflow", price(1, 0)),
    // Redesigns: somebody builds what is missing, then each workflow is changed to use it.
    ("argo-limits", price(8, 8)),
    ("cloud-oidc", price(13, 1)),
    ("cross-run-artifact", price(5, 3)),
    ("docker-daemon", price(20, 2)),
    ("group-over-needs", price(3, 2)),
    ("needs-kept", price(2, 2)),
    ("nested-cluster", price(20, 3)),
    ("privileged", price(8, 2)),
    ("workflow-run", price(5, 3)),
    // Edits: the first one finds out how.
    ("code-scanning", price(3, 1)),
    ("container-option", price(2, 1)),
    ("environment", price(3, 1)),
    ("github-runs", price(2, 1)),
    ("github-trigger", price(2, 1)),
    ("job-cancelled", price(2, 2)),
    ("needs-person", price(2, 1)),
    ("runner-label", price(3, 0)),
    ("service-port", price(1, 1)),
    ("snapshot", price(5, 2)),
    ("system-service", price(2, 1)),
    ("tool-missing", price(1, 0)),
    ("untrusted-text", price(1, 1)),
];

/// What it costs to move a workflow that nothing stands in the way of: to read it, convert it, let it run beside the old one, and
/// to switch over.
#[must_use]
pub const fn moving(band: Band) -> usize {
    match band {
        Band::Low => 1,
        Band::Medium => 2,
        Band::High => 4,
        Band::VeryHigh => 8,
    }
}

/// What dealing with a blocker costs.
pub(super) fn price_of(blocker: Blocker<'_>) -> Price {
    // A test sees to it that each rule has a row.
    PRICES.iter().find(|(rule, _)| *rule == blocker.0).map_or(price(0, 0), |(_, price)| *price)
}

/// The work of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleEffort {
    /// How many different things there are to deal with.
    pub targets: usize,
    /// How many workflows have one of them.
    pub workflows: usize,
    /// What that costs.
    pub units: usize,
}

/// The work of an estate, which counts as one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effort {
    /// What moving the workflows costs when nothing stands in their way.
    pub moving: usize,
    /// What dealing with the findings of each rule costs.
    pub rules: BTreeMap<&'static str, RuleEffort>,
    /// How many workflows ask for something that has to be supplied first: what is found then costs more.
    pub open: usize,
}

impl Effort {
    /// The work of all of these that move. Their order does not matter.
    #[must_use]
    pub fn of<'c, 's: 'c>(candidates: impl IntoIterator<Item = &'c Candidate<'s>>) -> Self {
        let mut effort = Self::default();
        let mut blocked: BTreeMap<Blocker<'_>, usize> = BTreeMap::new();
        for candidate in candidates.into_iter().filter(|candidate| candidate.moves()) {
            effort.moving += moving(candidate.band);
            effort.open += usize::from(!candidate.questions.is_empty());
            candidate.blockers().for_each(|blocker| *blocked.entry(blocker).or_default() += 1);
            let rules: BTreeSet<_> = candidate.blockers().map(|(rule, _)| rule).collect();
            rules.into_iter().for_each(|rule| effort.rules.entry(rule).or_default().workflows += 1);
        }
        for (blocker, workflows) in blocked {
            let rule = effort.rules.entry(blocker.0).or_default();
            rule.targets += 1;
            rule.units += price_of(blocker).of(workflows);
        }
        effort
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> usize {
        self.moving + self.rules.values().map(|rule| rule.units).sum::<usize>()
    }

    /// What each repository would cost if it were alone. Together that is more than the estate costs, where they share something.
    #[must_use]
    pub fn alone<'s>(candidates: &[Candidate<'s>]) -> BTreeMap<&'s str, usize> {
        let mut units: BTreeMap<&str, Vec<&Candidate<'s>>> = BTreeMap::new();
        for candidate in candidates.iter().filter(|candidate| candidate.moves()) {
            units.entry(candidate.unit).or_default().push(candidate);
        }
        units.into_iter().map(|(unit, own)| (unit, Self::of(own).total())).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::candidate::{Prospect, Stay};
    use super::super::rules;
    use super::super::verdict::Verdict;
    use super::*;

    #[test]
    fn each_rule_that_asks_for_something_has_a_price_and_no_other() {
        let asks = |outcome| matches!(outcome, Verdict::Undetermined | Verdict::Redesign | Verdict::Edits);
        let rules = rules::ALL.iter().map(|rule| rule.meta()).filter(|meta| asks(meta.outcome));
        let rules: BTreeSet<_> = rules.map(|meta| meta.id).collect();
        let priced: BTreeSet<_> = PRICES.iter().map(|(rule, _)| *rule).collect();
        assert_eq!(priced, rules, "prices against rules");
        assert_eq!(priced.len(), PRICES.len(), "each once");
        for (rule, price) in PRICES {
            assert!(
                price.again <= price.first && price.first > 0,
                "{rule}: a union would cost more than its parts"
            );
        }
    }

    pub(in super::super) fn candidate<'s>(
        unit: &'s str,
        questions: &[Blocker<'s>],
        work: &[Blocker<'s>],
    ) -> Candidate<'s> {
        Candidate {
            path: unit,
            unit,
            prospect: Prospect::Moves,
            is_split: false,
            health: None,
            band: Band::Low,
            points: 0,
            questions: questions.iter().copied().collect(),
            work: work.iter().copied().collect(),
            calls: &[],
        }
    }

    #[test]
    fn what_many_share_is_paid_for_once() {
        let docker = [("docker-daemon", "")];
        let forty: Vec<_> = (0..40).map(|_| candidate("o/n", &[], &docker)).collect();
        let effort = Effort::of(&forty);
        assert_eq!(effort.moving, 40);
        let RuleEffort { targets, workflows, units } = effort.rules["docker-daemon"];
        assert_eq!((targets, workflows, units), (1, 40, 20 + 39 * 2));
        assert_eq!(effort.total(), 40 + 98);
    }

    #[test]
    fn different_targets_are_different_work_and_what_stays_is_none() {
        let tools = [("tool-missing", "cargo"), ("tool-missing", "go")];
        let question = [("unknown-action", "o/n")];
        let mut keep = candidate("c", &[], &tools);
        keep.prospect = Prospect::Stays(Stay::Keep);
        let all = [candidate("a", &question, &tools), candidate("b", &[], &tools[..1]), keep];
        let effort = Effort::of(&all);
        assert_eq!((effort.open, effort.moving, effort.total()), (1, 2, 2 + 2 + 1));
        assert_eq!(effort.rules["tool-missing"], RuleEffort { targets: 2, workflows: 2, units: 2 });
        assert_eq!(Effort::alone(&all).into_iter().collect::<Vec<_>>(), [("a", 1 + 2 + 1), ("b", 1 + 1)]);
        assert_eq!(Effort::of(&[]), Effort::default());
    }

    /// Candidates of a few repositories with any blockers.
    pub(in super::super) fn candidates() -> impl Strategy<Value = Vec<Candidate<'static>>> {
        let blocker = |of: fn(&&(&'static str, Price)) -> bool| {
            let rules: Vec<_> = PRICES.iter().filter(of).map(|(rule, _)| *rule).collect();
            (prop::sample::select(rules), prop::sample::select(vec!["", "x", "y"]))
        };
        let is_question: fn(&&(&'static str, Price)) -> bool =
            |(rule, _)| rule.starts_with("unknown") || rule.starts_with("missing");
        let is_work: fn(&&(&'static str, Price)) -> bool =
            |(rule, _)| !rule.starts_with("unknown") && !rule.starts_with("missing");
        let one = (
            prop::sample::select(vec!["one", "two", "three"]),
            prop::sample::select(Band::ALL.to_vec()),
            prop::collection::btree_set(blocker(is_question), 0..3),
            prop::collection::btree_set(blocker(is_work), 0..4),
            prop::bool::weighted(0.2),
        );
        let one = one.prop_map(|(unit, band, questions, work, stays)| Candidate {
            prospect: if stays { Prospect::Stays(Stay::Keep) } else { Prospect::Moves },
            band,
            points: band.from(),
            questions,
            work,
            ..candidate(unit, &[], &[])
        });
        prop::collection::vec(one, 0..20)
    }

    proptest! {
        #[test]
        fn the_order_of_workflows_changes_nothing(
            (all, shuffled) in candidates().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
        ) {
            prop_assert_eq!(Effort::of(&all), Effort::of(&shuffled));
            prop_assert_eq!(Effort::alone(&all), Effort::alone(&shuffled));
        }

        #[test]
        fn two_estates_together_cost_at_most_as_much_as_each_alone(one in candidates(), other in candidates()) {
            let (first, second) = (Effort::of(&one).total(), Effort::of(&other).total());
            let both = Effort::of(one.iter().chain(&other)).total();
            prop_assert!(both <= first + second);
            prop_assert!(both >= first.max(second), "another estate makes nothing cheaper");
        }

        #[test]
        fn repositories_alone_cost_at_least_the_estate(all in candidates()) {
            prop_assert!(Effort::of(&all).total() <= Effort::alone(&all).values().sum());
        }
    }
}
