//! What a job runs on, and its steps.

use super::{flow, names, setting, write_condition};
use crate::graph::flow::Flow;
use crate::graph::job::{Origin, TIMEOUT_MINUTES};
use crate::graph::print::writer::Writer;
use crate::graph::status::Asker;
use crate::graph::{Job, Local, Runner};
use crate::model::{Run, Step, StepKind};
use crate::values::label::System;

/// The steps of a job, and what they share.
pub(super) struct Steps<'j, 'd> {
    job: &'j Job<'d>,
    /// What its legs run on, each once, with the shell of a script that names none.
    runners: Vec<(Runner, Option<String>)>,
}

impl<'j, 'd> Steps<'j, 'd> {
    pub(super) fn of(job: &'j Job<'d>) -> Self {
        Self { job, runners: job.runners() }
    }

    pub(super) fn write_runners(&self, writer: &mut Writer<'_>) {
        write_runners(writer, &self.runners);
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>, flow: &Flow<'_>) {
        let Some(steps) = self.job.steps() else { return };
        let reads = flow::by_step(flow, self.job, steps.steps.len());
        writer.list("steps", steps.steps.iter().zip(&reads).enumerate(), |writer, (at, (step, reads))| {
            writer.object(|writer| {
                self.write_step(writer, at, step);
                flow::write_step(writer, flow, self.job, at, reads);
            });
        });
    }

    fn write_step(&self, writer: &mut Writer<'_>, at: usize, step: &Step<'_>) {
        let document = self.job.workflow.document;
        writer.optional("id", step.id.map(|id| id.value));
        writer.place("at", document.span(step.token));
        setting::optional(writer, document, "name", step.name.map(|name| name.token));
        let steps = self.job.steps().map(|steps| steps.steps.as_slice()).unwrap_or_default();
        write_condition(writer, document, step.condition.as_ref(), Asker::Step(steps));
        if let Some(background) = step.background {
            setting::field(writer, document, "background", background.token);
        }
        setting::optional(
            writer,
            document,
            "continue_on_error",
            step.continue_on_error.map(|flag| flag.token),
        );
        self.write_timeout(writer, step);
        names::mapping(writer, document, "env", step.env.as_ref());
        self.write_kind(writer, at, step);
    }

    /// A step has no limit of its own where none is written: that of the job ends it.
    fn write_timeout(&self, writer: &mut Writer<'_>, step: &Step<'_>) {
        let document = self.job.workflow.document;
        let of_job = || self.job.steps().and_then(|steps| steps.timeout_minutes);
        let own = step.timeout_minutes.map(|minutes| (minutes, Origin::Step));
        match own.or_else(|| of_job().map(|minutes| (minutes, Origin::Job))) {
            Some((minutes, origin)) => {
                setting::field_from(writer, document, "timeout_minutes", minutes.token, origin);
            }
            None => {
                setting::default(writer, "timeout_minutes", |writer| writer.plain("value", TIMEOUT_MINUTES));
            }
        }
    }

    fn write_kind(&self, writer: &mut Writer<'_>, at: usize, step: &Step<'_>) {
        let document = self.job.workflow.document;
        match &step.kind {
            StepKind::Run(run) => self.write_run(writer, run),
            StepKind::Uses(uses) => {
                writer.field("uses", uses.uses.value);
                writer.place("uses_at", document.span(uses.uses.token));
                if let Some(local) = self.job.local(at, uses) {
                    write_local(writer, &local);
                }
                names::mapping(writer, document, "with", uses.with.as_ref());
            }
            StepKind::Wait(steps) => writer.texts("waits_for", steps.iter().map(|step| step.value)),
            StepKind::WaitAll(_) => writer.plain("waits_for_all", true),
            StepKind::Cancel(step) => writer.field("cancels", step.value),
            StepKind::Parallel(steps) => writer.list("parallel", steps, |writer, step| {
                writer.object(|writer| self.write_step(writer, at, step));
            }),
            StepKind::Unknown => {}
        }
    }

    fn write_run(&self, writer: &mut Writer<'_>, run: &Run<'_>) {
        let document = self.job.workflow.document;
        writer.place("script_at", document.span(run.script.token));
        match self.job.given_shell(run) {
            Some(given) => setting::field_from(writer, document, "shell", given.text.token, given.origin),
            None => {
                setting::default(writer, "shell", |writer| writer.optional("value", self.default_shell()))
            }
        }
        match self.job.given_directory(run) {
            Some(given) => {
                setting::field_from(writer, document, "working_directory", given.text.token, given.origin);
            }
            None => setting::default(writer, "working_directory", |writer| {
                writer.field("expression", "${{ github.workspace }}");
            }),
        }
    }

    /// The shell of scripts that name none, if it is the same wherever the job runs.
    fn default_shell(&self) -> Option<&str> {
        let (_, first) = self.runners.first()?;
        let is_same = self.runners.iter().all(|(_, shell)| shell == first);
        first.as_deref().filter(|_| is_same)
    }
}

/// What legs run on, with the shell of a script that names none.
pub(super) fn write_runners(writer: &mut Writer<'_>, runners: &[(Runner, Option<String>)]) {
    writer.bounded(("runners", "runners_left_out"), runners.iter(), |writer, (runner, shell)| {
        writer.inline_object(|writer| {
            write_runner(writer, runner);
            writer.optional("shell", shell.as_deref());
        });
    });
}

fn write_runner(writer: &mut Writer<'_>, runner: &Runner) {
    match &runner.labels {
        Some(labels) => writer.texts("labels", labels),
        None => writer.optional("labels", None),
    }
    if let Some(group) = &runner.group {
        writer.optional("group", group.as_deref());
    }
    writer.optional("system", runner.system.map(System::code));
    if runner.is_guess {
        writer.plain("guess", true);
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
