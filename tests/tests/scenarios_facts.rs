//! Facts and promotions are pushed apart: what keeps commits from the branch does not keep facts from the journal.

use std::os::unix::fs::PermissionsExt as _;

use towpath_core::decide::WaitCode;
use towpath_core::event::Event;
use towpath_core::journal::state::Phase;
use towpath_engine::memory::Fault;
use towpath_tests::bed::{Bed, Wiring, is_in, is_verified, wait_of, waits};

#[test]
fn a_guarded_branch_keeps_promotions_waiting_and_facts_going() {
    for atomic in [true, false] {
        let mut bed = Bed::memory(&Wiring::web());
        bed.atomic = atomic;
        let mut replica = bed.adopted();
        let first = replica.release("1.1.0");
        replica.until_phase("dev", Phase::Syncing);
        bed.guard(true);
        replica.release("1.2.0");
        replica.pass_until(|report, state| {
            is_verified(state, "dev", &first) && waits(report, "staging", WaitCode::PushRefused)
        });
        let wait = wait_of(&replica.pass(), "dev", WaitCode::PushRefused).expect("1.2.0 could come to dev");
        assert!(wait.text.contains("refs/heads/main: protected branch hook declined"), "{}", wait.text);
        assert_eq!((bed.version("dev"), bed.version("staging")), ("1.1.0".into(), "1.0.0".into()));
        bed.guard(false);
        replica.pass_until(|_, state| is_in(state, "staging", Phase::Settled));
        assert_eq!(bed.version("staging"), "1.2.0");
    }
}

#[test]
fn no_journal_commit_holds_a_promotion_and_another_environments_fact() {
    let bed = Bed::memory(&Wiring::web());
    let mut replica = bed.adopted();
    for version in ["1.1.0", "1.2.0", "1.3.0"] {
        replica.release(version);
        replica.pass_every("5m", 6);
    }
    let mut promoted = 0;
    for commit in bed.commits() {
        let moved = commit.iter().find_map(|recorded| match &recorded.event {
            Event::Promoted { env, .. } => Some(env),
            _ => None,
        });
        let Some(moved) = moved else { continue };
        promoted += 1;
        for recorded in &commit {
            let about = recorded.event.environment();
            assert!(about.is_none_or(|env| env == moved), "{}", recorded.event.name());
        }
    }
    assert!(promoted >= 4, "only {promoted} promotions");
}

#[test]
fn a_lost_answer_to_a_fact_loses_nothing() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer, Fault::Unreachable] {
        let bed = Bed::memory(&Wiring::web());
        let mut replica = bed.released("1.1.0");
        replica.until_phase("dev", Phase::Syncing);
        bed.wait("60s");
        replica.faults.next([fault]);
        assert!(replica.try_pass().is_err(), "{fault:?}");
        replica.lose_caches();
        replica.until_phase("staging", Phase::Settled);
        assert_eq!(bed.version("staging"), "1.1.0", "{fault:?}");
    }
}

#[test]
fn a_guarded_branch_without_atomic_push_is_tried_once_in_ten_minutes() {
    let mut bed = Bed::memory(&Wiring::web());
    bed.atomic = false;
    let mut replica = bed.released("1.1.0");
    bed.guard(true);
    replica.pass();
    assert_eq!(bed.count("Promoted"), 1);
    for tens in 1..=3 {
        replica.pass_every("60s", 10);
        assert!(bed.count("Promoted") <= 1 + tens, "{} tries", bed.count("Promoted"));
        assert!(waits(&replica.pass(), "dev", WaitCode::PushRefused));
    }
    bed.guard(false);
    replica.pass_until(|_, state| is_in(state, "dev", Phase::Settled));
}

/// Lets the host refuse commits to the branch that change this environment.
fn guard_folder(bed: &Bed, environment: &str) {
    let hook = bed.folder().unwrap().join("hooks/update");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = {} ] && git diff --name-only \"$2\" \"$3\" | grep -q overlays/{environment}/\n\
         then echo {environment} is guarded; exit 1; fi\n",
        bed.branch()
    );
    std::fs::write(&hook, script).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_host_that_guards_one_folder_keeps_that_environment_waiting_only() {
    for (guarded, free) in [("dev", "production"), ("production", "dev")] {
        let bed = Bed::git(&Wiring::bare().with("dev", "{}").with("production", "{}"));
        let mut replica = bed.adopted();
        guard_folder(&bed, guarded);
        replica.release("1.1.0");
        replica.pass();
        replica.pass_every("60s", 3);
        let wait = wait_of(&replica.pass(), guarded, WaitCode::PushRefused).expect("refused");
        assert!(wait.text.contains(&format!("{guarded} is guarded")), "{}", wait.text);
        assert_eq!((bed.version(guarded), bed.version(free)), ("1.0.0".into(), "1.1.0".into()));
        assert_eq!(replica.phase(free), Phase::Settled);
    }
}
