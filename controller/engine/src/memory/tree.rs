//! The tree of a commit in memory: every entry by its whole path.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};
use towpath_core::id::{RepoPath, TreeId};

use crate::ports::{Edit, RepositoryError};

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A file that may be executed.
    Executable,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) bytes: Rc<[u8]>,
    /// The hash of the bytes.
    hash: Rc<str>,
}

/// All entries of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<RepoPath, Entry>);

/// A hash of parts, as 40 hexadecimal digits.
pub(super) fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let digits = digest.iter().take(20).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn not_a_file(path: &RepoPath, reason: impl Into<String>) -> RepositoryError {
    RepositoryError::NotAFile { path: path.clone(), reason: reason.into() }
}

impl EntryKind {
    fn is_file(self) -> bool {
        matches!(self, Self::File | Self::Executable)
    }
}

impl Tree {
    pub(super) fn entries(&self) -> impl Iterator<Item = (&RepoPath, &Entry)> {
        self.0.iter()
    }

    pub(super) fn get(&self, path: &RepoPath) -> Option<&Entry> {
        self.0.get(path)
    }

    /// Sets an entry without asking what was there.
    pub(super) fn set(&mut self, path: &RepoPath, kind: EntryKind, bytes: &[u8]) {
        let hash = hash(&[bytes]).into();
        self.0.insert(path.clone(), Entry { kind, bytes: Rc::from(bytes), hash });
    }

    pub(super) fn remove(&mut self, path: &RepoPath) {
        self.0.remove(path);
    }

    fn is_folder(&self, path: &RepoPath) -> bool {
        let folder = format!("{path}/");
        self.0
            .range(path.clone()..)
            .take_while(|(p, _)| p.as_str().starts_with(path.as_str()))
            .any(|(p, _)| p.as_str().starts_with(&folder))
    }

    /// The entry that stands where the path needs a folder.
    fn obstacle(&self, path: &RepoPath) -> Option<&RepoPath> {
        let cuts = path.as_str().match_indices('/').filter_map(|(i, _)| path.as_str().get(..i));
        let above = cuts.filter_map(|text| RepoPath::parse(text).ok());
        above.filter_map(|folder| self.0.get_key_value(&folder)).map(|(path, _)| path).next()
    }

    /// The bytes of a plain file; `None` when there is nothing.
    pub(super) fn read(&self, path: &RepoPath, limit: usize) -> Result<Option<Vec<u8>>, RepositoryError> {
        if let Some(other) = self.obstacle(path) {
            return Err(not_a_file(path, format!("{other} is not a folder")));
        }
        let Some(entry) = self.0.get(path) else {
            return match self.is_folder(path) {
                true => Err(not_a_file(path, "it is a folder")),
                false => Ok(None),
            };
        };
        if !entry.kind.is_file() {
            return Err(not_a_file(path, format!("it is a {:?}", entry.kind)));
        }
        if entry.bytes.len() > limit {
            return Err(not_a_file(path, format!("it has more than {limit} bytes")));
        }
        Ok(Some(entry.bytes.to_vec()))
    }

    /// Writes one file of a commit: an existing one keeps its mode, nothing else is turned into a file.
    fn write(&mut self, edit: &Edit) -> Result<(), RepositoryError> {
        let path = &edit.path;
        if let Some(other) = self.obstacle(path) {
            return Err(not_a_file(path, format!("{other} is not a folder")));
        }
        if self.is_folder(path) {
            return Err(not_a_file(path, "it is a folder"));
        }
        let kind = self.0.get(path).map_or(EntryKind::File, |entry| entry.kind);
        if !kind.is_file() {
            return Err(not_a_file(path, format!("it is a {kind:?}")));
        }
        self.set(path, kind, &edit.bytes);
        Ok(())
    }

    /// Writes the files of a commit, each once.
    pub(super) fn edit(&mut self, edits: &[Edit]) -> Result<(), RepositoryError> {
        for (i, edit) in edits.iter().enumerate() {
            if edits.iter().take(i).any(|before| before.path == edit.path) {
                return Err(not_a_file(&edit.path, "it is written twice"));
            }
            self.write(edit)?;
        }
        Ok(())
    }

    /// The id of the folder at a path; `None` when there is none.
    pub(super) fn folder(&self, path: &RepoPath) -> Result<Option<TreeId>, String> {
        let folder = format!("{path}/");
        let inside = || self.0.iter().filter(|(p, _)| p.as_str().starts_with(&folder));
        if inside().next().is_none() {
            return Ok(None);
        }
        TreeId::parse(&hash_of(inside())).map(Some).map_err(|e| e.to_string())
    }

    pub(super) fn hash(&self) -> String {
        hash_of(self.0.iter())
    }
}

fn hash_of<'a>(entries: impl Iterator<Item = (&'a RepoPath, &'a Entry)>) -> String {
    let mut lines = String::new();
    for (path, Entry { kind, hash, .. }) in entries {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{path} {kind:?} {hash}");
    }
    hash(&[lines.as_bytes()])
}
