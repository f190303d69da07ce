//! Uses in which a feature keeps its meaning, although it does not in others.

use std::sync::LazyLock;

use super::nest::Nest;
use crate::features::{Catalogue, Feature, FeatureId};
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

/// When a feature keeps its meaning, and why.
#[derive(Debug, Clone, Copy)]
enum Keeps {
    /// Where every event has the body of a webhook.
    WithBodies(&'static str),
    /// With this value.
    With(&'static str, &'static str),
    /// With an empty mapping.
    Empty,
}

impl Keeps {
    fn of(feature: &Feature) -> Option<Self> {
        let body = BODIES.iter().find(|(id, _)| is_in(&feature.id, id));
        let value = VALUES.iter().find(|(id, ..)| *id == feature.id);
        let is_empty = EMPTY.contains(&feature.id.as_str()).then_some(Self::Empty);
        body.map(|(_, why)| Self::WithBodies(why))
            .or_else(|| feature.id.starts_with(RIGHT).then_some(Self::With("none", NO_RIGHT)))
            .or(is_empty)
            .or_else(|| value.map(|(_, said, why)| Self::With(said, why)))
    }
}

/// Why this use of a feature keeps its meaning, if it does.
pub(super) fn plain(feature: FeatureId, at: usize, nest: Nest<'_>, starts: Starts) -> Option<&'static str> {
    /// By the numbers of features: every construct of every file asks.
    static KEEPS: LazyLock<Vec<Option<Keeps>>> =
        LazyLock::new(|| Catalogue::get().features().map(|(_, feature)| Keeps::of(feature)).collect());
    let tree = nest.document.tree();
    match KEEPS.get(feature.index()).copied().flatten()? {
        Keeps::WithBodies(why) => starts.all_have_bodies.then_some(why),
        Keeps::With(said, why) => says(tree.text(nest.value(at)?)?, said).then_some(why),
        Keeps::Empty => is_empty(tree, nest.value(at)?).then_some(NO_RIGHT),
    }
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
