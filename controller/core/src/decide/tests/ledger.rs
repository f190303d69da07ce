//! Who may write, and whether what is there can be built upon.

use super::super::presence::LONGEST_FIELDS;
use super::stage::{Stage, commit, name, seen};
use crate::decide::{Decision, Effect, WaitCode, decide};
use crate::event::{Cause, Confirmable, Event, RequestKind};
use crate::id::{ActId, OwnerId};
use crate::journal::state::Phase;
use crate::time::Time;
use crate::world::{LedgerFacts, PathProblem, World};

fn all_wait(decision: &Decision, code: WaitCode) -> bool {
    decision.ledger.is_empty()
        && decision.envs.len() == 3
        && decision.envs.values().all(|a| matches!(a, crate::decide::Answer::Wait(w) if w[0].code == code))
}

#[test]
fn a_stranger_waits() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.me = OwnerId::parse("stranger").unwrap();
    assert!(all_wait(&stage.decide(), WaitCode::OwnedByOther));
    assert_eq!(stage.waits("dev")[0].remedy, "towpath ledger claim shop/web --from me");
}

#[test]
fn a_clock_far_behind_waits() {
    let mut stage = Stage::new();
    stage.now = Time::from_unix(stage.state.at.unix() - 60);
    assert!(!all_wait(&stage.decide(), WaitCode::ClockBehind));
    let borne = stage.now;
    stage.now = Time::from_unix(stage.state.at.unix() - 61);
    assert!(all_wait(&stage.decide(), WaitCode::ClockBehind));
    // It waits no longer than it has to: whoever skips passes until then misses none.
    assert_eq!(stage.waits("dev")[0].when.latest(), borne);
}

#[test]
fn a_lost_journal_waits_for_a_person() {
    let mut stage = Stage::new();
    let accounted = stage.state.seen.values().next().unwrap().n;
    let cases = [(accounted, false), (accounted + 1, true), (accounted + 1000, true)];
    for (claimed, lost) in cases {
        stage.branch.claim = Some((claimed, commit(9)));
        assert_eq!(all_wait(&stage.decide(), WaitCode::JournalLost), lost, "claims {claimed}");
    }
    stage.branch.claim = None;
    for (ledger, lost) in
        [(LedgerFacts::Absent, false), (LedgerFacts::Gone, true), (LedgerFacts::Behind(&stage.state), true)]
    {
        let world = World { ledger, ..stage.world() };
        assert_eq!(all_wait(&decide(&world, stage.now), WaitCode::JournalLost), lost, "{ledger:?}");
    }
    stage.branch.claim = Some((1, commit(9)));
    let world = World { ledger: LedgerFacts::Absent, ..stage.world() };
    assert!(all_wait(&decide(&world, stage.now), WaitCode::JournalLost));
}

#[test]
fn a_rewritten_branch_goes_on_alone_only_when_it_says_the_same() {
    let mut stage = Stage::new();
    stage.branch.contains_seen = Some(false);
    let same = stage.decide();
    assert!(matches!(
        same.ledger.as_slice(),
        [Effect::Record(Event::Confirmed { what: Confirmable::HistoryRewritten, .. })]
    ));
    stage.facts.insert(name("dev"), seen("dev", 5));
    assert!(all_wait(&stage.decide(), WaitCode::HistoryRewritten));
}

#[test]
fn a_foreign_value_pins_and_ours_unpins() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.facts.insert(name("dev"), seen("dev", 5));
    stage.step();
    assert_eq!(stage.codes("dev"), [WaitCode::Pinned]);
    stage.facts.insert(name("dev"), seen("dev", 0));
    stage.step();
    assert!(stage.env("dev").pin.is_none());
    assert!(stage.promotes("dev").is_some());
}

/// It is not on its way there any more, so there is no sync to wait for.
#[test]
fn what_was_taken_out_while_it_was_syncing_comes_back_at_once_when_it_is_asked_for() {
    let mut stage = Stage::new();
    let r = stage.release(1);
    stage.step();
    assert_eq!(stage.phase("dev"), Phase::Syncing);
    stage.facts.insert(name("dev"), seen("dev", 0));
    stage.step();
    assert_eq!((stage.phase("dev"), stage.codes("dev")), (Phase::Syncing, vec![WaitCode::Pinned]));
    let (q, kind) = (ActId::parse("q-1").unwrap(), RequestKind::Promote);
    stage.record("carol", Event::Requested { q, env: name("dev"), r: Some(r), kind, overrides: Vec::new() });
    assert_eq!(stage.promotes("dev"), Some(("1.1".to_owned(), Cause::Manual)));
}

#[test]
fn a_folder_that_cannot_be_read_waits_with_its_place_and_others_go_on() {
    let mut stage = Stage::new();
    stage.release(1);
    for (missing, code) in [(true, WaitCode::PathMissing), (false, WaitCode::CannotEdit)] {
        let problem =
            PathProblem { missing, place: "apps/staging/k.yaml:7".into(), problem: "listed twice".into() };
        stage.facts.get_mut(&name("staging")).unwrap().path = Err(problem);
        let wait = stage.waits("staging").remove(0);
        assert_eq!((wait.code, wait.object.as_str()), (code, "apps/staging/k.yaml:7"));
        assert!(stage.promotes("dev").is_some());
    }
}

#[test]
fn two_pipelines_on_one_field_wait() {
    let mut stage = Stage::new();
    stage.release(1);
    let other = crate::id::PipelineId::parse("shop/other").unwrap();
    stage.shared.conflicts.insert(name("dev"), other);
    assert_eq!(stage.codes("dev"), [WaitCode::ConflictingWriter]);
}

#[test]
fn a_renamed_environment_keeps_its_key_and_a_moved_one_is_adopted_anew() {
    let mut stage = Stage::new();
    let environment = &mut stage.pipeline.environments[2];
    environment.formerly = vec![name("production")];
    environment.name = name("live");
    let facts = stage.facts.remove(&name("production")).unwrap();
    stage.facts.insert(name("live"), facts);
    while stage.step() {}
    let (key, env) = stage.state.environment(&name("live")).unwrap();
    assert_eq!((key.as_str(), env.at.is_some()), ("production", true));
    let n = stage.state.n;
    stage.pipeline.environments[2].path = crate::id::RepoPath::parse("elsewhere").unwrap();
    while stage.step() {}
    // Configured, then Adopted.
    assert_eq!(stage.state.n, n + 2);
}

#[test]
fn image_fields_may_be_long_but_not_too_long_for_the_journal() {
    for (bytes, fits) in [(LONGEST_FIELDS, true), (LONGEST_FIELDS + 1, false)] {
        let mut stage = Stage::new();
        let facts = stage.facts.get_mut(&name("dev")).unwrap();
        let image = &mut facts.path.as_mut().unwrap().images[0];
        // What takes the most room when it is escaped.
        image.raw.tag = Some("\u{1}".repeat(bytes / 2));
        image.raw.digest = Some("\u{1}".repeat(bytes - bytes / 2));
        image.values.digest = None;
        stage.state.envs.get_mut(&name("dev")).unwrap().at = None;
        if fits {
            assert!(stage.step(), "the journal takes it");
            assert!(stage.env("dev").at.is_some());
            continue;
        }
        let wait = stage.waits("dev").remove(0);
        assert_eq!((wait.code, wait.object.as_str()), (WaitCode::CannotEdit, "apps/dev"));
        assert!(wait.text.contains("10241 bytes"), "{}", wait.text);
    }
}
