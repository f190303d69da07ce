//! The metadata of an action cannot be read.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{StepSight, WorkflowSight};
use crate::assess::verdict::Verdict;
use crate::graph::Target;
use crate::read::Problem;

/// The rule.
pub(super) const RULE: &dyn Rule = &UnreadableAction;

struct UnreadableAction;

const META: Meta = Meta {
    id: "unreadable-action",
    outcome: Verdict::Undetermined,
    title: "the metadata of an action cannot be read",
    why: "What it does stands in its action.yml, which GitHub refuses, so that the job fails there, or which cannot be opened here.",
    remedy: "mend its action.yml: towpath migrate parse FILE tells how; or use a version that is whole, or say in a profile what becomes of it",
};

/// Whether nothing can be made of what a step uses, though it is there.
fn is_unreadable(workflow: &WorkflowSight<'_>, target: Target) -> bool {
    match target {
        Target::Unreadable(_) => true,
        Target::Action(action) => {
            let model = workflow.actions.models.get(action);
            model.is_some_and(|model| model.all_problems().any(Problem::is_refusal))
        }
        Target::NotThere | Target::NotSupplied => false,
    }
}

impl Rule for UnreadableAction {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        let Some(used) = step.used.as_ref().filter(|used| used.known.is_none()) else { return };
        let is_so = used.target.is_some_and(|target| is_unreadable(step.job.workflow, target));
        if is_so && step.said().is_none() {
            found.reason(step.uses_spot(), used.uses.uses.value);
        }
    }
}
