//! An action is neither known nor supplied.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::verdict::Verdict;
use crate::graph::Target;

/// The rule.
pub(super) const RULE: &dyn Rule = &UnknownAction;

struct UnknownAction;

const META: Meta = Meta {
    id: "unknown-action",
    outcome: Verdict::Undetermined,
    title: "an action is neither known nor supplied",
    why: "What it does stands in its source, which is not here.",
    remedy: "supply its repository with --sources, in a folder named owner/name@ref, or say in a profile what becomes of it",
};

impl Rule for UnknownAction {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        let Some(used) = step.used.as_ref().filter(|used| used.is_foreign()) else { return };
        // What is there and cannot be read, and what is not in its repository, other rules tell.
        if matches!(used.target, None | Some(Target::NotSupplied)) && step.said().is_none() {
            found.reason(step.uses_spot(), used.uses.uses.value);
        }
    }
}
