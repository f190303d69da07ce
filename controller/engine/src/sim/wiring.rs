//! The wiring of a run: a pipeline document that is drawn from the seed and read as people's documents are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use towpath_core::id::{Name, RepoPath};
use towpath_core::pipeline::{Document, MetricTemplate, Pipeline, Policy, PolicyDocument, Templates};
use towpath_core::time::{Span, Time};

use super::random::Random;
use super::releases::{IMAGES, NEIGHBOUR};

/// How a run is wired.
pub(crate) struct Wiring {
    pub(crate) pipeline: Rc<Pipeline>,
    /// The same with changed QA templates: what an administrator makes of it during the run.
    pub(crate) edited: Rc<Pipeline>,
    /// Whether the host moves branch and journal in one push.
    pub(crate) atomic: bool,
    /// Whether CI numbers its releases.
    pub(crate) ordered: bool,
    /// Environments with a window.
    pub(crate) windows: BTreeMap<Name, Shutter>,
    /// One line for the trace.
    pub(crate) summary: String,
}

/// A window as the run understands it, by arithmetic of its own: every so many minutes it opens for so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shutter {
    every: i64,
    open: i64,
}

impl Shutter {
    /// Whether it is open.
    pub(crate) fn is_open(self, now: Time) -> bool {
        now.unix().rem_euclid(self.every * 60) < self.open * 60
    }

    /// When it opens or closes next.
    pub(crate) fn next_edge(self, now: Time) -> Time {
        let (every, open) = (self.every * 60, self.open * 60);
        let (begun, into) = (now.unix().div_euclid(every) * every, now.unix().rem_euclid(every));
        Time::from_unix(begun + if into < open { open } else { every })
    }

    fn gate(self) -> String {
        let Self { every, open } = self;
        format!(
            "window: {{ allow: [{{ cron: \"*/{every} * * * *\", duration: {open}m }}], timezone: Europe/Berlin }}"
        )
    }
}

/// What is drawn for one environment, or set by an opening.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) after: String,
    pub(crate) verify: &'static str,
    pub(crate) queue: &'static str,
    pub(crate) wait_for_bake: bool,
    pub(crate) bakes: bool,
    pub(crate) overrides: &'static str,
    pub(crate) pull_request: bool,
    pub(crate) revalidate: bool,
    /// Who has to approve; nobody when it is empty.
    pub(crate) approval: &'static str,
    pub(crate) window: Option<Shutter>,
    /// What the pipeline next door has to have: `live` or `verified`.
    pub(crate) dependency: Option<&'static str>,
    pub(crate) expression: bool,
    /// Whether a system outside is asked.
    pub(crate) http: bool,
    /// Where it is, if not in a folder of its own name.
    pub(crate) folder: Option<&'static str>,
    /// What it runs on, if not with the others of its tier.
    pub(crate) destination: Option<&'static str>,
    /// How many may go back by themselves to its destination, if not as many as usual.
    pub(crate) budget: Option<usize>,
}

const QUEUES: [&str; 3] = ["hold-until-verdict", "newest-wins", "every-release"];
pub(super) const SHUTTERS: [Shutter; 3] =
    [Shutter { every: 20, open: 10 }, Shutter { every: 30, open: 5 }, Shutter { every: 15, open: 5 }];
/// One person, as it is in most runs.
pub(crate) const ONE: &str = "count: 1, notAuthor: true";
const CONSENTS: [&str; 7] = [
    ONE,
    ONE,
    ONE,
    ONE,
    "count: 2, notAuthor: true",
    "count: 1, groups: [managers], notAuthor: true",
    "count: 2, groups: [managers, owners]",
];
/// What administrators want: of staging that errors are watched, of production an owner's word.
const POLICIES: [(&str, &str); 2] = [
    (
        "watched",
        "select: { environments: [staging] }\n  verify: [{ metrics: { template: errors, args: { service: web-staging } } }]",
    ),
    (
        "owned",
        "select: { labels: { tier: outer } }\n  entry: [{ approval: { groups: [owners] } }]\n  \
         overrides: [soak, window, http]",
    ),
];
/// The address that the HTTP gate asks, and for how many seconds its answer holds.
pub(crate) const URL: &str = "https://changes.example/web";
pub(crate) const HOLDS: u32 = 30;
/// What nobody may see: the repository is reached with it.
pub(crate) const SECRET: &str = "s3cr3t-0f-the-b0t";
/// What the expression gate asks.
pub(crate) const EXPRESSION: &str = "release.sequence > 0";
pub(crate) const OVERRIDES: &str = "upstream, soak, approval, window, dependency, expression, http";
pub(crate) const DEV: &str = "verify: [{ qa: { template: smoke, timeout: 15m } }]";
pub(crate) const STAGING: &str =
    "verify: [{ qa: { template: regression, timeout: 15m } }, { metrics: METRICS }]";
pub(crate) const WATCHED: &str = "verify: [{ metrics: METRICS }]";

impl Wiring {
    /// Draws the wiring of a run.
    pub(crate) fn drawn(random: &mut Random) -> Result<Self, String> {
        let images = if random.percent(60) { 1 } else { 2 };
        let mut shapes = shapes(random);
        place(&mut shapes, &mut random.clone());
        let (atomic, ordered) = (random.percent(75), random.percent(25));
        let wiring = Self::of(&shapes, images, atomic, ordered)?;
        match random.below(100) {
            0..=7 => wiring.under(true),
            8..=15 => wiring.under(false),
            _ => Ok(wiring),
        }
    }

    /// The same under policies: always, or only as long as the QA templates are the changed ones.
    pub(super) fn under(self, always: bool) -> Result<Self, String> {
        let policies = POLICIES.map(policy).into_iter().collect::<Result<Vec<_>, _>>()?;
        let under = |pipeline: &Pipeline| pipeline.clone().under(&policies).map_err(|e| e.to_string());
        let pipeline = if always { Rc::new(under(&self.pipeline)?) } else { Rc::clone(&self.pipeline) };
        let summary = format!("{}\nunder policies, always: {always}", self.summary);
        Ok(Self { pipeline, edited: Rc::new(under(&self.edited)?), summary, ..self })
    }

    /// The wiring of these environments.
    pub(crate) fn of(shapes: &[Shape], images: usize, atomic: bool, ordered: bool) -> Result<Self, String> {
        let environments: String = shapes.iter().map(Shape::yaml).collect();
        let window = |s: &Shape| Some((Name::parse(s.name).ok()?, s.window?));
        let images: Vec<&str> = IMAGES.into_iter().take(images).collect();
        let document = |revision: &str| document("web", &environments, &images, revision);
        Ok(Self {
            pipeline: Rc::new(document("1")?),
            edited: Rc::new(document("2")?),
            atomic,
            ordered,
            windows: shapes.iter().filter_map(window).collect(),
            summary: format!("{} images, atomic: {atomic}, ordered: {ordered}{environments}", images.len()),
        })
    }
}

/// The environments: a chain of three, or two that run side by side before production.
fn shapes(random: &mut Random) -> Vec<Shape> {
    let soak = |random: &mut Random| random.pick(&["0s", "120s", "300s"]).copied().unwrap_or("0s");
    let dev = Shape { verify: DEV, ..Shape::drawn(random, "dev") };
    let after = format!("after: {{ all: [{{ environment: dev, soak: {} }}] }}", soak(random));
    let staging = Shape { after, verify: STAGING, ..Shape::drawn(random, "staging") };
    let mut upstream = format!("{{ environment: staging, soak: {} }}", soak(random));
    let (mut mode, mut load) = ("all", None);
    if random.percent(35) {
        let after = "after: { all: [{ environment: dev }] }".to_owned();
        load = Some(Shape { after, verify: WATCHED, ..Shape::drawn(random, "load") });
        let _ = write!(upstream, ", {{ environment: load, soak: {} }}", soak(random));
        mode = if random.percent(50) { "all" } else { "any" };
    }
    let production = Shape {
        after: format!("after: {{ {mode}: [{upstream}] }}"),
        verify: WATCHED,
        approval: random.pick(&CONSENTS).copied().unwrap_or(ONE),
        dependency: ["live", "verified"].get(random.below(13)).copied(),
        ..Shape::drawn(random, "production")
    };
    [dev, staging].into_iter().chain(load).chain([production]).collect()
}

/// Where the environments run: by tier, or all on one cluster, with budgets of rollbacks.
fn place(shapes: &mut [Shape], random: &mut Random) {
    let destination = random.percent(40).then_some("everything");
    let budget = random.percent(40).then(|| 1 + random.below(3));
    shapes.iter_mut().for_each(|shape| (shape.destination, shape.budget) = (destination, budget));
}

impl Shape {
    fn drawn(random: &mut Random, name: &'static str) -> Self {
        let window = random.percent(if name == "production" { 20 } else { 6 });
        Self {
            name,
            queue: random.pick(&QUEUES).copied().unwrap_or("newest-wins"),
            wait_for_bake: random.percent(30),
            bakes: random.percent(if name == "production" { 75 } else { 15 }),
            overrides: if random.percent(40) { OVERRIDES } else { "" },
            pull_request: random.percent(12),
            revalidate: random.percent(30),
            window: random.pick(&SHUTTERS).copied().filter(|_| window),
            expression: random.percent(8),
            http: random.percent(if name == "production" { 15 } else { 3 }),
            ..Self::default()
        }
    }

    fn gates(&self) -> String {
        let approval = Some(self.approval).filter(|who| !who.is_empty());
        let approval = approval.map(|who| format!("approval: {{ {who} }}"));
        let http = self.http.then(|| {
            format!(
                "http: {{ name: change, url: \"{URL}\", success: \"response.status == 200\", interval: {HOLDS}s }}"
            )
        });
        let dependency = self.dependency.map(|state| {
            format!("dependency: {{ pipeline: lib, environment: lib, version: \">=2\", state: {state} }}")
        });
        let expression = self.expression.then(|| format!("expression: {{ cel: \"{EXPRESSION}\" }}"));
        let all = approval
            .into_iter()
            .chain(self.window.map(Shutter::gate))
            .chain(dependency)
            .chain(expression)
            .chain(http);
        all.map(|gate| format!("{{ {gate} }}")).collect::<Vec<_>>().join(", ")
    }

    fn yaml(&self) -> String {
        let Self { name, queue, wait_for_bake, overrides, after, .. } = self;
        let metrics = format!("{{ template: errors, args: {{ service: web-{name} }} }}");
        let bake = format!("bake: {{ duration: 15m, metrics: [{metrics}] }}");
        let lines = [
            format!("path: apps/web/{}", self.folder.unwrap_or(name)),
            format!("labels: {{ tier: {} }}", tier(name)),
            format!("applications: [{{ name: web-{name} }}]"),
            format!(
                "promotion: {{ queue: {queue}, waitForBake: {wait_for_bake}, overrides: [{overrides}] }}"
            ),
            format!("destination: {}", self.destination.unwrap_or_else(|| tier(name))),
            self.budget.map_or_else(String::new, |budget| format!("rollback: {{ budget: {budget} }}")),
            format!("delivery: {}", if self.pull_request { "pull-request" } else { "push" }),
            format!("revalidate: {}", if self.revalidate { "onChange" } else { "never" }),
            "stable: 10s".to_owned(),
            "syncTimeout: 30m".to_owned(),
            after.clone(),
            self.verify.replace("METRICS", &metrics),
            format!("entry: [{}]", self.gates()),
            if self.bakes { bake } else { String::new() },
        ];
        let lines: String =
            lines.iter().filter(|line| !line.is_empty()).map(|line| format!("\n    {line}")).collect();
        format!("\n  - name: {name}{lines}")
    }
}

/// By which some holds select.
fn tier(name: &str) -> &'static str {
    if name == "production" { "outer" } else { "inner" }
}

/// The pipeline next door: one environment in this folder, and no gates.
pub(crate) fn neighbour(folder: &'static str) -> Result<Pipeline, String> {
    let folder = Some(folder);
    let shape = Shape { name: "lib", folder, verify: WATCHED, queue: "newest-wins", ..Shape::default() };
    document("lib", &shape.yaml(), &[NEIGHBOUR], "1")
}

fn document(name: &str, environments: &str, images: &[&str], revision: &str) -> Result<Pipeline, String> {
    let (mut names, mut edit) = (String::new(), String::new());
    for image in images {
        let _ = write!(names, "{{ name: {image} }}, ");
        let _ = write!(edit, "{{ kustomization: {{ image: {image} }} }}, ");
    }
    let text = format!(
        "apiVersion: towpath.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: {name}, namespace: shop }}\nspec:\n  \
         images: [{names}]\n  repository: {{ url: \"https://bot:{SECRET}@git.example.com/acme/environments.git\", branch: main }}\n  edit: [{edit}]\n  \
         environments:{environments}\n"
    );
    let document: Document = serde_saphyr::from_str(&text).map_err(|e| format!("the wiring: {e}"))?;
    with_templates(revision, |templates| Pipeline::new(&document, templates).map_err(|e| e.to_string()))
}

fn policy((name, spec): (&str, &str)) -> Result<Policy, String> {
    let text = format!(
        "apiVersion: towpath.dev/v1alpha1\nkind: PromotionPolicy\nmetadata: {{ name: {name} }}\nspec:\n  {spec}\n"
    );
    let document: PolicyDocument = serde_saphyr::from_str(&text).map_err(|e| format!("a policy: {e}"))?;
    with_templates("1", |templates| Policy::new(&document, templates).map_err(|e| e.to_string()))
}

fn with_templates<T>(revision: &str, make: impl FnOnce(&Templates<'_>) -> T) -> T {
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
    make(&Templates { metrics: &metrics, qa: &qa })
}

/// The file that deploys an environment.
pub(crate) fn path_of(environment: &str) -> Result<RepoPath, String> {
    let path = format!("apps/web/{environment}/kustomization.yaml");
    RepoPath::parse(&path).map_err(|e| format!("the run itself is wrong: {e}"))
}

#[cfg(test)]
mod tests {
    use towpath_core::pipeline::EntryGate;

    use super::OVERRIDES;

    #[test]
    fn every_gate_may_be_passed_by_in_some_runs() {
        assert_eq!(OVERRIDES.split(", ").collect::<Vec<_>>(), EntryGate::ALL.map(EntryGate::as_str));
    }
}
