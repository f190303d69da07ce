//! The owners of workflows, as `CODEOWNERS` of their repository names them.
//!
//! GitHub's documentation ("About code owners") says what counts: the first file of `.github/`, the root and `docs/`; at most 3 MB;
//! the last line that matches; a line that is not valid is skipped. No crate that is kept reads it: `codeowners` rests since 2018
//! with advisories below it, and others are of one person. The globs are matched by `fast-glob`.

mod pattern;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use thiserror::Error;

use self::pattern::Pattern;
pub use self::pattern::Unfit;
use crate::sources::{Cause, FileError, Files};

/// Where GitHub looks for it, in this order.
pub const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// A larger file is not loaded by GitHub, which says "3 MB".
pub const MAX_BYTES: u64 = 3 << 20;

/// How many rules that may be about workflows are kept. The largest repositories have a few thousand in all.
const MAX_RULES: usize = 50_000;

/// How many ignored lines are told.
const MAX_IGNORED: usize = 100;

/// The rules of a repository that may be about its workflows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeOwners {
    /// Where they stand, in the repository: one of [`PLACES`].
    pub place: &'static str,
    /// Lines that GitHub skips, the first hundred.
    pub ignored: Vec<Ignored>,
    rules: Vec<Rule>,
}

/// A line that GitHub skips.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Its number, from 1.
    pub line: usize,
    /// Why.
    pub why: Why,
}

/// Why a line is skipped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Why {
    /// Its pattern is none that GitHub takes.
    #[error("{0}")]
    Pattern(Unfit),
    /// A word that is no user, team or address.
    #[error("{0:?} is no @user, @organisation/team or e-mail address")]
    Owner(String),
    /// There are more rules than anybody writes.
    #[error("it stands behind {MAX_RULES} others, and is not read")]
    TooMany,
}

/// Why owners cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OwnersError {
    /// GitHub does not load it.
    #[error("{0} is larger than 3 MB, so GitHub does not load it")]
    TooLarge(&'static str),
    /// It is no text.
    #[error("{0} is not UTF-8")]
    NotUtf8(&'static str),
    /// It cannot be read.
    #[error("failed to read {0}: {1}")]
    Unreadable(&'static str, Cause),
}

/// Who owns a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned<'o> {
    /// Users, teams and addresses; none where a line says that nobody does.
    pub owners: &'o [String],
    /// The line that says so, from 1.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    line: usize,
    pattern: Pattern,
    owners: Vec<String>,
}

impl CodeOwners {
    /// Reads the one that counts of a repository; `None` where it has none.
    ///
    /// # Errors
    /// When there is one that GitHub does not load, or that cannot be read.
    pub fn find(files: &(impl Files + ?Sized), repository: &Path) -> Result<Option<Self>, OwnersError> {
        for place in PLACES {
            let path: PathBuf = repository.join(place);
            if leads_out(files, repository, &path) {
                return Err(OwnersError::Unreadable(place, Cause::Outside));
            }
            let bytes = match files.read(&path, MAX_BYTES) {
                Ok(bytes) => bytes,
                // A folder of that name, or a link that leads nowhere, is no file that GitHub finds.
                Err(FileError::Missing | FileError::Dangling | FileError::OtherKind) => continue,
                Err(FileError::TooLarge(_)) => return Err(OwnersError::TooLarge(place)),
                Err(error) => return Err(OwnersError::Unreadable(place, error.into())),
            };
            let text = String::from_utf8(bytes).map_err(|_| OwnersError::NotUtf8(place))?;
            return Ok(Some(Self::read(place, &text)));
        }
        Ok(None)
    }

    /// Reads the text of one that stands at one of [`PLACES`].
    #[must_use]
    pub fn read(place: &'static str, text: &str) -> Self {
        let mut owners = Self { place, ..Self::default() };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (line, number) in text.lines().zip(1..) {
            match Rule::read(line, number) {
                Ok(Some(rule)) if !rule.pattern.may_be_below_workflows() => {}
                Ok(Some(_)) if owners.rules.len() >= MAX_RULES => owners.ignore(number, Why::TooMany),
                Ok(Some(rule)) => owners.rules.push(rule),
                Ok(None) => {}
                Err(why) => owners.ignore(number, why),
            }
        }
        owners
    }

    fn ignore(&mut self, line: usize, why: Why) {
        if self.ignored.len() < MAX_IGNORED {
            self.ignored.push(Ignored { line, why });
        }
    }

    /// The owners of a file of `.github/workflows`, by its path in the repository; `None` where no line is about it.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<Owned<'_>> {
        let last = self.rules.iter().rev().find(|rule| rule.pattern.matches(path))?;
        Some(Owned { owners: &last.owners, line: last.line })
    }
}

impl Rule {
    /// A line; `None` for one that says nothing.
    fn read(text: &str, line: usize) -> Result<Option<Self>, Why> {
        let text = text.trim_matches([' ', '\t', '\r']);
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let (pattern, rest) = Pattern::read(text).map_err(Why::Pattern)?;
        // What stands behind `#` is a comment, wherever the word begins with it.
        let words = rest.split_whitespace().take_while(|word| !word.starts_with('#'));
        let owners = words.map(|word| {
            if is_owner(word) {
                Ok(word.to_owned())
            } else {
                Err(Why::Owner(word.chars().take(64).collect()))
            }
        });
        Ok(Some(Self { line, pattern, owners: owners.collect::<Result<_, _>>()? }))
    }
}

/// Whether links lead out of the repository, to what is none of its own.
fn leads_out(files: &(impl Files + ?Sized), repository: &Path, path: &Path) -> bool {
    match (files.real(repository), files.real(path)) {
        (Ok(repository), Ok(real)) => !real.starts_with(repository),
        _ => false,
    }
}

/// Whether a word may name an owner: `@user`, `@organisation/team`, or an address.
fn is_owner(word: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match (word.strip_prefix('@'), word.split_once('@')) {
        (Some(name), _) => match name.split_once('/') {
            Some((organisation, team)) => is_name(organisation) && is_name(team),
            None => is_name(name),
        },
        (None, Some((user, host))) => !user.is_empty() && host.contains('.') && is_name(host),
        (None, None) => false,
    }
}
