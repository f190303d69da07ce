//! Policies over the life of a release: what they add, what is verified anew when they change, what they forbid.

use towpath_core::decide::WaitCode;
use towpath_core::event::{Event, RequestKind};
use towpath_core::id::{GateHash, GateName};
use towpath_core::journal::state::Phase;
use towpath_core::pipeline::EntryGate;
use towpath_core::verdict::Verdict;
use towpath_engine::people::ReleaseRef;
use towpath_tests::bed::{Bed, Wiring, digest, name, on_both, on_both_with, person, wait_of, waits};

/// What staging has to pass besides its own gates.
const EXTRA: &str = "{ select: { environments: [staging] }, verify: [{ qa: { template: extra } }] }";
/// The same, more of it.
const MORE: &str = "{ select: { environments: [staging] }, \
                    verify: [{ qa: { template: extra, parameters: { level: '2' } } }] }";
/// Production needs a second consent.
const CONSENT: &str =
    "{ select: { labels: { tier: production } }, entry: [{ approval: { groups: [sre] } }] }";

/// The gates that were judged in an environment, in order.
fn judged(bed: &Bed, environment: &str) -> Vec<String> {
    let there = |e| match e {
        Event::Judged { env, gate, .. } if env == name(environment) => Some(gate.to_string()),
        _ => None,
    };
    bed.picked(there)
}

/// The hashes of policies' gates under which something was Verified in staging.
fn verified(bed: &Bed) -> Vec<Option<GateHash>> {
    bed.picked(|e| match e {
        Event::Verified { env, policy, .. } if env == name("staging") => Some(policy),
        _ => None,
    })
}

#[test]
fn a_policys_gates_are_verified_with_the_pipelines_own_and_on_record() {
    on_both_with(&Wiring::web().under("baseline", EXTRA), |bed| {
        let mut replica = bed.come_to("1.1.0", "staging", Phase::Settled);
        let mut gates = judged(bed, "staging");
        gates.sort();
        assert_eq!(gates, ["metrics/errors", "policy-baseline-qa/extra", "qa/regression"]);
        let hash = bed.pipeline.environments[1].policies.verify.clone();
        assert!(hash.is_some());
        assert_eq!(verified(bed), [hash]);
        replica.lose_caches();
        assert!(waits(&replica.pass(), "production", WaitCode::ApprovalNeeded), "it went onward");
    });
}

#[test]
fn a_release_that_fails_a_policys_gate_goes_back() {
    let bed = Bed::memory(&Wiring::web().under("baseline", EXTRA));
    let mut replica = bed.come_to("1.1.0", "staging", Phase::Settled);
    bed.qa.set("extra", &digest("1.2.0"), Verdict::Failed);
    replica.release("1.2.0");
    replica.until_rolled_back("staging", &digest("1.2.0"));
    let gate = GateName::parse("policy-baseline-qa/extra").unwrap();
    let failed = bed.picked(|e| match e {
        Event::Failed { gate, .. } => Some(gate),
        _ => None,
    });
    assert_eq!(failed, [Some(gate)]);
}

#[test]
fn a_policy_that_comes_later_has_what_is_there_verified_anew() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        let release = replica.find("1.1.0");
        replica.approve(&release);
        let changed = bed.rewired(|w| w.under("baseline", EXTRA));
        let mut replica = changed.replica("here");
        changed.qa.wait_for_finish(true);
        let report = replica.pass();
        let wait = wait_of(&report, "production", WaitCode::UpstreamNotVerified).unwrap();
        assert_eq!(wait.text, "1.1.0 is not Verified in staging under the present gates of policy baseline");
        assert_eq!(bed.version("production"), "1.0.0", "an approval does not make up for it");
        changed.qa.wait_for_finish(false);
        changed.qa.finish();
        replica.pass_until(|_, s| towpath_tests::bed::runs(s, "production", &release));
        assert_eq!(verified(bed), [None, changed.pipeline.environments[1].policies.verify.clone()]);
        assert!(judged(bed, "staging").contains(&"policy-baseline-qa/extra".to_owned()));
    });
}

#[test]
fn a_policy_that_is_edited_while_its_gate_runs_is_verified_as_it_is_now() {
    let bed = Bed::memory(&Wiring::web().under("baseline", EXTRA));
    bed.qa.wait_for_finish(true);
    let mut replica = bed.released("1.1.0");
    replica.until_phase("dev", Phase::Verifying);
    bed.qa.finish();
    replica.until_phase("staging", Phase::Verifying);
    replica.pass();
    let changed = bed.rewired(|w| w.under("baseline", MORE));
    let mut replica = changed.replica("here");
    changed.qa.wait_for_finish(false);
    changed.qa.finish();
    replica.until_waits("production", WaitCode::ApprovalNeeded);
    let (old, new) =
        (&bed.pipeline.environments[1].policies.verify, &changed.pipeline.environments[1].policies.verify);
    assert_ne!(old, new);
    assert_eq!(verified(&bed), [old.clone(), new.clone()], "once as it began, and once as it is");
}

#[test]
fn a_policy_that_goes_asks_for_nothing_anew() {
    on_both_with(&Wiring::web().under("baseline", EXTRA), |bed| {
        drop(bed.awaiting_approval("1.1.0"));
        let changed = bed.rewired(|w| w.free_of("baseline"));
        let mut replica = changed.replica("here");
        replica.pass_every("1m", 3);
        assert_eq!(verified(bed).len(), 1);
        assert!(waits(&replica.pass(), "production", WaitCode::ApprovalNeeded));
    });
}

#[test]
fn a_failed_new_verification_takes_the_old_one_back() {
    let bed = Bed::memory(&Wiring::web());
    let replica = bed.awaiting_approval("1.1.0");
    let release = replica.find("1.1.0");
    replica.approve(&release);
    let changed = bed.rewired(|w| w.under("baseline", EXTRA));
    changed.qa.set("extra", &digest("1.1.0"), Verdict::Failed);
    let mut replica = changed.replica("here");
    replica.pass_until(|_, s| !towpath_tests::bed::is_verified(s, "staging", &release));
    replica.pass_every("1m", 10);
    assert_eq!((bed.version("production"), bed.count("Failed")), ("1.0.0".into(), 1));
}

#[test]
fn an_added_approval_voids_those_that_were_given_and_says_whose_it_is() {
    on_both(|bed| {
        let replica = bed.awaiting_approval("1.1.0");
        bed.live.set_down(true);
        replica.approve(&replica.find("1.1.0"));
        let changed = bed.rewired(|w| w.under("second", CONSENT));
        bed.live.set_down(false);
        let mut replica = changed.replica("here");
        assert!(waits(&replica.pass(), "production", WaitCode::ApprovalNeeded));
        replica.approve(&replica.find("1.1.0"));
        let wait = wait_of(&replica.pass(), "production", WaitCode::ApprovalNeeded).unwrap();
        assert_eq!(wait.text, "1.1.0 has 0 of 1 approvals of sre (policy second)");
        let by = person("dora");
        let to = ReleaseRef::Version("1.1.0".into());
        replica.engine(|e| e.approve(&by, &name("production"), &to, &["sre".into()], None)).unwrap();
        replica.pass();
        assert_eq!(bed.version("production"), "1.1.0");
    });
}

#[test]
fn what_a_policy_protects_is_passed_by_nobody() {
    let allow = "promotion: { overrides: [approval] }";
    let bed = Bed::memory(&Wiring::web().with("production", allow).under("second", CONSENT));
    let replica = bed.awaiting_approval("1.1.0");
    let past = [(EntryGate::Approval, "the site is down".to_owned())];
    let to = ReleaseRef::Version("1.1.0".into());
    let refused = replica.engine(|e| e.promote_past(&person("bob"), &name("production"), &to, &past));
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("lets nobody pass approval by") && refused.contains("policies let it (second)"),
        "{refused}"
    );
}

#[test]
fn an_override_that_was_allowed_when_it_was_asked_for_is_bounded_by_the_policy_of_now() {
    let allow = "promotion: { overrides: [approval] }";
    let bed = Bed::memory(&Wiring::web().with("production", allow));
    let replica = bed.awaiting_approval("1.1.0");
    let past = [(EntryGate::Approval, "the site is down".to_owned())];
    let to = ReleaseRef::Version("1.1.0".into());
    replica.engine(|e| e.promote_past(&person("bob"), &name("production"), &to, &past)).unwrap();
    let changed = bed.rewired(|w| w.under("second", CONSENT));
    let mut replica = changed.replica("here");
    assert!(waits(&replica.pass(), "production", WaitCode::ApprovalNeeded));
    assert_eq!((bed.version("production"), bed.count("Overridden")), ("1.0.0".into(), 0));
}

#[test]
fn the_remedy_of_a_stale_verification_helps() {
    let bed = Bed::memory(&Wiring::web());
    drop(bed.awaiting_approval("1.1.0"));
    let changed = bed.rewired(|w| w.under("baseline", EXTRA));
    let mut replica = changed.replica("here");
    let request = replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
    replica.pass_until(|_, s| s.requests.is_empty());
    assert_eq!(replica.outcome(&request).as_deref(), Some("done"));
    replica.until_waits("production", WaitCode::ApprovalNeeded);
    assert_eq!(verified(&bed).len(), 2, "once, not twice");
}
