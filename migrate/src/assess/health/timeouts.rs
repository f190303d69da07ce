//! Jobs that may run for six hours.

use super::Measure;
use crate::assess::sight::WorkflowSight;
use crate::security::{FileSight, Place, Severity, Sites};

/// The rule.
pub(super) const MEASURE: Measure = Measure {
    id: "no-timeout",
    title: "a job may run for six hours",
    remedy: "write timeout-minutes: twice what it takes",
    look,
};

/// A job has a timeout, or each of its steps has one.
fn look(_: &WorkflowSight<'_>, file: &FileSight<'_, '_>, sites: &mut Sites) {
    for job in &file.jobs {
        let Some(written) = job.with_steps() else { continue };
        let by_steps =
            !job.steps.is_empty() && job.steps.iter().all(|step| step.step.timeout_minutes.is_some());
        let is_bounded = written.timeout_minutes.is_some() || by_steps;
        sites.add(MEASURE.id, Place::Job(job.shape), (!is_bounded).then_some(Severity::Low));
    }
}
