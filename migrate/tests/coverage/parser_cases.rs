//! The cases that GitHub publishes for its parsers of workflows: what is accepted, as the JSON that they expect, to the letter;
//! what is rejected, as all messages with their places, in their order.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a fixture that fails ends its test"
)]

mod case;
mod events;
mod json;
mod template;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use case::Case;
use serde_json::json;

/// How many there are. Fewer would be cases that were not looked at.
const ACCEPTS: usize = 108;
const REJECTS: usize = 87;

/// Where we do not say what a case expects, and why.
const DIFFERENCES: &[(&str, Difference, &str)] = &[
    ("job-permissions.yml", Difference::NewerScopes, NEWER),
    ("reusable-workflow-job-permissions-embedded-permissions.yml", Difference::NewerScopes, NEWER),
    ("reusable-workflow-job-permissions-embedded-permissions-after-jobs.yml", Difference::NewerScopes, NEWER),
    (
        "errors-reusable-workflow-permissions-not-allowed-request-read-all-allowed-none.yml",
        Difference::Says(
            "is requesting 'actions: read, artifact-metadata: read, attestations: read, checks: read, contents: read, \
             deployments: read, discussions: read, issues: read, packages: read, pages: read, pull-requests: read, \
             repository-projects: read, statuses: read, security-events: read, id-token: read, models: [...]\"",
        ),
        NEWER,
    ),
    (
        "errors-reusable-workflow-permissions-not-allowed-request-write-all-allowed-none.yml",
        Difference::Says(
            "is requesting 'actions: write, artifact-metadata: write, attestations: write, checks: write, contents: write, \
             deployments: write, discussions: write, issues: write, packages: write, pages: write, pull-requests: write, \
             repository-projects: write, statuses: write, security-events: write, id-token:[...]\"",
        ),
        NEWER,
    ),
    (
        "errors-reusable-workflow-permissions-not-allowed-request-write-all-allowed-read-all.yml",
        Difference::Says(
            "is requesting 'actions: write, artifact-metadata: write, attestations: write, checks: write, contents: write, \
             deployments: write, discussions: write, issues: write, packages: write, pages: write, pull-requests: write, \
             repository-projects: write, statuses: write, security-events: write, id-to[...]\"",
        ),
        NEWER,
    ),
    (
        "events-single-invalid.yml",
        Difference::Says(
            "\"errors\": [\n    {\n      \"Message\": \".github/workflows/events-single-invalid.yml (Line: 6,",
        ),
        "GitHub's editor refuses unknown keys of workflow_dispatch, its server ignores them (on-workflow_dispatch-unknown-keys-ignored)",
    ),
];

const NEWER: &str = "the case is older than the scopes artifact-metadata, attestations, models and others, which the runner has";

/// The scopes that the published cases do not know.
const NEWER_SCOPES: [&str; 7] = [
    "artifact-metadata",
    "attestations",
    "models",
    "code-quality",
    "copilot-requests",
    "drives",
    "vulnerability-alerts",
];

/// What we say instead.
enum Difference {
    /// The same, and newer scopes.
    NewerScopes,
    /// Something with this in it.
    Says(&'static str),
}

impl Difference {
    fn is(&self, expected: &str, ours: &str) -> bool {
        let is_newer = |line: &&str| {
            let key = line.trim_start().trim_start_matches('"').split('"').next().unwrap_or_default();
            NEWER_SCOPES.contains(&key)
        };
        match self {
            Self::NewerScopes => {
                let lines = |text: &str| {
                    let lines = text.lines().filter(|line| !is_newer(line));
                    lines.map(|line| line.trim_end_matches(',').to_owned()).collect::<Vec<_>>()
                };
                lines(ours) == lines(expected)
            }
            Self::Says(text) => ours.contains(text),
        }
    }
}

/// What all cases came to: those that are the same, and all.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    accepts: [usize; 2],
    rejects: [usize; 2],
    /// What is expected, and what we say.
    different: BTreeMap<String, (String, String)>,
}

pub(crate) fn counts() -> Option<&'static Counts> {
    static COUNTS: LazyLock<Option<Counts>> =
        LazyLock::new(|| crate::corpus::folder("parser cases").map(|folder| look(&folder)));
    COUNTS.as_ref()
}

impl Counts {
    pub(crate) fn record(&self) -> serde_json::Value {
        let count = |[same, all]: [usize; 2]| json!({ "same": same, "all": all });
        let named = DIFFERENCES.iter().map(|(case, _, why)| json!({ "case": case, "why": why }));
        json!({
            "accepts": count(self.accepts),
            "rejects": count(self.rejects),
            "differences": named.collect::<Vec<_>>(),
        })
    }
}

fn look(corpus: &Path) -> Counts {
    let folder = corpus.join("languageservices/workflow-parser/reader");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut counts = Counts::default();
    for path in paths {
        let case = Case::read(&path);
        let ours = case.ours();
        let tally = if case.is_reject() { &mut counts.rejects } else { &mut counts.accepts };
        tally[1] += 1;
        if ours == case.expected {
            tally[0] += 1;
        } else {
            counts.different.insert(case.name.clone(), (case.expected, ours));
        }
    }
    counts
}

#[test]
fn published_cases_are_read_as_github_does_but_for_named_differences() {
    let Some(Counts { accepts, rejects, different }) = counts() else { return };
    println!(
        "{} of {} accepts as published, {} of {} rejects; {} differences, each named",
        accepts[0],
        accepts[1],
        rejects[0],
        rejects[1],
        different.len()
    );
    assert_eq!((accepts[1], rejects[1]), (ACCEPTS, REJECTS));
    let mut unexplained = Vec::new();
    for (name, (expected, ours)) in different {
        let named = DIFFERENCES.iter().find(|(known, ..)| known == name);
        if !named.is_some_and(|(_, difference, _)| difference.is(expected, ours)) {
            unexplained.push(format!("--- {name}\n{}", first_difference(expected, ours)));
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    for (name, _, why) in DIFFERENCES {
        assert!(different.contains_key(*name), "{name} is no difference any more ({why})");
    }
}

/// The lines around the first one that is another.
fn first_difference(expected: &str, ours: &str) -> String {
    let at = expected.lines().zip(ours.lines()).take_while(|(expected, ours)| expected == ours).count();
    let around = |text: &str| {
        let lines = text.lines().skip(at.saturating_sub(2)).take(6);
        lines.map(|line| format!("    {line}\n")).collect::<String>()
    };
    format!("  expected, line {at}:\n{}  ours:\n{}", around(expected), around(ours))
}
