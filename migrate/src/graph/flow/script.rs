//! The scripts of steps.

use super::StepAt;
use crate::graph::job::{Job, JobId};
use crate::model::{Run, Step, StepKind, Value};
use crate::read::Document;
use crate::script::{Script, Shell};
use crate::span::Span;

/// A script, and what it uses.
#[derive(Debug, Clone)]
pub struct StepScript<'d> {
    /// Whose it is.
    pub at: StepAt,
    /// The step; one of several where they are in `parallel`.
    pub step: &'d Step<'d>,
    /// `run`
    pub run: &'d Run<'d>,
    /// What it uses. Where legs have different shells, as the first one reads it.
    pub script: Script<'d>,
}

/// The scripts of a job.
pub(super) fn scripts<'d>(job: &Job<'d>) -> Vec<StepScript<'d>> {
    let steps = job.steps().map(|steps| steps.steps.as_slice()).unwrap_or_default();
    let shell = |run: &Run<'d>| job.shell(run, job.legs().first()).name;
    all(job.workflow.document, job.id, steps, &shell)
}

/// The scripts of a composite action, whose steps name their shells.
pub(super) fn of_action<'d>(document: &'d Document, steps: &'d [Step<'d>]) -> Vec<StepScript<'d>> {
    let shell = |run: &Run<'d>| run.shell?.value.literal().map(|shell| (*shell).to_owned());
    all(document, JobId(0), steps, &shell)
}

type ShellOf<'s, 'd> = &'s dyn Fn(&Run<'d>) -> Option<String>;

fn all<'d>(
    document: &'d Document,
    job: JobId,
    steps: &'d [Step<'d>],
    shell: ShellOf<'_, 'd>,
) -> Vec<StepScript<'d>> {
    let mut found = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        add(document, StepAt { job, step: at }, step, shell, &mut found);
    }
    found
}

fn add<'d>(
    document: &'d Document,
    at: StepAt,
    step: &'d Step<'d>,
    shell: ShellOf<'_, 'd>,
    found: &mut Vec<StepScript<'d>>,
) {
    match &step.kind {
        StepKind::Run(run) => {
            let script = read(document, run, shell(run));
            found.push(StepScript { at, step, run, script });
        }
        StepKind::Parallel(steps) => steps.iter().for_each(|step| add(document, at, step, shell, found)),
        _ => {}
    }
}

fn read<'d>(document: &'d Document, run: &Run<'d>, shell: Option<String>) -> Script<'d> {
    let text = super::written(document, run.script.token);
    let holes: Vec<Span> = match run.script.value {
        Value::Literal(_) => Vec::new(),
        Value::Expression(evaluated) => evaluated.parts.iter().map(|part| part.outer).collect(),
    };
    // Most runners have Linux.
    Script::read(text, shell.map_or(Shell::Posix, |name| Shell::of(&name)), &holes)
}
