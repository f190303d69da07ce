//! Verification and bake: starts, verdicts, budgets.

use super::stage::{Stage, name};
use crate::decide::{Answer, Effect, WaitCode};
use crate::event::Event;
use crate::id::GateName;
use crate::journal::state::Phase;
use crate::observation::{Health, Reading, RunStatus, Sample};
use crate::pipeline::GateKind;
use crate::verdict::Verdict;

/// Release 1 is live in dev, and its QA runs.
fn running() -> Stage {
    let mut stage = Stage::new();
    stage.release(1);
    stage.step();
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    assert_eq!(stage.codes("dev"), [WaitCode::Verifying]);
    stage
}

fn qa_smoke() -> GateName {
    GateName::parse("qa/smoke").unwrap()
}

#[test]
fn verdicts_lead_to_phases() {
    let cases = [
        (Verdict::Passed, Phase::Settled),
        (Verdict::Failed, Phase::Failed),
        (Verdict::Error, Phase::Verifying),
        (Verdict::Inconclusive, Phase::Verifying),
    ];
    for (verdict, phase) in cases {
        let mut stage = running();
        stage.finish_qa("dev", verdict);
        stage.step();
        stage.step();
        assert_eq!(stage.phase("dev"), phase, "{verdict}");
    }
}

#[test]
fn errors_are_tried_again_three_times_and_never_roll_back() {
    let mut stage = running();
    for attempt in 1..=3 {
        assert_eq!(stage.env("dev").at.as_ref().unwrap().runs[&qa_smoke()].attempt, attempt);
        stage.finish_qa("dev", Verdict::Error);
        while stage.step() {}
    }
    let wait = stage.waits("dev").remove(0);
    assert_eq!(wait.code, WaitCode::GateError);
    assert!(wait.remedy.contains("towpath resume shop/web dev"), "{}", wait.remedy);
    assert_eq!(stage.phase("dev"), Phase::Verifying);
}

#[test]
fn inconclusive_has_a_budget_of_its_own() {
    let mut stage = running();
    for _ in 0..2 {
        stage.finish_qa("dev", Verdict::Inconclusive);
        while stage.step() {}
    }
    assert_eq!(stage.codes("dev"), [WaitCode::GateInconclusive]);
    let mut stage = running();
    for verdict in [Verdict::Error, Verdict::Inconclusive, Verdict::Inconclusive] {
        stage.finish_qa("dev", verdict);
        while stage.step() {}
    }
    let wait = stage.waits("dev").remove(0);
    assert!(wait.text.starts_with("qa/smoke ended Inconclusive 2 times: "), "{}", wait.text);
}

#[test]
fn a_run_past_its_deadline_is_an_error() {
    for status in [RunStatus::Running, RunStatus::Elsewhere] {
        let mut stage = running();
        let facts = stage.facts.get_mut(&name("dev")).unwrap();
        facts.runs.insert(qa_smoke(), Ok(status));
        stage.wait(599);
        assert_eq!(stage.codes("dev"), [WaitCode::Verifying]);
        stage.wait(1);
        stage.step();
        let run = &stage.env("dev").at.as_ref().unwrap().runs[&qa_smoke()];
        assert_eq!((run.verdict, run.errors), (Some(Verdict::Error), 1));
    }
}

#[test]
fn a_journalled_run_that_never_started_is_started_under_its_handle() {
    let mut stage = running();
    let facts = stage.facts.get_mut(&name("dev")).unwrap();
    facts.runs.insert(qa_smoke(), Ok(RunStatus::Absent));
    let Answer::Act(effects) = stage.answer("dev") else { panic!("it acts") };
    assert!(matches!(effects.as_slice(), [Effect::EnsureQa(_, handle)] if handle.as_str() == "run"));
}

#[test]
fn a_running_gate_keeps_its_definition_and_a_retry_takes_the_new_one() {
    let mut stage = running();
    let old = stage.env("dev").at.as_ref().unwrap().runs[&qa_smoke()].gates.clone();
    if let GateKind::Qa(qa) = &mut stage.pipeline.environments[0].verify[0].kind {
        qa.revision = "2".into();
    }
    assert_eq!(stage.codes("dev"), [WaitCode::Verifying]);
    stage.finish_qa("dev", Verdict::Error);
    while stage.step() {}
    let run = &stage.env("dev").at.as_ref().unwrap().runs[&qa_smoke()];
    assert_eq!(run.attempt, 2);
    assert_ne!(run.gates, old);
}

#[test]
fn a_gate_added_while_others_run_has_to_pass_too() {
    let mut stage = running();
    let mut added = stage.pipeline.environments[0].verify[0].clone();
    added.name = GateName::parse("qa/extra").unwrap();
    stage.pipeline.environments[0].verify.push(added);
    stage.finish_qa("dev", Verdict::Passed);
    while stage.step() {}
    assert_eq!(stage.phase("dev"), Phase::Verifying);
    assert!(stage.env("dev").at.as_ref().unwrap().runs.contains_key(&GateName::parse("qa/extra").unwrap()));
}

/// Release 1 is Verified in production, and its bake runs.
#[test]
fn a_gate_that_is_taken_out_while_it_runs_counts_for_nothing() {
    let mut stage = running();
    let dev = &mut stage.pipeline.environments[0];
    dev.revalidate = true;
    dev.verify = vec![super::stage::gate("metrics/errors", super::stage::metric(60))];
    while stage.step() {}
    stage.wait(60);
    let at = stage.env("dev").at.clone().unwrap();
    let samples =
        (1..=6).map(|i| Sample { at: at.since.plus(crate::time::Span::seconds(10 * i)), value: 0.0 });
    let (samples, to) = (samples.collect(), stage.now);
    stage.readings.insert(
        (at.pid.unwrap(), GateName::parse("metrics/errors").unwrap()),
        Reading::Samples { samples, to },
    );
    while stage.step() {}
    assert_eq!(stage.phase("dev"), Phase::Settled);
    assert_eq!(stage.env("dev").ok[&at.r].gates, stage.pipeline.environments[0].verify_hash());
}

fn baking() -> Stage {
    let mut stage = Stage::new();
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    stage.approve("bob", &r);
    stage.verify("production", Verdict::Passed);
    assert_eq!(stage.phase("production"), Phase::Verified);
    stage
}

fn read(stage: &mut Stage, values: &[f64]) {
    let at = stage.env("production").at.clone().unwrap();
    let gate = GateName::parse("bake/errors").unwrap();
    let start = at.runs[&gate].at;
    let samples = values
        .iter()
        .zip(1..)
        .map(|(value, i)| Sample { at: start.plus(crate::time::Span::seconds(30 * i)), value: *value });
    stage
        .readings
        .insert((at.pid.unwrap(), gate), Reading::Samples { samples: samples.collect(), to: stage.now });
}

#[test]
fn a_bake_passes_at_its_end_and_fails_as_soon_as_it_is_bad() {
    let mut stage = baking();
    stage.wait(300);
    read(&mut stage, &[0.0; 10]);
    assert_eq!(stage.codes("production"), [WaitCode::Baking]);
    stage.wait(300);
    read(&mut stage, &[0.0; 20]);
    while stage.step() {}
    assert_eq!(stage.phase("production"), Phase::Settled);
    assert!(stage.env("production").good[0].baked);

    let mut stage = baking();
    stage.wait(60);
    read(&mut stage, &[0.0, 0.5]);
    stage.step();
    assert_eq!(stage.env("production").at.as_ref().unwrap().runs.len(), 2);
    stage.step();
    assert_eq!(stage.phase("production"), Phase::Failed);
}

#[test]
fn a_reading_says_nothing_of_the_time_after_it() {
    let mut stage = baking();
    stage.wait(570);
    read(&mut stage, &[0.0; 19]);
    assert_eq!(stage.codes("production"), [WaitCode::Baking]);
    // The window ends while something else takes its time, and its last sample is bad.
    stage.wait(60);
    assert_eq!(stage.codes("production"), [WaitCode::Baking]);
    assert_eq!(stage.promotes("production"), None);
    stage.readings.clear();
    let last = [0.0; 19].into_iter().chain([0.5]).collect::<Vec<_>>();
    read(&mut stage, &last);
    while stage.phase("production") != Phase::Failed {
        assert!(stage.step());
    }
}

#[test]
fn a_newer_release_cuts_a_bake_only_with_a_good_reading() {
    let mut stage = baking();
    let newer = stage.release(2);
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    stage.approve("bob", &newer);
    stage.readings.clear();
    read(&mut stage, &[]);
    assert!(stage.codes("production").contains(&WaitCode::BakeReading));
    assert_eq!(stage.promotes("production"), None);
    read(&mut stage, &[0.0; 20]);
    assert_eq!(stage.promotes("production").unwrap().0, "1.2");
    let Answer::Act(effects) = stage.answer("production") else { panic!("it acts") };
    assert!(matches!(
        &effects[0],
        Effect::Record(Event::Baked { result: crate::event::BakeResult::Cut, .. })
    ));
    // A bad reading is a failure first, whatever else is ready.
    read(&mut stage, &[0.0, 0.0, 0.5]);
    assert_eq!(stage.promotes("production"), None);
}
