//! Branch and journal tampered with: forged, rewritten, lost, corrupt, rotated.

use towpath_core::decide::WaitCode;
use towpath_core::event::{Confirmable, Event, Recorded, RequestKind};
use towpath_core::id::{ActId, CommitId, OwnerId, RefName};
use towpath_core::journal::state::{ApprovalRecord, Phase};
use towpath_core::journal::{JournalMessage, State};
use towpath_core::time::Time;
use towpath_core::verdict::Verdict;
use towpath_engine::EngineError;
use towpath_engine::memory::ManualClock;
use towpath_tests::bed::{
    Bed, Replica, Wiring, digest, env_of, freeze, image, is_verified, kustomization, name, new_release,
    on_both, overlay, person, waits,
};

/// The message of the newest promotion, with another version and journal number.
fn forged(bed: &Bed, number: u64) -> String {
    let real = bed.log(bed.branch()).remove(0).message;
    let lines = real.lines().map(|line| match line.split_once(": ") {
        Some(("Towpath-Journal", _)) => format!("Towpath-Journal: {number}"),
        Some(("Towpath-Promotion", _)) => "Towpath-Promotion: p-00112233445566778899".to_owned(),
        _ => line.replace("1.1.0", "6.6.6"),
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_forged_promotion_is_a_foreign_commit() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let message = forged(bed, 3);
        bed.foreign(&[(&overlay("production"), &kustomization("6.6.6"))], &message);
        for memory in ["kept", "lost"] {
            let report = replica.pass();
            assert!(waits(&report, "production", WaitCode::Pinned), "caches {memory}: {:?}", report.answers);
            replica.lose_caches();
        }
        bed.wait("2h");
        replica.pass();
        let production = replica.env("production");
        assert!(production.ok.is_empty() && production.tries.is_empty(), "nothing is believed of it");
    });
}

#[test]
fn a_forged_promotion_that_knows_more_than_the_journal_stops_all_until_confirmed() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let message = forged(bed, 9_000);
        bed.foreign(&[(&overlay("production"), &kustomization("6.6.6"))], &message);
        for memory in ["kept", "lost"] {
            let report = replica.pass();
            assert!(report.waits_for(WaitCode::JournalLost), "caches {memory}: {:?}", report.answers);
            replica.lose_caches();
        }
        replica.confirm(Confirmable::JournalLost);
        let report = replica.pass();
        assert!(!report.waits_for(WaitCode::JournalLost));
        assert!(waits(&report, "production", WaitCode::Pinned), "confirmed, and still a foreign commit");
        replica.ask(RequestKind::Resume, "production", None);
        replica.pass();
        assert_eq!(
            (bed.version("production"), replica.phase("production")),
            ("6.6.6".into(), Phase::Adopted)
        );
    });
}

#[test]
fn a_forged_promotion_before_the_first_pass_asks_for_a_person() {
    on_both(|bed| {
        let message = "Promote web to dev: 6.6.6\n\nTowpath-Format: 1\nTowpath-Promotion: p-00112233445566778899\n\
                       Towpath-Pipeline: shop/web\nTowpath-Environment: dev\nTowpath-Journal: 5\n";
        bed.foreign(&[(&overlay("dev"), &kustomization("6.6.6"))], message);
        let mut replica = bed.replica("here");
        assert!(replica.pass().waits_for(WaitCode::JournalLost));
        assert_eq!(bed.tip(bed.journal()), None);
        replica.confirm(Confirmable::JournalLost);
        replica.pass();
        assert_eq!(replica.phase("dev"), Phase::Adopted);
        assert!(replica.state().salt.is_some());
    });
}

#[test]
fn a_branch_that_is_forced_back_waits_for_a_person() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let before = bed.log(bed.branch())[1].id.clone();
        bed.force(bed.branch(), Some(&before));
        for memory in ["kept", "lost"] {
            let report = replica.pass();
            assert!(report.waits_for(WaitCode::HistoryRewritten), "caches {memory}: {:?}", report.answers);
            replica.lose_caches();
        }
        bed.wait("1h");
        let release = replica.find("1.1.0");
        replica.approve(&release);
        replica.pass();
        assert_eq!(bed.tip(bed.branch()), Some(before), "nothing is built upon it");
        replica.confirm(Confirmable::HistoryRewritten);
        let report = replica.pass();
        // Accepted; staging is as a person made it, and what was taken out does not go onward.
        assert!(waits(&report, "staging", WaitCode::Pinned), "{:?}", report.answers);
        assert!(waits(&report, "production", WaitCode::UpstreamNotVerified));
        replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
        replica.until_phase("production", Phase::Verified);
        assert_eq!(replica.env("staging").tries[&release], 2, "its first try is not made again");
    });
}

#[test]
fn a_branch_that_is_put_back_as_it_was_needs_nobody() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let log = bed.log(bed.branch());
        bed.force(bed.branch(), Some(&log[1].id));
        assert!(replica.pass().waits_for(WaitCode::HistoryRewritten));
        bed.force(bed.branch(), Some(&log[0].id));
        assert!(!replica.pass().waits_for(WaitCode::HistoryRewritten));
        assert_eq!(bed.count("Confirmed"), 0);
    });
}

#[test]
fn a_history_that_is_rewritten_with_the_same_contents_goes_on_alone() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let release = replica.find("1.1.0");
        // Somebody squashes: the promotion's commit is gone, its contents are not.
        let squashed = bed.commit(None, &all_overlays(bed), "all in one");
        bed.force(bed.branch(), Some(&squashed));
        replica.lose_caches();
        assert!(!replica.pass().waits_for(WaitCode::HistoryRewritten));
        assert_eq!(bed.count("Confirmed"), 1);
        bed.qa.wait_for_finish(false);
        replica.until_waits("production", WaitCode::ApprovalNeeded);
        replica.approve(&release);
        replica.until_phase("production", Phase::Settled);
        assert_eq!(bed.subjects().len(), 3);
        assert_eq!(replica.env("dev").tries[&release], 1, "dev goes on where it was");
    });
}

fn all_overlays(bed: &Bed) -> Vec<(&'static str, &'static str)> {
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    ["dev", "staging", "production"].map(|e| (leak(overlay(e)), leak(bed.file(&overlay(e))))).to_vec()
}

/// The journal's ref set to this while a replica remembers it and another one does not.
fn lost_to(bed: &Bed, to: impl Fn(&Bed) -> Option<CommitId>) {
    let mut replica = bed.awaiting_approval("1.1.0");
    let to = to(bed);
    bed.force(bed.journal(), to.as_ref());
    assert!(replica.pass().waits_for(WaitCode::JournalLost), "it remembers more");
    assert!(bed.replica("here").pass().waits_for(WaitCode::JournalLost), "the branch knows more");
    assert_eq!(bed.tip(bed.journal()), to, "nothing is written");
    bed.wait("1h");
    replica.pass();
    assert_eq!(bed.version("production"), "1.0.0");
    replica.confirm(Confirmable::JournalLost);
    let report = replica.pass();
    assert!(!report.waits_for(WaitCode::JournalLost), "{:?}", report.answers);
    bed.replica("here").pass();
    // What runs is there by nobody's promotion; after a person's word it goes on.
    for environment in ["dev", "staging", "production"] {
        if replica.env(environment).pin.is_some() {
            replica.ask(RequestKind::Resume, environment, None);
        }
    }
    replica.pass();
    let release = replica.release("1.2.0");
    replica.pass_until(|report, s| {
        waits(report, "production", WaitCode::ApprovalNeeded) && is_verified(s, "staging", &release)
    });
    assert_eq!((bed.version("dev"), bed.version("staging")), ("1.2.0".into(), "1.2.0".into()));
}

#[test]
fn a_journal_that_is_gone_is_lost_until_confirmed() {
    on_both(|bed| lost_to(bed, |_| None));
}

#[test]
fn a_journal_that_is_behind_is_lost_until_confirmed() {
    on_both(|bed| {
        lost_to(bed, |bed| {
            let log = bed.log(bed.journal());
            let before = log.iter().rposition(|c| c.message.contains("\"e\":\"Promoted\"")).unwrap() + 1;
            Some(log[before].id.clone())
        });
    });
}

#[test]
fn what_was_brought_back_and_taken_out_while_the_journal_was_lost_does_not_go_onward() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let hold = replica.hold("staging");
        let release = replica.verify_in("dev", "1.1.0");
        bed.wait("1h");
        replica.pass();
        replica.verify_in("dev", "1.2.0");
        let before = bed.tip(bed.journal());
        replica.ask(RequestKind::Rollback, "dev", Some("1.1.0"));
        replica.until_settled("dev", &release);
        bed.foreign(&[(&overlay("dev"), &kustomization("1.0.0"))], "not that one");
        bed.force(bed.journal(), before.as_ref());
        replica.lose_caches();
        assert!(is_verified(&replica.state(), "dev", &release), "that is all that is known of it");
        replica.confirm(Confirmable::JournalLost);
        replica.lift(&hold);
        let report = replica.pass();
        assert!(waits(&report, "staging", WaitCode::UpstreamNotVerified), "{:?}", report.answers);
        assert_eq!(bed.version("staging"), "1.0.0");
        assert!(!is_verified(&replica.state(), "dev", &release));
    });
}

#[test]
fn promotion_ids_are_not_made_again_after_a_loss() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let log = bed.log(bed.journal());
        let pids = |bed: &Bed| -> Vec<String> {
            let subjects = bed.log(bed.branch());
            let line =
                |m: &str| m.lines().find_map(|l| l.strip_prefix("Towpath-Promotion: ").map(str::to_owned));
            subjects.iter().filter_map(|c| line(&c.message)).collect()
        };
        let released = log.iter().rposition(|c| c.message.contains("\"e\":\"Released\"")).unwrap();
        bed.force(bed.journal(), Some(&log[released].id));
        replica.lose_caches();
        replica.confirm(Confirmable::JournalLost);
        replica.pass();
        for environment in ["dev", "staging"] {
            replica.ask(RequestKind::Resume, environment, None);
        }
        replica.pass();
        replica.ask(RequestKind::Promote, "dev", Some("1.1.0"));
        replica.until_waits("production", WaitCode::ApprovalNeeded);
        let mut all = pids(bed);
        let number = all.len();
        assert!(number > 2);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), number);
    });
}

/// What is done to the journal, and what is said of it.
type Damage = (&'static str, fn(&Bed) -> CommitId, &'static str);

fn last_message(bed: &Bed) -> String {
    bed.log(bed.journal()).remove(0).message
}

fn on_journal(bed: &Bed, files: &[(&str, &str)], message: &str) -> CommitId {
    bed.commit(bed.tip(bed.journal()).as_ref(), files, message)
}

const DAMAGES: [Damage; 6] = [
    ("no JSON", |bed| on_journal(bed, &[("state.json", "{")], &last_message(bed)), "state.json"),
    (
        "a newer format of the state",
        |bed| on_journal(bed, &[("state.json", "{\"v\":2}\n")], &last_message(bed)),
        "newer towpath",
    ),
    (
        "a newer format of the message",
        |bed| on_journal(bed, &[], &last_message(bed).replace("Towpath-Ledger: 1 ", "Towpath-Ledger: 2 ")),
        "newer towpath",
    ),
    (
        "an unknown event",
        |bed| on_journal(bed, &[], &last_message(bed).replace("\"e\":\"", "\"e\":\"Un")),
        "newer towpath",
    ),
    ("no journal commit at all", |bed| on_journal(bed, &[], "hello\n"), "Towpath-Ledger line is missing"),
    ("someone else's", others_journal, "it is the journal of shop/other, not of shop/web"),
];

/// Another pipeline's journal on the same repository.
fn others_journal(bed: &Bed) -> CommitId {
    let other = bed.rewired(|w| w.named("other"));
    other.replica("here").pass();
    other.tip(other.journal()).unwrap()
}

#[test]
fn a_journal_that_cannot_be_read_stops_the_pipeline_with_a_sentence() {
    for (case, damage, expected) in DAMAGES {
        for bed in [Bed::memory(&Wiring::web()), Bed::git(&Wiring::web())] {
            let mut replica = bed.released("1.1.0");
            let damaged = damage(&bed);
            bed.force(bed.journal(), Some(&damaged));
            let tips = bed.tips();
            let mut cold = bed.replica("here");
            for (memory, replica) in [("warm", &mut replica), ("cold", &mut cold)] {
                let error = replica.try_pass().unwrap_err();
                assert!(matches!(error, EngineError::Journal { .. }), "{case}, {memory}: {error:?}");
                assert!(error.to_string().contains(expected), "{case}, {memory}: {error}");
            }
            let acted =
                cold.engine(|e| e.confirm(&towpath_tests::bed::person("carol"), Confirmable::JournalLost));
            assert!(acted.is_err(), "{case}: nobody builds upon it");
            assert_eq!(bed.tips(), tips, "{case}: something was written");
        }
    }
}

#[test]
fn a_state_that_its_events_do_not_make_is_found_by_who_remembers() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let text = String::from_utf8(replica.state().to_bytes()).unwrap();
        // Well-formed, and claims what never happened.
        let mut state = replica.state();
        state.envs.values_mut().for_each(|e| e.hw = towpath_core::release::Rank::default());
        state.n += 1;
        let lie = String::from_utf8(state.to_bytes()).unwrap();
        assert_ne!(text, lie);
        let last = last_message(bed);
        let header = last.lines().find(|l| l.starts_with("Towpath-Ledger: ")).unwrap();
        let n = state.n;
        let owned = header.split(" n=").next().unwrap();
        let at = state.at;
        let event =
            format!("{{\"at\":\"{at}\",\"by\":\"bob\",\"e\":\"Lifted\",\"id\":\"h-none\",\"n\":{n}}}");
        let message = format!("shop/web: Lifted\n\n{owned} n={n}..{n}\nTowpath-Event: {event}\n");
        let commit = on_journal(bed, &[("state.json", &lie)], &message);
        let good = bed.tip(bed.journal()).unwrap();
        bed.force(bed.journal(), Some(&commit));
        let error = replica.try_pass().unwrap_err();
        assert!(error.to_string().contains("is not what its events make"), "{error}");
        let error = bed.replica("here").engine(|e| e.verify()).unwrap_err();
        assert!(error.to_string().contains("is not the fold"), "{error}");
        bed.force(bed.journal(), Some(&good));
        replica.lose_caches();
        assert!(replica.engine(|e| e.verify()).unwrap().complete);
    });
}

#[test]
fn a_rotated_journal_goes_on_and_who_remembers_the_old_tip_accepts_it() {
    on_both(|bed| {
        let mut replica = bed.adopted();
        let mut older = bed.replica("here");
        older.pass();
        let release = replica.release("1.1.0");
        replica.until_waits("production", WaitCode::ApprovalNeeded);
        let mut newer = bed.replica("here");
        newer.pass();
        let before = replica.state();
        replica.engine(|e| e.rotate()).unwrap();
        assert_eq!((replica.state(), bed.log(bed.journal()).len()), (before, 1));
        for (who, replica) in [("at its tip", &mut newer), ("that rotated", &mut replica)] {
            let report = replica.pass();
            assert!(waits(&report, "production", WaitCode::ApprovalNeeded), "{who}: {:?}", report.answers);
        }
        // On git nothing holds the old tip any more. Whoever slept over the rotation sees that what it knew is there.
        let report = older.pass();
        assert!(waits(&report, "production", WaitCode::ApprovalNeeded), "older: {:?}", report.answers);
        replica.approve(&release);
        replica.lose_caches();
        replica.until_phase("production", Phase::Settled);
        assert!(newer.engine(|e| e.verify()).unwrap().complete);
        let stranger = bed.replica("stranger");
        assert!(stranger.engine(|e| e.rotate()).is_err(), "only the owner may");
    });
}

#[test]
fn a_clock_that_is_behind_waits() {
    on_both(|bed| {
        let replica = bed.released("1.1.0");
        let last = replica.state().at;
        let tips = bed.tips();
        let behind = |seconds: i64| Bed {
            clock: ManualClock::at(Time::from_unix(last.unix() - seconds)),
            ..bed.clone()
        };
        let slow = behind(61);
        let report = slow.replica("here").pass();
        let wait = report.waits().next().unwrap().1.clone();
        let borne = Time::from_unix(last.unix() - 60);
        assert_eq!((wait.code, wait.when.latest()), (WaitCode::ClockBehind, borne));
        assert_eq!(bed.tips(), tips);
        // A little is borne, and time in the journal does not go backwards.
        behind(60).replica("here").pass();
        assert_eq!(bed.version("dev"), "1.1.0");
        assert!(bed.events().windows(2).all(|pair| pair[0].at <= pair[1].at));
    });
}

#[test]
fn a_missing_branch_is_named_and_no_ref_is_made_before_it_exists() {
    on_both(|bed| {
        let tip = bed.tip(bed.branch()).unwrap();
        bed.force(bed.branch(), None);
        let mut replica = bed.replica("here");
        assert!(replica.pass().waits_for(WaitCode::BranchMissing));
        assert_eq!(bed.tip(bed.journal()), None);
        bed.force(bed.branch(), Some(&tip));
        replica.pass();
        assert_eq!(replica.phase("dev"), Phase::Adopted);
        bed.force(bed.branch(), None);
        assert!(replica.pass().waits_for(WaitCode::BranchMissing));
        let elsewhere = RefName::parse("refs/heads/elsewhere").unwrap();
        bed.force(&elsewhere, Some(&tip));
        bed.force(bed.branch(), Some(&tip));
        replica.pass();
        assert!(!bed.events().iter().any(|e| matches!(e.event, Event::Confirmed { .. })));
    });
}

#[test]
fn a_rotation_that_knows_less_than_a_host_saw_is_not_believed() {
    on_both(|bed| {
        let replica = bed.adopted();
        let before = bed.tip(bed.journal());
        let mut newer = bed.replica("here");
        newer.release("1.1.0");
        newer.until_waits("production", WaitCode::ApprovalNeeded);
        bed.force(bed.journal(), before.as_ref());
        bed.force(bed.branch(), Some(&bed.log(bed.branch()).pop().unwrap().id));
        replica.engine(|e| e.rotate()).unwrap();
        assert!(newer.pass().waits_for(WaitCode::JournalLost));
        let mut cold = bed.replica("here");
        assert!(!cold.pass().waits_for(WaitCode::JournalLost), "nothing else betrays it");
        // So the person's host need not see the loss.
        bed.replica("laptop").confirm(Confirmable::JournalLost);
        assert!(!newer.pass().waits_for(WaitCode::JournalLost));
    });
}

#[test]
fn people_do_not_build_on_a_journal_that_is_lost() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        let old = bed.log(bed.journal()).pop().unwrap().id;
        for to in [None, Some(&old)] {
            bed.force(bed.journal(), to);
            for memory in ["kept", "lost"] {
                let held = replica.engine(|e| e.hold(&person("carol"), &freeze("dev")));
                assert!(matches!(held, Err(EngineError::Lost { .. })), "caches {memory}: {held:?}");
                let released = replica.create(&new_release(vec![image("1.2.0")]));
                assert!(matches!(released, Err(EngineError::Lost { .. })), "caches {memory}: {released:?}");
                let rotated = replica.engine(|e| e.rotate());
                assert!(matches!(rotated, Err(EngineError::Lost { .. })), "caches {memory}: {rotated:?}");
                assert_eq!(bed.tip(bed.journal()).as_ref(), to, "nothing was written");
                replica.lose_caches();
            }
        }
        replica.confirm(Confirmable::JournalLost);
        replica.hold("dev");
    });
}

#[test]
fn a_history_that_is_not_rewritten_cannot_be_confirmed() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let refused = replica.engine(|e| e.confirm(&person("carol"), Confirmable::HistoryRewritten));
        assert!(matches!(refused, Err(EngineError::Impossible(_))), "{refused:?}");
        assert_eq!(bed.count("Confirmed"), 0);
    });
}

#[test]
fn a_journal_commit_with_other_parents_than_it_should_have_is_refused_by_who_sees_it_first() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let state = String::from_utf8(replica.state().to_bytes()).unwrap();
        let tip = bed.tip(bed.journal()).unwrap();
        drop(replica);
        let alone = bed.commit(None, &[("state.json", &state)], &last_message(bed));
        bed.force(bed.journal(), Some(&alone));
        let mut cold = bed.replica("here");
        let refused = cold.try_pass().unwrap_err().to_string();
        assert!(refused.contains("has no parent"), "{refused}");
        bed.force(bed.journal(), Some(&tip));
        assert!(waits(&cold.pass(), "production", WaitCode::ApprovalNeeded));
    });
}

/// The journal is gone while a person's commit is the newest on the branch.
fn lost_under_a_foreign_commit(bed: &Bed) {
    bed.foreign(&[("README.md", "words")], "words");
    bed.force(bed.journal(), None);
}

#[test]
fn a_lost_journal_is_seen_by_a_cold_host_under_a_foreign_commit() {
    on_both(|bed| {
        drop(bed.awaiting_approval("1.1.0"));
        lost_under_a_foreign_commit(bed);
        let report = bed.replica("here").pass();
        assert!(report.waits_for(WaitCode::JournalLost), "{:?}", report.answers);
        let held = bed.replica("here").engine(|e| e.hold(&person("carol"), &freeze("dev")));
        assert!(matches!(held, Err(EngineError::Lost { .. })), "{held:?}");
        assert_eq!(bed.tip(bed.journal()), None, "nothing is written");
    });
}

#[test]
fn what_was_rejected_and_held_does_not_go_in_after_an_unseen_loss() {
    on_both(|bed| {
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
        bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
        replica.release("1.2.0");
        replica.until_rolled_back("dev", &digest("1.2.0"));
        replica.hold("dev");
        lost_under_a_foreign_commit(bed);
        for _ in 0..2 {
            bed.replica("here").pass();
            let released = bed.replica("here").create(&new_release(vec![image("1.2.0")]));
            assert!(matches!(released, Err(EngineError::Lost { .. })), "{released:?}");
        }
        assert_eq!(bed.version("dev"), "1.1.0");
    });
}

/// A state with an approval for production in it that nobody gave.
fn approved_by_nobody(bed: &Bed, mut state: State) -> State {
    let release = env_of(&state, "staging").at.as_ref().unwrap().r.clone();
    let approval = ApprovalRecord {
        n: state.n,
        env: state.environment(&name("production")).unwrap().0.clone(),
        r: release,
        gates: bed.pipeline.environment(&name("production")).unwrap().entry_hash(),
        groups: Vec::new(),
        by: person("mallory"),
        at: state.at,
        until: None,
    };
    state.approvals.push(approval);
    state
}

/// Puts this lie in the journal's place; who remembers the truth says what is wrong with it, and does not act on it.
fn is_refused(
    replica: &mut Replica<'_>,
    lie: &State,
    parent: Option<&CommitId>,
    message: &JournalMessage,
    why: &str,
) {
    let bed = replica.bed;
    let text = String::from_utf8(lie.to_bytes()).unwrap();
    let commit = bed.commit(parent, &[("state.json", &text)], &message.to_text("shop/web: a lie"));
    bed.force(bed.journal(), Some(&commit));
    let refused = replica.try_pass().unwrap_err().to_string();
    assert!(refused.contains(why), "{refused}");
    assert_eq!(bed.version("production"), "1.0.0");
}

#[test]
fn a_rotation_to_another_state_is_refused_by_who_remembers() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        replica.pass();
        let tip = bed.tip(bed.journal()).unwrap();
        let lie = approved_by_nobody(bed, replica.state());
        let message = JournalMessage::of(&lie, Vec::new(), Some(tip.clone()));
        is_refused(&mut replica, &lie, None, &message, "takes up another state");
        bed.force(bed.journal(), Some(&tip));
    });
}

#[test]
fn what_follows_a_rotation_is_folded_by_who_remembers() {
    on_both(|bed| {
        let mut replica = bed.awaiting_approval("1.1.0");
        replica.pass();
        let rotated = bed.replica("here").engine(|e| e.rotate()).unwrap();
        let mut lie = approved_by_nobody(bed, (*rotated.state).clone());
        lie.n += 1;
        let lifted = Event::Lifted { id: ActId::parse("h-none").unwrap() };
        let event = Recorded { n: lie.n, at: lie.at, by: person("bob"), event: lifted };
        let message = JournalMessage::of(&lie, vec![event], None);
        is_refused(&mut replica, &lie, Some(&rotated.tip), &message, "is not what its events make of");
        bed.force(bed.journal(), Some(&rotated.tip));
    });
}

#[test]
fn a_confirmation_by_a_host_with_an_older_pipeline_changes_no_wiring() {
    on_both(|bed| {
        bed.qa.wait_for_finish(true);
        let mut replica = bed.come_to("1.1.0", "dev", Phase::Verifying);
        let configured = bed.count("Configured");
        let older = bed.rewired(|w| w.with("dev", "{ path: apps/web/overlays/old }"));
        older.replica("laptop").confirm(Confirmable::JournalLost);
        replica.pass();
        assert_eq!((replica.phase("dev"), bed.count("Configured")), (Phase::Verifying, configured));
    });
}

#[test]
fn a_strangers_journal_without_a_wiring_is_confirmed_and_claimed_back() {
    on_both(|bed| {
        let mut stranger = bed.replica("stranger");
        stranger.pass();
        stranger.release("1.1.0");
        stranger.until_phase("dev", Phase::Syncing);
        let first = bed.log(bed.journal()).pop().unwrap().id;
        bed.force(bed.journal(), Some(&first));
        let mut replica = bed.replica("here");
        let claim = |replica: &Replica<'_>| {
            let from = OwnerId::parse("stranger").unwrap();
            replica.engine(|e| e.claim(&person("carol"), &from, "it is ours"))
        };
        assert!(matches!(claim(&replica), Err(EngineError::Lost { .. })), "the loss comes first");
        replica.confirm(Confirmable::JournalLost);
        claim(&replica).unwrap();
        replica.pass();
        assert_eq!((replica.phase("dev"), bed.version("dev")), (Phase::Adopted, "1.1.0".into()));
    });
}
