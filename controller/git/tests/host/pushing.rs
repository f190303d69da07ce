//! Pushes that go wrong on the way, and what they are said to be.

use towpath_engine::ports::{PushMode, PushOutcome, Repository as _, RepositoryError};
use towpath_git::GitRepository;
use towpath_git::testing::{Fault, HostRepository};

use crate::support::{Bed, JOURNAL, MAIN, SOON, child, id, push, tip, update};

/// A host with one commit on both refs, a client that has read them, and a commit for each.
struct Ready {
    bed: Bed,
    client: GitRepository,
    updates: [towpath_engine::ports::RefUpdate; 2],
}

fn ready() -> Ready {
    let mut bed = Bed::http();
    bed.write(MAIN, "1");
    bed.write(JOURNAL, "2");
    let client = bed.open();
    let updates = [MAIN, JOURNAL].map(|at| {
        let old = tip(&client, at);
        update(at, Some(&old), Some(&child(&client, Some(&old), at)))
    });
    Ready { bed, client, updates }
}

impl Ready {
    fn atomic(&self) -> Result<Vec<PushOutcome>, RepositoryError> {
        self.client.push(&self.updates, PushMode::Atomic)
    }

    /// The refs' values on the host: all old, all new, or neither.
    fn moved(&self) -> Option<bool> {
        let value = |u: &towpath_engine::ports::RefUpdate| self.bed.host.get(u.name.as_str()).map(|v| id(&v));
        let all = |new: bool| {
            self.updates.iter().all(|u| value(u) == if new { u.new.clone() } else { u.old.clone() })
        };
        if all(true) { Some(true) } else { all(false).then_some(false) }
    }
}

const BOTH: [PushOutcome; 2] = [PushOutcome::Accepted, PushOutcome::Accepted];
const NEITHER: [PushOutcome; 2] = [PushOutcome::Lost, PushOutcome::Lost];

#[test]
fn an_answer_that_got_lost_is_found_again() {
    let ready = ready();
    ready.bed.server().set_fault(Fault::LoseAnswer);
    assert_eq!(ready.atomic().unwrap(), BOTH);
    assert_eq!(ready.moved(), Some(true));
}

#[test]
fn an_answer_that_got_lost_is_found_below_what_others_built() {
    let ready = ready();
    ready.bed.server().set_fault(Fault::LoseAnswer);
    ready.bed.host.hook("post-receive", &build_on(MAIN)).unwrap();
    assert_eq!(ready.atomic().unwrap(), BOTH);
    assert_eq!(ready.moved(), None, "somebody built on it");
}

/// A script that commits on top of a ref.
fn build_on(at: &str) -> String {
    format!(
        "export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x
        new=$(git commit-tree -p {at} -m more '{at}^{{tree}}') && git update-ref {at} $new"
    )
}

#[test]
fn a_race_on_the_way_is_lost_by_all() {
    let ready = ready();
    let path = ready.bed.host_path();
    ready.bed.server().before_next_push(move || {
        HostRepository::open(&path).unwrap().commit(JOURNAL, &[("file", 0o100_644, b"theirs")]).unwrap();
    });
    assert_eq!(ready.atomic().unwrap(), NEITHER);
    assert_eq!(ready.bed.host.get(MAIN).map(|v| id(&v)), ready.updates[0].old);
}

#[test]
fn a_race_on_the_way_has_one_loser_per_ref() {
    let ready = ready();
    let path = ready.bed.host_path();
    ready.bed.server().before_next_push(move || {
        HostRepository::open(&path).unwrap().commit(JOURNAL, &[("file", 0o100_644, b"theirs")]).unwrap();
    });
    let outcomes = ready.client.push(&ready.updates, PushMode::PerRef).unwrap();
    assert_eq!(outcomes, [PushOutcome::Accepted, PushOutcome::Lost]);
}

#[test]
fn a_rewind_on_the_way_is_not_undone() {
    let mut bed = Bed::http();
    let ids = bed.grow(MAIN, 3);
    let client = bed.open();
    let old = tip(&client, MAIN);
    let new = child(&client, Some(&old), "ours");
    let (path, back) = (bed.host_path(), ids[0].to_string());
    bed.server().before_next_push(move || {
        HostRepository::open(&path).unwrap().set(MAIN, Some(&back)).unwrap();
    });
    assert_eq!(push(&client, MAIN, &old, &new), PushOutcome::Lost);
    assert_eq!(bed.host.get(MAIN).as_deref(), Some(ids[0].as_str()));
}

#[test]
fn a_hook_that_refuses_is_quoted() {
    let ready = ready();
    ready.bed.host.hook("pre-receive", "echo 'only on Mondays' >&2; exit 1").unwrap();
    for outcome in ready.atomic().unwrap() {
        let PushOutcome::Refused { reason } = outcome else { panic!("{outcome:?}") };
        assert!(reason.contains("hook declined") && reason.contains("only on Mondays"), "{reason}");
    }
    assert_eq!(ready.moved(), Some(false));
}

#[test]
fn a_hook_that_refuses_one_ref_refuses_it_alone() {
    let ready = ready();
    let script = format!("[ \"$1\" != {MAIN} ] || {{ echo protected >&2; exit 1; }}");
    ready.bed.host.hook("update", &script).unwrap();
    for outcome in ready.atomic().unwrap() {
        assert!(
            matches!(&outcome, PushOutcome::Refused { reason } if reason.contains("hook declined")),
            "{outcome:?}"
        );
    }
    assert_eq!(ready.moved(), Some(false));
    let outcomes = ready.client.push(&ready.updates, PushMode::PerRef).unwrap();
    assert!(
        matches!(outcomes.as_slice(), [PushOutcome::Refused { .. }, PushOutcome::Accepted]),
        "{outcomes:?}"
    );
}

#[test]
fn a_reason_is_short_and_on_one_line() {
    let ready = ready();
    ready.bed.host.hook("pre-receive", "seq 1 2000 >&2; exit 1").unwrap();
    let outcomes = ready.client.push(&ready.updates[..1], PushMode::PerRef).unwrap();
    let [PushOutcome::Refused { reason }] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(reason.chars().count() <= 300 && !reason.contains('\n'), "{reason}");
}

#[test]
fn a_host_that_is_down_or_hangs_is_for_later() {
    for fault in [Fault::Status(503), Fault::Hang] {
        let mut bed = Bed::http();
        let old = bed.write(MAIN, "1");
        let mut options = bed.options();
        tip(&GitRepository::open(&options).unwrap(), MAIN);
        options.deadline = SOON;
        let client = GitRepository::open(&options).unwrap();
        let new = child(&client, Some(&old), "2");
        bed.server().set_fault(fault);
        let error = client.push(&[update(MAIN, Some(&old), Some(&new))], PushMode::PerRef).unwrap_err();
        assert!(matches!(error, RepositoryError::Unreachable { .. }), "{fault:?}: {error}");
    }
}

#[test]
fn a_push_that_nobody_may_make_is_for_a_person() {
    let mut bed = Bed::http();
    let old = bed.write(MAIN, "1");
    bed.host.configure("http.receivepack", "false").unwrap();
    let client = bed.open();
    assert_eq!(tip(&client, MAIN), old);
    let new = child(&client, Some(&old), "2");
    let error = client.push(&[update(MAIN, Some(&old), Some(&new))], PushMode::PerRef).unwrap_err();
    assert!(matches!(&error, RepositoryError::Denied { reason, .. } if reason.contains("403")), "{error}");
}

#[test]
fn a_push_that_is_killed_may_still_land() {
    let mut bed = Bed::http();
    let old = bed.write(MAIN, "1");
    let mut options = bed.options();
    tip(&GitRepository::open(&options).unwrap(), MAIN);
    options.deadline = SOON;
    let client = GitRepository::open(&options).unwrap();
    let new = child(&client, Some(&old), "2");
    let (send, held) = std::sync::mpsc::channel::<()>();
    bed.server().before_next_push(move || held.recv().unwrap_or_default());
    let updates = [update(MAIN, Some(&old), Some(&new))];
    let error = client.push(&updates, PushMode::PerRef).unwrap_err();
    assert!(matches!(error, RepositoryError::Unreachable { .. }), "it is not said to be lost: {error}");
    drop(send);
}

#[test]
fn two_updates_of_one_ref_move_nothing() {
    let ready = ready();
    let twice = [ready.updates[0].clone(), ready.updates[0].clone()];
    assert!(ready.client.push(&twice, PushMode::Atomic).is_err());
    assert_eq!(ready.moved(), Some(false));
}
