//! A workflow and all that it calls, each file once.

use std::collections::HashMap;

use super::reference::{Lookup, Reference, WorkflowFiles};
use crate::expression::folded;
use crate::read::{Document, Limits, TokenId, read_workflow};
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
    pub document: Document,
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
        document: Document,
        files: &dyn WorkflowFiles,
        limits: &Limits,
    ) -> Self {
        let name = reference.to_string();
        let mut known = HashMap::from([(folded(&name), Target::File(0))]);
        let mut bundle = Self {
            files: vec![File { reference, name, document, is_trusted: true }],
            targets: HashMap::new(),
            causes: Vec::new(),
        };
        let mut at = 0;
        while let Some(file) = bundle.files.get(at) {
            for (token, called) in calls(file) {
                let name = called.to_string();
                // Files that nobody supplied count as well: GitHub has them.
                let is_one_more = known.len() >= MAX_FILES;
                let target = known.get(&folded(&name)).copied().unwrap_or_else(|| {
                    let target =
                        if is_one_more { Target::TooMany } else { bundle.add(called, files, limits) };
                    known.insert(folded(&name), target);
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
    pub fn alone(reference: Reference, document: Document) -> Self {
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
        let (name, document) = (reference.to_string(), read_workflow(text, limits));
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
