//! Files in memory, for tests and for whoever has no disk.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::files::{Entry, FileError, Files, Kind, Special};

/// A tree of files in memory. Folders are there as soon as something is in them.
#[derive(Debug, Clone, Default)]
pub struct InMemory(BTreeMap<PathBuf, Node>);

#[derive(Debug, Clone)]
enum Node {
    File(Vec<u8>),
    Folder,
    Link(PathBuf),
    Special(Special),
    Denied,
}

/// How many links are followed, as on Linux.
const LINKS: usize = 40;

impl InMemory {
    /// With a file.
    #[must_use]
    pub fn file(self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.with(path, Node::File(content.into()))
    }

    /// With a folder that has nothing in it.
    #[must_use]
    pub fn folder(self, path: impl Into<PathBuf>) -> Self {
        self.with(path, Node::Folder)
    }

    /// With a symbolic link.
    #[must_use]
    pub fn link(self, path: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        self.with(path, Node::Link(target.into()))
    }

    /// With something that is never opened.
    #[must_use]
    pub fn special(self, path: impl Into<PathBuf>, special: Special) -> Self {
        self.with(path, Node::Special(special))
    }

    /// With something that nobody may read: a file, or a folder when something stands in it.
    #[must_use]
    pub fn denied(self, path: impl Into<PathBuf>) -> Self {
        self.with(path, Node::Denied)
    }

    fn with(mut self, path: impl Into<PathBuf>, node: Node) -> Self {
        self.0.insert(path.into(), node);
        self
    }

    /// The path without links, whether there is something or not.
    fn follow(&self, path: &Path) -> Result<PathBuf, FileError> {
        let (mut done, mut left, mut links) = (PathBuf::new(), path.to_owned(), 0);
        loop {
            let mut parts = left.components();
            let Some(part) = parts.next() else { return Ok(done) };
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    done.pop();
                }
                part => done.push(part),
            }
            let rest = parts.as_path().to_owned();
            left = match self.0.get(&done) {
                Some(Node::Link(target)) => {
                    links += 1;
                    if links > LINKS {
                        return Err(FileError::Loop);
                    }
                    done.pop();
                    target.join(rest)
                }
                _ => rest,
            };
        }
    }

    fn is_link(&self, path: &Path) -> Result<bool, FileError> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
        Ok(self.0.contains_key(&self.follow(folder)?.join(name)))
    }

    fn node(&self, path: &Path) -> Option<&Node> {
        let within = |(at, _): (&PathBuf, &Node)| at.starts_with(path);
        match self.0.get(path) {
            Some(node) => Some(node),
            None => {
                self.0.range(path.to_owned()..).next().filter(|found| within(*found)).map(|_| &Node::Folder)
            }
        }
    }

    fn is_denied(&self, path: &Path) -> bool {
        path.ancestors().any(|path| matches!(self.0.get(path), Some(Node::Denied)))
    }

    fn is_parent(&self, path: &Path) -> bool {
        self.0.keys().any(|at| at != path && at.starts_with(path))
    }

    fn kind(&self, path: &Path, node: &Node) -> Kind {
        match node {
            Node::Denied if self.is_parent(path) => Kind::Folder,
            Node::File(_) | Node::Denied => Kind::File,
            Node::Folder => Kind::Folder,
            Node::Link(_) => Kind::Link,
            Node::Special(special) => Kind::Special(*special),
        }
    }
}

impl Files for InMemory {
    fn look(&self, path: &Path) -> Result<Kind, FileError> {
        let real = self.follow(path)?;
        match self.node(&real) {
            Some(node) => Ok(self.kind(&real, node)),
            None if self.is_link(path)? => Err(FileError::Dangling),
            None => Err(FileError::Missing),
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, FileError> {
        let real = self.follow(folder)?;
        match self.node(&real) {
            None => return Err(FileError::Missing),
            Some(_) if self.is_denied(&real) => return Err(FileError::Denied),
            Some(Node::Folder) => {}
            Some(_) => return Err(FileError::OtherKind),
        }
        let mut entries = BTreeMap::new();
        for path in self.0.keys() {
            let Some(Component::Normal(name)) =
                path.strip_prefix(&real).ok().and_then(|p| p.components().next())
            else {
                continue;
            };
            let at = real.join(name);
            if let Some(node) = self.node(&at) {
                entries.insert(name.to_owned(), self.kind(&at, node));
            }
        }
        Ok(entries.into_iter().map(|(name, kind)| Entry { name, kind }).collect())
    }

    fn read(&self, path: &Path, cap: u64) -> Result<Vec<u8>, FileError> {
        let real = self.follow(path)?;
        match self.node(&real) {
            None => Err(FileError::Missing),
            Some(_) if self.is_denied(&real) => Err(FileError::Denied),
            Some(Node::File(content)) => match u64::try_from(content.len()) {
                Ok(length) if length <= cap => Ok(content.clone()),
                length => Err(FileError::TooLarge(length.ok())),
            },
            Some(Node::Special(special)) => Err(FileError::Special(*special)),
            Some(_) => Err(FileError::OtherKind),
        }
    }

    fn peek(&self, path: &Path, most: usize) -> Result<Vec<u8>, FileError> {
        let mut content = self.read(path, u64::MAX)?;
        content.truncate(most);
        Ok(content)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, FileError> {
        self.look(path)?;
        self.follow(path)
    }
}
