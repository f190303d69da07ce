//! Entry gates that are evaluated outside: expressions, and what systems outside say.

use super::stage::{Stage, name};
use crate::decide::{Answer, Effect, WaitCode, When};
use crate::event::{Event, RequestKind};
use crate::id::{ActId, GateName, ReleaseId};
use crate::pipeline::{EntryGate, Expression, Http};
use crate::time::Span;
use crate::world::{Evaluation, Found, Truth};

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

pub(super) fn asked(stage: &Stage) -> Vec<Evaluation> {
    let Answer::Act(effects) = stage.answer("dev") else { return Vec::new() };
    let asked = effects.into_iter().filter_map(|effect| match effect {
        Effect::Evaluate(evaluation) => Some(evaluation),
        _ => None,
    });
    asked.collect()
}

pub(super) fn found(stage: &mut Stage, evaluation: Evaluation, truth: Truth, detail: &str) {
    stage.evaluations.insert(evaluation, Found { at: stage.now, truth, detail: detail.to_owned() });
}

fn answer(stage: &mut Stage, answers: [Result<bool, &str>; 2]) {
    for (evaluation, answer) in asked(stage).into_iter().zip(answers) {
        let (truth, detail) = match answer {
            Ok(true) => (Truth::True, ""),
            Ok(false) => (Truth::False, ""),
            Err(why) => (Truth::Wrong, why),
        };
        found(stage, evaluation, truth, detail);
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

/// dev asks two systems, each answer holds for a minute.
fn asking() -> (Stage, ReleaseId) {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].entry.http = vec![http("ticket"), http("quota")];
    let r = stage.release(1);
    (stage, r)
}

fn http(name: &str) -> Http {
    Http::read(serde_json::json!({
        "name": name,
        "url": format!("https://{name}.example/{{{{ version }}}}"),
        "success": "response.status == 200",
    }))
}

/// Answers what is asked until nothing is.
fn all_say(stage: &mut Stage, truth: Truth, detail: &str) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let evaluations = asked(stage);
        if evaluations.is_empty() {
            return names;
        }
        for evaluation in evaluations {
            names.push(evaluation.gate.to_string());
            found(stage, evaluation, truth, detail);
        }
    }
}

#[test]
fn systems_are_asked_one_after_the_other_and_all_have_to_agree() {
    let (mut stage, r) = asking();
    let first = asked(&stage);
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!((first[0].gate.as_str(), &first[0].release), ("http/ticket", &r));
    assert_eq!(all_say(&mut stage, Truth::True, ""), ["http/ticket", "http/quota"]);
    assert!(stage.promotes("dev").is_some());
    let (mut stage, _) = asking();
    assert_eq!(all_say(&mut stage, Truth::False, "it answered 404"), ["http/ticket"], "one no is enough");
    assert_eq!(stage.promotes("dev"), None);
}

/// Peer row 45: what is no answer neither passes nor fails, and what failed is asked again.
#[test]
fn what_a_system_says_and_what_follows() {
    let cases = [
        (
            Truth::False,
            "it answered 404",
            WaitCode::GateNotTrue,
            "http/ticket is not true of 1.1: response.status == 200 (it answered 404)",
            "let ticket.example say so, or change it under entry of dev",
        ),
        (
            Truth::Unanswered,
            "it answers 500",
            WaitCode::GateUnanswered,
            "http/ticket has no answer for 1.1: it answers 500",
            "see that ticket.example answers",
        ),
        (
            Truth::Wrong,
            "no such key: approved",
            WaitCode::GateError,
            "http/ticket cannot be evaluated for 1.1: no such key: approved",
            "correct it under entry of dev",
        ),
    ];
    for (truth, detail, code, text, remedy) in cases {
        let (mut stage, _) = asking();
        all_say(&mut stage, truth, detail);
        let wait = stage.waits("dev").remove(0);
        assert_eq!((wait.code, wait.text.as_str(), wait.object.as_str()), (code, text, "http/ticket"));
        assert!(wait.remedy.contains(remedy), "{}", wait.remedy);
        assert_eq!(wait.when, When::At(stage.now.plus(Span::seconds(60))), "{text}");
        stage.pipeline.environments[0].promotion.overrides = [EntryGate::Http].into();
        assert!(stage.waits("dev")[0].remedy.contains("--override http"));
        stage.wait(59);
        assert_eq!(asked(&stage), [], "{text}: it holds for a minute");
        stage.wait(1);
        assert_eq!(asked(&stage).len(), 1, "{text}: and no longer");
    }
}

#[test]
fn an_approval_by_a_system_expires() {
    let (mut stage, _) = asking();
    all_say(&mut stage, Truth::True, "");
    stage.wait(60);
    assert_eq!(stage.promotes("dev"), None);
    assert_eq!(asked(&stage).len(), 1);
    all_say(&mut stage, Truth::True, "");
    stage.now = crate::time::Time::from_unix(stage.now.unix() - 30);
    assert_eq!(asked(&stage).len(), 1, "an answer from later than now is none");
}

#[test]
fn an_answer_of_a_system_is_bound_to_the_release_the_gate_and_the_environment() {
    let (mut stage, _) = asking();
    all_say(&mut stage, Truth::True, "");
    stage.pipeline.environments[0].entry.http[0].success = "true".into();
    assert_eq!(asked(&stage).len(), 1, "the gate is another");
    let (mut stage, first) = asking();
    all_say(&mut stage, Truth::True, "");
    let second = stage.release(2);
    let wanted = asked(&stage);
    assert!(first != second && wanted.iter().all(|e| e.release == second), "{wanted:?}");
    assert_eq!(stage.promotes("dev"), None);
    let (mut stage, _) = asking();
    stage.pipeline.environments[1].entry.http = vec![http("ticket")];
    stage.pipeline.environments[1].after.edges.clear();
    stage.step();
    all_say(&mut stage, Truth::True, "");
    let Answer::Act(effects) = stage.answer("staging") else { panic!("staging waits") };
    let theirs = |e: &Effect| matches!(e, Effect::Evaluate(e) if e.environment == name("staging"));
    assert!(effects.iter().all(theirs), "{effects:?}");
}

#[test]
fn nobody_is_asked_about_a_release_that_something_else_keeps() {
    let (mut stage, r) = asking();
    stage.pipeline.environments[0].approvals = stage.pipeline.environments[2].approvals.clone();
    assert_eq!(asked(&stage), []);
    assert_eq!(stage.codes("dev"), [WaitCode::ApprovalNeeded]);
    let gates = stage.pipeline.environments[0].entry_hash();
    let approved = Event::Approved { env: name("dev"), r, gates, groups: Vec::new(), until: None };
    stage.record("bob", approved);
    assert_eq!(asked(&stage).len(), 1);
}

#[test]
fn who_passes_a_system_by_does_not_wait_for_it() {
    let (mut stage, r) = asking();
    stage.pipeline.environments[0].promotion.overrides = [EntryGate::Http].into();
    all_say(&mut stage, Truth::Unanswered, "it answers 500");
    stage.record(
        "bob",
        Event::Requested {
            q: ActId::parse("q-1").unwrap(),
            env: name("dev"),
            r: Some(r),
            kind: RequestKind::Promote,
            overrides: vec!["http the tickets are down".into()],
        },
    );
    let Answer::Act(effects) = stage.answer("dev") else { panic!("it waits") };
    let overridden = effects
        .iter()
        .any(|e| matches!(e, Effect::Record(Event::Overridden { gate, .. }) if gate.as_str() == "http"));
    assert!(overridden && stage.promotes("dev").is_some(), "{effects:?}");
}
