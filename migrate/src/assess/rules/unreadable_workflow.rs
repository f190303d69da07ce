//! A called workflow cannot be read.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, WorkflowSight};
use crate::assess::verdict::Verdict;
use crate::graph::JobId;
use crate::model::call::Link;

/// The rule.
pub(super) const RULE: &dyn Rule = &UnreadableWorkflow;

struct UnreadableWorkflow;

const META: Meta = Meta {
    id: "unreadable-workflow",
    outcome: Verdict::Undetermined,
    title: "a called workflow cannot be read",
    why: "Its file is there, and cannot be opened, is too large or is no text, so nobody sees the jobs that run.",
    remedy: "make its file readable: towpath migrate parse FILE tells what is wrong; or say in a profile what becomes of it",
};

fn is_unreadable(workflow: &WorkflowSight<'_>, file: usize, job: JobId) -> bool {
    workflow.family.call(file, job).is_some_and(|called| called.link == Link::Unreadable)
}

impl Rule for UnreadableWorkflow {
    fn meta(&self) -> &'static Meta {
        &META
    }

    /// GitHub loads what is called before it looks at a condition.
    fn workflow(&self, workflow: &WorkflowSight<'_>, found: &mut Found<'_>) {
        let root = workflow.family.root().filter(|_| !workflow.is_template());
        for job in root.iter().flat_map(|root| &root.jobs).filter(|job| job.when.is_never()) {
            if let Some(call) = job.call().filter(|_| is_unreadable(workflow, 0, job.id)) {
                found.reason(workflow.spot(call.uses.token), call.uses.value);
            }
        }
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let Some(call) = job.job.call() else { return };
        if is_unreadable(job.workflow, job.run.file, job.job.id) && job.said().is_none() {
            found.reason(job.spot(call.uses.token), call.uses.value);
        }
    }
}
