//! Verdicts against those that were given by hand, for sixty workflows of the corpus.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fixture that fails ends its test")]

#[path = "../corpus/mod.rs"]
mod corpus;

use std::collections::BTreeMap;

use serde::Deserialize;
use towpath_migrate::assess::{Assessment, Profile, Reason, Rolled, WorkflowSight};
use towpath_migrate::graph::{ActionBundle, ActionFiles, Actions, Family};
use towpath_migrate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::yaml::Lines;

/// A workflow that was judged by hand.
#[derive(Debug, Deserialize)]
struct Label {
    file: String,
    verdict: String,
    movable: Option<String>,
    worst: Option<String>,
}

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

fn assess(files: &Files, file: &str) -> (Rolled, String) {
    let path = format!("workflows/{file}");
    let (folder, name) = path.rsplit_once('/').unwrap();
    let project = Project { files, folder };
    let limits = Limits::default();
    let document = read_workflow(files[&path].as_str(), &limits);
    let bundle =
        Bundle::load(Reference::local(format!(".github/workflows/{name}")), document, &project, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let actions = ActionBundle::load(&family, &project, &limits);
    let assessment =
        Assessment::of(&WorkflowSight::new(&family, &Actions::of(&actions), &Profile::default()));
    let source = bundle.files()[0].document.tree().source();
    let lines = Lines::of(source);
    let reason = |reason: &Reason| {
        let line = lines.place(source, reason.spot.span.start).line;
        format!("{}:{line}:{}", reason.rule.id, reason.target)
    };
    let reasons: Vec<_> = assessment.reasons.iter().map(reason).collect();
    (assessment.rolled, reasons.join(" "))
}

#[test]
fn nine_of_ten_verdicts_are_those_given_by_hand() {
    let Some(files) = corpus::yaml_files("verdicts") else { return };
    let files = files.into_iter().collect();
    let labels: Vec<Label> = serde_saphyr::from_str(include_str!("labels.yaml")).unwrap();
    let mut confusion: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut agreed = 0;
    for label in &labels {
        let (rolled, reasons) = assess(&files, &label.file);
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
            println!("{}: by hand {}, by rules {}: {reasons}", label.file, label.verdict, rolled.name());
        }
    }
    println!("{agreed} of {}: {confusion:#?}", labels.len());
    assert!(agreed * 10 >= labels.len() * 9, "{agreed} of {} agree", labels.len());
}
