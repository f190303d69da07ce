//! The threads around one child: a supervisor, one that waits for its end, one for each pipe.

use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::capture::Capture;
use crate::command::Command;
use crate::error::ProcessError;
use crate::running::{Finished, Running, Status};

/// What the supervisor waits for.
#[derive(Debug)]
pub(crate) enum Event {
    /// The child ended and is not reaped yet, so that its id still means its group.
    Ended,
    /// Our side wants it to end.
    Kill,
    /// A pipe was closed by all its writers.
    PipeClosed,
}

/// How long pipes are read after the group is gone: only a process that left the group can hold them open.
const PIPE_PATIENCE: Duration = Duration::from_millis(250);
/// Keeps the sum of now and a deadline representable; nobody waits for a year.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);
/// How long a killed child may take to disappear before it is left behind (a broken disk or network mount).
const KILL_PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn start(command: Command) -> Result<Running, ProcessError> {
    let program = command.name();
    let (events, inbox) = channel();
    let (answer, finished) = channel();
    let (report, started) = channel();
    let to_self = events.clone();
    let supervisor = move || match Group::start(command, &to_self) {
        Ok(group) => {
            report.send(Ok(group.child.id())).unwrap_or_default();
            answer.send(group.supervise(&inbox)).unwrap_or_default();
        }
        Err(error) => report.send(Err(error)).unwrap_or_default(),
    };
    thread("supervisor", &program, supervisor)?;
    let pid = started.recv().map_err(|_| start_error(&program, "its supervisor ended"))??;
    Ok(Running::new(pid, events, finished))
}

/// A child and what belongs to it.
struct Group {
    child: Child,
    deadline: Instant,
    stdout: Capture,
    stderr: Capture,
    /// Readers that have not seen the end of their pipe.
    open_pipes: usize,
}

impl Group {
    fn start(command: Command, events: &Sender<Event>) -> Result<Self, ProcessError> {
        let child = spawn(&command)?;
        let mut group = Self {
            child,
            deadline: Instant::now() + command.deadline.min(LONGEST),
            stdout: Capture::new(command.stdout.bytes, command.stdout.keep),
            stderr: Capture::new(command.stderr.bytes, command.stderr.keep),
            open_pipes: 2,
        };
        if let Err(error) = group.start_threads(command, events) {
            group.kill();
            group.child.wait().map(drop).unwrap_or_default();
            return Err(error);
        }
        Ok(group)
    }

    fn start_threads(&mut self, command: Command, events: &Sender<Event>) -> Result<(), ProcessError> {
        let program = command.name();
        if let Some(mut pipe) = self.child.stdin.take() {
            // A child that does not read its input may have its reasons.
            thread("stdin", &program, move || pipe.write_all(&command.stdin).unwrap_or_default())?;
        }
        if let Some(pipe) = self.child.stdout.take() {
            let (capture, events) = (self.stdout.clone(), events.clone());
            thread("stdout", &program, move || read_all(&capture, pipe, &events))?;
        }
        if let Some(pipe) = self.child.stderr.take() {
            let (capture, events) = (self.stderr.clone(), events.clone());
            thread("stderr", &program, move || read_all(&capture, pipe, &events))?;
        }
        let (pid, events) = (self.pid(), events.clone());
        thread("end", &program, move || {
            wait_without_reaping(pid);
            events.send(Event::Ended).unwrap_or_default();
        })
    }

    /// Sees the child to its end.
    fn supervise(mut self, inbox: &Receiver<Event>) -> Finished {
        let (ended, timed_out) = self.await_end(inbox);
        // Also after a normal end: what the leader left running in its group is nobody's.
        self.kill();
        let gone = ended || self.await_event(inbox, Instant::now() + KILL_PATIENCE, true);
        let status =
            if gone { self.child.wait().map_or(Status::Signalled(0), status_of) } else { NOT_REAPED };
        self.await_pipes(inbox);
        let status = if timed_out { Status::TimedOut } else { status };
        Finished { status, stdout: self.stdout.take(), stderr: self.stderr.take() }
    }

    /// Waits for the end, a wish to kill or the deadline: whether it ended, and whether time ran out.
    fn await_end(&mut self, inbox: &Receiver<Event>) -> (bool, bool) {
        loop {
            let patience = self.deadline.saturating_duration_since(Instant::now());
            match inbox.recv_timeout(patience) {
                Ok(Event::Ended) => return (true, false),
                Ok(Event::Kill) | Err(RecvTimeoutError::Disconnected) => return (false, false),
                Ok(Event::PipeClosed) => self.open_pipes = self.open_pipes.saturating_sub(1),
                Err(RecvTimeoutError::Timeout) => return (false, true),
            }
        }
    }

    fn await_pipes(&mut self, inbox: &Receiver<Event>) {
        let until = Instant::now() + PIPE_PATIENCE;
        while self.open_pipes > 0 && self.await_event(inbox, until, false) {}
    }

    /// Takes events until the child ended (`end`) or a pipe closed; `false` at `until`.
    fn await_event(&mut self, inbox: &Receiver<Event>, until: Instant, end: bool) -> bool {
        loop {
            match inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Event::PipeClosed) => {
                    self.open_pipes = self.open_pipes.saturating_sub(1);
                    if !end {
                        return true;
                    }
                }
                Ok(Event::Ended) if end => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    /// Kills the group; that there is nobody left is fine.
    fn kill(&self) {
        if let Some(pid) = self.pid() {
            kill_process_group(pid, Signal::KILL).unwrap_or_default();
        }
    }
}

/// The status of a child that did not even follow a kill.
const NOT_REAPED: Status = Status::Signalled(9);

fn spawn(command: &Command) -> Result<Child, ProcessError> {
    let program = command.name();
    let mut os = std::process::Command::new(&command.program);
    os.args(&command.args).env_clear().process_group(0);
    os.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    os.envs(command.inherit.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    os.envs(command.env.iter().map(|(name, value)| (name, value)));
    if let Some(folder) = &command.cwd {
        if !folder.is_dir() {
            return Err(ProcessError::Folder { program, folder: folder.clone() });
        }
        os.current_dir(folder);
    }
    os.spawn().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => ProcessError::NotFound { program },
        _ => start_error(&program, &e.to_string()),
    })
}

fn read_all(capture: &Capture, pipe: impl std::io::Read, events: &Sender<Event>) {
    capture.fill_from(pipe);
    events.send(Event::PipeClosed).unwrap_or_default();
}

/// Waits for the end and leaves the child in the process table, so that nobody else gets its id.
fn wait_without_reaping(pid: Option<Pid>) {
    let Some(pid) = pid else { return };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {}
}

fn status_of(status: ExitStatus) -> Status {
    match (status.code(), status.signal()) {
        (Some(code), _) => Status::Exited(code),
        (None, signal) => Status::Signalled(signal.unwrap_or(0)),
    }
}

fn thread(what: &str, program: &str, run: impl FnOnce() + Send + 'static) -> Result<(), ProcessError> {
    let started = Builder::new().name(format!("{what} of a child")).spawn(run);
    started.map(drop).map_err(|e| start_error(program, &e.to_string()))
}

fn start_error(program: &str, reason: &str) -> ProcessError {
    ProcessError::Start { program: program.to_owned(), reason: reason.to_owned() }
}
