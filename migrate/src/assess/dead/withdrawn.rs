//! Versions of actions that GitHub fails by itself.

use std::fmt;

use jiff::civil::{Date, date};

use crate::values::uses::{Pin, Repository};

/// Versions of an action that jobs fail with on github.com, before their first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn {
    /// `owner/name` and its path, in small letters.
    pub action: &'static str,
    /// Which versions.
    pub versions: Versions,
    /// Since when.
    pub since: Date,
    /// Who says so.
    pub source: &'static str,
}

/// Versions of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// All whose first number is in this range.
    Majors(u32, u32),
    /// Exact ones with this first number, before this second one. `v4` moves on, `v4.0.2` does not.
    Before(u32, u32),
}

impl fmt::Display for Versions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Majors(first, last) if first == last => write!(out, "v{first}"),
            Self::Majors(first, last) => write!(out, "v{first} to v{last}"),
            Self::Before(major, minor) => {
                write!(out, "exact ones from v{major}.0.0, before v{major}.{minor}.0")
            }
        }
    }
}

const V2: &str = "github.blog/changelog/2024-02-13-deprecation-notice-v1-and-v2-of-the-artifact-actions";
const V3: &str = "github.blog/changelog/2024-04-16-deprecation-notice-v3-of-the-artifact-actions";
const CACHE: &str = "github.blog/changelog/2024-12-05-notice-of-upcoming-releases-and-breaking-changes-for-github-actions; actions/cache discussion 1510";
const PAGES: &str = "actions/upload-pages-artifact, release 3.0.0: those before use upload-artifact v3";

const fn majors(action: &'static str, last: u32, since: Date, source: &'static str) -> Withdrawn {
    Withdrawn { action, versions: Versions::Majors(1, last), since, source }
}

const fn before(action: &'static str, major: u32, minor: u32) -> Withdrawn {
    Withdrawn { action, versions: Versions::Before(major, minor), since: date(2025, 4, 15), source: CACHE }
}

/// All that are known, as of 2026-11-22. A commit says no version, so none is judged.
pub const WITHDRAWN: &[Withdrawn] = &[
    majors("actions/upload-artifact", 2, date(2024, 6, 30), V2),
    majors("actions/download-artifact", 2, date(2024, 6, 30), V2),
    Withdrawn {
        action: "actions/upload-artifact",
        versions: Versions::Majors(3, 3),
        since: date(2025, 1, 30),
        source: V3,
    },
    Withdrawn {
        action: "actions/download-artifact",
        versions: Versions::Majors(3, 3),
        since: date(2025, 1, 30),
        source: V3,
    },
    majors("actions/upload-pages-artifact", 2, date(2025, 1, 30), PAGES),
    majors("actions/cache", 2, date(2025, 3, 1), CACHE),
    before("actions/cache", 3, 4),
    before("actions/cache", 4, 2),
    before("actions/cache/restore", 3, 4),
    before("actions/cache/restore", 4, 2),
    before("actions/cache/save", 3, 4),
    before("actions/cache/save", 4, 2),
];

/// The row that an action of a repository is withdrawn by, as of a day.
pub(super) fn withdrawn(repository: &Repository<'_>, today: Date) -> Option<&'static Withdrawn> {
    // Most actions are of somebody else, and nothing has to be folded for them.
    if !repository.owner.text.eq_ignore_ascii_case("actions") {
        return None;
    }
    let name = repository.folded();
    let mut rows = WITHDRAWN.iter().filter(|row| row.action == name && row.since <= today);
    rows.find(|row| row.versions.has(repository.reference.text))
}

impl Versions {
    /// Whether a ref is one of these. `v3-node20` and the like have lives of their own.
    fn has(self, reference: &str) -> bool {
        let Pin::Version { major, exact } = Pin::of(reference) else { return false };
        if reference.contains(['-', '+']) {
            return false;
        }
        match self {
            Self::Majors(first, last) => (first..=last).contains(&major),
            Self::Before(wanted, minor) => exact && major == wanted && minor_of(reference) < Some(minor),
        }
    }
}

fn minor_of(reference: &str) -> Option<u32> {
    reference.split('.').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::uses::{StepUses, step};

    fn since(uses: &str, today: Date) -> Option<Date> {
        let Ok(StepUses::Repository(repository)) = step(uses) else { panic!("{uses}") };
        withdrawn(&repository, today).map(|row| row.since)
    }

    #[test]
    fn versions_are_withdrawn_on_their_day() {
        let today = date(2026, 11, 22);
        for (uses, expected) in [
            ("actions/upload-artifact@v1", Some(date(2024, 6, 30))),
            ("Actions/Upload-Artifact@v2.3.1", Some(date(2024, 6, 30))),
            ("actions/download-artifact@v3", Some(date(2025, 1, 30))),
            ("actions/download-artifact@v3-node20", None),
            ("actions/upload-artifact@v4", None),
            ("actions/upload-artifact/merge@v4", None),
            ("actions/upload-artifact@main", None),
            ("actions/upload-artifact@0b7f8abb1508181956e8e162db84b466c27e18ce", None),
            ("actions/upload-pages-artifact@v2", Some(date(2025, 1, 30))),
            ("actions/upload-pages-artifact@v3", None),
            ("actions/cache@v2", Some(date(2025, 3, 1))),
            ("actions/cache@v3", None),
            ("actions/cache@v3.3.2", Some(date(2025, 4, 15))),
            ("actions/cache@v3.4.0", None),
            ("actions/cache@v4.0.2", Some(date(2025, 4, 15))),
            ("actions/cache@v4.0", None),
            ("actions/cache@v4.2.0", None),
            ("actions/cache/restore@v4.1.2", Some(date(2025, 4, 15))),
            ("somebody/upload-artifact@v1", None),
        ] {
            assert_eq!(since(uses, today), expected, "{uses}");
        }
        assert_eq!(since("actions/cache@v2", date(2025, 2, 28)), None);
        assert_eq!(since("actions/cache@v2", date(2025, 3, 1)), Some(date(2025, 3, 1)));
    }

    #[test]
    fn the_table_holds_together() {
        for row in WITHDRAWN {
            assert_eq!(row.action, row.action.to_ascii_lowercase());
            assert!(row.action.starts_with("actions/"), "others are not looked up: {}", row.action);
            assert!(!row.source.is_empty() && row.since > date(2024, 1, 1), "{row:?}");
        }
    }
}
