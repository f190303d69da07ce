//! The pipeline document of a bed, varied step by step, and what its folders say at the beginning.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use towpath_core::pipeline::{Document, MetricTemplate, Pipeline, Policy, PolicyDocument, Templates};
use towpath_core::time::Span;

use super::versions::{kustomization, two_images};

/// Three environments: dev with QA, staging with QA, soak and metrics, production with approval and bake.
const WEB: &str = r#"
- name: dev
  path: apps/web/overlays/dev
  applications: [{ name: web-dev }]
  verify: [{ qa: { template: smoke } }]
  stable: 10s
- name: staging
  path: apps/web/overlays/staging
  applications: [{ name: web-staging }]
  after: { all: [{ environment: dev, soak: 5m }] }
  verify:
    - qa: { template: regression, timeout: 30m }
    - metrics: { template: errors, args: { service: web-staging } }
  stable: 10s
- name: production
  path: apps/web/overlays/production
  labels: { tier: production }
  applications: [{ name: web-production }]
  after: { all: [{ environment: staging }] }
  entry: [{ approval: { count: 1, notAuthor: true } }]
  verify: [{ metrics: { template: errors, args: { service: web-production } } }]
  bake: { duration: 20m, metrics: [{ template: errors, args: { service: web-production } }] }
  stable: 10s
"#;

/// A pipeline document that can be varied, with the text of its folders.
#[derive(Clone)]
pub struct Wiring {
    name: &'static str,
    branch: &'static str,
    apps: &'static [&'static str],
    environments: Vec<Map<String, Value>>,
    policies: BTreeMap<&'static str, Map<String, Value>>,
    pub(super) folders: fn(&str) -> String,
}

fn fields(yaml: &str) -> Map<String, Value> {
    serde_saphyr::from_str(yaml).unwrap()
}

impl Wiring {
    /// A pipeline of the image `web` without environments.
    pub fn bare() -> Self {
        let environments = Vec::new();
        let policies = BTreeMap::new();
        Self { name: "web", branch: "main", apps: &["web"], environments, policies, folders: kustomization }
    }

    /// The image `web` in dev, staging and production, which is where most scenarios play.
    pub fn web() -> Self {
        Self { environments: serde_saphyr::from_str(WEB).unwrap(), ..Self::bare() }
    }

    /// Two environments, and the images `api` and `web` in one file.
    pub fn two_images() -> Self {
        let bare = Self { name: "shop", folders: two_images, ..Self::bare() };
        bare.images(&["api", "web"]).with("dev", "stable: 10s").with(
            "staging",
            "{ after: { all: [{ environment: dev }] }, verify: [{ qa: { template: regression } }], stable: 10s }",
        )
    }

    /// Gives the pipeline another name.
    pub fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// Lets it write to another branch.
    pub fn branch(self, branch: &'static str) -> Self {
        Self { branch, ..self }
    }

    /// Lets it deploy these images, each written into the environment's kustomization.
    pub fn images(self, apps: &'static [&'static str]) -> Self {
        Self { apps, ..self }
    }

    /// Lets the folders say at the beginning what `text` makes of `1.0.0`.
    pub fn folders(self, text: fn(&str) -> String) -> Self {
        Self { folders: text, ..self }
    }

    /// Sets fields of an environment to what this YAML says, `null` takes one away. An environment of a new name is
    /// added, with a path and an Application of that name.
    pub fn with(mut self, environment: &str, yaml: &str) -> Self {
        if !self.environments.iter().any(|e| e["name"] == environment) {
            let path = format!("apps/web/overlays/{environment}");
            let applications = json!([{ "name": format!("web-{environment}") }]);
            let new = json!({ "name": environment, "path": path, "applications": applications });
            self.environments.extend(new.as_object().cloned());
        }
        let known = self.environments.iter_mut().find(|e| e["name"] == environment).unwrap();
        known.extend(fields(yaml));
        known.retain(|_, value| !value.is_null());
        self
    }

    /// Puts it under a policy whose spec is this YAML; one of the same name is replaced.
    pub fn under(mut self, policy: &'static str, yaml: &str) -> Self {
        self.policies.insert(policy, fields(yaml));
        self
    }

    /// Takes a policy away.
    pub fn free_of(mut self, policy: &str) -> Self {
        assert!(self.policies.remove(policy).is_some(), "there is no {policy}");
        self
    }

    /// Takes an environment away.
    pub fn without(mut self, environment: &str) -> Self {
        let before = self.environments.len();
        self.environments.retain(|e| e["name"] != environment);
        assert_ne!(self.environments.len(), before, "there is no {environment}");
        self
    }

    /// The pipeline on this repository, with the templates of the bed.
    pub(super) fn pipeline(&self, url: &str) -> Pipeline {
        let images: Vec<String> = self.apps.iter().map(|app| format!("ghcr.io/acme/{app}")).collect();
        let edit = |image: &String| json!({ "kustomization": { "image": image } });
        let document = json!({
            "apiVersion": "towpath.dev/v1alpha1",
            "kind": "Pipeline",
            "metadata": { "name": self.name, "namespace": "shop" },
            "spec": {
                "images": images.iter().map(|image| json!({ "name": image })).collect::<Vec<_>>(),
                "repository": { "url": url, "branch": self.branch },
                "edit": images.iter().map(edit).collect::<Vec<_>>(),
                "environments": self.environments,
            },
        });
        // JSON is YAML, so this goes the way that people's documents go.
        let document: Document = serde_saphyr::from_str(&document.to_string()).unwrap();
        let metrics = [("errors", 0), ("tolerant", 1)].map(|(name, limit)| (name.to_owned(), errors(limit)));
        let qa = BTreeMap::from(["smoke", "regression", "extra"].map(|t| (t.to_owned(), "1".to_owned())));
        let metrics = BTreeMap::from(metrics);
        let templates = Templates { metrics: &metrics, qa: &qa };
        let policies = self.policies.iter().map(|(name, spec)| policy(name, spec, &templates));
        let pipeline = Pipeline::new(&document, &templates).unwrap();
        pipeline.under(&policies.collect::<Vec<_>>()).unwrap()
    }
}

fn policy(name: &str, spec: &Map<String, Value>, templates: &Templates<'_>) -> Policy {
    let document = json!({
        "apiVersion": "towpath.dev/v1alpha1",
        "kind": "PromotionPolicy",
        "metadata": { "name": name },
        "spec": spec,
    });
    let document: PolicyDocument = serde_saphyr::from_str(&document.to_string()).unwrap();
    Policy::new(&document, templates).unwrap()
}

/// A ratio of errors that may be bad so many times.
fn errors(failure_limit: u32) -> MetricTemplate {
    MetricTemplate {
        query: "error_ratio{service=\"{{ service }}\"}".to_owned(),
        max: Some(0.05),
        min: None,
        interval: Span::seconds(30),
        duration: Span::seconds(300),
        failure_limit,
        min_samples: None,
    }
}
