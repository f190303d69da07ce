//! Outputs: from the step that sets them to where they are read.

use super::StepAt;
use crate::expression::same;
use crate::graph::job::{Job, JobId};
use crate::graph::paths;
use crate::graph::reads::{Read, Site};
use crate::graph::{Doubt, Graph};
use crate::model::{Step, StepKind, Value};

/// An output that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'d> {
    /// Where it comes from.
    pub from: Source<'d>,
    /// The job that reads it.
    pub to: JobId,
    /// The part of the job.
    pub site: Site<'d>,
    /// Its place among what the job reads.
    pub read: usize,
    /// Why nothing comes.
    pub doubt: Option<Doubt>,
}

/// Where an output comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source<'d> {
    /// A step of the same job; the output's name, [`paths::ANY`] for all or an unknown one.
    Step(StepAt, &'d str),
    /// Another job, and the output's name.
    Job(JobId, &'d str),
    /// A step that is not there.
    NoStep(&'d str),
    /// A job that is not there, or not among the needs.
    NoJob(&'d str),
}

/// All outputs that are read.
pub(super) fn links<'d>(graph: &Graph<'d>, reads: &[Vec<Read<'d>>]) -> Vec<Link<'d>> {
    let mut found = Vec::new();
    for (job, reads) in graph.jobs.iter().zip(reads) {
        for (at, read) in reads.iter().enumerate() {
            let Some((from, doubt)) = source(graph, job, read) else { continue };
            found.push(Link { from, to: job.id, site: read.site, read: at, doubt });
        }
    }
    found
}

/// Where a value comes from, if it is an output.
fn source<'d>(graph: &Graph<'d>, job: &Job<'d>, read: &Read<'d>) -> Option<(Source<'d>, Option<Doubt>)> {
    let path = &read.path;
    let [context, name, what, rest @ ..] = path.names.as_slice() else { return None };
    if *name == paths::ANY || !what.eq_ignore_ascii_case("outputs") {
        return None;
    }
    let output = rest.first().copied().unwrap_or(paths::ANY);
    if context.eq_ignore_ascii_case("needs") {
        Some(of_job(graph, job, name, output))
    } else if context.eq_ignore_ascii_case("steps") {
        Some(of_step(job, read.site, name, output))
    } else {
        None
    }
}

fn of_job<'d>(
    graph: &Graph<'d>,
    job: &Job<'d>,
    name: &'d str,
    output: &'d str,
) -> (Source<'d>, Option<Doubt>) {
    let Some(other) = graph.job_named(name) else { return (Source::NoJob(name), Some(Doubt::NoSuchJob)) };
    if !job.needs.contains(&other.id) {
        return (Source::NoJob(name), Some(Doubt::NotNeeded));
    }
    let doubt = (!other.may_have_output(output)).then_some(Doubt::NoSuchOutput);
    (Source::Job(other.id, output), doubt)
}

fn of_step<'d>(job: &Job<'d>, site: Site<'d>, name: &'d str, output: &'d str) -> (Source<'d>, Option<Doubt>) {
    let steps = job.steps().map(|steps| steps.steps.as_slice()).unwrap_or_default();
    let Some(step) = steps.iter().position(|step| has_id(step, name)) else {
        return (Source::NoStep(name), Some(Doubt::NoSuchStep));
    };
    let is_later = matches!(site, Site::Step(reader) if step >= reader && !is_parallel(steps.get(step)));
    let from = Source::Step(StepAt { job: job.id, step }, output);
    (from, is_later.then_some(Doubt::LaterStep))
}

fn has_id(step: &Step<'_>, name: &str) -> bool {
    let inner = if let StepKind::Parallel(steps) = &step.kind { steps.as_slice() } else { &[] };
    step.id.is_some_and(|id| same(id.value, name)) || inner.iter().any(|step| has_id(step, name))
}

fn is_parallel(step: Option<&Step<'_>>) -> bool {
    step.is_some_and(|step| matches!(step.kind, StepKind::Parallel(_)))
}

impl Job<'_> {
    /// Whether the job has an output of this name, as far as is known: that of a call is known where it leads.
    pub(super) fn may_have_output(&self, name: &str) -> bool {
        let Some(steps) = self.steps() else { return true };
        let Some(outputs) = &steps.outputs else { return name == paths::ANY };
        let Value::Literal(entries) = &outputs.value else { return true };
        name == paths::ANY
            || entries.iter().any(|entry| entry.key.value.text().is_none_or(|key| same(key, name)))
    }
}
