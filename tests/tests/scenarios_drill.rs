//! Drills: what a rollback would come to, with nothing changed.

use towpath_core::decide::WaitCode;
use towpath_core::event::RequestKind;
use towpath_engine::EngineError;
use towpath_engine::drill::{DrillOutcome, DrillPart, Drilled};
use towpath_tests::bed::{Bed, Replica, Wiring, kustomization, name, on_both, on_both_with};

/// Rehearses, and sees that branch and journal stay where they are.
fn drill(
    bed: &Bed,
    replica: &Replica<'_>,
    environment: &str,
) -> (Result<Drilled, EngineError>, Vec<DrillPart>) {
    let (before, mut parts) = (bed.tips(), Vec::new());
    let mut remembered = replica.remembered.clone();
    let drilled =
        replica.engine(|e| e.drill(&mut remembered, &name(environment), &mut |part| parts.push(part)));
    assert_eq!(bed.tips(), before, "a drill changes nothing");
    (drilled, parts)
}

fn outcome(bed: &Bed, replica: &Replica<'_>, environment: &str) -> DrillOutcome {
    drill(bed, replica, environment).0.unwrap().outcome
}

/// The version that would come back, whether it has to be asked for, and the commit's message.
fn back(outcome: DrillOutcome) -> (String, bool, String) {
    match outcome {
        DrillOutcome::Back { to, asked, message } => (to.version(), asked, message),
        other => panic!("expected a way back, found {other:?}"),
    }
}

fn codes(outcome: DrillOutcome) -> Vec<WaitCode> {
    match outcome {
        DrillOutcome::Waits(waits) => waits.iter().map(|wait| wait.code).collect(),
        other => panic!("expected waits, found {other:?}"),
    }
}

#[test]
fn a_drill_finds_what_a_failure_then_does() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        let (drilled, parts) = drill(bed, &replica, "production");
        assert_eq!(parts, [DrillPart::Look, DrillPart::Decide, DrillPart::Commit, DrillPart::Push]);
        let drilled = drilled.unwrap();
        assert_eq!(drilled.from.version(), "1.2.0");
        let (to, asked, message) = back(drilled.outcome);
        assert_eq!((to.as_str(), asked), ("1.1.0", false));
        assert!(message.starts_with("Roll back web in production: 1.1.0\n"), "{message}");

        bed.spike("web-production");
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
        let subjects = bed.subjects();
        assert!(subjects.iter().any(|s| s == "Roll back web in production: 1.1.0"), "{subjects:?}");
    });
}

#[test]
fn what_settled_can_be_drilled_too_and_so_can_what_waits_for_a_person() {
    on_both(|bed| {
        let mut replica = bed.delivered("1.1.0");
        replica.deliver("1.2.0");
        assert_eq!(back(outcome(bed, &replica, "production")).0, "1.1.0");
        let by_hand = bed.rewired(|wiring| wiring.with("production", "rollback: { automatic: false }"));
        let replica = by_hand.replica("here");
        let (to, asked, message) = back(outcome(&by_hand, &replica, "production"));
        assert_eq!((to.as_str(), asked), ("1.1.0", true));
        assert!(message.contains("1.2.0"), "{message}");
    });
}

#[test]
fn a_drill_says_what_would_be_in_the_way() {
    on_both(|bed| {
        let replica = bed.baking_after("1.1.0", "1.2.0");
        let hold = replica.hold_with("production", true, None);
        assert_eq!(codes(outcome(bed, &replica, "production")), [WaitCode::RollbackHeld]);
        replica.lift(&hold);
        bed.edit("production", "images: {}\n", "break it");
        assert_eq!(codes(outcome(bed, &replica, "production")), [WaitCode::CannotEdit]);
        bed.edit("production", &kustomization("0.9.0"), "by hand");
        assert_eq!(codes(outcome(bed, &replica, "production")), [WaitCode::Pinned]);
    });
}

#[test]
fn without_a_release_that_was_good_there_is_nothing_to_go_back_to() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let (drilled, parts) = drill(bed, &replica, "production");
        let why = drilled.unwrap_err().to_string();
        assert!(why.contains("nothing that Towpath promoted"), "{why}");
        assert_eq!(parts, [DrillPart::Look]);
        replica.bake("1.1.0");
        assert!(codes(outcome(bed, &replica, "production")).contains(&WaitCode::NoRollbackTarget));
    });
}

#[test]
fn a_promotion_that_a_person_asked_for_comes_first() {
    on_both(|bed| {
        let mut replica = bed.delivered("1.1.0");
        let older = replica.find("1.1.0");
        replica.deliver("1.2.0");
        replica.ask(RequestKind::Promote, "staging", Some(older.as_str()));
        match outcome(bed, &replica, "staging") {
            DrillOutcome::Forward(to) => assert_eq!(to.r, older),
            other => panic!("{other:?}"),
        }
        // An approval from before the failure does not count after it, so this one would not come.
        replica.ask(RequestKind::Promote, "production", Some(older.as_str()));
        assert_eq!(back(outcome(bed, &replica, "production")).0, "1.1.0");
    });
}

#[test]
fn a_rollback_says_that_other_bytes_changed_since() {
    on_both(|bed| {
        let mut replica = bed.baking_after("1.1.0", "1.2.0");
        assert!(!back(outcome(bed, &replica, "production")).2.contains("Other bytes"));
        bed.foreign(&[("apps/web/overlays/production/replicas.yaml", "3\n")], "more replicas");
        let (_, _, message) = back(outcome(bed, &replica, "production"));
        let note =
            format!("Other bytes under {} changed since 1.1.0 was good here", "apps/web/overlays/production");
        assert!(message.contains(&note), "{message}");

        bed.spike("web-production");
        replica.pass();
        assert!(bed.log(bed.branch()).iter().any(|commit| commit.message.contains(&note)));
    });
}

#[test]
fn a_host_without_atomic_pushes_is_rehearsed_ref_by_ref() {
    let bed = Bed { atomic: false, ..Bed::memory(&Wiring::web()) };
    let replica = bed.baking_after("1.1.0", "1.2.0");
    assert_eq!(back(outcome(&bed, &replica, "production")).0, "1.1.0");
}

#[test]
fn all_images_go_back_together() {
    on_both_with(&Wiring::two_images(), |bed| {
        let mut replica = bed.adopted();
        for api in ["1.1", "1.2"] {
            let release = replica.release_both(api, "1.1");
            replica.until_settled("staging", &release);
        }
        let (to, _, message) = back(outcome(bed, &replica, "staging"));
        assert_eq!(to, "api 1.1, web 1.1");
        assert!(message.contains("ghcr.io/acme/api 1.2 -> 1.1"), "{message}");
    });
}
