//! Why a command ended early, by exit code.

use std::io;

use towpath_engine::EngineError;
use towpath_engine::ports::RepositoryError;
use towpath_local::error::LocalError;

use crate::exit::Exit;
use crate::terminal::Terminal;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line says something that cannot be: what, and the next thing to do.
    Usage(String),
    /// These have to be changed before anything works.
    Documents(Vec<LocalError>),
    /// Somebody else decides: what, and the next thing to do.
    NotAllowed(String, String),
    /// The engine could not do it.
    Engine(EngineError),
    /// The output is closed or full.
    Output(io::Error),
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<LocalError> for Failure {
    fn from(error: LocalError) -> Self {
        Self::Documents(vec![error])
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// Tells the person, and answers the exit code.
    pub(crate) fn tell(self, terminal: &mut Terminal) -> Exit {
        match self {
            Self::Usage(what) => {
                terminal.error(what, None);
                Exit::Usage
            }
            Self::Documents(mistakes) => {
                mistakes.iter().for_each(|mistake| terminal.error(mistake, None));
                mistakes.iter().map(exit_of).fold(Exit::Done, Exit::worst)
            }
            Self::NotAllowed(what, next) => {
                terminal.error(what, Some(&next));
                Exit::NotAllowed
            }
            Self::Engine(error) => {
                terminal.error(&error, next_of(&error));
                exit_of_engine(&error)
            }
            // Whoever closed the other end, such as `head`, has read enough.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Output(error) => {
                terminal.error(format_args!("failed to write the output: {error}"), None);
                Exit::Error
            }
        }
    }
}

fn exit_of(error: &LocalError) -> Exit {
    match error {
        LocalError::Config { .. } => Exit::Usage,
        LocalError::MissingSecret { .. } => Exit::NotAllowed,
        LocalError::Folder { .. } => Exit::Error,
    }
}

/// The exit code of an error of the engine.
pub(crate) fn exit_of_engine(error: &EngineError) -> Exit {
    match error {
        EngineError::Repository(RepositoryError::Denied { .. }) | EngineError::Refused { .. } => {
            Exit::NotAllowed
        }
        _ => Exit::Error,
    }
}

/// The next thing to do about an error of the engine; `None` where it says so itself.
pub(crate) fn next_of(error: &EngineError) -> Option<&'static str> {
    Some(match error {
        EngineError::Repository(RepositoryError::Unreachable { .. }) => {
            "check the address and the network, then try again; nothing is lost"
        }
        EngineError::Repository(RepositoryError::Denied { .. }) => {
            "check spec.repository.url of the pipeline, and repositories in towpath.yaml for its credentials"
        }
        EngineError::Repository(RepositoryError::Mirror { .. }) => {
            "the mirror is a cache: delete the folder mirrors of the cache (see --cache) and try again"
        }
        EngineError::Journal { .. } => "see where it breaks: towpath ledger verify",
        EngineError::Refused { .. } => {
            "let the account push to that ref, or choose another spec.repository.journal"
        }
        _ => return None,
    })
}
