//! What people ask for, and what becomes of it: replaced, withdrawn, and a step down.

use towpath_core::decide::WaitCode;
use towpath_core::event::{Event, RequestKind};
use towpath_core::journal::state::Phase;
use towpath_core::observation::Health;
use towpath_core::verdict::Verdict;
use towpath_tests::bed::{Bed, Wiring, digest, is_verified, on_both, runs, wait_of, waits};

#[test]
fn a_second_manual_request_replaces_an_open_one() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let first = replica.ask(RequestKind::Promote, "production", Some("1.1.0"));
        replica.pass();
        assert_eq!(replica.outcome(&first), None, "it waits for its approval");
        let newer = replica.verify_in("staging", "1.2.0");
        let second = replica.ask(RequestKind::Promote, "production", Some("1.2.0"));
        assert_eq!(replica.outcome(&first), Some(format!("replaced by {second}")));
        assert_eq!(replica.state().requests.len(), 1);
        // What is approved now, but no longer asked for, stays where it is.
        replica.approve(&replica.find("1.1.0"));
        replica.pass();
        assert_eq!(bed.version("production"), "1.0.0");
        replica.approve(&newer);
        replica.pass();
        assert_eq!(
            (bed.version("production"), replica.outcome(&second)),
            ("1.2.0".into(), Some("done".into()))
        );
    });
}

#[test]
fn the_same_request_again_is_the_one_that_is_open() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let first = replica.ask(RequestKind::Promote, "production", Some("1.1.0"));
        let before = bed.tips();
        assert_eq!(replica.ask(RequestKind::Promote, "production", Some("1.1.0")), first);
        assert_eq!(bed.tips(), before);
    });
}

#[test]
fn a_request_is_withdrawn_by_a_resume() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let promote = replica.ask(RequestKind::Promote, "production", Some("1.1.0"));
        replica.pass();
        let resume = replica.ask(RequestKind::Resume, "production", None);
        replica.pass();
        assert_eq!(replica.outcome(&promote).as_deref(), Some("withdrawn"));
        assert_eq!(replica.outcome(&resume).as_deref(), Some("resumed"));
        assert!(replica.state().requests.is_empty());
    });
}

#[test]
fn requests_in_other_environments_are_left_alone() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let production = replica.ask(RequestKind::Promote, "production", Some("1.1.0"));
        replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.ask(RequestKind::Resume, "dev", None);
        replica.pass();
        assert_eq!(replica.outcome(&production), None);
    });
}

/// Who was taken off the list of what is Verified.
fn revoked(bed: &Bed) -> Vec<towpath_core::id::ReleaseId> {
    bed.picked(|e| match e {
        Event::Revoked { r, .. } => Some(r),
        _ => None,
    })
}

#[test]
fn a_persons_step_down_takes_the_newer_release_out() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let newer = replica.verify_in("staging", "1.2.0");
        replica.approve(&newer);
        let request = replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.pass();
        assert_eq!(
            (bed.version("staging"), replica.outcome(&request)),
            ("1.1.0".into(), Some("done".into()))
        );
        assert!(revoked(bed).iter().eq([&newer]));
        // It does not go onward, nor come back by itself; nothing is said against its images.
        replica.pass_every("10m", 6);
        assert!(!is_verified(&replica.state(), "staging", &newer));
        assert_eq!((bed.version("staging"), bed.version("production")), ("1.1.0".into(), "1.0.0".into()));
        assert!(!replica.env("staging").rejects(&digest("1.2.0")));
        // Whoever asks for it by name hears why.
        replica.ask(RequestKind::Promote, "production", Some("1.2.0"));
        assert!(waits(&replica.pass(), "production", WaitCode::UpstreamNotVerified));
        replica.ask(RequestKind::Resume, "production", None);
        let wait = wait_of(&replica.pass(), "production", WaitCode::ApprovalNeeded);
        assert_eq!(wait.unwrap().object, replica.find("1.1.0").to_string(), "the one that was chosen may go");
    });
}

#[test]
fn a_persons_step_up_takes_nothing_out() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let older = replica.find("1.1.0");
        let hold = replica.hold("staging");
        let newer = replica.verify_in("dev", "1.2.0");
        bed.wait("10m");
        replica.pass();
        replica.lift(&hold);
        replica.ask(RequestKind::Promote, "staging", Some("1.2.0"));
        replica.pass();
        assert!(runs(&replica.state(), "staging", &newer));
        assert!(revoked(bed).is_empty() && is_verified(&replica.state(), "staging", &older));
        replica.until_phase("staging", Phase::Settled);
    });
}

#[test]
fn a_resume_leaves_a_bake_alone_that_can_be_read() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        replica.bake("1.1.0");
        replica.pass_every("60s", 3);
        replica.ask(RequestKind::Resume, "production", None);
        replica.pass();
        assert_eq!(replica.phase("production"), Phase::Verified);
    });
}

#[test]
fn a_resume_does_not_end_a_bake_that_has_failed() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        bed.spike("web-production");
        replica.ask(RequestKind::Resume, "production", None);
        replica.pass();
        assert_eq!((bed.count("Failed"), bed.version("production").as_str()), (1, "1.1.0"));
    });
}

#[test]
fn a_resume_does_not_throw_a_failing_result_away() {
    on_both(|bed| {
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
        bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
        bed.qa.wait_for_finish(true);
        replica.release("1.2.0");
        replica.until_phase("dev", Phase::Verifying);
        bed.qa.finish();
        replica.ask(RequestKind::Resume, "dev", None);
        replica.pass();
        assert_eq!((bed.count("Failed"), bed.version("dev").as_str()), (1, "1.1.0"));
    });
}

#[test]
fn a_rollback_that_is_asked_for_withdraws_an_open_promotion() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        replica.release("1.3.0");
        let promote = replica.ask(RequestKind::Promote, "production", Some("1.3.0"));
        let rollback = replica.ask(RequestKind::Rollback, "production", None);
        assert_eq!(replica.outcome(&promote), Some(format!("replaced by {rollback}")));
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn a_resume_withdraws_a_rollback_that_a_hold_keeps_waiting() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        let hold = replica.hold_with("production", true, None);
        let rollback = replica.ask(RequestKind::Rollback, "production", None);
        assert!(waits(&replica.pass(), "production", WaitCode::RollbackHeld));
        replica.ask(RequestKind::Resume, "production", None);
        replica.pass();
        assert_eq!(replica.outcome(&rollback), Some("withdrawn".into()));
        replica.lift(&hold);
        replica.pass();
        assert_eq!(bed.version("production"), "1.2.0");
    });
}

#[test]
fn requests_in_an_environment_that_was_taken_out_are_closed() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let request = replica.ask(RequestKind::Promote, "production", Some("1.1.0"));
        bed.rewired(|w| w.without("production")).replica("here").pass();
        assert!(replica.state().requests.is_empty() && replica.outcome(&request).is_some());
    });
}

#[test]
fn a_request_for_what_is_verified_there_proves_nothing_anew() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        bed.qa.set("regression", &digest("1.1.0"), Verdict::Failed);
        let (starts, release) = (bed.qa.starts(), replica.find("1.1.0"));
        let request = replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.approve(&release);
        replica.pass();
        assert_eq!(replica.outcome(&request).as_deref(), Some("it is there already"));
        assert_eq!((bed.version("production"), bed.qa.starts()), ("1.1.0".into(), starts));
    });
}

#[test]
fn a_resume_leaves_a_verification_alone_that_runs_well() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let starts = bed.qa.starts();
        replica.ask(RequestKind::Resume, "dev", None);
        replica.pass();
        replica.pass_every("30s", 2);
        assert_eq!((bed.qa.starts().len(), bed.qa.starts()), (1, starts));
    });
}

#[test]
fn a_resume_does_not_throw_a_failing_result_away_while_nobody_can_tell() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        bed.qa.set("smoke", &digest("1.1.0"), Verdict::Failed);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        bed.qa.finish();
        bed.show("web-dev", "1.1.0", Health::Missing);
        replica.ask(RequestKind::Resume, "dev", None);
        replica.pass();
        assert_eq!(bed.count("Failed"), 1);
    });
}

#[test]
fn a_resume_does_not_end_a_bake_that_failed_while_it_stabilizes() {
    let bed = &Bed::memory(&Wiring::web());
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    bed.wait("5m");
    bed.metrics.set("web-production", bed.now(), Some(0.5));
    bed.show("web-production", "1.2.0", Health::Healthy);
    bed.wait("5s");
    replica.pass();
    bed.wait("4s");
    replica.ask(RequestKind::Resume, "production", None);
    replica.pass();
    bed.wait("10m");
    replica.pass();
    assert!(replica.env("production").rejects(&digest("1.2.0")), "{:?}", replica.phase("production"));
}
