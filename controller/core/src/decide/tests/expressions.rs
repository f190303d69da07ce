//! Entry gates: expressions that are evaluated outside.

use super::stage::{Stage, name};
use crate::decide::{Answer, Effect, WaitCode};
use crate::id::{GateName, ReleaseId};
use crate::pipeline::{EntryGate, Expression};
use crate::world::Evaluation;

fn gated() -> (Stage, ReleaseId) {
    let mut stage = Stage::new();
    let gate = |n| Expression {
        name: GateName::parse(&format!("expression/{n}")).unwrap(),
        cel: format!("{n}  == 1"),
    };
    stage.pipeline.environments[0].entry.expressions = vec![gate(1), gate(2)];
    let r = stage.release(1);
    (stage, r)
}

fn asked(stage: &Stage) -> Vec<Evaluation> {
    let Answer::Act(effects) = stage.answer("dev") else { return Vec::new() };
    let asked = effects.into_iter().filter_map(|effect| match effect {
        Effect::Evaluate(evaluation) => Some(evaluation),
        _ => None,
    });
    asked.collect()
}

fn answer(stage: &mut Stage, answers: [Result<bool, &str>; 2]) {
    for (evaluation, answer) in asked(stage).into_iter().zip(answers) {
        stage.evaluations.insert(evaluation, answer.map_err(str::to_owned));
    }
}

#[test]
fn it_is_asked_first_and_only_true_lets_a_release_in() {
    let (mut stage, r) = gated();
    let wanted = asked(&stage);
    assert_eq!(wanted.len(), 2);
    assert!(wanted.iter().all(|e| e.release == r && e.environment == name("dev")));
    answer(&mut stage, [Ok(true), Ok(true)]);
    assert!(stage.promotes("dev").is_some());
}

#[test]
fn what_is_false_and_what_cannot_be_said() {
    type Row = ([Result<bool, &'static str>; 2], WaitCode, &'static str, &'static str);
    let cases: [Row; 3] = [
        (
            [Ok(false), Ok(true)],
            WaitCode::GateNotTrue,
            "expression/1",
            "expression/1 is not true of 1.1: 1 == 1",
        ),
        (
            [Ok(true), Ok(false)],
            WaitCode::GateNotTrue,
            "expression/2",
            "expression/2 is not true of 1.1: 2 == 1",
        ),
        (
            [Ok(true), Err("no such key: x")],
            WaitCode::GateError,
            "expression/2",
            "expression/2 cannot be evaluated for 1.1: no such key: x",
        ),
    ];
    for (answers, code, object, text) in cases {
        let (mut stage, _) = gated();
        answer(&mut stage, answers);
        let wait = stage.waits("dev").remove(0);
        assert_eq!((wait.code, wait.object.as_str(), wait.text.as_str()), (code, object, text));
        assert!(wait.remedy.contains("under entry of dev"), "{}", wait.remedy);
        stage.pipeline.environments[0].promotion.overrides = [EntryGate::Expression].into();
        assert!(stage.waits("dev")[0].remedy.contains("--override expression"));
    }
}

#[test]
fn an_answer_is_bound_to_the_release_and_to_the_text() {
    let (mut stage, _) = gated();
    answer(&mut stage, [Ok(true), Ok(true)]);
    stage.pipeline.environments[0].entry.expressions[1].cel = "false".into();
    assert_eq!(asked(&stage).len(), 1, "the text is another");
    let newer = stage.release(2);
    let wanted = asked(&stage);
    assert!(wanted.len() == 2 && wanted.iter().all(|e| e.release == newer), "the release is another");
}

#[test]
fn nothing_is_asked_when_nothing_wants_to_come() {
    let (mut stage, _) = gated();
    stage.state.releases.retain(crate::journal::state::Release::is_baseline);
    assert_eq!(stage.answer("dev"), Answer::Settled);
}
