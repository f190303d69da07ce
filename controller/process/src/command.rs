use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use crate::capture::Keep;
use crate::error::ProcessError;
use crate::running::{Finished, Running};
use crate::supervise;
use crate::switch::KillSwitch;

/// How much of an output is kept; the rest is read and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// At most so many bytes.
    pub bytes: usize,
    /// Which end of it.
    pub keep: Keep,
}

/// What is to be run. Nothing of our own environment reaches the child unless it is named here.
#[derive(Debug, Clone)]
pub struct Command {
    /// A path, or a name that is looked up on the child's `PATH`.
    pub program: OsString,
    /// The arguments, one by one.
    pub args: Vec<OsString>,
    /// Variables set for the child; they win over inherited ones.
    pub env: Vec<(OsString, OsString)>,
    /// Names of variables that the child gets from us when we have them.
    pub inherit: Vec<OsString>,
    /// Where it runs; our own folder if not given.
    pub cwd: Option<PathBuf>,
    /// What it reads; then the end of the file.
    pub stdin: Vec<u8>,
    /// Its whole group is killed after so much time.
    pub deadline: Duration,
    /// Kills it, and keeps it from starting once pulled.
    pub switch: Option<KillSwitch>,
    /// How much of its output is kept.
    pub stdout: Cap,
    /// How much of its error output is kept.
    pub stderr: Cap,
}

impl Command {
    /// A command without arguments, variables and input, that inherits `PATH` and keeps the first MiB of its
    /// output and the last 64 KiB of its error output.
    pub fn new(program: impl AsRef<OsStr>, deadline: Duration) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            inherit: vec!["PATH".into()],
            cwd: None,
            stdin: Vec::new(),
            deadline,
            switch: None,
            stdout: Cap { bytes: 1 << 20, keep: Keep::Head },
            stderr: Cap { bytes: 64 << 10, keep: Keep::Tail },
        }
    }

    /// The same with these arguments behind those it has.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// The same with this variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    pub(crate) fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }
}

/// Runs a command to its end.
///
/// A child that fails, is killed or runs out of time is an answer; only one that did not start is an error.
pub fn run(command: Command) -> Result<Finished, ProcessError> {
    Ok(spawn(command)?.wait())
}

/// Starts a command and answers at once; dropping the [`Running`] kills it.
pub fn spawn(command: Command) -> Result<Running, ProcessError> {
    supervise::start(command)
}
