//! A release's whole life with one fault at each effect in turn: the end is that of the life without faults.

use towpath_core::event::Event;
use towpath_core::journal::state::Phase;
use towpath_core::verdict::Verdict;
use towpath_engine::memory::Fault;
use towpath_tests::bed::{Bed, Replica, Wiring, digest};

/// What a life comes to.
#[derive(Debug, PartialEq, Eq)]
struct End {
    subjects: Vec<String>,
    versions: [String; 3],
    phases: [Phase; 3],
    /// How often QA was really started; a start is repeated only when the first one never took effect.
    qa_starts: usize,
}

/// One pass; a crash is followed by a restart with nothing remembered.
fn survive(replica: &mut Replica<'_>) -> bool {
    match replica.try_pass() {
        Ok(_) => true,
        Err(error) if error.is_crash() => {
            replica.lose_caches();
            false
        }
        Err(_) => false,
    }
}

/// A good release goes to production, then one that fails QA in staging comes back. Answers the end and how many
/// effects there were.
fn life(fault: Option<(u64, Fault)>) -> (End, u64) {
    let bed = Bed::memory(&Wiring::web());
    bed.qa.set("regression", &digest("1.2.0"), Verdict::Failed);
    let mut replica = bed.replica("here");
    if let Some((at, fault)) = fault {
        replica.faults.next((0..at).map(|_| Fault::None).chain([fault]));
    }
    let mut released = 0;
    for _ in 0..400 {
        let whole = survive(&mut replica);
        if bed.tip(bed.journal()).is_none() {
            continue;
        }
        // People come when there is a ledger; their own pushes do not fail here.
        if whole && released == 0 {
            people(&bed, |person| drop(person.release("1.1.0")));
            released = 1;
        }
        if released == 0 {
            continue;
        }
        if released == 1 && replica.env("staging").ok.len() == 1 {
            let release = replica.env("staging").at.unwrap().r;
            people(&bed, |person| person.approve(&release));
            released = 2;
        }
        if released == 2 && replica.phase("production") == Phase::Settled {
            people(&bed, |person| drop(person.release("1.2.0")));
            released = 3;
        }
        let rejected = replica.env("staging").rejects(&digest("1.2.0"));
        if rejected && replica.phase("staging") == Phase::Settled {
            break;
        }
        bed.wait("30s");
    }
    let phase = |e: &str| replica.phase(e);
    let end = End {
        subjects: bed.subjects(),
        versions: ["dev", "staging", "production"].map(|e| bed.version(e)),
        phases: ["dev", "staging", "production"].map(phase),
        qa_starts: bed.qa.starts().len(),
    };
    (end, replica.faults.effects())
}

fn people(bed: &Bed, act: impl FnOnce(&Replica<'_>)) {
    act(&bed.replica("here"));
}

#[test]
fn a_fault_at_any_effect_changes_nothing() {
    let (expected, effects) = life(None);
    assert_eq!(expected.versions, ["1.2.0", "1.1.0", "1.1.0"].map(String::from));
    assert!(effects > 20, "only {effects} effects: the sweep would be idle");
    for k in 0..effects {
        for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer, Fault::Unreachable] {
            let (end, _) = life(Some((k, fault)));
            assert_eq!(end, expected, "{fault:?} at effect {k}");
        }
    }
    println!("crash sweep: {effects} effects, 4 faults each, one end");
}

#[test]
fn every_event_of_a_life_is_recorded_once() {
    let bed = Bed::memory(&Wiring::web());
    let mut replica = bed.released("1.1.0");
    replica.faults.next([Fault::None, Fault::LostAnswer, Fault::CrashAfter]);
    for _ in 0..60 {
        survive(&mut replica);
        bed.wait("30s");
    }
    let state = replica.state();
    let dev = state.environment(&towpath_tests::bed::name("dev")).unwrap().1;
    assert_eq!(dev.tries.values().copied().collect::<Vec<_>>(), [1]);
    assert_eq!(dev.at.as_ref().unwrap().runs.values().map(|r| r.attempt).collect::<Vec<_>>(), [1]);
    assert!(!replica.recorded().iter().any(|r| matches!(r.event, Event::Undone { .. })));
}
