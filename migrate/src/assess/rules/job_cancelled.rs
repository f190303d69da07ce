//! A job waits for the run to be cancelled.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::JobSight;
use crate::assess::verdict::Verdict;
use crate::expression::{Function, Node, NodeKind};

/// The rule.
pub(super) const RULE: &dyn Rule = &JobCancelled;

struct JobCancelled;

const META: Meta = Meta {
    id: "job-cancelled",
    outcome: Verdict::Edits,
    title: "a job waits for the run to be cancelled",
    why: "Argo schedules nothing more when a workflow is stopped; what shall run then belongs into its exit handler.",
    remedy: "move its work into an exit handler, or do without",
};

/// Whether `cancelled()` stands there, and not `!cancelled()`.
fn waits(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Call { function: Function::Cancelled, .. } => true,
        NodeKind::And(operands) | NodeKind::Or(operands) => operands.iter().any(waits),
        NodeKind::Compare { left, right, .. } => waits(left) || waits(right),
        NodeKind::Call { arguments, .. } => arguments.iter().any(waits),
        _ => false,
    }
}

impl Rule for JobCancelled {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let Some(condition) = &job.job.model.condition else { return };
        let Some(root) = condition.value.expression.root() else { return };
        if waits(root) {
            found.reason(job.spot(condition.token), "cancelled()");
        }
    }
}
