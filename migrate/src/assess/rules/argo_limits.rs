//! It is larger than a workflow of Argo may be.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, WorkflowSight};
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &ArgoLimits;

struct ArgoLimits;

const META: Meta = Meta {
    id: "argo-limits",
    outcome: Verdict::Redesign,
    title: "it is larger than a workflow of Argo may be",
    why: "Argo takes 200 templates and 200 tasks of a graph; a matrix on GitHub has 256 legs at most.",
    remedy: "split it into several workflows, or the matrix into smaller ones",
};

/// How many templates and tasks Argo takes (argo-workflows 4.1: workflow_types.go, MaxItems).
const MAX_JOBS: usize = 200;

/// What is told of a matrix of which not all combinations are looked at.
const MANY: &str = "combinations of a matrix";

impl Rule for ArgoLimits {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn workflow(&self, workflow: &WorkflowSight<'_>, found: &mut Found<'_>) {
        let Some(root) = workflow.family.root() else { return };
        let count = workflow.jobs.len();
        if count > MAX_JOBS
            && let Some(job) = root.jobs.first()
        {
            found.reason(workflow.spot(job.model.id.token), format!("{count} jobs"));
        }
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let is_cut = job.job.matrix.as_ref().is_some_and(|matrix| matrix.expansion.is_cut());
        let strategy = job.job.model.strategy.as_ref().filter(|_| is_cut);
        strategy.into_iter().for_each(|strategy| found.reason(job.spot(strategy.token), MANY));
    }
}
