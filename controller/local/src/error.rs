//! Why the local host cannot start.

/// What stops the local host, by what a person does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// The file has to be edited.
    #[error("failed to read {place}: {reason}")]
    Config {
        /// The file, and the field inside it where that is known.
        place: String,
        /// What is wrong there; several lines when it shows the place in the file.
        reason: String,
    },
    /// A variable has to be set.
    #[error(
        "failed to find the secret of {place}: the environment variable {variable} is not set, is empty or has blanks"
    )]
    MissingSecret {
        /// The field that names the variable.
        place: String,
        /// The variable.
        variable: String,
    },
    /// The folder for the logs and reports of QA runs cannot be used.
    #[error("failed to prepare {place}: {reason}")]
    Folder {
        /// Which folder.
        place: String,
        /// Why, one line.
        reason: String,
    },
}
