//! A stranger's files in a run that has the rights of the repository.

use super::Measure;
use crate::assess::entries;
use crate::assess::sight::WorkflowSight;
use crate::graph::paths::paths_of;
use crate::model::{Scalar, value_of};
use crate::security::{FileSight, Place, Severity, Sites};

/// The rule.
pub(super) const MEASURE: Measure = Measure {
    id: "untrusted-checkout",
    title: "a stranger's files are checked out with the rights of the repository",
    remedy: "check out the base, or use pull_request for what runs the files",
    look,
};

/// Events that a stranger brings about, and that have the rights of the repository.
const EVENTS: [&str; 3] = ["pull_request_target", "workflow_run", "issue_comment"];

/// Values that name what a stranger wrote.
const HEADS: [&[&str]; 4] = [
    &["github", "event", "pull_request", "head"],
    &["github", "event", "workflow_run", "head_sha"],
    &["github", "event", "workflow_run", "head_branch"],
    &["github", "head_ref"],
];

fn look(_: &WorkflowSight<'_>, file: &FileSight<'_, '_>, sites: &mut Sites) {
    // A checkout is a place whatever starts the workflow, so that another event mends places and takes none away.
    let is_strangers = EVENTS.iter().any(|event| file.has_event(event));
    for job in &file.jobs {
        for step in job.steps.iter().filter(|step| step.action == "actions/checkout") {
            let with = step.uses().and_then(|uses| uses.with.as_ref());
            let given = ["ref", "repository"].iter().filter_map(|input| value_of(entries(with), input));
            let is_theirs = is_strangers && given.into_iter().any(|given| is_head(given.value));
            let place = Place::Step(job.shape, step.at);
            sites.add(MEASURE.id, place, is_theirs.then_some(Severity::High));
        }
    }
}

fn is_head(given: Scalar<'_>) -> bool {
    let read = given.expression().map(paths_of).unwrap_or_default();
    read.iter().any(|path| HEADS.iter().any(|head| path.starts_with(head)))
}
