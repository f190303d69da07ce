use serde_json::{Value, json};

use super::*;
use crate::pipeline::{Document, MetricTemplate};
use crate::time::Span;

fn read(spec: Value) -> Result<Policy, PipelineError> {
    document(json!({ "name": "baseline" }), spec)
}

fn document(metadata: Value, spec: Value) -> Result<Policy, PipelineError> {
    let json = json!({
        "apiVersion": "towpath.dev/v1alpha1", "kind": "PromotionPolicy", "metadata": metadata, "spec": spec,
    });
    let (metrics, qa) = templates();
    Policy::new(&serde_json::from_value(json).unwrap(), &Templates { metrics: &metrics, qa: &qa })
}

fn templates() -> (BTreeMap<String, MetricTemplate>, BTreeMap<String, String>) {
    let errors = MetricTemplate {
        query: "errors".into(),
        max: Some(0.1),
        min: None,
        interval: Span::seconds(30),
        duration: Span::seconds(300),
        failure_limit: 0,
        min_samples: None,
    };
    let qa = ["smoke", "deep"].map(|name| (name.to_owned(), "1".to_owned()));
    (BTreeMap::from([("errors".to_owned(), errors)]), BTreeMap::from(qa))
}

/// shop/web with dev and, labelled, production, where two gates may be passed by.
fn pipeline() -> Pipeline {
    let environment = |name: &str| {
        json!({
            "name": name, "path": format!("apps/web/{name}"), "applications": [{"name": name}],
            "labels": {"tier": name}, "verify": [{"qa": {"template": "smoke"}}],
            "promotion": {"overrides": ["window", "approval"]},
            "entry": [{"expression": {"cel": "true"}}],
        })
    };
    let json = json!({
        "apiVersion": "towpath.dev/v1alpha1", "kind": "Pipeline",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "images": [{"name": "web"}],
            "repository": {"url": "https://git.example/acme/env.git", "branch": "main"},
            "edit": [{"kustomization": {"image": "web"}}],
            "environments": [environment("dev"), environment("production")],
        },
    });
    let document: Document = serde_json::from_value(json).unwrap();
    let (metrics, qa) = templates();
    Pipeline::new(&document, &Templates { metrics: &metrics, qa: &qa }).unwrap()
}

fn under(specs: &[Value]) -> Result<Pipeline, PipelineError> {
    let policy =
        |(i, spec): (usize, &Value)| document(json!({ "name": format!("p{i}") }), spec.clone()).unwrap();
    pipeline().under(&specs.iter().enumerate().map(policy).collect::<Vec<_>>())
}

#[test]
fn mistakes_have_a_place_and_a_remedy() {
    let url = |text: &str| json!({"repositories": [{"urls": [text]}]});
    let cases = [
        (json!({}), "spec", "asks for nothing"),
        (json!({"overrides": ["holds"]}), "spec.overrides", "expected some of upstream"),
        (
            json!({"verify": [{"qa": {"template": "nix"}}]}),
            "spec.verify[0].qa.template",
            "there are deep, smoke",
        ),
        (
            json!({"verify": [{"metrics": {"template": "nix"}}]}),
            "spec.verify[0].template",
            "there are errors",
        ),
        (
            json!({"entry": [{"dependency": {"pipeline": "db", "environment": "production"}}]}),
            "spec.entry[0].dependency.pipeline",
            "namespace/name",
        ),
        (json!({"entry": [{"approval": {"count": 0}}]}), "spec.entry[0].approval.count", "1 to 20"),
        (json!({"overrides": [], "select": {"namespaces": []}}), "spec.select.namespaces", "it is empty"),
        (
            json!({"overrides": [], "select": {"pipelines": ["web"]}}),
            "spec.select.pipelines[0]",
            "namespace/name",
        ),
        (
            json!({"overrides": [], "select": {"environments": ["Dev!"]}}),
            "spec.select.environments[0]",
            "name",
        ),
        (json!({"repositories": []}), "spec.repositories", "it is empty"),
        (json!({"repositories": [{"paths": ["../x"]}]}), "spec.repositories[0].paths[0]", "path"),
        (json!({"repositories": [{"paths": vec!["x"; 1001]}]}), "spec.repositories[0].paths", "at most 1000"),
        (url(""), "spec.repositories[0].urls[0]", "git.example/acme/*"),
        (url("https://git.example/*/env"), "spec.repositories[0].urls[0]", "git.example/acme/*"),
        (url("https://git.example/env*"), "spec.repositories[0].urls[0]", "git.example/acme/*"),
        (url("https:///*"), "spec.repositories[0].urls[0]", "git.example/acme/*"),
    ];
    for (spec, place, problem) in cases {
        let error = read(spec.clone()).unwrap_err();
        assert_eq!(error.place, place, "{spec}: {error}");
        assert!(error.problem.contains(problem), "{spec}: {error}");
    }
    let overrides = json!({"overrides": []});
    for (metadata, place) in [
        (json!({"name": "x", "namespace": "shop"}), "metadata.namespace"),
        (json!({"name": "Prod!"}), "metadata.name"),
        (json!({"name": "a-qa-b"}), "metadata.name"),
    ] {
        assert_eq!(document(metadata, overrides.clone()).unwrap_err().place, place);
    }
}

#[test]
fn what_a_policy_selects() {
    let cases = [
        (json!({}), "dev production"),
        (json!({"labels": {"tier": "production"}}), "production"),
        (json!({"labels": {"tier": "production", "zone": "a"}}), ""),
        (json!({"environments": ["dev", "qa"]}), "dev"),
        (json!({"namespaces": ["shop"]}), "dev production"),
        (json!({"namespaces": ["data"]}), ""),
        (json!({"pipelines": ["shop/web"], "environments": ["production"]}), "production"),
        (json!({"pipelines": ["shop/api"], "environments": ["production"]}), ""),
    ];
    for (select, expected) in cases {
        let pipeline = under(&[json!({"overrides": [], "select": select})]).unwrap();
        let selected = pipeline.environments.iter().filter(|e| !e.policies.names.is_empty());
        let names: Vec<&str> = selected.map(|e| e.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{select}");
    }
}

#[test]
fn its_gates_come_after_the_pipelines_own_and_show_where_they_are_from() {
    let gates = json!({
        "select": {"environments": ["production"]},
        "entry": [
            {"approval": {"groups": ["sre"]}},
            {"window": {"timezone": "UTC", "deny": [{"cron": "0 0 24 12 *", "duration": "48h"}]}},
            {"dependency": {"pipeline": "data/db", "environment": "production"}},
            {"dependency": {"pipeline": "shop/web", "environment": "production"}},
            {"expression": {"cel": "true"}},
            {"http": {"name": "ticket", "url": "https://changes.example/", "success": "true"}},
        ],
        "verify": [{"qa": {"template": "smoke"}}, {"metrics": {"template": "errors"}}],
    });
    let pipeline = under(&[gates]).unwrap();
    let production = &pipeline.environments[1];
    let verify: Vec<&str> = production.verify.iter().map(|gate| gate.name.as_str()).collect();
    assert_eq!(verify, ["qa/smoke", "policy-p0-qa/smoke", "policy-p0-metrics/errors"]);
    let evaluated: Vec<&str> = production.entry.evaluated().map(|gate| gate.name().as_str()).collect();
    assert_eq!(evaluated, ["expression/1", "policy-p0-expression/1", "policy-p0-http/ticket"]);
    let p0 = Name::parse("p0").unwrap();
    assert_eq!(production.approvals[0].policy, Some(p0.clone()));
    assert_eq!(production.entry.windows[0].policy, Some(p0.clone()));
    // Its own production does not wait for itself.
    let dependencies = &production.entry.dependencies;
    assert_eq!((dependencies.len(), &dependencies[0].policy), (1, &Some(p0)));
    assert_eq!(
        verify
            .iter()
            .filter_map(|name| GateName::parse(name).unwrap().policy().map(|(p, own)| format!("{p} {own}")))
            .collect::<Vec<_>>(),
        ["p0 qa/smoke", "p0 metrics/errors"]
    );
    assert_eq!(pipeline.environments[0], super::tests::pipeline().environments[0]);
}

#[test]
fn approvals_are_bound_to_what_policies_add() {
    let own = pipeline().environments[1].entry_hash();
    let with = |spec| under(&[spec]).unwrap().environments[1].entry_hash();
    assert_ne!(own, with(json!({"entry": [{"approval": {}}]})));
    assert_eq!(own, with(json!({"verify": [{"qa": {"template": "deep"}}]})));
    assert_eq!(own, with(json!({"overrides": []})));
}

/// The pipeline lets people pass window and approval by.
#[test]
fn what_may_be_passed_by_is_what_all_allow() {
    let (approval, window) = (
        json!({"approval": {}}),
        json!({"window": {"timezone": "UTC", "deny": [{"cron": "0 0 1 1 *", "duration": "1h"}]}}),
    );
    let cases = [
        (vec![], "approval window"),
        (vec![json!({"overrides": ["window"]})], "window"),
        (vec![json!({"overrides": ["window", "soak", "http"]})], "window"),
        (vec![json!({"overrides": []})], ""),
        (vec![json!({"overrides": ["window"]}), json!({"overrides": ["approval"]})], ""),
        // A policy that is silent protects its own gates.
        (vec![json!({"entry": [approval]})], "window"),
        (vec![json!({"entry": [window]})], "approval"),
        (vec![json!({"entry": [approval], "overrides": ["approval"]})], "approval"),
        (vec![json!({"entry": [approval], "overrides": ["approval"]}), json!({"entry": [approval]})], ""),
        (vec![json!({"verify": [{"qa": {"template": "deep"}}]})], "approval window"),
        (vec![json!({"overrides": [], "select": {"environments": ["dev"]}})], "approval window"),
    ];
    for (specs, expected) in cases {
        let pipeline = under(&specs).unwrap();
        let left = pipeline.environments[1].promotion.overrides.iter().map(|gate| gate.as_str());
        assert_eq!(left.collect::<Vec<_>>().join(" "), expected, "{specs:?}");
    }
}

/// shop/web writes apps/web/dev and apps/web/production in https://git.example/acme/env.git.
#[test]
fn who_may_use_which_repository_and_path() {
    let (url, path) = ("spec.repository.url", "spec.environments.dev.path");
    let acme = "https://git.example/acme/env";
    let cases = [
        (vec![json!({"repositories": [{"urls": [acme]}]})], None),
        (vec![json!({"repositories": [{"urls": ["https://git.example/acme/*"]}]})], None),
        (
            vec![json!({"repositories": [{"urls": ["https://git.example/other/*"]}]})],
            Some((url, "git.example/other/*")),
        ),
        (vec![json!({"repositories": [{"namespaces": ["shop"]}]})], None),
        (vec![json!({"repositories": [{"namespaces": ["data"]}]})], Some((url, "lets it use none"))),
        (vec![json!({"repositories": [{"paths": ["apps/web/"]}]})], None),
        (vec![json!({"repositories": [{"paths": ["apps/we"]}]})], Some((path, "apps/we"))),
        (
            vec![json!({"repositories": [{"paths": ["apps/web/production"]}]})],
            Some((path, "apps/web/production")),
        ),
        (
            vec![json!({"repositories": [{"paths": ["apps/web/dev"]}, {"paths": ["apps/web/production"]}]})],
            None,
        ),
        // An entry is a whole: this repository and that path.
        (
            vec![
                json!({"repositories": [{"urls": [acme], "paths": ["other"]}, {"urls": ["https://x.example/y"], "paths": ["apps"]}]}),
            ],
            Some((path, "(other)")),
        ),
        // Each policy has to be satisfied by itself.
        (
            vec![
                json!({"repositories": [{"paths": ["apps"]}]}),
                json!({"repositories": [{"paths": ["teams"]}]}),
            ],
            Some((path, "PromotionPolicy p1 does not let namespace shop use apps/web/dev")),
        ),
        // It speaks only of what it selects.
        (
            vec![
                json!({"select": {"environments": ["production"]}, "repositories": [{"paths": ["apps/web/production"]}]}),
            ],
            None,
        ),
        (vec![json!({"select": {"namespaces": ["data"]}, "repositories": [{"paths": ["data"]}]})], None),
    ];
    for (specs, refused) in cases {
        let found = under(&specs).err().map(|error| (error.place, error.problem));
        match (&found, refused) {
            (None, None) => {}
            (Some((place, problem)), Some((there, part))) => {
                assert!(place == there && problem.contains(part), "{specs:?}: {place}: {problem}");
                assert!(problem.ends_with("have the policy changed"), "{problem}");
            }
            _ => panic!("{specs:?}: {found:?}"),
        }
    }
}
