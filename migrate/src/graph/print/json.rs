//! A graph as JSON. `docs/migration/graph.md` says what each field is.
//!
//! Keys and their order are stable; new ones may come. Places are `{"line", "column", "start", "end"}`: line and column as
//! GitHub counts them, from 1, columns in UTF-16 units; start and end in bytes.

mod actions;
mod around;
mod calls;
mod flow;
mod matrix;
mod names;
mod setting;
mod step;
#[cfg(test)]
mod tests;
mod trigger;

use self::step::Steps;
use super::writer::Writer;
use crate::expression::{Condition, Truth};
use crate::graph::flow::Flow;
use crate::graph::reads::reads_of;
use crate::graph::status::{Asker, When, oddity};
use crate::graph::{Actions, Effective, Family, Graph, Job};
use crate::model::At;
use crate::read::Document;
use crate::span::Span;

/// What the JSON is called that is written here.
const FORMAT: &str = "towpath-graph/1";

/// Something that is told of the workflow that a family began with, by whoever prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'t> {
    /// `error` or `warning`.
    pub severity: &'t str,
    /// A word for programs, which stays the same.
    pub code: &'t str,
    /// What is told.
    pub message: &'t str,
    /// Where, in bytes of the file, if it is known.
    pub at: Option<Span>,
    /// What to do about it.
    pub hint: Option<&'t str>,
}

/// A workflow with all that it calls and the actions that are known, as JSON; with what else is told of it.
#[must_use]
pub fn json(family: &Family<'_>, actions: &Actions<'_>, findings: &[Told<'_>]) -> String {
    let flows = actions.flows(family);
    let documents = family.graphs.iter().map(|graph| graph.workflow.document);
    let documents = documents.chain(actions.models.iter().map(|action| action.document));
    let mut writer = Writer::new(documents.map(|document| document.tree().source()));
    writer.object(|writer| {
        writer.field("format", FORMAT);
        if let Some((graph, flow)) = family.graphs.first().zip(flows.first()) {
            write_graph(writer, (family, actions), 0, graph, flow);
        }
        writer.list("findings", findings, |writer, told| {
            writer.object(|writer| {
                writer.field("severity", told.severity);
                writer.field("code", told.code);
                writer.field("message", told.message);
                if let Some(at) = told.at {
                    writer.place("at", at);
                }
                writer.optional("hint", told.hint);
            });
        });
        actions::write(writer, family, actions, &flows);
        if family.graphs.len() > 1 {
            calls::write_run(writer, family);
            let called = family.graphs.iter().zip(&flows).enumerate().skip(1);
            writer.list("called", called, |writer, (file, (graph, flow))| {
                let before = writer.turn_to(file);
                writer.object(|writer| write_graph(writer, (family, actions), file, graph, flow));
                writer.turn_to(before);
            });
        }
    });
    writer.finish()
}

fn write_graph(
    writer: &mut Writer<'_>,
    (family, actions): (&Family<'_>, &Actions<'_>),
    file: usize,
    graph: &Graph<'_>,
    flow: &Flow<'_>,
) {
    let (document, workflow) = (graph.workflow.document, graph.workflow);
    writer.field("file", family.file_name(file));
    writer.optional("name", workflow.name.map(|name| name.value));
    setting::optional(writer, document, "run_name", workflow.run_name.map(|name| name.token));
    writer.list("triggers", &graph.triggers(), |writer, trigger| trigger::write(writer, document, trigger));
    around::concurrency(writer, document, workflow.concurrency.as_ref());
    names::mapping(writer, document, "env", workflow.env.as_ref());
    let reads = workflow.env.as_ref().map(|env| reads_of(document, env.token, "env")).unwrap_or_default();
    names::secrets(writer, document, reads.iter());
    writer.list("jobs", &graph.jobs, |writer, job| write_job(writer, family, file, flow, job));
    flow::write(writer, (family, actions), file, flow);
    writer.list("problems", workflow.all_problems(), |writer, problem| {
        writer.object(|writer| {
            let is_refused = problem.is_refusal() && !problem.is_beyond;
            writer.field("severity", if is_refused { "error" } else { "warning" });
            writer.field("message", &problem.message);
            writer.place("at", problem.span);
        });
    });
}

fn write_job(writer: &mut Writer<'_>, family: &Family<'_>, file: usize, flow: &Flow<'_>, job: &Job<'_>) {
    let document = job.workflow.document;
    let name = |id: &crate::graph::JobId| family.graphs.get(file)?.job(*id).map(|job| job.model.id.value);
    writer.object(|writer| {
        writer.field("id", job.model.id.value);
        writer.place("at", document.span(job.model.token));
        setting::optional(writer, document, "name", job.model.name.map(|name| name.token));
        writer.texts("needs", job.needs.iter().filter_map(name));
        write_condition(writer, document, job.model.condition.as_ref(), job.asker());
        around::strategy(writer, job);
        if let Some(matrix) = &job.matrix {
            matrix::write(writer, document, &matrix.expansion);
        }
        writer.bounded(("checks", "checks_left_out"), 0..job.check_count(), |writer, at| {
            let name = job.check_name(at);
            writer.inline_object(|writer| {
                writer.field("name", &name.text);
                writer.plain("exact", name.is_exact);
            });
        });
        write_permissions(writer, Some(document), &job.permissions);
        around::concurrency(writer, document, job.model.concurrency.as_ref());
        names::secrets(writer, document, flow.reads.get(job.id.index()).into_iter().flatten());
        if let Some(called) = family.call(file, job.id) {
            calls::write_call(writer, family, called);
        }
        if let Some(own) = job.steps() {
            let steps = Steps::of(job);
            steps.write_runners(writer);
            around::steps(writer, document, own);
            steps.write(writer, flow);
        }
    });
}

fn write_condition(
    writer: &mut Writer<'_>,
    document: &Document,
    condition: Option<&At<Box<Condition>>>,
    asker: Asker<'_>,
) {
    let when = When::of(condition.map(|condition| &*condition.value), asker);
    writer.object_at("runs", |writer| {
        write_when(writer, &when);
        let Some(At { token, value }) = condition else { return };
        if let Some(written) = &value.written {
            writer.field("if", written.source());
        }
        writer.field("evaluated", value.expression.source());
        writer.place("at", document.span(*token));
        if let Some(odd) = oddity(value, &when, asker) {
            writer.field("odd", odd.name());
            writer.field("instead", odd.hint());
        }
    });
}

/// Whether something runs, by how everything before it went.
fn write_when(writer: &mut Writer<'_>, when: &When) {
    for situation in when.situations {
        let runs = match when.runs(*situation) {
            Truth::True => "yes",
            Truth::False => "no",
            Truth::Unknown => "depends",
        };
        writer.field(situation.name(), runs);
    }
}

/// What a token may do; where that is said, if it is in this document.
fn write_permissions(writer: &mut Writer<'_>, document: Option<&Document>, permissions: &Effective) {
    writer.object_at("permissions", |writer| {
        writer.field("from", permissions.origin.name());
        if let Some((document, token)) = document.zip(permissions.token) {
            writer.place("at", document.span(token));
        }
        if let Some(given) = &permissions.given {
            writer.object_at("scopes", |writer| {
                for (scope, level) in given.granted() {
                    writer.field(scope.name(), level.name());
                }
            });
        }
    });
}
