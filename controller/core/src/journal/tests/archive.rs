use serde_json::json;

use super::{Ledger, set};
use crate::journal::ArchiveLine;
use crate::journal::archive::{MAX_LINES, file_name, parse, to_bytes};
use crate::journal::state::{FULL_BYTES, MAX_RELEASES};

#[test]
fn nothing_leaves_before_the_thousandth_release() {
    let mut ledger = Ledger::new();
    for i in 1..MAX_RELEASES as u64 {
        ledger.release(i);
    }
    let last = ledger.id(999);
    ledger.promote("dev", &last);
    assert_eq!((ledger.state.releases.len(), ledger.state.archive.chunks), (999, 0));
    ledger.release(1000);
    assert_eq!((ledger.state.releases.len(), ledger.state.archive.chunks), (500, 1));
}

#[test]
fn what_is_referred_to_stays() {
    let mut ledger = Ledger::new();
    for i in 1..MAX_RELEASES as u64 {
        ledger.release(i);
    }
    let id = |i: u64| Ledger::new().id(i);
    ledger.verify("dev", &id(3));
    ledger.promote("dev", &id(4));
    ledger.promote("staging", &id(5));
    let mut committing = ledger.promotion("staging", &id(6));
    committing["landed"] = json!(false);
    ledger.push(committing);
    ledger.push(json!({"e": "Approved", "env": "dev", "r": id(7), "gates": super::gates(), "groups": []}));
    ledger.push(
        json!({"e": "Requested", "q": "q", "env": "dev", "r": id(8), "kind": "promote", "overrides": []}),
    );
    let pid = ledger.promotion("dev", &id(9))["pid"].clone();
    ledger.push(json!({"e": "Proposed", "pid": pid, "env": "dev", "r": id(9), "head": "a".repeat(40)}));
    let mut replacing = ledger.promotion("dev", &id(998));
    replacing["from"] = json!(id(4));
    ledger.push(replacing);
    // The promotion took the proposal off, so it is made anew.
    ledger.push(json!({"e": "Proposed", "pid": pid, "env": "dev", "r": id(9), "head": "a".repeat(40)}));
    let lines = ledger
        .push(json!({"e": "Released", "r": id(1000), "seq": 1000, "images": [set(1000)], "authors": [],
        "labels": {}}));
    assert_eq!(lines.len(), MAX_LINES);
    let left: Vec<String> = lines.iter().map(|ArchiveLine::Release(r)| r.r.to_string()).collect();
    for i in [3, 4, 5, 6, 7, 8, 9, 998] {
        assert!(!left.contains(&id(i)) && ledger.state.release(&id(i).parse().unwrap()).is_some(), "{i}");
    }
    assert_eq!(left[..3], [id(1), id(2), id(10)], "the oldest leave first");
}

#[test]
fn without_a_mark_nothing_is_free_and_a_full_ledger_says_so() {
    let mut ledger = Ledger::new();
    for i in 1..=MAX_RELEASES as u64 {
        ledger.release(i);
    }
    assert_eq!((ledger.state.releases.len(), ledger.state.archive.chunks), (MAX_RELEASES, 0));
    let more = json!({"e": "Released", "r": ledger.id(1001), "seq": 1001, "images": [set(1001)], "authors": [],
        "labels": {}});
    assert!(ledger.refused(more).contains("1000 releases already"));
    let last = ledger.id(1000);
    let lines = ledger.push(ledger.promotion("dev", &last));
    assert_eq!(lines.len(), MAX_LINES, "they leave when the mark passes them, not only with a release");
}

#[test]
fn large_releases_leave_before_they_fill_the_ledger() {
    let mut ledger = Ledger::new();
    for i in 1..=200u64 {
        let r = ledger.id(i);
        ledger.push(json!({"e": "Released", "r": r, "seq": i, "images": [set(i)], "authors": [],
            "labels": {"notes": "n".repeat(15_000)}}));
        ledger.promote("dev", &r);
        assert!(ledger.state.to_bytes().len() < FULL_BYTES, "at {i}");
    }
    assert!(ledger.state.archive.chunks > 2);
}

#[test]
fn a_release_that_comes_back_goes_on_counting_its_tries() {
    let mut ledger = Ledger::new();
    let first = ledger.release(1);
    let mut pids = vec![ledger.promote("staging", &first)];
    pids.push(ledger.promote("staging", &first));
    for i in 2..MAX_RELEASES as u64 {
        ledger.release(i);
    }
    let last = ledger.id(999);
    ledger.promote("dev", &last);
    ledger.promote("staging", &last);
    let other = ledger.id(998);
    ledger.promote("staging", &other);
    ledger.release(1000);
    assert!(ledger.state.release(&first.parse().unwrap()).is_none());
    assert_eq!((ledger.env("staging").forgotten, ledger.env("dev").forgotten), (2, 0));
    ledger.push(json!({"e": "Adopted", "env": "dev", "r": first, "seq": 0, "commit": "a".repeat(40), "images": [set(1)],
        "fields": []}));
    let third = ledger.promotion("staging", &first);
    assert_eq!(third["try"], 3);
    assert!(!pids.contains(&third["pid"]));
    ledger.push(third);
}

#[test]
fn ten_thousand_releases_stay_small() {
    let mut ledger = Ledger::new();
    let (mut archived, mut largest) = (0, 0);
    for i in 1..=10_000u64 {
        let r = ledger.id(i);
        let mut events =
            vec![json!({"e": "Released", "r": r, "seq": i, "images": [set(i)], "authors": ["alice"],
            "labels": {"ci": format!("run {i}")}})];
        for env in ["dev", "staging"] {
            let event = ledger.promotion(env, &r);
            let verified =
                json!({"e": "Verified", "env": env, "pid": event["pid"], "r": r, "gates": super::gates()});
            events.extend([event, verified]);
        }
        archived += ledger.commit(events).len();
        assert!(ledger.state.releases.len() <= MAX_RELEASES);
        if i % 100 == 99 {
            largest = largest.max(ledger.state.to_bytes().len());
        }
    }
    assert!(largest < FULL_BYTES, "{largest}");
    assert_eq!(archived + ledger.state.releases.len(), 10_000);
    assert!(ledger.state.archive.chunks >= 18, "{}", ledger.state.archive.chunks);
}

#[test]
fn archive_files_read_back_and_other_forms_are_refused() {
    let mut ledger = Ledger::new();
    for i in 1..4 {
        ledger.release(i);
    }
    let lines: Vec<ArchiveLine> = ledger.state.releases.iter().cloned().map(ArchiveLine::Release).collect();
    let bytes = to_bytes(&lines);
    assert_eq!(parse(&bytes).unwrap(), lines);
    let text = String::from_utf8(bytes).unwrap();
    for bad in [
        text.replace("{\"release\":{", "{\"release\":{\"a\":1,"),
        text.replace("release", "relapse"),
        text.replace("\"seq\":1", "\"seq\": 1"),
        format!("{text}\n"),
        text.trim_end().to_owned(),
    ] {
        assert!(parse(bad.as_bytes()).is_err(), "{bad}");
    }
    assert_eq!(
        (file_name(1), file_name(123_456)),
        ("archive/00001.jsonl".into(), "archive/123456.jsonl".into())
    );
}
