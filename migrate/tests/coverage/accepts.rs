//! Real workflows and actions: each is read without a crash, and workflows are accepted or refused as GitHub's parser in
//! TypeScript does, but for named differences.
#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value, json};
use towpath_migrate::model::{Action, Workflow, placeholders};
use towpath_migrate::read::{Document, Limits, Problem, read_action, read_workflow};

/// What is refused, by whom, and why. A comment begins with `#`.
const REFUSED: &str = include_str!("refused.txt");

/// How many there are at least. Fewer would be files that were not looked at.
const WORKFLOWS: usize = 826;
const ACTIONS: usize = 28;

/// Folders of the corpus with workflows and actions; a file counts for the first that it is in.
const FOLDERS: [&str; 5] =
    ["workflows/actions+starter-workflows/", "workflows/", "act/", "actionlint/ok/", "actionlint/examples/"];

/// What came of the files of a folder.
#[derive(Debug, Default)]
struct Folder {
    workflows: usize,
    actions: usize,
    jobs: usize,
    templates: usize,
    /// Workflows and actions that we refuse something of.
    refused: usize,
    /// Workflows of which npm says the same.
    as_npm: usize,
}

/// What came of all files.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// YAML files that were read, as if they were workflows where they are something else.
    files: usize,
    folders: BTreeMap<&'static str, Folder>,
    refused: BTreeSet<&'static str>,
    templates: BTreeSet<&'static str>,
}

/// Who refuses a file, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refused {
    who: Who,
    why: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Both,
    Npm,
    Ours,
    /// An action: npm has no converter of these.
    Action,
}

impl Who {
    const ALL: [(&'static str, Self); 4] =
        [("both", Self::Both), ("npm", Self::Npm), ("ours", Self::Ours), ("action", Self::Action)];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, who)| *who == self).map_or("", |(name, _)| name)
    }
}

/// The list of what is refused.
fn refused() -> BTreeMap<&'static str, Refused> {
    let lines = REFUSED.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &'static str| {
        let (path, rest) = line.split_once('\t').unwrap();
        let (who, why) = rest.split_once('\t').unwrap();
        let who = Who::ALL.iter().find(|(name, _)| *name == who).unwrap().1;
        (path, Refused { who, why })
    };
    lines.map(read).collect()
}

fn is_action(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    // A workflow may be called action.yml, too.
    path.contains("/_actions/")
        || !path.starts_with("workflows/") && matches!(name, "action.yml" | "action.yaml")
}

/// Each problem has its place in the source.
fn check_places(name: &str, document: &Document, problems: &[&Problem]) {
    let source = document.tree().source();
    for problem in problems {
        let span = problem.span;
        assert!(source.get(span.start..span.end).is_some(), "{name}: {problem:?}");
        assert!(problem.place.is_none_or(|place| source.is_char_boundary(place)), "{name}: {problem:?}");
    }
}

impl Counts {
    fn action(&mut self, folder: &'static str, path: &'static str, source: &str) {
        let document = read_action(source, &Limits::default());
        let action = Action::of(&document);
        let problems: Vec<_> = action.all_problems().collect();
        check_places(path, &document, &problems);
        let counts = self.folders.entry(folder).or_default();
        counts.actions += 1;
        if problems.iter().any(|problem| problem.is_refusal()) || action.runs.is_none() {
            counts.refused += 1;
            self.refused.insert(path);
        }
    }

    fn workflow(&mut self, folder: &'static str, path: &'static str, source: &str, npm: bool) {
        let document = read_workflow(source, &Limits::default());
        let workflow = Workflow::of(&document);
        let problems: Vec<_> = workflow.all_problems().collect();
        check_places(path, &document, &problems);
        if path.starts_with("workflows/") {
            assert!(!workflow.jobs.is_empty() && workflow.on.is_some(), "{path} is read as far as it can be");
        }
        let counts = self.folders.entry(folder).or_default();
        counts.workflows += 1;
        counts.jobs += workflow.jobs.len();
        let is_refused = problems.iter().any(|problem| problem.is_refusal());
        counts.as_npm += usize::from(is_refused == npm);
        if placeholders(&document).next().is_some() {
            counts.templates += 1;
            self.templates.insert(path);
        }
        if is_refused {
            counts.refused += 1;
            self.refused.insert(path);
        }
    }

    fn file(&mut self, path: &'static str, source: &str, named: Option<&Refused>) {
        self.files += 1;
        match FOLDERS.into_iter().find(|folder| path.starts_with(folder)) {
            Some(folder) if is_action(path) => self.action(folder, path, source),
            Some(folder) => {
                let npm = named.is_some_and(|named| matches!(named.who, Who::Both | Who::Npm));
                self.workflow(folder, path, source, npm);
            }
            // Cases of their own test, and manifests of something else: anything may be said, and nothing may break.
            None => {
                let document = read_workflow(source, &Limits::default());
                let workflow = Workflow::of(&document);
                check_places(path, &document, &workflow.all_problems().collect::<Vec<_>>());
            }
        }
    }

    pub(crate) fn record(&self) -> Value {
        let named = refused();
        let (templates, others): (Vec<_>, Vec<_>) =
            named.iter().partition(|(_, refused)| refused.why.starts_with("template"));
        let other = |(path, refused): &(&&str, &Refused)| json!({ "file": path, "by": refused.who.name(), "why": refused.why });
        let folder = |name: &&'static str| {
            let counts = self.folders.get(name)?;
            Some(json!({
                "folder": name,
                "workflows": counts.workflows,
                "actions": counts.actions,
                "jobs": counts.jobs,
                "withPlaceholders": counts.templates,
                "refused": counts.refused,
                "workflowsAsNpm": counts.as_npm,
            }))
        };
        json!({
            "files": self.files,
            "folders": FOLDERS.iter().filter_map(folder).collect::<Vec<_>>(),
            "templatesThatBothRefuse": templates.len(),
            "refused": others.iter().map(other).collect::<Vec<_>>(),
        })
    }
}

pub(crate) fn counts() -> Option<&'static Counts> {
    static COUNTS: LazyLock<Option<Counts>> = LazyLock::new(|| {
        let (files, named) = (crate::files("real workflows")?, refused());
        let mut counts = Counts::default();
        for (path, source) in files {
            counts.file(path, source, named.get(path.as_str()));
        }
        Some(counts)
    });
    COUNTS.as_ref()
}

#[test]
fn real_workflows_are_accepted_or_refused_as_github_does() {
    let Some(counts) = counts() else { return };
    let named = refused();
    println!("{} files; {:#?}; {} templates", counts.files, counts.folders, counts.templates.len());
    let sum = |of: fn(&Folder) -> usize| -> usize {
        let real = counts.folders.iter().filter(|(folder, _)| folder.starts_with("workflows/"));
        real.map(|(_, folder)| of(folder)).sum()
    };
    assert!(sum(|folder| folder.workflows) >= WORKFLOWS && sum(|folder| folder.actions) >= ACTIONS);
    let files = crate::files("real workflows").unwrap_or_default();
    for path in named.keys() {
        assert!(files.iter().any(|(known, _)| known == path), "{path} is in the corpus");
    }
    let ours = named.iter().filter(|(_, refused)| refused.who != Who::Npm);
    let expected: BTreeSet<_> = ours.map(|(path, _)| *path).collect();
    assert_eq!(counts.refused, expected);
    for (path, _) in named.iter().filter(|(_, refused)| refused.why.starts_with("template")) {
        assert!(counts.templates.contains(path), "{path} has a placeholder");
    }
}
