//! From the text of a file to what is printed of it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use towpath_migrate::model::{Action, Workflow};
use towpath_migrate::read::{self, Document, Limits, ProblemKind, read_action, read_workflow};
use towpath_migrate::remarks::{Remark, remarks};
use towpath_migrate::sources::{Disk, Item, Place, Shape, Supplied, Text, What};
use towpath_migrate::values;

use super::excerpt::excerpt;
use super::outline::Outline;
use super::record::Root;
use super::report::Form;

/// How much a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// It may not do what was meant.
    Warning,
    /// GitHub rejects it, or it cannot work.
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
    /// The line, and what in it is meant.
    pub(super) excerpt: Option<String>,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Understood {
    pub(super) what: What,
    pub(super) findings: Vec<Finding>,
    /// What is in it: lines for people, JSON for programs.
    pub(super) content: Option<String>,
}

/// Understands a file, on one of many threads: what is to be known of its text begins here.
pub(super) fn understand(
    form: Form,
    item: &Item,
    text: &Text,
    _supplied: Option<&Supplied<'_, Disk>>,
) -> Understood {
    let (what, source, limits) = (What::of(item.role, text.body()), text.as_str(), Limits::default());
    // In a tree of many files, each has its line.
    let is_told = form == Form::Ndjson || item.unit.shape == Shape::File;
    let (findings, content) = match what {
        What::Workflow | What::Template => {
            let document = read_workflow(source, &limits);
            let workflow = Workflow::of(&document);
            let content = is_told.then(|| match form {
                Form::Tree => Outline::workflow(&workflow),
                Form::Ndjson => json(&document),
            });
            (found(text, &document, &workflow.problems), content)
        }
        What::Action => {
            let document = read_action(source, &limits);
            let action = Action::of(&document);
            let content = is_told.then(|| match form {
                Form::Tree => Outline::action(&action),
                Form::Ndjson => json(&document),
            });
            (found(text, &document, &action.problems), content)
        }
        What::Neither if item.unit.shape == Shape::File => (vec![neither()], None),
        What::Neither => (Vec::new(), None),
    };
    Understood { what, findings, content }
}

fn json(document: &Document) -> String {
    // Tokens are texts, numbers and lists, which always have a form.
    serde_json::to_string(&Root::new(document)).unwrap_or_default()
}

/// What GitHub refuses, on reading and on making jobs and steps of it; and what cannot work.
fn found(text: &Text, document: &Document, problems: &[read::Problem]) -> Vec<Finding> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let refused = document.problems().iter().chain(problems);
    let mut findings: Vec<_> = refused.clone().map(|problem| refusal(text, problem)).collect();
    let is_new = |remark: &Remark| !refused.clone().any(|problem| says_so(problem, remark));
    findings.extend(told(document, today).filter(is_new).map(|remark| remarked(text, remark)));
    findings
}

fn told(document: &Document, today: Date) -> impl Iterator<Item = Remark> {
    remarks(document, today).into_iter()
}

/// Whether a refusal is about the same value.
fn says_so(problem: &read::Problem, remark: &Remark) -> bool {
    problem.message == remark.message || problem.span == remark.span
}

fn refusal(text: &Text, problem: &read::Problem) -> Finding {
    // GitHub has stopped before; what it would not have told is told, and not as its own word.
    let severity = if problem.is_beyond { Severity::Warning } else { Severity::Error };
    Finding {
        severity,
        code: code(&problem.kind),
        message: problem.message.clone(),
        place: Some(text.place(problem.span.start)),
        excerpt: excerpt(text, problem.span),
        hint: problem.hint.clone(),
    }
}

fn remarked(text: &Text, remark: Remark) -> Finding {
    let Remark { code, span, severity, message, hint, .. } = remark;
    let severity = match severity {
        values::Severity::Warning => Severity::Warning,
        values::Severity::Error => Severity::Error,
    };
    let hint = (!hint.is_empty()).then(|| hint.to_owned());
    let place = Some(text.place(span.start));
    Finding { severity, code, message, place, excerpt: excerpt(text, span), hint }
}

fn code(kind: &ProblemKind) -> &'static str {
    use ProblemKind as K;
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
        excerpt: None,
        hint: Some("name a file that is one".to_owned()),
    }
}
