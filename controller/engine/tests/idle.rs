//! Many pipelines of which nothing, or little, happens: a round reads refs, and decides only what changed (contract C9).

mod fleet;

use fleet::{Counts, Fleet, Outcome};
use towpath_core::time::Span;
use towpath_engine::ports::Clock as _;

const PIPELINES: usize = 120;
const REPOSITORIES: u64 = 4;

fn steady() -> Outcome<Fleet> {
    let mut fleet = Fleet::new(PIPELINES, REPOSITORIES as usize)?;
    fleet.settle()?;
    Ok(fleet)
}

const IDLE: Counts = Counts { advertisements: REPOSITORIES, fetches: 0, passes: 0, decisions: 0 };

#[test]
fn a_steady_round_is_one_advertisement_a_repository_and_nothing_else() {
    let mut fleet = steady().unwrap();
    for _ in 0..5 {
        assert_eq!(fleet.interval("60s").unwrap(), IDLE);
        assert_eq!(fleet.interval("1s").unwrap(), Counts::default(), "nobody is due");
    }
}

#[test]
fn one_change_is_one_decision() {
    let mut fleet = steady().unwrap();
    fleet.hold(17, None).unwrap();
    let one = Counts { fetches: 1, passes: 1, decisions: 1, ..IDLE };
    assert_eq!(fleet.interval("60s").unwrap(), one);
    assert_eq!(fleet.interval("60s").unwrap(), IDLE);
}

#[test]
fn a_commit_beside_all_folders_is_fetched_and_not_decided_about() {
    let mut fleet = steady().unwrap();
    fleet.commit(3, "README.md", "words").unwrap();
    assert_eq!(fleet.interval("60s").unwrap(), Counts { fetches: 1, ..IDLE });
    assert_eq!(fleet.interval("60s").unwrap(), IDLE);
}

#[test]
fn a_pipeline_that_moves_the_branch_has_no_other_decide() {
    let mut fleet = steady().unwrap();
    fleet.edit(5, "dev", 7).unwrap();
    let pinned = fleet.interval("60s").unwrap();
    assert_eq!((pinned.fetches, pinned.passes), (1, 1));
    assert_eq!(fleet.interval("60s").unwrap(), IDLE, "it waits for a person");
    fleet.release(6, 8).unwrap();
    let mut passes = 0;
    for _ in 0..6 {
        let round = fleet.interval("60s").unwrap();
        assert!(round.passes <= 1, "{round:?}");
        passes += round.passes;
    }
    assert!(passes > 0);
    assert_eq!(fleet.interval("60s").unwrap(), IDLE);
}

#[test]
fn a_time_that_a_decision_named_is_kept_to_the_second() {
    let mut fleet = steady().unwrap();
    let until = fleet.clock.now().plus(Span::seconds(90));
    fleet.hold(17, Some(until)).unwrap();
    assert_eq!(fleet.interval("60s").unwrap().decisions, 1);
    assert_eq!(fleet.interval("29s").unwrap(), Counts::default());
    // One is due, so one repository is read.
    let over = Counts { advertisements: 1, fetches: 0, passes: 1, decisions: 1 };
    assert_eq!(fleet.interval("1s").unwrap(), over);
}
