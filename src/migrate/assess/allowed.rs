//! Findings that somebody has allowed in a list, for files that nobody wants to write into.

use std::path::Path;

use serde::Deserialize;
use thiserror::Error;
use towpath_migrate::assess::health::MEASURES;
use towpath_migrate::assess::{Allow, Sheet, rules};
use towpath_migrate::security;

use super::base::Base;
use super::estate::Estate;
use super::named::{self, NamedError};

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
    Read(#[from] NamedError),
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
        Self::of(serde_saphyr::from_str(&named::text(path, MAX_BYTES)?)?)
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
        let mut here: Vec<_> = self.0.iter_mut().filter(|(entry, _)| entry.is_at(path)).collect();
        sheet.allow(|rule, target| {
            let mut reason = None;
            for (entry, used) in here.iter_mut().filter(|(entry, _)| entry.means(rule, target)) {
                reason.get_or_insert(entry.reason.as_str());
                *used += 1;
            }
            reason.map(str::to_owned)
        });
    }

    /// What is wrong with what allows findings, in words: entries of the list that allowed nothing, and comments without a reason or
    /// for what is no rule.
    pub(super) fn remarks(&self, estate: &Estate, base: &Base) -> Vec<String> {
        let unused = self.unused();
        let unused = unused
            .map(|entry| format!("nothing is found that the list allows: {} in {}", entry.rule, entry.path));
        let comments =
            estate.sheets.iter().flat_map(|sheet| sheet.allows.iter().map(move |allow| (sheet, allow)));
        let of_comment = |(sheet, allow): (&Sheet, &Allow)| {
            let at = format!("{}:{}", base.path(&sheet.path), allow.line);
            let reasonless = allow
                .reason
                .is_none()
                .then(|| format!("{at}: allow[...] says no reason, so it allows nothing"));
            let unknown = allow.rules.iter().filter(|rule| !is_rule(rule)).map(|rule| {
                if MEASURES.iter().any(|measure| measure.id == rule) {
                    format!("{at}: {rule} is a measure of health, which counts for no verdict: nothing has to be allowed")
                } else {
                    format!("{at}: there is no rule {rule}; towpath migrate explain lists them")
                }
            });
            unknown.chain(reasonless).collect::<Vec<_>>()
        };
        unused.chain(comments.flat_map(of_comment)).collect()
    }

    /// Entries that allowed nothing.
    fn unused(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(|(_, used)| *used == 0).map(|(entry, _)| entry)
    }
}

/// Whether something is called like this that finds.
fn is_rule(id: &str) -> bool {
    rules::named(id).is_some() || security::class(id).is_some()
}

impl Entry {
    /// Whether what a rule found is meant.
    fn means(&self, rule: &str, target: &str) -> bool {
        self.rule == rule && self.target.as_deref().is_none_or(|meant| meant == target)
    }

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
    fn comments_that_cannot_be_meant_are_told() {
        let allow = |rules: &[&str], reason: Option<&str>, line| Allow {
            rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
            reason: reason.map(str::to_owned),
            line,
            span: towpath_migrate::span::Span::new(0, 1),
            is_used: false,
        };
        let allows = vec![
            allow(&["keep-os", "artipacked"], Some("ours"), 3),
            allow(&["keep-so", "dead-trigger"], Some("ours"), 5),
            allow(&["keep-os"], None, 7),
        ];
        let sheet = Sheet { path: "r/ci.yml".to_owned(), allows, ..Sheet::default() };
        let estate = Estate { sheets: vec![sheet], ..Estate::default() };
        let list = Allowed::of(entries("[{rule: keep-os, path: x, reason: y}]")).unwrap();
        let remarks = list.remarks(&estate, &Base::default());
        assert_eq!(
            remarks,
            [
                "nothing is found that the list allows: keep-os in x",
                "r/ci.yml:5: there is no rule keep-so; towpath migrate explain lists them",
                "r/ci.yml:5: dead-trigger is a measure of health, which counts for no verdict: nothing has to be allowed",
                "r/ci.yml:7: allow[...] says no reason, so it allows nothing",
            ]
        );
    }

    #[test]
    fn each_entry_says_why() {
        let missing = entries("[{rule: a, path: b, reason: c}, {rule: a, path: b, reason: ' '}]");
        assert!(matches!(Allowed::of(missing), Err(AllowedError::NoReason(2))));
        assert!(serde_saphyr::from_str::<Vec<Entry>>("[{rule: a, path: b}]").is_err());
    }
}
