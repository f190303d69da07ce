//! What binds the workflows of the corpus: who wrote them, which are alike, what they share.

#[path = "../corpus/mod.rs"]
mod corpus;

use std::collections::BTreeMap;

use towpath_migrate::assess::{Profile, WorkflowSight};
use towpath_migrate::estate::Ties;
use towpath_migrate::estate::likeness::Groups;
use towpath_migrate::estate::needs::{Kind, Thing};
use towpath_migrate::estate::reach::{Member, reach};
use towpath_migrate::estate::runners::{Provider, RunnerKind};
use towpath_migrate::graph::{ActionBundle, ActionFiles, Actions, Family};
use towpath_migrate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::sources::{Role, What};

/// The files of the corpus, by path.
type Files = BTreeMap<String, String>;

/// A project of the corpus as a repository: its workflows beside each other, its actions in `_actions`.
struct Project<'f> {
    files: &'f Files,
    folder: &'f str,
}

impl Project<'_> {
    fn text(&self, path: &str) -> Lookup {
        let text = self.files.get(&format!("{}/{path}", self.folder));
        text.map_or(Lookup::NotThere, |text| Lookup::Text(text.as_str().into()))
    }
}

impl WorkflowFiles for Project<'_> {
    fn look_up(&self, reference: &Reference) -> Lookup {
        match (&reference.repository, reference.path.strip_prefix(".github/workflows/")) {
            (Some(_), _) => Lookup::NotSupplied,
            (None, Some(name)) => self.text(name),
            (None, None) => Lookup::NotThere,
        }
    }
}

impl ActionFiles for Project<'_> {
    fn look_up(&self, folder: &Reference) -> Lookup {
        if folder.repository.is_some() {
            return Lookup::NotSupplied;
        }
        match self.text(&format!("_actions/{}/action.yml", folder.path)) {
            Lookup::NotThere => self.text(&format!("_actions/{}/action.yaml", folder.path)),
            found => found,
        }
    }
}

/// The ties of each workflow that stands in the folder of a project, with its path.
fn ties(files: &Files) -> Vec<(&str, &str, Ties)> {
    let of = |(path, text): (&'_ String, &'_ String)| {
        let (folder, name) = path.rsplit_once('/')?;
        let limits = Limits::default();
        let project = Project { files, folder };
        let root = Reference::local(format!(".github/workflows/{name}"));
        let bundle = Bundle::load(root, read_workflow(text.as_str(), &limits), &project, &limits);
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        let loaded = ActionBundle::load(&family, &project, &limits);
        let (actions, profile) = (Actions::of(&loaded), Profile::default());
        Ties::of(&WorkflowSight::new(&family, &actions, &profile))
    };
    let is_workflow = |(path, text): &(&String, &String)| {
        let is_here = path.starts_with("workflows/") && !path.contains("/_actions/");
        is_here && matches!(What::of(Role::Named, text), What::Workflow | What::Template)
    };
    let end = |path: &str| path.match_indices('/').nth(1).map(|(at, _)| at);
    let found = files
        .iter()
        .filter(is_workflow)
        .filter_map(|(path, text)| Some((path.as_str(), path.get(..end(path)?)?, of((path, text))?)));
    found.collect()
}

/// Whether a line of the text uses it: told without reading the file.
fn uses(text: &str, action: &str) -> bool {
    let is_use = |line: &str| {
        let line = line.trim_start().trim_start_matches("- ");
        line.strip_prefix("uses:").is_some_and(|name| name.trim().to_lowercase().starts_with(action))
    };
    text.lines().any(is_use)
}

#[test]
fn the_corpus_is_bound_as_counted() {
    let Some(files) = corpus::yaml_files("estate") else { return };
    let files: Files = files.into_iter().collect();
    let all = ties(&files);
    let generated: Vec<_> = all
        .iter()
        .filter_map(|(path, _, ties)| {
            let generated = ties.generated.as_ref()?;
            Some(format!("{path}:{} {}", generated.line, generated.tool))
        })
        .collect();
    assert_eq!(
        generated,
        [
            "workflows/argoproj+argo-cd/issue-triage.lock.yml:3 gh-aw",
            "workflows/astral-sh+ruff/release.yml:1 dist",
        ]
    );
    let groups = Groups::of(&all.iter().map(|(.., ties)| ties.likeness).collect::<Vec<_>>());
    for group in groups.exact.iter().chain(&groups.near) {
        println!("alike: {}", group.iter().map(|at| all[*at].0).collect::<Vec<_>>().join(" "));
    }
    let rows = reach(all.iter().map(|(_, unit, ties)| Member { unit, needs: &ties.needs }), |_| true);
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut providers: BTreeMap<Provider, usize> = BTreeMap::new();
    for row in &rows {
        *kinds.entry(row.kind).or_default() += 1;
        if row.kind == Kind::Label {
            *providers.entry(RunnerKind::of(row.name).provider).or_default() += 1;
        }
        if row.workflows > 40 || matches!(row.kind, Kind::Cluster | Kind::Docker | Kind::Identity) {
            println!("{} {}: {} {} {}", row.kind.code(), row.name, row.workflows, row.units, row.checks);
        }
    }
    let jobs: usize = all.iter().map(|(.., ties)| ties.needs.jobs.len()).sum();
    let counts: Vec<_> =
        Kind::ALL.iter().map(|kind| (kind.code(), kinds.get(kind).copied().unwrap_or_default())).collect();
    println!(
        "{} workflows, {jobs} jobs, {counts:?} {providers:?} {} {}",
        all.len(),
        groups.exact.len(),
        groups.near.len()
    );
    assert!(all.iter().all(|(.., ties)| !ties.needs.is_cut));
    assert_eq!((all.len(), jobs, groups.exact.len(), groups.near.len()), (826, 1964, 5, 9));
    let of_fluxcd = |at: &usize| all[*at].0.starts_with("workflows/fluxcd+");
    assert!(groups.exact.iter().all(|group| group.len() == 3 && group.iter().all(of_fluxcd)));
    let vendors: usize =
        providers.iter().filter(|(provider, _)| provider.vendor().is_some()).map(|(_, count)| count).sum();
    let count = |provider| providers.get(&provider).copied().unwrap_or_default();
    assert_eq!(
        (
            count(Provider::Hosted),
            count(Provider::Larger),
            vendors,
            count(Provider::Custom),
            count(Provider::Unknown)
        ),
        (17, 1, 16, 16, 21)
    );
}

/// What the words of a file say is found, whatever way it is read.
#[test]
fn actions_that_the_text_uses_are_needed() {
    let Some(files) = corpus::yaml_files("estate") else { return };
    let files: Files = files.into_iter().collect();
    let all = ties(&files);
    let mut found = 0;
    for action in ["actions/checkout@", "actions/setup-go@", "docker/build-push-action@", "actions/cache@"] {
        let name = action.trim_end_matches('@');
        let is_use = |path: &str, ties: &Ties| ties.likeness.near.is_some() && uses(&files[path], action);
        for (path, _, ties) in all.iter().filter(|(path, _, ties)| is_use(path, ties)) {
            let is_needed = |thing: &Thing| thing.kind == Kind::Action && thing.name == name;
            assert!(ties.needs.things.iter().any(is_needed), "{path} {name}");
            found += 1;
        }
    }
    assert!(found > 700, "{found}");
}
