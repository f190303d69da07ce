//! The scripts of steps.

use super::StepAt;
use crate::graph::job::Job;
use crate::model::{Run, Step, StepKind, Value};
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
    let mut found = Vec::new();
    let steps = job.steps().map(|steps| steps.steps.as_slice()).unwrap_or_default();
    for (at, step) in steps.iter().enumerate() {
        add(job, StepAt { job: job.id, step: at }, step, &mut found);
    }
    found
}

fn add<'d>(job: &Job<'d>, at: StepAt, step: &'d Step<'d>, found: &mut Vec<StepScript<'d>>) {
    match &step.kind {
        StepKind::Run(run) => {
            let script = read(job, run);
            found.push(StepScript { at, step, run, script });
        }
        StepKind::Parallel(steps) => steps.iter().for_each(|step| add(job, at, step, found)),
        _ => {}
    }
}

fn read<'d>(job: &Job<'d>, run: &Run<'d>) -> Script<'d> {
    let text = super::written(job.workflow.document, run.script.token);
    let holes: Vec<Span> = match run.script.value {
        Value::Literal(_) => Vec::new(),
        Value::Expression(evaluated) => evaluated.parts.iter().map(|part| part.outer).collect(),
    };
    let shell = job.shell(run, job.legs().first()).name;
    // Most runners have Linux.
    Script::read(text, shell.map_or(Shell::Posix, |name| Shell::of(&name)), &holes)
}
