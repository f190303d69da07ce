//! Real children: how they end, what they leave behind, what they see.

mod processes;

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use processes::{alive, dies};
use towpath_process::{Cap, Command, Keep, ProcessError, Status, run, spawn};

/// Long enough for a busy machine, short enough to notice a hang.
const LONG: Duration = Duration::from_secs(60);

fn sh(script: &str, deadline: Duration) -> Command {
    Command::new("sh", deadline).args(["-c", script])
}

#[test]
fn answers_status_and_output() {
    let done = run(sh("printf out; printf err >&2; exit 3", LONG)).unwrap();
    assert_eq!(done.status, Status::Exited(3));
    assert_eq!((done.stdout.text(), done.stderr.text()), ("out".into(), "err".into()));
    assert!(done.stdout.complete && !done.truncated() && !done.success() && !done.killed);
}

#[test]
fn a_signal_is_not_an_exit_code() {
    assert_eq!(run(sh("kill -TERM $$", LONG)).unwrap().status, Status::Signalled(15));
}

#[test]
fn the_environment_is_what_was_said() {
    let mut command = Command::new("env", LONG).env("B", "2").env("A", "1");
    command.inherit = vec!["PATH".into(), "TOWPATH_TEST_UNSET".into()];
    let out = run(command).unwrap().stdout.text();
    let mut names: Vec<_> = out.lines().filter_map(|l| l.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["A", "B", "PATH"]);
}

#[test]
fn arguments_are_not_for_a_shell() {
    let done = run(Command::new("printf", LONG).args(["%s", "$HOME; echo `id`"])).unwrap();
    assert_eq!(done.stdout.text(), "$HOME; echo `id`");
}

#[test]
fn input_is_given_and_may_be_ignored() {
    let big = vec![b'x'; 4 << 20];
    let mut command = Command::new("wc", LONG).args(["-c"]);
    command.stdin = big.clone();
    assert_eq!(run(command).unwrap().stdout.text().trim(), big.len().to_string());
    let mut command = Command::new("true", LONG);
    command.stdin = big;
    assert!(run(command).unwrap().success());
}

#[test]
fn long_output_is_cut_and_counted() {
    let mut command = sh("head -c 3000000 /dev/zero; printf end", LONG);
    command.stdout = Cap { bytes: 10, keep: Keep::Tail };
    let done = run(command).unwrap();
    assert_eq!(done.stdout.bytes, b"\0\0\0\0\0\0\0end");
    assert_eq!(done.stdout.dropped, 3_000_003 - 10);
    assert!(done.truncated());
}

#[test]
fn the_deadline_kills_the_whole_group() {
    let done = run(sh("sleep 600 & echo $!; sleep 600", Duration::from_secs(1))).unwrap();
    assert_eq!((done.status, done.killed), (Status::TimedOut, false));
    assert!(done.stdout.complete, "all writers are gone");
    assert!(!done.stdout.bytes.is_empty() && dies(&done.stdout.text()));
}

#[test]
fn what_the_leader_leaves_behind_is_killed() {
    let begun = Instant::now();
    let done = run(sh("sleep 600 & echo $!", LONG)).unwrap();
    assert_eq!(done.status, Status::Exited(0));
    assert!(dies(&done.stdout.text()));
    assert!(begun.elapsed() < LONG);
}

#[test]
fn a_process_that_left_the_group_does_not_hold_us() {
    let begun = Instant::now();
    let script = "d=$(mktemp -d); mkfifo $d/left
        setsid sh -c 'echo $$; echo left > '$d'/left; exec sleep 20' & read x < $d/left; rm -r $d";
    let done = run(sh(script, LONG)).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15), "waited for the pipe");
    assert!(!done.stdout.complete);
    let pid = done.stdout.text();
    run(Command::new("kill", LONG).args([OsStr::new(pid.trim())])).unwrap();
}

#[test]
fn a_running_child_can_be_asked_and_killed() {
    let mut child = spawn(sh("echo begun; exec sleep 600", LONG)).unwrap();
    assert!(child.try_wait().is_none());
    assert!(child.wait_until(Instant::now() + Duration::from_millis(20)).is_none());
    child.kill();
    let done = child.wait_until(Instant::now() + LONG).unwrap();
    assert_eq!((done.status, done.killed), (Status::Signalled(15), true));
    assert_eq!(child.try_wait().unwrap().status, Status::Signalled(15), "the answer stays");
    child.kill();
    assert_eq!(child.wait().status, Status::Signalled(15));
}

#[test]
fn a_dropped_child_is_dead() {
    let child = spawn(sh("exec sleep 600", LONG)).unwrap();
    let pid = child.pid().to_string();
    assert!(alive(&pid));
    drop(child);
    assert!(dies(&pid));
}

#[test]
fn what_cannot_start_is_named() {
    let error = run(Command::new("towpath-no-such-program", LONG)).unwrap_err();
    assert!(matches!(&error, ProcessError::NotFound { program } if program == "towpath-no-such-program"));
    let error = run(Command::new("/etc/hostname", LONG)).unwrap_err();
    assert!(matches!(error, ProcessError::Start { .. }), "{error}");
    let mut command = Command::new("true", LONG);
    command.cwd = Some("/no/such/folder".into());
    let error = run(command).unwrap_err();
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
}
