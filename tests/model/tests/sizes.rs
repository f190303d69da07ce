//! The sizes of the world that are looked at to their end, and the planted bugs that are found there.

use std::time::Duration;

#[cfg(feature = "museum")]
use towpath_model::run::museum;
use towpath_model::run::{BEYOND, CONSENT, FULL, Report, SIZES, SMALL, all, check};
use towpath_model::size::Size;

/// For a machine that others keep busy; what an idle one needs stands in docs/model.md.
const LONG: Duration = Duration::from_secs(900);

fn clean(size: Size) -> Report {
    let report = check(size, None, 2, LONG);
    let broken: Vec<_> =
        report.broken.iter().map(|b| format!("{}\n{}", b.rule, b.trace.join("\n"))).collect();
    assert!(report.exhaustive, "{}", broken.join("\n\n"));
    report
}

#[test]
fn the_small_size_breaks_no_rule_and_has_the_states_that_it_has() {
    let (first, second) = (clean(SMALL), clean(SMALL));
    assert_eq!((first.states, first.unique), (second.states, second.unique));
    assert!(first.unique > 2_000, "only {} states", first.unique);
    assert_eq!(first.missed, ["an environment went back"], "with one release there is nothing to go back to");
}

#[test]
fn two_releases_reach_what_a_check_is_about() {
    assert_eq!(clean(Size { releases: [2, 0], acts: 0, ..SMALL }).missed, Vec::<&str>::new());
}

#[test]
fn a_soak_and_an_approval_break_no_rule() {
    clean(Size { releases: [1, 0], acts: 0, soaks: true, ..SMALL });
    let consent = clean(Size { releases: [1, 0], approval: true, kinds: CONSENT, ..SMALL });
    assert!(!consent.missed.contains(&"a release is Verified in production"), "{:?}", consent.missed);
}

/// What makes the search short is left out, and nothing else is found.
#[test]
fn whoever_loses_or_crashes_before_a_push_changes_nothing() {
    let size = Size { releases: [2, 0], ..SMALL };
    let short = clean(size);
    let crashes = clean(Size { crashes: true, ..size });
    assert_eq!((short.unique, short.journals), (crashes.unique, crashes.journals));
    assert!(crashes.states > short.states);
    let losers = clean(Size { losers: true, ..size });
    assert_eq!((short.journals, short.decisions), (losers.journals, losers.decisions));
    assert!(losers.unique > short.unique);
}

#[test]
fn as_many_threads_as_one_likes_find_the_same() {
    let of = |threads| {
        let report = check(SMALL, None, threads, LONG);
        (report.states, report.unique, report.depth, report.decisions, report.journals)
    };
    assert_eq!(of(1), of(3));
}

#[test]
fn without_an_end_in_time_a_check_is_not_exhaustive() {
    let size = Size { releases: [3, 1], acts: 2, ..SMALL };
    assert!(!check(size, None, 1, Duration::from_millis(200)).exhaustive);
}

#[test]
fn sizes_have_names_of_their_own() {
    let names: std::collections::BTreeSet<_> =
        SIZES.iter().chain(&FULL).chain(&BEYOND).map(|s| s.name).collect();
    assert_eq!(names.len(), SIZES.len() + FULL.len() + BEYOND.len());
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes unless it is optimised, as `cargo xtask model` does")]
fn every_size_for_everyday_breaks_no_rule() {
    let mut out = Vec::new();
    let clean = all(&mut out, &SIZES, 2, LONG).unwrap().iter().all(|(_, report)| report.is_clean());
    assert!(clean, "{}", String::from_utf8_lossy(&out));
}

/// The size that is promised: two controllers, two pipelines on a branch, three environments, three releases, a
/// person, crashes and lost races. An idle machine needs a minute for all of it.
#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes unless it is optimised, as `cargo xtask test` does")]
fn the_full_size_is_looked_at_to_its_end_and_breaks_no_rule() {
    let mut out = Vec::new();
    let checked = all(&mut out, &FULL[..1], 2, LONG).unwrap();
    let said = String::from_utf8_lossy(&out);
    let (size, report) = &checked[0];
    assert!(report.is_clean(), "{said}");
    assert_eq!(report.missed, Vec::<&str>::new(), "{said}");
    assert_eq!((size.controllers, size.releases, size.acts), (2, [3, 1], 1));
    assert!(report.unique > 1_000_000, "{said}");
}

#[cfg(feature = "museum")]
#[test]
fn every_bug_that_can_be_found_is_found() {
    let mut out = Vec::new();
    assert!(museum(&mut out, 2, LONG).unwrap(), "{}", String::from_utf8_lossy(&out));
}
