//! What a workflow does: its jobs, when they run, on what they depend, what they get and give.
//!
//! ```
//! use towpath_migrate::graph::Graph;
//! use towpath_migrate::model::Workflow;
//! use towpath_migrate::read::{Limits, read_workflow};
//!
//! let source = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    strategy: {matrix: {go: [1.25, 1.26]}}\n    \
//!               steps: [{run: make}]\n  test:\n    needs: build\n    runs-on: ubuntu-latest\n    steps: [{run: make test}]\n";
//! let document = read_workflow(source, &Limits::default());
//! let workflow = Workflow::of(&document);
//! let graph = Graph::of(&workflow);
//! let [build, test] = graph.jobs.as_slice() else { return Err("two jobs".into()) };
//! assert_eq!(test.needs, [build.id]);
//! let names: Vec<_> = build.check_names().into_iter().map(|name| name.text).collect();
//! assert_eq!(names, ["build (1.25)", "build (1.26)"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything here is known from the file alone, or said to be unknown with the expression on which it depends.

mod access;
mod actions;
mod calls;
mod checkout;
pub mod flow;
mod foreseen;
mod inputs;
mod job;
pub mod matrix;
mod names;
mod needs;
pub mod paths;
mod placed;
mod print;
mod reads;
mod runner;
pub mod status;
#[cfg(test)]
mod tests;
mod trigger;
mod world;

pub use access::{Access, CallOutputs, Doubt, accesses, action_accesses, action_outputs, call_outputs};
pub use actions::{ActionBundle, ActionFile, ActionFiles, Actions, Circles, Target, UsedAction};
pub(crate) use actions::{MAX_ACTION_DEPTH, UserStep};
pub use calls::{Bound, BoundSecret, Called, Family, Given, RunJob, SecretFrom};
pub use checkout::{Checkout, Local};
pub(crate) use foreseen::{Foreseen, is_of_legs};
pub use inputs::KnownInputs;
pub use job::{Effective, Job, JobId, Origin};
pub use names::CheckName;
pub use print::{Told, json, mermaid};
pub(crate) use reads::reads_of;
pub use reads::{Read, Site};
pub use runner::{Given as GivenSetting, Runner, StepShell};
pub use trigger::{Answer, Aspect, Occurrence, Trigger};

use crate::model::Workflow;

/// What a workflow does.
#[derive(Debug, Clone)]
pub struct Graph<'d> {
    /// What it was made of.
    pub workflow: &'d Workflow<'d>,
    /// The jobs, in the order of the source.
    pub jobs: Vec<Job<'d>>,
}

impl<'d> Graph<'d> {
    /// The graph of a workflow. What GitHub refuses of it is absent, as in the model.
    #[must_use]
    pub fn of(workflow: &'d Workflow<'d>) -> Self {
        let needs = needs::all(&workflow.jobs);
        let budget = matrix::Budget::of_file();
        let jobs = workflow.jobs.iter().zip(needs).zip(0..);
        let jobs =
            jobs.map(|((job, needs), id)| Job::new(workflow, job, JobId(id), needs, &budget)).collect();
        Self { workflow, jobs }
    }

    /// A job of this graph.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&Job<'d>> {
        self.jobs.get(id.index())
    }

    /// All jobs before a job, in the order of the source: those of which its condition is about. They are looked for each
    /// time, since those of all jobs together are as many as the square of the jobs.
    #[must_use]
    pub fn ancestors(&self, id: JobId) -> Vec<JobId> {
        needs::reach(&self.jobs, id)
    }

    /// The job of this id, whatever its case.
    #[must_use]
    pub fn job_named(&self, id: &str) -> Option<&Job<'d>> {
        self.jobs.iter().find(|job| crate::expression::same(job.model.id.value, id))
    }
}
