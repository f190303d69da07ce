//! Another workflow starts it.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::WorkflowSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &WorkflowRun;

struct WorkflowRun;

const META: Meta = Meta {
    id: "workflow-run",
    outcome: Verdict::Redesign,
    title: "another workflow starts it",
    why: "What ends on GitHub is not heard of in the cluster, and what it left is not there.",
    remedy: "make the two one workflow, or let the first one start the second",
};

impl Rule for WorkflowRun {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn workflow(&self, workflow: &WorkflowSight<'_>, found: &mut Found<'_>) {
        for event in workflow.events().iter().filter(|event| event.name.value == "workflow_run") {
            found.reason(workflow.spot(event.name.token), event.name.value);
        }
    }
}
