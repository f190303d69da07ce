//! What a step or a job runs: an action, a folder, an image, a reusable workflow.
//!
//! Of steps the runner decides (`ConvertToStep` in `WorkflowTemplateConverter.cs`), of jobs GitHub's editor
//! (languageservices, `validate.ts`), since the runner looks at them only when it loads the workflow. `$/` is
//! the repository of the file it stands in, at the commit that runs (2026-07-30); GitHub's documentation
//! refuses a ref behind it.

mod job;
mod step;

use super::finding::Part;
pub use job::job;
pub use step::{no_repository, remarks, short_commit, step};

/// What separates the parts of an action's name.
const SEPARATORS: &[char] = &['/', '\\'];

/// What a step uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUses<'a> {
    /// An action in a repository, at a ref.
    Repository(Repository<'a>),
    /// `./path`: a folder of the workspace, so whatever the steps before put there. The part is what follows
    /// `./`.
    Workspace(Part<'a>),
    /// `$/path`: a folder of the repository of this file, at the commit that runs. The part is what follows
    /// `$/`.
    SelfRepository(Part<'a>),
    /// `docker://image`. The part is the image, which may not be one: see [`super::image`].
    Docker(Part<'a>),
}

/// What a job calls: a reusable workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobUses<'a> {
    /// A workflow of another repository, at a ref; the path is that of the file.
    Repository(Repository<'a>),
    /// `./.github/workflows/file.yml`: the repository of this file, at the commit of this file. The part is
    /// what follows `./`.
    Local(Part<'a>),
    /// `$/.github/workflows/file.yml`: the same. The part is what follows `$/`.
    SelfRepository(Part<'a>),
}

/// `owner/repo[/path]@ref`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repository<'a> {
    /// The user or organisation.
    pub owner: Part<'a>,
    /// The repository.
    pub name: Part<'a>,
    /// The folder of the action or the file of the workflow; empty for the root. See [`Self::folders`].
    pub path: Part<'a>,
    /// A branch, a tag or a commit.
    pub reference: Part<'a>,
}

impl<'a> Repository<'a> {
    /// `owner/name` and its path, in small letters: for GitHub they are the same in any case.
    #[must_use]
    pub fn folded(&self) -> String {
        let length = self.owner.text.len() + self.name.text.len() + self.path.text.len() + 2;
        let mut name = String::with_capacity(length);
        name.push_str(self.owner.text);
        name.push('/');
        name.push_str(self.name.text);
        for folder in self.folders() {
            name.push('/');
            name.push_str(folder);
        }
        name.make_ascii_lowercase();
        name
    }

    /// The names in the path, without the empty ones that GitHub skips.
    pub fn folders(&self) -> impl Iterator<Item = &'a str> {
        self.path.text.split(SEPARATORS).filter(|name| !name.is_empty())
    }

    /// How fast the ref holds what it names.
    #[must_use]
    pub fn pin(&self) -> Pin {
        Pin::of(self.reference.text)
    }
}

/// How fast a ref holds what it names, as far as it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// All 40 digits of a commit: nothing moves it.
    Commit,
    /// 7 or 8 hexadecimal digits: perhaps the beginning of a commit, which GitHub does not look up.
    ShortCommit,
    /// What looks like a version: a tag, or a branch that is called like one.
    Version {
        /// The first number.
        major: u32,
        /// Whether all three numbers are there, so that it should not move.
        exact: bool,
    },
    /// Any other branch or tag.
    Name,
}

impl Pin {
    /// Reads a ref.
    #[must_use]
    pub fn of(reference: &str) -> Self {
        let hexadecimal = reference.bytes().all(|byte| byte.is_ascii_hexdigit());
        match reference.len() {
            40 if hexadecimal => Self::Commit,
            7 | 8 if hexadecimal => Self::ShortCommit,
            _ => version(reference).unwrap_or(Self::Name),
        }
    }
}

fn version(reference: &str) -> Option<Pin> {
    let numbers = reference.strip_prefix(['v', 'V']).unwrap_or(reference);
    let numbers = numbers.split(['-', '+']).next().unwrap_or_default();
    let (mut major, mut count) = (0, 0);
    for number in numbers.split('.') {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = number.parse().ok()?;
        if count == 0 {
            major = number;
        }
        count += 1;
    }
    (count <= 3).then_some(Pin::Version { major, exact: count == 3 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins() {
        let version = |major, exact| Pin::Version { major, exact };
        for (reference, expected) in [
            ("1af3b93b6815bc44a9784bd300feb67ff0d1eeb3", Pin::Commit),
            ("1AF3B93B6815BC44A9784BD300FEB67FF0D1EEB3", Pin::Commit),
            ("1af3b93b6815bc44a9784bd300feb67ff0d1eeb", Pin::Name),
            ("1af3b93", Pin::ShortCommit),
            ("deadbeef", Pin::ShortCommit),
            ("v4", version(4, false)),
            ("4", version(4, false)),
            ("v4.1", version(4, false)),
            ("v4.1.2", version(4, true)),
            ("v4.1.2-rc.1", version(4, true)),
            ("2.0.0+build", version(2, true)),
            ("v1.2.3.4", Pin::Name),
            ("v", Pin::Name),
            ("v1.", Pin::Name),
            ("v99999999999", Pin::Name),
            ("main", Pin::Name),
            ("releases/v1", Pin::Name),
        ] {
            assert_eq!(Pin::of(reference), expected, "{reference}");
        }
    }
}
