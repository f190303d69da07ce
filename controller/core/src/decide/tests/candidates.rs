//! C10: newest wins, upstream, soak, high-water mark, rejected digests.

use super::stage::{Stage, digest, name};
use crate::decide::WaitCode;
use crate::event::{Cause, Event, RequestKind};
use crate::id::ActId;
use crate::journal::state::Phase;
use crate::pipeline::EdgeMode;
use crate::verdict::Verdict;

#[test]
fn nothing_new_is_settled() {
    let stage = Stage::new();
    assert!(stage.decide().envs.values().all(|a| *a == crate::decide::Answer::Settled));
}

#[test]
fn the_newest_release_goes_first_and_the_older_one_never() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.release(2);
    assert_eq!(stage.promotes("dev"), Some(("1.2".into(), Cause::Auto)));
    stage.verify("dev", Verdict::Passed);
    assert_eq!(stage.env("dev").hw.seq, 2);
    assert_eq!(stage.answer("dev"), crate::decide::Answer::Settled);
}

#[test]
fn ci_numbers_outrank_the_sequence() {
    let mut stage = Stage::new();
    let late = stage.release(1);
    stage.release(2);
    let known = stage.state.releases.iter_mut().find(|r| r.r == late).unwrap();
    known.order = Some(7);
    assert_eq!(stage.promotes("dev").unwrap().0, "1.1");
}

#[test]
fn downstream_waits_for_verdict_and_soak() {
    let mut stage = Stage::new();
    let r = stage.release(1);
    assert_eq!(stage.codes("staging"), [WaitCode::UpstreamNotVerified]);
    stage.verify("dev", Verdict::Passed);
    let live = stage.env("dev").at.as_ref().unwrap().live.clone().unwrap().since;
    let wait = stage.waits("staging").remove(0);
    assert_eq!(
        (wait.code, wait.when.latest()),
        (WaitCode::Soaking, live.plus(crate::time::Span::seconds(300)))
    );
    stage.wait(289);
    assert_eq!(stage.codes("staging"), [WaitCode::Soaking]);
    stage.wait(1);
    assert_eq!(stage.promotes("staging"), Some(("1.1".into(), Cause::Auto)));
    assert!(stage.env("dev").ok.contains_key(&r));
}

#[test]
fn any_edge_is_enough_where_any_is_declared() {
    let mut stage = Stage::new();
    let production = &mut stage.pipeline.environments[2];
    production.approvals.clear();
    production
        .after
        .edges
        .insert(0, crate::pipeline::Edge { environment: name("dev"), soak: crate::time::Span::seconds(0) });
    while stage.step() {}
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    assert_eq!(stage.codes("production"), [WaitCode::UpstreamNotVerified]);
    stage.pipeline.environments[2].after.mode = EdgeMode::Any;
    assert_eq!(stage.promotes("production"), Some(("1.1".into(), Cause::Auto)));
}

#[test]
fn a_running_verification_is_not_interrupted() {
    let mut stage = Stage::new();
    stage.release(1);
    while stage.phase("dev") != Phase::Syncing {
        stage.step();
    }
    stage.release(2);
    assert_eq!(stage.promotes("dev"), None);
    stage.wait(900);
    // Past its deadline it is stalled, and a newer one may take its place.
    assert_eq!(stage.promotes("dev"), Some(("1.2".into(), Cause::Auto)));
}

#[test]
fn rejected_digests_do_not_come_again_until_cleared() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.release(2);
    stage.verify("dev", Verdict::Failed);
    assert!(stage.env("dev").rejects(&digest(2)));
    // The same image in another release: as far as the rules see, another set with a rejected digest.
    stage.state.seq += 1;
    let mut again = stage.state.releases.last().unwrap().clone();
    (again.seq, again.r) =
        (stage.state.seq, crate::id::ReleaseId::parse(&format!("r-{}", "0".repeat(20))).unwrap());
    stage.state.releases.push(again);
    stage.verify("dev", Verdict::Passed);
    assert_eq!(stage.codes("dev"), [WaitCode::Rejected]);
    let clear = Event::Cleared { env: name("dev"), digests: vec![digest(2)], reason: "tested".into() };
    stage.record("bob", clear);
    assert_eq!(stage.promotes("dev").unwrap().0, "1.2");
}

#[test]
fn what_is_not_automatic_waits_for_a_person() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].promotion.automatic = false;
    let r = stage.release(1);
    assert_eq!(stage.codes("dev"), [WaitCode::NotAutomatic]);
    let q = ActId::parse("q-1").unwrap();
    let kind = RequestKind::Promote;
    stage.record("bob", Event::Requested { q, env: name("dev"), r: Some(r), kind, overrides: Vec::new() });
    assert_eq!(stage.promotes("dev"), Some(("1.1".into(), Cause::Manual)));
}

#[test]
fn a_promotion_waits_while_its_upstream_is_being_recorded() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(600);
    assert!(stage.promotes("staging").is_some());
    // Somebody takes the release out of dev; that and the promotion must not be decided side by side.
    stage.facts.insert(name("dev"), super::stage::seen("dev", 0));
    assert_eq!(stage.promotes("staging"), None);
    stage.step();
    assert_eq!(stage.codes("staging"), [WaitCode::UpstreamNotVerified]);
}
