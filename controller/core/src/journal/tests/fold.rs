use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Ledger, environment, gates, reason, recorded, set};
use crate::event::{MAX_EVENT_BYTES, Recorded};
use crate::id::{PipelineId, Salt};
use crate::journal::fold::{MAX_GOOD, MAX_SOAK, line};
use crate::journal::state::Phase;
use crate::journal::{State, fold_all, genesis};
use crate::release::Image;
use crate::time::Span;
use crate::verdict::Verdict;

/// What may happen next in a ledger, as numbers that become events which may follow.
fn turns() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0u8..12, any::<u8>()), 0..60)
}

/// Plays turns; an event that cannot follow is left out. Answers all that could.
fn play(ledger: &mut Ledger, turns: &[(u8, u8)]) -> Vec<Recorded> {
    let mut done = Vec::new();
    for (what, which) in turns {
        ledger.wait(u32::from(*which) * 60);
        let env = if which % 2 == 0 { "dev" } else { "staging" };
        let r = ledger.id(u64::from(which % 7));
        let at = ledger.env(env).at.clone();
        let pid = at.as_ref().and_then(|at| at.pid.clone()).map_or(Value::Null, |pid| json!(pid));
        let now = ledger.now.to_string();
        let i = u64::from(which % 7);
        let event = match what {
            0 => {
                json!({"e": "Released", "r": r, "seq": ledger.state.seq + 1, "images": [set(i)], "authors": [],
                "labels": {}})
            }
            1 | 2 => match ledger.state.release(&r.parse().unwrap()) {
                Some(_) => ledger.promotion(env, &r),
                None => continue,
            },
            3 => json!({"e": "Live", "env": env, "pid": pid, "since": now, "tree": "d".repeat(40)}),
            4 => json!({"e": "Unlive", "env": env, "pid": pid, "until": now, "why": "gone"}),
            5 | 6 => match at {
                Some(at) => json!({"e": "Verified", "env": env, "pid": pid, "r": at.r, "gates": gates()}),
                None => continue,
            },
            7 => json!({"e": "Baked", "env": env, "pid": pid, "result": "passed"}),
            8 => json!({"e": "Failed", "env": env, "pid": pid, "phase": "health"}),
            9 => json!({"e": "Revoked", "env": env, "r": r, "why": "taken out"}),
            10 => {
                json!({"e": "Adopted", "env": env, "r": r, "seq": 0, "commit": "e".repeat(40), "images": [set(i)],
                "fields": []})
            }
            _ => json!({"e": "Pinned", "env": env, "commit": "f".repeat(40), "set": []}),
        };
        if event.get("pid").is_some_and(Value::is_null) {
            continue;
        }
        let event = ledger.next(event);
        let mut state = ledger.state.clone();
        if fold_all(&mut state, std::slice::from_ref(&event)).is_ok() {
            ledger.state = state;
            done.push(event);
        }
    }
    done
}

proptest! {
    #[test]
    fn the_fold_is_the_same_by_one_and_at_once_and_reads_back(turns in turns()) {
        let start = Ledger::new();
        let mut ledger = start.clone();
        let events = play(&mut ledger, &turns);
        let mut at_once = start.state.clone();
        fold_all(&mut at_once, &events).unwrap();
        prop_assert_eq!(&at_once, &ledger.state);
        let bytes = ledger.state.to_bytes();
        prop_assert_eq!(&State::parse(&bytes).unwrap(), &ledger.state);
        // Half of it from a state that was read.
        let (before, after) = events.split_at(events.len() / 2);
        let mut half = start.state;
        fold_all(&mut half, before).unwrap();
        let mut half = State::parse(&half.to_bytes()).unwrap();
        fold_all(&mut half, after).unwrap();
        prop_assert_eq!(half.to_bytes(), bytes);
    }

    #[test]
    fn tries_only_grow_and_no_promotion_has_the_id_of_another(turns in turns()) {
        let mut ledger = Ledger::new();
        let events = play(&mut ledger, &turns);
        let mut pids: Vec<String> = Vec::new();
        for event in events {
            let event = serde_json::to_value(event).unwrap();
            if event["e"] == "Promoted" {
                pids.push(event["pid"].to_string());
            }
        }
        let all = pids.len();
        pids.sort();
        pids.dedup();
        prop_assert_eq!(pids.len(), all);
    }

    #[test]
    fn the_high_water_mark_never_falls_and_good_releases_are_few(turns in turns()) {
        let mut ledger = Ledger::new();
        let mut mark = ledger.env("dev").hw;
        for turn in turns {
            play(&mut ledger, &[turn]);
            prop_assert!(ledger.env("dev").hw >= mark);
            mark = ledger.env("dev").hw;
            for env in ledger.state.envs.values() {
                prop_assert!(env.good.len() <= MAX_GOOD);
                prop_assert!(env.good.iter().all(|g| env.ok.contains_key(&g.r)), "good but not ok");
            }
        }
    }
}

#[test]
fn gaps_and_older_times_are_refused() {
    let ledger = Ledger::new();
    let event = json!({"e": "Unapproved", "of": 1, "by": "a", "n": 3, "at": "2026-11-21T09:00:00Z"});
    let try_with = |member: &str, value: Value| {
        let mut event = event.clone();
        event[member] = value;
        fold_all(&mut ledger.state.clone(), &[recorded(event)])
    };
    assert!(try_with("n", json!(3)).is_ok());
    assert_eq!(reason(try_with("n", json!(2))), "expected number 3");
    assert_eq!(reason(try_with("n", json!(4))), "expected number 3");
    assert!(reason(try_with("at", json!("2026-11-21T08:59:59Z"))).contains("older than its predecessor"));
}

#[test]
fn lines_may_be_long_but_not_too_long() {
    let ledger = Ledger::new();
    let with = |n: usize| json!({"e": "Revoked", "env": "dev", "r": ledger.id(1), "why": "x".repeat(n)});
    let room = MAX_EVENT_BYTES - line(&ledger.next(with(0))).len();
    ledger.clone().push(with(room));
    assert!(ledger.refused(with(room + 1)).contains("longer than 65536 bytes"));
}

#[test]
fn a_journal_begins_with_the_first_claim() {
    let pipeline = PipelineId::parse("shop/web").unwrap();
    let first = json!({"e": "Claimed", "owner": "a", "epoch": 1, "reason": "", "by": "a", "n": 1,
        "at": "2026-11-21T09:00:00Z"});
    let begin = |member: &str, value: Value| {
        let mut event = first.clone();
        event[member] = value;
        genesis(&pipeline, &recorded(event))
    };
    assert!(begin("n", json!(1)).is_ok());
    assert!(begin("n", json!(2)).is_err());
    assert!(begin("epoch", json!(2)).is_err());
    assert!(begin("was", json!("b")).is_err());
    assert!(begin("reason", json!("x".repeat(MAX_EVENT_BYTES))).is_err());
    assert_ne!(begin("reason", json!("another")).unwrap().ledger, begin("n", json!(1)).unwrap().ledger);
}

/// Release 1 is in dev by the promotion that is answered, where a gate began.
fn begun() -> (Ledger, Value) {
    let mut ledger = Ledger::new();
    let one = ledger.release(1);
    let pid = ledger.promote("dev", &one);
    ledger.push(json!({"e": "Requested", "q": "q-1", "env": "dev", "kind": "resume", "overrides": []}));
    ledger.push(started(&pid));
    (ledger, pid)
}

fn started(pid: &Value) -> Value {
    json!({"e": "Started", "env": "dev", "pid": pid, "gate": "qa/a", "gates": gates(), "try": 1,
        "deadline": "2026-11-21T10:00:00Z", "tree": "d".repeat(40)})
}

/// Events that the ledger refuses, each with a part of the reason.
#[track_caller]
fn all_refused(ledger: &Ledger, cases: &[(Value, &str)]) {
    for (event, why) in cases {
        let got = ledger.refused(event.clone());
        assert!(got.contains(why), "{event}: {got}");
    }
}

#[test]
fn owners_and_wirings_that_cannot_follow_are_refused() {
    let (ledger, _) = begun();
    let claimed = |epoch: u32, was: &str| json!({"e": "Claimed", "owner": "b", "epoch": epoch, "was": was, "reason": ""});
    let twice = json!([environment("x", true), environment("x", true)]);
    all_refused(
        &ledger,
        &[
            (claimed(3, "a"), "expected epoch 2 from a"),
            (claimed(2, "c"), "expected epoch 2 from a"),
            (json!({"e": "Configured", "images": [], "renamed": {}, "envs": twice}), "stands twice"),
        ],
    );
}

#[test]
fn releases_that_cannot_follow_are_refused() {
    let (ledger, _) = begun();
    let released = |images: Value, seq: u64| {
        let images_of = |image: &Value| Image::parse(image.as_str().unwrap()).unwrap().identity();
        let lines: Vec<String> = images.as_array().unwrap().iter().map(images_of).collect();
        let r = crate::id::ReleaseId::of(&ledger.state.ledger, &lines);
        json!({"e": "Released", "r": r, "seq": seq, "images": images, "authors": [], "labels": {}})
    };
    let mut negative = released(json!([set(2)]), 2);
    negative["order"] = json!(-1);
    let mut not_theirs = released(json!([set(2)]), 2);
    not_theirs["r"] = json!(ledger.id(9));
    let (a, b) = (format!("a@sha256:{}", "a".repeat(64)), format!("b@sha256:{}", "b".repeat(64)));
    all_refused(
        &ledger,
        &[
            (released(json!([set(2)]), 3), "expected sequence 2"),
            (released(json!([b, a]), 2), "not sorted"),
            (released(json!([a, a]), 2), "each image name once"),
            (released(json!([]), 2), "at least one image"),
            (negative, "not negative"),
            (released(json!([set(1)]), 1), "there already"),
            (not_theirs, "its id is not theirs"),
        ],
    );
}

#[test]
fn baselines_that_cannot_follow_are_refused() {
    let (ledger, _) = begun();
    let adopted = |r: String, seq: u64| {
        json!({"e": "Adopted", "env": "dev", "r": r, "seq": seq, "commit": "a".repeat(40), "images": [set(2)],
            "fields": []})
    };
    all_refused(
        &ledger,
        &[(adopted(ledger.id(9), 0), "its id is not theirs"), (adopted(ledger.id(2), 1), "sequence 0")],
    );
}

#[test]
fn words_of_people_that_cannot_follow_are_refused() {
    let (ledger, _) = begun();
    let requested =
        |q: &str, env: &str| json!({"e": "Requested", "q": q, "env": env, "kind": "resume", "overrides": []});
    let approved = json!({"e": "Approved", "env": "dev", "r": ledger.id(9), "gates": gates(), "groups": []});
    all_refused(
        &ledger,
        &[
            (requested("q-1", "dev"), "open already"),
            (requested("q-2", "prod"), "no environment"),
            (json!({"e": "Closed", "q": "q-9", "outcome": ""}), "no open request"),
            (approved, "no release"),
        ],
    );
}

#[test]
fn moves_that_cannot_follow_are_refused() {
    let (ledger, pid) = begun();
    let head = "a".repeat(40);
    all_refused(
        &ledger,
        &[
            (
                json!({"e": "Proposed", "env": "dev", "r": ledger.id(9), "pid": pid, "head": head}),
                "no release",
            ),
            (ledger.promotion("dev", &ledger.id(9)), "no release"),
            (json!({"e": "Landed", "pid": pid, "commit": head}), "not on its way"),
        ],
    );
}

#[test]
fn proofs_that_cannot_follow_are_refused() {
    let (ledger, pid) = begun();
    let judged = |gate: &str, gates: String, attempt: u32| {
        json!({"e": "Judged", "env": "dev", "pid": pid, "gate": gate, "gates": gates, "try": attempt,
            "verdict": "Passed"})
    };
    let elsewhere = json!({"e": "Live", "env": "staging", "pid": pid, "since": "2026-11-21T09:00:00Z",
        "tree": "d".repeat(40)});
    let other = json!({"e": "Verified", "env": "dev", "pid": pid, "r": ledger.id(9), "gates": gates()});
    all_refused(
        &ledger,
        &[
            (elsewhere, "is not at"),
            (other, "is not of"),
            (started(&pid), "the gate runs"),
            (judged("qa/b", gates(), 1), "did not start"),
            (judged("qa/a", gates(), 2), "another try"),
            (judged("qa/a", gates().replace('0', "1"), 1), "definition"),
        ],
    );
}

#[test]
fn a_promotion_has_the_id_of_its_next_try() {
    let mut ledger = Ledger::new();
    let one = ledger.release(1);
    let first = ledger.promotion("dev", &one);
    let mut later = first.clone();
    later["try"] = json!(2);
    assert!(ledger.refused(later).contains("expected try 1"));
    ledger.push(first.clone());
    assert!(ledger.refused(first).contains("expected try 2"));
    let second = ledger.promotion("dev", &one);
    // A lost journal: the ids from then on are others, whatever tries there were.
    ledger.push(json!({"e": "Confirmed", "what": "JournalLost", "tip": "a".repeat(40)}));
    assert!(ledger.refused(second.clone()).contains("the id that follows"));
    let salted = ledger.promotion("dev", &one);
    assert_eq!(salted["try"], second["try"]);
    assert_ne!(salted["pid"], second["pid"]);
    ledger.push(salted);
    let salt: Option<Salt> = ledger.state.salt.clone();
    ledger.push(json!({"e": "Confirmed", "what": "JournalLost", "tip": "a".repeat(40)}));
    assert_ne!(ledger.state.salt, salt, "the same tip twice is two losses");
}

#[test]
fn an_order_may_rise_but_nothing_else_of_a_release_changes() {
    let mut ledger = Ledger::new();
    let released = |order: i64| {
        json!({"e": "Released", "r": Ledger::new().id(1), "seq": 1, "order": order, "images": [set(1)], "authors": [],
            "labels": {}})
    };
    ledger.push(released(5));
    assert!(ledger.refused(released(5)).contains("there already"));
    assert!(ledger.refused(released(4)).contains("there already"));
    ledger.push(released(6));
    assert_eq!(ledger.state.releases[0].order, Some(6));
    assert_eq!((ledger.state.releases.len(), ledger.state.seq), (1, 1));
}

#[test]
fn soak_is_the_longest_time_and_survives_a_second_verification() {
    let mut ledger = Ledger::new();
    let one = ledger.release(1);
    let pid = ledger.verify("dev", &one);
    ledger.wait(7200);
    ledger.unlive("dev", &pid);
    ledger.live("dev", &pid);
    ledger.wait(60);
    ledger.unlive("dev", &pid);
    let soak = |ledger: &Ledger| ledger.env("dev").ok[&one.parse().unwrap()].soak;
    assert_eq!(soak(&ledger), Span::seconds(7200));
    let again = ledger.verify("dev", &one);
    assert_eq!(soak(&ledger), Span::seconds(7200));
    ledger.wait(9000);
    let now = ledger.now;
    assert_eq!(ledger.env("dev").soak_of(&one.parse().unwrap(), now), Some(Span::seconds(9000)));
    ledger.unlive("dev", &again);
    assert_eq!(soak(&ledger), Span::seconds(9000));
    ledger.push(json!({"e": "Revoked", "env": "dev", "r": one, "why": "taken out"}));
    assert_eq!(ledger.env("dev").soak_of(&one.parse().unwrap(), now), None);
}

#[test]
fn a_release_that_is_live_for_years_leaves_a_state_that_can_be_read() {
    let mut ledger = Ledger::new();
    let one = ledger.release(1);
    let pid = ledger.verify("dev", &one);
    ledger.wait(3 * 366 * 86_400);
    ledger.unlive("dev", &pid);
    assert_eq!(ledger.env("dev").ok[&one.parse().unwrap()].soak, MAX_SOAK);
    assert_eq!(State::parse(&ledger.state.to_bytes()).unwrap(), ledger.state);
}

#[test]
fn live_twice_is_refused_and_what_is_taken_out_is_not_live() {
    let mut ledger = Ledger::new();
    let one = ledger.release(1);
    let pid = ledger.verify("dev", &one);
    let live = json!({"e": "Live", "env": "dev", "pid": pid, "since": "2026-11-21T09:00:00Z", "tree": "d".repeat(40)});
    assert!(ledger.refused(live).contains("live already"));
    let configured = |envs: Value| json!({"e": "Configured", "envs": envs, "images": ["web"], "renamed": {}});
    ledger.wait(100);
    ledger.push(configured(json!([environment("staging", false)])));
    ledger.wait(100_000);
    ledger.push(configured(json!([environment("dev", true), environment("staging", false)])));
    let env = ledger.env("dev");
    assert!(!env.removed && env.at.as_ref().unwrap().live.is_none());
    assert_eq!(env.soak_of(&one.parse().unwrap(), ledger.now), Some(Span::seconds(100)));
}

#[test]
fn a_break_takes_verdicts_back_but_no_try_is_made_twice() {
    let mut ledger = Ledger::new();
    let one = ledger.release(1);
    let pid = ledger.promote("dev", &one);
    ledger.live("dev", &pid);
    let started = |gate: &str, attempt: u32| {
        json!({"e": "Started", "env": "dev", "pid": pid, "gate": gate, "gates": gates(), "try": attempt,
            "deadline": "2026-11-21T10:00:00Z", "tree": "d".repeat(40), "handle": "run"})
    };
    let judged = |attempt: u32, verdict: &str| {
        json!({"e": "Judged", "env": "dev", "pid": pid, "gate": "qa/a", "gates": gates(), "try": attempt,
            "verdict": verdict, "detail": "12 tests"})
    };
    ledger.push(started("qa/a", 1));
    ledger.push(judged(1, "Error"));
    ledger.push(started("qa/a", 2));
    ledger.push(judged(2, "Passed"));
    ledger.push(started("qa/b", 1));
    let run = |ledger: &Ledger, gate: &str| {
        ledger.env("dev").at.as_ref().unwrap().runs[&gate.parse().unwrap()].clone()
    };
    assert_eq!((run(&ledger, "qa/a").errors, run(&ledger, "qa/a").verdict), (1, Some(Verdict::Passed)));
    ledger.unlive("dev", &pid);
    for gate in ["qa/a", "qa/b"] {
        let run = run(&ledger, gate);
        assert_eq!((run.verdict, run.errors, run.detail), (Some(Verdict::Error), 0, None), "{gate}");
    }
    assert_eq!(ledger.env("dev").at.as_ref().unwrap().phase, Phase::Syncing);
    assert!(ledger.refused(started("qa/a", 1)).contains("not its next try"));
    ledger.push(started("qa/a", 3));
    ledger.push(started("qa/b", 2));
}

#[test]
fn the_last_baked_release_is_kept_and_stays_baked() {
    let mut ledger = Ledger::new();
    let first = ledger.release(1);
    let pid = ledger.verify("dev", &first);
    ledger.push(json!({"e": "Baked", "env": "dev", "pid": pid, "result": "passed"}));
    for i in 2..30 {
        let r = ledger.release(i);
        ledger.verify("dev", &r);
    }
    let good = |ledger: &Ledger| ledger.env("dev").good.clone();
    assert_eq!(good(&ledger).len(), MAX_GOOD);
    assert_eq!((good(&ledger)[0].r.to_string(), good(&ledger)[0].baked), (first.clone(), true));
    assert_eq!(good(&ledger)[1].r.to_string(), ledger.id(21));
    // Back to it, and verified once more: it has passed its bake before.
    ledger.verify("dev", &first);
    let last = good(&ledger).pop().unwrap();
    assert_eq!((last.r.to_string(), last.baked), (first, true));
}

#[test]
fn a_cut_bake_is_no_passed_one() {
    let mut ledger = Ledger::new();
    let one = ledger.release(1);
    let pid = ledger.verify("dev", &one);
    ledger.push(json!({"e": "Baked", "env": "dev", "pid": pid, "result": "cut"}));
    assert_eq!(ledger.env("dev").at.as_ref().unwrap().phase, Phase::Settled);
    assert!(!ledger.env("dev").good[0].baked);
}

#[test]
fn holds_that_are_over_neither_count_nor_keep_their_ids() {
    let mut ledger = Ledger::new();
    let held = |id: usize| {
        json!({"e": "Held", "id": format!("h-{id}"), "select": {"environments": [], "labels": {}}, "subject": "all",
            "stops": ["promotions"], "reason": "", "until": "2026-11-21T10:00:00Z"})
    };
    for id in 0..50 {
        ledger.push(held(id));
    }
    assert!(ledger.refused(held(50)).contains("50 holds"));
    ledger.wait(3600);
    let mut again = held(0);
    again["until"] = json!("2026-11-22T00:00:00Z");
    ledger.push(again);
    assert_eq!(ledger.state.holds.len(), 1);
}

#[test]
fn what_was_found_is_kept_for_each_file_and_over_a_release() {
    let mut ledger = Ledger::new();
    let r = ledger.id(1);
    let adopted = |env: &str, raw: &str| {
        json!({"e": "Adopted", "env": env, "r": r, "seq": 0, "commit": "a".repeat(40), "images": [set(1)],
            "fields": [{"image": "web", "file": format!("apps/{env}/kustomization.yaml"), "field": "tag", "raw": raw}]})
    };
    ledger.push(adopted("dev", "1.1"));
    ledger.push(adopted("staging", "'1.1'"));
    ledger.push(adopted("dev", "\"1.1\""));
    let raws = |ledger: &Ledger| {
        let fields = ledger.state.releases[0].fields.iter();
        fields.map(|f| (f.file.to_string(), f.raw.clone().unwrap())).collect::<Vec<_>>()
    };
    let expected = vec![
        ("apps/staging/kustomization.yaml".to_owned(), "'1.1'".to_owned()),
        ("apps/dev/kustomization.yaml".to_owned(), "\"1.1\"".to_owned()),
    ];
    assert_eq!(raws(&ledger), expected);
    ledger.release(1);
    assert_eq!((ledger.state.releases.len(), ledger.state.releases[0].seq), (1, 1));
    assert_eq!(raws(&ledger), expected);
}

#[test]
fn a_state_in_another_form_or_version_is_refused() {
    let bytes = Ledger::new().state.to_bytes();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(State::parse(&bytes).is_ok());
    let newer = State::parse(text.replace("\"v\":1", "\"v\":2").as_bytes()).unwrap_err();
    assert!(newer.contains("format 2") && newer.contains("newer towpath"), "{newer}");
    let bad = [
        text.replace("\"v\":1", "\"v\":1,\n\"w\":1"),
        text.replace("\"root\":true", "\"root\":true,\n\"rood\":true"),
        text.replace("\"seq\":0", "\"seq\": 0"),
        text.replace("\"seq\":0", "\"seq\":0,\n\"seq\":0"),
        text.replace("\"seq\":0,\n", ""),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        String::new(),
        "{}".to_owned(),
    ];
    for text in bad {
        assert!(State::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_repeat_may_add_authors_and_says_something_new() {
    let mut ledger = Ledger::new();
    let r = ledger.release(1);
    let again = |order: Option<i64>, authors: &[&str]| {
        let mut event = json!({"e": "Released", "r": r, "seq": 1, "images": [set(1)], "authors": authors,
            "labels": {"ci": "ignored"}});
        if let Some(order) = order {
            event["order"] = json!(order);
        }
        event
    };
    let before = ledger.state.releases[0].authors.len();
    assert!(ledger.refused(again(None, &[])).contains("there already"));
    ledger.push(again(None, &["dave"]));
    assert!(ledger.refused(again(None, &["dave"])).contains("there already"));
    ledger.push(again(Some(7), &["dave", "erin"]));
    assert!(
        ledger.refused(again(Some(6), &["frank"])).contains("there already"),
        "an order is never lowered"
    );
    let known = &ledger.state.releases[0];
    assert_eq!(
        (known.order, known.authors.len(), known.labels.contains_key("ci")),
        (Some(7), before + 2, false)
    );
}
