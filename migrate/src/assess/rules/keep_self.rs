//! It runs the repository's own action.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::verdict::Verdict;
use crate::graph::{Local, Target};
use crate::values::uses::StepUses;

/// The rule.
pub(super) const RULE: &dyn Rule = &KeepSelf;

struct KeepSelf;

const META: Meta = Meta {
    id: "keep-self",
    outcome: Verdict::Keep,
    title: "it runs the repository's own action",
    why: "The repository is an action, and this is its test: that GitHub's runner runs it is what is tested.",
    remedy: "keep the job on GitHub",
};

impl Rule for KeepSelf {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        let Some(used) = &step.used else { return };
        let is_root = match (&used.local, used.uses.target) {
            (Some(Local::Own { path, .. }), _) => path.is_empty(),
            (Some(Local::NotCheckedOut), Some(StepUses::Workspace(path))) => {
                path.text.trim_matches(['.', '/']).is_empty()
            }
            (None, Some(StepUses::SelfRepository(path))) => path.text.is_empty(),
            _ => false,
        };
        if is_root && used.target != Some(Target::NotThere) {
            found.reason(step.uses_spot(), used.uses.uses.value);
        }
    }
}
