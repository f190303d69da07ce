//! Runs a child process with a deadline, capped output and a clean environment.
//!
//! The child leads a process group of its own. When it ends, is killed or runs out of time, what is left of
//! the group is killed and the leader is reaped; a process that left the group and still holds a pipe open is
//! not waited for. There is never a shell in between.

mod capture;
mod command;
mod error;
mod running;
mod supervise;

pub use capture::{Captured, Keep};
pub use command::{Cap, Command, run, spawn};
pub use error::ProcessError;
pub use running::{Finished, Running, Status};
