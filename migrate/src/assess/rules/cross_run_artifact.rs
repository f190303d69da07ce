//! It gets what another run left.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &CrossRunArtifact;

struct CrossRunArtifact;

const META: Meta = Meta {
    id: "cross-run-artifact",
    outcome: Verdict::Redesign,
    title: "it gets what another run left",
    why: "The runs of the other side have other names, and their artifacts stand elsewhere.",
    remedy: "let one workflow make and use it, or publish it where both can reach it",
};

impl Rule for CrossRunArtifact {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if let Some(used) = &step.used {
            let is_known = used.is_for(&META);
            let other_run = used.is(&["actions/download-artifact"]).then(|| step.input("run-id")).flatten();
            if is_known || other_run.is_some() {
                found.reason(step.uses_spot(), used.name());
            }
        }
        step.commands(&mut |words, span| {
            if words.starts_with(&["gh", "run", "download"]) {
                found.reason(step.in_script(span), "gh run download");
            }
        });
    }
}
