//! People: reverts, foreign edits, approvals, holds, and what was there before Towpath.

use towpath_core::decide::{WaitCode, When};
use towpath_core::event::{Event, RequestKind, Unpinning};
use towpath_core::journal::fold::MAX_APPROVALS;
use towpath_core::journal::state::Phase;
use towpath_engine::EngineError;
use towpath_engine::people::ReleaseRef;
use towpath_tests::bed::{
    Bed, Replica, Wiring, digest, image, is_verified, kustomization, name, on_both, on_both_with, overlay,
    person, wait_of, waits,
};

fn unpinned(bed: &Bed) -> Vec<Unpinning> {
    bed.picked(|e| match e {
        Event::Unpinned { how, .. } => Some(how),
        _ => None,
    })
}

#[test]
fn a_reverted_release_is_pinned_and_does_not_go_onward() {
    on_both(|bed| {
        let mut replica = bed.reverted("1.1.0");
        let release = replica.find("1.1.0");
        assert!(waits(&replica.pass(), "staging", WaitCode::Pinned));
        assert!(!replica.env("staging").ok.contains_key(&release));
        replica.approve(&release);
        bed.wait("1h");
        assert!(waits(&replica.pass(), "production", WaitCode::UpstreamNotVerified));
        assert_eq!((bed.version("staging"), bed.version("production")), ("1.0.0".into(), "1.0.0".into()));
        // A newer release does not overrule the person.
        replica.verify_in("dev", "1.2.0");
        bed.wait("1h");
        assert!(waits(&replica.pass(), "staging", WaitCode::Pinned));
        assert_eq!(bed.version("staging"), "1.0.0");
    });
}

#[test]
fn a_revert_and_an_approval_at_the_same_time_do_not_let_it_through() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let release = replica.find("1.1.0");
        bed.edit("staging", &kustomization("1.0.0"), "revert");
        replica.approve(&release);
        replica.pass();
        assert_eq!(bed.version("production"), "1.0.0");
    });
}

#[test]
fn a_pin_ends_by_resume_and_newer_releases_go_on() {
    on_both(|bed| {
        let mut replica = bed.reverted("1.1.0");
        replica.ask(RequestKind::Resume, "staging", None);
        replica.pass();
        assert_eq!(unpinned(bed), [Unpinning::Resumed]);
        assert_eq!(replica.phase("staging"), Phase::Adopted);
        bed.wait("1h");
        replica.pass();
        assert_eq!(bed.version("staging"), "1.0.0", "what was taken out does not come back by itself");
        replica.release("1.2.0");
        replica.until_phase("staging", Phase::Settled);
        assert_eq!(bed.version("staging"), "1.2.0");
    });
}

#[test]
fn a_pin_ends_when_our_value_is_restored_but_its_verification_stays_revoked() {
    on_both(|bed| {
        let mut replica = bed.reverted("1.1.0");
        let release = replica.find("1.1.0");
        bed.edit("staging", &kustomization("1.1.0"), "no, keep it");
        replica.approve(&release);
        replica.pass();
        assert_eq!(unpinned(bed), [Unpinning::Restored]);
        bed.wait("1h");
        assert!(waits(&replica.pass(), "production", WaitCode::UpstreamNotVerified));
        // A person may have it verified anew.
        replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.until_verified("staging", &release);
        replica.until_phase("production", Phase::Verified);
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn a_pin_ends_by_a_manual_promotion() {
    on_both(|bed| {
        let mut replica = bed.reverted("1.1.0");
        let newer = replica.release("1.2.0");
        replica.pass_until(|report, s| {
            is_verified(s, "dev", &newer) && waits(report, "staging", WaitCode::Pinned)
        });
        bed.wait("10m");
        let request = replica.ask(RequestKind::Promote, "staging", Some("1.2.0"));
        replica.pass();
        assert_eq!((unpinned(bed), bed.version("staging")), (vec![Unpinning::Promoted], "1.2.0".into()));
        assert_eq!(replica.outcome(&request).as_deref(), Some("done"));
    });
}

#[test]
fn a_request_that_has_to_wait_does_not_let_a_pinned_environment_go_on() {
    on_both(|bed| {
        let mut replica = bed.reverted("1.1.0");
        // Its entry gates do not hold: it is not Verified in dev.
        replica.release("1.2.0");
        bed.qa.wait_for_finish(true);
        replica.ask(RequestKind::Promote, "staging", Some("1.2.0"));
        // A cluster that lags behind still shows the release that was taken out.
        bed.show("web-staging", "1.1.0", towpath_core::observation::Health::Healthy);
        for _ in 0..10 {
            bed.wait("60s");
            bed.show("web-staging", "1.1.0", towpath_core::observation::Health::Healthy);
            replica.pass();
        }
        assert!(waits(&replica.pass(), "staging", WaitCode::Pinned));
        let staging = replica.env("staging");
        assert!(
            staging.ok.is_empty() && staging.at.unwrap().live.is_none(),
            "nothing is proven of a pinned release"
        );
    });
}

#[test]
fn a_foreign_edit_elsewhere_changes_nothing() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let (journal, before) = (bed.tip(bed.journal()), replica.state());
        bed.foreign(
            &[("apps/api/kustomization.yaml", "resources: []\n"), ("README.md", "words")],
            "elsewhere",
        );
        replica.pass();
        assert_eq!((bed.tip(bed.journal()), replica.state()), (journal, before));
        bed.qa.finish();
        replica.until_phase("dev", Phase::Settled);
        assert!(bed.qa.starts().values().all(|n| *n == 1));
    });
}

#[test]
fn a_foreign_edit_of_other_bytes_under_the_path_restarts_stable_period_and_verification() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let release = replica.find("1.1.0");
        let edit = kustomization("1.1.0").replace("# kept by people", "# kept by people\nnamePrefix: x-");
        bed.edit("dev", &edit, "a prefix");
        bed.qa.finish();
        let changed = bed.now();
        let report = replica.pass();
        assert!(waits(&report, "dev", WaitCode::Stabilizing), "{:?}", report.answers);
        replica.until_phase("dev", Phase::Verifying);
        let at = replica.env("dev").at.unwrap();
        assert!(at.live.unwrap().since >= changed);
        assert_eq!(
            (at.r, at.attempt, at.runs.values().next().unwrap().attempt),
            (release, 1, 2),
            "superseded nothing"
        );
        assert_eq!(bed.count("Pinned"), 0);
        bed.qa.finish();
        replica.until_phase("dev", Phase::Settled);
        assert_eq!(bed.file(&overlay("dev")), edit);
        // Later it is not asked for again: what was Verified stays so.
        bed.edit("dev", &edit.replace("x-", "y-"), "another prefix");
        bed.wait("10m");
        replica.pass();
        assert_eq!(replica.phase("dev"), Phase::Settled);
    });
}

#[test]
fn a_hold_ends_at_its_time() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let until = bed.now().plus(towpath_core::time::Span::seconds(600));
        replica.hold_with("dev", false, Some(until));
        replica.release("1.1.0");
        let wait = wait_of(&replica.pass(), "dev", WaitCode::Held).unwrap();
        assert_eq!(wait.when, When::At(until));
        bed.wait("599s");
        replica.pass();
        assert_eq!(bed.version("dev"), "1.0.0");
        bed.wait("1s");
        replica.pass();
        assert_eq!((bed.version("dev"), replica.state().holds.len()), ("1.1.0".into(), 0));
    });
}

fn approval_text(replica: &mut Replica<'_>) -> Option<String> {
    wait_of(&replica.pass(), "production", WaitCode::ApprovalNeeded).map(|wait| wait.text)
}

#[test]
fn the_approval_of_an_author_does_not_count() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        replica.approve_as("alice", "production", "1.1.0").unwrap();
        let told = "1.1.0 has 0 of 1 approvals; that of alice does not count, an author's";
        assert_eq!(approval_text(&mut replica).as_deref(), Some(told));
        replica.approve_as("bob", "production", "1.1.0").unwrap();
        replica
            .engine(|e| e.unapprove(&person("bob"), &name("production"), &ReleaseRef::parse("1.1.0")))
            .unwrap();
        assert!(approval_text(&mut replica).is_some(), "taken back");
        replica.approve_as("bob", "production", "1.1.0").unwrap();
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn without_authors_on_record_nobody_is_known_not_to_be_one() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        replica.release_by(&[], vec![image("1.1.0")]);
        replica.until_waits("production", WaitCode::ApprovalNeeded);
        replica.approve_as("bob", "production", "1.1.0").unwrap();
        let text = approval_text(&mut replica).unwrap();
        assert!(text.contains("has no author on record"), "{text}");
        assert_eq!(bed.version("production"), "1.0.0");
    });
}

#[test]
fn an_approval_counts_for_its_groups_its_time_and_its_gates() {
    let wiring =
        Wiring::web().with("production", "entry: [{ approval: { count: 2, groups: [release-managers] } }]");
    on_both_with(&wiring, |bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let approve = |replica: &Replica<'_>, login: &str, groups: &[&str], until| {
            let groups: Vec<String> = groups.iter().map(|g| (*g).to_owned()).collect();
            let r = ReleaseRef::parse("1.1.0");
            replica.engine(|e| e.approve(&person(login), &name("production"), &r, &groups, until)).unwrap();
        };
        approve(&replica, "bob", &["developers"], None);
        approve(&replica, "carol", &["release-managers"], None);
        approve(&replica, "carol", &["release-managers"], None);
        let until = bed.now().plus(towpath_core::time::Span::seconds(60));
        bed.wait("60s");
        approve(&replica, "dan", &["release-managers"], Some(until));
        assert_eq!(
            approval_text(&mut replica).as_deref(),
            Some("1.1.0 has 1 of 2 approvals of release-managers")
        );
        // The gates change: what was approved is not what is asked for now.
        let changed = bed.rewired(|w| {
            w.with("production", "entry: [{ approval: { count: 1, groups: [release-managers] } }]")
        });
        let mut replica = changed.replica("here");
        assert_eq!(
            approval_text(&mut replica).as_deref(),
            Some("1.1.0 has 0 of 1 approvals of release-managers")
        );
        approve(&replica, "carol", &["release-managers"], None);
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let bed = Bed::memory(&Wiring::web());
    let replica = bed.replica("here");
    let refused = replica.approve_as("bob", "production", "1.1.0").unwrap_err();
    assert!(refused.to_string().contains("no ledger yet"), "{refused}");
    let replica = bed.adopted();
    for (environment, version, expected) in [
        ("production", "1.1.0", "no release has the version 1.1.0"),
        ("dev", "1.1.0", "dev asks for no approval"),
        ("nowhere", "1.1.0", "no environment is called nowhere"),
    ] {
        let refused = replica.approve_as("bob", environment, version).unwrap_err();
        assert!(matches!(&refused, EngineError::Impossible(text) if text.contains(expected)), "{refused}");
    }
    let journal = bed.tip(bed.journal());
    let one = replica.release("1.1.0");
    assert_eq!(replica.release("1.1.0"), one, "the same set is the same release");
    assert_ne!(bed.tip(bed.journal()), journal);
    assert_eq!(bed.count("Released"), 1);
}

/// A kustomization that knows no digests, as people wrote it.
fn tags_only(version: &str) -> String {
    format!("images:\n- newTag: '{version}'   # by hand\n  name: ghcr.io/acme/web\nnamespace: shop\n")
}

#[test]
fn tags_only_are_adopted_as_they_are_and_come_back_byte_for_byte() {
    on_both_with(&Wiring::web().folders(tags_only), |bed| {
        let mut replica = bed.adopted();
        let baseline = replica.env("dev").at.unwrap().r;
        let state = replica.state();
        assert!(state.release(&baseline).unwrap().images.is_empty(), "opaque");
        bed.wait("1h");
        replica.pass();
        assert_eq!(bed.subjects(), ["first"], "a baseline moves nowhere by itself");
        replica.release("1.1.0");
        replica.until_phase("dev", Phase::Settled);
        let text = bed.file(&overlay("dev"));
        let inserted = format!("  digest: '{}'\n", digest("1.1.0"));
        assert!(text.contains(&inserted), "in the manner of its neighbour: {text}");
        assert!(text.contains("# by hand") && text.contains("namespace: shop"), "{text}");

        let request = replica.ask(RequestKind::Rollback, "dev", Some(baseline.as_str()));
        replica.pass();
        assert_eq!(bed.file(&overlay("dev")), tags_only("1.0.0"));
        assert_eq!(replica.outcome(&request).as_deref(), Some("done"));
        replica.until_phase("dev", Phase::Settled);
        bed.wait("1h");
        replica.pass();
        assert_eq!((bed.count("Pinned"), bed.file(&overlay("dev"))), (0, tags_only("1.0.0")));
        // Another environment's bytes are not this one's.
        let refused = replica.ask(RequestKind::Rollback, "staging", Some(baseline.as_str()));
        replica.pass();
        assert!(replica.outcome(&refused).unwrap().starts_with("refused"));
    });
}

#[test]
fn one_baseline_written_differently_in_each_environment_keeps_each_ones_bytes() {
    on_both(|bed| {
        let plain = kustomization("1.0.0");
        let quoted = plain.replace("\"1.0.0\"", "'1.0.0'").replace("digest: ", "digest:   ");
        let bare = plain.replace("\"1.0.0\"", "1.0.0");
        bed.edit("staging", &quoted, "other hands");
        bed.edit("production", &bare, "other hands");
        let mut replica = bed.adopted();
        let baselines = ["dev", "staging", "production"].map(|e| replica.env(e).at.unwrap().r);
        assert!(baselines.iter().all(|r| r == &baselines[0]), "one set, one release");
        bed.wait("10m");
        replica.pass();
        assert_eq!(bed.count("Pinned"), 0);

        replica.deliver("1.1.0");
        for (environment, text) in [("production", &bare), ("staging", &quoted), ("dev", &plain)] {
            replica.ask(RequestKind::Rollback, environment, Some(baselines[0].as_str()));
            replica.pass();
            assert_eq!(&bed.file(&overlay(environment)), text, "{environment}");
        }
        bed.wait("10m");
        replica.pass();
        assert_eq!(bed.count("Pinned"), 0);
    });
}

#[test]
fn authors_may_be_named_afterwards_and_an_author_does_not_approve() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let release = replica.release_by(&[], vec![image("1.1.0")]);
        replica.until_waits("production", WaitCode::ApprovalNeeded);
        replica.approve(&release);
        assert!(waits(&replica.pass(), "production", WaitCode::ApprovalNeeded), "its authors are unknown");
        assert_eq!(replica.release_by(&["bob", "erin"], vec![image("1.1.0")]), release);
        assert!(waits(&replica.pass(), "production", WaitCode::ApprovalNeeded), "bob, who approved, is one");
        replica.approve_as("dave", "production", "1.1.0").unwrap();
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
        let recorded = bed.count("Released");
        replica.release_by(&["erin"], vec![image("1.1.0")]);
        assert_eq!(bed.count("Released"), recorded, "nothing new was said");
    });
}

#[test]
fn an_approval_and_a_hold_at_the_same_time_let_nothing_through() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        replica.approve(&replica.find("1.1.0"));
        let hold = replica.hold("production");
        replica.pass();
        assert_eq!(bed.version("production"), "1.0.0");
        replica.lift(&hold);
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn an_approved_release_below_the_high_water_mark_is_named() {
    let bed = &Bed::memory(&Wiring::web());
    let mut replica = bed.awaiting_approval("1.1.0");
    let old = replica.find("1.1.0");
    let new = replica.verify_in("staging", "1.2.0");
    replica.approve(&new);
    replica.until_settled("production", &new);
    replica.approve(&old);
    let wait = wait_of(&replica.pass(), "production", WaitCode::BelowHighWater).expect("it is named");
    assert!(wait.text.contains("1.1.0") && wait.remedy.contains("promote"), "{wait:?}");
    assert_eq!(bed.version("production"), "1.2.0");
}

#[test]
fn what_a_person_put_there_is_not_held_against_the_release_that_baked() {
    let bed = &Bed::memory(&Wiring::web());
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    bed.edit("production", &kustomization("6.6.6"), "by hand");
    replica.pass();
    bed.metrics.set("web-production", bed.now(), Some(0.5));
    let next = replica.verify_in("staging", "1.3.0");
    bed.wait("30s");
    replica.approve(&next);
    replica.ask(RequestKind::Promote, "production", Some("1.3.0"));
    replica.pass();
    assert_eq!((bed.version("production"), bed.count("Failed")), ("1.3.0".into(), 0));
    assert!(!replica.env("production").rejects(&digest("1.2.0")));
}

#[test]
fn approvals_as_long_and_as_many_as_they_may_be_leave_the_journal_readable() {
    let bed = Bed::memory(&Wiring::web());
    let replica = bed.awaiting_approval("1.1.0");
    let approve = |i: usize, groups: &[String]| {
        let r = ReleaseRef::parse("1.1.0");
        replica.engine(|e| e.approve(&person(&format!("p{i}")), &name("production"), &r, groups, None))
    };
    assert!(matches!(approve(0, &["g".repeat(60_000)]), Err(EngineError::Impossible(_))));
    let longest: Vec<String> = (0..20).map(|i| format!("{i:0>128}")).collect();
    let given = (0..MAX_APPROVALS + 50).take_while(|i| approve(*i, &longest).is_ok()).count();
    assert!(given >= 10, "only {given}");
    bed.replica("here").pass();
    assert_eq!(bed.version("production"), "1.1.0");
}
