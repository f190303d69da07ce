//! Policies of a folder, as people meet them.

use crate::support::Bench;

const POLICY: &str = "\
apiVersion: towpath.dev/v1alpha1
kind: PromotionPolicy
metadata: { name: baseline }
spec:
  select: { environments: [dev], namespaces: [shop] }
  entry: [{ approval: { groups: [sre] } }]
---
apiVersion: towpath.dev/v1alpha1
kind: PromotionPolicy
metadata: { name: checks }
spec: { select: { environments: [production] }, verify: [{ qa: { template: smoke } }] }
";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("home/rules.yaml", POLICY);
    bench.replace(
        "pipelines/towpath.yaml",
        "owner: shop-ci",
        "owner: shop-ci\npolicies: [../home/rules.yaml]",
    );
    bench.towpath(&["reconcile"]).code(0);
    bench
}

#[test]
fn what_a_policy_asks_for_is_said_with_its_name() {
    let bench = bench();
    bench.release("1.1.0", 'a');
    let wants = "1.1.0 has 0 of 1 approvals of sre (policy baseline)";
    bench.towpath(&["why", "dev"]).code(0).out(wants);
    bench.towpath(&["status"]).code(0).out("(policy baseline)");
    bench.towpath(&["approve", "dev", "1.1.0", "--group", "sre"]).code(0);
    bench.towpath(&["reconcile"]).code(0).out("Promoted: 1.1.0 promoted to dev");
}

#[test]
fn a_policys_qa_runs_under_its_name_by_the_folders_template() {
    let bench = bench();
    bench.release("1.1.0", 'a');
    bench.towpath(&["approve", "dev", "1.1.0", "--group", "sre"]).code(0);
    bench.towpath(&["reconcile"]).code(0);
    let approve = ["approve", "production", "1.1.0", "--group", "release-managers"];
    bench.towpath(&approve).code(0);
    bench.towpath(&["reconcile"]).code(0).out("policy-checks-qa/smoke").out("1.1.0 Verified in production");
}

#[test]
fn an_http_gate_keeps_every_release_and_says_why() {
    let bench = Bench::new();
    let gate = "http: { name: ticket, url: \"https://changes.example/{{ version }}\", success: response.status == 200 }";
    bench.replace(
        "pipelines/web.yaml",
        "      stable: 0s\n      verify",
        &format!("      entry: [{{ {gate} }}]\n      stable: 0s\n      verify"),
    );
    bench.towpath(&["reconcile"]).code(0);
    bench.release("1.1.0", 'a');
    bench
        .towpath(&["lint"])
        .code(0)
        .err("the local host asks no HTTP gates yet, so http/ticket keeps every release");
    bench
        .towpath(&["why", "dev"])
        .code(0)
        .out("http/ticket cannot be evaluated for 1.1.0: this host asks no HTTP gates");
    bench.towpath(&["reconcile"]);
    assert!(!bench.kustomization("dev").contains("1.1.0"));
}
