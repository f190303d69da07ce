//! Delivery by pull request, in memory: the merge is the commit point, a required check guards it.

use towpath_core::decide::WaitCode;
use towpath_core::event::{Cause, Event, RequestKind, Undoing};
use towpath_core::id::{CommitId, RefName, ReleaseId};
use towpath_core::journal::fold::MAX_HOLDS;
use towpath_core::journal::state::Phase;
use towpath_core::time::Span;
use towpath_engine::memory::{Fault, MemoryPullRequests};
use towpath_engine::people::ReleaseRef;
use towpath_tests::bed::{Bed, Replica, Wiring, current, kustomization, name, person, runs, wait_of, waits};

fn bed() -> Bed {
    Bed::memory(&Wiring::web().with("production", "delivery: pull-request")).with_pull_requests()
}

fn requests(bed: &Bed) -> MemoryPullRequests {
    bed.pull_requests.clone().unwrap()
}

fn topic() -> RefName {
    RefName::parse("refs/heads/towpath-pr/shop/web/production").unwrap()
}

/// Brings a version to its open pull request; answers release and head.
fn propose(bed: &Bed, replica: &mut Replica<'_>, version: &str) -> (ReleaseId, CommitId) {
    let release = replica.verify_in("staging", version);
    replica.approve(&release);
    replica.pass();
    let heads = requests(bed).heads();
    assert_eq!(heads.len(), 1);
    (release, heads[0].clone())
}

/// The pull request of 1.1.0 for production is open; answers its head.
fn proposed(bed: &Bed) -> (Replica<'_>, CommitId) {
    let mut replica = bed.adopted();
    let (_, head) = propose(bed, &mut replica, "1.1.0");
    (replica, head)
}

/// Brings a version to production by a pull request that is merged.
fn goes_through(bed: &Bed, replica: &mut Replica<'_>, version: &str) {
    let (_, head) = propose(bed, replica, version);
    assert!(requests(bed).merge(&head));
    replica.until_phase("production", Phase::Settled);
    assert_eq!(bed.version("production"), version);
}

fn promotions(bed: &Bed) -> Vec<(Cause, CommitId)> {
    bed.picked(|e| match e {
        Event::Promoted { env, cause, commit, .. } if env.as_str() == "production" => Some((cause, commit)),
        _ => None,
    })
}

fn undone(bed: &Bed) -> Vec<Undoing> {
    bed.picked(|e| match e {
        Event::Undone { why, .. } => Some(why),
        _ => None,
    })
}

#[test]
fn a_merged_pull_request_is_promoted_with_the_merge_commit() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    let release = replica.find("1.1.0");
    let report = replica.pass();
    assert!(waits(&report, "production", WaitCode::Proposed), "{:?}", report.answers);
    assert!(requests(&bed).is_green(&head));
    assert_eq!((bed.version("production"), bed.count("Promoted")), ("1.0.0".into(), 2));
    assert!(requests(&bed).merge(&head));
    replica.pass();
    assert_eq!(promotions(&bed), [(Cause::Auto, head)]);
    assert_eq!(bed.tip(&topic()), None, "the topic branch is done");
    replica.until_phase("production", Phase::Settled);
    assert!(replica.env("production").ok.contains_key(&release));
    // And the next one goes the same way.
    goes_through(&bed, &mut replica, "1.2.0");
}

#[test]
fn the_topic_branch_may_be_gone_or_left_over() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    assert!(requests(&bed).merge(&head));
    // The host deletes the branch of a merged pull request by itself.
    bed.force(&topic(), None);
    replica.until_phase("production", Phase::Settled);
    // Somebody leaves something there.
    bed.force(&topic(), Some(&head));
    let (_, head) = propose(&bed, &mut replica, "1.2.0");
    assert_eq!(bed.tip(&topic()), Some(head));
}

fn reddens_while_held(bed: &Bed, replica: &mut Replica<'_>, head: &CommitId) {
    let hold = replica.hold("production");
    assert!(waits(&replica.pass(), "production", WaitCode::Held));
    assert!(!requests(bed).is_green(head));
    replica.lift(&hold);
    replica.pass();
    assert!(requests(bed).is_green(head));
}

#[test]
fn a_hold_turns_the_check_red_and_lifting_it_green() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    reddens_while_held(&bed, &mut replica, &head);
}

#[test]
fn a_hold_turns_the_check_red_although_a_newer_release_is_on_its_way() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    bed.qa.wait_for_finish(true);
    replica.release("1.2.0");
    replica.pass();
    replica.hold("production");
    replica.pass();
    assert!(!requests(&bed).is_green(&head));
}

#[test]
fn a_revocation_upstream_turns_the_check_red() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    bed.edit("staging", &kustomization("1.0.0"), "revert");
    replica.pass();
    assert!(!requests(&bed).is_green(&head));
}

#[test]
fn a_pinned_environment_turns_the_check_red() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    bed.edit("production", &kustomization("1.0.5"), "by hand");
    assert!(waits(&replica.pass(), "production", WaitCode::Pinned));
    assert!(!requests(&bed).is_green(&head));
}

#[test]
fn a_merge_against_red_is_a_persons_act() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    replica.hold("production");
    replica.pass();
    assert!(requests(&bed).merge(&head), "whoever has the right to may");
    replica.pass();
    assert_eq!(promotions(&bed), [(Cause::Manual, head)]);
    replica.until_phase("production", Phase::Settled);
}

#[test]
fn a_hold_during_a_pause_stops_the_proposal_and_reddens_what_is_open() {
    for (k, open) in [(0, false), (1, true)] {
        let bed = bed();
        let mut replica = bed.awaiting_approval("1.1.0");
        let release = replica.find("1.1.0");
        replica.approve(&release);
        let other = bed.clone();
        // It sleeps right before it pushes the proposal, or right after; meanwhile a person holds.
        let hold = move || drop(other.replica("here").hold("production"));
        match k {
            0 => replica.between.before_push(0, hold),
            _ => replica.between.after_push(0, hold),
        }
        replica.pass();
        let report = replica.pass();
        assert!(waits(&report, "production", WaitCode::Held), "{:?}", report.answers);
        let heads = requests(&bed).heads();
        assert_eq!(heads.len(), usize::from(open));
        assert!(heads.iter().all(|head| !requests(&bed).is_green(head)));
    }
}

#[test]
fn a_closed_pull_request_is_undone_and_its_release_is_not_proposed_again_by_itself() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    requests(&bed).close(&head);
    for _ in 0..3 {
        replica.pass();
        bed.wait("10m");
    }
    assert_eq!((undone(&bed), requests(&bed).heads().len()), (vec![Undoing::Closed], 0));
    assert!(waits(&replica.pass(), "production", WaitCode::Held));
    // A newer one is another matter.
    goes_through(&bed, &mut replica, "1.2.0");
}

#[test]
fn a_closed_pull_request_is_opened_again_at_a_persons_word() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    requests(&bed).close(&head);
    replica.pass();
    bed.wait("1m");
    replica.ask(RequestKind::Resume, "production", None);
    replica.pass();
    let heads = requests(&bed).heads();
    assert_eq!(heads.len(), 1);
    assert!(requests(&bed).merge(&heads[0]));
    replica.until_phase("production", Phase::Settled);
}

#[test]
fn a_newer_candidate_replaces_the_open_one() {
    let bed = bed();
    let mut replica = bed.adopted();
    let (_, old) = propose(&bed, &mut replica, "1.1.0");
    let (_, new) = propose(&bed, &mut replica, "1.2.0");
    assert_ne!(old, new);
    assert_eq!(undone(&bed), [Undoing::Withdrawn]);
    assert!(!requests(&bed).merge(&old), "what was withdrawn is not there to be merged");
    replica.pass();
    assert!(requests(&bed).is_green(&new));
    assert!(requests(&bed).merge(&new));
    replica.until_phase("production", Phase::Settled);
    assert_eq!(bed.version("production"), "1.2.0");
}

#[test]
fn a_bad_release_that_was_merged_comes_back() {
    let bed = bed();
    let mut replica = bed.adopted();
    let (good, head) = propose(&bed, &mut replica, "1.1.0");
    assert!(requests(&bed).merge(&head));
    replica.until_settled("production", &good);
    let (bad, head) = propose(&bed, &mut replica, "1.2.0");
    assert!(requests(&bed).merge(&head));
    replica.pass_until(|_, s| runs(s, "production", &bad));
    bed.metrics.set("web-production", bed.now(), Some(0.9));
    replica.pass_until(|_, s| current(s, "production").is_some_and(|at| at.cause == Cause::Rollback));
    assert_eq!(bed.version("production"), "1.1.0");
}

#[test]
fn a_crash_at_any_effect_opens_one_pull_request_and_promotes_once() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer] {
        for k in 0..3 {
            let bed = bed();
            let mut replica = bed.awaiting_approval("1.1.0");
            let release = replica.find("1.1.0");
            replica.approve(&release);
            replica.faults.next((0..k).map(|_| Fault::None).chain([fault]));
            for _ in 0..20 {
                if replica.try_pass().is_err() {
                    replica.lose_caches();
                }
                for head in requests(&bed).heads() {
                    if requests(&bed).is_green(&head) {
                        assert!(requests(&bed).merge(&head));
                    }
                }
                bed.wait("60s");
            }
            let place = format!("{fault:?} at {k}");
            assert_eq!((promotions(&bed).len(), bed.count("Proposed")), (1, 1), "{place}");
            assert_eq!(bed.version("production"), "1.1.0", "{place}");
        }
    }
}

/// Somebody merges a head that the journal has given up.
fn merged_all_the_same(bed: &Bed, replica: &mut Replica<'_>, head: &CommitId) {
    bed.force(bed.branch(), Some(head));
    for memory in ["kept", "lost"] {
        let report = replica.pass();
        assert!(waits(&report, "production", WaitCode::Pinned), "caches {memory}: {:?}", report.answers);
        replica.lose_caches();
    }
    assert!(promotions(bed).is_empty(), "it is a person's commit, not a promotion");
}

#[test]
fn a_closed_pull_request_that_is_merged_by_hand_is_a_foreign_commit() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    requests(&bed).close(&head);
    replica.pass();
    assert_eq!(undone(&bed), [Undoing::Closed]);
    merged_all_the_same(&bed, &mut replica, &head);
}

/// The topic branch of a pull request for production never arrived, so that it is proposed anew.
fn proposed_twice(bed: &Bed) -> Replica<'_> {
    let mut replica = bed.adopted();
    let release = replica.verify_in("staging", "1.1.0");
    replica.approve(&release);
    replica.faults.next([Fault::None, Fault::CrashBefore]);
    assert!(replica.try_pass().is_err());
    replica.lose_caches();
    replica.pass_every("60s", 8);
    assert_eq!(undone(bed), [Undoing::Race]);
    replica
}

#[test]
fn a_topic_branch_that_never_arrived_is_proposed_anew() {
    let mut bed = bed();
    bed.atomic = false;
    let mut replica = proposed_twice(&bed);
    let open = replica.env("production").proposed.expect("a proposal");
    assert_eq!(bed.tip(&topic()), Some(open.head.clone()));
    assert!(requests(&bed).merge(&open.head));
    replica.pass();
    assert_eq!(bed.version("production"), "1.1.0");
}

#[test]
fn a_journal_that_knows_an_earlier_proposal_of_what_was_merged_is_lost() {
    let mut bed = bed();
    bed.atomic = false;
    let mut replica = proposed_twice(&bed);
    let log = bed.log(bed.journal());
    let first = log.iter().rfind(|c| c.message.contains("\"e\":\"Proposed\"")).map(|c| c.id.clone());
    let head = replica.env("production").proposed.expect("a proposal").head;
    assert!(requests(&bed).merge(&head));
    replica.pass();
    bed.force(bed.journal(), first.as_ref());
    for who in [&mut replica, &mut bed.replica("here")] {
        let report = who.pass();
        assert!(report.waits_for(WaitCode::JournalLost), "{:?}", report.answers);
        assert_eq!(bed.tip(bed.journal()), first, "nothing is written");
    }
}

#[test]
fn a_closed_pull_request_that_is_merged_after_a_rotation_is_a_foreign_commit() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    requests(&bed).close(&head);
    replica.pass();
    replica.engine(|e| e.rotate()).unwrap();
    merged_all_the_same(&bed, &mut replica, &head);
}

#[test]
fn a_closed_pull_request_without_room_for_its_hold_is_undone_when_there_is_room() {
    let bed = bed();
    let (mut replica, head) = proposed(&bed);
    let idle = replica.put_up_idle(MAX_HOLDS, None).unwrap();
    requests(&bed).close(&head);
    replica.release("1.2.0");
    replica.pass();
    assert_eq!(bed.version("dev"), "1.2.0", "elsewhere all goes on");
    replica.lift(&idle);
    replica.pass();
    assert_eq!((undone(&bed), requests(&bed).heads().len()), (vec![Undoing::Closed], 0));
}

#[test]
fn a_request_for_what_is_proposed_already_is_answered() {
    let bed = bed();
    let (mut replica, old) = proposed(&bed);
    let request = replica.ask(RequestKind::Promote, "production", Some("1.1.0"));
    replica.pass();
    assert_eq!(replica.outcome(&request).as_deref(), Some("its pull request is open already"));
    let (_, new) = propose(&bed, &mut replica, "1.2.0");
    assert_ne!(old, new, "it does not keep a newer one out");
}

/// A person asks for 1.1.0 in production past the approval that it lacks; answers the pull request's head.
fn asked_past_approval(bed: &Bed) -> (Replica<'_>, ReleaseId, CommitId) {
    let mut replica = bed.awaiting_approval("1.1.0");
    let release = replica.find("1.1.0");
    assert_eq!(requests(bed).heads(), []);
    replica.promote_past("production", "1.1.0", "approval");
    replica.pass();
    let heads = requests(bed).heads();
    (replica, release, heads[0].clone())
}

fn overriding() -> Bed {
    let wiring = Wiring::web().with("production", "delivery: pull-request");
    Bed::memory(&wiring.with("production", "promotion: { overrides: [approval, soak] }")).with_pull_requests()
}

#[test]
fn whoever_passes_a_gate_by_gets_a_green_pull_request_and_the_merge_says_so() {
    let bed = overriding();
    let (mut replica, release, head) = asked_past_approval(&bed);
    assert!(waits(&replica.pass(), "production", WaitCode::Proposed));
    assert!(requests(&bed).is_green(&head));
    let message = bed.host().info(&head).unwrap().message;
    assert!(message.contains("Towpath-Override: approval it cannot wait"), "{}", message);
    assert!(requests(&bed).merge(&head));
    replica.pass();
    assert_eq!(promotions(&bed), [(Cause::Manual, head)]);
    let passed = bed.picked(|e| match e {
        Event::Overridden { gate, reason, .. } => Some((gate.to_string(), reason)),
        _ => None,
    });
    assert_eq!(passed, [("approval".to_owned(), "it cannot wait".to_owned())]);
    assert_eq!(replica.state().requests, [], "the request is answered");
    replica.until_phase("production", Phase::Settled);
    assert!(replica.env("production").ok.contains_key(&release));
}

#[test]
fn what_passes_a_gate_by_still_turns_red_for_every_other() {
    let bed = overriding();
    let (mut replica, _, head) = asked_past_approval(&bed);
    reddens_while_held(&bed, &mut replica, &head);
}

#[test]
fn the_pull_request_of_who_passed_a_gate_by_is_left_to_people() {
    let bed = overriding();
    let (mut replica, _, head) = asked_past_approval(&bed);
    let newer = replica.verify_in("staging", "1.2.0");
    replica.approve(&newer);
    replica.pass();
    assert_eq!(
        requests(&bed).heads(),
        std::slice::from_ref(&head),
        "a person asked for it, so nothing newer replaces it"
    );
    requests(&bed).close(&head);
    replica.pass_every("60s", 3);
    assert_eq!(replica.state().requests, [], "closing it is the answer");
    let heads = requests(&bed).heads();
    assert_eq!(heads.len(), 1, "and the newer one has its turn");
    assert_ne!(heads, [head]);
}

#[test]
fn whoever_withdraws_what_passed_a_gate_by_turns_its_check_red() {
    let bed = overriding();
    let (mut replica, _, head) = asked_past_approval(&bed);
    bed.wait("1m");
    replica.ask(RequestKind::Resume, "production", None);
    replica.pass_every("60s", 2);
    assert_eq!(replica.state().requests, []);
    assert!(!requests(&bed).is_green(&head));
}

#[test]
fn an_open_pull_request_that_was_asked_for_does_not_keep_a_failure_there() {
    let bed = overriding();
    let mut replica = bed.adopted();
    goes_through(&bed, &mut replica, "1.1.0");
    let (bad, head) = propose(&bed, &mut replica, "1.2.0");
    assert!(requests(&bed).merge(&head));
    replica.pass_until(|_, s| runs(s, "production", &bad));
    replica.verify_in("staging", "1.3.0");
    replica.promote_past("production", "1.3.0", "approval");
    replica.pass();
    bed.metrics.set("web-production", bed.now(), Some(0.9));
    replica.pass_until(|_, s| current(s, "production").is_some_and(|at| at.cause == Cause::Rollback));
    assert_eq!(bed.version("production"), "1.1.0");
    bed.metrics.set("web-production", bed.now(), Some(0.001));
    replica.until_phase("production", Phase::Settled);
    replica.pass();
    let heads = requests(&bed).heads();
    assert!(requests(&bed).is_green(&heads[0]), "it is proposed anew, since it was asked for");
}

#[test]
fn a_pin_is_passed_by_at_a_persons_word() {
    let bed = bed();
    let mut replica = bed.awaiting_approval("1.1.0");
    let release = replica.find("1.1.0");
    bed.edit("production", &kustomization("1.0.5"), "by hand");
    replica.pass();
    replica.approve(&release);
    replica.ask(RequestKind::Promote, "production", Some("1.1.0"));
    replica.pass_every("60s", 2);
    let heads = requests(&bed).heads();
    assert!(requests(&bed).is_green(&heads[0]), "it was asked for");
    assert!(requests(&bed).merge(&heads[0]));
    replica.pass();
    assert_eq!((bed.version("production").as_str(), replica.state().requests), ("1.1.0", vec![]));
    assert_eq!(replica.env("production").pin, None);
}

#[test]
fn a_gate_that_opens_for_a_while_ends_no_request_to_pass_it_by() {
    let bed = overriding();
    let (mut replica, release, head) = asked_past_approval(&bed);
    let until = Some(bed.now().plus(Span::seconds(120)));
    let by_id = ReleaseRef::parse(release.as_str());
    replica.engine(|e| e.approve(&person("bob"), &name("production"), &by_id, &[], until)).unwrap();
    replica.pass();
    bed.wait("10m");
    replica.pass();
    assert!(requests(&bed).is_green(&head), "the approval is over, and it is passed by as before");
    assert_eq!(replica.state().requests.len(), 1);
}

#[test]
fn a_merge_that_is_found_late_lets_nothing_soak() {
    let wiring = Wiring::web().with("dev", "delivery: pull-request");
    let wiring = wiring.with("staging", "after: { all: [{ environment: dev, soak: 30m }] }");
    let bed = Bed::memory(&wiring).with_pull_requests();
    let mut replica = bed.adopted();
    let merge = |replica: &mut Replica<'_>, version: &str| {
        let release = replica.release(version);
        replica.pass_every("60s", 2);
        assert!(requests(&bed).merge(&requests(&bed).heads()[0]));
        release
    };
    let first = merge(&mut replica, "1.1.0");
    replica.until_verified("dev", &first);
    replica.until_phase("dev", Phase::Settled);
    merge(&mut replica, "1.2.0");
    // Nobody looks for hours, in which 1.2.0 is there.
    bed.wait("5h");
    replica.pass_every("60s", 3);
    assert_eq!((bed.version("dev").as_str(), bed.version("staging").as_str()), ("1.2.0", "1.0.0"));
    let soaked = replica.env("dev").ok[&first].soak;
    assert!(soaked < Span::seconds(1_800), "{soaked}");
}

#[test]
fn a_host_of_pull_requests_that_has_trouble_keeps_nothing_else() {
    let bed = bed();
    let (mut replica, _) = proposed(&bed);
    requests(&bed).set_down(true);
    replica.release("1.2.0");
    let report = replica.pass();
    assert_eq!(bed.version("dev"), "1.2.0");
    let wait = wait_of(&report, "production", WaitCode::Proposed).unwrap();
    assert!(wait.text.starts_with("nobody says what became of the pull request for 1.1.0"), "{}", wait.text);
    replica.pass_every("5m", 4);
    assert_eq!(bed.version("staging"), "1.2.0");
    assert_eq!(requests(&bed).heads().len(), 1, "what may have been merged is not replaced");
    requests(&bed).set_down(false);
    replica.pass();
    assert!(waits(&replica.pass(), "production", WaitCode::Proposed));
}
