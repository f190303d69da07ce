//! Nobody can tell what it runs on.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::LegSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &UnknownRunner;

struct UnknownRunner;

const META: Meta = Meta {
    id: "unknown-runner",
    outcome: Verdict::Undetermined,
    title: "nobody can tell what it runs on",
    why: "The label comes from an input, a variable or a run, or says nothing of its system.",
    remedy: "say in a profile what the label, the group or its expression stands for: labels: {'${{ vars.RUNNER }}': linux}",
};

impl Rule for UnknownRunner {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn leg(&self, leg: &LegSight<'_>, found: &mut Found<'_>) {
        let has_runner =
            leg.runner.is_some() && leg.job.job.steps().is_some_and(|steps| steps.runs_on.is_some());
        if has_runner && leg.system().is_none() {
            found.reason(leg.runs_on_spot(), leg.target());
        }
    }
}
