//! What follows a failure, by rules of our own (contract C11): a row for each.

use super::stage::{Stage, name, seen};
use super::table::{holds, row};
use crate::decide::IRREVERSIBLE;
use crate::event::{Event, RequestKind};
use crate::hold::{Select, Stop, Subject};
use crate::id::ActId;
use crate::journal::state::Phase;
use crate::observation::Health;
use crate::verdict::Verdict;

/// 1.1 was good in dev; 1.2 is live there, and its verdict is not recorded yet.
fn judged(stage: &mut Stage, verdict: Verdict) {
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.release(2);
    while stage.phase("dev") != Phase::Syncing {
        stage.step();
    }
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
    stage.finish_qa("dev", verdict);
}

fn failed(stage: &mut Stage) {
    judged(stage, Verdict::Failed);
    while stage.phase("dev") != Phase::Failed {
        assert!(stage.step());
    }
}

fn rollbacks(stage: &mut Stage, ages: &[i64]) {
    stage.wait(1000);
    stage.storms("dev", ages);
}

fn hold(stage: &mut Stage, stops: Vec<Stop>) {
    let (id, reason) = (ActId::parse("h-1").unwrap(), "because".to_owned());
    let (select, subject) = (Select::default(), Subject::All);
    stage.record("carol", Event::Held { id, select, subject, stops, reason, until: None });
}

fn asks(stage: &mut Stage, kind: RequestKind) {
    let (q, env) = (ActId::parse("q-1").unwrap(), name("dev"));
    stage.record("carol", Event::Requested { q, env, r: None, kind, overrides: Vec::new() });
}

#[test]
fn what_counts_as_a_failure() {
    holds(&[
        row("a verdict of Failed", failed, "dev", "goes back to 1.1"),
        row("Error does not", |s| judged(s, Verdict::Error), "dev", "Judged"),
        row("nor does Inconclusive", |s| judged(s, Verdict::Inconclusive), "dev", "Judged"),
        row(
            "what was found, and had failed before anybody looked, is not touched",
            |s| {
                s.show("dev", Health::Degraded);
                s.wait(86_400);
            },
            "dev",
            "settled",
        ),
        row(
            "nor is its health of any interest where nothing was good",
            |s| {
                s.release(1);
                s.show("dev", Health::Degraded);
                s.wait(86_400);
            },
            "dev",
            "brings 1.1",
        ),
        row(
            "what nobody can see is no failure",
            |s| {
                judged(s, Verdict::Passed);
                s.facts.get_mut(&name("dev")).unwrap().live = Err("connection refused".into());
                s.wait(86_400);
            },
            "dev",
            "waits LivenessUnknown",
        ),
    ]);
}

#[test]
fn how_many_rollbacks_there_may_be() {
    holds(&[
        row(
            "two in ten minutes",
            |s| {
                failed(s);
                rollbacks(s, &[0, 599]);
            },
            "dev",
            "goes back to 1.1",
        ),
        row(
            "and no third",
            |s| {
                failed(s);
                rollbacks(s, &[0, 1, 599]);
            },
            "dev",
            "waits RollbackStorm",
        ),
        row(
            "nor at another environment's cluster, when that is ours",
            |s| {
                failed(s);
                s.pipeline.environments[0].destination = name("eu-1");
                s.wait(1000);
                s.storms("eu-1", &[0, 1, 599]);
            },
            "dev",
            "waits RollbackStorm",
        ),
        row(
            "those of other clusters do not count",
            |s| {
                failed(s);
                s.wait(1000);
                s.storms("production", &[0, 1, 2, 3]);
            },
            "dev",
            "goes back to 1.1",
        ),
        row(
            "its own budget counts",
            |s| {
                failed(s);
                s.pipeline.environments[0].rollback.budget = 1;
                rollbacks(s, &[599]);
            },
            "dev",
            "waits RollbackStorm",
        ),
        row(
            "older ones do not count",
            |s| {
                failed(s);
                rollbacks(s, &[0, 1, 600, 700]);
            },
            "dev",
            "goes back to 1.1",
        ),
        row(
            "a person's is not counted out",
            |s| {
                failed(s);
                rollbacks(s, &[0, 1, 2]);
                asks(s, RequestKind::Rollback);
            },
            "dev",
            "goes back to 1.1, Closed",
        ),
        row(
            "promotions go on meanwhile",
            |s| {
                s.release(1);
                rollbacks(s, &[0, 1, 2]);
            },
            "dev",
            "brings 1.1",
        ),
    ]);
}

#[test]
fn what_people_say_comes_before_going_back() {
    holds(&[
        row(
            "a hold on promotions does not stop it",
            |s| {
                failed(s);
                hold(s, vec![Stop::Promotions]);
            },
            "dev",
            "goes back to 1.1",
        ),
        row(
            "one on rollbacks does",
            |s| {
                failed(s);
                hold(s, vec![Stop::Rollbacks]);
            },
            "dev",
            "waits RollbackHeld",
        ),
        row(
            "also when a person asks for it",
            |s| {
                failed(s);
                hold(s, vec![Stop::Rollbacks]);
                asks(s, RequestKind::Rollback);
            },
            "dev",
            "waits RollbackHeld, RollbackHeld",
        ),
        row(
            "what somebody put there is left alone",
            |s| {
                failed(s);
                s.facts.insert(name("dev"), seen("dev", 7));
                while s.step() {}
            },
            "dev",
            "waits Pinned",
        ),
        row(
            "and so is what cannot be undone",
            |s| {
                failed(s);
                let bad = s.state.releases.iter_mut().find(|r| r.version() == "1.2").unwrap();
                bad.labels.insert(IRREVERSIBLE.to_owned(), "true".to_owned());
            },
            "dev",
            "waits Irreversible",
        ),
        row(
            "whose label has to say true",
            |s| {
                failed(s);
                let bad = s.state.releases.iter_mut().find(|r| r.version() == "1.2").unwrap();
                bad.labels.insert(IRREVERSIBLE.to_owned(), "false".to_owned());
            },
            "dev",
            "goes back to 1.1",
        ),
    ]);
}
