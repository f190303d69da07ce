//! The threads around one child: a supervisor, one that waits for its end, one for each pipe.

use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use crate::capture::Capture;
use crate::command::Command;
use crate::error::ProcessError;
use crate::leader::Leader;
use crate::pipe::{self, Pipe, Stop, Stopper};
use crate::running::{Finished, Running, Status};
use crate::switch::{Line, Place};

/// What the supervisor waits for.
#[derive(Debug)]
pub(crate) enum Event {
    /// The child ended and is not reaped yet, so that its id still means its group.
    Ended,
    /// Our side wants it to end.
    Kill,
    /// A pipe was closed by all its writers, or its reader was told to stop.
    PipeClosed,
}

/// Why the waiting for a child is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It ended by itself.
    Own,
    /// Somebody wants it to end.
    Asked,
    /// Its time is over.
    Deadline,
}

/// How long a group has to end by itself after it was told to.
const GRACE: Duration = Duration::from_secs(2);
/// How long pipes are read after the group is gone: only a process that left the group can hold them open.
const PIPE_PATIENCE: Duration = Duration::from_millis(250);
/// How long the reading of what is left may take then; a busy machine needs it, or who writes without end.
const LAST_BYTES: Duration = Duration::from_secs(1);
/// Keeps the sum of now and a deadline representable; nobody waits for a year.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);
/// How long a killed child may take to disappear before it is left behind (a broken disk or network mount).
const KILL_PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn start(command: Command) -> Result<Running, ProcessError> {
    let program = command.name();
    let (events, inbox) = channel();
    let (answer, finished) = channel();
    let (report, started) = channel();
    let leader = Leader::default();
    let place = place(&command, &events, &leader)?;
    let to_self = events.clone();
    let supervisor = move || match Group::start(command, leader, place, &to_self) {
        Ok(group) => {
            report.send(Ok(group.child.id())).unwrap_or_default();
            group.supervise(&inbox, &answer);
        }
        Err(error) => report.send(Err(error)).unwrap_or_default(),
    };
    thread("supervisor", &program, supervisor)?;
    let pid = started.recv().map_err(|_| start_error(&program, "its supervisor ended"))??;
    Ok(Running::new(pid, events, finished))
}

/// Takes a place under the command's switch, before there is anything to kill.
fn place(command: &Command, events: &Sender<Event>, leader: &Leader) -> Result<Option<Place>, ProcessError> {
    let Some(switch) = &command.switch else { return Ok(None) };
    let line = Line { events: events.clone(), leader: leader.clone() };
    let late = || start_error(&command.name(), "everything that was started with it is being ended");
    switch.place(line).map(Some).ok_or_else(late)
}

/// A child and what belongs to it.
struct Group {
    child: Child,
    leader: Leader,
    /// Where a switch finds it; given back once it is reaped.
    place: Option<Place>,
    deadline: Instant,
    stdout: Capture,
    stderr: Capture,
    /// Readers that have not seen the end of their pipe.
    open_pipes: usize,
    /// Tells readers and the writer to stop.
    stopper: Option<Stopper>,
}

impl Group {
    fn start(
        command: Command,
        leader: Leader,
        place: Option<Place>,
        events: &Sender<Event>,
    ) -> Result<Self, ProcessError> {
        let (stopper, stop) = pipe::stop().map_err(|e| start_error(&command.name(), &e.to_string()))?;
        let child = spawn(&command)?;
        leader.is(&child);
        let mut group = Self {
            child,
            leader,
            place,
            deadline: Instant::now() + command.deadline.min(LONGEST),
            stdout: Capture::new(command.stdout.bytes, command.stdout.keep),
            stderr: Capture::new(command.stderr.bytes, command.stderr.keep),
            open_pipes: 2,
            stopper: Some(stopper),
        };
        if let Err(error) = group.start_threads(command, &stop, events) {
            group.leader.signal(Signal::KILL);
            group.reap();
            return Err(error);
        }
        Ok(group)
    }

    fn start_threads(
        &mut self,
        command: Command,
        stop: &Stop,
        events: &Sender<Event>,
    ) -> Result<(), ProcessError> {
        let program = command.name();
        let failed = |e: std::io::Error| start_error(&program, &e.to_string());
        if let Some(end) = self.child.stdin.take() {
            let mut pipe = Pipe::new(end, stop).map_err(failed)?;
            // A child that does not read its input may have its reasons.
            thread("stdin", &program, move || pipe.write_all(&command.stdin).unwrap_or_default())?;
        }
        if let Some(end) = self.child.stdout.take() {
            let pipe = Pipe::new(end, stop).map_err(failed)?;
            let (capture, events) = (self.stdout.clone(), events.clone());
            thread("stdout", &program, move || read_all(&capture, pipe, &events))?;
        }
        if let Some(end) = self.child.stderr.take() {
            let pipe = Pipe::new(end, stop).map_err(failed)?;
            let (capture, events) = (self.stderr.clone(), events.clone());
            thread("stderr", &program, move || read_all(&capture, pipe, &events))?;
        }
        let (pid, events) = (self.leader.pid(), events.clone());
        thread("end", &program, move || {
            wait_without_reaping(pid);
            events.send(Event::Ended).unwrap_or_default();
        })
    }

    /// Sees the child to its end, and tells how it was.
    fn supervise(mut self, inbox: &Receiver<Event>, answer: &Sender<Finished>) {
        let end = self.await_end(inbox);
        let ended = end == End::Own || self.ask_to_end(inbox);
        // Also after an end of its own: what the leader left running in its group is nobody's.
        self.leader.signal(Signal::KILL);
        let gone = ended || self.await_event(inbox, Instant::now() + KILL_PATIENCE, true);
        let seen = if gone { self.reap() } else { None };
        self.await_pipes(inbox);
        let finished = Finished {
            status: status_of(seen, end),
            killed: end == End::Asked,
            stdout: self.stdout.take(),
            stderr: self.stderr.take(),
        };
        answer.send(finished).unwrap_or_default();
        if !gone && inbox.iter().any(|event| matches!(event, Event::Ended)) {
            // Nobody waits for it any more, but its place in the process table is ours to clear.
            self.reap();
        }
    }

    /// Waits for the end, a wish to kill or the deadline.
    fn await_end(&mut self, inbox: &Receiver<Event>) -> End {
        loop {
            let patience = self.deadline.saturating_duration_since(Instant::now());
            match inbox.recv_timeout(patience) {
                Ok(Event::Ended) => return End::Own,
                Ok(Event::Kill) | Err(RecvTimeoutError::Disconnected) => return End::Asked,
                Ok(Event::PipeClosed) => self.open_pipes = self.open_pipes.saturating_sub(1),
                Err(RecvTimeoutError::Timeout) => return End::Deadline,
            }
        }
    }

    /// Tells the group to end and gives it a moment, which is over as soon as the leader has ended and nobody can
    /// write to its pipes any more; tells whether the leader has ended.
    fn ask_to_end(&mut self, inbox: &Receiver<Event>) -> bool {
        self.leader.signal(Signal::TERM);
        let until = Instant::now() + GRACE;
        let mut ended = false;
        while !(ended && self.open_pipes == 0) {
            match inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Event::Ended) => ended = true,
                Ok(Event::PipeClosed) => self.open_pipes = self.open_pipes.saturating_sub(1),
                Ok(Event::Kill) => {}
                Err(_) => break,
            }
        }
        ended
    }

    fn reap(&mut self) -> Option<ExitStatus> {
        let status = self.leader.reap(&mut self.child);
        self.place = None;
        status
    }

    /// Waits until all was read. Who left the group may keep a pipe open: then what is there is read, and no more.
    fn await_pipes(&mut self, inbox: &Receiver<Event>) {
        let until = Instant::now() + PIPE_PATIENCE;
        while self.open_pipes > 0 && self.await_event(inbox, until, false) {}
        self.stopper = None;
        let until = Instant::now() + LAST_BYTES;
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
}

fn spawn(command: &Command) -> Result<Child, ProcessError> {
    let program = command.name();
    let mut os = std::process::Command::new(&command.program);
    os.args(&command.args).env_clear().process_group(0);
    os.stdin(if command.stdin.is_empty() { Stdio::null() } else { Stdio::piped() });
    os.stdout(Stdio::piped()).stderr(Stdio::piped());
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

/// What is told of a child's end; `None` is one that did not even follow a kill, or that somebody else reaped.
fn status_of(seen: Option<ExitStatus>, end: End) -> Status {
    let signal = seen.and_then(|status| status.signal());
    match (end, seen.and_then(|status| status.code())) {
        (End::Deadline, _) => Status::TimedOut,
        (End::Own, Some(code)) => Status::Exited(code),
        (End::Own, None) => Status::Signalled(signal.unwrap_or(0)),
        (End::Asked, _) => Status::Signalled(signal.unwrap_or(Signal::TERM.as_raw())),
    }
}

fn thread(what: &str, program: &str, run: impl FnOnce() + Send + 'static) -> Result<(), ProcessError> {
    let started = Builder::new().name(format!("{what} of a child")).spawn(run);
    started.map(drop).map_err(|e| start_error(program, &e.to_string()))
}

fn start_error(program: &str, reason: &str) -> ProcessError {
    ProcessError::Start { program: program.to_owned(), reason: reason.to_owned() }
}
