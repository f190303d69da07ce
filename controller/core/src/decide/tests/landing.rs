//! What a promotion takes along: with it where branch and journal move together, with its landing elsewhere.

use super::stage::{Stage, name};
use crate::decide::{Answer, Effect, WaitCode};
use crate::event::{BakeResult, Event, RequestKind, Unpinning};
use crate::id::{ActId, ReleaseId};
use crate::journal::state::Phase;
use crate::verdict::Verdict;

/// A host without atomic push; release 1 is Verified in dev, where release 2 is to come.
fn apart() -> Stage {
    let mut stage = Stage::new();
    stage.shared.atomic = false;
    stage.release(1);
    promote(&mut stage);
    stage.verify("dev", Verdict::Passed);
    stage.release(2);
    stage
}

/// Brings the promotion that dev wants to the branch, and records that.
fn promote(stage: &mut Stage) {
    let before = stage.env("dev").committing.is_none();
    assert!(before && stage.step() && stage.env("dev").committing.is_some(), "it is journalled");
    end(stage, true);
}

/// Says what became of the commit on its way to dev.
fn end(stage: &mut Stage, landed: bool) {
    stage.facts.get_mut(&name("dev")).unwrap().committing_landed = Some(landed);
    stage.step();
    stage.facts.get_mut(&name("dev")).unwrap().committing_landed = None;
    assert!(stage.env("dev").committing.is_none());
}

/// Makes dev's release one that is watched, with a good reading.
fn bake(stage: &mut Stage) {
    stage.pipeline.environments[0].bake =
        Some(crate::pipeline::Bake { duration: crate::time::Span::seconds(3600), gates: Vec::new() });
    let dev = stage.state.envs.get_mut(&name("dev")).unwrap();
    dev.at.as_mut().unwrap().phase = Phase::Verified;
}

fn request(stage: &mut Stage, kind: RequestKind, r: Option<ReleaseId>) {
    let q = ActId::parse("q-1").unwrap();
    stage.record("carol", Event::Requested { q, env: name("dev"), r, kind, overrides: Vec::new() });
}

fn recorded(stage: &Stage) -> Vec<Event> {
    let Answer::Act(effects) = stage.answer("dev") else { panic!("{:?}", stage.answer("dev")) };
    let event = |effect: &Effect| match effect {
        Effect::Record(event) => Some(event.clone()),
        _ => None,
    };
    effects.iter().filter_map(event).collect()
}

/// The names of what is recorded when a promotion is journalled, and when it has landed.
fn both(stage: &mut Stage) -> (Vec<&'static str>, Vec<&'static str>) {
    let names = |stage: &Stage| recorded(stage).iter().map(Event::name).collect();
    let first = names(stage);
    assert!(stage.promotes("dev").is_some());
    stage.step();
    stage.facts.get_mut(&name("dev")).unwrap().committing_landed = Some(true);
    (first, names(stage))
}

#[test]
fn a_bake_is_cut_by_what_landed_not_by_what_was_journalled() {
    let mut stage = apart();
    bake(&mut stage);
    assert_eq!(both(&mut stage), (vec![], vec!["Baked", "Landed"]));
    assert!(recorded(&stage).iter().any(|e| matches!(e, Event::Baked { result: BakeResult::Cut, .. })));
}

#[test]
fn with_an_atomic_push_it_is_cut_at_once() {
    let mut stage = apart();
    stage.shared.atomic = true;
    bake(&mut stage);
    assert_eq!(recorded(&stage).iter().map(Event::name).collect::<Vec<_>>(), ["Baked"]);
    assert!(stage.promotes("dev").is_some());
}

#[test]
fn a_lost_race_leaves_the_bake_and_the_request_as_they_were() {
    let mut stage = apart();
    bake(&mut stage);
    let newest = stage.release(3);
    request(&mut stage, RequestKind::Promote, Some(newest));
    let branch = stage.facts.clone();
    assert!(stage.step() && stage.env("dev").committing.is_some());
    stage.facts = branch;
    end(&mut stage, false);
    assert_eq!(stage.phase("dev"), Phase::Verified, "the bake goes on");
    assert_eq!(stage.state.requests.len(), 1, "and what was asked for is still to be done");
    assert!(stage.promotes("dev").is_some());
}

#[test]
fn a_person_who_steps_down_revokes_and_is_answered_when_it_has_landed() {
    let mut stage = apart();
    let older = stage.env("dev").at.as_ref().unwrap().r.clone();
    promote(&mut stage);
    stage.verify("dev", Verdict::Passed);
    request(&mut stage, RequestKind::Promote, Some(older));
    assert_eq!(both(&mut stage), (vec![], vec!["Revoked", "Landed", "Closed"]));
}

#[test]
fn a_rollback_at_a_persons_word_revokes_when_it_has_landed() {
    let mut stage = apart();
    promote(&mut stage);
    stage.verify("dev", Verdict::Passed);
    request(&mut stage, RequestKind::Rollback, None);
    assert_eq!(both(&mut stage), (vec![], vec!["Revoked", "Landed", "Closed"]));
}

#[test]
fn a_pin_ends_when_what_ends_it_has_landed() {
    let mut stage = apart();
    let facts = stage.facts.get_mut(&name("dev")).unwrap();
    facts.path.as_mut().unwrap().images[0].values.tag = Some("by-hand".into());
    while stage.env("dev").pin.is_none() {
        assert!(stage.step());
    }
    let newer = stage.release(3);
    request(&mut stage, RequestKind::Promote, Some(newer));
    assert_eq!(both(&mut stage), (vec![], vec!["Unpinned", "Landed", "Closed"]));
    let unpinned = |e: &Event| matches!(e, Event::Unpinned { how: Unpinning::Promoted, .. });
    assert!(recorded(&stage).iter().any(unpinned));
}

#[test]
fn what_the_host_refuses_waits_alone() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.facts.get_mut(&name("dev")).unwrap().refused = Some("refs/heads/main: protected".into());
    assert_eq!(stage.codes("dev"), [WaitCode::PushRefused]);
    assert!(stage.waits("dev")[0].text.contains("protected"));
    stage.facts.get_mut(&name("dev")).unwrap().refused = None;
    assert!(stage.promotes("dev").is_some(), "it is tried again by the next pass");
}

#[test]
fn facts_are_recorded_although_the_host_refuses_commits() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.step();
    stage.show("dev", crate::observation::Health::Healthy);
    stage.wait(10);
    stage.facts.get_mut(&name("dev")).unwrap().refused = Some("no".into());
    assert!(matches!(recorded(&stage).first(), Some(Event::Live { .. })));
}

#[test]
fn what_was_there_has_soaked_until_the_next_was_journalled() {
    let mut stage = apart();
    stage.wait(60);
    let (r, live) =
        stage.env("dev").at.as_ref().map(|at| (at.r.clone(), at.live.as_ref().unwrap().since)).unwrap();
    assert_eq!(both(&mut stage), (vec![], vec!["Landed"]));
    let journalled = stage.now;
    // It is found long after: nobody knows how long the next one has been there by then.
    stage.wait(3_600);
    assert_eq!(recorded(&stage).iter().map(Event::name).collect::<Vec<_>>(), ["Unlive", "Landed"]);
    stage.step();
    assert_eq!(stage.env("dev").ok[&r].soak, journalled.since(live));
}
