//! Why a pass ended early, by what the caller does.

use towpath_core::id::{PipelineId, RefName};

use crate::ports::RepositoryError;

/// Why a pass, or a person's act, ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The repository did not answer: try again later, or see the reason.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The journal cannot be read by this version, or is damaged: a person has to act.
    #[error("failed to read the journal {journal}: {reason}")]
    Journal {
        /// Which ref.
        journal: RefName,
        /// What is wrong and where.
        reason: String,
    },
    /// The journal is missing, or older than the branch or this host say: a person has to restore it, or accept the
    /// loss.
    #[error("failed to build on the journal of {pipeline}: {reason}")]
    Lost {
        /// Whose journal.
        pipeline: PipelineId,
        /// What shows it.
        reason: String,
    },
    /// The host refuses the push: a person has to act.
    #[error("failed to push {what}: the host says: {reason}")]
    Refused {
        /// Which refs.
        what: String,
        /// The host's words.
        reason: String,
    },
    /// Others were faster each time; nothing is lost, the next pass goes on.
    #[error("failed to push after {tries} tries: others were faster each time; it will be tried again")]
    Contended {
        /// How often it was tried.
        tries: u32,
    },
    /// What a person asked for cannot be done as things are.
    #[error("{0}")]
    Impossible(String),
    /// The process is to stop here as if it had been killed (fault injection only).
    #[error("stopped by an injected crash")]
    Crashed,
}

impl EngineError {
    /// Whether it is an injected crash.
    pub fn is_crash(&self) -> bool {
        matches!(self, Self::Crashed | Self::Repository(RepositoryError::Crashed))
    }
}
