//! The life of promotions, as tables.
//!
//! The numbers are those of the cases that other promoters test: 25 (promotions after one another), 26 (what a person
//! put there is not overwritten), 27 (verification: when, once, found again), 28 (what comes by itself), 43 (windows;
//! clocks that are turned are in `pipeline::window`).

use serde_json::json;

use super::stage::{Stage, name};
use super::table::{holds, row};
use crate::event::{Event, RequestKind};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, GateName, ReleaseId};
use crate::journal::State;
use crate::journal::state::Phase;
use crate::observation::{Health, RunStatus};
use crate::pipeline::Window;
use crate::time::Time;
use crate::verdict::Verdict;

/// Releases 1 to `n` were brought to dev one after the other, each with a verdict.
fn brought(stage: &mut Stage, verdicts: &[Verdict]) -> Vec<ReleaseId> {
    let mut ids = Vec::new();
    for (n, verdict) in (1..).zip(verdicts) {
        ids.push(stage.release(n));
        stage.verify("dev", *verdict);
    }
    ids
}

fn ask(stage: &mut Stage, kind: RequestKind, r: Option<&ReleaseId>) {
    let (q, env) = (ActId::parse("q-1").unwrap(), name("dev"));
    stage.record("carol", Event::Requested { q, env, r: r.cloned(), kind, overrides: Vec::new() });
}

/// Release 1 is live in dev, and its QA was journalled.
fn being_verified(stage: &mut Stage) {
    stage.release(1);
    stage.step();
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
}

fn run(stage: &mut Stage, status: Option<RunStatus>) {
    let runs = &mut stage.facts.get_mut(&name("dev")).unwrap().runs;
    runs.clear();
    runs.extend(status.map(|status| (GateName::parse("qa/smoke").unwrap(), Ok(status))));
}

#[test]
fn case_25_one_after_the_other() {
    use Verdict::{Failed, Passed};
    holds(&[
        row(
            "the next one waits for the verdict",
            |s| {
                being_verified(s);
                s.release(2);
            },
            "dev",
            "waits Verifying",
        ),
        row(
            "and comes after it",
            |s| {
                being_verified(s);
                s.release(2);
                s.finish_qa("dev", Passed);
                s.step();
                s.step();
            },
            "dev",
            "brings 1.2",
        ),
        row(
            "it comes after a failure that people look at, too",
            |s| {
                s.pipeline.environments[0].rollback.automatic = false;
                brought(s, &[Passed, Failed]);
                s.release(3);
            },
            "dev",
            "brings 1.3",
        ),
        row(
            "what failed is nothing to go back to",
            |s| {
                s.pipeline.environments[0].rollback.automatic = false;
                brought(s, &[Passed, Failed, Failed]);
                s.pipeline.environments[0].rollback.automatic = true;
            },
            "dev",
            "goes back to 1.1",
        ),
        row(
            "a lost race leaves what was there",
            |s| {
                brought(s, &[Passed]);
                s.shared.atomic = false;
                s.release(2);
                let before = s.facts.clone();
                s.step();
                s.facts = before;
                s.facts.get_mut(&name("dev")).unwrap().committing_landed = Some(false);
                s.step();
                s.facts.get_mut(&name("dev")).unwrap().committing_landed = None;
                s.pipeline.environments[0].promotion.automatic = false;
            },
            "dev",
            "waits NotAutomatic",
        ),
    ]);
}

/// A person put the older release back, and it is Verified.
fn stepped_back(stage: &mut Stage) {
    let ids = brought(stage, &[Verdict::Passed, Verdict::Passed]);
    ask(stage, RequestKind::Promote, Some(&ids[0]));
    stage.verify("dev", Verdict::Passed);
}

#[test]
fn case_26_what_a_person_put_there_stays() {
    holds(&[
        row("the newer one does not come back by itself", stepped_back, "dev", "settled"),
        row(
            "one that is newer than both comes",
            |s| {
                stepped_back(s);
                s.release(3);
            },
            "dev",
            "brings 1.3",
        ),
        row(
            "it is so for whoever reads the journal anew",
            |s| {
                stepped_back(s);
                s.state = State::parse(&s.state.to_bytes()).unwrap();
            },
            "dev",
            "settled",
        ),
        row("what was taken out does not go onward", stepped_back, "staging", "waits UpstreamNotVerified"),
        row(
            "a hold there holds nobody else",
            |s| {
                brought(s, &[Verdict::Passed]);
                s.wait(300);
                let (id, select) = (ActId::parse("h-1").unwrap(), Select::environment(&name("dev")));
                let (subject, stops, reason) = (Subject::All, vec![Stop::Promotions], "mine".to_owned());
                s.record("carol", Event::Held { id, select, subject, stops, reason, until: None });
            },
            "staging",
            "brings 1.1",
        ),
    ]);
}

#[test]
fn case_27_verification_begins_when_it_is_live() {
    holds(&[
        row(
            "none before it is live",
            |s| {
                s.release(1);
                s.step();
                s.show("dev", Health::Progressing);
            },
            "dev",
            "waits Syncing",
        ),
        row(
            "none while it is unwell",
            |s| {
                s.release(1);
                s.step();
                s.show("dev", Health::Degraded);
            },
            "dev",
            "waits Degraded",
        ),
        row(
            "it begins when it is live",
            |s| {
                s.release(1);
                s.step();
                s.show("dev", Health::Healthy);
                s.wait(10);
                s.step();
            },
            "dev",
            "starts qa/smoke 1",
        ),
    ]);
}

#[test]
fn case_27_a_run_is_found_again() {
    holds(&[
        row(
            "a run that nobody has looked up yet is not begun again",
            |s| {
                being_verified(s);
                run(s, None);
            },
            "dev",
            "waits Verifying",
        ),
        row(
            "nor one of another host",
            |s| {
                being_verified(s);
                run(s, Some(RunStatus::Elsewhere));
            },
            "dev",
            "waits Verifying",
        ),
        row(
            "one that never began is begun under its handle",
            |s| {
                being_verified(s);
                run(s, Some(RunStatus::Absent));
            },
            "dev",
            "makes sure of qa/smoke",
        ),
        row(
            "one that is missing at its deadline is an Error",
            |s| {
                being_verified(s);
                run(s, Some(RunStatus::Absent));
                s.wait(600);
            },
            "dev",
            "Judged",
        ),
    ]);
}

#[test]
fn case_27_a_person_may_have_it_once_more() {
    holds(&[
        row(
            "a person's stays a person's",
            |s| {
                s.pipeline.environments[0].promotion.automatic = false;
                let r = s.release(1);
                ask(s, RequestKind::Promote, Some(&r));
            },
            "dev",
            "brings 1.1 for carol, Closed",
        ),
        row(
            "what failed is verified once more at a person's word",
            |s| {
                s.pipeline.environments[0].rollback.automatic = false;
                let ids = brought(s, &[Verdict::Passed, Verdict::Failed]);
                ask(s, RequestKind::Promote, Some(&ids[1]));
            },
            "dev",
            "brings 1.2 for carol, Closed",
        ),
        row(
            "not what is being verified",
            |s| {
                being_verified(s);
                let r = s.env("dev").at.as_ref().unwrap().r.clone();
                ask(s, RequestKind::Promote, Some(&r));
                run(s, Some(RunStatus::Running));
                s.wait(900);
                s.step();
                while s.phase("dev") == Phase::Verifying && s.step() {}
            },
            "dev",
            "waits Verifying",
        ),
    ]);
}

#[test]
fn case_28_what_comes_by_itself() {
    use Verdict::{Failed, Passed};
    holds(&[
        row(
            "not what failed",
            |s| {
                brought(s, &[Passed, Failed]);
                s.verify("dev", Passed);
            },
            "dev",
            "settled",
        ),
        row(
            "not twice while it is on its way",
            |s| {
                s.shared.atomic = false;
                s.release(1);
                s.step();
            },
            "dev",
            "waits Occupied",
        ),
        row(
            "not what the host refuses",
            |s| {
                s.release(1);
                s.facts.get_mut(&name("dev")).unwrap().refused = Some("protected".into());
            },
            "dev",
            "waits PushRefused",
        ),
        row(
            "the newest that is Verified upstream, not the newest",
            |s| {
                brought(s, &[Passed]);
                s.wait(300);
                s.release(2);
                s.facts.get_mut(&name("dev")).unwrap().refused = Some("protected".into());
            },
            "staging",
            "brings 1.1",
        ),
        row(
            "nothing older than what was there",
            |s| {
                let ids = brought(s, &[Passed, Passed]);
                s.wait(300);
                s.verify("staging", Passed);
                ask(s, RequestKind::Promote, Some(&ids[0]));
                s.verify("dev", Passed);
                s.wait(600);
            },
            "staging",
            "settled",
        ),
    ]);
}

/// Dev's windows, at this time, with something to bring.
fn at(stage: &mut Stage, now: &str, windows: &[serde_json::Value]) {
    stage.now = Time::parse(now).unwrap();
    stage.pipeline.environments[0].entry.windows = windows.iter().cloned().map(Window::read).collect();
    stage.release(1);
}

fn office(zone: &str) -> serde_json::Value {
    json!({"timezone": zone, "allow": [{"cron": "0 9 * * *", "duration": "8h"}]})
}

#[test]
fn case_43_windows_open_and_close_at_their_second() {
    holds(&[
        row("before", |s| at(s, "2027-03-02T08:59:59Z", &[office("UTC")]), "dev", "waits WindowClosed"),
        row("start", |s| at(s, "2027-03-02T09:00:00Z", &[office("UTC")]), "dev", "brings 1.1"),
        row("last second", |s| at(s, "2027-03-02T16:59:59Z", &[office("UTC")]), "dev", "brings 1.1"),
        row("end", |s| at(s, "2027-03-02T17:00:00Z", &[office("UTC")]), "dev", "waits WindowClosed"),
        row(
            "each window has its own zone",
            |s| at(s, "2027-03-02T12:00:00Z", &[office("UTC"), office("America/New_York")]),
            "dev",
            "waits WindowClosed",
        ),
        row(
            "and is open where both are",
            |s| at(s, "2027-03-02T14:00:00Z", &[office("UTC"), office("America/New_York")]),
            "dev",
            "brings 1.1",
        ),
        row(
            "what is denied is closed whatever is allowed",
            |s| {
                let mut office = office("UTC");
                office["deny"] = json!([{"cron": "0 12 * * *", "duration": "1h"}]);
                at(s, "2027-03-02T12:00:00Z", &[office]);
            },
            "dev",
            "waits WindowClosed",
        ),
        row(
            "one that opens every minute is always open",
            |s| {
                let often = json!({"timezone": "UTC", "allow": [{"cron": "* * * * *", "duration": "1m"}]});
                at(s, "2027-03-02T12:00:59Z", &[often]);
            },
            "dev",
            "brings 1.1",
        ),
    ]);
}

/// Cron and duration in Berlin; a closed moment, and when it opens; and when it closes again.
const CLOCKS: [(&str, &str, &str, &str, &str); 4] = [
    // The clock goes from 02:00 to 03:00: it opens with the first instant after the gap, for an hour of elapsed time.
    ("30 2 * * *", "1h", "2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"),
    // The clock goes from 03:00 back to 02:00: it opens the first time, and not once more.
    ("30 2 * * *", "1h", "2027-10-31T00:00:00Z", "2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"),
    ("30 2 * * *", "1h", "2027-10-31T01:30:00Z", "2027-11-01T01:30:00Z", "2027-11-01T02:30:00Z"),
    // The 29th of February.
    ("0 9 29 2 *", "8h", "2027-03-01T12:00:00Z", "2028-02-29T08:00:00Z", "2028-02-29T16:00:00Z"),
];

#[test]
fn windows_name_their_next_opening_over_turned_clocks_and_leap_days() {
    for (cron, duration, closed, opens, closes) in CLOCKS {
        let window = json!({"timezone": "Europe/Berlin", "allow": [{"cron": cron, "duration": duration}]});
        let mut stage = Stage::new();
        at(&mut stage, closed, &[window]);
        let wait = stage.waits("dev").remove(0);
        assert_eq!(wait.when, crate::decide::When::At(Time::parse(opens).unwrap()), "{cron} at {closed}");
        stage.now = Time::parse(opens).unwrap();
        assert!(stage.promotes("dev").is_some(), "{cron} at {opens}");
        stage.now = Time::parse(closes).unwrap();
        assert_eq!(stage.promotes("dev"), None, "{cron} at {closes}");
    }
}
