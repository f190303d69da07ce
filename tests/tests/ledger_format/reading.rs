//! What every version has to do with the fixtures: read them, fold them, and find the same bytes.

use std::collections::BTreeSet;
use std::process::Command;

use towpath_core::event::{Cause, Recorded};
use towpath_core::journal::promotion::{PromotionMessage, Trailers, claim};
use towpath_core::journal::{JournalMessage, State, archive, fold_all, genesis};

use crate::fixtures::{HISTORIES, commits, fixture, generated, message, repository};
use crate::git::Git;
use crate::histories::large;
use crate::writer::JOURNAL;

/// Folds a repository's journal and compares every `state.json` and archive file. Answers the events.
fn check(git: &Git) -> Vec<Recorded> {
    let mut state: Option<State> = None;
    let mut all = Vec::new();
    for commit in commits(git) {
        let text = message(git, &commit);
        let message = JournalMessage::parse(&text).unwrap_or_else(|e| panic!("{commit}: {e}"));
        let subject = text.lines().next().unwrap();
        assert_eq!(message.to_text(subject), text);
        let bytes = git.bytes(&["cat-file", "blob", &format!("{commit}:state.json")]);
        let carried = State::parse(&bytes).unwrap_or_else(|e| panic!("{commit}: {e}"));
        let mut lines = Vec::new();
        let folded = match (state.take(), message.events.split_first()) {
            (Some(mut state), _) => {
                lines = fold_all(&mut state, &message.events).unwrap();
                state
            }
            (None, Some((first, rest))) => {
                let mut state = genesis(&message.header.pipeline, first).unwrap();
                fold_all(&mut state, rest).unwrap();
                state
            }
            (None, None) => carried.clone(),
        };
        assert_eq!(String::from_utf8(folded.to_bytes()), String::from_utf8(bytes), "{commit}");
        if !lines.is_empty() {
            let name = format!("{commit}:{}", archive::file_name(folded.archive.chunks));
            let bytes = git.bytes(&["cat-file", "blob", &name]);
            assert_eq!(archive::to_bytes(&lines), bytes);
            assert_eq!(archive::parse(&bytes).unwrap(), lines);
        }
        all.extend(message.events);
        state = Some(folded);
    }
    all
}

fn history(name: &str) -> Git {
    let git = Git::import(&fixture(&format!("{name}.fast-import")));
    let tip = String::from_utf8(fixture(&format!("{name}.tip"))).unwrap();
    assert_eq!(
        git.text(&["rev-parse", JOURNAL]),
        tip.trim_end(),
        "every byte of {name} is as it was written"
    );
    git
}

#[test]
fn every_history_folds_to_its_own_state() {
    for name in HISTORIES {
        let events = check(&history(name));
        assert!(events.len() >= 4, "{name}");
    }
}

#[test]
fn the_whole_history_has_every_event() {
    let names: BTreeSet<&str> = check(&history("whole")).iter().map(|e| e.event.name()).collect();
    assert_eq!(names.len(), EVENTS.len(), "missing: {:?}", EVENTS.iter().find(|e| !names.contains(*e)));
}

/// All names, as the specification lists them.
const EVENTS: [&str; 28] = [
    "Adopted",
    "Approved",
    "Baked",
    "Claimed",
    "Cleared",
    "Closed",
    "Configured",
    "Confirmed",
    "Failed",
    "Held",
    "Judged",
    "Landed",
    "Lifted",
    "Live",
    "Overridden",
    "Pinned",
    "Promoted",
    "Proposed",
    "Rejected",
    "Released",
    "Requested",
    "Revoked",
    "Started",
    "Unapproved",
    "Undone",
    "Unlive",
    "Unpinned",
    "Verified",
];

/// The second reader is tested on the fixtures in `tests/python`; here on one that is too large to be kept.
#[test]
fn the_second_reader_agrees_on_large_releases() {
    let git = Git::new();
    let writer = large(&git);
    assert!(writer.state().archive.chunks > 0 && writer.state().releases.len() < 100);
    writer.finish();
    let reader = repository("tests/python/ledger_checker.py");
    match Command::new("python3").arg(reader).arg(git.path()).arg(JOURNAL).output() {
        Ok(output) => {
            let words =
                String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            assert!(words.starts_with("ok "), "{words}");
        }
        Err(error) => eprintln!("skipped, there is no python3: {error}"),
    }
    check(&git);
}

#[test]
fn this_version_writes_the_same_bytes() {
    for (name, bytes) in generated() {
        assert!(fixture(&name) == bytes, "{name} is not what this version writes");
    }
}

#[test]
fn a_state_reads_back() {
    for name in ["state.json", "small.state.json"] {
        let bytes = fixture(name);
        assert_eq!(State::parse(&bytes).unwrap().to_bytes(), bytes);
    }
}

#[test]
fn a_changed_event_changes_the_state() {
    let stream = String::from_utf8(fixture("small.fast-import")).unwrap();
    let forged = stream.replace(r#""detail":"12 tests passed","e":"#, r#""detail":"13 tests passed","e":"#);
    assert_ne!(stream, forged);
    let git = Git::import(forged.as_bytes());
    assert!(std::panic::catch_unwind(|| check(&git)).is_err());
}

#[test]
fn a_promotion_commit_is_written_and_claimed_as_ever() {
    let text = String::from_utf8(fixture("promotion.txt")).unwrap();
    let value = |key: &str| text.lines().find_map(|l| l.strip_prefix(&format!("{key}: "))).unwrap();
    let claimed = claim(&text).unwrap();
    assert_eq!((claimed.pipeline.to_string().as_str(), claimed.n), ("shop/web", 5));
    assert_eq!(claimed.pid.as_str(), value("Towpath-Promotion"));
    let (release, sequence) = value("Towpath-Release").split_once(" sequence=").unwrap();
    let message = PromotionMessage {
        subject: "Promote web to dev: 1.4.2".into(),
        body: vec!["ghcr.io/acme/web -> 1.4.2".into()],
        extra: vec![("Ticket".into(), "SHOP-1".into())],
        trailers: Trailers {
            pid: value("Towpath-Promotion").parse().unwrap(),
            pipeline: "shop/web".parse().unwrap(),
            environment: "dev".parse().unwrap(),
            release: (release.parse().unwrap(), sequence.parse().unwrap()),
            journal: 5,
            gates: value("Towpath-Gates").parse().unwrap(),
            upstream: Vec::new(),
            images: vec![value("Towpath-Image").parse().unwrap()],
            cause: Cause::Auto,
            rejects: Vec::new(),
            overrides: Vec::new(),
            actor: "towpath".parse().unwrap(),
        },
    };
    assert_eq!(message.to_text(), text);
}

#[test]
fn the_page_shows_real_bytes() {
    let page = std::fs::read_to_string(repository("docs/ledger.md")).unwrap();
    let shown: BTreeSet<&str> =
        page.lines().filter(|l| l.starts_with(r#"{"at":"#) || l.contains(r#","e":""#)).collect();
    let events = String::from_utf8(fixture("events.jsonl")).unwrap();
    let names: BTreeSet<String> = events
        .lines()
        .map(|line| {
            let event: Recorded = serde_json::from_str(line).unwrap();
            assert_eq!(towpath_core::journal::fold::line(&event), line);
            assert!(shown.contains(line), "docs/ledger.md does not show: {line}");
            event.event.name().to_owned()
        })
        .collect();
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), EVENTS);
    let known: BTreeSet<&str> = events.lines().collect();
    for line in page.lines().filter(|l| l.starts_with(r#"{"#) && l.contains(r#""e":""#)) {
        assert!(known.contains(line), "docs/ledger.md shows what nobody wrote: {line}");
    }
    let mut texts: Vec<String> = (1..=9).map(|i| format!("messages/small-{i:02}.txt")).collect();
    texts.extend(["small.state.json", "promotion.txt", "messages/rotation.txt"].map(str::to_owned));
    for name in texts {
        let text = String::from_utf8(fixture(&name)).unwrap();
        assert!(
            page.contains(&format!("```text\n{text}```")) || page.contains(&format!("```json\n{text}```")),
            "docs/ledger.md does not show {name}"
        );
    }
}

#[test]
fn the_page_names_every_member() {
    let page = std::fs::read_to_string(repository("docs/ledger.md")).unwrap();
    let events = String::from_utf8(fixture("events.jsonl")).unwrap();
    for line in events.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = event["e"].as_str().unwrap();
        let section =
            page.split(&format!("\n#### {name}\n")).nth(1).unwrap_or_else(|| panic!("no section {name}"));
        let section = section.split("\n#").next().unwrap();
        for member in
            event.as_object().unwrap().keys().filter(|k| !["n", "at", "by", "e"].contains(&k.as_str()))
        {
            let explained = [format!("| `{member}` |"), format!("| `{member}`? |")];
            assert!(explained.iter().any(|e| section.contains(e)), "{name} does not explain {member}");
        }
    }
}
