//! The graphs of the corpus: each is made and printed, and what is found in them is counted.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fixture that fails ends its test")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use towpath_migrate::graph::status::{Asker, When, oddity};
use towpath_migrate::graph::{ActionBundle, Actions, Family, Local, json, mermaid};
use towpath_migrate::model::call::{Bundle, Link, Lookup, Program, Reference, Rules, WorkflowFiles};
use towpath_migrate::read::{Limits, read_workflow};

/// Calls whose workflow stands beside the caller. Fewer would be calls that are not followed.
const FOLLOWED: usize = 60;

/// What somebody should look at: outputs of steps that are not there, a branch's name in a script, a comment in a
/// variable of later steps, conditions that are `true`, and a workflow that is used as an action.
const NOTES: [&str; 8] = [
    "actions+starter-workflows/deployments/google-cloudrun-docker.yml: NoStep(\"deploy\"): no step of the job has this id",
    "actions+starter-workflows/deployments/google-cloudrun-source.yml: NoStep(\"deploy\"): no step of the job has this id",
    "aquasecurity+trivy/backport.yaml: github.event.comment.body",
    "docker+build-push-action/ci.yml: NoStep(\"buildx\"): no step of the job has this id",
    "etcd-io+etcd/bump-devcontainer-version.yml: github.event.pull_request.head.ref",
    "fluxcd+pkg/integration-cleanup.yaml: a condition of azure is always true",
    "fluxcd+pkg/integration-cleanup.yaml: a condition of aws is always true",
    "hashicorp+nomad/test-scheduler-prop.yml: ./.github/workflows/test-failure-notification.yml is not checked out",
];

/// The workflows of one project, by the names of their files.
struct Beside<'f>(BTreeMap<&'f str, &'f str>);

impl WorkflowFiles for Beside<'_> {
    fn look_up(&self, reference: &Reference) -> Lookup {
        if reference.repository.is_some() {
            return Lookup::NotSupplied;
        }
        let name = reference.path.rsplit('/').next().unwrap_or_default();
        self.0.get(name).map_or(Lookup::NotSupplied, |text| Lookup::Text((*text).into()))
    }
}

/// What came of all graphs.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    counts: BTreeMap<&'static str, usize>,
    notes: Vec<String>,
}

pub(crate) fn counts() -> Option<&'static Counts> {
    static COUNTS: LazyLock<Option<Counts>> = LazyLock::new(|| crate::files("graphs").map(look));
    COUNTS.as_ref()
}

impl Counts {
    pub(crate) fn record(&self) -> Value {
        json!({ "counts": self.counts, "notes": NOTES })
    }
}

fn look(files: &[(String, String)]) -> Counts {
    let workflows =
        files.iter().filter(|(path, text)| path.starts_with("workflows/") && text.contains("jobs:"));
    let mut projects: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for (path, text) in workflows {
        let (project, name) = path.rsplit_once('/').unwrap();
        projects.entry(project).or_default().insert(name, text);
    }
    let (mut counts, mut notes) = (BTreeMap::new(), Vec::new());
    for (project, files) in &projects {
        let beside = Beside(files.clone());
        for (name, text) in files {
            let limits = Limits::default();
            let document = read_workflow(*text, &limits);
            let reference = Reference::local(format!(".github/workflows/{name}"));
            let bundle = Bundle::load(reference, document, &beside, &limits);
            let program = Program::of(&bundle, &Rules::default());
            let family = Family::of(&program);
            let actions = ActionBundle::default();
            let printed = json(&family, &Actions::of(&actions), &[]);
            let value: serde_yaml::Value = serde_yaml::from_str(&printed).unwrap();
            assert!(value["jobs"].is_sequence(), "{project}/{name}");
            assert!(mermaid(&family).lines().all(|line| !line.contains('\u{1b}')), "{project}/{name}");
            count(&family, &format!("{project}/{name}"), &mut counts, &mut notes);
        }
    }
    Counts { counts, notes }
}

#[test]
fn all_graphs_are_made_and_printed() {
    let Some(Counts { counts, notes }) = counts() else { return };
    println!("{counts:?}");
    let notes: Vec<_> = notes.iter().map(|note| note.trim_start_matches("workflows/")).collect();
    assert_eq!(notes, NOTES, "what somebody should look at");
    assert!(counts.get("calls followed").is_some_and(|followed| *followed >= FOLLOWED), "{counts:?}");
}

/// Counts what is in a graph, and notes what somebody should look at.
fn count(
    family: &Family<'_>,
    path: &str,
    counts: &mut BTreeMap<&'static str, usize>,
    notes: &mut Vec<String>,
) {
    let mut add = |what, number| *counts.entry(what).or_insert(0) += number;
    let (Some(graph), flows) = (family.root(), family.flows()) else { return };
    let calls = family.calls.iter().filter(|call| call.file == 0);
    add("workflows", 1);
    add("jobs", graph.jobs.len());
    add("calls", calls.clone().count());
    add("calls followed", calls.filter(|call| call.link != Link::NotSupplied).count());
    for job in &graph.jobs {
        for (_, uses, local) in job.locals() {
            add(
                match local {
                    Local::Own { .. } => "local: own",
                    Local::Other { .. } => "local: other",
                    Local::NotCheckedOut => "local: not checked out",
                    Local::Unknown => "local: unknown",
                },
                1,
            );
            if local == Local::NotCheckedOut {
                notes.push(format!("{path}: {} is not checked out", uses.uses.value));
            }
        }
        let steps = job.steps().map(|steps| steps.steps.as_slice()).unwrap_or_default();
        let own = [(&job.model.condition, Asker::Job(&job.model.needs))];
        let conditions = steps.iter().map(|step| (&step.condition, Asker::Step(steps))).chain(own);
        let odd = conditions.filter_map(|(condition, asker)| {
            let condition = &condition.as_ref()?.value;
            oddity(condition, &When::of(Some(condition), asker), asker)
        });
        notes.extend(
            odd.map(|odd| format!("{path}: a condition of {} is {}", job.model.id.value, odd.name())),
        );
    }
    let Some(flow) = flows.first() else { return };
    add("scripts", flow.scripts.len());
    add("outputs read", flow.links.len());
    add("artifacts", flow.artifacts.len());
    add("caches", flow.caches.len());
    let empty = flow.links.iter().filter_map(|link| Some((link.doubt?, link.from)));
    notes.extend(empty.map(|(doubt, from)| format!("{path}: {from:?}: {}", doubt.text())));
    notes.extend(flow.taints.iter().map(|taint| format!("{path}: {}", taint.cause.path)));
}
