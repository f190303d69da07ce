//! The port to a tree of files. Nothing else of the crate reads one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file that can be read.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, which [`Files::list`] does not follow.
    Link,
    /// Something that is never opened, since reading it may not end or may do something.
    Special(Special),
}

/// What is never opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A device.
    Device,
    /// None of them, and no file either.
    Unknown,
}

impl Special {
    /// Its name in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pipe => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Unknown => "no regular file",
        }
    }
}

/// A name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name, which may hold any byte but `/` and NUL.
    pub name: OsString,
    /// What it is.
    pub kind: Kind,
}

/// Why something could not be looked at, listed or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// There is nothing of that name.
    Missing,
    /// A symbolic link that leads to nothing.
    Dangling,
    /// Symbolic links that lead to each other.
    Loop,
    /// The permissions forbid it.
    Denied,
    /// It is never opened.
    Special(Special),
    /// A folder where a file was expected, or the other way round.
    OtherKind,
    /// More than the cap; how many bytes, where that is known.
    TooLarge(Option<u64>),
    /// What the system says.
    System(String),
}

/// A tree of files.
pub trait Files: Sync {
    /// What stands under a path, links followed.
    ///
    /// # Errors
    /// When it is not there or cannot be looked at.
    fn look(&self, path: &Path) -> Result<Kind, FileError>;

    /// The names in a folder, in any order. Links are not followed.
    ///
    /// # Errors
    /// When it is no folder or cannot be read.
    fn list(&self, folder: &Path) -> Result<Vec<Entry>, FileError>;

    /// The content of a file of at most `cap` bytes. A larger one is refused without being held in memory.
    ///
    /// # Errors
    /// When it is no regular file, too large, or cannot be read.
    fn read(&self, path: &Path, cap: u64) -> Result<Vec<u8>, FileError>;

    /// The first bytes of a file, however large it is.
    ///
    /// # Errors
    /// When it is no regular file, or cannot be read.
    fn peek(&self, path: &Path, most: usize) -> Result<Vec<u8>, FileError>;

    /// The absolute path without links.
    ///
    /// # Errors
    /// When it is not there or cannot be looked at.
    fn real(&self, path: &Path) -> Result<PathBuf, FileError>;
}
