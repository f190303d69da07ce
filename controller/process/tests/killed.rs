//! Real children that are killed: by whom, how gently, and who notices.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a fixture that fails ends its test")]

mod processes;

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use processes::{alive, dies};
use tempfile::TempDir;
use towpath_process::{Command, Finished, KillSwitch, ProcessError, Running, Status, run, spawn};

/// Long enough for a busy machine, short enough to notice a hang.
const LONG: Duration = Duration::from_secs(60);

/// A shell that runs under a switch and says when it is ready.
struct Child {
    running: Running,
    switch: KillSwitch,
    folder: TempDir,
}

impl Child {
    /// Starts `script`, in which `$READY` is a pipe to be written to once.
    fn start(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready");
        assert!(run(Command::new("mkfifo", LONG).args([&ready])).unwrap().success());
        let switch = KillSwitch::default();
        let mut command = Command::new("sh", LONG).args(["-c", script]).env("READY", &ready);
        command.switch = Some(switch.clone());
        Self { running: spawn(command).unwrap(), switch, folder }
    }

    /// What it says when it is ready.
    fn ready(&self) -> String {
        let (said, heard) = channel();
        let ready: PathBuf = self.folder.path().join("ready");
        std::thread::spawn(move || said.send(std::fs::read_to_string(ready).unwrap()));
        heard.recv_timeout(LONG).expect("the child is never ready")
    }

    /// The end, which has to come long before its deadline.
    fn end(self) -> Finished {
        let begun = Instant::now();
        let finished = self.running.wait();
        assert!(begun.elapsed() < LONG / 2, "nobody was woken");
        finished
    }
}

#[test]
fn a_pulled_switch_ends_the_group_and_wakes_who_waits() {
    let child = Child::start("sleep 600 & echo $! > $READY; wait");
    let grandchild = child.ready();
    assert!(alive(&grandchild));
    let switch = child.switch.clone();
    let puller = std::thread::spawn(move || switch.pull());
    let done = child.end();
    puller.join().unwrap();
    assert_eq!((done.status, done.killed), (Status::Signalled(15), true));
    assert!(done.stdout.complete && dies(&grandchild));
}

#[test]
fn who_ignores_the_wish_is_killed() {
    let child = Child::start("trap '' TERM; sleep 600 & echo $! > $READY; wait; sleep 600");
    let grandchild = child.ready();
    child.switch.pull();
    let done = child.end();
    assert_eq!((done.status, done.killed), (Status::Signalled(9), true));
    assert!(dies(&grandchild));
}

#[test]
fn a_grandchild_that_ignores_the_wish_is_killed_too() {
    let child = Child::start("(trap '' TERM; sleep 600 & echo $! > $READY; wait) & wait");
    let grandchild = child.ready();
    child.switch.pull();
    assert_eq!(child.end().status, Status::Signalled(15));
    assert!(dies(&grandchild));
}

#[test]
fn all_of_the_group_may_tidy_up() {
    // The leader dies at once; its child needs a moment.
    let tidy = "trap \"sleep 0.3; echo tidied; exit\" TERM; echo > $READY; while :; do sleep 1 & wait; done";
    let child = Child::start(&format!("sh -c '{tidy}' & wait"));
    child.ready();
    child.switch.pull();
    assert_eq!(child.end().stdout.text(), "tidied\n");
}

#[test]
fn what_a_killed_child_says_of_itself_does_not_count() {
    for code in [0, 1] {
        let child = Child::start(&format!("trap 'exit {code}' TERM; sleep 600 & echo > $READY; wait"));
        child.ready();
        child.switch.pull();
        let done = child.end();
        assert_eq!((done.status, done.killed), (Status::Signalled(15), true), "{code}");
    }
}

#[test]
fn again_makes_no_difference() {
    let child = Child::start("trap 'echo tidied; exit' TERM; sleep 600 & echo > $READY; wait");
    child.ready();
    child.switch.pull();
    child.switch.pull();
    child.running.kill();
    assert_eq!(child.end().stdout.text(), "tidied\n");
}

#[test]
fn a_child_that_ended_before_keeps_its_answer() {
    let mut child = Child::start("exit 3");
    child.running.wait_until(Instant::now() + LONG).unwrap();
    child.switch.pull();
    child.switch.kill_now();
    let done = child.end();
    assert_eq!((done.status, done.killed), (Status::Exited(3), false));
}

#[test]
fn nothing_starts_under_a_pulled_switch() {
    let mut command = Command::new("sleep", LONG).args(["600"]);
    let switch = KillSwitch::default();
    command.switch = Some(switch.clone());
    switch.pull();
    let error = run(command).unwrap_err();
    assert!(matches!(&error, ProcessError::Start { program, .. } if program == "sleep"), "{error}");
}

#[test]
fn a_child_that_is_just_being_started_is_killed_too() {
    let (mut refused, mut killed) = (0, 0);
    for _ in 0..60 {
        let mut command = Command::new("sleep", LONG).args(["600"]);
        let switch = KillSwitch::default();
        command.switch = Some(switch.clone());
        let begun = Instant::now();
        let puller = std::thread::spawn(move || switch.pull());
        match run(command) {
            Err(ProcessError::Start { .. }) => refused += 1,
            Ok(done) if done.killed => killed += 1,
            other => panic!("{other:?}"),
        }
        puller.join().unwrap();
        assert!(begun.elapsed() < LONG / 2);
    }
    assert_eq!(refused + killed, 60);
}

#[test]
fn who_left_the_group_costs_neither_time_nor_bytes() {
    // It is heard of last, and keeps the pipe open.
    let script =
        "setsid sh -c 'echo $$ > '$READY'.pid; head -c 50000 /dev/zero; echo > '$READY'; exec sleep 60' &
        read over < $READY; exit 0";
    let child = Child::start(script);
    let pid = child.folder.path().join("ready.pid");
    let done = child.running.wait();
    run(Command::new("kill", LONG).args([std::fs::read_to_string(pid).unwrap().trim()])).unwrap();
    assert_eq!((done.status, done.stdout.bytes.len()), (Status::Exited(0), 50_000));
    assert!(!done.stdout.complete);
}
