//! Only things of GitHub start it.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::WorkflowSight;
use crate::assess::triggers::is_githubs;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &KeepTrigger;

struct KeepTrigger;

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
    }
}
