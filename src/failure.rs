//! Why a command ended early, by exit code.

use std::io;

use towpath_engine::EngineError;
use towpath_local::error::LocalError;
use towpath_local::host::{Trouble, is_denied};

use crate::exit::Exit;
use crate::terminal::Terminal;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line says something that cannot be: what, and the next thing to do.
    Usage(String),
    /// These have to be changed before anything works.
    Documents(Vec<LocalError>),
    /// It cannot be done as things are: why, and the next thing to do.
    Impossible(String),
    /// Somebody else decides: what, and the next thing to do.
    NotAllowed(String, String),
    /// The engine could not do it: how that counts, and what a person has to know about it.
    Engine(Exit, Trouble),
    /// The output is closed or full.
    Output(io::Error),
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
                mistakes.iter().for_each(|mistake| terminal.error(mistake, next_of(mistake)));
                mistakes.iter().map(exit_of).fold(Exit::Done, Exit::worst)
            }
            Self::Impossible(what) => {
                terminal.error(what, None);
                Exit::Error
            }
            Self::NotAllowed(what, next) => {
                terminal.error(what, Some(&next));
                Exit::NotAllowed
            }
            Self::Engine(exit, trouble) => {
                terminal.error(trouble.what, trouble.next.as_deref());
                exit
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

/// The next thing to do, where the mistake does not say so itself.
fn next_of(error: &LocalError) -> Option<&'static str> {
    match error {
        LocalError::Folder { reason, .. } if !reason.contains("--cache") => {
            Some("name a folder that can be written with --cache")
        }
        _ => None,
    }
}

/// The exit code of an error of the engine.
pub(crate) fn exit_of_engine(error: &EngineError) -> Exit {
    if is_denied(error) { Exit::NotAllowed } else { Exit::Error }
}
