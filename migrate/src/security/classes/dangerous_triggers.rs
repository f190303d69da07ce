//! Events by which strangers start a workflow that has the secrets and the token of the repository.

use crate::model::Event;
use crate::security::class::{Check, Class, Severity};
use crate::security::found::Found;
use crate::security::sight::{FileSight, JobSight};
use crate::security::sites::Place;

/// The check.
pub(super) const CHECK: &dyn Check = &DangerousTriggers;

struct DangerousTriggers;

const CLASS: Class = Class {
    id: "dangerous-triggers",
    title: "strangers start it with the rights of the repository",
    why: "Whoever opens a pull request or writes a comment starts a run that has secrets and a token that may write. What such \
          a run reads of the pull request, its files, artifacts or words, is theirs.",
    remedy: "use pull_request; where rights are needed, let a second workflow have them that runs nothing of the pull request",
    severity: Severity::High,
};

/// The events. The first is harmless where `actions/labeler` is all that runs: it reads nothing of the pull request.
const EVENTS: [&str; 3] = [TARGET, "workflow_run", "issue_comment"];

const TARGET: &str = "pull_request_target";

const LABELER: &str = "actions/labeler";

impl Check for DangerousTriggers {
    fn class(&self) -> &'static Class {
        &CLASS
    }

    fn workflow(&self, file: &FileSight<'_, '_>, found: &mut Found<'_>) {
        let labels = file.jobs.iter().all(only_labels);
        for (at, event) in file.events().iter().enumerate() {
            let is_excused = event.name.value == TARGET && labels;
            let is_dangerous = EVENTS.contains(&event.name.value);
            let kept = is_dangerous && !(is_excused && file.jobs.len() == 1) && report(file, event, found);
            // A copy of the job that labels is no worse than the job.
            let violation = (kept && !is_excused).then_some(CLASS.severity);
            found.site(Place::Workflow(at), violation);
        }
    }
}

fn report(file: &FileSight<'_, '_>, event: &Event<'_>, found: &mut Found<'_>) -> bool {
    let name = event.name;
    found.finding(CLASS.severity, file.span(name.token), name.value, &file.on().into_iter().collect::<Vec<_>>())
}

/// Whether all that a job does is to put labels on pull requests.
fn only_labels(job: &JobSight<'_, '_>) -> bool {
    matches!(job.steps.as_slice(), [step] if step.action == LABELER)
}
