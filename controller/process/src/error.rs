use std::path::PathBuf;

/// Why a child process could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program is not installed or not on the `PATH` that the child was given.
    #[error("failed to find the program {program:?}: install it or correct PATH")]
    NotFound {
        /// What was to be run.
        program: String,
    },
    /// The operating system did not start it.
    #[error("failed to start {program:?}: {reason}")]
    Start {
        /// What was to be run.
        program: String,
        /// The operating system's words.
        reason: String,
    },
    /// The folder to run in is missing.
    #[error("failed to start {program:?}: {folder:?} is not a folder")]
    Folder {
        /// What was to be run.
        program: String,
        /// Where it was to be run.
        folder: PathBuf,
    },
}
