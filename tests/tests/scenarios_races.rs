//! Several hosts at once: races at each push, pauses, crashes between two pushes, a second installation.

use std::collections::BTreeMap;

use towpath_core::decide::WaitCode;
use towpath_core::event::{Event, Recorded};
use towpath_core::journal::state::Phase;
use towpath_engine::memory::{Fault, ManualClock};
use towpath_tests::bed::{Bed, Replica, Wiring, env_of, name, on_both, settled, waits};
use towpath_tests::between::Between;

fn on(atomic: bool) -> Bed {
    Bed { atomic, ..Bed::memory(&Wiring::web()) }
}

/// What a life comes to: the whole journal, and the branch.
type End = (Vec<Recorded>, Vec<String>);

/// Fails at the first line that differs.
fn assert_same(end: &End, expected: &End, place: &str) {
    let [end_lines, expected_lines] = [end, expected].map(|(events, subjects)| -> Vec<String> {
        events.iter().map(towpath_core::journal::fold::line).chain(subjects.iter().cloned()).collect()
    });
    for (i, expected) in expected_lines.iter().enumerate() {
        assert_eq!(end_lines.get(i), Some(expected), "{place}");
    }
    assert_eq!(end_lines.len(), expected_lines.len(), "{place}");
}

/// Brings 1.1.0 to production with one replica. Answers how it ended and how many pushes that took.
fn life(bed: &Bed, prepare: impl FnOnce(&Replica<'_>)) -> (End, u64) {
    let mut replica = bed.replica("here");
    prepare(&replica);
    replica.pass();
    let release = bed.replica("here").release("1.1.0");
    replica.until_waits("production", WaitCode::ApprovalNeeded);
    bed.replica("here").approve(&release);
    replica.pass_until(|_, s| at_end(s));
    ((bed.events(), bed.subjects()), replica.between.pushes())
}

fn at_end(state: &towpath_core::journal::State) -> bool {
    settled(state) && state.envs.values().all(|e| !e.tries.is_empty())
}

/// Lets another replica pass right before or right after each push of a life in turn; nothing comes out differently.
fn changes_nothing(between: impl Fn(&Between, u64, Bed)) {
    for atomic in [true, false] {
        let (expected, pushes) = life(&on(atomic), |_| {});
        assert!(pushes > 10, "only {pushes} pushes: the test would be idle");
        for k in 0..pushes {
            let bed = on(atomic);
            let (end, _) = life(&bed, |replica| between(&replica.between, k, bed.clone()));
            assert_same(&end, &expected, &format!("at push {k}, atomic: {atomic}"));
        }
    }
}

#[test]
fn another_replica_that_passes_right_before_each_push_changes_nothing() {
    changes_nothing(|between, k, bed| {
        between.before_push(k, move || drop(bed.replica("here").try_pass()));
    });
}

#[test]
fn another_replica_that_passes_right_after_each_push_changes_nothing() {
    changes_nothing(|between, k, bed| {
        between.after_push(k, move || drop(bed.replica("here").try_pass()));
    });
}

#[test]
fn on_git_two_replicas_race_to_one_end() {
    let lives = [None, Some(2), Some(4), Some(7)].map(|k| {
        let bed = Bed::git(&Wiring::web());
        let other = bed.clone();
        let (end, _) = life(&bed, |replica| {
            if let Some(k) = k {
                replica.between.before_push(k, move || drop(other.replica("here").try_pass()));
            }
        });
        bed.check_with_python();
        end
    });
    let [expected, raced @ ..] = lives;
    raced.iter().for_each(|end| assert_same(end, &expected, "on git"));
}

#[test]
fn a_foreign_commit_right_before_each_push_is_built_upon() {
    for atomic in [true, false] {
        let (_, pushes) = life(&on(atomic), |_| {});
        for k in 0..pushes {
            let bed = on(atomic);
            let other = bed.clone();
            let ((events, subjects), _) = life(&bed, |replica| {
                replica.between.before_push(k, move || drop(other.foreign(&[("README.md", "x")], "words")));
            });
            let place = format!("before push {k}, atomic: {atomic}");
            let promotions = subjects.iter().filter(|s| s.starts_with("Promote")).count();
            assert_eq!((promotions, subjects.len()), (3, 5), "{place}: {subjects:?}");
            assert_eq!(bed.file("README.md"), "x", "{place}");
            let landed = |e: &&Recorded| {
                matches!(e.event, Event::Landed { .. } | Event::Promoted { landed: true, .. })
            };
            assert_eq!(events.iter().filter(landed).count(), 3, "{place}");
        }
    }
}

/// The events of an environment by name.
fn counts(bed: &Bed, environment: &str) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for event in bed.events().iter().filter(|e| e.event.environment() == Some(&name(environment))) {
        *counts.entry(event.event.name()).or_default() += 1;
    }
    counts
}

#[test]
fn a_hold_in_the_journal_stops_a_replica_that_slept_before_its_push() {
    for atomic in [true, false] {
        let (_, pushes) = life(&on(atomic), |_| {});
        for k in 2..pushes {
            let bed = on(atomic);
            let mut replica = bed.replica("here");
            let other = bed.clone();
            replica.between.before_push(k, move || drop(other.replica("here").hold("production")));
            replica.pass();
            let release = bed.replica("here").release("1.1.0");
            for _ in 0..90 {
                replica.pass();
                bed.wait("30s");
                if replica.env("staging").ok.contains_key(&release) {
                    bed.replica("here").approve(&release);
                }
            }
            let place = format!("before push {k}, atomic: {atomic}");
            let events = bed.events();
            let held = events.iter().position(|e| e.event.name() == "Held").expect("a hold");
            let after = &events[held..];
            let moved = after.iter().filter(|e| e.event.environment() == Some(&name("production")));
            assert_eq!(moved.filter(|e| e.event.name() == "Promoted").count(), 0, "{place}");
            let expected = events[..held]
                .iter()
                .any(|e| matches!(&e.event, Event::Promoted { env, .. } if env.as_str() == "production"));
            assert_eq!(bed.version("production") == "1.1.0", expected, "{place}");
            assert!(!replica.pass().waits_for(WaitCode::JournalLost), "{place}");
        }
    }
}

#[test]
fn without_atomic_push_a_pause_before_the_branch_keeps_the_promotion_on_its_way() {
    let bed = on(false);
    let mut replica = bed.released("1.1.0");
    let other = bed.clone();
    // Promoted is journalled, the branch not pushed yet: a hold comes, and another replica passes.
    replica.between.after_push(0, move || {
        let mut second = other.replica("here");
        second.hold("dev");
        assert!(waits(&second.pass(), "dev", WaitCode::Occupied));
    });
    replica.pass();
    // It was journalled before the hold, so it lands; the hold keeps the next one out.
    assert_eq!(bed.version("dev"), "1.1.0");
    bed.replica("here").release("1.2.0");
    replica.until_waits("dev", WaitCode::Held);
    assert_eq!((bed.version("dev"), counts(&bed, "dev")["Promoted"]), ("1.1.0".into(), 1));
}

#[test]
fn without_atomic_push_a_long_pause_before_the_branch_gives_the_promotion_up() {
    let bed = on(false);
    let mut replica = bed.released("1.1.0");
    let other = bed.clone();
    replica.between.after_push(0, move || {
        other.wait("10m");
        let mut second = other.replica("here");
        second.hold("dev");
        second.pass();
        assert_eq!(other.count("Undone"), 1);
    });
    let report = replica.pass();
    assert!(waits(&report, "dev", WaitCode::Held));
    assert_eq!((bed.version("dev"), bed.subjects().len()), ("1.0.0".into(), 1));
}

#[test]
fn without_atomic_push_a_push_that_comes_after_all_is_a_foreign_commit() {
    let bed = on(false);
    let mut replica = bed.released("1.1.0");
    let other = bed.clone();
    // The process stands still inside the push of the branch, for longer than anybody waits for it.
    replica.between.before_push(1, move || {
        other.wait("10m");
        let mut second = other.replica("here");
        second.hold("dev");
        second.pass();
    });
    let report = replica.pass();
    assert_eq!(bed.version("dev"), "1.1.0");
    // The journal knows the promotion, and that it was given up: nothing is lost, and a person decides.
    assert!(waits(&report, "dev", WaitCode::Pinned), "{:?}", report.answers);
    assert!(waits(&bed.replica("here").pass(), "dev", WaitCode::Pinned), "with empty caches too");
    assert!(replica.env("dev").ok.is_empty());
}

#[test]
fn without_atomic_push_what_a_fast_clock_gives_up_too_soon_is_a_foreign_commit() {
    let bed = on(false);
    let mut replica = bed.released("1.1.0");
    replica.faults.next([Fault::None, Fault::Late]);
    assert!(replica.try_pass().is_err());
    // Nothing in git tells a true time: for this host the push is over for long.
    let fast = Bed { clock: ManualClock::at(bed.now()), ..bed.clone() };
    fast.wait("10m");
    fast.replica("here").hold("dev");
    assert!(waits(&fast.replica("here").pass(), "dev", WaitCode::Held));
    assert_eq!(bed.count("Undone"), 1);
    bed.host().arrive();
    bed.wait("10m");
    assert!(waits(&replica.pass(), "dev", WaitCode::Pinned));
    assert_eq!(bed.version("dev"), "1.1.0");
}

/// Lets one fault happen to the push of the branch that belongs to a journalled promotion, then goes on.
fn crash_between(fault: Fault) -> (Bed, usize, usize) {
    let bed = on(false);
    let mut replica = bed.released("1.1.0");
    replica.faults.next([Fault::None, fault]);
    assert!(replica.try_pass().is_err());
    replica.lose_caches();
    replica.pass_until(|_, s| env_of(s, "dev").ok.len() == 1);
    let (landed, undone) = (bed.count("Landed"), bed.count("Undone"));
    drop(replica);
    (bed, landed, undone)
}

#[test]
fn a_crash_between_journal_and_branch_or_before_landed_leaves_one_commit() {
    let cases = [
        (Fault::CrashBefore, 1),
        (Fault::Unreachable, 1),
        // The branch has it: it lands after all.
        (Fault::CrashAfter, 0),
        (Fault::LostAnswer, 0),
    ];
    for (fault, given_up) in cases {
        let (bed, landed, undone) = crash_between(fault);
        assert_eq!((landed, undone), (1, given_up), "{fault:?}");
        assert_eq!(bed.subjects(), ["Promote web to dev: 1.1.0", "first"], "{fault:?}");
    }
}

#[test]
fn git_without_atomic_push_comes_to_the_same_end() {
    let [atomic, not] = [true, false].map(|atomic| {
        let bed = Bed { atomic, ..Bed::git(&Wiring::web()) };
        let ((_, subjects), _) = life(&bed, |_| {});
        bed.check_with_python();
        (subjects, ["dev", "staging", "production"].map(|e| bed.version(e)))
    });
    assert_eq!(atomic, not);
}

#[test]
fn a_second_installation_waits_until_it_claims_and_then_the_first_stops() {
    on_both(|bed| {
        let mut old = bed.replica("old");
        old.pass();
        old.release("1.1.0");
        let mut new = bed.replica("new");
        assert!(new.pass().waits_for(WaitCode::OwnedByOther));
        assert_eq!(bed.version("dev"), "1.0.0", "a stranger moves nothing");
        // A person may act through it all the same.
        let hold = new.hold("staging");
        new.lift(&hold);

        let other = bed.clone();
        let old_id = old.settings.owner.clone();
        // Right before the old one's next push the new one takes over.
        old.between.before_push(0, move || {
            let new = other.replica("new");
            new.engine(|e| e.claim(&towpath_tests::bed::person("carol"), &old_id, "the cluster burnt down"))
                .unwrap();
        });
        assert!(old.pass().waits_for(WaitCode::OwnedByOther));
        assert_eq!(bed.version("dev"), "1.0.0", "the old one lost its push and stopped");
        let wrong =
            new.engine(|e| e.claim(&towpath_tests::bed::person("carol"), &old.settings.owner, "again"));
        assert_eq!(wrong.unwrap(), [], "claimed already");

        new.until_waits("production", WaitCode::ApprovalNeeded);
        assert!(old.pass().waits_for(WaitCode::OwnedByOther));
        assert_eq!((bed.version("staging"), new.state().owner.epoch), ("1.1.0".into(), 2));
        assert_eq!(new.phase("staging"), Phase::Settled);
    });
}
