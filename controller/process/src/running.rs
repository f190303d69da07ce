use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::capture::Captured;
use crate::supervise::Event;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal, somebody else's or ours; ours only when [`Finished::killed`].
    Signalled(i32),
    /// By us, at its deadline.
    TimedOut,
}

/// A child that ended, with what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// How it ended. Never [`Status::Exited`] when it was killed: what a dying child says of itself does not count.
    pub status: Status,
    /// Whether it was killed because somebody asked ([`Running::kill`], [`crate::KillSwitch`]), before its end and
    /// its deadline.
    pub killed: bool,
    /// Its output.
    pub stdout: Captured,
    /// Its error output.
    pub stderr: Captured,
}

impl Finished {
    /// Whether it exited with code 0.
    pub fn success(&self) -> bool {
        self.status == Status::Exited(0)
    }

    /// Whether part of its output was dropped because of a cap.
    pub fn truncated(&self) -> bool {
        self.stdout.dropped > 0 || self.stderr.dropped > 0
    }

    /// Nobody can say how it ended; only after a failure inside the supervisor.
    fn unknown() -> Self {
        let (stdout, stderr) = (Captured::default(), Captured::default());
        Self { status: Status::Signalled(0), killed: false, stdout, stderr }
    }
}

/// A child that may still run. Dropping it kills the child's group.
#[derive(Debug)]
pub struct Running {
    pid: u32,
    events: Sender<Event>,
    finished: Receiver<Finished>,
    answer: Option<Finished>,
}

/// How long a drop waits for the end of a killed child; longer than the time that it has to end by itself.
const DROP_PATIENCE: Duration = Duration::from_secs(5);

impl Running {
    pub(crate) fn new(pid: u32, events: Sender<Event>, finished: Receiver<Finished>) -> Self {
        Self { pid, events, finished, answer: None }
    }

    /// The process id of the child, which is also the id of its group.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The answer if it has ended; never waits.
    pub fn try_wait(&mut self) -> Option<&Finished> {
        self.wait_until(Instant::now())
    }

    /// The answer as soon as it has ended, `None` when `until` comes first.
    pub fn wait_until(&mut self, until: Instant) -> Option<&Finished> {
        if self.answer.is_none() {
            let patience = until.saturating_duration_since(Instant::now());
            self.answer = match self.finished.recv_timeout(patience) {
                Ok(finished) => Some(finished),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Finished::unknown()),
            };
        }
        self.answer.as_ref()
    }

    /// Waits for the end, at the latest the deadline.
    pub fn wait(mut self) -> Finished {
        match self.answer.take() {
            Some(answer) => answer,
            None => self.finished.recv().unwrap_or_else(|_| Finished::unknown()),
        }
    }

    /// Ends the child's whole group: SIGTERM, and SIGKILL two seconds later. Answers at once; how it ended comes
    /// through the waiting calls, which are woken as soon as it has.
    pub fn kill(&self) {
        // The supervisor is gone only when the child is.
        self.events.send(Event::Kill).unwrap_or_default();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        self.wait_until(Instant::now() + DROP_PATIENCE);
    }
}
