//! Our findings against those of zizmor, in each workflow of the corpus that both read.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::security::{classes, findings};
use towpath_migrate::yaml::Lines;

use crate::corpus;
use crate::zizmor::{At, VERSION, Zizmor};

/// Why we differ from zizmor in a file.
#[derive(Debug, Deserialize)]
struct Known {
    class: String,
    file: String,
    reason: String,
    /// Whether we differ since GitHub decides so.
    #[serde(default)]
    github: bool,
}

/// A finding that one of the two has.
struct Difference {
    class: String,
    file: String,
    line: u64,
    only: &'static str,
    reason: Option<String>,
}

fn known() -> Vec<Known> {
    serde_saphyr::from_str(include_str!("differences.yaml")).unwrap()
}

/// The workflows of the corpus, with our findings.
pub(crate) fn ours() -> Option<BTreeMap<String, BTreeSet<At>>> {
    let files = corpus::yaml_files("the findings of the corpus")?;
    let workflows = files.into_iter().filter(|(path, text)| is_workflow(path, text));
    Some(workflows.map(|(path, text)| (path, of_file(&text))).collect())
}

/// Manifests of Argo and files that hold several cases are in the corpus as well.
fn is_workflow(path: &str, text: &str) -> bool {
    let is_other = ["argo-workflows/", "languageservices/"].iter().any(|folder| path.starts_with(folder));
    let is_action = path.ends_with("/action.yml") || path.ends_with("/action.yaml");
    !is_other && !is_action && text.contains("jobs:")
}

fn of_file(text: &str) -> BTreeSet<At> {
    let lines = Lines::of(text);
    let line = |offset| u64::try_from(lines.place(text, offset).line).unwrap();
    let findings = findings(&read_workflow(text, &Limits::default()));
    findings.into_iter().map(|finding| (finding.class.id.to_owned(), line(finding.span.start))).collect()
}

/// How many findings we have of each class, which needs no zizmor.
pub(crate) fn counts(ours: &BTreeMap<String, BTreeSet<At>>) -> Value {
    let count = |id: &str| ours.values().flatten().filter(|(class, _)| class == id).count();
    let all: BTreeMap<_, _> = classes().map(|class| (class.id, count(class.id))).collect();
    json!({ "files": ours.len(), "findings": all })
}

/// How far we agree. `None` where there is no zizmor.
pub(crate) fn agreement(ours: &BTreeMap<String, BTreeSet<At>>) -> Option<Value> {
    let zizmor = Zizmor::find()?;
    let corpus = corpus::folder("the comparison with zizmor")?;
    let files: Vec<_> = ours.keys().map(String::as_str).collect();
    let theirs = zizmor.findings(&corpus, &files);
    let known = known();
    let (mut rows, mut differences, mut used) = (Vec::new(), Vec::new(), BTreeSet::new());
    for class in classes() {
        let mut both = 0;
        for (file, theirs) in &theirs {
            let of = |all: &BTreeSet<At>| {
                all.iter().filter(|(id, _)| id == class.id).map(|(_, line)| *line).collect::<BTreeSet<_>>()
            };
            let (ours, theirs) = (of(&ours[file]), of(theirs));
            both += ours.intersection(&theirs).count();
            let reason = known.iter().position(|known| known.class == class.id && known.file == *file);
            let only = theirs.difference(&ours).map(|line| ("zizmor", *line));
            for (only, line) in only.chain(ours.difference(&theirs).map(|line| ("towpath", *line))) {
                used.extend(reason);
                let reason = reason.map(|at| known[at].reason.clone());
                differences.push(Difference {
                    class: class.id.to_owned(),
                    file: file.clone(),
                    line,
                    only,
                    reason,
                });
            }
        }
        let by_github = |it: &&Difference| {
            known.iter().any(|known| known.github && known.class == it.class && known.file == it.file)
        };
        let github = differences.iter().filter(|it| it.class == class.id).filter(by_github).count();
        let only = |who: &str| differences.iter().filter(|it| it.class == class.id && it.only == who).count();
        rows.push(
            json!({ "class": class.id, "both": both, "zizmor": only("zizmor"), "towpath": only("towpath"), "github": github }),
        );
    }
    for (at, known) in known.iter().enumerate() {
        assert!(used.contains(&at), "{} no longer differs in {}", known.class, known.file);
    }
    let differences = differences.into_iter().map(|it| {
        let reason = it.reason.unwrap_or_else(|| {
            panic!("{}: only {} finds {} in line {}", it.file, it.only, it.class, it.line)
        });
        json!({ "class": it.class, "file": it.file, "line": it.line, "only": it.only, "reason": reason })
    });
    Some(
        json!({ "version": VERSION, "files": theirs.len(), "classes": rows, "differences": differences.collect::<Vec<_>>() }),
    )
}
