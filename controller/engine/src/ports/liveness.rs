//! What runs: one reading per Application of an environment.

use towpath_core::id::{CommitId, Digest, ImageName, Name, PipelineId};
pub use towpath_core::observation::{Application, Health};

/// Tells what is live in an environment.
pub trait Liveness {
    /// Reads the state of each declared Application.
    ///
    /// An Application that the source does not know is left out of the answer; `decide` treats it as unknown.
    fn observe(&self, query: &LivenessQuery) -> Result<Vec<Application>, LivenessError>;
}

/// Which environment is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivenessQuery {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The environment.
    pub environment: Name,
    /// The names of its Applications.
    pub applications: Vec<Name>,
    /// The branch tip of this pass, for adapters that take the repository's word (`tip`).
    pub tip: CommitId,
    /// What the path deploys at that tip, for the same adapters.
    pub digests: Vec<(ImageName, Digest)>,
}

/// Why there is no reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LivenessError {
    /// Try again later.
    #[error("failed to read what is live: {0}")]
    Unavailable(String),
    /// The process is to stop here as if it had been killed (fault injection only).
    #[error("stopped by an injected crash")]
    Crashed,
}
