//! Bad releases: what comes back, what waits for a person, and what does not come again.

use towpath_core::decide::WaitCode;
use towpath_core::event::{BakeResult, Cause, Event, RequestKind};
use towpath_core::journal::state::Phase;
use towpath_core::time::Time;
use towpath_core::verdict::Verdict;
use towpath_core::world::WentBack;
use towpath_tests::bed::{Bed, Wiring, digest, digest_of, env_of, name, on_both, on_both_with, waits};

#[test]
fn the_same_bad_image_in_a_new_set_is_not_promoted() {
    on_both_with(&Wiring::two_images(), |bed| {
        let mut replica = bed.web_rejected();
        assert_eq!(replica.state().release(&replica.env("staging").at.unwrap().r).unwrap().seq, 1);
        // The api is in a release that is still Verified: it is not to blame.
        assert!(!replica.env("staging").rejects(&digest_of("api", "1.1")));

        let bad_again = replica.release_both("1.2", "1.2");
        let report = replica.until_verified("dev", &bad_again);
        assert!(waits(&report, "staging", WaitCode::Rejected));
        let fixed = replica.release_both("1.2", "1.3");
        replica.until_settled("staging", &fixed);
        assert!(!replica.env("staging").tries.contains_key(&bad_again));
    });
}

#[test]
fn a_cleared_digest_may_come_again() {
    on_both_with(&Wiring::two_images(), |bed| {
        let mut replica = bed.web_rejected();
        let again = replica.release_both("1.2", "1.2");
        replica.until_waits("staging", WaitCode::Rejected);
        bed.qa.set("regression", &digest_of("web", "1.2"), Verdict::Passed);
        replica.clear("staging");
        replica.until_settled("staging", &again);
    });
}

#[test]
fn a_bad_bake_is_recorded_before_a_newer_release_that_is_ready() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let good = replica.deliver("1.1.0");
        replica.bake("1.2.0");
        let newer = replica.verify_in("staging", "1.3.0");
        assert_eq!(replica.phase("production"), Phase::Verified, "the bake goes on");
        bed.spike("web-production");
        replica.approve(&newer);
        replica.pass();

        assert_eq!(replica.env("production").at.unwrap().r, good);
        let events = bed.events();
        let place = |wanted: &dyn Fn(&Event) -> bool| events.iter().position(|e| wanted(&e.event));
        let failed = place(&|e| matches!(e, Event::Failed { .. })).expect("recorded");
        let back =
            place(&|e| matches!(e, Event::Promoted { cause: Cause::Rollback, .. })).expect("went back");
        assert!(failed < back);
        assert_eq!(place(&|e| matches!(e, Event::Baked { result: BakeResult::Cut, .. })), None);
        assert!(replica.env("production").rejects(&digest("1.2.0")));

        // The newer one follows by the rules: after the rollback's verdict, and with an approval after the failure.
        replica.until_waits("production", WaitCode::ApprovalNeeded);
        assert_eq!(bed.version("production"), "1.1.0", "the approval from before the failure is void");
        replica.approve(&newer);
        replica.until_settled("production", &newer);
        assert_eq!(bed.version("production"), "1.3.0");
    });
}

#[test]
fn a_bake_is_cut_only_with_a_good_reading_as_of_now() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        replica.bake("1.2.0");
        let newer = replica.verify_in("staging", "1.3.0");
        replica.approve(&newer);
        // Nobody answers, then there are no samples: both are no good reading.
        bed.metrics.set_down(true);
        assert!(waits(&replica.pass(), "production", WaitCode::BakeReading));
        bed.metrics.set_down(false);
        bed.metrics.set("web-production", bed.now(), None);
        bed.wait("120s");
        assert!(waits(&replica.pass(), "production", WaitCode::BakeReading));
        assert_eq!(bed.version("production"), "1.2.0");
        bed.metrics.set("web-production", bed.now(), Some(0.01));
        bed.wait("30s");
        replica.pass();
        assert_eq!(bed.version("production"), "1.3.0");
        let cut = |e: &Event| matches!(e, Event::Baked { result: BakeResult::Cut, .. });
        assert_eq!(bed.events().iter().filter(|e| cut(&e.event)).count(), 1);
        assert!(replica.env("production").good.iter().all(|g| !g.baked), "a cut bake has not passed");
    });
}

#[test]
fn a_failure_found_late_holds_and_alerts() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        bed.metrics.set("web-production", bed.now(), Some(0.5));
        // The host is away: the bake's 20 minutes pass, and then more than 20 again.
        bed.wait("41m");
        let report = replica.pass();
        assert!(waits(&report, "production", WaitCode::RollbackHeld), "{:?}", report.answers);
        assert_eq!((bed.version("production"), replica.phase("production")), ("1.2.0".into(), Phase::Failed));
        assert!(replica.env("production").rejects(&digest("1.2.0")));
        // A person looked and says go on: then it goes back by the rules.
        bed.metrics.set("web-production", bed.now(), Some(0.0));
        replica.ask(RequestKind::Resume, "production", None);
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn a_failure_found_in_time_goes_back() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        bed.metrics.set("web-production", bed.now(), Some(0.5));
        bed.wait("19m");
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn without_a_rollback_target_it_holds_until_a_fix_and_resume() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        bed.qa.set("smoke", &digest("1.1.0"), Verdict::Failed);
        replica.release("1.1.0");
        replica.until_waits("dev", WaitCode::NoRollbackTarget);
        assert_eq!((bed.version("dev"), replica.state().holds.len()), ("1.1.0".into(), 1));
        replica.release("1.2.0");
        for _ in 0..5 {
            replica.pass();
            bed.wait("60s");
        }
        assert_eq!(bed.version("dev"), "1.1.0", "held");
        replica.ask(RequestKind::Resume, "dev", None);
        replica.until_phase("dev", Phase::Settled);
        assert_eq!((bed.version("dev"), replica.state().holds.len()), ("1.2.0".into(), 0));
        assert_eq!(bed.count("Held"), 1, "a failure holds once");
    });
}

#[test]
fn a_rollback_is_never_rolled_back() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        for version in ["1.0.1", "1.1.0"] {
            let release = replica.release(version);
            replica.pass_until(|_, s| env_of(s, "staging").good.iter().any(|g| g.r == release && g.baked));
        }
        for version in ["1.2.0", "1.1.0"] {
            bed.qa.set("regression", &digest(version), Verdict::Failed);
        }
        replica.release("1.2.0");
        replica.until_waits("staging", WaitCode::RollbackFailed);
        for _ in 0..5 {
            bed.wait("10m");
            replica.pass();
        }
        assert_eq!(bed.version("staging"), "1.1.0", "1.0.1 would be next, but people have to look");
        let staging = replica.env("staging");
        assert!(staging.rejects(&digest("1.1.0")) && staging.rejects(&digest("1.2.0")));
        // It ends by a fix and a person's word.
        let fix = replica.release("1.3.0");
        replica.ask(RequestKind::Resume, "staging", None);
        replica.until_settled("staging", &fix);
    });
}

/// Three rollbacks of other pipelines at a destination.
fn three(destination: &str, at: Time) -> Vec<WentBack> {
    vec![WentBack { destination: name(destination), at }; 3]
}

#[test]
fn too_many_rollbacks_in_a_short_time_wait() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        replica.verify_in("staging", "1.1.0");
        bed.qa.set("regression", &digest("1.2.0"), Verdict::Failed);
        replica.release("1.2.0");
        let mut storm = bed.clone();
        replica.until_phase("staging", Phase::Syncing);
        // Elsewhere at the same destination three releases were rolled back just now.
        storm.shared.rollbacks = three("staging", bed.now());
        let mut replica = storm.replica("here");
        let report = replica.pass_until(|report, _| report.waits_for(WaitCode::RollbackStorm));
        assert_eq!(bed.version("staging"), "1.2.0", "{:?}", report.answers);
        let until = report.waits().find(|(_, w)| w.code == WaitCode::RollbackStorm).unwrap().1.when.latest();
        assert_eq!(until.since(storm.shared.rollbacks[0].at).as_seconds(), 600);
        bed.clock.set(until);
        replica.pass();
        assert_eq!(bed.version("staging"), "1.1.0");
    });
}

#[test]
fn a_person_goes_back_at_once_through_a_storm_but_not_through_a_hold_on_rollbacks() {
    on_both(|bed| {
        bed.baking_after("1.1.0", "1.2.0");
        let mut storm = bed.clone();
        storm.shared.rollbacks = three("production", bed.now());
        let mut replica = storm.replica("here");
        let hold = replica.hold_with("production", true, None);
        let request = replica.ask(RequestKind::Rollback, "production", None);
        assert!(waits(&replica.pass(), "production", WaitCode::RollbackHeld));
        assert_eq!((bed.version("production"), replica.outcome(&request)), ("1.2.0".into(), None));
        replica.lift(&hold);
        replica.pass();
        assert_eq!(
            (bed.version("production"), replica.outcome(&request)),
            ("1.1.0".into(), Some("done".into()))
        );
        // A person's rollback rejects nothing, but what was taken out is not Verified any more.
        assert!(!replica.env("production").rejects(&digest("1.2.0")));
    });
}

#[test]
fn an_open_request_that_cannot_go_in_does_not_keep_a_bad_release() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        replica.release("1.3.0");
        // It is neither Verified in staging nor approved.
        let request = replica.ask(RequestKind::Promote, "production", Some("1.3.0"));
        bed.spike("web-production");
        replica.pass();
        assert_eq!((bed.version("production"), replica.outcome(&request)), ("1.1.0".into(), None));
    });
}

#[test]
fn degraded_past_its_grace_is_a_failure() {
    use towpath_core::event::FailedPhase;
    use towpath_core::observation::Health;
    on_both(|bed| {
        let mut replica = bed.come_to("1.0.1", "dev", Phase::Settled);
        bed.qa.wait_for_finish(true);
        replica.release("1.1.0");
        replica.until_phase("dev", Phase::Verifying);
        bed.show("web-dev", "1.1.0", Health::Degraded);
        let report = replica.pass();
        assert!(waits(&report, "dev", WaitCode::Degraded));
        bed.wait("59s");
        assert!(waits(&replica.pass(), "dev", WaitCode::Degraded), "still within its grace");
        bed.wait("1s");
        bed.live.forget(&name("nobody"));
        replica.pass();
        let health = |e: &Event| matches!(e, Event::Failed { phase: FailedPhase::Health, .. });
        assert_eq!(bed.events().iter().filter(|e| health(&e.event)).count(), 1);
        assert_eq!(bed.version("dev"), "1.0.1");
    });
}

#[test]
fn a_release_that_recovers_within_its_grace_goes_on() {
    use towpath_core::observation::Health;
    let bed = Bed::memory(&Wiring::web());
    let mut replica = bed.released("1.1.0");
    bed.qa.wait_for_finish(true);
    replica.until_phase("dev", Phase::Verifying);
    bed.show("web-dev", "1.1.0", Health::Degraded);
    replica.pass();
    bed.wait("30s");
    bed.live.forget(&name("web-dev"));
    bed.qa.wait_for_finish(false);
    replica.until_phase("dev", Phase::Settled);
    assert_eq!((bed.version("dev"), bed.count("Failed")), ("1.1.0".into(), 0));
}

#[test]
fn a_failing_bake_is_recorded_before_a_persons_rollback() {
    let bed = &Bed::memory(&Wiring::web());
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    bed.metrics.set("web-production", bed.now(), Some(0.5));
    bed.wait("60s");
    replica.ask(RequestKind::Rollback, "production", None);
    replica.pass();
    assert!(replica.env("production").rejects(&digest("1.2.0")));
    assert_eq!(bed.version("production"), "1.1.0");
}

#[test]
fn a_failure_is_recorded_while_a_persons_rollback_waits_for_a_hold() {
    let bed = &Bed::memory(&Wiring::web());
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    replica.hold_with("production", true, None);
    replica.ask(RequestKind::Rollback, "production", None);
    assert!(waits(&replica.pass(), "production", WaitCode::RollbackHeld));
    bed.metrics.set("web-production", bed.now(), Some(0.5));
    replica.pass_every("60s", 5);
    assert!(replica.env("production").rejects(&digest("1.2.0")));
    assert_eq!(bed.version("production"), "1.2.0", "held all the same");
}

#[test]
fn without_automatic_rollback_a_fix_goes_in_by_itself() {
    on_both_with(&Wiring::web().with("dev", "rollback: { automatic: false }"), |bed| {
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
        bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
        replica.release("1.2.0");
        replica.until_phase("dev", Phase::Failed);
        replica.pass_every("60s", 3);
        assert_eq!(bed.version("dev"), "1.2.0", "nothing goes back by itself");
        let fix = replica.release("1.3.0");
        replica.until_settled("dev", &fix);
    });
}
