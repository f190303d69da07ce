use proptest::prelude::*;
use serde_json::json;

use super::Ledger;
use super::events::any_event;
use crate::event::MAX_EVENTS_PER_COMMIT;
use crate::id::CommitId;
use crate::journal::message::{Header, JournalMessage, MAX_MESSAGE_BYTES, MessageError};

const EVENT: &str = r#"{"at":"2026-11-21T09:00:00Z","by":"towpath","e":"Unapproved","n":7,"of":6}"#;

fn text(header: &str, rest: &str) -> String {
    format!("subject\n\nTowpath-Ledger: {header}\n{rest}")
}

fn good() -> String {
    text("1 shop/web owner=a epoch=1 n=7..7", &format!("Towpath-Event: {EVENT}\n"))
}

proptest! {
    #[test]
    fn messages_read_back(
        events in prop::collection::vec(any_event(), 1..5),
        subject in "[^\u{0}]{0,40}",
        epoch in any::<u32>(),
    ) {
        let first = events[0].n.min(u64::MAX - 10);
        let events: Vec<_> = (first..).zip(events).map(|(n, mut e)| { e.n = n; e }).collect();
        let header = Header {
            pipeline: "shop/web".parse().unwrap(),
            owner: "owner=1".parse().unwrap(),
            epoch,
            first,
            last: first + events.len() as u64 - 1,
        };
        let message = JournalMessage { header, continues: None, events };
        let text = message.to_text(&subject);
        prop_assert_eq!(JournalMessage::parse(&text).unwrap(), message.clone());
        // Trailing line ends are what git may add or take.
        prop_assert_eq!(JournalMessage::parse(text.trim_end_matches('\n')).unwrap(), message);
    }

    #[test]
    fn no_text_breaks_the_reader(text in any::<String>(), rest in "[ -~\n]{0,200}") {
        let _ = JournalMessage::parse(&text);
        let _ = JournalMessage::parse(&format!("s\n\nTowpath-Ledger: 1 {rest}"));
    }
}

#[test]
fn rotations_read_back() {
    let ledger = Ledger::new();
    let tip = CommitId::parse(&"a".repeat(40)).unwrap();
    let message = JournalMessage::of(&ledger.state, Vec::new(), Some(tip));
    assert_eq!((message.header.first, message.header.last), (3, 2));
    assert_eq!(JournalMessage::parse(&message.to_text("rotate")).unwrap(), message);
}

#[test]
fn another_version_is_newer_whatever_it_says() {
    for header in ["2 shop/web owner=a epoch=1 n=7..7", "2 something else entirely", "1.1", "", "01 a b c d"]
    {
        let read = JournalMessage::parse(&text(header, ""));
        assert!(matches!(read, Err(MessageError::Newer(_))), "{header}: {read:?}");
    }
}

#[test]
fn hostile_messages_are_refused() {
    assert!(JournalMessage::parse(&good()).is_ok());
    let event = format!("Towpath-Event: {EVENT}\n");
    let header = |header: &str| text(header, &event);
    let tip = format!("Towpath-Continues: {}\n", "a".repeat(40));
    let ok = "1 shop/web owner=a epoch=1 n=7..7";
    let bad = [
        String::new(),
        "Towpath-Ledger: ".to_owned(),
        // The header has to be first in the last paragraph.
        format!("subject\n\nSigned-off-by: m\nTowpath-Ledger: {ok}\n{event}"),
        format!("{}\nSigned-off-by: m\n", good()),
        // A second one, or anything else, is not looked past.
        text(ok, &format!("Towpath-Ledger: {ok}\n{event}")),
        text(ok, &format!("{event}Towpath-Ledger: {ok}\n")),
        text(ok, &format!("{event}Towpath-Else: 1\n")),
        text(ok, &format!("{event}\u{2028}{event}")),
        // Numbers have one form, and ranges are short and right.
        header("1 shop/web owner=a epoch=1 n=+7..7"),
        header("1 shop/web owner=a epoch=01 n=7..7"),
        header("1 shop/web owner=a epoch=1 n=07..7"),
        header("1 shop/web owner=a epoch=1 n=7..8"),
        header("1 shop/web owner=a epoch=1 n=8..7"),
        header("1 shop/web owner=a epoch=1 n=0..18446744073709551615"),
        header("1 shop/web owner=a epoch=4294967296 n=7..7"),
        header("1 shop/web owner=a epoch=1 n=7..7 "),
        header("1  shop/web owner=a epoch=1 n=7..7"),
        header("1 shop/web epoch=1 owner=a n=7..7"),
        header("1 shop owner=a epoch=1 n=7..7"),
        header("1 shop/web owner= epoch=1 n=7..7"),
        header("1 shop/web owner=a epoch=1 n=7..7\r"),
        // A rotation has no events, one origin and an empty range; nothing else has none.
        text(ok, &format!("{tip}{event}")),
        text(ok, &format!("{event}{tip}")),
        text("1 shop/web owner=a epoch=1 n=8..7", ""),
        text("1 shop/web owner=a epoch=1 n=8..7", &format!("{tip}{tip}")),
        text("1 shop/web owner=a epoch=1 n=9..7", &tip),
        text("1 shop/web owner=a epoch=1 n=7..7", &tip),
        text("1 shop/web owner=a epoch=1 n=0..18446744073709551615", &tip),
    ];
    for text in bad {
        assert!(JournalMessage::parse(&text).is_err(), "{text:?}");
    }
    assert!(JournalMessage::parse(&"x".repeat(MAX_MESSAGE_BYTES + 1)).is_err());
}

#[test]
fn a_reason_cannot_forge_a_line() {
    let ledger = Ledger::new();
    let forged =
        format!("late\n\nTowpath-Ledger: 1 shop/web owner=mallory epoch=9 n=3..3\nTowpath-Event: {EVENT}\n");
    let event = ledger.next(json!({"e": "Revoked", "env": "dev", "r": ledger.id(1), "why": forged}));
    let mut state = ledger.state.clone();
    super::fold_all(&mut state, std::slice::from_ref(&event)).unwrap();
    let message = JournalMessage::of(&state, vec![event], None);
    let text = message.to_text(&format!("hello\n\n{forged}"));
    assert_eq!(JournalMessage::parse(&text).unwrap(), message);
    assert_eq!(text.matches("\nTowpath-Ledger").count(), 1);
}

#[test]
fn a_full_commit_of_the_longest_events_can_be_read() {
    let mut ledger = Ledger::new();
    let mut events = Vec::new();
    for _ in 0..MAX_EVENTS_PER_COMMIT {
        let short = ledger.next(json!({"e": "Revoked", "env": "dev", "r": ledger.id(1), "why": ""}));
        let room = crate::event::MAX_EVENT_BYTES - crate::journal::fold::line(&short).len();
        let event = json!({"e": "Revoked", "env": "dev", "r": ledger.id(1), "why": "x".repeat(room)});
        events.push(ledger.next(event.clone()));
        ledger.push(event);
    }
    let message = JournalMessage::of(&ledger.state, events, None);
    assert_eq!(JournalMessage::parse(&message.to_text("full")).unwrap(), message);
    let mut more = message;
    let mut last = more.events.last().unwrap().clone();
    last.n += 1;
    more.header.last += 1;
    more.events.push(last);
    assert!(JournalMessage::parse(&more.to_text("too full")).is_err());
}
