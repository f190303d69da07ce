//! Calls of other workflows.

use super::step::write_runners;
use super::{names, setting, write_permissions, write_when};
use crate::graph::flow::written;
use crate::graph::matrix::MAX_LEGS;
use crate::graph::print::writer::Writer;
use crate::graph::status::When;
use crate::graph::{Bound, Called, CheckName, Family, Given, RunJob, Runner, SecretFrom};
use crate::model::Secrets;
use crate::model::call::Link;

/// What a job calls, and what it gives.
pub(super) fn write_call(writer: &mut Writer<'_>, family: &Family<'_>, called: &Called<'_>) {
    writer.object_at("calls", |writer| {
        writer.field("uses", called.call.uses.value);
        if let Some(graph) = family.graphs.get(called.file) {
            writer.place("at", graph.workflow.document.span(called.call.uses.token));
        }
        match called.link {
            Link::Workflow(file) => writer.field("file", family.file_name(file)),
            Link::NotThere => writer.field("unknown", "the repository has no such file"),
            Link::NotSupplied | Link::Unreadable => {
                let why = family.program.why_unknown(called.file, called.call);
                writer.field("unknown", why.as_deref().unwrap_or("nobody supplied it"));
            }
        }
        let document = family.graphs.get(called.file).map(|graph| graph.workflow.document);
        if let Some(document) = document.filter(|_| !matches!(called.link, Link::Workflow(_))) {
            names::entries(writer, document, "with", &called.call.with);
        }
        writer.list("inputs", &called.inputs, |writer, bound| write_input(writer, family, called, bound));
        if let Secrets::Inherit(_) = called.call.secrets {
            writer.plain("inherits_secrets", true);
        }
        writer.list("secrets", &called.secrets, |writer, secret| {
            writer.inline_object(|writer| {
                writer.field("name", secret.name);
                match (secret.from, document) {
                    (SecretFrom::Caller(value), Some(document)) => {
                        writer.field("from", "caller");
                        // What is written there may be a secret.
                        if value.value.expression().is_some() {
                            writer.field("expression", written(document, value.token));
                        }
                        writer.place("at", document.span(value.token));
                    }
                    (SecretFrom::Caller(_), None) => writer.field("from", "caller"),
                    (SecretFrom::Inherited, _) => writer.field("from", "inherited"),
                    (SecretFrom::Nowhere, _) => writer.field("from", "nowhere"),
                }
            });
        });
    });
}

fn write_input(writer: &mut Writer<'_>, family: &Family<'_>, called: &Called<'_>, bound: &Bound<'_>) {
    let document = |file: usize| family.graphs.get(file).map(|graph| graph.workflow.document);
    writer.inline_object(|writer| {
        writer.field("name", bound.input.name.value);
        writer.field("type", bound.input.kind.name());
        match bound.value {
            Given::Caller(value) => {
                writer.field("from", "caller");
                if let Some(document) = document(called.file) {
                    setting::members(writer, document, value.token);
                }
            }
            Given::Default(value) => {
                writer.field("from", "default");
                if let Link::Workflow(file) = called.link
                    && let Some(document) = document(file)
                {
                    let before = writer.turn_to(file);
                    setting::members(writer, document, value.token);
                    writer.turn_to(before);
                }
            }
            Given::Nothing => writer.field("from", "nothing"),
        }
    });
}

/// All jobs of a run, those of called workflows in place of the calls.
pub(super) fn write_run(writer: &mut Writer<'_>, family: &Family<'_>) {
    let name = |file: usize, job| {
        let graph = family.graphs.get(file)?;
        Some(graph.job(job)?.model.id.value)
    };
    writer.list("run", family.jobs(), |writer, job| {
        writer.object(|writer| {
            writer.field("file", family.file_name(job.file));
            writer.texts("by", job.way.iter().filter_map(|(file, job)| name(*file, *job)));
            writer.optional("job", name(job.file, job.job));
            let checks = job.checks.iter().map(|check| check.text.as_str());
            writer.bounded_texts(("checks", "checks_left_out"), checks);
            write_permissions(writer, None, &job.permissions);
            write_as_called(writer, family, &job);
        });
    });
}

/// What is known of a job by those that call it.
fn write_as_called(writer: &mut Writer<'_>, family: &Family<'_>, run: &RunJob) {
    let mut when: Option<When> = None;
    let mut runners: Vec<(Runner, Option<String>)> = Vec::new();
    let mut environments: Vec<CheckName> = Vec::new();
    for job in family.as_called(run) {
        when = Some(when.map_or(job.when, |when| when.or(job.when)));
        // Nobody reads more of them, and each is compared with all.
        if !writer.has_room() || runners.len() > MAX_LEGS || environments.len() > MAX_LEGS {
            continue;
        }
        runners = each_once(runners, job.runners());
        environments = each_once(environments, job.environment_names());
    }
    if let Some(when) = when {
        writer.object_at("runs", |writer| write_when(writer, &when));
    }
    write_runners(writer, &runners);
    writer.bounded(("environments", "environments_left_out"), environments.iter(), |writer, name| {
        writer.inline_object(|writer| {
            writer.field("name", &name.text);
            writer.plain("exact", name.is_exact);
        });
    });
}

fn each_once<T: PartialEq>(mut known: Vec<T>, more: Vec<T>) -> Vec<T> {
    for one in more {
        if !known.contains(&one) {
            known.push(one);
        }
    }
    known
}
