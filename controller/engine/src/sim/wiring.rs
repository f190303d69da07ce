//! The wiring of a run: a pipeline document that is drawn from the seed and read as people's documents are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use towpath_core::id::RepoPath;
use towpath_core::pipeline::{Document, MetricTemplate, Pipeline, Templates};
use towpath_core::time::Span;

use super::random::Random;
use super::releases::IMAGES;

/// How a run is wired.
pub(crate) struct Wiring {
    pub(crate) pipeline: Rc<Pipeline>,
    /// The same with changed QA templates: what an administrator makes of it during the run.
    pub(crate) edited: Rc<Pipeline>,
    /// Whether the host moves branch and journal in one push.
    pub(crate) atomic: bool,
    /// Whether CI numbers its releases.
    pub(crate) ordered: bool,
    /// Whether some environment has a window.
    pub(crate) windows: bool,
    /// One line for the trace.
    pub(crate) summary: String,
}

const QUEUES: [&str; 3] = ["hold-until-verdict", "newest-wins", "every-release"];
const DEV: &str = "verify: [{ qa: { template: smoke, timeout: 15m } }]";

impl Wiring {
    /// Draws the wiring of a run.
    pub(crate) fn drawn(random: &mut Random) -> Result<Self, String> {
        let images = if random.percent(60) { 1 } else { 2 };
        let environments = environments(random);
        let (atomic, ordered) = (random.percent(75), random.percent(25));
        let summary = format!("{images} images, atomic: {atomic}, ordered: {ordered}{environments}");
        Ok(Self {
            pipeline: Rc::new(pipeline(&environments, images, "1")?),
            edited: Rc::new(pipeline(&environments, images, "2")?),
            atomic,
            ordered,
            windows: environments.contains("window:"),
            summary,
        })
    }
}

/// The list of environments as YAML: a chain of three, or two that run side by side before production.
fn environments(random: &mut Random) -> String {
    let mut yaml = String::new();
    let staging = "verify: [{ qa: { template: regression, timeout: 15m } }, { metrics: METRICS }]";
    let soak = |random: &mut Random| random.pick(&["0s", "120s", "300s"]).copied().unwrap_or("0s");
    environment(&mut yaml, random, "dev", "", DEV);
    let after = format!("after: {{ all: [{{ environment: dev, soak: {} }}] }}", soak(random));
    environment(&mut yaml, random, "staging", &after, staging);
    let mut upstream = format!("{{ environment: staging, soak: {} }}", soak(random));
    let mut mode = "all";
    if random.percent(35) {
        environment(
            &mut yaml,
            random,
            "load",
            "after: { all: [{ environment: dev }] }",
            "verify: [{ metrics: METRICS }]",
        );
        let _ = write!(upstream, ", {{ environment: load, soak: {} }}", soak(random));
        mode = if random.percent(50) { "all" } else { "any" };
    }
    let after = format!("after: {{ {mode}: [{upstream}] }}");
    environment(&mut yaml, random, "production", &after, "verify: [{ metrics: METRICS }]");
    yaml
}

fn environment(yaml: &mut String, random: &mut Random, name: &str, after: &str, verify: &str) {
    let queue = random.pick(&QUEUES).copied().unwrap_or("newest-wins");
    let bakes = random.percent(if name == "production" { 75 } else { 15 });
    let overrides = if random.percent(40) { "upstream, soak, approval" } else { "" };
    let metrics = format!("{{ template: errors, args: {{ service: web-{name} }} }}");
    let mut lines = vec![
        format!("path: apps/web/{name}"),
        format!("applications: [{{ name: web-{name} }}]"),
        format!(
            "promotion: {{ queue: {queue}, waitForBake: {}, overrides: [{overrides}] }}",
            random.percent(30)
        ),
        format!("delivery: {}", if random.percent(12) { "pull-request" } else { "push" }),
        format!("revalidate: {}", if random.percent(30) { "onChange" } else { "never" }),
        "stable: 10s".to_owned(),
        "syncTimeout: 30m".to_owned(),
        after.to_owned(),
        verify.replace("METRICS", &metrics),
    ];
    if name == "production" {
        lines.push("entry: [{ approval: { count: 1, notAuthor: true } }]".to_owned());
    }
    if bakes {
        lines.push(format!("bake: {{ duration: 15m, metrics: [{metrics}] }}"));
    }
    let _ = write!(yaml, "\n  - name: {name}");
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let _ = write!(yaml, "\n    {line}");
    }
}

fn pipeline(environments: &str, images: usize, revision: &str) -> Result<Pipeline, String> {
    let (mut names, mut edit) = (String::new(), String::new());
    for image in IMAGES.iter().take(images) {
        let _ = write!(names, "{{ name: {image} }}, ");
        let _ = write!(edit, "{{ kustomization: {{ image: {image} }} }}, ");
    }
    let text = format!(
        "apiVersion: towpath.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: web, namespace: shop }}\nspec:\n  \
         images: [{names}]\n  repository: {{ url: memory, branch: main }}\n  edit: [{edit}]\n  \
         environments:{environments}\n"
    );
    let document: Document = serde_saphyr::from_str(&text).map_err(|e| format!("the wiring: {e}"))?;
    let errors = MetricTemplate {
        query: "errors{service=\"{{ service }}\"}".to_owned(),
        max: Some(0.05),
        min: None,
        interval: Span::seconds(30),
        duration: Span::seconds(180),
        failure_limit: 0,
        min_samples: Some(3),
    };
    let metrics = BTreeMap::from([("errors".to_owned(), errors)]);
    let qa = BTreeMap::from(["smoke", "regression"].map(|name| (name.to_owned(), revision.to_owned())));
    Pipeline::new(&document, &Templates { metrics: &metrics, qa: &qa }).map_err(|e| e.to_string())
}

/// The file that deploys an environment.
pub(crate) fn path_of(environment: &str) -> Result<RepoPath, String> {
    let path = format!("apps/web/{environment}/kustomization.yaml");
    RepoPath::parse(&path).map_err(|e| format!("the run itself is wrong: {e}"))
}
