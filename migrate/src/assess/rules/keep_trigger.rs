//! Only things of GitHub start it.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::WorkflowSight;
use crate::assess::triggers::is_githubs;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &KeepTrigger;

struct KeepTrigger;

/// The job by which GitHub's agent sets up its machine, in files of this name
/// (docs.github.com, "Customize the agent environment").
const AGENT: &str = "copilot-setup-steps";
const AGENTS: [&str; 2] =
    [".github/workflows/copilot-setup-steps.yml", ".github/workflows/copilot-setup-steps.yaml"];

const META: Meta = Meta {
    id: "keep-trigger",
    outcome: Verdict::Keep,
    title: "only things of GitHub start it",
    why: "It tends issues, pull requests or the like: the work is on GitHub, and so is what starts it.",
    remedy: "keep it on GitHub",
};

impl Rule for KeepTrigger {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn workflow(&self, workflow: &WorkflowSight<'_>, found: &mut Found<'_>) {
        let events = workflow.events().iter().filter(|event| event.name.value != "workflow_dispatch");
        let all: Vec<_> = events.collect();
        if !all.is_empty() && all.iter().all(|event| is_githubs(event.name.value)) {
            for event in all {
                found.reason(workflow.spot(event.name.token), event.name.value);
            }
        }
        let root = workflow.family.root().filter(|_| AGENTS.contains(&workflow.family.file_name(0)));
        let jobs = root.map(|root| root.jobs.as_slice()).unwrap_or_default();
        for job in jobs.iter().filter(|job| job.model.id.value == AGENT) {
            found.reason(workflow.spot(job.model.id.token), AGENT);
        }
    }
}
