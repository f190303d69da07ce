//! The port's suite, over every way to a host and with cut and whole histories.

use towpath_engine::conformance::check;
use towpath_engine::ports::{PushMode, PushOutcome, Repository as _};
use towpath_git::HistoryDepth;

use crate::support::{Bed, JOURNAL, MAIN, Way, child, shallow, update};

fn conforms(way: Way, depth: HistoryDepth) {
    let failed = check(&mut || Box::new(Bed::new(way, depth))).err().unwrap_or_default();
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn a_path() {
    conforms(Way::Path, shallow(50));
}

#[test]
fn a_path_with_whole_history() {
    conforms(Way::Path, HistoryDepth::Full);
}

#[test]
fn a_file_url_with_very_shallow_mirrors() {
    conforms(Way::FileUrl, shallow(1));
}

#[test]
fn smart_http() {
    conforms(Way::Http, shallow(2));
}

#[test]
fn a_host_without_atomic_pushes() {
    let fresh = || {
        let bed = Bed::new(Way::Http, shallow(2));
        bed.host.configure("receive.advertiseAtomic", "false").unwrap();
        bed
    };
    let mut bed = fresh();
    let client = bed.open();
    let updates = [MAIN, JOURNAL].map(|at| update(at, None, Some(&child(&client, None, at))));
    assert!(client.supports_atomic(), "not known yet");
    let outcomes = client.push(&updates, PushMode::Atomic).unwrap();
    assert!(
        outcomes.iter().all(|o| matches!(o, PushOutcome::Refused { reason } if reason.contains("atomic")))
    );
    assert!(!client.supports_atomic(), "learnt");
    assert_eq!((bed.host.get(MAIN), bed.host.get(JOURNAL)), (None, None));
    let outcomes = client.push(&updates, PushMode::PerRef).unwrap();
    assert_eq!(outcomes, [PushOutcome::Accepted, PushOutcome::Accepted]);
}
