//! Outputs: from the step that sets them to where they are read.

use std::collections::{HashMap, HashSet};

use super::StepAt;
use crate::expression::folded;
use crate::graph::job::{Job, JobId};
use crate::graph::paths::{self, Path};
use crate::graph::placed::{Placed, step_ids};
use crate::graph::reads::{Read, Site, reads_of};
use crate::graph::{Doubt, Graph};
use crate::model::Value;

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

/// What an output of the workflow is, for those that call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned<'d> {
    /// Where it comes from.
    pub from: Source<'d>,
    /// Its name.
    pub output: &'d str,
    /// What reads it.
    pub read: Read<'d>,
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
    let names = Names::of(graph);
    for (job, reads) in graph.jobs.iter().zip(reads) {
        let reader =
            Reader { names: &names, job, steps: if reads.is_empty() { HashMap::new() } else { ids(job) } };
        for (at, read) in reads.iter().enumerate() {
            let Some((from, doubt)) = reader.source(read) else { continue };
            found.push(Link { from, to: job.id, site: read.site, read: at, doubt });
        }
    }
    found
}

/// What the outputs of `workflow_call` are. A workflow reads outputs of all of its jobs, and of nothing else.
pub(super) fn returned<'d>(graph: &Graph<'d>) -> Vec<Returned<'d>> {
    let outputs = graph.workflow.on.as_ref().and_then(|on| on.call()).map(|call| call.outputs.as_slice());
    let outputs = outputs.unwrap_or_default();
    let names = if outputs.is_empty() { Names::default() } else { Names::of(graph) };
    let mut found = Vec::new();
    for output in outputs {
        let Some(value) = output.value else { continue };
        for read in reads_of(graph.workflow.document, value.token, "outputs") {
            let Some((from, doubt)) = names.of_workflow(&read) else { continue };
            found.push(Returned { from, output: output.name.value, read, doubt });
        }
    }
    found
}

/// The jobs of a workflow and their outputs, by their names: a search for each that is read would take as long as the square of
/// the file.
#[derive(Default)]
struct Names {
    jobs: HashMap<String, JobId>,
    /// `None` where only a run or another file knows.
    outputs: Vec<Option<HashSet<String>>>,
}

impl Names {
    fn of(graph: &Graph<'_>) -> Self {
        let mut jobs = HashMap::new();
        for job in &graph.jobs {
            jobs.entry(folded(job.model.id.value)).or_insert(job.id);
        }
        Self { jobs, outputs: graph.jobs.iter().map(outputs).collect() }
    }

    /// Where `jobs.ID.outputs.NAME` comes from.
    fn of_workflow<'d>(&self, read: &Read<'d>) -> Option<(Source<'d>, Option<Doubt>)> {
        let (name, output) = output_of(&read.path, "jobs")?;
        let Some(job) = self.jobs.get(&folded(name)) else {
            return Some((Source::NoJob(name), Some(Doubt::NoSuchJob)));
        };
        let doubt = (!self.may_have(*job, output)).then_some(Doubt::NoSuchOutput);
        Some((Source::Job(*job, output), doubt))
    }

    /// Whether a job has an output of this name, as far as is known.
    fn may_have(&self, job: JobId, output: &str) -> bool {
        let known = self.outputs.get(job.index()).and_then(Option::as_ref);
        output == paths::ANY || known.is_none_or(|known| known.contains(&folded(output)))
    }
}

/// The names of the outputs of a job; those of a call are known where it leads.
fn outputs(job: &Job<'_>) -> Option<HashSet<String>> {
    let Some(outputs) = &job.steps()?.outputs else { return Some(HashSet::new()) };
    let Value::Literal(entries) = &outputs.value else { return None };
    entries.iter().map(|entry| entry.key.value.text().map(folded)).collect()
}

/// The id and the output that a path of this context names.
fn output_of<'d>(path: &Path<'d>, context: &str) -> Option<(&'d str, &'d str)> {
    let [of, name, what, rest @ ..] = path.names.as_slice() else { return None };
    let is_output = of.eq_ignore_ascii_case(context) && what.eq_ignore_ascii_case("outputs");
    (is_output && *name != paths::ANY).then(|| (*name, rest.first().copied().unwrap_or(paths::ANY)))
}

/// The steps of a job by their ids.
fn ids(job: &Job<'_>) -> HashMap<String, Placed> {
    job.steps().map(|steps| step_ids(&steps.steps)).unwrap_or_default()
}

/// Who reads.
struct Reader<'r, 'd> {
    names: &'r Names,
    job: &'r Job<'d>,
    steps: HashMap<String, Placed>,
}

impl<'d> Reader<'_, 'd> {
    /// Where a value comes from, if it is an output.
    fn source(&self, read: &Read<'d>) -> Option<(Source<'d>, Option<Doubt>)> {
        if let Some((name, output)) = output_of(&read.path, "needs") {
            return Some(self.of_job(name, output));
        }
        output_of(&read.path, "steps").map(|(name, output)| self.of_step(read.site, name, output))
    }

    fn of_job(&self, name: &'d str, output: &'d str) -> (Source<'d>, Option<Doubt>) {
        let Some(other) = self.names.jobs.get(&folded(name)) else {
            return (Source::NoJob(name), Some(Doubt::NoSuchJob));
        };
        if !self.job.needs.contains(other) {
            return (Source::NoJob(name), Some(Doubt::NotNeeded));
        }
        let doubt = (!self.names.may_have(*other, output)).then_some(Doubt::NoSuchOutput);
        (Source::Job(*other, output), doubt)
    }

    fn of_step(&self, site: Site<'d>, name: &'d str, output: &'d str) -> (Source<'d>, Option<Doubt>) {
        let Some(placed) = self.steps.get(&folded(name)) else {
            return (Source::NoStep(name), Some(Doubt::NoSuchStep));
        };
        let from = Source::Step(StepAt { job: self.job.id, step: placed.step }, output);
        (from, placed.doubt(site))
    }
}
