//! A program is on GitHub's runners, and not in the image.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::tools::is_on_hosted;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &ToolMissing;

struct ToolMissing;

const META: Meta = Meta {
    id: "tool-missing",
    outcome: Verdict::Edits,
    title: "a program is on GitHub's runners, and not in the image",
    why: "The script takes it for granted, since GitHub's image has it.",
    remedy: "set it up in a step before, or name an image that has it",
};

impl Rule for ToolMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if step.job.job.has_container() {
            return;
        }
        for (tool, span) in step.tools() {
            let name = tool.name.as_ref();
            if !tool.probed
                && is_on_hosted(name)
                && !step.job.workflow.profile.tools.iter().any(|known| known == name)
                && !step.brought.has(name, &step.legs)
            {
                found.reason(step.in_script(span), name);
            }
        }
    }
}
