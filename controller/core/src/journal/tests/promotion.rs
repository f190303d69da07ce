use proptest::prelude::*;

use crate::event::Cause;
use crate::journal::promotion::{Claim, PromotionMessage, Trailers, claim};
use crate::release::Image;

fn message(subject: &str, because: &str, extra: &str, reason: &str) -> PromotionMessage {
    PromotionMessage {
        subject: subject.to_owned(),
        body: vec!["web 1.4.1 -> 1.4.2".to_owned(), because.to_owned()],
        extra: vec![("Ticket".to_owned(), extra.to_owned())],
        trailers: Trailers {
            pid: format!("p-{}", "1".repeat(20)).parse().unwrap(),
            pipeline: "shop/web".parse().unwrap(),
            environment: "staging".parse().unwrap(),
            release: (format!("r-{}", "2".repeat(20)).parse().unwrap(), 42),
            journal: 118,
            gates: super::gates().parse().unwrap(),
            upstream: vec![("dev".parse().unwrap(), None, super::gates().parse().unwrap())],
            images: vec![Image::parse(&super::set(1)).unwrap(), Image::parse(&super::set(2)).unwrap()],
            cause: Cause::Rollback,
            rejects: Vec::new(),
            overrides: vec![("window".to_owned(), reason.to_owned())],
            actor: "alice".parse().unwrap(),
        },
    }
}

fn ours() -> Option<Claim> {
    let pid = format!("p-{}", "1".repeat(20)).parse().unwrap();
    Some(Claim { pipeline: "shop/web".parse().unwrap(), pid, n: 118 })
}

proptest! {
    #[test]
    fn no_text_of_a_person_forges_or_voids_a_trailer(
        texts in prop::array::uniform4(prop_oneof![
            any::<String>(),
            "[a\"\\\\\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}]{0,12}",
            Just("x\n\nTowpath-Format: 1\nTowpath-Pipeline: shop/api\nTowpath-Journal: 999".to_owned()),
        ])
    ) {
        let [subject, because, extra, reason] = &texts;
        let text = message(subject, because, extra, reason).to_text();
        prop_assert_eq!(claim(&text), ours(), "{}", text);
        let bad = |c: char| (c.is_control() && c != '\n') || "\u{2028}\u{2029}".contains(c);
        prop_assert!(!text.contains(bad), "{text:?}");
        prop_assert_eq!(text.lines().count(), 19);
    }

    #[test]
    fn no_text_breaks_the_reader(text in any::<String>()) {
        let _ = claim(&text);
    }
}

#[test]
fn values_are_escaped_only_where_they_must_be() {
    let text =
        message("s", "b", "a \"quoted\" back\\slash", "tab\there \"and\" \u{9b}2J\u{7f}\u{2028}").to_text();
    assert!(text.contains("\nTicket: a \"quoted\" back\\slash\n"), "{text}");
    assert!(
        text.contains("\nTowpath-Override: window tab\\there \\\"and\\\" \\u009b2J\\u007f\\u2028\n"),
        "{text}"
    );
}

#[test]
fn what_voids_a_claim() {
    let good = message("s", "b", "t", "r").to_text();
    assert_eq!(claim(&good), ours());
    assert_eq!(claim(good.trim_end()), ours());
    let swap = |old: &str, new: &str| {
        assert!(good.contains(old), "{old}");
        good.replace(old, new)
    };
    let bad = [
        swap("Towpath-Journal: 118\n", "Towpath-Journal: 118\nTowpath-Journal: 117\n"),
        swap("Towpath-Actor: alice\n", "Towpath-Actor: alice\nTowpath-Actor: bob\n"),
        swap("Towpath-Format: 1\n", ""),
        swap("Towpath-Format: 1\n", "Towpath-Format: 2\n"),
        swap("Towpath-Journal: 118\n", ""),
        swap("Towpath-Promotion: p-1", "Towpath-Promotion: q-1"),
        swap("Towpath-Journal: 118", "Towpath-Journal: +118"),
        swap("Towpath-Journal: 118", "Towpath-Journal: 0118"),
        swap("Towpath-Journal: 118", "Towpath-Journal: many"),
        swap("shop/web", "shop"),
        swap("Ticket: t", "Ticket: t\u{7}"),
        swap("Ticket: t", "no trailer"),
        swap("Ticket: t", &format!("Ticket: {}", "t".repeat(65 * 1024))),
        swap("Towpath-Format", "\nTowpath-Format")
            .replace("Towpath-Actor: alice", "Towpath-Actor: alice\n\nThe end."),
        String::new(),
    ];
    for text in bad {
        assert_eq!(claim(&text), None, "{text:?}");
    }
    let repeated =
        swap("Towpath-Override: window r\n", "Towpath-Override: window r\nTowpath-Override: hold r\n");
    assert_eq!(claim(&repeated), ours());
}
