//! It gives findings to code scanning of GitHub.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &CodeScanning;

struct CodeScanning;

const META: Meta = Meta {
    id: "code-scanning",
    outcome: Verdict::Edits,
    title: "it gives findings to code scanning of GitHub",
    why: "The upload needs a token with the right for it; the check run that GitHub makes of it has another name.",
    remedy: "upload with gh api and a minted token, or keep the findings as an artifact",
};

impl Rule for CodeScanning {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if let Some(used) = &step.used
            && used.is_for(&META)
        {
            found.reason(step.uses_spot(), used.name());
        }
    }
}
