//! A workflow with all that it calls: who gets what, and which jobs a run has in the end.

#[cfg(test)]
mod tests;
mod trace;

use super::flow::{Flow, NoActions};
use super::job::{Effective, JobId};
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
#[derive(Debug, Clone)]
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
        let mut found = Vec::new();
        let outer = Outer { way: Vec::new(), permissions: None, names: None };
        self.add(0, &outer, &mut found);
        found
    }

    fn add(&self, file: usize, outer: &Outer, found: &mut Vec<RunJob>) {
        let Some(graph) = self.graphs.get(file) else { return };
        for job in &graph.jobs {
            if found.len() >= MAX_JOBS {
                return;
            }
            let permissions = match (job.permissions.given, outer.permissions) {
                (None, Some(caller)) => caller,
                _ => job.permissions,
            };
            let checks = outer.checks(job);
            let called = self.call(file, job.id).map(|call| call.link);
            let is_cycle = |called| called == file || outer.way.iter().any(|(file, _)| *file == called);
            match called {
                Some(Link::Workflow(called)) if !is_cycle(called) => {
                    let mut way = outer.way.clone();
                    way.push((file, job.id));
                    self.add(
                        called,
                        &Outer { way, permissions: Some(permissions), names: Some(checks) },
                        found,
                    );
                }
                _ => found.push(RunJob { way: outer.way.clone(), file, job: job.id, permissions, checks }),
            }
        }
    }

    /// What passes in each file. What an attacker decides passes on to called workflows by their inputs, and back by their
    /// outputs. Nothing is known of actions.
    #[must_use]
    pub fn flows(&self) -> Vec<Flow<'d>> {
        self.traced(&NoActions)
    }
}

/// What is above a job.
struct Outer {
    way: Vec<(usize, JobId)>,
    permissions: Option<Effective>,
    names: Option<Vec<CheckName>>,
}

impl Outer {
    fn checks(&self, job: &Job<'_>) -> Vec<CheckName> {
        let own = job.check_names();
        let Some(outer) = &self.names else { return own };
        let joined = outer.iter().flat_map(|outer| {
            own.iter().map(move |own| CheckName {
                text: format!("{} / {}", outer.text, own.text),
                is_exact: outer.is_exact && own.is_exact,
            })
        });
        joined.take(MAX_JOBS).collect()
    }
}

impl<'d> Called<'d> {
    fn of(program: &'d Program<'d>, file: usize, job: JobId, call: &'d Call<'d>) -> Self {
        let link = program.link(file, call);
        let event = match link {
            Link::Workflow(called) => {
                program.workflows.get(called).and_then(|of| of.on.as_ref()).and_then(|on| on.call())
            }
            Link::NotThere | Link::NotSupplied => None,
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
