//! A step does work that is GitHub's own.

use crate::assess::profile::Said;
use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, StepSight};
use crate::assess::verdict::Verdict;
use crate::fidelity::Fidelity;

/// The rule.
pub(super) const RULE: &dyn Rule = &KeepAction;

struct KeepAction;

const META: Meta = Meta {
    id: "keep-action",
    outcome: Verdict::Keep,
    title: "a step does work that is GitHub's own",
    why: "It tends issues, labels, pages, code scanning or publishing on GitHub; moved, it would do the same work from farther away.",
    remedy: "keep the job on GitHub",
};

impl Rule for KeepAction {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        let Some(used) = &step.used else { return };
        if step.said() == Some(Said::Stays) {
            found.reason(step.uses_spot(), used.uses.uses.value);
            return;
        }
        if let (Some(name), Some(known)) = (&used.name, used.known)
            && known.fidelity == Fidelity::Keep
            && known.rule.is_none()
        {
            found.reason(step.uses_spot(), name);
        }
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        if let Some(call) = job.job.call().filter(|_| job.said() == Some(Said::Stays)) {
            found.reason(job.spot(call.uses.token), call.uses.value);
        }
    }
}
