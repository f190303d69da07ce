//! A repository was supplied, and what is used of it is not there.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, StepSight};
use crate::assess::verdict::Verdict;
use crate::graph::Target;
use crate::model::call::Link;
use crate::values::uses::JobUses;

/// The rule.
pub(super) const RULE: &dyn Rule = &MissingSource;

struct MissingSource;

const META: Meta = Meta {
    id: "missing-source",
    outcome: Verdict::Undetermined,
    title: "a supplied repository has not what is used of it",
    why: "The repository is among the sources, and the called workflow, or the action.yml of the action, is not in it. GitHub fails there, or builds a Dockerfile without metadata.",
    remedy: "supply the commit that is used, or mend the path that is written, or say in a profile what becomes of it",
};

impl Rule for MissingSource {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        let Some(used) = step.used.as_ref().filter(|used| used.is_foreign()) else { return };
        if used.target == Some(Target::NotThere) && step.said().is_none() {
            found.reason(step.uses_spot(), used.uses.uses.value);
        }
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let Some(call) = job.job.call() else { return };
        let link = job.workflow.family.call(job.run.file, job.job.id).map(|called| called.link);
        let is_remote = matches!(call.target, Some(JobUses::Repository(_)));
        if link == Some(Link::NotThere) && is_remote && job.said().is_none() {
            found.reason(job.spot(call.uses.token), call.uses.value);
        }
    }
}
