//! What a workflow or an action says: jobs, steps, events and the rest as types, each with its token.
//!
//! ```
//! use towpath_migrate::model::{JobKind, StepKind, Workflow};
//! use towpath_migrate::read::{Limits, read_workflow};
//!
//! let source = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n";
//! let document = read_workflow(source, &Limits::default());
//! let workflow = Workflow::of(&document);
//! let [build] = workflow.jobs.as_slice() else { return Err("one job".into()) };
//! let JobKind::Steps(job) = &build.kind else { return Err("it has steps".into()) };
//! let [step] = job.steps.as_slice() else { return Err("one step".into()) };
//! assert!(matches!(&step.kind, StepKind::Run(run) if run.script.value.literal() == Some(&"make")));
//! assert!(workflow.problems.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is the runner's `WorkflowTemplateConverter`, and GitHub's editor (languageservices) where that is silent: what they
//! refuse is a [`Problem`] in their words, at their place and in their order. A bad part is absent, the rest is there.
//! Nothing is copied: texts are those of the [`Document`], and each part knows its token there.

mod action;
pub mod call;
mod concurrency;
mod container;
mod convert;
mod defaults;
mod environment;
mod event;
mod input;
mod job;
mod needs;
mod permissions;
mod placeholder;
mod runs_on;
mod snapshot;
mod step;
mod step_id;
mod strategy;
mod value;
mod workflow;

pub use action::{Action, ActionInput, ActionOutput, Branding, DockerRuns, NodeRuns, Runs};
pub use concurrency::Concurrency;
pub use container::{Container, Credentials, Service};
pub use defaults::{Defaults, RunDefaults};
pub use environment::Environment;
pub use event::{CallEvent, CallOutput, CallSecret, Event, EventKind, Events, Filters, Schedule};
pub use input::{Input, InputType};
pub use job::{Call, Job, JobKind, Secrets, StepsJob};
pub use permissions::GivenPermissions;
pub use placeholder::placeholders;
pub use runs_on::RunsOn;
pub use snapshot::Snapshot;
pub use step::{Run, Step, StepKind, Uses};
pub use step_id::step_ids;
pub use strategy::{Axis, Combinations, Matrix, Strategy};
pub use value::{At, Entry, Flag, Key, Mapping, Name, Names, Number, Scalar, Text, Texts, Value, value_of};
pub use workflow::Workflow;

#[cfg(doc)]
use crate::read::{Document, Problem};

#[cfg(test)]
mod tests;
