//! It makes an image of its runner.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::JobSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &Snapshot;

struct Snapshot;

const META: Meta = Meta {
    id: "snapshot",
    outcome: Verdict::Edits,
    title: "it makes an image of its runner",
    why: "Pods have images that are built elsewhere.",
    remedy: "build the image by a workflow of its own",
};

impl Rule for Snapshot {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let snapshot = job.job.model.token;
        let document = job.job.workflow.document;
        if let Some(token) = document.get(snapshot, "snapshot") {
            found.reason(job.spot(token), "snapshot");
        }
    }
}
