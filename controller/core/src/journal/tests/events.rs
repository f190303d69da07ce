use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::event::*;
use crate::hold::{Select, Stop, Subject};
use crate::id::*;
use crate::journal::fold::line;
use crate::journal::message::JournalMessage;
use crate::pipeline::{EditRule, Form, KeyPath};
use crate::release::Image;
use crate::time::Time;
use crate::verdict::Verdict;

fn parsed<T: std::str::FromStr<Err = InvalidId> + std::fmt::Debug>(
    pattern: &'static str,
) -> impl Strategy<Value = T> {
    pattern.prop_map(|text| text.parse().unwrap())
}

fn name() -> impl Strategy<Value = Name> {
    parsed("[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?")
}
fn pid() -> impl Strategy<Value = Pid> {
    parsed("p-[0-9a-f]{20}")
}
fn r() -> impl Strategy<Value = ReleaseId> {
    parsed("r-[0-9a-f]{20}")
}
fn gates() -> impl Strategy<Value = GateHash> {
    parsed("g1:[0-9a-f]{20}")
}
fn gate() -> impl Strategy<Value = GateName> {
    parsed("(qa|metrics|bake)/[!-~é]{1,20}")
}
fn act() -> impl Strategy<Value = ActId> {
    parsed("[a-z0-9-]{1,40}")
}
fn commit() -> impl Strategy<Value = CommitId> {
    parsed("[0-9a-f]{40}")
}
fn tree() -> impl Strategy<Value = TreeId> {
    parsed("[0-9a-f]{64}")
}
fn digest() -> impl Strategy<Value = Digest> {
    parsed("sha256:[0-9a-f]{64}")
}
fn image_name() -> impl Strategy<Value = ImageName> {
    parsed("([a-z]{1,5}\\.example(:[0-9]{1,4})?/)?[a-z0-9]{1,8}(/[a-z0-9]{1,8})?")
}
fn file() -> impl Strategy<Value = RepoPath> {
    parsed("[a-z ]{1,8}(/[a-zé]{1,8}){0,3}")
}
fn image() -> impl Strategy<Value = Image> {
    let tag = prop::option::of(parsed::<Tag>("[0-9a-zA-Z_][0-9a-zA-Z_.-]{0,12}"));
    (image_name(), tag, digest()).prop_map(|(name, tag, digest)| Image { name, tag, digest })
}
/// Any text, with what is awkward in JSON and in lines more often than by chance.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\"\\\\\n\r\t\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}a-c]{0,20}"]
}
fn actor() -> impl Strategy<Value = Actor> {
    parsed("[a-z0-9\\[\\]é-]{1,20}")
}
fn time() -> impl Strategy<Value = Time> {
    (0i64..4_102_444_800).prop_map(Time::from_unix)
}
fn some<T: Strategy>(inner: T) -> impl Strategy<Value = Option<T::Value>>
where
    T::Value: Clone,
{
    prop::option::of(inner)
}
fn list<T: Strategy>(inner: T) -> impl Strategy<Value = Vec<T::Value>> {
    prop::collection::vec(inner, 0..3)
}
fn map() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(text(), text(), 0..3)
}

fn fields() -> impl Strategy<Value = Vec<FieldBytes>> {
    let field = prop_oneof![Just(ManagedField::Tag), Just(ManagedField::Digest)];
    let bytes = (image_name(), file(), field, some(text()));
    list(bytes.prop_map(|(image, file, field, raw)| FieldBytes { image, file, field, raw }))
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::TagAndDigest), Just(Form::TagAtDigest), Just(Form::Tag)]
}

fn edit() -> impl Strategy<Value = EditRule> {
    let key = || some("[a-z]{1,5}(\\.[a-z-]{1,5}){0,2}".prop_map(|k| KeyPath::parse(&k).unwrap()));
    prop_oneof![
        (image_name(), form()).prop_map(|(image, form)| EditRule::Kustomization { image, form }),
        (image_name(), file(), key(), key(), form())
            .prop_map(|(image, file, tag, digest, form)| EditRule::Helm { image, file, tag, digest, form }),
    ]
}

fn config() -> impl Strategy<Value = EnvironmentConfig> {
    let branch = parsed::<RefName>("refs/heads/[a-z]{1,8}");
    (name(), name(), file(), branch, any::<bool>(), list(edit())).prop_map(
        |(key, name, path, branch, root, edit)| EnvironmentConfig { key, name, path, branch, root, edit },
    )
}

fn ledger() -> impl Strategy<Value = Event> {
    let owner = || parsed::<OwnerId>("[!-~]{1,30}");
    let what = prop_oneof![Just(Confirmable::JournalLost), Just(Confirmable::HistoryRewritten)];
    let authors = list(actor());
    let renamed = prop::collection::btree_map(name(), name(), 0..3);
    prop_oneof![
        (owner(), any::<u32>(), some(owner()), text())
            .prop_map(|(owner, epoch, was, reason)| Event::Claimed { owner, epoch, was, reason }),
        (list(config()), list(image_name()), renamed).prop_map(|(envs, images, renamed)| Event::Configured {
            envs,
            images,
            renamed
        }),
        (what, commit()).prop_map(|(what, tip)| Event::Confirmed { what, tip }),
        (r(), any::<u64>(), some(any::<i64>()), list(image()), authors, map()).prop_map(
            |(r, seq, order, images, authors, labels)| Event::Released {
                r,
                seq,
                order,
                images,
                authors,
                labels
            }
        ),
        (name(), r(), any::<u64>(), commit(), list(image()), fields()).prop_map(
            |(env, r, seq, commit, images, fields)| Event::Adopted { env, r, seq, commit, images, fields }
        ),
    ]
}

fn people() -> impl Strategy<Value = Event> {
    let kind =
        prop_oneof![Just(RequestKind::Promote), Just(RequestKind::Rollback), Just(RequestKind::Resume)];
    let select = (prop::collection::btree_set(name(), 0..3), map())
        .prop_map(|(environments, labels): (BTreeSet<Name>, _)| Select { environments, labels });
    let subject =
        prop_oneof![Just(Subject::All), r().prop_map(Subject::Release), digest().prop_map(Subject::Digest)];
    let stops = list(prop_oneof![Just(Stop::Promotions), Just(Stop::Rollbacks)]);
    prop_oneof![
        (act(), name(), some(r()), kind, list(text()))
            .prop_map(|(q, env, r, kind, overrides)| Event::Requested { q, env, r, kind, overrides }),
        (act(), text()).prop_map(|(q, outcome)| Event::Closed { q, outcome }),
        (name(), r(), gates(), list(text()), some(time()))
            .prop_map(|(env, r, gates, groups, until)| Event::Approved { env, r, gates, groups, until }),
        any::<u64>().prop_map(|of| Event::Unapproved { of }),
        (act(), select, subject, stops, text(), some(time())).prop_map(
            |(id, select, subject, stops, reason, until)| Event::Held {
                id,
                select,
                subject,
                stops,
                reason,
                until
            }
        ),
        act().prop_map(|id| Event::Lifted { id }),
        (pid(), gate(), text()).prop_map(|(pid, gate, reason)| Event::Overridden { pid, gate, reason }),
        (name(), list(digest()), text()).prop_map(|(env, digests, reason)| Event::Cleared {
            env,
            digests,
            reason
        }),
    ]
}

fn moves() -> impl Strategy<Value = Event> {
    let cause = prop_oneof![Just(Cause::Auto), Just(Cause::Manual), Just(Cause::Rollback)];
    let why = prop_oneof![
        Just(Undoing::Race),
        Just(Undoing::Withdrawn),
        Just(Undoing::Rewritten),
        Just(Undoing::Closed)
    ];
    let how = prop_oneof![Just(Unpinning::Resumed), Just(Unpinning::Promoted), Just(Unpinning::Restored)];
    let promoted =
        (pid(), name(), r(), any::<u32>(), cause, commit(), commit(), gates(), some(r()), some(act()));
    prop_oneof![
        (pid(), name(), r(), commit(), some(any::<u64>()))
            .prop_map(|(pid, env, r, head, pr)| Event::Proposed { pid, env, r, head, pr }),
        (promoted, any::<bool>()).prop_map(
            |((pid, env, r, attempt, cause, commit, base, gates, from, q), landed)| Event::Promoted {
                pid,
                env,
                r,
                attempt,
                cause,
                commit,
                base,
                gates,
                from,
                q,
                landed
            }
        ),
        (pid(), commit()).prop_map(|(pid, commit)| Event::Landed { pid, commit }),
        (pid(), why).prop_map(|(pid, why)| Event::Undone { pid, why }),
        (name(), commit(), list(text())).prop_map(|(env, commit, set)| Event::Pinned { env, commit, set }),
        (name(), how).prop_map(|(env, how)| Event::Unpinned { env, how }),
    ]
}

fn proof() -> impl Strategy<Value = Event> {
    let verdict = prop_oneof![
        Just(Verdict::Passed),
        Just(Verdict::Failed),
        Just(Verdict::Inconclusive),
        Just(Verdict::Error)
    ];
    let phase =
        prop_oneof![Just(FailedPhase::Health), Just(FailedPhase::Verification), Just(FailedPhase::Bake)];
    let result = prop_oneof![Just(BakeResult::Passed), Just(BakeResult::Cut)];
    let handle = some(parsed::<Handle>("[!-~]{1,30}"));
    prop_oneof![
        (name(), pid(), time(), tree()).prop_map(|(env, pid, since, tree)| Event::Live {
            env,
            pid,
            since,
            tree
        }),
        (name(), pid(), time(), text()).prop_map(|(env, pid, until, why)| Event::Unlive {
            env,
            pid,
            until,
            why
        }),
        (name(), pid(), gate(), gates(), any::<u32>(), handle, time(), tree()).prop_map(
            |(env, pid, gate, gates, attempt, handle, deadline, tree)| {
                Event::Started { env, pid, gate, gates, attempt, handle, deadline, tree }
            }
        ),
        (name(), pid(), gate(), gates(), any::<u32>(), verdict, some(text())).prop_map(
            |(env, pid, gate, gates, attempt, verdict, detail)| {
                Event::Judged { env, pid, gate, gates, attempt, verdict, detail }
            }
        ),
        (name(), pid(), r(), gates(), proptest::option::of(gates()))
            .prop_map(|(env, pid, r, gates, policy)| Event::Verified { env, pid, r, gates, policy }),
        (name(), pid(), result).prop_map(|(env, pid, result)| Event::Baked { env, pid, result }),
        (name(), pid(), phase, some(gate())).prop_map(|(env, pid, phase, gate)| Event::Failed {
            env,
            pid,
            phase,
            gate
        }),
        (name(), r(), text()).prop_map(|(env, r, why)| Event::Revoked { env, r, why }),
        (name(), pid(), r(), list(digest())).prop_map(|(env, pid, r, digests)| Event::Rejected {
            env,
            pid,
            r,
            digests
        }),
    ]
}

/// Any event that can be written, whether it could follow anything or not.
pub(super) fn any_event() -> impl Strategy<Value = Recorded> {
    let event = prop_oneof![ledger(), people(), moves(), proof()];
    (1u64..u64::MAX, time(), actor(), event).prop_map(|(n, at, by, event)| Recorded { n, at, by, event })
}

fn message_of(lines: &str, n: u64) -> String {
    format!("subject\n\nTowpath-Ledger: 1 shop/web owner=a epoch=1 n={n}..{n}\nTowpath-Event: {lines}\n")
}

proptest! {
    #[test]
    fn every_event_reads_back_byte_for_byte(event in any_event()) {
        let text = line(&event);
        prop_assert!(!text.contains('\n') && !text.contains('\r'), "one line: {text}");
        let read: Recorded = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(line(&read), text.clone());
        let message = JournalMessage::parse(&message_of(&text, event.n)).unwrap();
        prop_assert_eq!(message.events, vec![event]);
    }

    #[test]
    fn a_member_that_nobody_knows_is_refused(event in any_event(), at in 0usize..3) {
        let mut value = serde_json::to_value(&event).unwrap();
        let place = ["/", "/envs/0", "/fields/0"][at];
        let place = if place == "/" { Some(&mut value) } else { value.pointer_mut(place) };
        prop_assume!(place.is_some());
        place.unwrap()["zzz"] = serde_json::json!(1);
        prop_assert!(JournalMessage::parse(&message_of(&value.to_string(), event.n)).is_err());
    }

    #[test]
    fn a_missing_member_is_refused_unless_it_is_optional(event in any_event(), which in 0usize..12) {
        let mut value = serde_json::to_value(&event).unwrap();
        let members = value.as_object_mut().unwrap();
        let key = members.keys().nth(which % members.len()).unwrap().clone();
        members.remove(&key);
        let optional = ["was", "order", "r", "until", "pr", "from", "q", "handle", "detail", "gate", "policy"];
        let read = JournalMessage::parse(&message_of(&value.to_string(), event.n));
        prop_assert!(read.is_err() || optional.contains(&key.as_str()), "{key} of {value}");
    }
}

#[test]
fn only_the_canonical_form_is_read() {
    let good = r#"{"at":"2026-11-21T09:00:00Z","by":"towpath","e":"Unapproved","n":7,"of":6}"#;
    assert!(JournalMessage::parse(&message_of(good, 7)).is_ok());
    let swap = |old: &str, new: &str| {
        assert!(good.contains(old));
        good.replace(old, new)
    };
    let bad = [
        swap(",\"of\"", ", \"of\""),
        swap("\"n\":7,\"of\":6", "\"of\":6,\"n\":7"),
        swap("\"n\":7", "\"n\":7.0"),
        swap("\"n\":7", "\"n\":7,\"n\":7"),
        swap("\"of\":6", "\"of\":6,\"of\":6"),
        swap("09:00:00Z", "09:00:00.5Z"),
        swap("09:00:00Z", "10:00:00+01:00"),
        swap("towpath", "tow\\u0070ath"),
        swap("Unapproved", "Disapproved"),
        swap("\"of\":6", "\"of\":null"),
        swap("\"of\":6", "\"of\":6,\"until\":null"),
        format!("{good} "),
        format!("{good}\r"),
    ];
    for text in bad {
        assert!(JournalMessage::parse(&message_of(&text, 7)).is_err(), "{text}");
    }
}
