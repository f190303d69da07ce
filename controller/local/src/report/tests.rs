use towpath_core::event::{Event, RequestKind};
use towpath_core::hold::Stop;
use towpath_core::id::{Actor, Name};
use towpath_core::time::Span;
use towpath_engine::people::{NewHold, ReleaseRef};

use super::*;
use crate::host::tests::{Bench, document, id};

/// The text without colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn view(bench: &mut Bench) -> StatusView {
    let outlook = bench.host.outlook(&id("web")).unwrap();
    let folder = bench.host.folder();
    status(&folder.pipelines[0], &folder.config, &outlook)
}

/// `dev` runs version 2 and soaks, `prod` waits for it.
fn soaking() -> Bench {
    let mut bench = Bench::new(&[document("web", "a", ", soak: 10m")]);
    bench.once();
    bench.release("web", "2", '2');
    bench.once();
    bench
}

fn hold(bench: &Bench, reason: &str) {
    let alice = Actor::parse("alice").unwrap();
    let new = NewHold {
        environments: vec![Name::parse("prod").unwrap()],
        labels: [].into(),
        release: Some(ReleaseRef::Version("2".into())),
        digest: None,
        rollbacks: true,
        reason: reason.into(),
        until: None,
    };
    bench.host.with_engine(&id("web"), |engine| engine.hold(&alice, &new)).unwrap();
}

#[test]
fn before_the_first_pass_nothing_is_called_settled() {
    let mut bench = Bench::new(&[document("web", "a", "")]);
    let text = plain(&view(&mut bench).text());
    assert!(
        text.contains("shop/web  no ledger yet\nthe next pass first records: here owns the ledger"),
        "{text}"
    );
    assert!(text.contains("dev          -     -      -      tip    decided after that\n"), "{text}");
}

#[test]
fn a_status_has_a_line_for_each_environment_and_what_waits() {
    let mut bench = soaking();
    hold(&bench, "leaks\nmemory\u{1b}[31m");
    let text = plain(&view(&mut bench).text());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "shop/web  owner here (this folder), event 12");
    assert_eq!(lines[1], "ENVIRONMENT  RUNS  PHASE    SINCE  PROOF  WHY");
    assert_eq!(lines[2], "dev          2     settled  0s     tip");
    assert!(
        lines[3].starts_with("prod         1     adopted  1m     tip    2 was live in dev for "),
        "{text}"
    );
    assert_eq!(lines[4], "waiting for prod: 2");
    assert!(lines[5].starts_with("hold h-12-") && lines[5].ends_with(": leaks memory [31m"), "{text}");
    assert!(lines[5].contains(": 2 in prod, rollbacks too, by alice 0s ago"), "{text}");
    assert_eq!(lines.len(), 6, "{text}");
}

#[test]
fn why_has_sentence_object_and_time() {
    let mut bench = soaking();
    let text = plain(&why_text(&view(&mut bench)));
    assert!(text.contains("shop/web dev runs 2 (settled): nothing is left to do\n"), "{text}");
    assert!(
        text.contains("shop/web prod runs 1 (adopted): waits\n  Soaking: 2 was live in dev for "),
        "{text}"
    );
    assert!(text.contains("\n    object dev\n    again  in "), "{text}");
}

#[test]
fn an_action_that_reaches_further_stands_for_its_bookkeeping() {
    let mut bench = Bench::new(&[document("web", "a", "")]);
    bench.once();
    bench.release("web", "2", '2');
    bench.once();
    let alice = Actor::parse("alice").unwrap();
    let (dev, to) = (Name::parse("dev").unwrap(), ReleaseRef::Version("1".into()));
    let ask = bench
        .host
        .with_engine(&id("web"), |engine| engine.request(&alice, &dev, RequestKind::Rollback, Some(&to)));
    ask.unwrap();
    let view = view(&mut bench);
    let AnswerView::Acts { actions, .. } = &view.environments[0].answer else { panic!("{view:?}") };
    assert!(actions[0].starts_with("records: 2 no longer Verified in dev: alice went back"), "{actions:?}");
    let brief = view.environments[0].answer.brief();
    assert!(brief.starts_with("the next pass rolls dev back to 1 (r-"), "{brief}");
    assert!(brief.ends_with("): alice asked for it"), "{brief}");
}

#[test]
fn the_json_form_has_codes_and_times_for_programs() {
    let mut bench = soaking();
    let json = serde_json::to_value(view(&mut bench)).unwrap();
    let prod = &json["environments"][1];
    assert_eq!(prod["answer"]["state"], "waits");
    let wait = &prod["answer"]["waits"][0];
    assert_eq!((wait["code"].as_str(), wait["needsPerson"].as_bool()), (Some("Soaking"), Some(false)));
    assert!(wait["again"].as_str().unwrap().ends_with('Z') && wait.get("when").is_none(), "{wait}");
    assert_eq!(
        (json["pipeline"].as_str(), prod["candidates"][0]["version"].as_str()),
        (Some("shop/web"), Some("2"))
    );
}

#[test]
fn history_is_newest_first_cut_and_filtered() {
    let bench = soaking();
    let read = |count, env: Option<&str>| {
        let env = env.map(|name| Name::parse(name).unwrap());
        bench.host.with_engine(&id("web"), |engine| history(engine, count, env.as_ref()))
    };
    let numbers = |view: &HistoryView| view.events.iter().map(|e| e.recorded.n).collect::<Vec<_>>();
    let cut = read(3, None).unwrap();
    assert_eq!((numbers(&cut), cut.more), (vec![11, 10, 9], true));
    let all = read(100, None).unwrap();
    assert_eq!((all.events.len(), all.more), (11, false));
    let prod = read(100, Some("prod")).unwrap();
    assert_eq!(numbers(&prod), [4]);
    let line = plain(&prod.text());
    assert!(
        line.starts_with("4  20") && line.contains("Z  towpath  Adopted  prod adopted as found at "),
        "{line}"
    );
    assert!(read(1, Some("nix")).unwrap_err().to_string().contains("there are dev, prod"));
}

#[test]
fn the_ledger_shows_where_and_how_large_it_is() {
    let bench = soaking();
    let head = bench.host.with_engine(&id("web"), |engine| engine.read()).unwrap().unwrap();
    let view = ledger(&bench.host.folder().pipelines[0], &head);
    let text = plain(&view.text());
    for line in [
        "ref         refs/towpath/ledger/shop/web\n",
        "owner       here, epoch 1\n",
        "last event  11 at ",
        "people      0 approvals, 0 holds, 0 requests\n",
        "\ndev\n  path        a/dev on refs/heads/main\n",
        "  gate        qa/smoke: Passed, try 1\n",
        "  high water  number 1\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn texts_of_others_never_reach_a_terminal_raw() {
    let hostile = "a\nb\u{1b}[2J\u{202e}c";
    let name = |text: &str| Name::parse(text).unwrap();
    let events = [
        Event::Cleared { env: name("dev"), digests: Vec::new(), reason: hostile.into() },
        Event::Held {
            id: "h-1".parse().unwrap(),
            select: [("k".to_owned(), hostile.to_owned())].into_iter().fold(
                towpath_core::hold::Select::default(),
                |mut select, (key, value)| {
                    select.labels.insert(key, value);
                    select
                },
            ),
            subject: towpath_core::hold::Subject::All,
            stops: vec![Stop::Promotions],
            reason: hostile.into(),
            until: None,
        },
        Event::Closed { q: "q-1".parse().unwrap(), outcome: hostile.into() },
        Event::Approved {
            env: name("dev"),
            r: "r-0123456789abcdef0123".parse().unwrap(),
            gates: "g1:0123456789abcdef0123".parse().unwrap(),
            groups: vec![hostile.into()],
            until: None,
        },
    ];
    for event in events {
        let text = event_text(&event, None);
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
        assert!(text.contains("a b"), "{text:?}");
    }
}

#[test]
fn a_view_of_a_hold_ends_when_the_hold_does() {
    let mut bench = soaking();
    let alice = Actor::parse("alice").unwrap();
    let until = bench.host.now().plus(Span::seconds(60));
    let new = NewHold {
        environments: Vec::new(),
        labels: [].into(),
        release: None,
        digest: None,
        rollbacks: false,
        reason: "lunch".into(),
        until: Some(until),
    };
    bench.host.with_engine(&id("web"), |engine| engine.hold(&alice, &new)).unwrap();
    assert_eq!(view(&mut bench).holds[0].environments, "all environments");
    bench.clock.advance(60);
    assert!(view(&mut bench).holds.is_empty());
}
