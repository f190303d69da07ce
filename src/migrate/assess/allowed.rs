//! Findings that somebody has allowed in a list, for files that nobody wants to write into.

use std::path::Path;
use std::{fs, io};

use serde::Deserialize;
use thiserror::Error;
use towpath_migrate::assess::Sheet;

/// How many bytes of a file are read.
const MAX_BYTES: u64 = 4 << 20;

/// A list, and how often each entry allowed something.
#[derive(Debug, Default)]
pub(super) struct Allowed(Vec<(Entry, usize)>);

/// What is allowed where, and why.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The rule.
    pub(super) rule: String,
    /// The workflow: its whole path, or the end of it.
    pub(super) path: String,
    /// What is meant, if not all that the rule finds there.
    target: Option<String>,
    /// Why.
    reason: String,
}

/// Why there is no list.
#[derive(Debug, Error)]
pub(super) enum AllowedError {
    /// It cannot be read.
    #[error("failed to read the list of what is allowed: {0}")]
    Read(#[from] io::Error),
    /// It is too large to be one.
    #[error("the list of what is allowed has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// It is none.
    #[error("failed to understand the list of what is allowed: {0}")]
    Form(#[from] serde_saphyr::Error),
    /// An entry does not say why.
    #[error("entry {0} of the list of what is allowed has no reason")]
    NoReason(usize),
}

impl Allowed {
    /// Reads a list.
    pub(super) fn read(path: &Path) -> Result<Self, AllowedError> {
        if fs::metadata(path)?.len() > MAX_BYTES {
            return Err(AllowedError::TooLarge);
        }
        Self::of(serde_saphyr::from_str(&fs::read_to_string(path)?)?)
    }

    fn of(entries: Vec<Entry>) -> Result<Self, AllowedError> {
        match entries.iter().position(|entry| entry.reason.trim().is_empty()) {
            Some(at) => Err(AllowedError::NoReason(at + 1)),
            None => Ok(Self(entries.into_iter().map(|entry| (entry, 0)).collect())),
        }
    }

    /// Marks what is allowed of a workflow.
    pub(super) fn mark(&mut self, sheet: &mut Sheet) {
        let path = &sheet.path;
        let here: Vec<_> = self.0.iter_mut().filter(|(entry, _)| entry.is_at(path)).collect();
        for (entry, used) in here {
            let is_meant = |target: &str| entry.target.as_deref().is_none_or(|meant| meant == target);
            for cited in &mut sheet.reasons {
                if cited.rule.id == entry.rule && is_meant(&cited.target) {
                    cited.allowed.get_or_insert_with(|| entry.reason.clone());
                    *used += 1;
                }
            }
        }
    }

    /// Entries that allowed nothing.
    pub(super) fn unused(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(|(_, used)| *used == 0).map(|(entry, _)| entry)
    }
}

impl Entry {
    /// Whether a path is meant: it is this one, or ends with it behind a `/`.
    fn is_at(&self, path: &str) -> bool {
        path.strip_suffix(self.path.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Entry> {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn paths_are_whole_or_end_like_it() {
        let entry = &entries("[{rule: keep-os, path: .github/workflows/ci.yml, reason: we have Macs}]")[0];
        for (path, is_at) in [
            (".github/workflows/ci.yml", true),
            ("a/.github/workflows/ci.yml", true),
            ("a.github/workflows/ci.yml", false),
            (".github/workflows/ci.yml.bak", false),
            ("ci.yml", false),
        ] {
            assert_eq!(entry.is_at(path), is_at, "{path}");
        }
    }

    #[test]
    fn each_entry_says_why() {
        let missing = entries("[{rule: a, path: b, reason: c}, {rule: a, path: b, reason: ' '}]");
        assert!(matches!(Allowed::of(missing), Err(AllowedError::NoReason(2))));
        assert!(serde_saphyr::from_str::<Vec<Entry>>("[{rule: a, path: b}]").is_err());
    }
}
