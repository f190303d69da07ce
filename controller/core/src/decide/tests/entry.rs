//! Entry gates: approvals and holds.

use std::collections::{BTreeMap, BTreeSet};

use super::stage::{Stage, digest, name, other_hash};
use crate::decide::WaitCode;
use crate::event::Event;
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, ReleaseId};
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// Release 1 is Verified in staging and wants to go to production.
fn at_the_door() -> (Stage, ReleaseId) {
    let mut stage = Stage::new();
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    assert_eq!(stage.codes("production"), [WaitCode::ApprovalNeeded]);
    (stage, r)
}

#[test]
fn an_approval_lets_it_in() {
    let (mut stage, r) = at_the_door();
    stage.approve("bob", &r);
    assert!(stage.promotes("production").is_some());
}

#[test]
fn approvals_that_do_not_count() {
    type Change = fn(&mut Stage, &ReleaseId);
    let cases: [(&str, Change); 8] = [
        ("an author's", |s, r| s.approve("alice", r)),
        ("an author's, spelt differently", |s, r| s.approve("Alice", r)),
        ("of another release", |s, _| {
            let other = s.release(9);
            s.approve("bob", &other);
        }),
        ("for another environment", |s, r| {
            let (env, gates) = (name("staging"), s.pipeline.environments[2].entry_hash());
            s.record("bob", Event::Approved { env, r: r.clone(), gates, groups: vec![], until: None });
        }),
        ("under other gates", |s, r| {
            let (env, gates) = (name("production"), other_hash());
            s.record("bob", Event::Approved { env, r: r.clone(), gates, groups: vec![], until: None });
        }),
        ("expired", |s, r| {
            let (env, gates) = (name("production"), s.pipeline.environments[2].entry_hash());
            let until = Some(s.now.plus(Span::seconds(1)));
            s.record("bob", Event::Approved { env, r: r.clone(), gates, groups: vec![], until });
            s.wait(1);
        }),
        ("expired by the journal's time", |s, r| {
            s.approve("bob", r);
            let until = s.now.plus(Span::seconds(30));
            s.state.approvals[0].until = Some(until);
            s.state.at = until;
        }),
        ("taken back", |s, r| {
            s.approve("bob", r);
            let of = s.state.n;
            s.record("bob", Event::Unapproved { of });
        }),
    ];
    for (case, change) in cases {
        let (mut stage, r) = at_the_door();
        change(&mut stage, &r);
        assert_eq!(stage.promotes("production"), None, "{case}");
    }
}

#[test]
fn a_release_without_authors_cannot_prove_that_none_approved() {
    let (mut stage, r) = at_the_door();
    stage.state.releases.iter_mut().for_each(|r| r.authors.clear());
    stage.approve("bob", &r);
    let wait = stage.waits("production").remove(0);
    assert_eq!(wait.code, WaitCode::ApprovalNeeded);
    assert!(wait.text.contains("no author on record"), "{}", wait.text);
    assert!(wait.remedy.starts_with("towpath release create shop/web --image ghcr.io/acme/web:1.1@sha256:"));
    assert!(wait.remedy.ends_with("--author LOGIN"), "{}", wait.remedy);
    let known = stage.state.release(&r).unwrap().clone();
    let (seq, order, images, labels) = (known.seq, known.order, known.images, known.labels);
    let authors = vec![crate::id::Actor::parse("alice").unwrap()];
    stage.record("ci", Event::Released { r, seq, order, images, authors, labels });
    assert!(stage.promotes("production").is_some(), "what the remedy names helps");
}

#[test]
fn groups_and_counts() {
    let (mut stage, r) = at_the_door();
    stage.pipeline.environments[2].approvals[0].count = 2;
    stage.pipeline.environments[2].approvals[0].groups = vec!["managers".into()];
    let gates = stage.pipeline.environments[2].entry_hash();
    let mut approve = |by: &str, group: &str| {
        let groups = vec![group.to_owned()];
        let event = Event::Approved {
            env: name("production"),
            r: r.clone(),
            gates: gates.clone(),
            groups,
            until: None,
        };
        stage.record(by, event);
        stage.promotes("production").is_some()
    };
    assert!(!approve("bob", "managers"));
    assert!(!approve("bob", "managers"), "twice the same person");
    assert!(!approve("BOB", "managers"), "the same person, spelt differently");
    assert!(!approve("carol", "developers"), "another group");
    assert!(approve("carol", "managers"));
}

#[test]
fn holds_that_keep_it_out_and_holds_that_do_not() {
    let all = || Select::default();
    let one = |e: &str| Select { environments: BTreeSet::from([name(e)]), labels: BTreeMap::new() };
    let label = |v: &str| Select {
        environments: BTreeSet::new(),
        labels: BTreeMap::from([("env".to_owned(), v.to_owned())]),
    };
    let cases: [(&str, Select, Subject, Option<u32>, bool); 9] = [
        ("everything", all(), Subject::All, None, true),
        ("this environment", one("dev"), Subject::All, None, true),
        ("another environment", one("staging"), Subject::All, None, false),
        ("by label", label("dev"), Subject::All, None, true),
        ("by another label", label("x"), Subject::All, None, false),
        ("its digest", all(), Subject::Digest(digest(1)), None, true),
        ("another digest", all(), Subject::Digest(digest(2)), None, false),
        ("not expired", all(), Subject::All, Some(61), true),
        ("expired", all(), Subject::All, Some(60), false),
    ];
    for (case, select, subject, until, kept) in cases {
        let mut stage = Stage::new();
        stage.release(1);
        let until = until.map(|s| stage.now.plus(Span::seconds(s)));
        let (id, stops, reason) =
            (ActId::parse("h-1").unwrap(), vec![Stop::Promotions], "because".to_owned());
        stage.record("carol", Event::Held { id, select, subject, stops, reason, until });
        stage.wait(60);
        assert_eq!(stage.promotes("dev").is_none(), kept, "{case}");
    }
}

#[test]
fn a_hold_says_who_why_and_until_when() {
    let mut stage = Stage::new();
    stage.release(1);
    let until: Time = stage.now.plus(Span::seconds(600));
    let (id, stops) = (ActId::parse("h-1").unwrap(), vec![Stop::Promotions]);
    let (select, subject, reason) = (Select::default(), Subject::All, "sale".to_owned());
    stage.record("carol", Event::Held { id, select, subject, stops, reason, until: Some(until) });
    let wait = stage.waits("dev").remove(0);
    assert_eq!((wait.code, wait.object.as_str(), wait.when.latest()), (WaitCode::Held, "h-1", until));
    assert!(wait.text.contains("carol") && wait.text.contains("sale"), "{}", wait.text);
    assert_eq!(wait.remedy, "towpath resume shop/web --hold h-1");
}
