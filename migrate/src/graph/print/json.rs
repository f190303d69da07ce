//! A graph as JSON.
//!
//! Keys and their order are stable; new ones may come. Places are `{"line", "column", "start", "end"}`: line and column as
//! GitHub counts them, from 1, columns in UTF-16 units; start and end in bytes.

use super::writer::Writer;
use crate::expression::{Condition, Truth};
use crate::graph::matrix::{Cell, CellValue, Expansion, Leg, Legs, Unknowns};
use crate::graph::status::{Situation, When, oddity};
use crate::graph::{Graph, Job};
use crate::model::{At, Step};
use crate::read::{Document, TokenId};

/// What the JSON is called that is written here.
const FORMAT: &str = "towpath-graph/1";

/// The graph as JSON.
#[must_use]
pub fn json(graph: &Graph<'_>) -> String {
    let document = graph.workflow.document;
    let mut writer = Writer::new(document.tree().source());
    writer.object(|writer| {
        writer.field("format", FORMAT);
        writer.optional("name", graph.workflow.name.map(|name| name.value));
        writer.list("jobs", &graph.jobs, |writer, job| write_job(writer, graph, job));
        let problems = graph.workflow.all_problems();
        writer.list("problems", problems, |writer, problem| {
            writer.object(|writer| {
                writer.field("message", &problem.message);
                writer.place("at", problem.span);
            });
        });
    });
    writer.finish()
}

fn write_job(writer: &mut Writer<'_>, graph: &Graph<'_>, job: &Job<'_>) {
    let document = graph.workflow.document;
    let name = |id: &crate::graph::JobId| graph.job(*id).map(|job| job.model.id.value);
    writer.object(|writer| {
        writer.field("id", job.model.id.value);
        writer.place("at", document.span(job.model.token));
        writer.texts("needs", job.needs.iter().filter_map(name));
        writer.texts("ancestors", job.ancestors.iter().filter_map(name));
        write_condition(writer, document, job.model.condition.as_ref(), &job.when, &Situation::ALL);
        if let Some(matrix) = &job.matrix {
            write_matrix(writer, document, &matrix.expansion);
        }
        writer.list("checks", job.check_names(), |writer, name| {
            writer.object(|writer| {
                writer.field("name", &name.text);
                writer.plain("exact", name.is_exact);
            });
        });
        write_permissions(writer, job);
        match (job.call(), job.steps()) {
            (Some(call), _) => writer.field("calls", call.uses.value),
            (None, Some(steps)) => {
                writer.list("steps", &steps.steps, |writer, step| write_step(writer, job, step));
            }
            (None, None) => {}
        }
    });
}

fn write_condition(
    writer: &mut Writer<'_>,
    document: &Document,
    condition: Option<&At<Box<Condition>>>,
    when: &When,
    situations: &[Situation],
) {
    writer.object_at("runs", |writer| {
        for situation in situations {
            writer.field(
                situation.name(),
                match when.runs(*situation) {
                    Truth::True => "yes",
                    Truth::False => "no",
                    Truth::Unknown => "depends",
                },
            );
        }
        let Some(At { token, value }) = condition else { return };
        if let Some(written) = &value.written {
            writer.field("if", written.source());
        }
        writer.field("evaluated", value.expression.source());
        writer.place("at", document.span(*token));
        if let Some(odd) = oddity(value, when) {
            writer.field("odd", odd.name());
        }
    });
}

fn write_matrix(writer: &mut Writer<'_>, document: &Document, expansion: &Expansion) {
    writer.object_at("matrix", |writer| match expansion {
        Expansion::Dynamic(unknown) => {
            writer.field("known", "dynamic");
            writer.field("expression", &unknown.expression);
            writer.place("at", document.span(unknown.token));
        }
        Expansion::Exact(legs) => {
            writer.field("known", "exact");
            write_legs(writer, document, legs);
        }
        Expansion::UpTo(legs) => {
            writer.field("known", "up to");
            writer.list("unknowns", &legs.unknowns, |writer, unknown| {
                writer.object(|writer| {
                    writer.field("expression", &unknown.expression);
                    writer.place("at", document.span(unknown.token));
                });
            });
            write_unknowns(writer, "more_by", legs, &legs.more);
            write_legs(writer, document, legs);
        }
    });
}

fn write_legs(writer: &mut Writer<'_>, document: &Document, legs: &Legs) {
    if legs.too_many {
        writer.plain("too_many", true);
    }
    writer.list("legs", &legs.legs, |writer, leg| write_leg(writer, document, legs, leg));
}

fn write_leg(writer: &mut Writer<'_>, document: &Document, legs: &Legs, leg: &Leg) {
    writer.object(|writer| {
        if let Some(id) = &leg.id {
            writer.field("id", id);
        }
        writer
            .list("values", &leg.values, |writer, (key, cell)| write_cell(writer, document, legs, key, cell));
        write_unknowns(writer, "depends_on", legs, &leg.depends_on);
        write_unknowns(writer, "may_differ_by", legs, &leg.extra);
    });
}

fn write_cell(writer: &mut Writer<'_>, document: &Document, legs: &Legs, key: &str, cell: &Cell) {
    writer.object(|writer| {
        writer.field("key", key);
        match &cell.value {
            CellValue::Known(value) => {
                writer.raw("value", &value.to_json());
                writer.field("text", &value.to_text());
            }
            CellValue::Unknown(unknowns) => write_unknowns(writer, "unknown", legs, unknowns),
            CellValue::Each(unknown) => write_unknowns(writer, "each_of", legs, &[*unknown].into()),
        }
        writer.place("at", place(document, cell.token));
    });
}

fn write_unknowns(writer: &mut Writer<'_>, key: &str, legs: &Legs, unknowns: &Unknowns) {
    if !unknowns.is_empty() {
        let known = unknowns.iter().filter_map(|id| legs.unknown(*id));
        writer.texts(key, known.map(|unknown| &*unknown.expression));
    }
}

fn place(document: &Document, token: TokenId) -> crate::span::Span {
    document.span(token)
}

fn write_permissions(writer: &mut Writer<'_>, job: &Job<'_>) {
    writer.object_at("permissions", |writer| {
        writer.field("from", job.permissions.origin.name());
        if let Some(given) = &job.permissions.given {
            writer.object_at("scopes", |writer| {
                for (scope, level) in given.granted() {
                    writer.field(scope.name(), level.name());
                }
            });
        }
    });
}

fn write_step(writer: &mut Writer<'_>, job: &Job<'_>, step: &Step<'_>) {
    let document = job.workflow.document;
    writer.object(|writer| {
        writer.optional("id", step.id.map(|id| id.value));
        writer.place("at", document.span(step.token));
    });
}
