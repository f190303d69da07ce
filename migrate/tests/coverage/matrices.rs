//! The matrices of the corpus, by what is known of their legs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value, json};
use towpath_migrate::graph::Graph;
use towpath_migrate::graph::matrix::{Expansion, Unknown};
use towpath_migrate::graph::paths::paths;
use towpath_migrate::model::Workflow;
use towpath_migrate::read::{Document, Limits, read_workflow};

/// How many matrices there are.
const MATRICES: usize = 271;

/// Each one that is not exact: its file and job, and the contexts that only a run knows.
const NOT_EXACT: &str = include_str!("matrices.txt");

/// The contexts that an unknown reads; `insert` reads none.
fn contexts(document: &Document, unknown: &Unknown) -> Vec<String> {
    let template = document.template(unknown.token);
    let found = template.map(|template| paths(template.expression())).unwrap_or_default();
    found.iter().map(|path| path.context().to_lowercase()).collect()
}

/// What came of all matrices.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    kinds: BTreeMap<&'static str, usize>,
    /// Each one that is not exact.
    found: Vec<String>,
    /// How many of those that are not exact depend on these contexts.
    contexts: BTreeMap<String, usize>,
    /// The legs that are known.
    legs: usize,
}

pub(crate) fn counts() -> Option<&'static Counts> {
    static COUNTS: LazyLock<Option<Counts>> = LazyLock::new(|| crate::files("matrices").map(look));
    COUNTS.as_ref()
}

impl Counts {
    fn all(&self) -> usize {
        self.kinds.values().sum()
    }

    pub(crate) fn record(&self) -> Value {
        let of = |kind| self.kinds.get(kind).copied().unwrap_or_default();
        json!({
            "matrices": self.all(),
            "exact": of("exact"),
            "upToUnknowns": of("up to"),
            "dynamic": of("dynamic"),
            "knownLegs": self.legs,
            "dependOn": self.contexts,
        })
    }
}

fn look(files: &[(String, String)]) -> Counts {
    let Counts { mut kinds, mut found, contexts: mut by_contexts, mut legs } = Counts::default();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("workflows/")) {
        let document = read_workflow(text.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        for job in Graph::of(&workflow).jobs {
            let Some(matrix) = &job.matrix else { continue };
            let (kind, unknowns) = match &matrix.expansion {
                Expansion::Exact(_) => ("exact", &[][..]),
                Expansion::UpTo(legs) => ("up to", legs.unknowns.as_slice()),
                Expansion::Dynamic(unknown) => ("dynamic", std::slice::from_ref(unknown)),
            };
            legs += job.legs().len();
            *kinds.entry(kind).or_insert(0) += 1;
            if kind != "exact" {
                let contexts: BTreeSet<_> =
                    unknowns.iter().flat_map(|unknown| contexts(&document, unknown)).collect();
                let contexts = contexts.into_iter().collect::<Vec<_>>().join(" ");
                *by_contexts.entry(contexts.clone()).or_default() += 1;
                found.push(format!("{path} {}: {kind}, by {contexts}", job.model.id.value));
            }
        }
    }
    Counts { kinds, found, contexts: by_contexts, legs }
}

#[test]
fn matrices_are_exact_but_for_those_that_are_listed() {
    let Some(counts) = counts() else { return };
    let (Counts { kinds, found, legs, .. }, total) = (counts, counts.all());
    println!("{total} matrices with {legs} known legs: {kinds:?}");
    let expected: Vec<_> = NOT_EXACT.lines().collect();
    let differ: Vec<_> = found.iter().filter(|line| !expected.contains(&line.as_str())).collect();
    differ.iter().for_each(|line| println!("not in the list: {line}"));
    assert_eq!(*found, expected, "the list of those that are not exact");
    assert_eq!(total, MATRICES);
}
