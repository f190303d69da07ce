//! Runs a child process with a deadline, capped output and a clean environment.
//!
//! The child leads a process group of its own. At its deadline, or when somebody asks ([`Running::kill`],
//! [`KillSwitch::pull`]), the group is told to end (SIGTERM) and killed (SIGKILL) two seconds later. When the child
//! ends by itself, what it left in its group is killed at once. In any case the leader is reaped, and a process that
//! left the group and still holds a pipe open is not waited for. There is never a shell in between.

mod capture;
mod command;
mod error;
mod leader;
mod pipe;
mod running;
mod supervise;
mod switch;

pub use capture::{Captured, Keep};
pub use command::{Cap, Command, run, spawn};
pub use error::ProcessError;
pub use running::{Finished, Running, Status};
pub use switch::KillSwitch;
