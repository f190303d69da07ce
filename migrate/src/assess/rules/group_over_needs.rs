//! A job's group depends on other jobs or on its leg.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, Spot};
use crate::assess::verdict::Verdict;
use crate::graph::paths::{Path, paths};
use crate::span::Span;

/// The rule.
pub(super) const RULE: &dyn Rule = &GroupOverNeeds;

struct GroupOverNeeds;

const META: Meta = Meta {
    id: "group-over-needs",
    outcome: Verdict::Redesign,
    title: "a job's group depends on other jobs or on its leg",
    why: "The name of a mutex is known when the run starts; this one is known later.",
    remedy: "name the group by what is known at the start",
};

/// Contexts that a group may have and that nobody knows when the run starts (workflow-v1.0.json: job-concurrency).
const LATE: [&str; 3] = ["needs", "matrix", "strategy"];

impl Rule for GroupOverNeeds {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let Some(group) = job.job.model.concurrency.as_ref().and_then(|concurrency| concurrency.group) else {
            return;
        };
        let document = job.job.workflow.document;
        let Some(template) = document.template(group.token) else { return };
        let is_late = |path: &Path<'_>| LATE.iter().any(|context| path.starts_with(&[context]));
        for part in &template.parts {
            if let Some(path) = paths(&part.expression).iter().find(|path| is_late(path)) {
                let inner = Span::new(path.span.start + part.inner.start, path.span.end + part.inner.start);
                let span = document.tree().place_in(document.token(group.token).node, inner);
                found.reason(Spot { span, ..job.spot(group.token) }, path.to_string());
                return;
            }
        }
    }
}
