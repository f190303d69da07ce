//! actionlint's examples of wrong workflows: what it says of each, and what we say on the same line or why nothing.
//!
//! `examples.txt` lists them. Behind a message of actionlint stand our codes on its line, or the reason why there is none;
//! what only we say stands in lines of its own. `TOWPATH_EXAMPLES=1` writes the list anew, with a question mark where a reason
//! is missing.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fixture that fails ends its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::{env, fs};

use jiff::civil::{Date, date};
use serde_json::{Value, json};
use towpath_migrate::graph::{Graph, flow::Sink};
use towpath_migrate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::remarks::{Of, remarks};
use towpath_migrate::span::Span;
use towpath_migrate::yaml::Lines;

use crate::corpus;

const FOLDER: &str = "actionlint/examples";
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/coverage/examples.txt");
const TODAY: Date = date(2026, 11, 21);

/// Why we say nothing where actionlint does.
const REASONS: [(&str, &str); 12] = [
    ("action", "it is about the metadata of an action, and told where that file is read"),
    ("advice", "it works as it is written, and actionlint advises otherwise"),
    ("event", "the events of the workflow never bring that value"),
    ("missed", "it should be told, and is not yet"),
    ("null", "GitHub gives null or an empty text there, and goes on"),
    ("popular", "it needs the inputs and outputs of actions that were not supplied"),
    ("runner", "it depends on a runner: its labels, and what is installed there"),
    ("same", "it is told on another line"),
    ("server", "what GitHub publishes takes it, and its server may not"),
    ("stops", "GitHub's reader stops before it, at what is told"),
    ("tool", "another program found it in a script: shellcheck, pyflakes"),
    ("types", "it compares or prints an object or an array, which GitHub does without a word"),
];

/// A finding: where, and its code.
type Found = BTreeSet<(usize, usize, &'static str)>;

/// What is said of one example.
#[derive(Debug, Default)]
struct Example {
    /// What actionlint says: line, column, and the name of its rule.
    theirs: Vec<(usize, usize, String)>,
    ours: Found,
}

/// What was counted.
#[derive(Debug)]
pub(crate) struct Counts {
    examples: BTreeMap<String, Example>,
}

pub(crate) fn counts() -> Option<&'static Counts> {
    static COUNTS: LazyLock<Option<Counts>> = LazyLock::new(|| {
        let folder = corpus::folder("examples")?.join(FOLDER);
        let mut examples = BTreeMap::new();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "out") {
                let source = fs::read_to_string(path.with_extension("yaml")).unwrap();
                let theirs = fs::read_to_string(&path).unwrap().lines().filter_map(message).collect();
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                examples.insert(name, Example { theirs, ours: found(&source) });
            }
        }
        Some(Counts { examples })
    });
    COUNTS.as_ref()
}

/// `test.yaml:6:18: text [rule]`, or a pattern for such a line between slashes.
fn message(line: &str) -> Option<(usize, usize, String)> {
    let line = line.trim_matches('/').replace('\\', "");
    let rest = line.strip_prefix("test.yaml:")?;
    let mut parts = rest.splitn(3, ':');
    let (line, column) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let rule = parts.next()?.rsplit_once('[')?.1.trim_end_matches(']');
    Some((line, column, rule.to_owned()))
}

/// A repository that has no other workflow.
struct Alone;

impl WorkflowFiles for Alone {
    fn look_up(&self, reference: &Reference) -> Lookup {
        if reference.repository.is_some() { Lookup::NotSupplied } else { Lookup::NotThere }
    }
}

/// What the command line tells of a workflow, and the harm that its graph has.
fn found(source: &str) -> Found {
    let limits = Limits::default();
    let bundle = Bundle::load(Reference::local("test.yaml"), read_workflow(source, &limits), &Alone, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let document = &bundle.files()[0].document;
    let lines = Lines::of(source);
    let at = |span: Span, code: &'static str| {
        let place = lines.place(source, span.start);
        (place.line, place.column, code)
    };
    let refused = program.problems.iter().map(|placed| &placed.problem);
    let mut found: Found = refused.map(|problem| at(problem.span, "refused")).collect();
    let told = remarks(Of::workflow(&program.workflows[0]), TODAY);
    found.extend(told.iter().map(|remark| at(remark.span, remark.code)));
    let flow = Graph::of(&program.workflows[0]).flow();
    found.extend(flow.taints.iter().map(|taint| {
        let (token, span): (_, Span) = Sink::place(&taint.sink);
        at(document.tree().place_in(document.token(token).node, span), "untrusted")
    }));
    found
}

impl Example {
    /// What we say on a line.
    fn on(&self, line: usize) -> Vec<&'static str> {
        let codes: BTreeSet<_> =
            self.ours.iter().filter(|(at, ..)| *at == line).map(|(.., code)| *code).collect();
        codes.into_iter().collect()
    }

    /// What only we say.
    fn alone(&self) -> impl Iterator<Item = &(usize, usize, &'static str)> {
        self.ours.iter().filter(|(line, ..)| !self.theirs.iter().any(|(their, ..)| their == line))
    }
}

/// The reasons of the list, by example and message.
fn reasons(list: &str) -> BTreeMap<String, String> {
    let (mut example, mut reasons) = ("", BTreeMap::new());
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix("  ").and_then(|line| line.split_once(" - ")) {
            Some((message, reason)) => {
                drop(reasons.insert(format!("{example} {message}"), reason.to_owned()))
            }
            None if !line.starts_with(' ') => example = line,
            None => {}
        }
    }
    reasons
}

/// The list as it should be.
fn listed(counts: &Counts, old: &str) -> String {
    let known = reasons(old);
    let mut list = "# What actionlint says of its examples, and we: examples.rs has the reasons, and how this list is made.\n".to_owned();
    for (name, example) in &counts.examples {
        let _ = writeln!(list, "{name}");
        for (line, column, rule) in &example.theirs {
            let message = format!("{line}:{column} {rule}");
            let codes = example.on(*line);
            let said = if codes.is_empty() {
                format!("- {}", known.get(&format!("{name} {message}")).map_or("?", String::as_str))
            } else {
                format!("= {}", codes.join(", "))
            };
            let _ = writeln!(list, "  {message} {said}");
        }
        for (line, column, code) in example.alone() {
            let _ = writeln!(list, "  {line}:{column} + {code}");
        }
    }
    list
}

impl Counts {
    pub(crate) fn record(&self) -> Value {
        let known = reasons(&fs::read_to_string(LIST).unwrap());
        let (mut messages, mut silent, mut without) = (0, BTreeMap::new(), Vec::new());
        for (name, example) in &self.examples {
            let mut whys = BTreeSet::new();
            for (line, column, rule) in &example.theirs {
                messages += 1;
                if example.on(*line).is_empty() {
                    let why = why(&known, &format!("{name} {line}:{column} {rule}"));
                    *silent.entry(why).or_insert(0) += 1;
                    whys.insert(why);
                }
            }
            if example.ours.is_empty() {
                let whys: Vec<_> = whys.into_iter().collect();
                without.push(json!({ "example": name, "why": whys.join("; ") }));
            }
        }
        json!({
            "examples": self.examples.len(),
            "messages": messages,
            "told": messages - silent.values().sum::<usize>(),
            "oursAlone": self.examples.values().map(|example| example.alone().count()).sum::<usize>(),
            "reasons": silent,
            "without": without,
        })
    }
}

/// The reason for which nothing is said where actionlint has a message.
fn why(known: &BTreeMap<String, String>, message: &str) -> &'static str {
    let key = known.get(message).map(String::as_str);
    REASONS.iter().find(|(reason, _)| Some(*reason) == key).map_or("nobody knows", |(_, why)| *why)
}

#[test]
fn examples_of_actionlint_get_what_the_list_says() {
    let Some(counts) = counts() else { return };
    let old = fs::read_to_string(LIST).unwrap_or_default();
    let new = listed(counts, &old);
    if env::var_os("TOWPATH_EXAMPLES").is_some() {
        fs::write(LIST, new).unwrap();
        return;
    }
    let changed: Vec<_> = new.lines().filter(|line| !old.contains(line)).collect();
    assert_eq!(new, old, "{changed:#?}\nTOWPATH_EXAMPLES=1 writes the list anew");
    let unknown: Vec<_> = reasons(&old)
        .into_iter()
        .filter(|(_, reason)| !REASONS.iter().any(|(key, _)| key == reason))
        .collect();
    assert!(unknown.is_empty(), "these need a reason: {unknown:#?}");
}
