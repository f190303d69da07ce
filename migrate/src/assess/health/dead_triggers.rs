//! Events that never start anything.

use super::Measure;
use crate::assess::dead::is_dead_event;
use crate::assess::sight::WorkflowSight;
use crate::security::{FileSight, Place, Severity, Sites};

/// The rule.
pub(super) const MEASURE: Measure = Measure {
    id: "dead-trigger",
    title: "an event never starts it",
    remedy: "name what is to start it, or take the event away",
    look,
};

fn look(_: &WorkflowSight<'_>, file: &FileSight<'_, '_>, sites: &mut Sites) {
    for (at, event) in file.events().iter().enumerate() {
        sites.add(MEASURE.id, Place::Workflow(at), is_dead_event(event).then_some(Severity::Low));
    }
}
