//! A planted bug meets the invariants: what it decides is refused, counted and told, and changes nothing.

mod fleet;

use fleet::Fleet;
use towpath_core::museum::{Bug, plant};

#[test]
fn what_a_planted_bug_decides_is_refused() {
    let mut fleet = Fleet::new(1, 1).unwrap();
    fleet.settle().unwrap();
    fleet.release(0, 1).unwrap();
    fleet.settle().unwrap();
    fleet.edit(0, "dev", 0).unwrap();
    fleet.settle().unwrap();
    // The same release once more: its second try, which the bug gives the id of the first.
    fleet.promote(0, "dev", 1).unwrap();
    plant(Some(Bug::PidReused));
    let moves = fleet.moves();
    for _ in 0..2 {
        let report = fleet.pass(0).unwrap();
        let found: Vec<_> = report.violations.iter().map(|v| (v.environment.as_str(), v.rule)).collect();
        assert_eq!(found, [("dev", "S2")]);
        assert!(report.waits_for(towpath_core::decide::WaitCode::InvariantViolated));
    }
    assert_eq!(fleet.moves(), moves, "nothing was pushed");
    plant(None);
    let report = fleet.pass(0).unwrap();
    assert!(report.violations.is_empty() && report.rounds > 0, "{report:?}");
    assert!(fleet.moves() > moves);
}
