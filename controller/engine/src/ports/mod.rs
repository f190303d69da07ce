//! The ports of the engine: everything outside that a pass reads or changes.
//!
//! Each has a real adapter in a crate of its own and a deterministic one in [`crate::memory`] with fault hooks.
//! All calls block; a host that is asynchronous runs a pass on a thread of its own.

mod evaluator;
mod http;
mod liveness;
mod metrics;
mod pull_requests;
mod qa;
mod registry;
mod repository;

use towpath_core::time::Time;

pub use evaluator::{Evaluator, EvaluatorError, Question};
pub use http::{HttpAnswer, HttpError, HttpGates, HttpQuestion, MAX_BODY};
pub use liveness::{Application, Health, Liveness, LivenessError, LivenessQuery};
pub use metrics::{MetricQuery, Metrics, MetricsError, Sample};
pub use pull_requests::PullRequests;
pub use qa::{QaError, QaRequest, QaRunner, RunStatus};
pub use registry::{Presence, Registry, RegistryError};
pub use repository::{
    CommitInfo, Edit, Heads, History, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository,
    RepositoryError, Signature, Since,
};

/// Tells the time.
pub trait Clock {
    /// The time as of now.
    fn now(&self) -> Time;

    /// Waits a moment before the next try after a lost race, longer with each; with jitter where that is real time.
    fn pause(&self, attempt: u32) {
        let _ = attempt;
    }
}
