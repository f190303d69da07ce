//! Verdicts against those that people gave, for sixty workflows of the corpus.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a fixture that fails ends its test, and a skip is loud"
)]

#[path = "../corpus/mod.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use towpath_migrate::assess::{Assessment, Profile, Rolled};
use towpath_migrate::graph::{ActionBundle, ActionFiles, Actions, Family};
use towpath_migrate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::yaml::Lines;

/// A workflow that somebody judged.
#[derive(Debug, Deserialize)]
struct Label {
    file: String,
    verdict: String,
    movable: Option<String>,
    worst: Option<String>,
}

/// A project of the corpus as a repository: its workflows beside each other, its actions in `_actions`.
struct Project(PathBuf);

impl Project {
    fn text(&self, path: &Path) -> Lookup {
        fs::read_to_string(path).map_or(Lookup::NotThere, |text| Lookup::Text(text.into()))
    }
}

impl WorkflowFiles for Project {
    fn look_up(&self, reference: &Reference) -> Lookup {
        match (&reference.repository, reference.path.strip_prefix(".github/workflows/")) {
            (Some(_), _) => Lookup::NotSupplied,
            (None, Some(name)) => self.text(&self.0.join(name)),
            (None, None) => Lookup::NotThere,
        }
    }
}

impl ActionFiles for Project {
    fn look_up(&self, folder: &Reference) -> Lookup {
        if folder.repository.is_some() {
            return Lookup::NotSupplied;
        }
        let folder = self.0.join("_actions").join(&folder.path);
        match self.text(&folder.join("action.yml")) {
            Lookup::NotThere => self.text(&folder.join("action.yaml")),
            found => found,
        }
    }
}

fn assess(corpus: &Path, file: &str) -> (Rolled, String) {
    let path = corpus.join("workflows").join(file);
    let project = Project(path.parent().unwrap().to_owned());
    let limits = Limits::default();
    let document = read_workflow(fs::read_to_string(&path).unwrap(), &limits);
    let name = path.file_name().unwrap().to_string_lossy();
    let bundle =
        Bundle::load(Reference::local(format!(".github/workflows/{name}")), document, &project, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let actions = ActionBundle::load(&family, &project, &limits);
    let assessment = Assessment::of(&family, &Actions::of(&actions), &Profile::default());
    let source = bundle.files()[0].document.tree().source();
    let lines = Lines::of(source);
    let reason = |reason: &towpath_migrate::assess::Reason| {
        let line = lines.place(source, reason.spot.span.start).line;
        format!("{}:{line}:{}", reason.rule.id, reason.target)
    };
    let reasons: Vec<_> = assessment.reasons.iter().map(reason).collect();
    (assessment.rolled, reasons.join(" "))
}

#[test]
fn nine_of_ten_verdicts_are_those_of_people() {
    let Some(corpus) = corpus::folder("verdicts") else { return };
    let labels: Vec<Label> = serde_saphyr::from_str(include_str!("labels.yaml")).unwrap();
    let mut confusion: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut agreed = 0;
    for label in &labels {
        let (rolled, reasons) = assess(&corpus, &label.file);
        *confusion.entry((label.verdict.clone(), rolled.name().to_owned())).or_default() += 1;
        if label.verdict == rolled.name() {
            agreed += 1;
            if let Rolled::Split { movable, all, worst } = rolled {
                println!(
                    "split {} {movable}/{all} {} | {:?} {:?}",
                    label.file,
                    worst.name(),
                    label.movable,
                    label.worst
                );
            }
        } else {
            println!("{}: people {}, rules {}: {reasons}", label.file, label.verdict, rolled.name());
        }
    }
    println!("{agreed} of {}: {confusion:#?}", labels.len());
    assert!(agreed * 10 >= labels.len() * 9, "{agreed} of {} agree", labels.len());
}
