//! Conditions that are always true, whatever they say.

use crate::expression::Condition;
use crate::model::At;
use crate::security::class::{Check, Class, Severity};
use crate::security::found::Found;
use crate::security::sight::{FileSight, JobSight, StepSight};
use crate::security::sites::Place;
use crate::span::Span;

/// The check.
pub(super) const CHECK: &dyn Check = &UnsoundCondition;

struct UnsoundCondition;

const CLASS: Class = Class {
    id: "unsound-condition",
    title: "a condition is always true",
    why: "Where anything stands beside ${{ }}, be it the line end that | and > keep, the condition is a text, and a text is \
          true. What it was to keep from running runs always.",
    remedy: "leave ${{ }} away, or write |- or >- instead of | or >",
    severity: Severity::High,
};

impl Check for UnsoundCondition {
    fn class(&self) -> &'static Class {
        &CLASS
    }

    fn job(&self, file: &FileSight<'_, '_>, job: &JobSight<'_, '_>, found: &mut Found<'_>) {
        look(file, job.job.condition.as_ref(), Place::Job(job.shape), job.span(file), found);
    }

    fn step(
        &self,
        file: &FileSight<'_, '_>,
        job: &JobSight<'_, '_>,
        step: &StepSight<'_, '_>,
        found: &mut Found<'_>,
    ) {
        let (place, area) = (Place::Step(job.shape, step.at), file.span(step.step.token));
        look(file, step.step.condition.as_ref(), place, area, found);
    }
}

fn look(
    file: &FileSight<'_, '_>,
    condition: Option<&At<Box<Condition>>>,
    place: Place,
    area: Span,
    found: &mut Found<'_>,
) {
    let Some(condition) = condition else { return };
    if !condition.value.has_text {
        return found.site(place, None);
    }
    let span = file.with_key(condition.token);
    found.violation(place, CLASS.severity, span, file.span(condition.token).of(file.document().tree().source()), &[area]);
}
