//! Signals: the command ends, the QA that it runs ends with it, and the next command goes on.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails ends its test")]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::processes::{alive, dies};
use crate::support::{Bench, PASSES, Ran};

/// Long enough for a busy machine, short enough to notice a hang.
const LONG: Duration = Duration::from_secs(60);

/// QA that says which process it waits for, once; later tries pass.
fn slow(wish: &str) -> String {
    format!(
        "[ -e ../ready ] || {{ {PASSES} exit; }}\n{wish}\nsleep 600 & echo $! > ../ready\nwait; wait; exit 1\n"
    )
}

/// A bench with a release that the next pass takes to dev, where QA never ends by itself.
fn bench(wish: &str) -> Bench {
    let bench = Bench::new();
    bench.towpath(&["reconcile"]).code(0);
    bench.smoke(&slow(wish));
    let ready = bench.path("ready");
    assert!(Command::new("mkfifo").arg(ready).status().unwrap().success());
    bench.release("1.1.0", 'a');
    bench
}

/// What somebody in another thread answers, in time.
#[track_caller]
fn in_time<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (said, heard) = channel();
    std::thread::spawn(move || said.send(work()));
    heard.recv_timeout(LONG).unwrap_or_else(|_| panic!("{what} takes too long"))
}

/// The process that QA waits for; the next try finds nothing to wait for.
#[track_caller]
fn grandchild(bench: &Bench) -> String {
    let ready: PathBuf = bench.path("ready");
    let from = ready.clone();
    let pid = in_time("the start of QA", move || std::fs::read_to_string(from).unwrap());
    std::fs::remove_file(ready).unwrap();
    pid.trim().to_owned()
}

/// Starts it with the signals of a terminal's foreground: whoever runs the tests in the background ignores some, and
/// so would what they start.
fn start(command: &Command) -> Child {
    let mut env = Command::new("env");
    env.arg("--default-signal=HUP,INT").arg(command.get_program()).args(command.get_args());
    spawn(&mut env, command)
}

/// Starts a command that runs another one, in the folder and with the variables of that.
fn spawn(command: &mut Command, other: &Command) -> Child {
    command.current_dir(other.get_current_dir().unwrap()).env_clear();
    command.envs(other.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends a signal at once: a process for it would take seconds on a busy machine, and QA has two to end.
fn send(signal: Signal, child: &Child) {
    kill_process(pid(child), signal).unwrap();
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

/// Stops it until it is told to go on, so that whatever is sent to it in between arrives at once.
fn stop(child: &Child) {
    send(Signal::STOP, child);
    let (_, status) = waitpid(Some(pid(child)), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped());
}

#[track_caller]
fn end(child: Child) -> Ran {
    Ran::new(in_time("the end", move || child.wait_with_output().unwrap()))
}

#[test]
fn each_signal_ends_the_command_and_its_qa() {
    for (signal, name, code, arguments) in [
        (Signal::TERM, "SIGTERM", 143, &["reconcile", "--once"][..]),
        (Signal::INT, "SIGINT", 130, &["reconcile", "--wait"]),
        (Signal::HUP, "SIGHUP", 129, &["reconcile"]),
    ] {
        let bench = bench("");
        let child = start(&bench.command(arguments));
        let grandchild = grandchild(&bench);
        assert!(alive(&grandchild));
        send(signal, &child);
        let ran = end(child).code(code).out("Started: qa/smoke");
        let line = format!(
            "note: ended by {name}; 1 QA run was killed and is tried again after its deadline; \
             the next pass goes on from here\n"
        );
        assert!(ran.err.ends_with(&line) && !ran.out.contains("Judged"), "{ran:#?}");
        assert!(dies(&grandchild), "{name}");
        // As after a crash: nobody else starts it before its deadline.
        bench
            .towpath(&["reconcile", "--once"])
            .code(0)
            .err("dev waits: qa/smoke runs elsewhere, or ended with the host that began it, since ");
        assert!(bench.towpath(&["history", "-n", "1"]).out.contains("Started"));
    }
}

#[test]
fn the_next_command_goes_on() {
    // The test failed, or so it says when it is told to end: no reason to roll back.
    let bench = bench("trap 'exit 1' TERM");
    bench.replace("pipelines/web.yaml", "template: smoke }", "template: smoke, timeout: 10s }");
    let child = start(&bench.command(&["reconcile", "--once"]));
    let grandchild = grandchild(&bench);
    send(Signal::TERM, &child);
    end(child).code(143);
    assert!(dies(&grandchild));
    bench
        .towpath(&["reconcile", "--wait", "50s"])
        .code(0)
        .out("Judged: qa/smoke in dev: Error: no result before its deadline")
        .out("Judged: qa/smoke in dev: Passed")
        .out("Verified: 1.1.0 Verified in dev");
}

#[test]
fn qa_that_does_not_want_to_end_is_killed() {
    let bench = bench("trap '' TERM");
    let child = start(&bench.command(&["reconcile"]));
    let grandchild = grandchild(&bench);
    send(Signal::TERM, &child);
    end(child).code(143).err("ended by SIGTERM; 1 QA run was killed");
    assert!(dies(&grandchild));
}

#[test]
fn the_second_signal_does_not_wait() {
    let bench = bench("trap '' TERM");
    let child = start(&bench.command(&["reconcile"]));
    let grandchild = grandchild(&bench);
    stop(&child);
    send(Signal::INT, &child);
    send(Signal::TERM, &child);
    send(Signal::CONT, &child);
    let ran = end(child);
    // Which of the two was the second is not for us to say.
    assert!([130, 143].contains(&ran.code) && !ran.err.contains("ended by"), "{ran:#?}");
    assert!(dies(&grandchild));
}

#[test]
fn a_sleep_is_no_reason_to_stay() {
    let bench = Bench::new();
    bench.replace("pipelines/web.yaml", "{ environment: dev }", "{ environment: dev, soak: 1h }");
    bench.towpath(&["reconcile"]).code(0);
    bench.release("1.1.0", 'a');
    let mut child = start(&bench.command(&["reconcile", "--wait"]));
    let talk = lines(child.stderr.take().unwrap());
    while !talk.recv_timeout(LONG).unwrap().starts_with("looking again at ") {}
    send(Signal::TERM, &child);
    end(child).code(143).out("Verified: 1.1.0 Verified in dev");
    let last = talk.iter().last().unwrap();
    assert_eq!(last, "note: ended by SIGTERM; the next pass goes on from here");
}

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (said, heard) = channel();
    std::thread::spawn(move || BufReader::new(from).lines().try_for_each(|line| said.send(line.unwrap())));
    heard
}

#[test]
fn what_is_to_be_ignored_is_ignored() {
    let bench = bench("");
    let towpath = bench.command(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" reconcile"]).arg(towpath.get_program());
    let child = spawn(&mut shell, &towpath);
    let grandchild = grandchild(&bench);
    send(Signal::HUP, &child);
    send(Signal::TERM, &child);
    end(child).code(143).err("ended by SIGTERM");
    assert!(dies(&grandchild));
}
