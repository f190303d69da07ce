//! Going back: recorded whole, one environment at a time, and stopped only by holds that mean it.

use towpath_core::decide::{Answer, IRREVERSIBLE, WaitCode};
use towpath_core::event::{Cause, Event, Recorded, RequestKind};
use towpath_core::id::Name;
use towpath_core::journal::State;
use towpath_core::journal::fold::MAX_HOLDS;
use towpath_core::journal::state::Phase;
use towpath_core::time::Span;
use towpath_core::verdict::Verdict;
use towpath_core::world::WentBack;
use towpath_engine::people::{NewHold, NewRelease, ReleaseRef};
use towpath_tests::bed::{
    Bed, Replica, Wiring, digest, freeze, image, is_in, name, new_release, on_both, on_both_with, person,
    runs, settled, waits,
};

fn names(events: &[Recorded]) -> Vec<&'static str> {
    events.iter().map(|e| e.event.name()).collect()
}

/// The commit of the journal that has a failing verdict.
fn failing_commit(bed: &Bed) -> Vec<&'static str> {
    let failing = |e: &Recorded| matches!(e.event, Event::Judged { verdict: Verdict::Failed, .. });
    let mut commits = bed.commits().into_iter().filter(|events| events.iter().any(failing));
    let commit = commits.next().expect("a failing verdict");
    assert!(commits.next().is_none());
    names(&commit)
}

#[test]
fn a_failing_verdict_and_its_consequences_are_one_commit() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        replica.verify_in("staging", "1.1.0");
        bed.qa.set("regression", &digest("1.2.0"), Verdict::Failed);
        replica.release("1.2.0");
        replica.until_rolled_back("staging", &digest("1.2.0"));
        assert_eq!(failing_commit(bed), ["Judged", "Failed", "Rejected"]);
    });
}

#[test]
fn a_failing_bake_and_its_consequences_are_one_commit() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        bed.spike("web-production");
        replica.pass();
        assert_eq!(failing_commit(bed), ["Judged", "Failed", "Rejected"]);
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

/// Environments without an order among them, each with QA that all of them ask at once.
fn side_by_side(environments: &[&str]) -> Wiring {
    environments.iter().fold(Wiring::bare(), |w, e| w.with(e, "verify: [{ qa: { template: smoke } }]"))
}

/// The same on one cluster.
fn on_one_cluster(environments: &[&str]) -> Wiring {
    environments.iter().fold(side_by_side(environments), |w, e| w.with(e, "destination: eu-1"))
}

/// 1.1.0 is good everywhere; 1.2.0 has just failed everywhere, and nobody has looked yet.
fn all_failed(bed: &Bed) -> Replica<'_> {
    let mut replica = bed.released("1.1.0");
    let good = replica.find("1.1.0");
    replica.pass_until(|_, s| s.envs.values().all(|e| e.ok.contains_key(&good)) && settled(s));
    bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
    bed.qa.wait_for_finish(true);
    replica.release("1.2.0");
    let environments = || bed.pipeline.environments.iter();
    replica.pass_until(|_, s| environments().all(|e| is_in(s, e.name.as_str(), Phase::Verifying)));
    bed.qa.finish();
    bed.qa.wait_for_finish(false);
    replica
}

/// The environments that went back by themselves, commit by commit of the journal.
fn went_back(bed: &Bed) -> Vec<Vec<Name>> {
    let back = |e: Recorded| match e.event {
        Event::Promoted { env, cause: Cause::Rollback, q: None, .. } => Some(env),
        _ => None,
    };
    let commits = bed.commits().into_iter().map(|events| events.into_iter().filter_map(back).collect());
    commits.filter(|envs: &Vec<Name>| !envs.is_empty()).collect()
}

#[test]
fn two_environments_that_fail_in_one_pass_go_back_one_after_the_other() {
    on_both_with(&side_by_side(&["dev", "canary"]), |bed| {
        let mut replica = all_failed(bed);
        replica.pass();
        assert_eq!(went_back(bed), [[name("dev")], [name("canary")]].map(Vec::from));
        assert_eq!((bed.version("dev"), bed.version("canary")), ("1.1.0".into(), "1.1.0".into()));
        // Each by a commit of its own, and each with its own failure before it.
        let back = |s: &String| s.starts_with("Roll back");
        assert_eq!(bed.subjects().into_iter().filter(back).count(), 2);
        assert_eq!((bed.count("Failed"), bed.count("Rejected")), (2, 2));
        replica.pass_until(|_, s| settled(s));
    });
}

#[test]
fn the_fourth_rollback_of_one_pass_at_one_destination_is_a_storm() {
    on_both_with(&on_one_cluster(&["a", "b", "c", "d"]), |bed| {
        let mut replica = all_failed(bed);
        let report = replica.pass();
        assert_eq!(went_back(bed), ["a", "b", "c"].map(|e| vec![name(e)]));
        assert!(waits(&report, "d", WaitCode::RollbackStorm), "{:?}", report.answers);
        assert_eq!(bed.version("d"), "1.2.0");
    });
}

#[test]
fn four_at_four_destinations_are_none() {
    on_both_with(&side_by_side(&["a", "b", "c", "d"]), |bed| {
        all_failed(bed).pass();
        assert_eq!(went_back(bed), ["a", "b", "c", "d"].map(|e| vec![name(e)]));
    });
}

#[test]
fn rollbacks_of_other_pipelines_count_with_those_of_this_pass() {
    on_both_with(&on_one_cluster(&["a", "b"]), |bed| {
        let mut storm = bed.clone();
        drop(all_failed(bed));
        storm.shared.rollbacks = vec![WentBack { destination: name("eu-1"), at: bed.now() }; 2];
        let mut replica = storm.replica("here");
        let report = replica.pass();
        assert_eq!(went_back(bed), [[name("a")]].map(Vec::from));
        assert!(waits(&report, "b", WaitCode::RollbackStorm));
    });
}

#[test]
fn what_another_replica_put_back_meanwhile_counts() {
    on_both_with(&on_one_cluster(&["a", "b", "c", "d"]), |bed| {
        let mut replica = all_failed(bed);
        let other = bed.clone();
        // The failures are on record, and this pass has not gone back anywhere yet.
        replica.between.after_push(0, move || drop(other.replica("here").pass()));
        let report = replica.pass();
        assert_eq!(went_back(bed), ["a", "b", "c"].map(|e| vec![name(e)]));
        assert!(waits(&report, "d", WaitCode::RollbackStorm), "{:?}", report.answers);
        assert!(waits(&bed.replica("here").pass(), "d", WaitCode::RollbackStorm), "with empty caches too");
    });
}

#[test]
fn a_rollback_that_lost_its_race_counts_for_nothing() {
    let bed = Bed { atomic: false, ..Bed::memory(&on_one_cluster(&["a"])) };
    let mut replica = all_failed(&bed);
    // The failure, and then each time: the journal, the branch, that it was undone.
    for branch in [2, 5, 8] {
        let other = bed.clone();
        let words = move || drop(other.foreign(&[("README.md", &branch.to_string())], "words"));
        replica.between.before_push(branch, words);
    }
    replica.pass();
    assert_eq!((bed.count("Undone"), bed.version("a").as_str()), (3, "1.1.0"));
}

/// 1.2.0 fails in staging, after 1.0.1 and then 1.1.0 were good there.
fn fails_after_two(bed: &Bed) -> Replica<'_> {
    let mut replica = bed.adopted();
    for version in ["1.0.1", "1.1.0"] {
        let release = replica.release(version);
        let good =
            |s: &State| s.envs.get(&name("staging")).is_some_and(|e| e.good.iter().any(|g| g.r == release));
        replica.pass_until(|_, s| good(s) && settled(s));
    }
    bed.qa.set("regression", &digest("1.2.0"), Verdict::Failed);
    replica.release("1.2.0");
    replica
}

#[test]
fn what_is_gone_from_the_registry_is_not_put_back() {
    on_both(|bed| {
        let mut replica = fails_after_two(bed);
        bed.registry.delete(&digest("1.1.0"));
        replica.until_rolled_back("staging", &digest("1.2.0"));
        assert_eq!(bed.version("staging"), "1.0.1");
        assert_eq!(bed.registry.asked(), [digest("1.1.0"), digest("1.0.1")], "each once, and nothing else");
    });
}

#[test]
fn an_image_that_goes_while_its_rollback_is_held_is_news() {
    on_both(|bed| {
        let mut replica = fails_after_two(bed);
        let bad = replica.find("1.2.0");
        replica.pass_until(|_, s| runs(s, "staging", &bad));
        replica.hold_with("staging", true, None);
        replica.until_waits("staging", WaitCode::RollbackHeld);
        ["1.0.1", "1.1.0"].iter().for_each(|version| bed.registry.delete(&digest(version)));
        // The bed sees to it that a pass is due that says something else.
        assert!(waits(&replica.pass(), "staging", WaitCode::NoRollbackTarget));
        assert_eq!(bed.version("staging"), "1.2.0");
    });
}

#[test]
fn a_registry_that_does_not_answer_keeps_nothing_from_going_back() {
    on_both(|bed| {
        let mut replica = fails_after_two(bed);
        bed.registry.set_down(true);
        bed.registry.takes(&bed.clock, Span::seconds(5));
        replica.until_rolled_back("staging", &digest("1.2.0"));
        assert_eq!(bed.version("staging"), "1.1.0");
        assert_eq!(bed.registry.asked(), [digest("1.1.0")]);
    });
}

#[test]
fn when_all_that_was_good_is_gone_a_person_is_told() {
    on_both(|bed| {
        let mut replica = fails_after_two(bed);
        ["1.0.1", "1.1.0"].iter().for_each(|version| bed.registry.delete(&digest(version)));
        let report = replica.until_waits("staging", WaitCode::NoRollbackTarget);
        let Some(Answer::Wait(waits)) = report.answers.get(&name("staging")) else { panic!("{report:?}") };
        let wait = waits.iter().find(|wait| wait.code == WaitCode::NoRollbackTarget).unwrap();
        assert!(wait.text.contains("1.1.0 was good here, and is gone from the registry"), "{}", wait.text);
        assert_eq!(bed.version("staging"), "1.2.0");
        replica.ask(RequestKind::Rollback, "staging", None);
        replica.pass();
        assert_eq!(bed.version("staging"), "1.2.0", "nor because somebody asks for it without naming it");
    });
}

#[test]
fn a_rollback_that_failed_waits_for_a_person_without_room_for_a_hold() {
    let bed = &Bed::memory(&Wiring::web());
    let mut replica = fails_after_two(bed);
    replica.put_up_idle(MAX_HOLDS, None);
    bed.qa.set("regression", &digest("1.1.0"), Verdict::Failed);
    replica.until_waits("staging", WaitCode::RollbackFailed);
    replica.release("1.3.0");
    for _ in 0..5 {
        bed.wait("10m");
        let report = replica.pass();
        assert!(waits(&report, "staging", WaitCode::RollbackFailed), "{:?}", report.answers);
    }
    assert_eq!(bed.version("staging"), "1.1.0");
}

#[test]
fn people_leave_room_for_the_holds_of_failures() {
    let bed = &Bed::memory(&Wiring::web());
    let replica = bed.adopted();
    replica.put_up_idle(MAX_HOLDS - 10, None);
    let refused =
        replica.engine(|e| e.hold(&person("carol"), &freeze("production"))).unwrap_err().to_string();
    assert!(
        refused.contains("lift one, such as the oldest: towpath resume shop/web --hold h-idle-0"),
        "{refused}"
    );
}

#[test]
fn an_irreversible_label_is_true_and_in_time() {
    let bed = &Bed::memory(&Wiring::web());
    let replica = bed.adopted();
    let labelled = |version: &str, value: &str| {
        let labels = [(IRREVERSIBLE.to_owned(), value.to_owned())].into();
        let new = NewRelease { labels, ..new_release(vec![image(version)]) };
        replica.engine(|e| e.create_release(&person("ci"), &new))
    };
    assert!(labelled("1.1.0", "True").unwrap_err().to_string().contains("is true or is left out"));
    replica.release("1.2.0");
    assert!(labelled("1.2.0", "true").unwrap_err().to_string().contains("labels stay as they were"));
    assert!(labelled("1.3.0", "true").is_ok());
    assert!(labelled("1.3.0", "true").is_ok(), "said once more");
}

/// A hold in production that stops rollbacks too, of one release.
fn of_release(version: &str) -> NewHold {
    NewHold { rollbacks: true, release: Some(ReleaseRef::parse(version)), ..freeze("production") }
}

/// The same of one image digest.
fn of_digest(version: &str) -> NewHold {
    NewHold { rollbacks: true, digest: Some(digest(version)), ..freeze("production") }
}

/// 1.2.0 fails in production while this hold is in force; 1.1.0 is where it would go back to.
fn fails_while_held(bed: &Bed, hold: &NewHold, stops: bool) {
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    bed.qa.wait_for_finish(true);
    replica.release("1.3.0");
    let id = replica.put_up(hold);
    bed.spike("web-production");
    let report = replica.pass();
    assert_eq!(waits(&report, "production", WaitCode::RollbackHeld), stops, "{hold:?}");
    assert_eq!(bed.version("production"), if stops { "1.2.0" } else { "1.1.0" }, "{hold:?}");
    assert!(replica.env("production").rejects(&digest("1.2.0")), "recorded all the same");
    replica.lift(&id);
    replica.pass();
    assert_eq!(bed.version("production"), "1.1.0", "{hold:?}");
}

#[test]
fn a_hold_on_rollbacks_to_a_release_stops_those() {
    on_both(|bed| fails_while_held(bed, &of_release("1.1.0"), true));
    fails_while_held(&Bed::memory(&Wiring::web()), &of_digest("1.1.0"), true);
}

#[test]
fn a_hold_on_rollbacks_with_another_subject_stops_none() {
    on_both(|bed| fails_while_held(bed, &of_digest("1.3.0"), false));
    // What is held may not come; it may leave.
    for version in ["1.2.0", "1.3.0"] {
        fails_while_held(&Bed::memory(&Wiring::web()), &of_release(version), false);
    }
}

#[test]
fn failures_found_late_are_recorded_with_room_for_one_hold() {
    let bed = &Bed::memory(&side_by_side(&["dev", "canary"]));
    let mut replica = all_failed(bed);
    replica.put_up_idle(MAX_HOLDS - 1, None);
    bed.wait("3h");
    for _ in 0..3 {
        replica.pass();
        assert_eq!((bed.count("Failed"), replica.state().holds.len()), (2, MAX_HOLDS));
    }
}

#[test]
fn a_failure_found_late_holds_where_holds_that_ended_made_room() {
    let bed = &Bed::memory(&Wiring::web());
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    replica.put_up_idle(MAX_HOLDS, Some(bed.now().plus(Span::seconds(60))));
    bed.metrics.set("web-production", bed.now(), Some(0.5));
    bed.wait("41m");
    let report = replica.pass();
    assert!(waits(&report, "production", WaitCode::RollbackHeld), "{:?}", report.answers);
    assert_eq!(bed.version("production"), "1.2.0");
}

#[test]
fn that_there_is_no_rollback_target_is_said_without_room_for_a_hold() {
    let bed = &Bed::memory(&side_by_side(&["dev"]));
    let mut replica = bed.adopted();
    replica.put_up_idle(MAX_HOLDS, None);
    bed.qa.set("smoke", &digest("1.1.0"), Verdict::Failed);
    replica.release("1.1.0");
    replica.until_phase("dev", Phase::Failed);
    let report = replica.pass();
    assert!(waits(&report, "dev", WaitCode::NoRollbackTarget), "{:?}", report.answers);
}
