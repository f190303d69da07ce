//! A program is taken for granted, and not in the image.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::tools::is_on_hosted;
use crate::assess::verdict::Verdict;
use crate::values::label::System;

/// The rule.
pub(super) const RULE: &dyn Rule = &ToolMissing;

struct ToolMissing;

const META: Meta = Meta {
    id: "tool-missing",
    outcome: Verdict::Edits,
    title: "a program is taken for granted, and not in the image",
    why: "GitHub's image has it, so nothing sets it up; or it is the shell that a step names, and the image has it not.",
    remedy: "set it up in a step before, or name an image that has it",
};

/// Shells that only Windows has.
const WINDOWS: [&str; 2] = ["cmd", "powershell"];

/// Whether the image has no such program, and nothing before has brought it.
fn is_missing(step: &StepSight<'_>, program: &str) -> bool {
    !step.job.workflow.profile.tools.iter().any(|known| known == program)
        && !step.brought.has(program, &step.legs)
}

/// Finds the shell that a step names, where it is not there.
fn look_at_shell(step: &StepSight<'_>, found: &mut Found<'_>) {
    let Some((token, program)) = step.shell_program() else { return };
    // Other systems have it, where one label tells the system of all legs.
    let runs_elsewhere = || {
        let system = step.job.job.runner(None).and_then(|runner| runner.system);
        system.is_some_and(|system| system != System::Linux)
    };
    if (WINDOWS.contains(&program) || is_on_hosted(program)) && is_missing(step, program) && !runs_elsewhere()
    {
        found.reason(step.spot(token), program);
    }
}

impl Rule for ToolMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if step.job.job.has_container() {
            return;
        }
        look_at_shell(step, found);
        for (tool, span) in step.tools() {
            let name = tool.name.as_ref();
            if !tool.probed && is_on_hosted(name) && is_missing(step, name) {
                found.reason(step.in_script(span), name);
            }
        }
    }
}
