//! Jobs that wait for runners which never come.

use jiff::civil::{Date, date};

use super::Measure;
use crate::assess::sight::WorkflowSight;
use crate::security::{FileSight, Place, Severity, Sites};
use crate::values::label::{Label, State, classify};

/// The rule.
pub(super) const MEASURE: Measure = Measure {
    id: "retired-runner",
    title: "a job waits for a runner that never comes",
    remedy: "name a newer version of the system",
    look,
};

/// The day of the table of labels: what is asked twice has one answer.
const AS_OF: Date = date(2026, 11, 21);

fn look(_: &WorkflowSight<'_>, file: &FileSight<'_, '_>, sites: &mut Sites) {
    for job in &file.jobs {
        let runs_on = job.with_steps().and_then(|job| job.runs_on.as_ref());
        let labels = runs_on.and_then(|runs_on| runs_on.labels.as_ref()?.value.literal());
        let Some(labels) = labels else { continue };
        let is_retired = labels.iter().filter_map(|label| label.value.literal()).any(|label| {
            matches!(classify(label), Label::Hosted(hosted) if matches!(hosted.state(AS_OF), State::Retired(_)))
        });
        sites.add(MEASURE.id, Place::Job(job.shape), is_retired.then_some(Severity::Medium));
    }
}
