//! Which workflow is called.

use std::fmt;
use std::sync::Arc;

use crate::read::{Document, Limits, read_workflow};
use crate::sources::Cause;
use crate::values::uses::JobUses;

/// A file of a workflow: where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The repository with its ref; `None` for the one of the file that all began with.
    pub repository: Option<Home>,
    /// The path in the repository.
    pub path: String,
}

/// A repository at a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The user or organisation.
    pub owner: String,
    /// The repository.
    pub name: String,
    /// The branch, tag or commit.
    pub reference: String,
}

impl Reference {
    /// A file of the repository that all began with.
    #[must_use]
    pub fn local(path: impl Into<String>) -> Self {
        Self { repository: None, path: path.into() }
    }

    /// What a job in this file calls.
    #[must_use]
    pub fn called(&self, target: &JobUses<'_>) -> Self {
        match target {
            JobUses::Local(path) | JobUses::SelfRepository(path) => {
                Self { repository: self.repository.clone(), path: path.text.to_owned() }
            }
            JobUses::Repository(repository) => Self {
                repository: Some(Home {
                    owner: repository.owner.text.to_owned(),
                    name: repository.name.text.to_owned(),
                    reference: repository.reference.text.to_owned(),
                }),
                path: repository.path.text.to_owned(),
            },
        }
    }

    /// Whether both are the same file. Case does not count for GitHub.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        crate::expression::same(&self.to_string(), &other.to_string())
    }
}

/// As GitHub names the file: `owner/name/path@ref`, or the path alone. The folder that is the repository's root has no path.
impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { repository, path } = self;
        match repository {
            Some(Home { owner, name, reference }) if path.is_empty() => {
                write!(out, "{owner}/{name}@{reference}")
            }
            Some(Home { owner, name, reference }) => write!(out, "{owner}/{name}/{path}@{reference}"),
            None => out.write_str(path),
        }
    }
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Its text.
    Text(Box<str>),
    /// Its repository is known, and the file is not there.
    NotThere,
    /// Nothing: nobody supplied the repository.
    NotSupplied,
    /// It is there, and could not be read.
    Unreadable(Cause),
}

/// Where called workflows come from.
pub trait WorkflowFiles {
    /// Looks a file up.
    fn look_up(&self, reference: &Reference) -> Lookup;

    /// Reads the text of one. Who sees that many call it may have read it already.
    fn read(&self, text: Box<str>, limits: &Limits) -> Arc<Document> {
        Arc::new(read_workflow(text, limits))
    }

    /// Whether a file is within the same trust as the first one, so that it may ask for an OpenID token without the caller
    /// saying so. Unless told otherwise: those of the same repository.
    fn is_trusted(&self, reference: &Reference) -> bool {
        reference.repository.is_none()
    }
}

/// Nothing is supplied.
impl WorkflowFiles for () {
    fn look_up(&self, _: &Reference) -> Lookup {
        Lookup::NotSupplied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_named_as_they_are_written() {
        let home = || Home { owner: "o".to_owned(), name: "loop".to_owned(), reference: "v1".to_owned() };
        let far = |path: &str| Reference { repository: Some(home()), path: path.to_owned() }.to_string();
        assert_eq!([far(""), far("sub/x")], ["o/loop@v1", "o/loop/sub/x@v1"]);
        assert_eq!([Reference::local("a"), Reference::local("")].map(|near| near.to_string()), ["a", ""]);
    }
}
