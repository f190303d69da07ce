//! Versions of actions: `v4`, `4.1.2`, or those that a comment tells behind a commit.

use crate::model::Uses;
use crate::read::Document;
use crate::values::uses::{Pin, StepUses};

/// A version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// Its first number.
    pub major: u64,
}

impl Version {
    /// The version of an action, by its ref, or by the comment behind a commit.
    pub(super) fn of(document: &Document, uses: &Uses<'_>) -> Option<Self> {
        let Some(StepUses::Repository(repository)) = uses.target else { return None };
        if repository.pin() != Pin::Commit {
            return Self::read(repository.reference.text);
        }
        let source = document.tree().source();
        let end = document.span(uses.uses.token).end;
        let comments = document.tree().comments();
        let next = comments.get(comments.partition_point(|comment| comment.start < end))?;
        let is_behind = source.get(end..next.start).is_some_and(|between| !between.contains(['\n', '\r']));
        if is_behind { Self::in_comment(next.of(source)) } else { None }
    }

    /// `# v4`, `# tag: v4`, `# ratchet:owner/name@v4`.
    fn in_comment(comment: &str) -> Option<Self> {
        let text = comment.strip_prefix('#')?.trim();
        if let Some(pinned) = text.strip_prefix("ratchet:") {
            return pinned.rsplit_once('@').and_then(|(_, version)| Self::read(version));
        }
        let named = ["tag", "version", "ver"].iter().find_map(|name| {
            text.strip_prefix(name)?.trim_start().strip_prefix([':', '=']).map(str::trim_start)
        });
        Self::read(named.unwrap_or(text))
    }

    /// One to three numbers, and nothing else.
    fn read(text: &str) -> Option<Self> {
        let numbers = text.strip_prefix('v').unwrap_or(text);
        let mut parts = numbers.split('.');
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let major = parts.next().filter(|part| is_number(part))?.parse().ok()?;
        let rest: Vec<_> = parts.collect();
        (rest.len() <= 2 && rest.into_iter().all(is_number)).then_some(Self { major })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_one_to_three_numbers() {
        for (text, major) in [
            ("v4", Some(4)),
            ("10.1", Some(10)),
            ("v1.2.3", Some(1)),
            ("v1.2.3.4", None),
            ("v1.2-rc", None),
            ("main", None),
            ("v", None),
            ("v1.", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(Version::read(text).map(|version| version.major), major, "{text}");
        }
    }

    #[test]
    fn comments_tell_versions() {
        for (comment, major) in [
            ("# v4.1.2", Some(4)),
            ("#4", Some(4)),
            ("# tag: v5", Some(5)),
            ("# version=6.0", Some(6)),
            ("# ratchet:actions/checkout@v3", Some(3)),
            ("# v4 is old", None),
            ("# pinned", None),
        ] {
            assert_eq!(Version::in_comment(comment).map(|version| version.major), major, "{comment}");
        }
    }
}
