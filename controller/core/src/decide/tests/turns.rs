//! When an environment is looked at again: no later than time alone may change what it waits for.
//!
//! [`super::laws`] says so of all worlds; these are the places where it was not so.

use serde_json::json;

use super::stage::{Stage, metric, name};
use crate::decide::{Effect, WaitCode};
use crate::event::{Event, RequestKind};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, GateName, ReleaseId};
use crate::journal::state::Phase;
use crate::observation::{Health, Reading};
use crate::pipeline::{Bake, Delivery, Edge, EdgeMode, Queue, Window};
use crate::time::{Span, Time};
use crate::verdict::Verdict;
use crate::world::ProposalStatus;

fn first_look(stage: &Stage, environment: &str) -> Time {
    stage.waits(environment).iter().map(|wait| wait.when.latest()).min().unwrap()
}

fn hold(stage: &mut Stage, subject: Subject, seconds: u32) -> Time {
    let until = stage.now.plus(Span::seconds(seconds));
    let (id, stops) = (ActId::parse("h-1").unwrap(), vec![Stop::Promotions]);
    let (select, reason) = (Select::default(), "because".to_owned());
    stage.record("carol", Event::Held { id, select, subject, stops, reason, until: Some(until) });
    until
}

fn request(stage: &mut Stage, environment: &str, r: &ReleaseId) {
    let (q, env, kind) = (ActId::parse("q-1").unwrap(), name(environment), RequestKind::Promote);
    stage.record("carol", Event::Requested { q, env, r: Some(r.clone()), kind, overrides: Vec::new() });
}

/// Open on Mondays and Tuesdays; the stage's time is a Friday.
fn mondays() -> Window {
    let allow = json!([{"cron": "0 0 * * MON", "duration": "2d"}]);
    Window::read(json!({"timezone": "UTC", "allow": allow}))
}

/// Verified in dev, 1.2 soaks for staging; so did 1.1, which is held.
fn one_soaks_and_one_is_held() -> (Stage, Time) {
    let mut stage = Stage::new();
    stage.pipeline.environments[1].after.edges[0].soak = Span::seconds(3000);
    let held = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.pipeline.environments[1].promotion.automatic = false;
    stage.wait(3000);
    stage.release(2);
    stage.verify("dev", Verdict::Passed);
    stage.pipeline.environments[1].promotion.automatic = true;
    let until = hold(&mut stage, Subject::Release(held), 600);
    (stage, until)
}

#[test]
fn a_soak_that_is_waited_for_hides_no_hold_that_ends_before() {
    let (mut stage, until) = one_soaks_and_one_is_held();
    assert_eq!(stage.codes("staging"), [WaitCode::Soaking]);
    assert_eq!(first_look(&stage, "staging"), until);
    stage.now = until;
    assert_eq!(stage.promotes("staging").unwrap().0, "1.1");
}

#[test]
fn a_newer_release_hides_no_soak_that_ends() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    let soaked = first_look(&stage, "staging");
    stage.pipeline.environments[0].promotion.automatic = false;
    stage.release(2);
    stage.now = Time::from_unix(soaked.unix() - 5);
    assert_eq!(stage.codes("staging"), [WaitCode::UpstreamNotVerified]);
    assert_eq!(first_look(&stage, "staging"), soaked);
}

#[test]
fn a_closed_window_hides_no_approval_that_ends_before() {
    let mut stage = Stage::new();
    stage.pipeline.environments[2].entry.windows = vec![mondays()];
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    let (env, gates) = (name("production"), stage.pipeline.environments[2].entry_hash());
    let until = stage.now.plus(Span::seconds(3600));
    stage.record("bob", Event::Approved { env, r, gates, groups: Vec::new(), until: Some(until) });
    assert_eq!(stage.codes("production"), [WaitCode::WindowClosed]);
    assert_eq!(first_look(&stage, "production"), until);
    stage.now = until;
    assert_eq!(stage.codes("production"), [WaitCode::ApprovalNeeded]);
}

#[test]
fn what_a_newer_release_replaces_is_looked_at_when_that_may_come() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].promotion.queue = Queue::NewestWins;
    stage.pipeline.environments[0].stable = Span::seconds(7200);
    stage.release(1);
    stage.step();
    stage.show("dev", Health::Healthy);
    let newer = stage.release(2);
    let until = hold(&mut stage, Subject::Release(newer), 600);
    assert_eq!((stage.phase("dev"), stage.codes("dev")), (Phase::Syncing, vec![WaitCode::Stabilizing]));
    assert_eq!(first_look(&stage, "dev"), until);
    stage.now = until;
    assert_eq!(stage.promotes("dev").unwrap().0, "1.2");
}

#[test]
fn what_was_asked_for_pre_empts_a_failure_as_soon_as_it_may_come() {
    let mut stage = Stage::new();
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    let fix = stage.release(3);
    let until = hold(&mut stage, Subject::Release(fix.clone()), 100);
    stage.release(2);
    stage.storms("dev", &[0; 3]);
    stage.verify("dev", Verdict::Failed);
    request(&mut stage, "dev", &fix);
    assert_eq!(stage.codes("dev"), [WaitCode::RollbackStorm]);
    assert_eq!(first_look(&stage, "dev"), until);
    stage.now = until;
    assert_eq!(stage.promotes("dev").unwrap().0, "1.3");
}

#[test]
fn the_check_of_a_pull_request_is_red_when_its_window_closes() {
    let mut stage = Stage::new();
    stage.now = Time::parse("2027-01-19T23:59:30Z").unwrap();
    stage.pipeline.environments[0].delivery = Delivery::PullRequest;
    stage.pipeline.environments[0].entry.windows = vec![mondays()];
    let r = stage.release(1);
    let pid = stage.state.pid(&name("dev"), &r, 1);
    let (env, head) = (name("dev"), super::stage::commit(9));
    stage.record("towpath", Event::Proposed { pid, env, r, head, pr: Some(1) });
    stage.facts.get_mut(&name("dev")).unwrap().proposal = Some(ProposalStatus::Open { green: true });
    assert_eq!(stage.codes("dev"), [WaitCode::Proposed]);
    let closes = Time::parse("2027-01-20T00:00:00Z").unwrap();
    assert_eq!(first_look(&stage, "dev"), closes);
    stage.now = closes;
    let crate::decide::Answer::Act(effects) = stage.answer("dev") else { panic!("it stays green") };
    assert!(matches!(effects.as_slice(), [Effect::Check { green: false, .. }]), "{effects:?}");
}

#[test]
fn of_several_upstream_environments_the_one_without_an_end_of_its_own_ends_last() {
    for (mode, code) in [(EdgeMode::All, WaitCode::UpstreamNotVerified), (EdgeMode::Any, WaitCode::Soaking)] {
        let mut stage = Stage::new();
        stage.pipeline.environments[1].promotion.automatic = false;
        let after = &mut stage.pipeline.environments[2].after;
        after.edges.push(Edge { environment: name("dev"), soak: Span::seconds(900) });
        after.mode = mode;
        stage.release(1);
        stage.verify("dev", Verdict::Passed);
        for seconds in [0, 100, 770] {
            stage.wait(seconds);
            assert_eq!(stage.codes("production"), [code], "{mode:?}");
        }
    }
}

#[test]
fn what_has_to_be_verified_anew_is_so_at_a_persons_word() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].revalidate = true;
    stage.pipeline.environments[0].promotion.automatic = false;
    let r = stage.release(1);
    request(&mut stage, "dev", &r);
    stage.verify("dev", Verdict::Passed);
    stage.pipeline.environments[0].entry.windows = vec![mondays()];
    let crate::pipeline::GateKind::Qa(qa) = &mut stage.pipeline.environments[0].verify[0].kind else {
        panic!("dev has QA");
    };
    qa.revision = "2".into();
    stage.wait(300);
    assert!(stage.waits("staging")[0].remedy.ends_with(&format!("towpath promote shop/web dev {r}")));
    request(&mut stage, "dev", &r);
    assert_eq!(stage.codes("dev"), [WaitCode::WindowClosed], "it is not there already");
    stage.pipeline.environments[0].entry.windows.clear();
    assert!(stage.promotes("dev").is_some());
}

#[test]
fn a_gate_that_is_used_up_hides_no_sample_of_another() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].verify.push(super::stage::gate("metrics/errors", metric(600)));
    stage.release(1);
    stage.step();
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    for _ in 0..3 {
        stage.finish_qa("dev", Verdict::Error);
        while stage.step() {}
    }
    assert_eq!(stage.codes("dev"), [WaitCode::GateError]);
    assert_eq!(first_look(&stage, "dev"), stage.now.plus(Span::seconds(30)), "its first sample");
}

#[test]
fn a_reading_of_the_try_before_says_nothing_of_the_next() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].verify = vec![super::stage::gate("metrics/errors", metric(600))];
    stage.release(1);
    stage.step();
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    stage.wait(30);
    let (pid, gate) = (stage.env("dev").at.as_ref().unwrap().pid.clone().unwrap(), "metrics/errors");
    let gate = GateName::parse(gate).unwrap();
    stage.readings.insert((pid, gate.clone()), Reading::Unusable("not a number".into()));
    for _ in ["the first try ends", "the second begins"] {
        assert!(stage.step());
    }
    assert!(!stage.step(), "and is not judged by what was read before it");
    assert_eq!(stage.env("dev").at.as_ref().unwrap().runs[&gate].attempt, 2);
    assert_eq!(stage.codes("dev"), [WaitCode::Verifying]);
}

#[test]
fn what_is_offered_by_a_pull_request_is_not_asked_for_again() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].delivery = Delivery::PullRequest;
    stage.pipeline.environments[0].promotion.automatic = false;
    let r = stage.release(1);
    assert_eq!(stage.codes("dev"), [WaitCode::NotAutomatic]);
    let pid = stage.state.pid(&name("dev"), &r, 1);
    let (env, head) = (name("dev"), super::stage::commit(9));
    stage.record("towpath", Event::Proposed { pid, env, r, head, pr: Some(1) });
    stage.facts.get_mut(&name("dev")).unwrap().proposal = Some(ProposalStatus::Open { green: true });
    assert_eq!(stage.codes("dev"), [WaitCode::Proposed]);
}

#[test]
fn a_bake_that_cannot_be_read_hides_no_window_that_closes() {
    let mut stage = Stage::new();
    stage.pipeline.environments[0].bake = Some(Bake { duration: Span::seconds(600), gates: Vec::new() });
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.show("dev", Health::Unknown);
    stage.release(2);
    let closes = stage.now.plus(Span::seconds(60));
    let (from, to) = (stage.now.plus(Span::seconds(0)).to_string(), closes.to_string());
    let exceptions = json!([{"from": from, "to": to, "reason": "now"}]);
    let deny = json!([{"cron": "* * * * *", "duration": "1h"}]);
    let window = json!({"timezone": "UTC", "deny": deny, "exceptions": exceptions});
    stage.pipeline.environments[0].entry.windows = vec![Window::read(window)];
    assert!(stage.codes("dev").contains(&WaitCode::BakeReading), "{:?}", stage.codes("dev"));
    assert_eq!(first_look(&stage, "dev"), closes);
}
