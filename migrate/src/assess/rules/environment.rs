//! It waits for an environment.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::JobSight;
use crate::assess::verdict::Verdict;
use crate::graph::flow::written;

/// The rule.
pub(super) const RULE: &dyn Rule = &Environment;

struct Environment;

const META: Meta = Meta {
    id: "environment",
    outcome: Verdict::Edits,
    title: "it waits for an environment",
    why: "Who approves, which branches may, and which secrets there are, stands in GitHub's settings and not in the file.",
    remedy: "say who approves and which secrets the environment has",
};

impl Rule for Environment {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let Some(environment) = job.job.steps().and_then(|steps| steps.environment.as_ref()) else { return };
        if let Some(name) = environment.name.filter(|name| name.value.literal() != Some(&"")) {
            found.reason(job.spot(environment.token), written(job.job.workflow.document, name.token));
        }
    }
}
