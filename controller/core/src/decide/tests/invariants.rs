//! Invariants: each refuses what breaks it, whatever the rules decided.

use serde_json::json;

use super::stage::{Stage, name};
use crate::decide::{Answer, Effect, Promotion, WaitCode};
use crate::event::{BakeResult, Cause, Event};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, Pid};
use crate::invariant::{broken, guard};
use crate::journal::state::{Phase, Rejection};
use crate::pipeline::{Approval, Edge, EntryGate, Window};
use crate::release::Rank;
use crate::time::Span;
use crate::verdict::Verdict;

/// A stage on which a release is about to be promoted into dev.
fn about_to_promote() -> (Stage, Promotion) {
    let mut stage = Stage::new();
    stage.release(1);
    let Answer::Act(effects) = stage.answer("dev") else { panic!("{:?}", stage.answer("dev")) };
    let promotion = effects.iter().find_map(|effect| effect.promotion()).unwrap().clone();
    (stage, promotion)
}

fn rule(stage: &Stage, effect: &Effect) -> Option<&'static str> {
    broken(&stage.state, &stage.pipeline, effect, stage.now).map(|(rule, _)| rule)
}

type Change = fn(&mut Stage, &mut Promotion);

fn hold(stage: &mut Stage, stops: Vec<Stop>) {
    let (id, select) = (ActId::parse("h-1").unwrap(), Select::environment(&name("dev")));
    let reason = "no".to_owned();
    stage.record("carol", Event::Held { id, select, subject: Subject::All, stops, reason, until: None });
}

fn running(stage: &mut Stage) {
    let at = stage.state.envs.get_mut(&name("dev")).unwrap().at.as_mut().unwrap();
    (at.phase, at.since) = (Phase::Verifying, stage.now);
}

fn closed_window(stage: &mut Stage) {
    let window = json!({"timezone": "UTC", "deny": [{"cron": "* * * * *", "duration": "1h"}]});
    stage.pipeline.environments[0].entry.windows = vec![Window::read(window)];
}

fn reject(stage: &mut Stage, promotion: &Promotion) {
    let digests = stage.state.release(&promotion.r).unwrap().images.iter().map(|i| i.digest.clone());
    let rejection = Rejection { digests: digests.collect(), r: promotion.r.clone(), at: stage.now };
    stage.state.envs.get_mut(&name("dev")).unwrap().rejected.push(rejection);
}

fn needs_approval(stage: &mut Stage) {
    let approval = Approval { count: 1, groups: Vec::new(), not_author: true, policy: None };
    stage.pipeline.environments[0].approvals = vec![approval];
}

fn approve(stage: &mut Stage, promotion: &Promotion, by: &str) {
    let (gates, r) = (stage.pipeline.environments[0].entry_hash(), promotion.r.clone());
    stage.record(by, Event::Approved { env: name("dev"), r, gates, groups: Vec::new(), until: None });
}

#[test]
fn each_refuses_what_breaks_it() {
    let cases: [(&str, &str, Change); 16] = [
        ("not Verified upstream", "S1", |stage, _| {
            let edge = Edge { environment: name("staging"), soak: Span::seconds(0) };
            stage.pipeline.environments[0].after.edges = vec![edge];
        }),
        ("an environment that nobody knows", "S1", |_, promotion| promotion.environment = name("x")),
        ("a try for the second time", "S2", |stage, promotion| {
            stage.state.envs.get_mut(&name("dev")).unwrap().tries.insert(promotion.r.clone(), 1);
        }),
        ("another id", "S2", |_, promotion| promotion.pid = Pid::parse("p-00000000000000000000").unwrap()),
        ("two at once", "S3", |stage, _| running(stage)),
        ("back to what was never good", "S5", |_, promotion| promotion.cause = Cause::Rollback),
        ("rejected", "S6", |stage, promotion| reject(stage, promotion)),
        ("held", "S9", |stage, _| hold(stage, vec![Stop::Promotions])),
        ("held by a person, for a person", "S9", |stage, promotion| {
            hold(stage, vec![Stop::Promotions]);
            promotion.cause = Cause::Manual;
        }),
        ("a closed window", "S9", |stage, _| closed_window(stage)),
        ("a window that closed by the journal's time", "S9", |stage, _| {
            let closes = stage.now.plus(Span::seconds(30));
            stage.state.at = closes;
            let window = json!({"timezone": "UTC", "deny": [{"cron": "* * * * *", "duration": "1m"}], "exceptions": [
                {"from": "2020-01-01T00:00:00Z", "to": closes.to_string(), "reason": "until then"}]});
            stage.pipeline.environments[0].entry.windows = vec![Window::read(window)];
        }),
        ("not approved", "S10", |stage, _| needs_approval(stage)),
        ("approved by its author, and before the last failure", "S10", |stage, promotion| {
            needs_approval(stage);
            approve(stage, promotion, "bob");
            stage.state.envs.get_mut(&name("dev")).unwrap().voids = stage.state.n;
            approve(stage, promotion, "alice");
        }),
        ("approved until a time that is over by the journal's", "S10", |stage, promotion| {
            needs_approval(stage);
            approve(stage, promotion, "bob");
            let until = stage.now.plus(Span::seconds(30));
            stage.state.approvals[0].until = Some(until);
            stage.state.at = until;
        }),
        ("approved before the gates were these", "S10", |stage, promotion| {
            approve(stage, promotion, "bob");
            needs_approval(stage);
        }),
        ("below what was there", "S15", |stage, _| {
            stage.state.envs.get_mut(&name("dev")).unwrap().hw = Rank { order: 0, seq: 9 };
        }),
    ];
    for (case, expected, change) in cases {
        let (mut stage, mut promotion) = about_to_promote();
        assert_eq!(rule(&stage, &Effect::Promote(promotion.clone())), None, "{case}");
        change(&mut stage, &mut promotion);
        for effect in [Effect::Promote(promotion.clone()), Effect::Propose(promotion)] {
            assert_eq!(rule(&stage, &effect), Some(expected), "{case}");
        }
    }
}

#[test]
fn they_let_pass_what_the_rules_allow() {
    let cases: [(&str, Change); 6] = [
        ("a newer one where it replaces", |stage, _| {
            running(stage);
            stage.pipeline.environments[0].promotion.queue = crate::pipeline::Queue::NewestWins;
            let at = stage.state.envs.get_mut(&name("dev")).unwrap().at.as_mut().unwrap();
            at.cause = Cause::Auto;
        }),
        ("a newer one where the older stalled", |stage, _| {
            running(stage);
            stage.wait(900);
        }),
        ("rejected, and asked for", |stage, promotion| {
            reject(stage, promotion);
            promotion.cause = Cause::Manual;
        }),
        ("a closed window passed by", |stage, promotion| {
            closed_window(stage);
            promotion.overrides = vec![(EntryGate::Window, "it cannot wait".to_owned())];
        }),
        ("approved by somebody else", |stage, promotion| {
            needs_approval(stage);
            approve(stage, promotion, "bob");
        }),
        ("a hold of rollbacks only", |stage, _| hold(stage, vec![Stop::Rollbacks])),
    ];
    for (case, change) in cases {
        let (mut stage, mut promotion) = about_to_promote();
        change(&mut stage, &mut promotion);
        assert_eq!(rule(&stage, &Effect::Promote(promotion)), None, "{case}");
    }
}

#[test]
fn only_passed_gates_verify() {
    let (stage, promotion) = about_to_promote();
    let verified = Event::Verified {
        policy: None,
        env: name("dev"),
        pid: promotion.pid.clone(),
        r: promotion.r.clone(),
        gates: promotion.gates.clone(),
    };
    assert_eq!(rule(&stage, &Effect::Record(verified)), Some("S8"));
    let baked = |result| Event::Baked { env: name("production"), pid: promotion.pid.clone(), result };
    assert_eq!(rule(&stage, &Effect::Record(baked(BakeResult::Passed))), Some("S8"));
    assert_eq!(rule(&stage, &Effect::Record(baked(BakeResult::Cut))), None);
}

#[test]
fn a_verdict_is_of_the_promotion_that_is_there() {
    let (mut stage, promotion) = about_to_promote();
    stage.verify("dev", Verdict::Passed);
    let there = stage.env("dev").at.as_ref().unwrap().pid.clone().unwrap();
    assert_eq!(there, promotion.pid);
    let another = Pid::parse("p-00000000000000000000").unwrap();
    for (pid, expected) in [(there, None), (another, Some("S7"))] {
        let (env, r, gates) = (name("dev"), promotion.r.clone(), promotion.gates.clone());
        let verified = Event::Verified { policy: None, env, pid, r, gates };
        assert_eq!(rule(&stage, &Effect::Record(verified)), expected);
    }
}

#[test]
fn what_is_refused_keeps_its_environment_waiting_and_no_other() {
    let (mut stage, promotion) = about_to_promote();
    let mut decision = stage.decide();
    hold(&mut stage, vec![Stop::Promotions]);
    let others = decision.envs.clone();
    let violations = guard(&stage.pipeline, &stage.state, &mut decision, stage.now);
    let found: Vec<_> = violations.iter().map(|v| (v.environment.as_str(), v.rule)).collect();
    assert_eq!(found, [("dev", "S9")]);
    for (name, answer) in &decision.envs {
        match (answer, name == &promotion.environment) {
            (Answer::Wait(waits), true) => assert_eq!(waits[0].code, WaitCode::InvariantViolated),
            (answer, _) => assert_eq!(Some(answer), others.get(name)),
        }
    }
}
