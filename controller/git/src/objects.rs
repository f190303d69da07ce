//! Files, folders and new commits in the object database.

use std::collections::BTreeSet;

use git2::build::TreeUpdateBuilder;
use git2::{ErrorCode, FileMode, ObjectType, Oid, Repository, Tree};
use towpath_core::id::{CommitId, RepoPath};
use towpath_engine::ports::{NewCommit, RepositoryError};

use crate::mirror::Fault;

/// What stands at a path.
struct Entry {
    id: Oid,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File(FileMode),
    Folder,
    Link,
    Submodule,
}

impl Kind {
    /// By the mode as it is stored; old programs wrote others than today's.
    fn of(mode: i32) -> Self {
        match mode & 0o170_000 {
            0o040_000 => Self::Folder,
            0o120_000 => Self::Link,
            0o160_000 => Self::Submodule,
            _ if mode & 0o100 != 0 => Self::File(FileMode::BlobExecutable),
            _ => Self::File(FileMode::Blob),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::File(_) => "a file",
            Self::Folder => "a folder",
            Self::Link => "a symbolic link",
            Self::Submodule => "a submodule",
        }
    }
}

/// An id as libgit2 has it.
pub(crate) fn oid(id: &CommitId) -> Result<Oid, Fault> {
    Oid::from_str(id.as_str()).map_err(|_| {
        Fault::Unusable(format!("{id} is a SHA-256 id, which is not supported: use a SHA-1 repository"))
    })
}

/// The bytes of the file at a path.
pub(crate) fn read(
    repository: &Repository,
    commit: &CommitId,
    path: &RepoPath,
    limit: usize,
) -> Result<Option<Vec<u8>>, Fault> {
    let tree = tree_of(repository, commit)?;
    let Some(entry) = find(repository, &tree, path)? else { return Ok(None) };
    if !matches!(entry.kind, Kind::File(_)) {
        return Err(not_a_file(path, format!("it is {}, not a file", entry.kind.words())));
    }
    let odb = repository.odb()?;
    let (size, kind) = odb.read_header(entry.id)?;
    if kind != ObjectType::Blob {
        return Err(not_a_file(path, "its object is not a file".to_owned()));
    }
    if size > limit {
        return Err(not_a_file(path, format!("it has {size} bytes, more than {limit}")));
    }
    Ok(Some(odb.read(entry.id)?.data().to_vec()))
}

/// The id of the folder at a path.
pub(crate) fn folder(
    repository: &Repository,
    commit: &CommitId,
    path: &RepoPath,
) -> Result<Option<Oid>, Fault> {
    let tree = tree_of(repository, commit)?;
    match find(repository, &tree, path) {
        Ok(Some(entry)) if entry.kind == Kind::Folder => Ok(Some(entry.id)),
        Ok(_) | Err(Fault::Answer(RepositoryError::NotAFile { .. })) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Writes a commit and what it needs.
pub(crate) fn write(repository: &Repository, new: &NewCommit) -> Result<Oid, Fault> {
    let parent = match &new.parent {
        Some(parent) => Some(find_commit(repository, parent)?),
        None => None,
    };
    let base = match new.tree_of.as_ref().or(new.parent.as_ref()) {
        Some(commit) => tree_of(repository, commit)?,
        None => repository.find_tree(repository.treebuilder(None)?.write()?)?,
    };
    let tree = repository.find_tree(edited(repository, &base, new)?)?;
    let time = git2::Time::new(new.time.unix(), 0);
    let signature = git2::Signature::new(&new.signature.name, &new.signature.email, &time)
        .map_err(|e| Fault::Unusable(format!("the commits' author is not acceptable: {}", e.message())))?;
    let parents: Vec<_> = parent.iter().collect();
    Ok(repository.commit(None, &signature, &signature, &new.message, &tree, &parents)?)
}

fn edited(repository: &Repository, base: &Tree<'_>, new: &NewCommit) -> Result<Oid, Fault> {
    refuse_contradictions(new)?;
    if new.edits.is_empty() {
        return Ok(base.id());
    }
    let mut update = TreeUpdateBuilder::new();
    for edit in &new.edits {
        let mode = match find(repository, base, &edit.path)? {
            None => FileMode::Blob,
            Some(Entry { kind: Kind::File(mode), .. }) => mode,
            Some(entry) => {
                return Err(not_a_file(&edit.path, format!("it is {}, not a file", entry.kind.words())));
            }
        };
        update.upsert(edit.path.as_str(), repository.blob(&edit.bytes)?, mode);
    }
    Ok(update.create_updated(repository, base)?)
}

/// One commit cannot write a path twice, nor one path as a file and as a folder.
fn refuse_contradictions(new: &NewCommit) -> Result<(), Fault> {
    let mut paths = BTreeSet::new();
    for edit in &new.edits {
        if !paths.insert(edit.path.as_str()) {
            return Err(not_a_file(&edit.path, "the same commit writes it twice".to_owned()));
        }
    }
    for edit in &new.edits {
        let text = edit.path.as_str();
        let mut folders = text.match_indices('/').filter_map(|(at, _)| text.get(..at));
        if let Some(folder) = folders.find(|folder| paths.contains(folder)) {
            return Err(not_a_file(&edit.path, format!("the same commit writes {folder} as a file")));
        }
    }
    Ok(())
}

/// Looks a path up part by part, so that a link or file on the way is told from nothing.
fn find(repository: &Repository, root: &Tree<'_>, path: &RepoPath) -> Result<Option<Entry>, Fault> {
    let text = path.as_str();
    let mut tree = repository.find_tree(root.id())?;
    for (at, _) in text.match_indices('/') {
        let part = text.get(..at).unwrap_or_default();
        let Some(entry) = child(&tree, part) else { return Ok(None) };
        if entry.kind != Kind::Folder {
            return Err(not_a_file(path, format!("{part} is {}, not a folder", entry.kind.words())));
        }
        tree = repository.find_tree(entry.id)?;
    }
    Ok(child(&tree, text))
}

/// The entry of a tree that the last part of a path names.
fn child(tree: &Tree<'_>, path: &str) -> Option<Entry> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let entry = tree.get_name_bytes(name.as_bytes())?;
    Some(Entry { id: entry.id(), kind: Kind::of(entry.filemode_raw()) })
}

fn tree_of<'r>(repository: &'r Repository, commit: &CommitId) -> Result<Tree<'r>, Fault> {
    Ok(find_commit(repository, commit)?.tree()?)
}

fn find_commit<'r>(repository: &'r Repository, commit: &CommitId) -> Result<git2::Commit<'r>, Fault> {
    let id = oid(commit)?;
    repository.find_commit(id).map_err(|e| match e.code() {
        ErrorCode::NotFound => Fault::Missing(id),
        _ => e.into(),
    })
}

fn not_a_file(path: &RepoPath, reason: String) -> Fault {
    RepositoryError::NotAFile { path: path.clone(), reason }.into()
}
