//! Called workflows: loading, linking and checking them (runner: Conversion/ReusableWorkflowsLoader.cs).
//!
//! A [`Bundle`] holds a workflow and all that it calls, each file once. [`Program::of`] makes models of them, says which job
//! calls which, and checks each call as GitHub does: inputs, secrets, permissions, depth, number of jobs, size.

mod bundle;
mod check;
mod parameters;
mod permissions;
mod problem;
mod reference;

pub use bundle::{Bundle, File};
pub(crate) use check::NOT_FOUND;
pub use check::{Link, Policy, Program, Rules};
pub use problem::{MAX_PROBLEMS, MAX_TEXT, PlacedProblem, texts};
pub use reference::{Home, Lookup, Reference, WorkflowFiles};
