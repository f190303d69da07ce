//! Each rule on a file that it finds something in, and on one that it does not.
//!
//! `# finds TARGET, TARGET` behind a line says what the rule finds there. What stands beside the file in `own` is of its
//! repository, and what stands in `sources/owner/name@ref` is supplied.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use towpath_migrate::assess::{Assessment, Meta, Profile, WorkflowSight, rules};
use towpath_migrate::graph::{ActionBundle, ActionFiles, Actions, Family};
use towpath_migrate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::sources::{Cause, Disk, Problem, Text};
use towpath_migrate::yaml::Lines;

/// What stands beside the files of a rule.
struct Beside(PathBuf);

impl Beside {
    /// The first of these files of a repository that is there; `None` where there is nothing of the repository.
    fn first(&self, reference: &Reference, paths: &[String]) -> Option<Lookup> {
        let folder = match &reference.repository {
            Some(home) => self.0.join(format!("sources/{}/{}@{}", home.owner, home.name, home.reference)),
            None => self.0.join("own"),
        };
        let text = |path: &String| match Text::read(&Disk, &folder.join(path)) {
            Ok(text) => Some(Lookup::Text(text.into_string().into())),
            Err(Problem { cause: Cause::Missing, .. }) => None,
            Err(problem) => Some(Lookup::Unreadable(problem.cause)),
        };
        folder.is_dir().then(|| paths.iter().find_map(text).unwrap_or(Lookup::NotThere))
    }
}

impl WorkflowFiles for Beside {
    fn look_up(&self, reference: &Reference) -> Lookup {
        let without = if reference.repository.is_some() { Lookup::NotSupplied } else { Lookup::NotThere };
        self.first(reference, std::slice::from_ref(&reference.path)).unwrap_or(without)
    }
}

impl ActionFiles for Beside {
    fn look_up(&self, folder: &Reference) -> Lookup {
        let paths = ["action.yml", "action.yaml"].map(|name| format!("{}/{name}", folder.path));
        let paths = paths.map(|path| path.trim_start_matches('/').to_owned());
        self.first(folder, &paths).unwrap_or(Lookup::NotSupplied)
    }
}

/// What is found, by line.
type Findings = BTreeSet<(usize, String)>;

fn expected(source: &str) -> Findings {
    let marked =
        source.lines().zip(1..).filter_map(|(line, number)| Some((number, line.split_once("# finds ")?.1)));
    marked.map(|(line, targets)| (line, targets.to_owned())).collect()
}

/// What one rule finds; targets of one line are told together.
fn found(rule: &Meta, source: &str, beside: &Beside) -> Findings {
    let limits = Limits::default();
    let document = read_workflow(source, &limits);
    let bundle = Bundle::load(Reference::local(".github/workflows/ci.yml"), document, beside, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, beside, &limits);
    let assessment = Assessment::of(&WorkflowSight::new(&family, &Actions::of(&loaded), &Profile::default()));
    let lines = Lines::of(source);
    let mut by_line: std::collections::BTreeMap<usize, Vec<&str>> = std::collections::BTreeMap::new();
    for reason in assessment.reasons.iter().filter(|reason| reason.rule.id == rule.id) {
        let targets = by_line.entry(lines.place(source, reason.spot.span.start).line).or_default();
        if !targets.contains(&reason.target.as_str()) {
            targets.push(&reason.target);
        }
    }
    by_line.into_iter().map(|(line, targets)| (line, targets.join(", "))).collect()
}

#[test]
fn each_rule_finds_what_its_file_says_and_nothing_in_the_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut wrong = Vec::new();
    for rule in rules::ALL {
        let meta = rule.meta();
        let beside = Beside(folder.join(meta.id));
        let read = |name: &str| {
            let path = beside.0.join(name);
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let (finds, passes) = (read("finds.yml"), read("passes.yml"));
        assert_ne!(expected(&finds), Findings::new(), "{}: its file marks nothing", meta.id);
        for (name, source) in [("finds", &finds), ("passes", &passes)] {
            let (found, expected) = (found(meta, source, &beside), expected(source));
            if found != expected {
                wrong.push(format!("{}/{name}.yml: found {found:?}, expected {expected:?}", meta.id));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn rules_have_names_of_their_own_and_files_that_are_called_like_them() {
    let ids: BTreeSet<_> = rules::ALL.iter().map(|rule| rule.meta().id).collect();
    assert_eq!(ids.len(), rules::ALL.len());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assess/rules");
    for id in ids {
        let file = folder.join(format!("{}.rs", id.replace('-', "_")));
        assert!(file.is_file(), "{} is not there", file.display());
        assert!(rules::named(id).is_some());
    }
    assert!(rules::named("none").is_none());
}
