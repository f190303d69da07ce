//! A workflow and all that it calls, each file once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::reference::{Lookup, Reference, WorkflowFiles};
use crate::expression::folded;
use crate::read::{Document, Limits, TokenId};
use crate::sources::Cause;
use crate::values::uses;

/// How many files GitHub loads: the first one and 50 that it calls (runner: ParseOptions.cs).
const MAX_FILES: usize = 51;

/// A workflow and all that it calls, directly or not. Models borrow from it.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The first one is the workflow that all began with.
    files: Vec<File>,
    /// What each call of each file came to, by the token of its `uses`.
    targets: HashMap<(usize, TokenId), Target>,
    /// Why files could not be read.
    causes: Vec<Cause>,
}

/// A file of a [`Bundle`].
#[derive(Debug, Clone)]
pub struct File {
    /// Where it is.
    pub reference: Reference,
    /// How messages call it.
    pub name: String,
    /// What was read.
    pub document: Arc<Document>,
    /// Whether it is within the same trust as the first one.
    pub is_trusted: bool,
}

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// This file.
    File(usize),
    /// The file is not there.
    NotThere,
    /// Nobody supplied it.
    NotSupplied,
    /// There are more files than GitHub loads.
    TooMany,
    /// It could not be read, for this cause of the bundle.
    Unreadable(usize),
}

impl Bundle {
    /// Loads what a workflow calls.
    #[must_use]
    pub fn load(
        reference: Reference,
        document: impl Into<Arc<Document>>,
        files: &dyn WorkflowFiles,
        limits: &Limits,
    ) -> Self {
        let name = reference.to_string();
        let mut known = Known::default();
        known.keep(&name, Target::File(0));
        let mut bundle = Self {
            files: vec![File { reference, name, document: document.into(), is_trusted: true }],
            targets: HashMap::new(),
            causes: Vec::new(),
        };
        let mut at = 0;
        while let Some(file) = bundle.files.get(at) {
            for (token, called) in calls(file) {
                let name = called.to_string();
                let target = known.get(&name).unwrap_or_else(|| {
                    let is_too_many = known.is_one_too_many(&name);
                    let target =
                        if is_too_many { Target::TooMany } else { bundle.add(called, files, limits) };
                    known.keep(&name, target);
                    target
                });
                bundle.targets.insert((at, token), target);
            }
            at += 1;
        }
        bundle
    }

    /// A workflow whose calls nobody looks up.
    #[must_use]
    pub fn alone(reference: Reference, document: impl Into<Arc<Document>>) -> Self {
        Self::load(reference, document, &(), &Limits::default())
    }

    fn add(&mut self, reference: Reference, files: &dyn WorkflowFiles, limits: &Limits) -> Target {
        let text = match files.look_up(&reference) {
            Lookup::Text(text) => text,
            Lookup::NotThere => return Target::NotThere,
            Lookup::NotSupplied => return Target::NotSupplied,
            Lookup::Unreadable(cause) => {
                self.causes.push(cause);
                return Target::Unreadable(self.causes.len() - 1);
            }
        };
        let is_trusted = files.is_trusted(&reference);
        let (name, document) = (reference.to_string(), files.read(text, limits));
        self.files.push(File { reference, name, document, is_trusted });
        Target::File(self.files.len() - 1)
    }

    /// The files, that which all began with first.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// Why a file could not be read.
    pub(super) fn cause(&self, at: usize) -> Option<&Cause> {
        self.causes.get(at)
    }

    pub(super) fn target(&self, file: usize, uses: TokenId) -> Target {
        self.targets.get(&(file, uses)).copied().unwrap_or(Target::NotSupplied)
    }
}

/// What names came to. For what is there their case does not count, as for GitHub's runner, which keeps files so; that a name
/// leads to nothing says nothing of one whose path or ref has another case.
#[derive(Default)]
struct Known {
    /// Files, by folded names.
    found: HashMap<String, Target>,
    /// What is no file, by exact names.
    missed: HashMap<String, Target>,
    /// All names, folded. Files that nobody supplied count as well: GitHub has them.
    names: HashSet<String>,
}

impl Known {
    fn get(&self, name: &str) -> Option<Target> {
        self.missed.get(name).or_else(|| self.found.get(&folded(name))).copied()
    }

    fn is_one_too_many(&self, name: &str) -> bool {
        self.names.len() >= MAX_FILES && !self.names.contains(&folded(name))
    }

    fn keep(&mut self, name: &str, target: Target) {
        match target {
            Target::File(_) => self.found.insert(folded(name), target),
            Target::NotThere | Target::NotSupplied | Target::TooMany | Target::Unreadable(_) => {
                self.missed.insert(name.to_owned(), target)
            }
        };
        self.names.insert(folded(name));
    }
}

/// The calls of a file: the token of `uses`, and what it names.
fn calls(file: &File) -> Vec<(TokenId, Reference)> {
    let document = &file.document;
    let jobs = document.root().and_then(|root| document.get(root, "jobs"));
    let jobs = jobs.into_iter().flat_map(|jobs| document.pairs(jobs));
    let called = |(_, job): (TokenId, TokenId)| {
        let token = document.get(job, "uses")?;
        let target = uses::job(document.text(token)?).ok()?;
        Some((token, file.reference.called(&target)))
    };
    jobs.filter_map(called).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read_workflow;

    struct Files(&'static [&'static str]);

    impl WorkflowFiles for Files {
        fn look_up(&self, reference: &Reference) -> Lookup {
            match (self.0.contains(&reference.to_string().as_str()), &reference.repository) {
                (true, _) => Lookup::Text("on: workflow_call\njobs: {a: {runs-on: x, steps: []}}".into()),
                (false, None) => Lookup::NotThere,
                (false, Some(_)) => Lookup::NotSupplied,
            }
        }
    }

    /// What each call of a workflow comes to.
    fn targets(called: &[&str], files: &'static [&'static str]) -> Vec<Target> {
        let jobs: Vec<_> = (0..).zip(called).map(|(at, uses)| format!("j{at}: {{uses: {uses}}}")).collect();
        let source = format!("on: push\njobs: {{{}}}\n", jobs.join(", "));
        let limits = Limits::default();
        let root = Reference::local(".github/workflows/root.yml");
        let bundle = Bundle::load(root, read_workflow(source.as_str(), &limits), &Files(files), &limits);
        calls(&bundle.files[0]).iter().map(|(token, _)| bundle.target(0, *token)).collect()
    }

    /// A name that leads to nothing says nothing of one whose path or ref has another case.
    #[test]
    fn a_miss_is_one_of_its_exact_name() {
        const FILES: &[&str] = &["o/r/.github/workflows/x.yml@dev", ".github/workflows/a.yml"];
        let called = [
            "o/r/.github/workflows/x.yml@Dev",
            "o/r/.github/workflows/x.yml@dev",
            "./.github/workflows/A.yml",
            "./.github/workflows/a.yml",
            "./.github/workflows/A.yml",
        ];
        let (first, second) = (Target::File(1), Target::File(2));
        let expected = [Target::NotSupplied, first, Target::NotThere, second, Target::NotThere];
        assert_eq!(targets(&called, FILES), expected);
        let known = ["./.github/workflows/a.yml", "./.github/workflows/A.yml"];
        assert_eq!(targets(&known, FILES), [Target::File(1); 2], "a file is loaded once, as by the runner");
    }

    #[test]
    fn names_that_differ_by_case_alone_are_one_file_of_those_that_github_loads() {
        let names: Vec<String> =
            (0..MAX_FILES).flat_map(|at| [format!("o/r/x@v{at}"), format!("o/r/x@V{at}")]).collect();
        let mut known = Known::default();
        let is_too_many = |known: &mut Known, name: &String| {
            let is_too_many = known.is_one_too_many(name);
            known.keep(name, Target::NotSupplied);
            is_too_many
        };
        assert!(!names.iter().any(|name| is_too_many(&mut known, name)));
        assert!(known.is_one_too_many("o/r/x@w"));
    }
}
