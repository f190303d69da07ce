//! Verdicts against those that were given by hand, for sixty workflows of the corpus.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fixture that fails ends its test")]

#[path = "../corpus/mod.rs"]
mod corpus;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use towpath_migrate::assess::{Assessment, Profile, Reason, Rolled, Said, Verdict, WorkflowSight};
use towpath_migrate::fidelity::Fidelity;
use towpath_migrate::graph::{ActionBundle, ActionFiles, Actions, Family};
use towpath_migrate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::values::label::System;
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

/// A project of the corpus as a repository: its workflows beside each other, its actions in `_actions`; and what else is supplied.
struct Project<'f> {
    files: &'f Files,
    folder: &'f str,
    /// What is used, as it is written but for a leading `./` or `$/`.
    supplied: &'f BTreeSet<String>,
}

/// What stands in for what is supplied.
const CALLED: &str = "on: workflow_call\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: make}]}}\n";
const USED: &str = "name: a\ndescription: b\nruns: {using: composite, steps: [{run: make, shell: bash}]}\n";

impl Project<'_> {
    fn text(&self, path: &str) -> Lookup {
        let text = self.files.get(&format!("{}/{path}", self.folder));
        text.map_or(Lookup::NotThere, |text| Lookup::Text(text.as_str().into()))
    }

    fn is_supplied(&self, reference: &Reference) -> bool {
        self.supplied.contains(&plain(&reference.to_string()))
    }
}

/// What is used, without what says that it is near.
fn plain(used: &str) -> String {
    used.trim_start_matches("./").trim_start_matches("$/").trim_end_matches('/').to_owned()
}

impl WorkflowFiles for Project<'_> {
    fn look_up(&self, reference: &Reference) -> Lookup {
        if self.is_supplied(reference) {
            return Lookup::Text(CALLED.into());
        }
        match (&reference.repository, reference.path.strip_prefix(".github/workflows/")) {
            (Some(_), _) => Lookup::NotSupplied,
            (None, Some(name)) => self.text(name),
            (None, None) => Lookup::NotThere,
        }
    }
}

impl ActionFiles for Project<'_> {
    fn look_up(&self, folder: &Reference) -> Lookup {
        if self.is_supplied(folder) {
            return Lookup::Text(USED.into());
        }
        if folder.repository.is_some() {
            return Lookup::NotSupplied;
        }
        match self.text(&format!("_actions/{}/action.yml", folder.path)) {
            Lookup::NotThere => self.text(&format!("_actions/{}/action.yaml", folder.path)),
            found => found,
        }
    }
}

/// What became of a workflow: its verdict, the reasons in words, and what is to be supplied, by rule.
struct Judged {
    rolled: Rolled,
    reasons: Vec<String>,
    missing: BTreeSet<(&'static str, String)>,
    /// What becomes of the constructs, by name, and how many there are of each.
    fates: BTreeMap<&'static str, usize>,
}

fn assess(files: &Files, file: &str, supplied: &BTreeSet<String>, profile: &Profile) -> Judged {
    let path = format!("workflows/{file}");
    let (folder, name) = path.rsplit_once('/').unwrap();
    let project = Project { files, folder, supplied };
    let limits = Limits::default();
    let document = read_workflow(files[&path].as_str(), &limits);
    let bundle =
        Bundle::load(Reference::local(format!(".github/workflows/{name}")), document, &project, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let actions = ActionBundle::load(&family, &project, &limits);
    let assessment = Assessment::of(&WorkflowSight::new(&family, &Actions::of(&actions), profile));
    let source = bundle.files()[0].document.tree().source();
    let lines = Lines::of(source);
    let reason = |reason: &Reason| {
        let line = lines.place(source, reason.spot.span.start).line;
        format!("{}:{line}:{}", reason.rule.id, reason.target)
    };
    let open = assessment.reasons.iter().filter(|reason| reason.rule.outcome == Verdict::Undetermined);
    let mut fates = BTreeMap::new();
    for fate in assessment.fates.iter() {
        *fates.entry(fate.fidelity().map_or("nobody has said", Fidelity::name)).or_default() += 1;
    }
    Judged {
        fates,
        rolled: assessment.rolled,
        reasons: assessment.reasons.iter().map(reason).collect(),
        missing: open.map(|reason| (reason.rule.id, reason.target.clone())).collect(),
    }
}

/// What becomes of constructs that nobody is asked about.
const MOVES: [&str; 3] = ["exact", "approximate", "dropped"];

#[test]
fn each_workflow_has_evidence_and_what_is_undetermined_is_decided_by_what_it_asks_for() {
    let Some(files) = corpus::yaml_files("undetermined") else { return };
    let files: Files = files.into_iter().collect();
    let workflows = files.keys().filter_map(|path| path.strip_prefix("workflows/"));
    let (mut asked, mut automatic, mut open) = (0, 0, Vec::new());
    for file in workflows.filter(|path| !path.contains("/_actions/")) {
        let (mut supplied, mut profile) = (BTreeSet::new(), Profile::default());
        let mut judged = assess(&files, file, &supplied, &profile);
        let is_automatic = judged.rolled == Rolled::Whole(Verdict::Automatic);
        assert!(is_automatic || !judged.reasons.is_empty(), "{file}: no evidence for {:?}", judged.rolled);
        if is_automatic {
            let asking = judged.fates.keys().filter(|fate| !MOVES.contains(fate));
            assert_eq!(asking.collect::<Vec<_>>(), [&""; 0], "{file}: automatic, and somebody is asked");
            automatic += 1;
        }
        asked += usize::from(judged.rolled == Rolled::Whole(Verdict::Undetermined));
        // What is supplied may ask for more; it does not go on for ever.
        for _ in 0..8 {
            if judged.rolled != Rolled::Whole(Verdict::Undetermined) {
                break;
            }
            assert!(!judged.missing.is_empty(), "{file}: undetermined, and nothing to supply");
            for (rule, target) in &judged.missing {
                match *rule {
                    "unknown-runner" if target.contains("${{") => {
                        profile.labels.push((target.clone(), System::Linux));
                    }
                    "unknown-runner" => {
                        let labels = target.split(", ").map(|label| (label.to_owned(), System::Linux));
                        profile.labels.extend(labels);
                    }
                    // No file tells what is there at a commit that only a run knows: somebody says it.
                    "missing-local" if !supplied.insert(plain(target)) => {
                        profile.uses.insert(target.clone(), Said::Moves);
                    }
                    _ => drop(supplied.insert(plain(target))),
                }
            }
            judged = assess(&files, file, &supplied, &profile);
        }
        if judged.rolled == Rolled::Whole(Verdict::Undetermined) {
            open.push(format!("{file}: {:?}", judged.missing));
        }
    }
    println!(
        "{asked} workflows are undetermined, {} still when all is supplied:\n{}",
        open.len(),
        open.join("\n")
    );
    assert!(asked > 100 && automatic > 50, "{asked} asked, {automatic} automatic");
    assert_eq!(open, Vec::<String>::new());
}

/// Where the record of the agreement is kept, which docs/migration/verdicts.md shows.
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verdicts/agreement.txt");

/// The verdicts of workflows, in the order of the matrix.
const NAMES: [&str; 8] =
    ["automatic", "edits", "redesign", "split", "undetermined", "keep", "template", "broken"];

/// How often each verdict was given by hand, and by rules.
#[derive(Default)]
struct Confusion(BTreeMap<(String, &'static str), usize>);

impl Confusion {
    fn agreed(&self) -> usize {
        self.0.iter().filter(|((hand, rules), _)| hand == rules).map(|(_, count)| count).sum()
    }

    fn all(&self) -> usize {
        self.0.values().sum()
    }

    fn text(&self) -> String {
        let head: String = NAMES.iter().map(|name| format!("{name:>13}")).collect();
        let mut text = format!("by hand{:6}{head}\n", "");
        for hand in NAMES {
            let count = |rules| self.0.get(&(hand.to_owned(), rules)).copied().unwrap_or_default();
            let cells =
                NAMES.map(count).map(|count| if count == 0 { "-".to_owned() } else { count.to_string() });
            let cells: String = cells.iter().map(|cell| format!("{cell:>13}")).collect();
            text.push_str(&format!("{hand:<13}{cells}\n"));
        }
        format!("{} of {} workflows as by hand\n\n{text}", self.agreed(), self.all())
    }
}

#[test]
fn nine_of_ten_verdicts_are_those_given_by_hand() {
    let Some(files) = corpus::yaml_files("verdicts") else { return };
    let files = files.into_iter().collect();
    let labels: Vec<Label> = serde_saphyr::from_str(include_str!("labels.yaml")).unwrap();
    let mut confusion = Confusion::default();
    let mut others = String::new();
    for label in &labels {
        let Judged { rolled, reasons, .. } =
            assess(&files, &label.file, &BTreeSet::new(), &Profile::default());
        *confusion.0.entry((label.verdict.clone(), rolled.name())).or_default() += 1;
        if label.verdict != rolled.name() {
            let (file, hand) = (&label.file, &label.verdict);
            println!("{file}: by hand {hand}, by rules {}: {}", rolled.name(), reasons.join(" "));
            others.push_str(&format!("{file}: by hand {hand}, by rules {}\n", rolled.name()));
        } else if let Rolled::Split { movable, all, worst } = rolled {
            let parts = (format!("{movable}/{all}"), worst.name().to_owned());
            let hand = (label.movable.clone().unwrap(), label.worst.clone().unwrap());
            if parts != hand {
                others.push_str(&format!("{}: split by hand {hand:?}, by rules {parts:?}\n", label.file));
            }
        }
    }
    let (agreed, all) = (confusion.agreed(), confusion.all());
    assert!(agreed * 10 >= all * 9, "{agreed} of {all} agree");
    let record = format!("{}\n{others}", confusion.text());
    if std::env::var_os("TOWPATH_RECORD").is_some() {
        std::fs::write(RECORD, &record).unwrap();
    }
    let known = std::fs::read_to_string(RECORD).unwrap_or_default();
    assert_eq!(
        record, known,
        "write the record anew: TOWPATH_RECORD=1 cargo test -p towpath-migrate --test verdicts"
    );
}
