//! From the text of a file to what is printed of it.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::Serialize;
use towpath_migrate::graph::{Actions, CallOutputs, Family, call_outputs};
use towpath_migrate::model::call::{Bundle, Program, Rules};
use towpath_migrate::model::{Action, JobKind, Workflow};
use towpath_migrate::read::{self, Document, Limits, ProblemKind, read_action, read_workflow};
use towpath_migrate::remarks::{self, Of, Remark, remarks};
use towpath_migrate::sources::{Item, Place, Shape, Text, What};
use towpath_migrate::span::Span;
use towpath_migrate::values;
use towpath_migrate::yaml::{self, Lines};

use super::around::{Around, Sources};
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

impl Severity {
    const fn of(severity: values::Severity) -> Self {
        match severity {
            values::Severity::Warning => Self::Warning,
            values::Severity::Error => Self::Error,
        }
    }

    /// Its name, which stays the same.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
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
    /// Its bytes.
    pub(super) bytes: Option<Span>,
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
pub(super) fn understand(form: Form, item: &Item, text: &Text, sources: &Sources, today: Date) -> Understood {
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
            let (calls, outputs) = of_calls(item, &workflow, source, sources);
            let problems: Vec<_> = workflow.problems.iter().chain(&calls).cloned().collect();
            (found(&document, &problems, Of::Workflow(&workflow, Some(&outputs)), today), content)
        }
        What::Action => {
            let document = read_action(source, &limits);
            let action = Action::of(&document);
            let content = is_told.then(|| match form {
                Form::Tree => Outline::action(&action),
                Form::Ndjson => json(&document),
            });
            (found(&document, &action.problems, Of::Action(&action), today), content)
        }
        What::Neither if item.unit.shape == Shape::File => (vec![neither()], None),
        What::Neither => (Vec::new(), None),
    };
    Understood { what, findings, content }
}

/// What GitHub refuses of the workflows that this one calls, at the place of the call; and the outputs that these have.
fn of_calls(
    item: &Item,
    workflow: &Workflow<'_>,
    source: &str,
    sources: &Sources,
) -> (Vec<read::Problem>, CallOutputs) {
    if !workflow.jobs.iter().any(|job| matches!(job.kind, JobKind::Call(_))) {
        return (Vec::new(), CallOutputs::new());
    }
    let limits = Limits::default();
    let (around, reference) = Around::new(&item.path, sources);
    let bundle = Bundle::load(reference, read_workflow(source, &limits), &around, &limits);
    let program = Program::of(&bundle, &Rules::default());
    (program.of_calls(), call_outputs(&program, 0))
}

/// What is to be told of the workflow that a bundle began with, whichever command asks.
pub(super) fn of_workflow(bundle: &Bundle, program: &Program<'_>, today: Date) -> Vec<Finding> {
    let Some((file, workflow)) = bundle.files().first().zip(program.workflows.first()) else {
        return Vec::new();
    };
    let problems: Vec<_> = workflow.problems.iter().cloned().chain(program.of_calls()).collect();
    let outputs = call_outputs(program, 0);
    found(&file.document, &problems, Of::Workflow(workflow, Some(&outputs)), today)
}

/// What is to be told of the actions that the steps of a workflow use, where these are looked for.
pub(super) fn of_actions(family: &Family<'_>, actions: &Actions<'_>) -> Vec<Finding> {
    let remarks = remarks::of_actions(family, actions);
    let Some(source) = family.root().map(|root| root.workflow.document.tree().source()) else {
        return Vec::new();
    };
    let told = Told { source, lines: Lines::of(source) };
    remarks.into_iter().map(|remark| told.remark(remark)).collect()
}

fn json(document: &Document) -> String {
    // Tokens are texts, numbers and lists, which always have a form.
    serde_json::to_string(&Root::new(document)).unwrap_or_default()
}

/// How many findings of a file are told. GitHub stops at ten errors; a file with so many is no workflow, or a trap.
const MOST: usize = 100;

/// What GitHub refuses, on reading and on making jobs and steps of it; and what cannot work.
fn found(document: &Document, problems: &[read::Problem], of: Of<'_, '_>, today: Date) -> Vec<Finding> {
    let all = || document.problems().iter().chain(problems);
    // What both refuse is told in the words of what runs the file.
    let refusals: HashSet<_> =
        all().filter(|problem| problem.is_refusal()).map(|problem| problem.span).collect();
    let is_told = |problem: &&read::Problem| problem.is_refusal() || !refusals.contains(&problem.span);
    // What is wrong behind an alias, or in a file that calls itself, is wrong in each place that leads there, and told once.
    let mut seen = HashSet::new();
    let all_told =
        all().filter(is_told).filter(|problem| seen.insert((problem.span, problem.message.as_str())));
    let refused = first(all_told, |problem| severity(problem));
    let is_new = |remark: &Remark| !refused.iter().any(|problem| says_so(problem, remark));
    let remarks =
        first(remarks(of, today).into_iter().filter(is_new), |remark| Severity::of(remark.severity));
    if refused.is_empty() && remarks.is_empty() {
        return Vec::new();
    }
    let told = Told { source: document.tree().source(), lines: Lines::of(document.tree().source()) };
    let findings = refused.into_iter().map(|problem| told.refusal(problem));
    let mut findings: Vec<_> =
        findings.chain(remarks.into_iter().map(|remark| told.remark(remark))).collect();
    if findings.len() > MOST {
        // Warnings go first: what the command ends with goes by errors.
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count().min(MOST);
        let (mut errors, mut warnings) = (errors, MOST - errors);
        findings.retain(|finding| {
            let left = if finding.severity == Severity::Error { &mut errors } else { &mut warnings };
            let is_told = *left > 0;
            *left = left.saturating_sub(1);
            is_told
        });
        findings.push(more());
    }
    findings
}

/// The first of each severity, one more than are told at most, in their order.
fn first<T>(all: impl Iterator<Item = T>, severity: impl Fn(&T) -> Severity) -> Vec<T> {
    let (mut errors, mut warnings) = (0, 0);
    let is_among = |item: &T| {
        let count = if severity(item) == Severity::Error { &mut errors } else { &mut warnings };
        *count += 1;
        *count <= MOST + 1
    };
    all.filter(is_among).collect()
}

/// Whether a refusal is about the same value.
fn says_so(problem: &read::Problem, remark: &Remark) -> bool {
    problem.message == remark.message || problem.span == remark.span
}

/// A source with its lines.
struct Told<'s> {
    source: &'s str,
    lines: Lines,
}

impl Told<'_> {
    fn place(&self, span: Span) -> Place {
        let yaml::Place { line, column } = self.lines.place(self.source, span.start);
        Place { offset: span.start, line, column }
    }

    fn refusal(&self, problem: &read::Problem) -> Finding {
        let severity = severity(problem);
        Finding {
            severity,
            code: code(&problem.kind),
            message: problem.message.clone(),
            place: Some(self.place(problem.span)),
            bytes: Some(problem.span),
            excerpt: excerpt(self.source, &self.lines, problem.span),
            hint: problem.hint.clone(),
        }
    }

    fn remark(&self, remark: Remark) -> Finding {
        let Remark { code, span, severity, message, hint, .. } = remark;
        let severity = Severity::of(severity);
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        let excerpt = excerpt(self.source, &self.lines, span);
        Finding { severity, code, message, place: Some(self.place(span)), bytes: Some(span), excerpt, hint }
    }
}

/// GitHub may have stopped before: what it would not have told is told, and not as its own word. Nor is what only its editor
/// refuses.
fn severity(problem: &read::Problem) -> Severity {
    if problem.is_beyond || !problem.is_refusal() { Severity::Warning } else { Severity::Error }
}

fn more() -> Finding {
    Finding {
        severity: Severity::Warning,
        code: "more",
        message: format!("there is more; {MOST} findings are told"),
        place: None,
        bytes: None,
        excerpt: None,
        hint: Some("mend these, and look again".to_owned()),
    }
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
        K::Unread => "unread",
    }
}

/// Of a file that somebody named.
fn neither() -> Finding {
    Finding {
        severity: Severity::Warning,
        code: "neither",
        message: "it is neither a workflow nor an action: its outer mapping has none of on, jobs and runs"
            .to_owned(),
        place: None,
        bytes: None,
        excerpt: None,
        hint: Some("name a file that is one".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use towpath_migrate::model::Workflow;

    use super::*;

    #[test]
    fn what_is_wrong_behind_an_alias_is_told_once() {
        let source = "on: push\njobs:\n  a: {runs-on: x, steps: &s [{run: a, if: 'nope('}]}\n  b: {runs-on: x, steps: *s}\n  c: {runs-on: x, steps: *s}\n";
        let document = read_workflow(source, &Limits::default());
        let workflow = Workflow::of(&document);
        let of = Of::Workflow(&workflow, None);
        let told = found(&document, &workflow.problems, of, jiff::civil::date(2026, 11, 22));
        let places: Vec<_> = told.iter().map(|finding| (finding.message.as_str(), finding.place)).collect();
        let distinct = places.iter().enumerate().filter(|(at, one)| !places[..*at].contains(one)).count();
        assert!(!told.is_empty());
        assert_eq!(distinct, told.len(), "{told:#?}");
    }

    #[test]
    fn an_error_behind_more_warnings_than_are_told_is_told() {
        let mut source = "on:\n  workflow_dispatch:\n    inputs:\n".to_owned();
        for input in 0..120 {
            writeln!(source, "      i{input}: {{type: int}}").unwrap();
        }
        source.push_str("jobs:\n  a: {runs-on: ubuntu-24.04, steps: [{run: x}, {uses: nope}]}\n");
        let document = read_workflow(source, &Limits::default());
        let workflow = Workflow::of(&document);
        let told = found(
            &document,
            &workflow.problems,
            Of::Workflow(&workflow, None),
            jiff::civil::date(2026, 11, 22),
        );
        let errors: Vec<_> = told.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(errors.iter().any(|finding| finding.message.contains("nope")), "{errors:?}");
        assert_eq!((told.len(), told.last().map(|last| last.code)), (MOST + 1, Some("more")));
    }
}
