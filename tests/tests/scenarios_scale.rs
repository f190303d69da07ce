//! Many releases, and quiet when nothing is to be done.

use std::collections::BTreeMap;
use std::time::Instant;

use towpath_core::decide::WaitCode;
use towpath_core::event::{Event, MAX_EVENTS_PER_COMMIT, RequestKind};
use towpath_core::id::{ActId, Actor};
use towpath_core::journal::state::{MAX_RELEASES, Phase};
use towpath_core::release::release_id;
use towpath_engine::journal::Journal;
use towpath_engine::ports::{CommitInfo, PushMode, PushOutcome, RefUpdate};
use towpath_tests::bed::{
    Bed, Replica, Wiring, digest, image, kustomization, new_release, on_both, on_both_with, path, person,
    settled, waits,
};

/// One environment without gates.
fn one() -> Wiring {
    Wiring::bare().with("dev", "{}")
}

/// Records releases, many to a commit, as an importer would.
fn releases(replica: &Replica<'_>, bed: &Bed, versions: std::ops::Range<u32>) {
    let mut versions: Vec<u32> = versions.collect();
    while !versions.is_empty() {
        replica.engine(|engine| {
            let head = engine.read().unwrap();
            let head = head.unwrap();
            // Those that may leave do so with the commit that makes the state full.
            let fit =
                (MAX_RELEASES - head.state.releases.len()).min(MAX_EVENTS_PER_COMMIT).min(versions.len());
            assert!(fit > 0, "nothing leaves");
            let part: Vec<u32> = versions.drain(..fit).collect();
            let repository = engine.host.repository;
            let journal = Journal::of(repository, &bed.pipeline);
            let released = |(i, version): (u64, &u32)| {
                let images = vec![image(&format!("2.{version}"))];
                let event = Event::Released {
                    r: release_id(&head.state.ledger, &images),
                    seq: head.state.seq + 1 + i,
                    order: None,
                    images,
                    authors: vec![person("alice")],
                    labels: BTreeMap::new(),
                };
                (Actor::parse("ci").unwrap(), event)
            };
            let events = (0..).zip(&part).map(released).collect();
            let prepared =
                journal.prepare(Some(&head), events, bed.now(), &engine.host.settings.signature).unwrap();
            let update = RefUpdate {
                name: bed.journal().clone(),
                old: Some(head.tip.clone()),
                new: Some(prepared.head.tip.clone()),
            };
            assert_eq!(repository.push(&[update], PushMode::PerRef).unwrap(), [PushOutcome::Accepted]);
        });
    }
}

#[test]
fn ten_thousand_releases_stay_small() {
    let bed = Bed::memory(&one());
    let mut replica = bed.adopted();
    let (mut largest, mut slowest) = (0, 0);
    for round in 0..25 {
        releases(&replica, &bed, round * 400..(round + 1) * 400);
        let before = Instant::now();
        replica.pass_until(|_, s| {
            settled(s) && s.envs.values().all(|e| e.hw.seq == u64::from((round + 1) * 400))
        });
        slowest = slowest.max(before.elapsed().as_millis());
        largest = largest.max(replica.state().to_bytes().len());
    }
    let state = replica.state();
    println!(
        "ten thousand releases: state.json at most {largest} bytes, {} archive files, a promotion took at most {slowest} ms",
        state.archive.chunks
    );
    assert_eq!((state.seq, bed.version("dev")), (10_000, "2.9999".into()));
    assert!(largest < 900_000, "{largest} bytes");
    assert!(state.archive.chunks >= 18, "{} archive files", state.archive.chunks);
    assert!(state.releases.len() <= 1000 && state.envs.values().all(|e| e.tries.len() <= 1000));

    // One that left is known all the same, and is not made again.
    let old = replica.release("2.7");
    assert!(replica.state().release(&old).is_none());
    assert_eq!(replica.state().seq, 10_000);
    // A new host reads the state alone.
    let before = Instant::now();
    bed.replica("here").pass();
    println!("a cold pass took {} ms", before.elapsed().as_millis());
}

#[test]
fn releases_that_cannot_leave_fill_the_ledger_by_name() {
    let bed = Bed::memory(&one());
    let mut replica = bed.adopted();
    replica.hold("dev");
    releases(&replica, &bed, 0..900);
    let mut refused = None;
    for version in 900..1100 {
        if let Err(error) = replica.create(&new_release(vec![image(&format!("2.{version}"))])) {
            refused = Some(error.to_string());
            break;
        }
    }
    let refused = refused.expect("the ledger is full");
    assert!(refused.contains("LedgerFull"), "{refused}");
    // All else goes on, and with it room is made.
    let hold = replica.state().holds[0].id.clone();
    replica.lift(&hold);
    replica.pass_until(|_, s| settled(s));
    replica.release("3.0");
    replica.pass_until(|_, s| settled(s) && s.seq > 900);
    assert_eq!(bed.version("dev"), "3.0");
}

#[test]
fn nothing_is_pushed_when_nothing_changed() {
    let bed = Bed::memory(&Wiring::web());
    let mut replica = bed.delivered("1.1.0");
    let pushes = bed.host().pushes();
    let moves = bed.host().moves().len();
    for _ in 0..20 {
        bed.wait("10m");
        let report = replica.pass();
        assert_eq!((report.rounds, report.next()), (0, None), "{:?}", report.answers);
        replica.lose_caches();
    }
    assert_eq!((bed.host().pushes(), bed.host().moves().len()), (pushes, moves));
}

#[test]
fn waiting_is_quiet_too() {
    on_both(|bed| {
        let mut replica = bed.released("1.1.0");
        replica.pass_until(|report, _| report.waits_for(WaitCode::ApprovalNeeded));
        let tips = bed.tips();
        let pushes = replica.between.pushes();
        for _ in 0..10 {
            bed.wait("10m");
            replica.pass();
        }
        assert_eq!(bed.tips(), tips);
        assert_eq!(replica.between.pushes(), pushes);
    });
}

#[test]
fn the_newest_of_many_wins() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        for version in ["1.1.0", "1.10.0", "1.9.0"] {
            replica.release(version);
        }
        replica.until_phase("dev", Phase::Settled);
        assert_eq!(bed.version("dev"), "1.9.0", "by rank, not by name");
        assert_eq!(bed.subjects().len(), 2, "the others were never on their way");
        // Below the high-water mark only people go.
        bed.wait("1h");
        replica.pass();
        replica.ask(RequestKind::Promote, "dev", Some("1.10.0"));
        replica.pass();
        assert_eq!(bed.version("dev"), "1.10.0");
        assert!(!replica.env("dev").rejects(&digest("1.9.0")));
    });
}

#[test]
fn a_release_whose_order_is_raised_is_not_promoted_onto_itself() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let release = replica.release_numbered("1.1.0", 7);
        replica.until_verified("staging", &release);
        replica.approve(&release);
        replica.pass_until(|_, s| s.envs.values().all(|e| e.ok.contains_key(&release)) && settled(s));
        let branch = bed.tip(bed.branch());
        assert_eq!(replica.release_numbered("1.1.0", 20), release);
        assert_eq!((bed.count("Released"), replica.state().release(&release).unwrap().order), (2, Some(20)));
        replica.pass_every("10m", 3);
        assert_eq!(bed.tip(bed.branch()), branch);
        assert!(replica.state().envs.values().all(|e| e.tries[&release] == 1));
        // Its new rank counts for what comes next.
        replica.release_numbered("1.1.5", 12);
        replica.pass_every("10m", 3);
        assert_eq!((bed.tip(bed.branch()), bed.version("dev")), (branch, "1.1.0".into()));
        replica.release_numbered("1.2.0", 21);
        replica.pass();
        assert_eq!(bed.version("dev"), "1.2.0");
    });
}

#[test]
fn a_pinned_environment_is_quiet_too() {
    let bed = &Bed::memory(&Wiring::web());
    let mut replica = bed.delivered("1.1.0");
    bed.edit("dev", &kustomization("6.6.6"), "by hand");
    assert!(waits(&replica.pass(), "dev", WaitCode::Pinned));
    let pushes = replica.between.pushes();
    replica.pass_every("60s", 20);
    assert_eq!(replica.between.pushes(), pushes);
}

#[test]
fn an_archive_file_that_is_rewritten_beside_a_new_one_is_found() {
    let bed = Bed::memory(&one());
    let mut replica = bed.adopted();
    let mut released = 0;
    while replica.state().archive.chunks < 2 {
        releases(&replica, &bed, released..released + 400);
        released += 400;
        replica.pass_until(|_, s| settled(s) && s.envs.values().all(|e| e.hw.seq == u64::from(released)));
    }
    assert!(bed.replica("here").engine(|e| e.verify()).unwrap().complete);

    // The commit that adds the second file, made anew with a line less in the first one.
    let log = bed.log(bed.journal());
    let file =
        |c: &CommitInfo, f: &str| bed.host().file(&c.id, &path(f)).map(|b| String::from_utf8(b).unwrap());
    let [state, first, second] = ["state.json", "archive/00001.jsonl", "archive/00002.jsonl"];
    let at = log.iter().rposition(|c| file(c, second).is_some()).unwrap();
    let [kept, cut, added] = [state, first, second].map(|f| file(&log[at], f).unwrap());
    let (_, cut) = cut.split_once('\n').unwrap();
    let lie = [(state, kept.as_str()), (first, cut), (second, added.as_str())];
    let lie = bed.commit(Some(&log[at + 1].id), &lie, &log[at].message);
    bed.force(bed.journal(), Some(&lie));
    let verified = bed.replica("here").engine(|e| e.verify());
    assert!(verified.is_err(), "{verified:?}: a line of {first} is gone");
}

#[test]
fn a_lost_journal_is_seen_under_thousands_of_foreign_commits() {
    let bed = Bed::memory(&Wiring::web());
    drop(bed.awaiting_approval("1.1.0"));
    for i in 0..2001 {
        let file = (path("README.md"), Some(format!("{i}").into_bytes()));
        bed.host().commit_foreign(bed.branch(), &[file], "words", bed.now()).unwrap();
    }
    bed.force(bed.journal(), None);
    let report = bed.replica("here").pass();
    assert!(report.waits_for(WaitCode::JournalLost), "{:?}", report.answers);
}

/// Records so many events that change nothing, each in a commit of its own.
fn idle_commits(bed: &Bed, number: usize) {
    bed.replica("here").engine(|engine| {
        let mut head = engine.read().unwrap().unwrap();
        let old = Some(head.tip.clone());
        let repository = engine.host.repository;
        let journal = Journal::of(repository, &bed.pipeline);
        for _ in 0..number {
            let lifted = (person("bob"), Event::Lifted { id: ActId::parse("h-none").unwrap() });
            let signature = &engine.host.settings.signature;
            head = journal.prepare(Some(&head), vec![lifted], bed.now(), signature).unwrap().head;
        }
        let update = RefUpdate { name: bed.journal().clone(), old, new: Some(head.tip) };
        assert_eq!(repository.push(&[update], PushMode::PerRef).unwrap(), [PushOutcome::Accepted]);
    });
}

#[test]
fn a_host_that_slept_over_ten_thousand_journal_commits_goes_on() {
    let bed = Bed::memory(&one());
    let mut replica = bed.adopted();
    idle_commits(&bed, 10_001);
    for (memory, replica) in [("lost", &mut bed.replica("here")), ("kept", &mut replica)] {
        let report = replica.pass();
        assert!(!report.waits_for(WaitCode::JournalLost), "caches {memory}: {:?}", report.answers);
    }
    replica.release("1.1.0");
    replica.pass();
    assert_eq!(bed.version("dev"), "1.1.0");
}

#[test]
fn each_commit_of_the_branch_is_read_once() {
    on_both_with(&one(), |bed| {
        let mut replica = bed.adopted();
        let foreign =
            |number: usize| (0..number).for_each(|i| drop(bed.foreign(&[("x", &format!("{i}"))], "words")));
        foreign(5);
        replica.pass();
        replica.between.take_walks();
        replica.pass();
        assert!(replica.between.take_walks().is_empty(), "nothing moved");
        foreign(3);
        replica.pass();
        assert_eq!(replica.between.take_walks(), [3], "what is new");
        // A rewound branch, and then one that goes on from elsewhere, are walked from what the journal accounts for.
        let log = bed.log(bed.branch());
        bed.force(bed.branch(), Some(&log[1].id));
        replica.pass();
        assert_eq!(replica.between.take_walks().iter().max(), Some(&7), "adopted before the eighth");
        foreign(2);
        replica.pass();
        assert_eq!(replica.between.take_walks(), [2]);
    });
}

#[test]
fn what_was_claimed_on_the_branch_is_not_forgotten() {
    let bed = Bed::memory(&one());
    let mut replica = bed.adopted();
    replica.release("1.1.0");
    replica.until_phase("dev", Phase::Settled);
    let forged = bed.log(bed.branch())[0].message.replace("Towpath-Journal: ", "Towpath-Journal: 9");
    bed.foreign(&[("x", "1")], &forged);
    for _ in 0..3 {
        assert!(replica.pass().waits_for(WaitCode::JournalLost));
        bed.foreign(&[("x", "2")], "words");
    }
}
