//! Things of GitHub start it, beside others.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::WorkflowSight;
use crate::assess::triggers::is_githubs;
use crate::assess::verdict::Verdict;
use crate::model::Event;

/// The rule.
pub(super) const RULE: &dyn Rule = &GithubTrigger;

struct GithubTrigger;

const META: Meta = Meta {
    id: "github-trigger",
    outcome: Verdict::Edits,
    title: "things of GitHub start it, beside others",
    why: "The cluster does not hear of it in the same way: what others may do to a repository would start work with rights.",
    remedy: "leave this trigger to a workflow on GitHub, or say that the cluster shall hear of it",
};

impl Rule for GithubTrigger {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn workflow(&self, workflow: &WorkflowSight<'_>, found: &mut Found<'_>) {
        let is_other =
            |event: &Event<'_>| event.name.value != "workflow_dispatch" && !is_githubs(event.name.value);
        if workflow.events().iter().any(is_other) {
            for event in workflow.events().iter().filter(|event| is_githubs(event.name.value)) {
                found.reason(workflow.spot(event.name.token), event.name.value);
            }
        }
    }
}
