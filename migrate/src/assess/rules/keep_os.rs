//! The job runs on Windows or macOS.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::LegSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &KeepOs;

struct KeepOs;

const META: Meta = Meta {
    id: "keep-os",
    outcome: Verdict::Keep,
    title: "the job runs on Windows or macOS",
    why: "The cluster has no nodes of that system; there are none for macOS anywhere.",
    remedy: "keep it on GitHub, or give the cluster such nodes and say so in the profile",
};

impl Rule for KeepOs {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn leg(&self, leg: &LegSight<'_>, found: &mut Found<'_>) {
        let Some(system) = leg.system() else { return };
        if !leg.job.workflow.profile.systems.contains(&system) {
            found.reason(leg.runs_on_spot(), leg.target());
        }
    }
}
