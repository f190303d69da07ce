//! What policies add: their gates keep releases under their name, and are always current.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::stage::Stage;
use crate::decide::{Wait, WaitCode};
use crate::event::{BakeResult, Cause, Event, RequestKind};
use crate::id::ReleaseId;
use crate::pipeline::{Pipeline, Policy, Templates};
use crate::verdict::Verdict;

/// The pipeline of the stage as it is without policies.
fn own() -> Pipeline {
    Stage::new().pipeline
}

fn policy(name: &str, spec: &Value) -> Policy {
    let json = json!({
        "apiVersion": "towpath.dev/v1alpha1", "kind": "PromotionPolicy",
        "metadata": {"name": name}, "spec": spec,
    });
    let qa = BTreeMap::from(["smoke", "deep"].map(|name| (name.to_owned(), "1".to_owned())));
    let templates = Templates { metrics: &BTreeMap::new(), qa: &qa };
    Policy::new(&serde_json::from_value(json).unwrap(), &templates).unwrap()
}

/// From now on the pipeline is under this policy alone.
fn put_under(stage: &mut Stage, spec: &Value) {
    let before = std::mem::replace(&mut stage.pipeline, own().under(&[policy("baseline", spec)]).unwrap());
    stage.pipeline.environments.iter_mut().zip(before.environments).for_each(|(now, before)| {
        now.revalidate = before.revalidate;
    });
}

/// 1.1 is Verified and soaked in dev and staging, and is approved for production.
fn ready_for_production() -> (Stage, ReleaseId) {
    let mut stage = Stage::new();
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    stage.approve("bob", &r);
    (stage, r)
}

fn first(stage: &Stage, environment: &str) -> Wait {
    stage.waits(environment).remove(0)
}

#[test]
fn what_keeps_a_release_says_which_policy_it_is_of() {
    let closed = json!({"timezone": "UTC", "deny": [{"cron": "0 0 * * *", "duration": "24h"}]});
    let cases = [
        (
            json!({"approval": {"groups": ["sre"]}}),
            WaitCode::ApprovalNeeded,
            "1.1 has 0 of 1 approvals of sre (policy baseline)",
        ),
        (json!({"window": closed}), WaitCode::WindowClosed, "(policy baseline), so 1.1 waits"),
        (
            json!({"dependency": {"pipeline": "data/db", "environment": "production"}}),
            WaitCode::DependencyNotLive,
            "1.1 waits for data/db production (policy baseline): ",
        ),
    ];
    for (gate, code, text) in cases {
        let mut stage = Stage::new();
        put_under(&mut stage, &json!({"select": {"environments": ["dev"]}, "entry": [gate]}));
        stage.release(1);
        let wait = first(&stage, "dev");
        assert!(wait.code == code && wait.text.contains(text), "{wait:?}");
    }
}

#[test]
fn an_evaluated_gate_of_a_policy_is_corrected_in_the_policy() {
    let mut stage = Stage::new();
    let gate = json!({"expression": {"cel": "false"}});
    put_under(&mut stage, &json!({"select": {"environments": ["dev"]}, "entry": [gate]}));
    stage.release(1);
    let Some(wanted) = super::evaluated::asked(&stage).pop() else { panic!("nothing is asked") };
    super::evaluated::found(&mut stage, wanted, crate::world::Truth::False, "");
    let wait = first(&stage, "dev");
    assert_eq!(wait.object, "policy-baseline-expression/1");
    assert!(wait.remedy.ends_with("change it under entry of PromotionPolicy baseline"), "{}", wait.remedy);
}

/// Which verification counts after a change of the policy that staging is under.
#[test]
fn gates_of_policies_are_always_current() {
    let deep = json!({"verify": [{"qa": {"template": "deep"}}], "select": {"environments": ["staging"]}});
    let deeper = json!({"verify": [{"qa": {"template": "deep", "parameters": {"level": "2"}}}], "select": {"environments": ["staging"]}});
    let elsewhere =
        json!({"verify": [{"qa": {"template": "deep"}}], "select": {"environments": ["production"]}});
    let approval = json!({"entry": [{"approval": {}}], "select": {"environments": ["staging"]}});
    let none = json!({"overrides": []});
    let cases = [
        ("a policy that was not there", &none, &deep, false),
        ("the same policy", &deep, &deep, true),
        ("another definition", &deep, &deeper, false),
        ("a policy that is gone", &deep, &none, true),
        ("gates of another environment", &none, &elsewhere, true),
        ("entry gates only", &none, &approval, true),
    ];
    for revalidate in [false, true] {
        for (case, before, after, counts) in cases {
            let (mut stage, _) = verified_under(before);
            for environment in &mut stage.pipeline.environments {
                environment.revalidate = revalidate;
            }
            put_under(&mut stage, after);
            // With `revalidate` any change counts, also that a gate is gone.
            let counts = counts && !(revalidate && case == "a policy that is gone");
            let again = stage.promotes("staging");
            assert_eq!(again, (!counts).then(|| ("1.1".to_owned(), Cause::Auto)), "{case}, {revalidate}");
        }
    }
}

/// 1.1 is Verified in staging under a policy.
fn verified_under(spec: &Value) -> (Stage, ReleaseId) {
    let mut stage = Stage::new();
    put_under(&mut stage, spec);
    let r = stage.release(1);
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    assert!(stage.env("staging").ok.contains_key(&r));
    (stage, r)
}

#[test]
fn what_is_verified_under_an_older_policy_does_not_go_onward_until_it_is_verified_anew() {
    let (mut stage, r) = ready_for_production();
    assert!(stage.promotes("production").is_some());
    assert_eq!(stage.env("staging").ok[&r].policy, None);
    let deep = json!({"verify": [{"qa": {"template": "deep"}}], "select": {"environments": ["staging"]}});
    put_under(&mut stage, &deep);
    let wait = first(&stage, "production");
    assert_eq!(wait.code, WaitCode::UpstreamNotVerified);
    assert_eq!(wait.text, "1.1 is not Verified in staging under the present gates of policy baseline");
    stage.verify("staging", Verdict::Passed);
    let staging = &stage.pipeline.environments[1];
    assert!(staging.policies.verify.is_some());
    assert_eq!(stage.env("staging").ok[&r].policy, staging.policies.verify);
    assert_eq!(stage.env("production").at.as_ref().map(|at| &at.r), Some(&r), "and it went onward");
}

#[test]
fn a_person_may_ask_for_the_new_verification() {
    let (mut stage, r) = ready_for_production();
    put_under(
        &mut stage,
        &json!({"verify": [{"qa": {"template": "deep"}}], "select": {"environments": ["staging"]}}),
    );
    stage.record(
        "bob",
        crate::event::Event::Requested {
            q: crate::id::ActId::parse("q-1").unwrap(),
            env: super::stage::name("staging"),
            r: Some(r),
            kind: RequestKind::Promote,
            overrides: Vec::new(),
        },
    );
    assert_eq!(stage.promotes("staging"), Some(("1.1".to_owned(), Cause::Manual)));
}

#[test]
fn what_upstream_has_left_behind_does_not_keep_the_next_one() {
    let (mut stage, one) = ready_for_production();
    stage.verify("production", Verdict::Passed);
    let pid = stage.env("production").at.as_ref().unwrap().pid.clone().unwrap();
    let env = super::stage::name("production");
    stage.record("towpath", Event::Baked { env, pid, result: BakeResult::Passed });
    let next = stage.release(2);
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    assert_eq!(stage.env("production").at.as_ref().unwrap().r, one);
    put_under(&mut stage, &json!({"verify": [{"qa": {"template": "deep"}}]}));
    stage.verify("dev", Verdict::Passed);
    stage.wait(300);
    stage.verify("staging", Verdict::Passed);
    assert_eq!(first(&stage, "production").code, WaitCode::ApprovalNeeded);
    stage.approve("bob", &next);
    assert_eq!(stage.promotes("production"), Some(("1.2".to_owned(), Cause::Auto)));
}
