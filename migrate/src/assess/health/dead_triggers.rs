//! Events that never start anything.

use super::Measure;
use crate::assess::sight::WorkflowSight;
use crate::model::{Event, EventKind, Filters, Names};
use crate::security::{FileSight, Place, Severity, Sites};
use crate::values::cron;

/// The rule.
pub(super) const MEASURE: Measure = Measure {
    id: "dead-trigger",
    title: "an event never starts it",
    remedy: "name what is to start it, or take the event away",
    look,
};

fn look(_: &WorkflowSight<'_>, file: &FileSight<'_, '_>, sites: &mut Sites) {
    for (at, event) in file.events().iter().enumerate() {
        sites.add(MEASURE.id, Place::Workflow(at), is_dead(event).then_some(Severity::Low));
    }
}

/// Whether a filter lets nothing through, or no day has the date of any schedule.
fn is_dead(event: &Event<'_>) -> bool {
    match &event.kind {
        EventKind::Filtered(filters) => {
            let Filters { branches, tags, paths, .. } = &**filters;
            // A push of a branch comes without tags, so one of the two is enough.
            let refs: Vec<_> = [branches, tags].into_iter().flatten().collect();
            let no_ref = !refs.is_empty() && refs.into_iter().all(selects_nothing);
            no_ref || paths.as_ref().is_some_and(selects_nothing)
        }
        EventKind::Schedule(times) => {
            let never = |text: &str| cron::parse(text).is_ok_and(|cron| cron.is_never());
            !times.is_empty() && times.iter().all(|time| never(time.cron.value))
        }
        EventKind::Call(_) | EventKind::Dispatch(_) => false,
    }
}

/// Whether all patterns only take away.
fn selects_nothing(patterns: &Names<'_>) -> bool {
    !patterns.value.is_empty() && patterns.value.iter().all(|pattern| pattern.value.starts_with('!'))
}
