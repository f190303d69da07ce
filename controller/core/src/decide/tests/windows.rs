//! Entry gates: windows.

use serde_json::json;

use super::stage::{Stage, name};
use crate::decide::{Effect, WaitCode, When};
use crate::event::{Event, RequestKind};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, ReleaseId};
use crate::pipeline::{EntryGate, Window};
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// 2027-03-26 is a Friday; dev takes releases on weekdays from 9 to 17 in Berlin.
fn office_hours(now: &str) -> (Stage, ReleaseId) {
    let mut stage = Stage::new();
    stage.now = Time::parse(now).unwrap();
    stage.pipeline.environments[0].entry.windows = vec![window("0 9 * * MON-FRI", "8h")];
    let r = stage.release(1);
    (stage, r)
}

fn window(cron: &str, duration: &str) -> Window {
    Window::read(json!({"timezone": "Europe/Berlin", "allow": [{"cron": cron, "duration": duration}]}))
}

#[test]
fn a_closed_window_keeps_a_release_until_it_opens() {
    let (mut stage, _) = office_hours("2027-03-26T16:00:00Z");
    let wait = stage.waits("dev").remove(0);
    let opens = Time::parse("2027-03-29T07:00:00Z").unwrap();
    assert_eq!((wait.code, wait.when, wait.remedy.as_str()), (WaitCode::WindowClosed, When::At(opens), ""));
    assert_eq!(wait.object, "window");
    assert_eq!(
        wait.text,
        "dev is outside its windows, so 1.1 waits; it opens Mon 2027-03-29 09:00 CEST (Europe/Berlin)"
    );
    stage.now = Time::from_unix(opens.unix() - 1);
    assert_eq!(stage.promotes("dev"), None);
    stage.now = opens;
    assert!(stage.promotes("dev").is_some());
    stage.wait(8 * 3600 - 1);
    assert!(stage.promotes("dev").is_some());
    stage.wait(1);
    assert_eq!(stage.codes("dev"), [WaitCode::WindowClosed]);
}

/// What was recorded last may be of a later time than this host's clock says.
#[test]
fn a_window_has_to_be_open_by_the_clock_and_by_the_journal() {
    let cases = [
        ("it closed by the journal's time", "2027-03-26T15:59:40Z", 30, "2027-03-29T07:00:00Z"),
        ("it has not opened by this clock", "2027-03-26T07:59:40Z", 30, "2027-03-26T08:00:00Z"),
    ];
    for (case, now, ahead, opens) in cases {
        let (mut stage, _) = office_hours(now);
        stage.state.at = stage.now.plus(Span::seconds(ahead));
        let wait = stage.waits("dev").remove(0);
        let opens = Time::parse(opens).unwrap();
        assert_eq!((wait.code, wait.when), (WaitCode::WindowClosed, When::At(opens)), "{case}");
    }
    let (mut stage, _) = office_hours("2027-03-26T15:58:40Z");
    stage.state.at = stage.now.plus(Span::seconds(30));
    assert!(stage.promotes("dev").is_some(), "it is open at both");
}

#[test]
fn what_closes_it_is_named() {
    let (mut stage, _) = office_hours("2027-03-26T09:00:00Z");
    let freeze = json!({"timezone": "UTC", "deny": [{"cron": "0 8 26 3 *", "duration": "2h"}]});
    stage.pipeline.environments[0].entry.windows.push(Window::read(freeze));
    let wait = stage.waits("dev").remove(0);
    assert_eq!(wait.object, "window/2");
    assert_eq!(
        wait.text,
        "dev is closed by 0 8 26 3 * for 2h, so 1.1 waits; it opens Fri 2027-03-26 10:00 UTC (UTC)"
    );
}

#[test]
fn all_windows_have_to_be_open() {
    let (mut stage, _) = office_hours("2027-03-26T16:00:00Z");
    stage.pipeline.environments[0].entry.windows.push(window("0 16 * * TUE", "4h"));
    let opens = Time::parse("2027-03-30T14:00:00Z").unwrap();
    assert_eq!(stage.waits("dev")[0].when, When::At(opens), "when both are open");
    stage.pipeline.environments[0].entry.windows.push(window("0 2 * * *", "1h"));
    let wait = stage.waits("dev").remove(0);
    assert!(wait.text.contains("it does not open before"), "{}", wait.text);
    assert!(wait.when.latest() > opens);
}

#[test]
fn people_are_asked_before_the_clock() {
    let (mut stage, r) = office_hours("2027-03-26T09:00:00Z");
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    stage.pipeline.environments[2].entry.windows = vec![window("0 9 * * MON", "1h")];
    assert_eq!(stage.codes("production"), [WaitCode::ApprovalNeeded]);
    stage.approve("bob", &r);
    assert_eq!(stage.codes("production"), [WaitCode::WindowClosed]);
    stage.now = Time::parse("2027-03-29T07:30:00Z").unwrap();
    assert!(stage.promotes("production").is_some());
}

#[test]
fn an_approval_is_for_the_windows_that_it_was_given_under() {
    let (mut stage, _) = office_hours("2027-03-26T09:00:00Z");
    let production = &mut stage.pipeline.environments[2];
    let without = production.entry_hash();
    production.entry.windows = vec![window("0 9 * * MON", "1h")];
    let with = production.entry_hash();
    let exception =
        json!({"from": "2027-03-28T00:00:00Z", "to": "2027-03-29T00:00:00Z", "reason": "the fix"});
    let allow = json!([{"cron": "0  9 * * MON", "duration": "60m"}]);
    production.entry.windows =
        vec![Window::read(json!({"timezone": "europe/berlin", "allow": allow, "exceptions": [exception]}))];
    assert_ne!(without, with);
    assert_eq!(production.entry_hash(), with, "it means the same but for the one occasion");
}

#[test]
fn a_hold_is_said_before_the_clock() {
    let (mut stage, _) = office_hours("2027-03-26T16:00:00Z");
    let (id, stops) = (ActId::parse("h-1").unwrap(), vec![Stop::Promotions]);
    let (select, subject) = (Select::default(), Subject::All);
    stage.record("carol", Event::Held { id, select, subject, stops, reason: "sale".into(), until: None });
    assert_eq!(stage.codes("dev"), [WaitCode::Held]);
}

#[test]
fn a_failure_goes_back_through_a_closed_window() {
    let (mut stage, _) = office_hours("2027-03-26T15:50:00Z");
    stage.verify("dev", Verdict::Passed);
    stage.release(2);
    while stage.phase("dev") != crate::journal::state::Phase::Syncing {
        assert!(stage.step());
    }
    stage.show("dev", crate::observation::Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    stage.wait(900);
    stage.finish_qa("dev", Verdict::Failed);
    let back = (0..5).find_map(|_| {
        let found = stage.promotes("dev");
        if found.is_none() {
            stage.step();
        }
        found
    });
    assert_eq!(back, Some(("1.1".to_owned(), crate::event::Cause::Rollback)));
}

#[test]
fn a_person_may_pass_it_by_where_that_is_allowed() {
    let (mut stage, r) = office_hours("2027-03-26T16:00:00Z");
    let request = Event::Requested {
        q: ActId::parse("q-1").unwrap(),
        env: name("dev"),
        r: Some(r.clone()),
        kind: RequestKind::Promote,
        overrides: vec!["window the site is down".to_owned()],
    };
    stage.record("carol", request);
    assert_eq!(stage.codes("dev"), [WaitCode::WindowClosed], "not where it is not allowed");
    stage.pipeline.environments[0].promotion.overrides = [EntryGate::Window].into();
    let crate::decide::Answer::Act(effects) = stage.answer("dev") else { panic!("it waits") };
    let overridden = effects.iter().find_map(|effect| match effect {
        Effect::Record(Event::Overridden { gate, reason, .. }) => Some((gate.to_string(), reason.clone())),
        _ => None,
    });
    assert_eq!(overridden, Some(("window".to_owned(), "the site is down".to_owned())));
    stage.state.requests.clear();
    let remedy =
        format!("if it cannot wait: towpath promote shop/web dev {r} --override window --reason TEXT");
    assert_eq!(stage.waits("dev")[0].remedy, remedy);
}

#[test]
fn no_window_is_asked_of_a_queue() {
    let (mut stage, _) = office_hours("2027-03-26T16:00:00Z");
    for n in 2..40 {
        stage.release(n);
    }
    assert_eq!(stage.codes("dev"), [WaitCode::WindowClosed]);
    stage.now = Time::parse("2027-03-29T07:00:00Z").unwrap().plus(Span::seconds(5));
    assert_eq!(stage.promotes("dev").unwrap().0, "1.39");
}
