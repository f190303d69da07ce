//! C11: going back.

use std::collections::BTreeSet;

use super::stage::{Stage, digest, name};
use crate::decide::{WaitCode, rollback_target};
use crate::event::{Cause, Event, RequestKind};
use crate::hold::{Select, Stop, Subject};
use crate::id::ActId;
use crate::journal::state::{Good, Phase};
use crate::time::Span;
use crate::verdict::Verdict;

/// Release 1 was good in dev, release 2 failed there.
fn failed() -> Stage {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.release(2);
    while stage.phase("dev") != Phase::Syncing {
        stage.step();
    }
    stage.show("dev", crate::observation::Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    stage.finish_qa("dev", Verdict::Failed);
    while stage.phase("dev") != Phase::Failed {
        assert!(stage.step());
    }
    stage
}

fn held(stage: &mut Stage, stops: Vec<Stop>) {
    let (id, reason) = (ActId::parse("h-1").unwrap(), "because".to_owned());
    let (select, subject) = (Select::default(), Subject::All);
    stage.record("carol", Event::Held { id, select, subject, stops, reason, until: None });
}

#[test]
fn a_failure_is_recorded_first_and_then_it_goes_back() {
    let stage = failed();
    assert!(stage.env("dev").rejects(&digest(2)));
    assert_eq!(stage.promotes("dev"), Some(("1.1".into(), Cause::Rollback)));
}

#[test]
fn a_rollback_is_never_rolled_back() {
    let mut stage = failed();
    stage.verify("dev", Verdict::Failed);
    assert_eq!(stage.phase("dev"), Phase::Failed);
    assert_eq!(stage.promotes("dev"), None);
    assert_eq!(stage.codes("dev"), [WaitCode::RollbackFailed]);
    assert!(stage.state.holds.iter().any(|h| h.by.as_str() == "towpath"));
}

#[test]
fn what_keeps_it_from_going_back() {
    type Change = fn(&mut Stage);
    let cases: [(&str, Change, WaitCode); 4] = [
        ("a hold on rollbacks", |s| held(s, vec![Stop::Promotions, Stop::Rollbacks]), WaitCode::RollbackHeld),
        ("not automatic", |s| s.pipeline.environments[0].rollback.automatic = false, WaitCode::Failed),
        ("too many", |s| s.storms("dev", &[0; 3]), WaitCode::RollbackStorm),
        (
            "nothing good before",
            |s| {
                s.state.envs.get_mut(&name("dev")).unwrap().good.clear();
                s.step();
            },
            WaitCode::NoRollbackTarget,
        ),
    ];
    for (case, change, code) in cases {
        let mut stage = failed();
        change(&mut stage);
        assert_eq!(stage.codes("dev"), [code], "{case}");
    }
}

#[test]
fn where_nothing_was_good_what_was_found_can_be_put_back() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Failed);
    let wait = stage.waits("dev").remove(0);
    assert_eq!(wait.code, WaitCode::NoRollbackTarget);
    let found = stage.env("dev").at.as_ref().unwrap().from.clone().unwrap();
    assert!(wait.remedy.ends_with(&format!("towpath rollback shop/web dev --to {found}")), "{}", wait.remedy);
    let (q, env, kind) = (ActId::parse("q-1").unwrap(), name("dev"), RequestKind::Rollback);
    stage.record("carol", Event::Requested { q, env, r: Some(found), kind, overrides: Vec::new() });
    assert_eq!(stage.promotes("dev").unwrap().1, Cause::Rollback);
}

#[test]
fn a_hold_on_promotions_alone_does_not_stop_it() {
    let mut stage = failed();
    held(&mut stage, vec![Stop::Promotions]);
    assert_eq!(stage.promotes("dev").unwrap().1, Cause::Rollback);
}

#[test]
fn a_storm_passes() {
    let mut stage = failed();
    stage.storms("dev", &[0; 3]);
    stage.wait(600);
    assert!(stage.promotes("dev").is_some());
}

#[test]
fn without_a_target_a_person_lifts_the_hold_and_a_fix_may_come() {
    let mut stage = failed();
    stage.state.envs.get_mut(&name("dev")).unwrap().good.clear();
    while stage.step() {}
    stage.release(3);
    assert_eq!(stage.codes("dev"), [WaitCode::NoRollbackTarget, WaitCode::Held]);
    let (q, kind) = (ActId::parse("q-1").unwrap(), RequestKind::Resume);
    stage.record("bob", Event::Requested { q, env: name("dev"), r: None, kind, overrides: Vec::new() });
    stage.step();
    assert_eq!(stage.promotes("dev"), Some(("1.3".into(), Cause::Auto)));
}

#[test]
fn a_failure_found_late_holds_instead() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.release(2);
    while stage.phase("dev") != Phase::Syncing {
        stage.step();
    }
    stage.show("dev", crate::observation::Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    stage.finish_qa("dev", Verdict::Failed);
    // Its deadline was ten minutes, and nobody looked for an hour.
    stage.wait(3600);
    while stage.step() {}
    assert_eq!(stage.codes("dev"), [WaitCode::RollbackHeld]);
    assert_eq!(stage.promotes("dev"), None);
}

#[test]
fn a_person_goes_back_at_once_and_the_release_does_not_go_onward() {
    let mut stage = Stage::new();
    let first = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    let second = stage.release(2);
    stage.verify("dev", Verdict::Passed);
    let (q, kind) = (ActId::parse("q-1").unwrap(), RequestKind::Rollback);
    stage.record("bob", Event::Requested { q, env: name("dev"), r: None, kind, overrides: Vec::new() });
    assert_eq!(stage.promotes("dev"), Some(("1.1".into(), Cause::Rollback)));
    stage.step();
    assert_eq!(stage.env("dev").at.as_ref().unwrap().r, first);
    assert!(!stage.env("dev").ok.contains_key(&second));
    assert!(stage.state.requests.is_empty());
    // And it does not come again by itself.
    stage.verify("dev", Verdict::Passed);
    assert_eq!(stage.promotes("dev"), None);
}

#[test]
fn the_target_is_the_newest_that_baked_else_the_newest_verified() {
    let mut stage = Stage::new();
    let ids: Vec<_> = (1..=4).map(|n| stage.release(n)).collect();
    let good = |i: usize, baked: bool| Good {
        r: ids[i].clone(),
        gates: super::stage::other_hash(),
        at: stage.now.plus(Span::seconds(i as u32)),
        baked,
        tree: None,
    };
    let cases: [(&str, Vec<Good>, Option<usize>); 5] = [
        ("nothing", vec![], None),
        ("verified only", vec![good(0, false), good(1, false)], Some(1)),
        ("baked before verified", vec![good(0, true), good(1, false)], Some(0)),
        ("the later of two", vec![good(0, true), good(1, true)], Some(1)),
        ("never the one that is left", vec![good(3, true)], None),
    ];
    for (case, list, expected) in cases {
        let mut env = stage.env("dev").clone();
        env.good = list;
        let found = rollback_target(&stage.state, &env, &ids[3], &BTreeSet::new()).map(|r| r.r.clone());
        assert_eq!(found, expected.map(|i| ids[i].clone()), "{case}");
    }
    let mut env = stage.env("dev").clone();
    env.good = vec![good(0, false), good(1, true)];
    env.rejected =
        vec![crate::journal::state::Rejection { digests: vec![digest(2)], r: ids[1].clone(), at: stage.now }];
    let found = rollback_target(&stage.state, &env, &ids[3], &BTreeSet::new()).map(|r| r.r.clone());
    assert_eq!(found, Some(ids[0].clone()), "nothing rejected");
    env.rejected.clear();
    let gone = BTreeSet::from([digest(2)]);
    let found = rollback_target(&stage.state, &env, &ids[3], &gone).map(|r| r.r.clone());
    assert_eq!(found, Some(ids[0].clone()), "nothing that is gone");
}

#[test]
fn a_person_goes_back_only_to_what_was_here() {
    let mut stage = Stage::new();
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    let (q, kind) = (ActId::parse("q-1").unwrap(), RequestKind::Rollback);
    let env = name("production");
    stage.record("bob", Event::Requested { q, env, r: Some(r.clone()), kind, overrides: Vec::new() });
    assert_eq!(stage.promotes("production"), None, "it would come past every gate");
    while stage.step() {}
    assert!(stage.state.requests.is_empty());
    assert!(!stage.env("production").tries.contains_key(&r));
}
