//! From the text of a file to what is printed of it.

use serde::Serialize;
use towpath_migrate::read::{self, Limits, read_action, read_workflow};
use towpath_migrate::sources::{Disk, Item, Place, Shape, Supplied, Text, What};

/// How much a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// It may not do what was meant.
    Warning,
    /// GitHub rejects it.
    Error,
}

/// Something that somebody should know of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// A word for programs, which stays the same.
    pub(super) code: &'static str,
    /// GitHub's text where GitHub has one.
    pub(super) message: String,
    /// Where, when it is known better than by the file.
    pub(super) place: Option<Place>,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Understood {
    pub(super) what: What,
    pub(super) findings: Vec<Finding>,
}

/// Understands a file, on one of many threads: what is to be known of its text begins here.
pub(super) fn understand(item: &Item, text: &Text, _supplied: Option<&Supplied<'_, Disk>>) -> Understood {
    let (what, source, limits) = (What::of(item.role, text.body()), text.as_str(), Limits::default());
    let findings = match what {
        What::Workflow | What::Template => found(text, &read_workflow(source, &limits), today),
        What::Action => found(text, &read_action(source, &limits), today),
        What::Neither if item.unit.shape == Shape::File => vec![neither()],
        What::Neither => Vec::new(),
    };
    Understood { what, findings }
}

/// What GitHub refuses.
fn refused(text: &Text, problems: &[read::Problem]) -> Vec<Finding> {
    let finding = |problem: &read::Problem| Finding {
        severity: Severity::Error,
        code: code(&problem.kind),
        message: problem.message.clone(),
        place: Some(text.place(problem.span.start)),
        hint: problem.hint.clone(),
    };
    problems.iter().map(finding).collect()
}

fn code(kind: &read::ProblemKind) -> &'static str {
    use read::ProblemKind as K;
    match kind {
        K::Syntax => "syntax",
        K::Limit => "limit",
        K::Tag => "tag",
        K::Anchor => "anchor",
        K::Documents => "documents",
        K::Key => "key",
        K::UnexpectedKey => "unexpected-key",
        K::UnexpectedValue => "unexpected-value",
        K::UnexpectedStructure => "unexpected-structure",
        K::Duplicate => "duplicate",
        K::Missing => "missing-key",
        K::Ambiguous => "ambiguous",
        K::NoExpressionHere => "no-expression-here",
        K::Expression(_) => "expression",
        K::Conversion => "conversion",
    }
}

/// Of a file that somebody named.
fn neither() -> Finding {
    Finding {
        severity: Severity::Warning,
        code: "neither",
        message: "it is neither a workflow nor an action: no line begins with on:, jobs: or runs:".to_owned(),
        place: None,
        hint: Some("name a file that is one".to_owned()),
    }
}
