//! Uses in which a feature keeps its meaning, although it does not in others.

use super::nest::Nest;
use crate::features::Feature;
use crate::yaml::{Kind, NodeId, Tree};

/// What the workflow is started by, as far as it says what is in the context of an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Starts {
    /// Whether every event that starts it has the body of a webhook.
    pub(super) all_have_bodies: bool,
}

/// A value for which nothing is left of the difference, and why.
pub(super) const VALUES: [(&str, &str, &str); 5] = [
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
pub(super) const EMPTY: [&str; 3] = [
    "workflow/workflow-root.permissions",
    "workflow/job-factory.permissions",
    "workflow/workflow-job.permissions",
];

/// How features begin that are rights of the token.
pub(super) const RIGHT: &str = "workflow/permissions-mapping.";

/// Why an empty mapping of rights, and a right that is not given, keep their meaning.
const NO_RIGHT: &str = "no right is asked for";

/// Parts of the context whose difference is only there where no webhook starts a run, each with all below it, and what is left.
pub(super) const BODIES: [(&str, &str); 3] = [
    ("context/github.event.repository", "from the webhook body"),
    ("context/github.actor", "sender of the webhook"),
    ("context/github.actor_id", "sender of the webhook"),
];

/// Why this use of a feature keeps its meaning, if it does.
pub(super) fn plain(feature: &Feature, at: usize, nest: Nest<'_>, starts: Starts) -> Option<&'static str> {
    let body = BODIES.iter().find(|(id, _)| starts.all_have_bodies && is_in(&feature.id, id));
    if let Some((_, why)) = body {
        return Some(why);
    }
    let tree = nest.document.tree();
    let is =
        |said: &str| nest.value(at).and_then(|value| tree.text(value)).is_some_and(|text| says(text, said));
    if feature.id.starts_with(RIGHT) {
        return is("none").then_some(NO_RIGHT);
    }
    if EMPTY.contains(&feature.id.as_str()) {
        return nest.value(at).is_some_and(|value| is_empty(tree, value)).then_some(NO_RIGHT);
    }
    let by_value = VALUES.iter().find(|(id, said, _)| *id == feature.id && is(said));
    by_value.map(|(.., why)| *why)
}

/// Whether a part of the context is this one or below it.
fn is_in(id: &str, part: &str) -> bool {
    id.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a text says this to GitHub, for which `false` may be written in three ways.
fn says(text: &str, said: &str) -> bool {
    text == said || (said == "false" && matches!(text, "False" | "FALSE"))
}

/// Whether a value is a mapping with nothing in it.
fn is_empty(tree: &Tree, value: NodeId) -> bool {
    matches!(tree.node(value).kind(), Kind::Mapping(_)) && tree.children(value).next().is_none()
}
