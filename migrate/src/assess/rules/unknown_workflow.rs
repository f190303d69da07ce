//! A called workflow is not supplied.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::JobSight;
use crate::assess::verdict::Verdict;
use crate::model::call::Link;
use crate::values::uses::JobUses;

/// The rule.
pub(super) const RULE: &dyn Rule = &UnknownWorkflow;

struct UnknownWorkflow;

const META: Meta = Meta {
    id: "unknown-workflow",
    outcome: Verdict::Undetermined,
    title: "a called workflow is not supplied",
    why: "Its jobs are those that run, and they are not here.",
    remedy: "supply its repository with --sources, in a folder named owner/name@ref, or say in a profile what becomes of it",
};

impl Rule for UnknownWorkflow {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let Some(call) = job.job.call() else { return };
        let link = job.workflow.family.call(job.run.file, job.job.id).map(|called| called.link);
        let is_remote = matches!(call.target, Some(JobUses::Repository(_)));
        if link == Some(Link::NotSupplied) && is_remote && job.said().is_none() {
            found.reason(job.spot(call.uses.token), call.uses.value);
        }
    }
}
