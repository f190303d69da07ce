//! Real workflows: each is read without a crash, and accepted or rejected as GitHub's parser in TypeScript does.
//!
//! They are read from `$TOWPATH_CORPUS`, or from `../shared/corpus` beside the repository, and never copied.
#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use towpath_migrate::model::{Action, Workflow, placeholders};
use towpath_migrate::read::{Document, Limits, Problem, read_action, read_workflow};

/// What is rejected, and why. A comment begins with `#`.
const REJECTS: &str = include_str!("corpus_rejects.txt");

/// How many there are at least. Fewer would be files that were not looked at.
const WORKFLOWS: usize = 826;
const ACTIONS: usize = 28;

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let root = env::var_os("TOWPATH_CORPUS").map_or_else(beside, PathBuf::from);
    let folder = root.join("workflows");
    folder.is_dir().then_some(folder)
}

/// All files below a folder that end as YAML does, by their paths from there.
fn files(root: &Path) -> BTreeMap<String, String> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yml" || end == "yaml") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
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

#[test]
fn real_workflows_are_accepted_or_rejected_as_github_does() {
    let Some(root) = corpus() else {
        println!("SKIPPED: the corpus is not there; set TOWPATH_CORPUS to read real workflows");
        return;
    };
    let rejects = REJECTS.lines().filter(|line| !line.starts_with('#'));
    let expected: BTreeMap<_, _> = rejects.map(|line| line.split_once('\t').unwrap()).collect();
    let (mut rejected, mut templates) = (BTreeSet::new(), BTreeSet::new());
    let (mut workflows, mut actions, mut jobs) = (0, 0, 0);
    for (name, source) in files(&root) {
        if name.contains("/_actions/") {
            let document = read_action(source, &Limits::default());
            let action = Action::of(&document);
            let problems: Vec<_> = action.all_problems().collect();
            assert!(problems.is_empty() && action.runs.is_some(), "{name}: {problems:?}");
            actions += 1;
            continue;
        }
        let document = read_workflow(source, &Limits::default());
        let workflow = Workflow::of(&document);
        let problems: Vec<_> = workflow.all_problems().collect();
        check_places(&name, &document, &problems);
        assert!(!workflow.jobs.is_empty() && workflow.on.is_some(), "{name} is read as far as it can be");
        workflows += 1;
        jobs += workflow.jobs.len();
        if placeholders(&document).next().is_some() {
            templates.insert(name.clone());
        }
        if !problems.is_empty() {
            rejected.insert(name);
        }
    }
    println!(
        "{workflows} workflows with {jobs} jobs, {} rejected; {} templates; {actions} actions",
        rejected.len(),
        templates.len()
    );
    assert!(workflows >= WORKFLOWS && actions >= ACTIONS);
    let named: BTreeSet<_> = expected.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(rejected, named);
    for (name, _) in expected.iter().filter(|(_, why)| why.starts_with("template")) {
        assert!(templates.contains(*name), "{name} has a placeholder");
    }
}
