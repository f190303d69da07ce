//! QA commands that fail, hang, print rubbish, are slow, or cannot start.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Bench, PASSES};

/// A bench with a release that the next pass takes to dev, where `script` judges it.
fn with_smoke(script: &str) -> Bench {
    let bench = Bench::new();
    bench.smoke(script);
    bench.towpath(&["reconcile"]).code(0);
    bench.release("1.1.0", 'a');
    bench
}

#[test]
fn a_failed_test_rolls_back_and_tells_the_script() {
    let fails =
        "echo '<testsuite><testcase name=\"login\"><failure/></testcase></testsuite>' > \"$TOWPATH_JUNIT\"";
    let bench =
        with_smoke(&format!("if [ \"$TOWPATH_VERSION\" = 1.2.0 ]; then {fails}; exit 1; fi\n{PASSES}"));
    bench.towpath(&["reconcile"]).code(0);
    bench.release("1.2.0", 'b');
    bench
        .towpath(&["reconcile"])
        .code(3)
        .out("Judged: qa/smoke in dev: Failed: 1 test, 1 failed: login")
        .out("Failed: dev failed: a verification gate (qa/smoke)")
        .out("Rejected: 1.2.0 rejected in dev")
        .out("Promoted: dev rolled back to 1.1.0")
        .out("Verified: 1.1.0 Verified in dev");
    assert!(bench.kustomization("dev").contains("newTag: \"1.1.0\""));
    bench.towpath(&["reconcile"]).code(0);
    bench
        .towpath(&["clear", "dev", "--reason", "the test was wrong"])
        .code(0)
        .out(" cleared in dev: the test was wrong");
}

#[test]
fn a_rollback_that_fails_too_is_an_alarm_that_stays() {
    let bench = with_smoke(PASSES);
    bench.towpath(&["reconcile"]).code(0);
    bench.smoke(&format!("{PASSES}exit 1"));
    bench.release("1.2.0", 'b');
    bench.towpath(&["reconcile"]).code(3);
    bench.smoke(PASSES);
    bench.towpath(&["reconcile"]).code(3).err("error: shop/web dev: the rollback itself failed");
}

#[test]
fn without_anything_good_before_a_person_is_called() {
    let bench = with_smoke("exit 1");
    bench
        .towpath(&["reconcile"])
        .code(6)
        .out("Judged: qa/smoke in dev: Error")
        .err("dev waits: qa/smoke ended Error 3 times")
        .err("  next: mend the gate, then: towpath resume shop/web dev");
    bench.smoke(PASSES);
    bench.towpath(&["resume", "shop/web", "dev"]).code(0);
    bench.towpath(&["reconcile"]).code(0).out("Verified: 1.1.0 Verified in dev");
}

#[test]
fn rubbish_is_no_verdict_and_never_reaches_the_terminal() {
    let bench = with_smoke("printf '\\033[2J\\377rubbish'; printf '\\033]0;x' > \"$TOWPATH_JUNIT\"");
    let ran = bench.towpath(&["reconcile"]).code(6).out("Judged: qa/smoke in dev: Error");
    assert!(
        !ran.out.contains("rubbish") && !ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'),
        "{ran:?}"
    );
}

#[test]
fn a_command_that_cannot_start_is_an_error_that_names_it() {
    let bench = with_smoke(PASSES);
    std::fs::remove_file(bench.path("pipelines/qa/smoke")).unwrap();
    bench.towpath(&["reconcile"]).code(6).out("Judged: qa/smoke in dev: Error: did not start").err("smoke");
}

#[test]
fn a_run_that_hangs_is_killed_at_its_deadline() {
    let bench = with_smoke("sleep 300");
    bench.replace("pipelines/towpath.yaml", "timeout: 2m", "timeout: 1s");
    let began = Instant::now();
    bench.towpath(&["reconcile"]).code(6).out("Judged: qa/smoke in dev: Error");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_run_of_another_process_is_not_started_again() {
    let bench = with_smoke("echo started >> ../starts; exec sleep 20");
    let mut first =
        bench.command(&["reconcile"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(first.stdout.take().unwrap()));
    while !lines.next().unwrap().unwrap().contains("Started: qa/smoke") {}
    // An overlapping pass sees the run in the journal, and ends.
    bench
        .towpath(&["reconcile"])
        .code(0)
        .err("dev waits: qa/smoke runs elsewhere, or ended with the host that began it, since ");
    first.kill().unwrap();
    first.wait().unwrap();
    bench
        .towpath(&["reconcile"])
        .code(0)
        .err("dev waits: qa/smoke runs elsewhere, or ended with the host that began it, since ");
    assert_eq!(std::fs::read_to_string(bench.path("starts")).unwrap(), "started\n");
}
