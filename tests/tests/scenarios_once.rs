//! `reconcile --once`: a new host with nothing but the repository for every pass comes to the same journal as one
//! that lives on.

use towpath_core::decide::WaitCode;
use towpath_core::event::{Event, Recorded};
use towpath_core::id::OwnerId;
use towpath_core::time::Time;
use towpath_core::verdict::Verdict;
use towpath_tests::bed::{Bed, Replica, Wiring, digest, name};

/// Whether each pass is a new process.
#[derive(Clone, Copy, PartialEq)]
enum Memory {
    Kept,
    LostEachTime,
}

fn pass(replica: &mut Replica<'_>, memory: Memory) {
    if memory == Memory::LostEachTime {
        replica.lose_caches();
    }
    replica.pass();
}

/// A release goes to production with QA of 20 minutes, soak and bake; the next one fails QA in staging. A pass each minute.
fn life(bed: &Bed, memory: Memory) -> Vec<Recorded> {
    bed.qa.wait_for_finish(true);
    bed.qa.set("regression", &digest("1.2.0"), Verdict::Failed);
    let mut replica = bed.replica("here");
    pass(&mut replica, memory);
    let release = replica.release("1.1.0");
    for minute in 0..150 {
        pass(&mut replica, memory);
        bed.wait("60s");
        match minute {
            20 | 50 | 90 | 120 => bed.qa.finish(),
            55 => replica.approve(&release),
            85 => drop(replica.release("1.2.0")),
            _ => {}
        }
    }
    bed.events()
}

fn when(events: &[Recorded], wanted: impl Fn(&Event) -> bool) -> Time {
    events.iter().find(|e| wanted(&e.event)).expect("it happened").at
}

#[test]
fn a_new_host_for_every_pass_writes_the_same_journal_at_the_same_times() {
    let wiring = Wiring::web().with("dev", "verify: [{ qa: { template: smoke, timeout: 40m } }]");
    let kept = life(&Bed::memory(&wiring), Memory::Kept);
    let verified = |env: &'static str| move |e: &Event| matches!(e, Event::Verified { env: at, .. } if at.as_str() == env);
    let promoted = |env: &'static str| move |e: &Event| matches!(e, Event::Promoted { env: at, .. } if at.as_str() == env);
    // The times are those of the pipeline: 20 minutes of QA and 5 of soak (counted from being live), 20 of bake.
    let minutes = |from: Time, to: Time| to.since(from).as_seconds() / 60;
    let start = when(&kept, promoted("dev"));
    assert_eq!(minutes(start, when(&kept, verified("dev"))), 21);
    assert_eq!(minutes(when(&kept, verified("dev")), when(&kept, promoted("staging"))), 0);
    assert_eq!(minutes(start, when(&kept, verified("staging"))), 51);
    let baked = |e: &Event| matches!(e, Event::Baked { env, .. } if env.as_str() == "production");
    assert_eq!(minutes(when(&kept, verified("production")), when(&kept, baked)), 20);
    assert!(kept.iter().any(|e| matches!(&e.event, Event::Failed { env, .. } if env.as_str() == "staging")));

    for (place, bed) in [("memory", Bed::memory(&wiring)), ("git", Bed::git(&wiring))] {
        let lost = life(&bed, Memory::LostEachTime);
        bed.check_with_python();
        let seen = |events: &[Recorded]| -> Vec<(Time, String)> {
            events.iter().map(|e| (e.at, outline(&e.event))).collect()
        };
        assert_eq!(seen(&lost), seen(&kept), "{place}");
        assert!(bed.qa.starts().values().all(|n| *n == 1), "{place}: a run was started twice");
        assert_eq!(
            (bed.version("staging"), bed.version("production")),
            ("1.1.0".into(), "1.1.0".into()),
            "{place}"
        );
    }
}

/// What an event says, without ids that differ between repositories.
fn outline(event: &Event) -> String {
    let detail = match event {
        Event::Judged { gate, verdict, attempt, .. } => format!("{gate} {verdict} {attempt}"),
        Event::Started { gate, attempt, .. } => format!("{gate} {attempt}"),
        Event::Promoted { attempt, cause, .. } => format!("{attempt} {cause:?}"),
        _ => String::new(),
    };
    format!("{} {:?} {detail}", event.name(), event.environment().map(|e| e.to_string()))
}

#[test]
fn a_soak_survives_the_loss_of_all_caches_and_of_the_host() {
    let bed = Bed::memory(&Wiring::web());
    let mut replica = bed.released("1.1.0");
    replica.pass_until(|report, _| report.waits_for(WaitCode::Soaking));
    let live = replica.env("dev").at.unwrap().live.unwrap().since;
    // Nobody passes for the rest of the soak; then a new machine does, with the configured owner id.
    bed.wait("5m");
    let mut other = bed.replica("here");
    assert_eq!(other.settings.owner, OwnerId::parse("here").unwrap());
    other.pass();
    assert_eq!(bed.version("staging"), "1.1.0", "the soak is not begun anew");
    let moved = when(&bed.events(), |e| matches!(e, Event::Promoted { env, .. } if env == &name("staging")));
    assert!(moved.since(live).as_seconds() >= 300);
}
