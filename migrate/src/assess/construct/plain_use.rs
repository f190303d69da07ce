//! Uses in which a feature keeps its meaning, although it does not in others.

use crate::features::{Construct, Feature};
use crate::read::Document;

/// What the workflow is started by, as far as it says what is in the context of an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Starts {
    /// Whether every event that starts it has the body of a webhook.
    pub(super) all_have_bodies: bool,
}

/// Why a use keeps its meaning.
type Reason = &'static str;

/// A value for which nothing is left of the difference.
const VALUES: [(&str, &str, Reason); 5] = [
    (
        "workflow/workflow-dispatch-input.required",
        "false",
        "a parameter whose value is empty where nobody gives one",
    ),
    ("workflow/strategy.fail-fast", "false", "no leg is stopped for another"),
    ("workflow/concurrency-mapping.cancel-in-progress", "false", "nothing is cancelled; see the group"),
    (
        "workflow/workflow-call-secret-mapping-definition.required",
        "false",
        "secretKeyRef that is optional, as on GitHub",
    ),
    ("workflow/concurrency-mapping.queue", "max", "mutex, whose queue keeps the order"),
];

/// Keys whose empty mapping asks for nothing.
const EMPTY: [(&str, Reason); 3] = [
    ("workflow/workflow-root.permissions", "no right is asked for"),
    ("workflow/job-factory.permissions", "no right is asked for"),
    ("workflow/workflow-job.permissions", "no right is asked for"),
];

/// How features begin that are rights of the token.
const RIGHT: &str = "workflow/permissions-mapping.";

/// Rows whose difference is only there where no webhook starts a run, and what is left.
const BODIES: [(&str, Reason); 3] = [
    ("from the webhook body; a constant for schedules and by hand", "from the webhook body"),
    ("sender of the webhook; for schedules nobody's name", "sender of the webhook"),
    ("sender of the webhook; for schedules nobody's id", "sender of the webhook"),
];

/// Why this use of a feature keeps its meaning, if it does.
pub(super) fn plain(
    feature: &Feature,
    construct: &Construct,
    document: &Document,
    starts: Starts,
) -> Option<Reason> {
    let body = BODIES.iter().find(|(how, _)| *how == feature.how).filter(|_| starts.all_have_bodies);
    if let Some((_, why)) = body {
        return Some(why);
    }
    let source = construct.span.of(document.tree().source());
    let value = source.split_once(':').map(|(_, value)| value.trim()).unwrap_or_default();
    if value == "none" && feature.id.starts_with(RIGHT) {
        return Some("no right is asked for");
    }
    let by_value = VALUES.iter().find(|(id, said, _)| *id == feature.id && *said == value);
    let is_meant = |(id, _): &&(&str, Reason)| *id == feature.id && is_empty(value);
    by_value.map(|(.., why)| *why).or_else(|| EMPTY.iter().find(is_meant).map(|(_, why)| *why))
}

/// Whether a value is a mapping in braces with nothing in it.
fn is_empty(value: &str) -> bool {
    let inner = value.strip_prefix('{').and_then(|value| value.strip_suffix('}'));
    inner.is_some_and(|inner| inner.trim().is_empty())
}
