//! What has to be so upstream before a release comes, as tables.
//!
//! The numbers are those of the cases that other promoters test: 10 (is a release available: direct, Verified
//! upstream, soaked, all or any), 11 (which time counts as soak), 37 (is the environment before it pending), 38 (what
//! comes out of order), 39 (merged although something is not well), 40 (renamed and removed environments), 44 (soak
//! ends at its second; the time itself is in `candidates::downstream_waits_for_verdict_and_soak`).

use super::stage::{Stage, commit, name, seen};
use super::table::{holds, row};
use crate::event::{Event, RequestKind};
use crate::id::{ActId, ReleaseId};
use crate::journal::state::Phase;
use crate::observation::Health;
use crate::pipeline::{Delivery, Edge, EdgeMode};
use crate::time::Span;
use crate::verdict::Verdict;
use crate::world::ProposalStatus;

fn soak(stage: &mut Stage, seconds: u32) {
    stage.pipeline.environments[1].after.edges[0].soak = Span::seconds(seconds);
}

/// Release 1 is Verified in dev, where it stays for a time; nothing has gone on from there by itself yet.
fn verified(stage: &mut Stage, seconds: u32) {
    by_itself(stage, false);
    stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(seconds);
    by_itself(stage, true);
}

/// What was Verified in dev is so in staging too.
fn verified_in_both(stage: &mut Stage, seconds: u32) {
    verified(stage, seconds);
    stage.pipeline.environments[2].promotion.automatic = false;
    stage.verify("staging", Verdict::Passed);
    by_itself(stage, true);
}

fn by_itself(stage: &mut Stage, automatic: bool) {
    for environment in &mut stage.pipeline.environments[1..] {
        environment.promotion.automatic = automatic;
    }
}

/// Production comes after dev and staging; nobody has to approve.
fn fan_in(stage: &mut Stage, mode: EdgeMode, seconds: u32) {
    let production = &mut stage.pipeline.environments[2];
    production.approvals.clear();
    production.after.mode = mode;
    production.after.edges.push(Edge { environment: name("dev"), soak: Span::seconds(seconds) });
    while stage.step() {}
}

fn request(stage: &mut Stage, environment: &str, r: ReleaseId) {
    let (q, env, kind) = (ActId::parse("q-1").unwrap(), name(environment), RequestKind::Promote);
    stage.record("carol", Event::Requested { q, env, r: Some(r), kind, overrides: Vec::new() });
}

#[test]
fn case_10_what_is_verified_and_soaked_upstream_may_come() {
    holds(&[
        row("nothing is released", |_| (), "dev", "settled"),
        row("a first environment takes what is new", |s| drop(s.release(1)), "dev", "brings 1.1"),
        row("not Verified upstream", |s| drop(s.release(1)), "staging", "waits UpstreamNotVerified"),
        row(
            "failed upstream",
            |s| {
                s.release(1);
                s.verify("dev", Verdict::Failed);
            },
            "staging",
            "waits UpstreamNotVerified",
        ),
        row(
            "Verified, and no soak is wanted",
            |s| {
                soak(s, 0);
                verified(s, 0);
            },
            "staging",
            "brings 1.1",
        ),
        row("not soaked by one second", |s| verified(s, 289), "staging", "waits Soaking"),
        row("soaked to the second", |s| verified(s, 290), "staging", "brings 1.1"),
        row(
            "soaked, and replaced since by one that is not Verified",
            |s| {
                verified(s, 300);
                by_itself(s, false);
                s.release(2);
                while s.step() {}
                by_itself(s, true);
            },
            "staging",
            "brings 1.1",
        ),
    ]);
}

#[test]
fn case_10_all_or_any_of_two() {
    holds(&[
        row(
            "all of two, Verified in one",
            |s| {
                fan_in(s, EdgeMode::All, 0);
                verified(s, 0);
            },
            "production",
            "waits UpstreamNotVerified",
        ),
        row(
            "all of two, Verified in both",
            |s| {
                fan_in(s, EdgeMode::All, 0);
                verified_in_both(s, 300);
            },
            "production",
            "brings 1.1",
        ),
        row(
            "all of two, soaked in one",
            |s| {
                fan_in(s, EdgeMode::All, 3000);
                verified_in_both(s, 300);
            },
            "production",
            "waits Soaking",
        ),
        row(
            "any of two, Verified in one",
            |s| {
                fan_in(s, EdgeMode::Any, 0);
                verified(s, 0);
            },
            "production",
            "brings 1.1",
        ),
        row(
            "any of two, soaked in neither",
            |s| {
                fan_in(s, EdgeMode::Any, 3000);
                verified(s, 0);
            },
            "production",
            "waits Soaking",
        ),
    ]);
}

#[test]
fn case_10_nothing_else_stands_for_it() {
    holds(&[
        row(
            "an approval stands for no verdict",
            |s| {
                let r = s.release(1);
                s.approve("bob", &r);
            },
            "production",
            "waits UpstreamNotVerified",
        ),
        row(
            "a release of another pipeline",
            |s| {
                let other = ReleaseId::parse(&format!("r-{}", "0".repeat(20))).unwrap();
                request(s, "dev", other);
            },
            "dev",
            "Closed",
        ),
    ]);
}

/// The health of dev has a break; then it is well again.
fn a_break(stage: &mut Stage) {
    stage.show("dev", Health::Progressing);
    while stage.step() {}
    stage.wait(60);
    stage.show("dev", Health::Healthy);
    stage.wait(10);
    while stage.step() {}
}

/// Release 1 soaked 290 seconds more than it took, and another is in its place.
fn replaced(stage: &mut Stage) {
    soak(stage, 600);
    verified(stage, 290);
    stage.release(2);
    stage.verify("dev", Verdict::Failed);
    stage.verify("dev", Verdict::Passed);
}

#[test]
fn case_11_which_time_counts_as_soak() {
    holds(&[
        row(
            "a break begins it anew",
            |s| {
                verified(s, 200);
                a_break(s);
                s.wait(200);
            },
            "staging",
            "waits Soaking",
        ),
        row(
            "unbroken after a break",
            |s| {
                verified(s, 200);
                a_break(s);
                s.wait(290);
            },
            "staging",
            "brings 1.1",
        ),
        row(
            "times are not added up",
            |s| {
                replaced(s);
                s.wait(400);
            },
            "staging",
            "waits UpstreamNotVerified",
        ),
        row(
            "the running time counts when it is the longest",
            |s| {
                replaced(s);
                s.wait(590);
            },
            "staging",
            "brings 1.1",
        ),
        row(
            "the clock of another environment is another clock",
            |s| {
                fan_in(s, EdgeMode::All, 0);
                s.pipeline.environments[2].after.edges[0].soak = Span::seconds(600);
                while s.step() {}
                verified_in_both(s, 3000);
            },
            "production",
            "waits Soaking",
        ),
    ]);
}

#[test]
fn case_37_the_environment_before_it_is_not_done() {
    holds(&[
        row(
            "committed, and not seen by the cluster",
            |s| {
                s.release(1);
                s.step();
            },
            "staging",
            "waits UpstreamNotVerified",
        ),
        row(
            "in an open pull request",
            |s| {
                s.pipeline.environments[0].delivery = Delivery::PullRequest;
                let r = s.release(1);
                let (pid, env) = (s.state.pid(&name("dev"), &r, 1), name("dev"));
                s.record("towpath", Event::Proposed { pid, env, r, head: commit(9), pr: None });
            },
            "staging",
            "waits UpstreamNotVerified",
        ),
        row(
            "live and being verified",
            |s| {
                s.release(1);
                s.step();
                s.show("dev", Health::Healthy);
                s.wait(10);
                while s.step() {}
            },
            "staging",
            "waits UpstreamNotVerified",
        ),
        row(
            "Verified, and unwell when its soak ran out, before anybody looked again",
            |s| {
                verified(s, 3000);
                s.show("dev", Health::Degraded);
                while s.step() {}
            },
            "staging",
            "waits Soaking",
        ),
        row(
            "Verified, and not healthy any more while it soaks",
            |s| {
                verified(s, 200);
                s.show("dev", Health::Degraded);
                while s.step() {}
                s.wait(3000);
            },
            "staging",
            "waits Soaking",
        ),
        row(
            "a newer one came while nobody said what is live",
            |s| {
                verified(s, 3000);
                s.facts.get_mut(&name("dev")).unwrap().live = Err("connection refused".into());
                s.release(2);
                while s.step() {}
                assert_eq!(
                    s.env("dev").at.as_ref().map(|at| at.phase),
                    Some(Phase::Syncing),
                    "the newer one"
                );
            },
            "staging",
            "waits UpstreamNotVerified",
        ),
        row(
            "nobody says what is live as its soak ends",
            |s| {
                verified(s, 3000);
                s.facts.get_mut(&name("dev")).unwrap().live = Err("connection refused".into());
            },
            "staging",
            "waits Soaking",
        ),
    ]);
}

#[test]
fn case_37_what_is_done_stays_done() {
    holds(&[
        row("what was only found is proven too", |s| drop(s.release(0)), "dev", "brings 1.0"),
        row("and goes no further before", |s| drop(s.release(0)), "staging", "waits UpstreamNotVerified"),
        row(
            "a commit of other files changes nothing of what is Verified",
            |s| {
                verified(s, 300);
                s.branch.tip = Some(commit(77));
            },
            "staging",
            "brings 1.1",
        ),
        row(
            "behind what is Verified something else is on its way",
            |s| {
                verified(s, 300);
                by_itself(s, false);
                for n in 2..4 {
                    s.release(n);
                    s.step();
                }
                by_itself(s, true);
            },
            "staging",
            "brings 1.1",
        ),
    ]);
}

#[test]
fn case_38_a_verdict_is_of_what_is_live() {
    holds(&[
        row(
            "the cluster is at a commit from before",
            |s| {
                s.release(1);
                s.step();
                s.show("dev", Health::Healthy);
                s.wait(10);
                let facts = s.facts.get_mut(&name("dev")).unwrap();
                facts.contains.values_mut().for_each(|contains| *contains = false);
            },
            "dev",
            "waits Syncing",
        ),
        row(
            "the verdict comes before it is live",
            |s| {
                s.release(1);
                s.step();
                s.finish_qa("dev", Verdict::Passed);
            },
            "staging",
            "waits UpstreamNotVerified",
        ),
    ]);
}

/// A pull request for production is merged; its check was red.
fn merged(stage: &mut Stage) {
    stage.pipeline.environments[2].delivery = Delivery::PullRequest;
    let r = stage.release(1);
    let (pid, env) = (stage.state.pid(&name("production"), &r, 1), name("production"));
    stage.record("towpath", Event::Proposed { pid, env, r, head: commit(9), pr: None });
    let merged = commit(8);
    stage.branch.tip = Some(merged.clone());
    let mut facts = seen("production", 1);
    facts.proposal = Some(ProposalStatus::Merged { commit: merged, green: false });
    stage.facts.insert(name("production"), facts);
}

#[test]
fn case_39_what_is_merged_stays_so() {
    holds(&[
        row("upstream nothing is Verified", merged, "production", "Promoted"),
        row(
            "afterwards it is on its way like any other",
            |s| {
                merged(s);
                s.step();
                s.facts.get_mut(&name("production")).unwrap().proposal = None;
            },
            "production",
            "waits LivenessUnknown",
        ),
    ]);
}

#[test]
fn case_40_an_environment_that_is_gone_keeps_nobody() {
    holds(&[
        row(
            "taken out while something is on its way there",
            |s| {
                s.release(1);
                s.step();
                s.pipeline.environments.remove(0);
                s.pipeline.environments[0].after.edges.clear();
                while matches!(s.decide().ledger.as_slice(), [_, ..]) {
                    s.step();
                }
            },
            "staging",
            "brings 1.1",
        ),
        row(
            "renamed: what is Verified there stays so",
            |s| {
                verified(s, 300);
                let facts = s.facts.remove(&name("dev")).unwrap();
                s.facts.insert(name("test"), facts);
                let dev = &mut s.pipeline.environments[0];
                (dev.name, dev.formerly) = (name("test"), vec![name("dev")]);
                s.pipeline.environments[1].after.edges[0].environment = name("test");
                s.pipeline.environments[0].applications[0].name = name("web-dev");
                s.step();
            },
            "staging",
            "brings 1.1",
        ),
    ]);
}
