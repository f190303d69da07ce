//! What surrounds the steps of a job: containers, the environment, limits, and what else may not run at the same time.

use super::{names, setting};
use crate::graph::Job;
use crate::graph::job::{Origin, TIMEOUT_MINUTES};
use crate::graph::print::writer::Writer;
use crate::model::{At, Concurrency, Container, Environment, Service, StepsJob, Strategy, Value};
use crate::read::Document;

/// How long a job that is cancelled may take to end, in minutes (runner: WorkflowConstants.cs).
const CANCEL_TIMEOUT_MINUTES: f64 = 5.0;

/// What may not run at the same time, of a workflow or a job.
pub(super) fn concurrency(
    writer: &mut Writer<'_>,
    document: &Document,
    concurrency: Option<&Concurrency<'_>>,
) {
    let Some(Concurrency { token, group, cancel_in_progress, queue }) = concurrency else { return };
    writer.object_at("concurrency", |writer| {
        setting::optional(writer, document, "group", group.map(|group| group.token));
        setting::optional(writer, document, "cancel_in_progress", cancel_in_progress.map(|flag| flag.token));
        setting::optional(writer, document, "queue", queue.map(|queue| queue.token));
        writer.place("at", document.span(*token));
    });
}

/// How the legs of a matrix run beside each other.
pub(super) fn strategy(writer: &mut Writer<'_>, job: &Job<'_>) {
    let document = job.workflow.document;
    let Some(At { token, value }) = &job.model.strategy else { return };
    let Value::Literal(Strategy { fail_fast, max_parallel, .. }) = value else {
        setting::field(writer, document, "strategy", *token);
        return;
    };
    writer.object_at("strategy", |writer| {
        match fail_fast {
            Some(flag) => setting::field_from(writer, document, "fail_fast", flag.token, Origin::Job),
            None => setting::default(writer, "fail_fast", |writer| writer.plain("value", true)),
        }
        setting::optional(writer, document, "max_parallel", max_parallel.map(|number| number.token));
        writer.place("at", document.span(*token));
    });
}

/// All that surrounds the steps.
pub(super) fn steps(writer: &mut Writer<'_>, document: &Document, steps: &StepsJob<'_>) {
    if let Some(environment) = &steps.environment {
        write_environment(writer, document, environment);
    }
    match &steps.container {
        Some(At { value: Value::Literal(container), token }) => {
            writer.object_at("container", |writer| {
                write_container(writer, document, container);
                writer.place("at", document.span(*token));
            });
        }
        Some(At { token, .. }) => setting::field(writer, document, "container", *token),
        None => {}
    }
    match &steps.services {
        Some(At { value: Value::Literal(services), .. }) => {
            writer.list("services", services, |writer, service| write_service(writer, document, service));
        }
        Some(At { token, .. }) => setting::field(writer, document, "services", *token),
        None => {}
    }
    write_limits(writer, document, steps);
    if let Some(snapshot) = &steps.snapshot {
        writer.object_at("snapshot", |writer| {
            setting::optional(writer, document, "image_name", snapshot.image_name.map(|name| name.token));
            setting::optional(writer, document, "version", snapshot.version.map(|version| version.token));
            writer.place("at", document.span(snapshot.token));
        });
    }
    names::mapping(writer, document, "outputs", steps.outputs.as_ref());
    names::mapping(writer, document, "env", steps.env.as_ref());
}

fn write_environment(writer: &mut Writer<'_>, document: &Document, environment: &Environment<'_>) {
    writer.object_at("environment", |writer| {
        setting::optional(writer, document, "name", environment.name.map(|name| name.token));
        setting::optional(writer, document, "url", environment.url.map(|url| url.token));
        setting::optional(writer, document, "deployment", environment.deployment.map(|flag| flag.token));
        writer.place("at", document.span(environment.token));
    });
}

fn write_service(writer: &mut Writer<'_>, document: &Document, service: &Service<'_>) {
    writer.object(|writer| {
        writer.optional("name", service.name.value.text());
        match &service.container.value {
            Value::Literal(container) => {
                write_container(writer, document, container);
                writer.place("at", document.span(service.container.token));
            }
            Value::Expression(_) => setting::members(writer, document, service.container.token),
        }
    });
}

/// Of credentials, only that there are some: a password may be written there.
fn write_container(writer: &mut Writer<'_>, document: &Document, container: &Container<'_>) {
    let token = |text: Option<crate::model::Text<'_>>| text.map(|text| text.token);
    setting::optional(writer, document, "image", token(container.image));
    if let Some(credentials) = &container.credentials {
        writer.key("credentials");
        writer.inline_object(|writer| writer.place("at", document.span(credentials.token)));
    }
    setting::texts(writer, document, "ports", container.ports.as_ref());
    setting::texts(writer, document, "volumes", container.volumes.as_ref());
    setting::optional(writer, document, "options", token(container.options));
    setting::optional(writer, document, "entrypoint", token(container.entrypoint));
    setting::optional(writer, document, "command", token(container.command));
    names::mapping(writer, document, "env", container.env.as_ref());
}

fn write_limits(writer: &mut Writer<'_>, document: &Document, steps: &StepsJob<'_>) {
    for (key, given, default) in [
        ("timeout_minutes", steps.timeout_minutes, TIMEOUT_MINUTES),
        ("cancel_timeout_minutes", steps.cancel_timeout_minutes, CANCEL_TIMEOUT_MINUTES),
    ] {
        match given {
            Some(minutes) => setting::field_from(writer, document, key, minutes.token, Origin::Job),
            None => setting::default(writer, key, |writer| writer.plain("value", default)),
        }
    }
    setting::optional(writer, document, "continue_on_error", steps.continue_on_error.map(|flag| flag.token));
}
