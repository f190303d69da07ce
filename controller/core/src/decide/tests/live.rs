//! C6: live means proven.

use super::stage::{Stage, commit, digest, name, tree};
use crate::decide::{Answer, Effect, WaitCode};
use crate::event::Event;
use crate::journal::state::Phase;
use crate::observation::{Application, Health};
use crate::pipeline::ApplicationRef;
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// Release 1 was committed to dev, which shows it healthy since then, long enough.
fn shown() -> Stage {
    let mut stage = Stage::new();
    stage.release(1);
    stage.step();
    assert_eq!(stage.phase("dev"), Phase::Syncing);
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    stage
}

fn is_live(stage: &Stage) -> bool {
    matches!(stage.answer("dev"), Answer::Act(effects)
        if effects.iter().any(|e| matches!(e, Effect::Record(Event::Live { .. }))))
}

fn change(stage: &mut Stage, change: impl FnOnce(&mut Application)) {
    let facts = stage.facts.get_mut(&name("dev")).unwrap();
    change(&mut facts.live.as_mut().unwrap()[0]);
}

#[test]
fn the_proof_is_complete() {
    assert!(is_live(&shown()));
}

#[test]
fn each_missing_part_keeps_it_from_being_live() {
    type Change = fn(&mut Application);
    let cases: [(&str, Change, WaitCode); 11] = [
        ("no revision", |a| a.revision = None, WaitCode::LivenessUnknown),
        ("a revision that nobody knows", |a| a.revision = Some(commit(77)), WaitCode::LivenessUnknown),
        ("no images", |a| a.digests.clear(), WaitCode::LivenessUnknown),
        ("other images", |a| a.digests[0].1 = digest(0), WaitCode::Syncing),
        ("not compared since", |a| a.reconciled_at = Some(Time::from_unix(0)), WaitCode::Syncing),
        ("compared at no known time", |a| a.reconciled_at = None, WaitCode::LivenessUnknown),
        ("progressing", |a| a.health = Health::Progressing, WaitCode::Syncing),
        ("suspended", |a| a.health = Health::Suspended, WaitCode::Syncing),
        ("missing", |a| a.health = Health::Missing, WaitCode::LivenessUnknown),
        ("unknown", |a| a.health = Health::Unknown, WaitCode::LivenessUnknown),
        ("healthy at no known time", |a| a.health_since = None, WaitCode::LivenessUnknown),
    ];
    for (case, edit, code) in cases {
        let mut stage = shown();
        change(&mut stage, edit);
        assert_eq!(stage.codes("dev"), [code], "{case}");
    }
}

/// An Application as the table of pairs names it, so many seconds after the one before it changed.
fn application(stage: &Stage, kind: &str, later: u32) -> Option<Application> {
    let Ok(live) = &stage.facts[&name("dev")].live else { panic!("nobody was asked") };
    let (now, since) = (stage.now, Time::from_unix(stage.now.unix() - 5).plus(Span::seconds(later)));
    let mut one = live[0].clone();
    match kind {
        "live" => {}
        "stabilizing" => one.health_since = Some(since),
        "degraded" => (one.health, one.health_since) = (Health::Degraded, Some(since)),
        "absent" => one.health = Health::Progressing,
        "unknown" => one.reconciled_at = None,
        "missing" => return None,
        kind => panic!("{kind} at {now}"),
    }
    Some(one)
}

#[test]
fn of_several_applications_the_worst_counts() {
    use WaitCode::{Degraded, LivenessUnknown, Stabilizing, Syncing};
    // The second is two seconds later than the first. What is looked at again, and how many seconds from now: stabilizing
    // after ten seconds of the later one, Degraded after the grace of a minute of the earlier one.
    let cases = [
        ("live", "live", None, 0),
        ("live", "stabilizing", Some(Stabilizing), 7),
        ("stabilizing", "stabilizing", Some(Stabilizing), 7),
        ("live", "unknown", Some(LivenessUnknown), 0),
        ("stabilizing", "unknown", Some(LivenessUnknown), 0),
        ("live", "missing", Some(LivenessUnknown), 0),
        ("degraded", "missing", Some(Degraded), 55),
        ("live", "absent", Some(Syncing), 0),
        ("stabilizing", "absent", Some(Syncing), 0),
        ("unknown", "absent", Some(Syncing), 0),
        ("absent", "absent", Some(Syncing), 0),
        ("degraded", "degraded", Some(Degraded), 55),
        ("live", "degraded", Some(Degraded), 57),
        ("stabilizing", "degraded", Some(Degraded), 57),
        ("unknown", "degraded", Some(Degraded), 57),
        ("absent", "degraded", Some(Degraded), 57),
    ];
    for (first, second, code, seconds) in cases {
        // Whichever of the two is declared first.
        for swapped in [false, true] {
            let mut stage = shown();
            let mut declared = stage.pipeline.environments[0].applications.clone();
            declared.push(ApplicationRef { name: name("web-jobs"), ..declared[0].clone() });
            let jobs = application(&stage, second, 2);
            let jobs = jobs.map(|seen| Application { name: name("web-jobs"), ..seen });
            let seen = application(&stage, first, 0).into_iter().chain(jobs).collect();
            stage.facts.get_mut(&name("dev")).unwrap().live = Ok(seen);
            if swapped {
                declared.reverse();
            }
            stage.pipeline.environments[0].applications = declared;
            let case = format!("{first} and {second}, swapped: {swapped}");
            let Some(code) = code else {
                assert!(is_live(&stage), "{case}");
                continue;
            };
            let wait = stage.waits("dev").remove(0);
            assert_eq!(wait.code, code, "{case}");
            if seconds > 0 {
                assert_eq!(wait.when.latest().unix() - stage.now.unix(), seconds, "{case}");
            }
        }
    }
}

#[test]
fn a_revision_before_ours_is_another_release() {
    let mut stage = shown();
    let facts = stage.facts.get_mut(&name("dev")).unwrap();
    facts.contains.values_mut().for_each(|contains| *contains = false);
    assert_eq!(stage.codes("dev"), [WaitCode::Syncing]);
}

#[test]
fn an_unknown_application_is_unknown() {
    let mut stage = shown();
    stage.facts.get_mut(&name("dev")).unwrap().live = Ok(Vec::new());
    assert_eq!(stage.codes("dev"), [WaitCode::LivenessUnknown]);
    stage.facts.get_mut(&name("dev")).unwrap().live = Err("connection refused".into());
    let wait = stage.waits("dev").remove(0);
    assert_eq!((wait.code, wait.text.as_str()), (WaitCode::LivenessUnknown, "connection refused"));
}

#[test]
fn health_has_to_be_stable() {
    let mut stage = shown();
    let now = stage.now;
    change(&mut stage, |a| a.health_since = Some(now));
    let wait = stage.waits("dev").remove(0);
    assert_eq!((wait.code, wait.when.latest().unix() - now.unix()), (WaitCode::Stabilizing, 10));
}

#[test]
fn health_from_before_the_promotion_does_not_count() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.step();
    stage.show("dev", Health::Healthy);
    change(&mut stage, |a| a.health_since = Some(Time::from_unix(0)));
    assert_eq!(stage.codes("dev"), [WaitCode::Stabilizing]);
}

#[test]
fn degraded_fails_after_its_grace_and_not_before() {
    let mut stage = shown();
    let since = stage.now;
    change(&mut stage, |a| (a.health, a.health_since) = (Health::Degraded, Some(since)));
    stage.wait(59);
    assert_eq!(stage.codes("dev"), [WaitCode::Degraded]);
    stage.wait(1);
    stage.step();
    assert_eq!(stage.phase("dev"), Phase::Failed);
}

#[test]
fn other_bytes_restart_the_verification_and_supersede_nothing() {
    let mut stage = shown();
    while stage.step() {}
    assert!(!stage.env("dev").at.as_ref().unwrap().runs.is_empty());
    stage.facts.get_mut(&name("dev")).unwrap().path.as_mut().unwrap().tree = tree(99);
    stage.step();
    let at = stage.env("dev").at.as_ref().unwrap();
    assert_eq!((at.phase, at.live.is_none()), (Phase::Syncing, true));
    assert!(stage.env("dev").pin.is_none());
    // The gate runs again as a new try, so that nothing that the old run says is taken for the new one's.
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    let runs = &stage.env("dev").at.as_ref().unwrap().runs;
    assert_eq!(runs.values().map(|r| (r.attempt, r.verdict)).collect::<Vec<_>>(), [(2, None)]);
}

#[test]
fn a_stalled_sync_says_so_and_what_to_do() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.step();
    stage.wait(900);
    let wait = stage.waits("dev").remove(0);
    assert_eq!(wait.code, WaitCode::SyncStalled);
    assert!(wait.remedy.contains("towpath rollback shop/web dev"), "{}", wait.remedy);
}

#[test]
fn soak_does_not_count_a_break() {
    let mut stage = Stage::new();
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(100);
    change(&mut stage, |a| a.digests[0].1 = digest(0));
    stage.step();
    let before = stage.env("dev").soak_of(&r, stage.now).unwrap();
    stage.wait(500);
    assert_eq!(stage.env("dev").soak_of(&r, stage.now), Some(before));
    assert_eq!(stage.codes("staging"), [WaitCode::Soaking]);
}

#[test]
fn what_comes_up_and_falls_again_is_stalled_after_its_time() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].stable = Span::seconds(30);
    stage.pipeline.environments[0].sync_timeout = Span::seconds(300);
    stage.release(1);
    stage.step();
    for i in 0..20 {
        stage.show("dev", if i % 2 == 0 { Health::Degraded } else { Health::Healthy });
        stage.wait(20);
        let stalled = i >= 14;
        assert_eq!(
            stage.codes("dev").contains(&WaitCode::SyncStalled),
            stalled,
            "{i}: {:?}",
            stage.codes("dev")
        );
    }
    stage.release(2);
    assert!(stage.promotes("dev").is_some(), "a newer one comes");
}

#[test]
fn a_failed_verdict_is_heard_while_nobody_tells_what_is_live() {
    for (verdict, phase) in [(Verdict::Failed, Phase::Failed), (Verdict::Passed, Phase::Verifying)] {
        let mut stage = shown();
        while stage.phase("dev") != Phase::Verifying {
            stage.step();
        }
        while stage.step() {}
        stage.facts.get_mut(&name("dev")).unwrap().live = Err("connection refused".into());
        stage.finish_qa("dev", verdict);
        while stage.phase("dev") == Phase::Verifying && stage.step() {}
        assert_eq!(stage.phase("dev"), phase);
    }
}
