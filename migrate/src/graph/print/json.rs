//! A graph as JSON.
//!
//! Keys and their order are stable; new ones may come. Places are `{"line", "column", "start", "end"}`: line and column as
//! GitHub counts them, from 1, columns in UTF-16 units; start and end in bytes. Texts that stand for themselves are as they
//! are written, with `${{ }}`.

mod actions;
mod calls;
mod flow;
mod matrix;

use super::writer::Writer;
use crate::expression::{Condition, Truth};
use crate::graph::flow::Flow;
use crate::graph::job::Origin;
use crate::graph::status::{Situation, When, oddity};
use crate::graph::{Actions, Effective, Family, Graph, Job, Local, Runner, Trigger};
use crate::model::{At, EventKind, Mapping, Step, StepKind, StepsJob, Value};
use crate::read::Document;
use crate::values::label::System;

/// What the JSON is called that is written here.
const FORMAT: &str = "towpath-graph/1";

/// What a step can be in: that a step did not run counts for none.
const STEP_SITUATIONS: [Situation; 3] = [Situation::Succeeded, Situation::Failed, Situation::Cancelled];

/// A workflow with all that it calls and the actions that are known, as JSON.
#[must_use]
pub fn json<'d>(family: &Family<'d>, actions: &Actions<'d>) -> String {
    let flows = family.flows();
    let documents = family.graphs.iter().map(|graph| graph.workflow.document);
    let documents = documents.chain(actions.models.iter().map(|action| action.document));
    let mut writer = Writer::new(documents.map(|document| document.tree().source()));
    writer.object(|writer| {
        writer.field("format", FORMAT);
        if let Some((graph, flow)) = family.graphs.first().zip(flows.first()) {
            write_graph(writer, family, 0, graph, flow);
        }
        actions::write(writer, family, actions, &flows);
        if family.graphs.len() > 1 {
            calls::write_run(writer, family);
            let called = family.graphs.iter().zip(&flows).enumerate().skip(1);
            writer.list("called", called, |writer, (file, (graph, flow))| {
                let before = writer.turn_to(file);
                writer.object(|writer| write_graph(writer, family, file, graph, flow));
                writer.turn_to(before);
            });
        }
    });
    writer.finish()
}

fn write_graph(
    writer: &mut Writer<'_>,
    family: &Family<'_>,
    file: usize,
    graph: &Graph<'_>,
    flow: &Flow<'_>,
) {
    let document = graph.workflow.document;
    writer.field("file", family.file_name(file));
    writer.optional("name", graph.workflow.name.map(|name| name.value));
    writer.list("triggers", &graph.triggers(), |writer, trigger| write_trigger(writer, document, trigger));
    writer.list("jobs", &graph.jobs, |writer, job| {
        write_job(writer, graph, flow, job, |writer| {
            if let Some(called) = family.call(file, job.id) {
                calls::write_call(writer, family, called);
            }
        });
    });
    flow::write(writer, family, file, flow);
    let problems = graph.workflow.all_problems();
    writer.list("problems", problems, |writer, problem| {
        writer.object(|writer| {
            writer.field("message", &problem.message);
            writer.place("at", problem.span);
        });
    });
}

fn write_trigger(writer: &mut Writer<'_>, document: &Document, trigger: &Trigger<'_>) {
    writer.object(|writer| {
        writer.field("event", trigger.event.name.value);
        writer.place("at", document.span(trigger.event.name.token));
        if let Some(types) = trigger.types() {
            writer.texts("types", types);
        }
        match &trigger.event.kind {
            EventKind::Filtered(filters) => {
                // The types are told above, with those that GitHub takes where none are named.
                for (key, names) in filters.by_key().filter(|(key, _)| *key != "types") {
                    writer.texts(key, names.value.iter().map(|name| name.value));
                }
            }
            EventKind::Schedule(schedules) => {
                writer.texts("cron", schedules.iter().map(|schedule| schedule.cron.value));
            }
            EventKind::Call(call) => {
                writer.texts("inputs", call.inputs.iter().map(|input| input.name.value));
                writer.texts("secrets", call.secrets.iter().map(|secret| secret.name.value));
                writer.texts("outputs", call.outputs.iter().map(|output| output.name.value));
            }
            EventKind::Dispatch(inputs) => {
                writer.texts("inputs", inputs.iter().map(|input| input.name.value));
            }
        }
    });
}

fn write_job<'s>(
    writer: &mut Writer<'s>,
    graph: &Graph<'_>,
    flow: &Flow<'_>,
    job: &Job<'_>,
    call: impl FnOnce(&mut Writer<'s>),
) {
    let document = graph.workflow.document;
    let name = |id: &crate::graph::JobId| graph.job(*id).map(|job| job.model.id.value);
    writer.object(|writer| {
        writer.field("id", job.model.id.value);
        writer.place("at", document.span(job.model.token));
        writer.texts("needs", job.needs.iter().filter_map(name));
        writer.texts("ancestors", job.ancestors.iter().filter_map(name));
        write_condition(writer, document, job.model.condition.as_ref(), &job.when, &Situation::ALL);
        if let Some(matrix) = &job.matrix {
            matrix::write(writer, document, &matrix.expansion);
        }
        writer.list("checks", job.check_names(), |writer, name| {
            writer.inline_object(|writer| {
                writer.field("name", &name.text);
                writer.plain("exact", name.is_exact);
            });
        });
        write_permissions(writer, &job.permissions);
        call(writer);
        if job.steps().is_some() {
            write_steps(writer, flow, job);
        }
    });
}

fn write_steps(writer: &mut Writer<'_>, flow: &Flow<'_>, job: &Job<'_>) {
    let Some(steps) = job.steps() else { return };
    let document = job.workflow.document;
    let legs: Vec<_> = if job.legs().is_empty() { vec![None] } else { job.legs().iter().map(Some).collect() };
    let mut runners: Vec<Runner> = Vec::new();
    for runner in legs.into_iter().filter_map(|leg| job.runner(leg)) {
        if !runners.contains(&runner) {
            runners.push(runner);
        }
    }
    writer.list("runners", &runners, write_runner);
    match &steps.timeout_minutes {
        None => writer.plain("timeout_minutes", crate::graph::job::TIMEOUT_MINUTES),
        Some(At { value: Value::Literal(minutes), .. }) => writer.plain("timeout_minutes", minutes),
        Some(At { token, .. }) => {
            writer.field("timeout_minutes", super::super::flow::written(document, *token))
        }
    }
    write_around(writer, job, steps);
    write_env(
        writer,
        document,
        &[(job.workflow.env.as_ref(), Origin::Workflow), (steps.env.as_ref(), Origin::Job)],
    );
    writer.list("steps", steps.steps.iter().enumerate(), |writer, (at, step)| {
        write_step(writer, flow, job, at, step);
    });
}

/// What surrounds the steps, as it is written.
fn write_around(writer: &mut Writer<'_>, job: &Job<'_>, steps: &StepsJob<'_>) {
    let document = job.workflow.document;
    let text = |token| crate::graph::flow::written(document, token);
    if let Some(name) = steps.environment.as_ref().and_then(|environment| environment.name) {
        writer.field("environment", text(name.token));
    }
    if let Some(At { value: Value::Literal(container), token }) = &steps.container {
        writer.optional("container", container.image.map(|image| text(image.token)));
        writer.place("container_at", document.span(*token));
    }
    if let Some(At { value: Value::Literal(services), .. }) = &steps.services {
        writer.texts("services", services.iter().filter_map(|service| service.name.value.text()));
    }
    if let Some(flag) = &steps.continue_on_error {
        writer.field("continue_on_error", text(flag.token));
    }
    if let Some(At { value: Value::Literal(outputs), .. }) = &steps.outputs {
        writer.texts("outputs", outputs.iter().filter_map(|entry| entry.key.value.text()));
    }
    if let Some(group) = job.model.concurrency.as_ref().and_then(|concurrency| concurrency.group) {
        writer.field("concurrency", text(group.token));
    }
}

fn write_runner(writer: &mut Writer<'_>, runner: &Runner) {
    writer.inline_object(|writer| {
        match &runner.labels {
            Some(labels) => writer.texts("labels", labels),
            None => writer.optional("labels", None),
        }
        if let Some(group) = &runner.group {
            writer.optional("group", group.as_deref());
        }
        writer.optional(
            "system",
            runner.system.map(|system| match system {
                System::Linux => "linux",
                System::MacOs => "macos",
                System::Windows => "windows",
            }),
        );
        if runner.is_guess {
            writer.plain("guess", true);
        }
    });
}

/// Variables of the environment: a later layer hides an earlier one of the same name.
fn write_env(writer: &mut Writer<'_>, document: &Document, layers: &[(Option<&Mapping<'_>>, Origin)]) {
    if layers.iter().all(|(env, _)| env.is_none()) {
        return;
    }
    let all = layers.iter().filter_map(|(env, origin)| Some(((*env)?, *origin)));
    writer.list(
        "env",
        all.flat_map(|(env, origin)| entries(env).map(move |entry| (entry, origin))),
        |writer, ((name, token), origin)| {
            writer.inline_object(|writer| {
                writer.optional("name", name);
                writer.field("from", origin.name());
                writer.place("at", document.span(token));
            });
        },
    );
}

/// The names of a mapping, with the tokens of their values; one that is an expression as a whole has no name.
fn entries<'e>(env: &'e Mapping<'_>) -> impl Iterator<Item = (Option<&'e str>, crate::read::TokenId)> {
    let written = if let Value::Literal(entries) = &env.value { entries.as_slice() } else { &[] };
    let whole = env.value.expression().map(|_| (None, env.token));
    written.iter().map(|entry| (entry.key.value.text(), entry.value.token)).chain(whole)
}

fn write_step(writer: &mut Writer<'_>, flow: &Flow<'_>, job: &Job<'_>, at: usize, step: &Step<'_>) {
    let document = job.workflow.document;
    writer.object(|writer| {
        writer.optional("id", step.id.map(|id| id.value));
        writer.place("at", document.span(step.token));
        let when = step
            .condition
            .as_ref()
            .map_or(crate::graph::status::DEFAULT, |condition| When::of(&condition.value));
        write_condition(writer, document, step.condition.as_ref(), &when, &STEP_SITUATIONS);
        if let Some(background) = step.background {
            writer.plain("background", background.value);
        }
        write_env(writer, document, &[(step.env.as_ref(), Origin::Step)]);
        write_kind(writer, job, at, step);
        flow::write_step(writer, flow, job, at);
    });
}

fn write_kind(writer: &mut Writer<'_>, job: &Job<'_>, at: usize, step: &Step<'_>) {
    match &step.kind {
        StepKind::Run(run) => {
            let shell = job.shell(run, job.legs().first());
            writer.optional("shell", shell.name.as_deref());
            writer.field("shell_from", shell.origin.name());
        }
        StepKind::Uses(uses) => {
            writer.field("uses", uses.uses.value);
            if let Some(local) = job.local(at, uses) {
                write_local(writer, &local);
            }
        }
        StepKind::Wait(steps) => writer.texts("waits_for", steps.iter().map(|step| step.value)),
        StepKind::WaitAll(_) => writer.plain("waits_for_all", true),
        StepKind::Cancel(step) => writer.field("cancels", step.value),
        StepKind::Parallel(steps) => {
            writer.texts("parallel", steps.iter().map(|step| step.id.map_or("", |id| id.value)));
        }
        StepKind::Unknown => {}
    }
}

fn write_local(writer: &mut Writer<'_>, local: &Local<'_>) {
    writer.key("local");
    writer.inline_object(|writer| match local {
        Local::Own { path, reference } => {
            writer.field("repository", "own");
            writer.optional("ref", *reference);
            writer.field("path", path);
        }
        Local::Other { repository, reference, path } => {
            writer.field("repository", repository);
            writer.optional("ref", *reference);
            writer.field("path", path);
        }
        Local::NotCheckedOut => writer.field("unknown", "nothing was checked out there before"),
        Local::Unknown => writer.field("unknown", "only a run knows where it was checked out"),
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

fn write_permissions(writer: &mut Writer<'_>, permissions: &Effective) {
    writer.object_at("permissions", |writer| {
        writer.field("from", permissions.origin.name());
        if let Some(given) = &permissions.given {
            writer.object_at("scopes", |writer| {
                for (scope, level) in given.granted() {
                    writer.field(scope.name(), level.name());
                }
            });
        }
    });
}
