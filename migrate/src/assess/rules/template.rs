//! The file is made to begin workflows with.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{FileAt, Spot, WorkflowSight};
use crate::assess::verdict::Verdict;
use crate::model::placeholders;
use crate::span::Span;

/// The rule.
pub(super) const RULE: &dyn Rule = &Template;

struct Template;

const META: Meta = Meta {
    id: "template",
    outcome: Verdict::Template,
    title: "the file is made to begin workflows with",
    why: "GitHub offers it to whoever makes a workflow, and puts names in for its placeholders. It never runs itself.",
    remedy: "assess the workflows that were made from it",
};

impl Rule for Template {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn workflow(&self, workflow: &WorkflowSight<'_>, found: &mut Found<'_>) {
        let Some(root) = workflow.family.root() else { return };
        for text in placeholders(root.workflow.document) {
            found.reason(workflow.spot(text.token), text.value);
        }
        if workflow.stands_among_templates {
            found.reason(Spot { file: FileAt::Workflow(0), span: Span::default() }, "workflow-templates");
        }
    }
}
