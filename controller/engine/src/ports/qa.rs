//! QA runs: started once under a handle that was journalled first, found again by it.

use std::collections::BTreeMap;

use towpath_core::id::{CommitId, Digest, GateName, Handle, ImageName, Name, Pid, PipelineId, ReleaseId};
pub use towpath_core::observation::RunStatus;
use towpath_core::time::Time;

/// Runs QA.
pub trait QaRunner {
    /// The handle that a run of this request would have on this host.
    ///
    /// Deterministic in the promotion, gate and try for runners whose runs outlive the host; a runner that
    /// owns child processes adds its own identity, so that other hosts see that they cannot poll it.
    fn handle(&self, pid: &Pid, gate: &GateName, attempt: u32) -> Handle;

    /// Starts the run unless it runs or ran already under this handle.
    fn ensure(&self, request: &QaRequest) -> Result<(), QaError>;

    /// Looks a run up.
    fn poll(&self, handle: &Handle) -> Result<RunStatus, QaError>;
}

/// One request to run QA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QaRequest {
    /// Journalled before the start.
    pub handle: Handle,
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The environment.
    pub environment: Name,
    /// The promotion whose gate this is.
    pub pid: Pid,
    /// The promotion's commit.
    pub commit: CommitId,
    /// The release under test.
    pub release: ReleaseId,
    /// Its image digests.
    pub digests: BTreeMap<ImageName, Digest>,
    /// For people: the versions of its images.
    pub version: String,
    /// Which QA template to run.
    pub template: String,
    /// The template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// When a run that has not ended counts as [`towpath_core::verdict::Verdict::Error`].
    pub deadline: Time,
}

/// Why a runner did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QaError {
    /// Try again later.
    #[error("failed to reach the QA runner: {0}")]
    Unavailable(String),
    /// The request cannot run as it is; a person has to change something.
    #[error("failed to start QA: {0}")]
    Invalid(String),
    /// The process is to stop here as if it had been killed (fault injection only).
    #[error("stopped by an injected crash")]
    Crashed,
}
