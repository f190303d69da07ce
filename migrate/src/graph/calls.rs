//! A workflow with all that it calls: who gets what, and which jobs a run has in the end.

#[cfg(test)]
mod tests;
mod trace;

use std::borrow::Cow;
use std::sync::Arc;

use super::flow::{Flow, NoActions};
use super::inputs::KnownInputs;
use super::job::{Effective, JobId};
use super::matrix::MAX_LEGS;
use super::names::CheckName;
use super::{Graph, Job};
use crate::expression::same;
use crate::model::call::{Link, Program};
use crate::model::{At, Call, CallEvent, CallSecret, Entry, Input, Scalar, Secrets};

/// How many jobs of called workflows are listed at most. GitHub bounds the depth of calls, not what they come to.
const MAX_JOBS: usize = 4096;

/// A workflow with all that it calls.
#[derive(Debug, Clone)]
pub struct Family<'d> {
    /// What it was made of.
    pub program: &'d Program<'d>,
    /// The graph of each file, in the order of the program; that of the workflow that all began with first.
    pub graphs: Vec<Graph<'d>>,
    /// Each call, in the order of files and jobs.
    pub calls: Vec<Called<'d>>,
}

/// A call: a job, and what it comes to.
#[derive(Debug, Clone)]
pub struct Called<'d> {
    /// The file of the job.
    pub file: usize,
    /// The job.
    pub job: JobId,
    /// `uses` and what stands beside it.
    pub call: &'d Call<'d>,
    /// The workflow that is called, if it is known.
    pub link: Link,
    /// What the called workflow has as inputs.
    pub inputs: Vec<Bound<'d>>,
    /// What it has as secrets.
    pub secrets: Vec<BoundSecret<'d>>,
}

/// An input of a called workflow, and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound<'d> {
    /// The input.
    pub input: &'d Input<'d>,
    /// Where the value is from.
    pub value: Given<'d>,
}

/// Where the value of an input is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given<'d> {
    /// The caller gives it.
    Caller(At<Scalar<'d>>),
    /// It is the default.
    Default(At<Scalar<'d>>),
    /// Nobody says: it is empty, false or 0.
    Nothing,
}

/// A secret of a called workflow, and where it is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundSecret<'d> {
    /// Its name in the called workflow.
    pub name: &'d str,
    /// Where it is from.
    pub from: SecretFrom<'d>,
}

/// Where a secret is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SecretFrom<'d> {
    /// The caller names it.
    Caller(At<Scalar<'d>>),
    /// The caller lets all of its own be seen.
    Inherited,
    /// From nowhere: it is empty.
    Nowhere,
}

/// A job of the run, in a workflow that may be called by way of others.
#[derive(Debug, Clone, PartialEq)]
pub struct RunJob {
    /// The calls by which it is reached, the outermost first: file and job.
    pub way: Vec<(usize, JobId)>,
    /// Its file.
    pub file: usize,
    /// The job.
    pub job: JobId,
    /// What its token may do: what it says itself, else its workflow, else what the caller may do.
    pub permissions: Effective,
    /// The names of its check runs: those of the callers, ` / `, and its own.
    pub checks: Vec<CheckName>,
    /// What the caller gives, by each of its legs that gives something else; `None`: there is no caller, or not so much is
    /// looked at.
    pub inputs: Vec<Option<Arc<KnownInputs>>>,
}

impl<'d> Family<'d> {
    /// The graphs of a program.
    #[must_use]
    pub fn of(program: &'d Program<'d>) -> Self {
        let graphs: Vec<_> = program.workflows.iter().map(Graph::of).collect();
        let mut calls = Vec::new();
        for (file, graph) in graphs.iter().enumerate() {
            for job in &graph.jobs {
                if let Some(call) = job.call() {
                    calls.push(Called::of(program, file, job.id, call));
                }
            }
        }
        Self { program, graphs, calls }
    }

    /// The graph of the workflow that all began with.
    #[must_use]
    pub fn root(&self) -> Option<&Graph<'d>> {
        self.graphs.first()
    }

    /// How a file is called: its path, behind its repository where that is another one.
    #[must_use]
    pub fn file_name(&self, file: usize) -> &'d str {
        self.program.bundle.files().get(file).map_or("", |file| &file.name)
    }

    /// What a job calls.
    #[must_use]
    pub fn call(&self, file: usize, job: JobId) -> Option<&Called<'d>> {
        // They stand in this order.
        let at = self.calls.binary_search_by_key(&(file, job), |call| (call.file, call.job)).ok()?;
        self.calls.get(at)
    }

    /// The jobs of a run with those of called workflows, which stand in place of the calls. A call whose workflow is not
    /// known stands for itself. Cycles end where GitHub ends them.
    #[must_use]
    pub fn jobs(&self) -> Vec<RunJob> {
        let outer =
            Outer { way: Vec::new(), permissions: None, groups: vec![Group { names: None, inputs: None }] };
        let mut run = Run { family: self, found: Vec::new(), visits: MAX_VISITS, work: MAX_WORK };
        run.add(0, &outer);
        run.found
    }

    /// A job of a run as its callers make it run, once for each of their legs that gives something else.
    pub fn as_called<'f>(&'f self, run: &'f RunJob) -> impl Iterator<Item = Cow<'f, Job<'d>>> {
        let job = self.graphs.get(run.file).and_then(|graph| graph.job(run.job));
        job.into_iter().flat_map(|job| run.inputs.iter().map(move |inputs| given(job, inputs.as_ref())))
    }

    /// What passes in each file. What an attacker decides passes on to called workflows by their inputs, and back by their
    /// outputs. Nothing is known of actions.
    #[must_use]
    pub fn flows(&self) -> Vec<Flow<'d>> {
        self.traced(&NoActions)
    }
}

/// The walk over the jobs of a run.
struct Run<'f, 'd> {
    family: &'f Family<'d>,
    found: Vec<RunJob>,
    /// How many jobs may still be looked at, those that call among them.
    visits: usize,
    /// How many inputs and jobs may still be looked at, those of each leg of each call.
    work: usize,
}

/// How many jobs are looked at at most: a call may come to no job.
const MAX_VISITS: usize = 4 * MAX_JOBS;

/// How many inputs and jobs are looked at at most, those of each leg of each call. Behind that nothing is known of inputs.
const MAX_WORK: usize = 1 << 16;

/// What is above a job.
struct Outer {
    way: Vec<(usize, JobId)>,
    permissions: Option<Effective>,
    groups: Vec<Group>,
}

/// Legs of a caller that give the same.
struct Group {
    names: Option<Vec<CheckName>>,
    inputs: Option<Arc<KnownInputs>>,
}

impl Run<'_, '_> {
    fn add(&mut self, file: usize, outer: &Outer) {
        let Some(graph) = self.family.graphs.get(file) else { return };
        for job in &graph.jobs {
            if self.found.len() >= MAX_JOBS || self.visits == 0 {
                return;
            }
            self.visits -= 1;
            self.add_job(file, outer, job);
        }
    }

    fn add_job(&mut self, file: usize, outer: &Outer, job: &Job<'_>) {
        let permissions = match (job.permissions.given, outer.permissions) {
            (None, Some(caller)) => caller,
            _ => job.permissions,
        };
        let is_cycle = |called| called == file || outer.way.iter().any(|(file, _)| *file == called);
        let call = self.family.call(file, job.id).and_then(|call| match call.link {
            Link::Workflow(called) if !is_cycle(called) => Some((call, called)),
            _ => None,
        });
        let Some((call, called)) = call else {
            let inputs: Vec<_> = outer.groups.iter().map(|group| self.within_work(group, job)).collect();
            let checks = outer.checks(job, &inputs);
            let way = outer.way.clone();
            return self.found.push(RunJob { way, file, job: job.id, permissions, checks, inputs });
        };
        let mut way = outer.way.clone();
        way.push((file, job.id));
        let groups = self.groups(outer, job, call);
        self.add(called, &Outer { way, permissions: Some(permissions), groups });
    }

    /// What a group gives to a job, as long as not too much is looked at.
    fn within_work(&mut self, group: &Group, job: &Job<'_>) -> Option<Arc<KnownInputs>> {
        let inputs = group.inputs.clone()?;
        // A matrix that is not known by itself is expanded anew.
        let cost = if job.has_exact_matrix() { 1 } else { MAX_LEGS };
        self.work = self.work.checked_sub(cost)?;
        Some(inputs)
    }

    /// The legs of a caller, by what they give.
    fn groups(&mut self, outer: &Outer, job: &Job<'_>, call: &Called<'_>) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut count = 0;
        for group in &outer.groups {
            let inputs = self.within_work(group, job);
            let job = given(job, inputs.as_ref());
            for at in 0..job.check_count() {
                let inputs = self.inputs(&job, at, call);
                let names = joined(group.names.as_ref(), &[job.check_name(at)]);
                count += names.len();
                match groups.last_mut() {
                    Some(Group { names: Some(known), inputs: last }) if *last == inputs => {
                        known.extend(names)
                    }
                    _ => groups.push(Group { names: Some(names), inputs }),
                }
                if count >= MAX_JOBS {
                    return groups;
                }
            }
        }
        groups
    }

    /// What a leg of a caller gives.
    fn inputs(&mut self, job: &Job<'_>, at: usize, call: &Called<'_>) -> Option<Arc<KnownInputs>> {
        self.work = self.work.checked_sub(1 + call.inputs.len())?;
        Some(Arc::new(KnownInputs::of(&call.inputs, job.known(job.legs().get(at)))))
    }
}

/// A job, by what its caller gives.
fn given<'f, 'd>(job: &'f Job<'d>, inputs: Option<&Arc<KnownInputs>>) -> Cow<'f, Job<'d>> {
    inputs.map_or(Cow::Borrowed(job), |inputs| Cow::Owned(job.called_with(inputs)))
}

impl Outer {
    fn checks(&self, job: &Job<'_>, inputs: &[Option<Arc<KnownInputs>>]) -> Vec<CheckName> {
        let of_group = |(group, inputs): (&Group, &Option<Arc<KnownInputs>>)| {
            joined(group.names.as_ref(), &given(job, inputs.as_ref()).check_names())
        };
        self.groups.iter().zip(inputs).flat_map(of_group).take(MAX_JOBS).collect()
    }
}

/// Each of some names behind each of those of a caller.
fn joined(outer: Option<&Vec<CheckName>>, own: &[CheckName]) -> Vec<CheckName> {
    let Some(outer) = outer else { return own.to_vec() };
    let joined = outer.iter().flat_map(|outer| {
        own.iter().map(move |own| CheckName {
            text: format!("{} / {}", outer.text, own.text),
            is_exact: outer.is_exact && own.is_exact,
        })
    });
    joined.take(MAX_JOBS).collect()
}

impl<'d> Called<'d> {
    fn of(program: &'d Program<'d>, file: usize, job: JobId, call: &'d Call<'d>) -> Self {
        let link = program.link(file, call);
        let event = match link {
            Link::Workflow(called) => {
                program.workflows.get(called).and_then(|of| of.on.as_ref()).and_then(|on| on.call())
            }
            Link::NotThere | Link::NotSupplied | Link::Unreadable => None,
        };
        let inputs = event.map(|event| event.inputs.iter().map(|input| Bound::of(input, call)).collect());
        let secrets = secrets(event, call);
        Self { file, job, call, link, inputs: inputs.unwrap_or_default(), secrets }
    }
}

impl<'d> Bound<'d> {
    fn of(input: &'d Input<'d>, call: &'d Call<'d>) -> Self {
        let given = crate::model::value_of(&call.with, input.name.value);
        let value = match (given, input.default) {
            (Some(given), _) => Given::Caller(given),
            (None, Some(default)) => Given::Default(default),
            (None, None) => Given::Nothing,
        };
        Self { input, value }
    }
}

/// Secrets of the called workflow: those it declares, and those that the caller names all the same. All that the caller has
/// where it says `inherit`; only those that are declared have names here.
fn secrets<'d>(event: Option<&'d CallEvent<'d>>, call: &'d Call<'d>) -> Vec<BoundSecret<'d>> {
    let declared = event.map(|event| event.secrets.as_slice()).unwrap_or_default();
    let given: &[Entry<'d>] = if let Secrets::Given(given) = &call.secrets { &given.value } else { &[] };
    let of_declared = |secret: &CallSecret<'d>| {
        let from = match (crate::model::value_of(given, secret.name.value), &call.secrets) {
            (Some(value), _) => SecretFrom::Caller(value),
            (None, Secrets::Inherit(_)) => SecretFrom::Inherited,
            (None, _) => SecretFrom::Nowhere,
        };
        BoundSecret { name: secret.name.value, from }
    };
    let is_declared = |name: &str| declared.iter().any(|secret| same(secret.name.value, name));
    let others = given.iter().filter_map(|entry| {
        let name = entry.key.value.text().filter(|name| !is_declared(name))?;
        Some(BoundSecret { name, from: SecretFrom::Caller(entry.value) })
    });
    declared.iter().map(of_declared).chain(others).collect()
}
