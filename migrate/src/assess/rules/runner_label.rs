//! A label is of a runner that somebody set up.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::LegSight;
use crate::assess::verdict::Verdict;
use crate::values::label::{Label, System, classify};

/// The rule.
pub(super) const RULE: &dyn Rule = &RunnerLabel;

struct RunnerLabel;

const META: Meta = Meta {
    id: "runner-label",
    outcome: Verdict::Edits,
    title: "a label is of a runner that somebody set up",
    why: "What is installed there, and what it can reach, is known to whoever set it up.",
    remedy: "say in a profile which image and which nodes stand for the label",
};

impl Rule for RunnerLabel {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn leg(&self, leg: &LegSight<'_>, found: &mut Found<'_>) {
        let labels = leg.labels();
        let is_linux = leg.system() == Some(System::Linux);
        let is_own = |label: &&str| {
            // An expression that comes to a label of GitHub's, whichever it is, is none.
            !label.contains("${{")
                && !matches!(classify(label), Label::Hosted(_))
                && leg.job.workflow.profile.system_of(label).is_none()
        };
        if is_linux && labels.iter().any(is_own) {
            found.reason(leg.runs_on_spot(), labels.join(", "));
        }
    }
}
