//! C10 and C12: which release comes next, what waits for what, and what a person passes by.

use super::stage::{Stage, name, other_hash, tree};
use crate::decide::{Answer, Effect, IRREVERSIBLE, WaitCode};
use crate::event::{Event, RequestKind};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, ReleaseId};
use crate::journal::state::{Okay, Phase};
use crate::observation::Health;
use crate::pipeline::{After, Edge, EdgeMode, EntryGate, Queue};
use crate::time::Span;
use crate::verdict::Verdict;

/// Release 1 is on its way into dev under this policy, and release 2 is there.
fn two(queue: Queue) -> Stage {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].promotion.queue = queue;
    stage.release(1);
    while stage.phase("dev") != Phase::Syncing {
        assert!(stage.step());
    }
    stage.release(2);
    stage
}

fn promoted(stage: &Stage, environment: &str) -> Option<String> {
    stage.promotes(environment).map(|(version, _)| version)
}

fn request(stage: &mut Stage, environment: &str, r: &ReleaseId, overrides: &[&str]) {
    let (q, overrides) = (ActId::parse("q-1").unwrap(), overrides.iter().map(|s| (*s).to_owned()).collect());
    let (env, kind, r) = (name(environment), RequestKind::Promote, Some(r.clone()));
    stage.record("carol", Event::Requested { q, env, r, kind, overrides });
}

#[test]
fn what_has_no_verdict_yet_is_replaced_only_by_newest_wins() {
    for (queue, next) in
        [(Queue::NewestWins, Some("1.2")), (Queue::HoldUntilVerdict, None), (Queue::EveryRelease, None)]
    {
        let mut stage = two(queue);
        assert_eq!(promoted(&stage, "dev").as_deref(), next, "{queue:?}, on its way");
        stage.show("dev", Health::Healthy);
        stage.wait(10);
        for _ in ["it is live", "QA began"] {
            assert!(stage.step());
        }
        assert_eq!(stage.phase("dev"), Phase::Verifying);
        assert_eq!(promoted(&stage, "dev").as_deref(), next, "{queue:?}, being verified");
    }
}

#[test]
fn a_verdict_that_is_there_is_heard_before_the_promotion_is_replaced() {
    let mut stage = two(Queue::HoldUntilVerdict);
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    stage.pipeline.environments[0].promotion.queue = Queue::NewestWins;
    stage.finish_qa("dev", Verdict::Failed);
    assert_eq!(promoted(&stage, "dev"), None);
    stage.step();
    assert_eq!(stage.phase("dev"), Phase::Failed);
}

#[test]
fn what_a_person_asked_for_or_a_failure_brought_is_not_replaced() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].promotion.queue = Queue::NewestWins;
    let r = stage.release(1);
    request(&mut stage, "dev", &r, &[]);
    stage.step();
    stage.release(2);
    assert_eq!((stage.phase("dev"), promoted(&stage, "dev")), (Phase::Syncing, None));
}

#[test]
fn every_release_takes_the_lowest() {
    for (queue, next) in [(Queue::EveryRelease, "1.1"), (Queue::HoldUntilVerdict, "1.3")] {
        let mut stage = Stage::new();
        stage.pipeline.environments[0].promotion.queue = queue;
        for n in 1..=3 {
            stage.release(n);
        }
        assert_eq!(promoted(&stage, "dev").as_deref(), Some(next), "{queue:?}");
    }
}

#[test]
fn churn_has_a_name_until_a_verdict() {
    let mut stage = two(Queue::NewestWins);
    for n in 3..=4 {
        stage.step();
        assert!(!stage.codes("dev").contains(&WaitCode::StarvedByChurn));
        stage.release(n);
    }
    stage.step();
    assert_eq!(stage.env("dev").churn, 3);
    assert!(stage.codes("dev").contains(&WaitCode::StarvedByChurn), "{:?}", stage.codes("dev"));
    stage.verify("dev", Verdict::Passed);
    assert_eq!(stage.env("dev").churn, 0);
}

/// Its gates run, and somebody's commit changes other bytes of the folder.
fn cut_short_by_other_bytes(stage: &mut Stage, n: u8) {
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    assert_eq!(stage.phase("dev"), Phase::Verifying);
    stage.facts.get_mut(&name("dev")).unwrap().path.as_mut().unwrap().tree = tree(n);
    stage.step();
    assert_eq!(stage.phase("dev"), Phase::Syncing);
}

#[test]
fn foreign_commits_that_restart_a_verification_are_churn_too() {
    let mut stage = two(Queue::HoldUntilVerdict);
    for n in 91..=92 {
        cut_short_by_other_bytes(&mut stage, n);
        assert!(!stage.codes("dev").contains(&WaitCode::StarvedByChurn));
    }
    cut_short_by_other_bytes(&mut stage, 93);
    assert_eq!(stage.env("dev").churn, 3);
    assert!(stage.codes("dev").contains(&WaitCode::StarvedByChurn), "{:?}", stage.codes("dev"));
}

#[test]
fn a_bake_is_waited_for_where_the_pipeline_says_so_and_a_person_does_not() {
    for wait_for_bake in [false, true] {
        let mut stage = Stage::new();
        let dev = &mut stage.pipeline.environments[0];
        dev.bake = Some(crate::pipeline::Bake { duration: Span::seconds(600), gates: Vec::new() });
        dev.promotion.wait_for_bake = wait_for_bake;
        stage.release(1);
        stage.verify("dev", Verdict::Passed);
        assert_eq!(stage.phase("dev"), Phase::Verified);
        let newer = stage.release(2);
        assert_eq!(promoted(&stage, "dev").is_none(), wait_for_bake);
        request(&mut stage, "dev", &newer, &[]);
        assert_eq!(promoted(&stage, "dev").as_deref(), Some("1.2"));
    }
}

#[test]
fn upstreams_without_anything_in_common_have_a_name() {
    let mut stage = Stage::new();
    let edge = |environment| Edge { environment: name(environment), soak: Span::default() };
    stage.pipeline.environments[2].after.edges = vec![edge("dev"), edge("staging")];
    while stage.step() {}
    let (first, second) = (stage.release(1), stage.release(2));
    for (environment, r) in [("dev", first), ("staging", second)] {
        let okay = Okay { gates: other_hash(), policy: None, soak: Span::default() };
        stage.state.envs.get_mut(&name(environment)).unwrap().ok.insert(r, okay);
    }
    let wait = stage.waits("production").remove(0);
    assert_eq!(wait.code, WaitCode::NoCommonRelease);
    assert!(wait.text.ends_with("1.1 in dev, 1.2 in staging"), "{}", wait.text);
}

#[test]
fn what_is_verified_in_all_of_them_is_something_in_common_although_it_soaks() {
    let mut stage = Stage::new();
    let edge = |environment, soak| Edge { environment: name(environment), soak: Span::seconds(soak) };
    stage.pipeline.environments[2].after.edges = vec![edge("dev", 9000), edge("staging", 0)];
    while stage.step() {}
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    assert_eq!(stage.codes("production"), [WaitCode::Soaking]);
}

#[test]
fn changed_gates_are_proven_anew_where_the_environment_asks_for_it() {
    for revalidate in [false, true] {
        let mut stage = Stage::new();
        stage.pipeline.environments[0].revalidate = revalidate;
        stage.pipeline.environments[1].after.edges[0].soak = Span::default();
        stage.pipeline.environments[1].promotion.automatic = false;
        stage.release(1);
        stage.verify("dev", Verdict::Passed);
        assert_eq!(stage.codes("staging"), [WaitCode::NotAutomatic], "it could come under the gates of then");
        let crate::pipeline::GateKind::Qa(qa) = &mut stage.pipeline.environments[0].verify[0].kind else {
            panic!("dev has QA");
        };
        qa.revision = "2".into();
        let code = if revalidate { WaitCode::UpstreamNotVerified } else { WaitCode::NotAutomatic };
        assert_eq!(stage.codes("staging"), [code]);
        assert_eq!(promoted(&stage, "dev").is_some(), revalidate, "it is brought once more");
        if revalidate {
            stage.verify("dev", Verdict::Passed);
            assert_eq!(stage.codes("staging"), [WaitCode::NotAutomatic]);
            assert_eq!(promoted(&stage, "dev"), None);
        }
    }
}

#[test]
fn a_gate_is_passed_by_where_the_environment_allows_it_and_that_is_recorded() {
    let mut stage = Stage::new();
    let r = stage.release(1);
    request(&mut stage, "production", &r, &["upstream the site is down", "approval the site is down"]);
    assert_eq!(stage.codes("production"), [WaitCode::UpstreamNotVerified], "nothing is allowed");
    stage.pipeline.environments[2].promotion.overrides = [EntryGate::Upstream].into();
    assert_eq!(stage.codes("production"), [WaitCode::ApprovalNeeded]);
    stage.pipeline.environments[2].promotion.overrides = EntryGate::ALL.into();
    let Answer::Act(effects) = stage.answer("production") else { panic!("{:?}", stage.answer("production")) };
    let overridden = |effect: &Effect| match effect {
        Effect::Record(Event::Overridden { gate, reason, .. }) => Some(format!("{gate}: {reason}")),
        _ => None,
    };
    let recorded: Vec<String> = effects.iter().filter_map(overridden).collect();
    assert_eq!(recorded, ["upstream: the site is down", "approval: the site is down"]);
    let trailers = effects.iter().find_map(|effect| match effect {
        Effect::Promote(promotion) => Some(promotion.overrides.len()),
        _ => None,
    });
    assert_eq!(trailers, Some(2));
}

#[test]
fn soak_that_is_passed_by_hides_no_environment_where_nothing_was_verified() {
    let mut stage = Stage::new();
    let edge = |environment, soak| Edge { environment: name(environment), soak: Span::seconds(soak) };
    stage.pipeline.environments[2].after.edges = vec![edge("dev", 3600), edge("staging", 0)];
    stage.pipeline.environments[2].approvals.clear();
    stage.pipeline.environments[2].promotion.overrides = [EntryGate::Soak].into();
    while stage.step() {}
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    request(&mut stage, "production", &r, &["soak now"]);
    assert_eq!(stage.codes("production"), [WaitCode::UpstreamNotVerified]);
}

#[test]
fn what_never_was_upstream_is_asked_for_its_soak_too() {
    for (past, comes) in [(vec!["upstream now"], false), (vec!["upstream now", "soak now"], true)] {
        let mut stage = Stage::new();
        stage.pipeline.environments[2].after.edges[0].soak = Span::seconds(7200);
        stage.pipeline.environments[2].approvals.clear();
        stage.pipeline.environments[2].promotion.overrides = EntryGate::ALL.into();
        let r = stage.release(1);
        request(&mut stage, "production", &r, &past);
        assert_eq!(stage.promotes("production").is_some(), comes, "{past:?}");
        if !comes {
            assert_eq!(stage.codes("production"), [WaitCode::Soaking], "{past:?}");
        }
    }
}

#[test]
fn what_was_verified_under_other_gates_is_asked_for_the_soak_that_it_has() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].revalidate = true;
    stage.pipeline.environments[1].promotion.overrides = EntryGate::ALL.into();
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    let crate::pipeline::GateKind::Qa(qa) = &mut stage.pipeline.environments[0].verify[0].kind else {
        panic!("dev has QA");
    };
    qa.revision = "2".into();
    stage.release(2);
    while stage.step() {}
    let mut less = stage.clone();
    request(&mut less, "staging", &r, &["upstream now"]);
    assert_eq!(less.codes("staging"), [WaitCode::Soaking]);
    request(&mut stage, "staging", &r, &["upstream now", "soak now"]);
    let Answer::Act(effects) = stage.answer("staging") else { panic!("{:?}", stage.answer("staging")) };
    let passed = effects.iter().find_map(Effect::promotion).map(|promotion| promotion.overrides.len());
    assert_eq!(passed, Some(2), "both are named: {effects:?}");
    let broken = |effect| crate::invariant::broken(&stage.state, &stage.pipeline, effect, stage.now);
    assert_eq!(effects.iter().find_map(broken), None);
}

#[test]
fn a_hold_and_a_missing_image_cannot_be_passed_by() {
    let words = EntryGate::ALL.map(|gate| EntryGate::parse(gate.as_str()));
    assert_eq!((words, EntryGate::parse("hold")), (EntryGate::ALL.map(Some), None));
    let all: Vec<String> = EntryGate::ALL.iter().map(|gate| format!("{} because", gate.as_str())).collect();
    let mut past: Vec<&str> = all.iter().map(String::as_str).collect();
    past.push("hold because");
    type Change = fn(&mut Stage);
    let cases: [(&str, Change, Option<WaitCode>); 3] = [
        ("nothing else", |_| (), None),
        ("a hold", held, Some(WaitCode::Held)),
        (
            "a missing image",
            |s| s.pipeline.images.push(IMAGE_OF_ANOTHER.parse().unwrap()),
            Some(WaitCode::Incomplete),
        ),
    ];
    for (case, change, kept) in cases {
        let mut stage = Stage::new();
        stage.pipeline.environments[2].promotion.overrides = EntryGate::ALL.into();
        let r = stage.release(1);
        request(&mut stage, "production", &r, &past);
        change(&mut stage);
        // What the pipeline's images are now is recorded first.
        while stage.step() {}
        match kept {
            None => assert_eq!(stage.phase("production"), Phase::Syncing, "{case}"),
            Some(code) => assert_eq!(stage.codes("production"), [code], "{case}"),
        }
    }
}

const IMAGE_OF_ANOTHER: &str = "ghcr.io/acme/worker";

fn held(stage: &mut Stage) {
    let (id, stops, reason) = (ActId::parse("h-1").unwrap(), vec![Stop::Promotions], "sale".to_owned());
    let (select, subject) = (Select::default(), Subject::All);
    stage.record("carol", Event::Held { id, select, subject, stops, reason, until: None });
}

#[test]
fn nothing_goes_back_by_itself_past_an_irreversible_release() {
    for (labelled, expected) in [("1.1", None), ("1.2", Some(WaitCode::Irreversible))] {
        let mut stage = Stage::new();
        stage.release(1);
        stage.verify("dev", Verdict::Passed);
        // 1.2 is overtaken by 1.3, which builds on it.
        stage.release(2);
        stage.release(3);
        let release = stage.state.releases.iter_mut().find(|r| r.version() == labelled).unwrap();
        release.labels.insert(IRREVERSIBLE.to_owned(), "true".to_owned());
        stage.verify("dev", Verdict::Failed);
        let at = stage.env("dev").at.clone().unwrap();
        let there = stage.state.release(&at.r).map(|r| r.version());
        match expected {
            Some(code) => assert!(stage.codes("dev").contains(&code), "{labelled}: {:?}", stage.codes("dev")),
            None => assert_eq!(there.as_deref(), Some("1.1"), "{labelled}"),
        }
    }
}

#[test]
fn an_irreversible_release_goes_back_at_a_persons_word_only() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.release(2);
    let bad = stage.state.releases.iter_mut().find(|r| r.version() == "1.2").unwrap();
    bad.labels.insert(IRREVERSIBLE.to_owned(), "true".to_owned());
    stage.verify("dev", Verdict::Failed);
    assert_eq!(stage.codes("dev"), [WaitCode::Irreversible]);
    let (q, env) = (ActId::parse("q-1").unwrap(), name("dev"));
    let kind = RequestKind::Rollback;
    stage.record("carol", Event::Requested { q, env, r: None, kind, overrides: Vec::new() });
    assert_eq!(promoted(&stage, "dev").as_deref(), Some("1.1"));
}

#[test]
fn what_is_verified_but_older_than_what_was_here_is_named() {
    let mut stage = Stage::new();
    stage.pipeline.environments[1].after.edges[0].soak = Span::default();
    stage.pipeline.environments[1].promotion.automatic = false;
    for n in 1..=2 {
        stage.release(n);
        stage.verify("dev", Verdict::Passed);
    }
    let staging = stage.state.envs.get_mut(&name("staging")).unwrap();
    staging.hw = crate::release::Rank { order: 0, seq: 9 };
    assert_eq!(stage.codes("staging"), [WaitCode::BelowHighWater]);
    let wait = stage.waits("staging").remove(0);
    assert!(wait.text.starts_with("1.2 is below"), "{}", wait.text);
}

#[test]
fn of_two_gates_that_do_for_each_other_one_is_passed_by() {
    let mut stage = Stage::new();
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    let production = stage.pipeline.environments.last_mut().unwrap();
    production.promotion.overrides = EntryGate::ALL.into_iter().collect();
    let edge = |text, soak| Edge { environment: name(text), soak: Span::seconds(soak) };
    production.after = After { mode: EdgeMode::Any, edges: vec![edge("staging", 0), edge("dev", 900)] };
    request(&mut stage, "production", &r, &["upstream it burns", "soak it burns", "approval it burns"]);
    let Answer::Act(effects) = stage.answer("production") else { panic!("it may come") };
    let passed_by = effects.iter().find_map(|effect| match effect {
        Effect::Promote(promotion) => {
            Some(promotion.overrides.iter().map(|(gate, _)| *gate).collect::<Vec<_>>())
        }
        _ => None,
    });
    assert_eq!(passed_by, Some(vec![EntryGate::Soak, EntryGate::Approval]));
    let refused =
        effects.iter().find_map(|e| crate::invariant::broken(&stage.state, &stage.pipeline, e, stage.now));
    assert_eq!(refused, None, "what is on record is what lets it in");
}
