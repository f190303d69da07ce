//! Findings that were there before, kept in git: only what is new counts for `--fail-on`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::base::Base;
use super::finding::Finding;
use super::named::{self, NamedError};

/// Of this form; it changes when a reader has to. docs/migration/findings.md specifies it.
const VERSION: u32 = 1;

/// How many bytes of a file are read.
const MAX_BYTES: u64 = 64 << 20;

/// What was there before: by path, each finding as its fingerprint and rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    version: u32,
    findings: BTreeMap<String, BTreeSet<String>>,
}

/// Why there is no baseline.
#[derive(Debug, Error)]
pub(super) enum BaselineError {
    /// It cannot be read.
    #[error("failed to read the baseline: {0}")]
    Read(#[from] NamedError),
    /// It is none.
    #[error("failed to understand the baseline: {0}")]
    Form(#[source] serde_json::Error),
    /// It is a list, which names none of what it has.
    #[error("failed to understand the baseline: it is no object of JSON")]
    NoObject,
    /// It is one of a later version.
    #[error("the baseline has form {0}; this towpath knows {VERSION}")]
    Version(u32),
}

impl Baseline {
    /// All of these, but for those that somebody has allowed: their comments tell already.
    pub(super) fn of<'f>(found: impl IntoIterator<Item = &'f Finding<'f>>, base: &Base) -> Self {
        let mut findings: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for finding in found.into_iter().filter(|finding| finding.allowed.is_none()) {
            findings.entry(base.path(&finding.sheet.path)).or_default().insert(entry(finding));
        }
        Self { version: VERSION, findings }
    }

    /// Reads one.
    pub(super) fn read(path: &Path) -> Result<Self, BaselineError> {
        let text = named::text(path, MAX_BYTES)?;
        if !text.trim_start().starts_with('{') {
            return Err(BaselineError::NoObject);
        }
        let read: Self = serde_json::from_str(&text).map_err(BaselineError::Form)?;
        if read.version == VERSION { Ok(read) } else { Err(BaselineError::Version(read.version)) }
    }

    /// Whether a finding was there before.
    pub(super) fn has(&self, finding: &Finding<'_>, base: &Base) -> bool {
        let findings = self.findings.get(&base.path(&finding.sheet.path));
        findings.is_some_and(|findings| findings.contains(&entry(finding)))
    }

    /// What of it is still there, or stands in what could not be read, of which this is how paths begin: so a baseline only shrinks.
    pub(super) fn still(&self, now: &Self, unread: &BTreeSet<PathBuf>) -> Self {
        let both = self.findings.iter().filter_map(|(path, before)| {
            if Path::new(path).ancestors().any(|around| unread.contains(around)) {
                return Some((path.clone(), before.clone()));
            }
            let now = now.findings.get(path)?;
            Some((path.clone(), before & now)).filter(|(_, both)| !both.is_empty())
        });
        Self { version: VERSION, findings: both.collect() }
    }

    /// How many findings it has.
    pub(super) fn len(&self) -> usize {
        self.findings.values().map(BTreeSet::len).sum()
    }

    /// As it is kept: a finding a line, sorted, so that it merges and reads well.
    pub(super) fn text(&self) -> String {
        // Texts, numbers and lists always have a form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn entry(finding: &Finding<'_>) -> String {
    format!("{} {}", finding.mark.fingerprint, finding.rule)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn baseline(text: &str) -> Baseline {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_baseline_only_shrinks() {
        let before =
            baseline(r#"{"version": 1, "findings": {"a": ["1 x", "2 y"], "b": ["3 z"], "d": ["5 v"]}}"#);
        let now =
            baseline(r#"{"version": 1, "findings": {"a": ["2 y", "9 new"], "c": ["4 w"], "d": ["6 v"]}}"#);
        let none = BTreeSet::new();
        let still = before.still(&now, &none);
        assert_eq!(still, baseline(r#"{"version": 1, "findings": {"a": ["2 y"]}}"#));
        assert_eq!((still.len(), still.still(&still, &none)), (1, still.clone()));
    }

    #[test]
    fn what_could_not_be_read_is_kept() {
        let before = baseline(
            r#"{"version": 1, "findings": {"a/x": ["1 x"], "b/c/x": ["2 y"], "b/cd": ["3 z"], "b/d": ["4 v"]}}"#,
        );
        let now = baseline(r#"{"version": 1, "findings": {"a/x": ["1 x"]}}"#);
        for (unread, kept) in [
            (&[][..], &["a/x"][..]),
            (&["b/c"], &["a/x", "b/c/x"]),
            (&["b/c", "b/d"], &["a/x", "b/c/x", "b/d"]),
            (&[""], &["a/x", "b/c/x", "b/cd", "b/d"]),
        ] {
            let still = before.still(&now, &unread.iter().map(PathBuf::from).collect());
            assert_eq!(still.findings.keys().collect::<Vec<_>>(), kept, "{unread:?}");
        }
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.json");
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            Baseline::read(&path)
        };
        assert!(matches!(read(r#"{"version": 2, "findings": {}}"#), Err(BaselineError::Version(2))));
        assert!(matches!(read(r#"{"version": 1}"#), Err(BaselineError::Form(_))));
        assert!(matches!(read(r#"{"version": 1, "findings": {}, "more": 1}"#), Err(BaselineError::Form(_))));
        assert!(matches!(read("{\u{fffd}"), Err(BaselineError::Form(_))));
        assert!(matches!(read("[1, {}]"), Err(BaselineError::NoObject)));
        assert_eq!(read(&baseline(r#"{"version": 1, "findings": {"a": ["1 x"]}}"#).text()).unwrap().len(), 1);
        assert!(matches!(Baseline::read(folder.path().join("none").as_path()), Err(BaselineError::Read(_))));
    }
}
