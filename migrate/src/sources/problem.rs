//! What is wrong with an input, so that it could not be read, or was not.

use std::path::PathBuf;

use thiserror::Error;

use super::files::{FileError, Special};

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In bytes, from 0.
    pub offset: usize,
    /// From 1. A line ends with a line feed.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// Why an input was not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Cause {
    /// There is nothing of that name.
    #[error("there is no such file or folder")]
    Missing,
    /// A link to nothing.
    #[error("the symbolic link leads to nothing")]
    Dangling,
    /// A link that leads to itself in the end.
    #[error("the symbolic links go round in circles")]
    Loop,
    /// A link to what does not belong to what was named.
    #[error("the symbolic link leads out of what is read")]
    Outside,
    /// The permissions forbid it.
    #[error("the permissions forbid to read it")]
    Denied,
    /// A pipe, a socket, a device.
    #[error("it is {}, which is never opened", .0.name())]
    Special(Special),
    /// A folder where a file was expected, or the other way round.
    #[error("it is a folder where a file is expected, or the other way round")]
    OtherKind,
    /// GitHub reads no file of more characters, whatever they are; the text is GitHub's.
    #[error("The maximum file size of {} characters has been exceeded", super::text::MAX_CHARACTERS)]
    TooLarge,
    /// It holds a byte that no text has.
    #[error("it is a binary file: it holds a NUL byte")]
    Binary(Place),
    /// It is text in an encoding that GitHub does not read.
    #[error("it is not UTF-8: the byte 0x{byte:02x} has no meaning here")]
    NotUtf8 {
        /// Where.
        place: Place,
        /// The first of the bytes that mean nothing.
        byte: u8,
    },
    /// Its byte order mark says UTF-16 or UTF-32.
    #[error("it is {0}, as its byte order mark says, and not UTF-8")]
    OtherEncoding(&'static str),
    /// Nothing is in it.
    #[error("it is empty")]
    Empty,
    /// What the system says.
    #[error("failed to read it: {0}")]
    System(String),
    /// Whatever read it stopped in the middle: a bug of ours or of a library.
    #[error("reading it ended in a bug: {0}")]
    Bug(String),
}

impl From<FileError> for Cause {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Missing => Self::Missing,
            FileError::Dangling => Self::Dangling,
            FileError::Loop => Self::Loop,
            FileError::Denied => Self::Denied,
            FileError::Special(special) => Self::Special(special),
            FileError::OtherKind => Self::OtherKind,
            FileError::TooLarge(_) => Self::TooLarge,
            FileError::System(why) => Self::System(why),
        }
    }
}

impl Cause {
    /// A word for programs, which stays the same.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Dangling => "dangling-link",
            Self::Loop => "link-loop",
            Self::Outside => "link-outside",
            Self::Denied => "denied",
            Self::Special(_) => "special-file",
            Self::OtherKind => "changed",
            Self::TooLarge => "too-large",
            Self::Binary(_) => "binary",
            Self::NotUtf8 { .. } => "not-utf8",
            Self::OtherEncoding(_) => "other-encoding",
            Self::Empty => "empty",
            Self::System(_) => "system",
            Self::Bug(_) => "bug",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing => "correct the path",
            Self::Dangling | Self::Loop => "correct the link, or put the file itself there",
            Self::Outside => "name the file that the link leads to, or put the file itself there",
            Self::Denied => "let this user read it (chmod u+r, for a folder u+rx), or start as one who may",
            Self::Special(_) => "write its content to a file and name that",
            Self::OtherKind => "name a file, or start again if something changed the files meanwhile",
            Self::TooLarge => "split it into reusable workflows; GitHub does not read it either",
            Self::Binary(_) => "put the text there, or name the files that are workflows",
            Self::NotUtf8 { .. } | Self::OtherEncoding(_) => "save it as UTF-8, such as with iconv -t UTF-8",
            Self::Empty => "write a workflow or an action into it, or delete it",
            Self::System(_) => "read it with another program; when that works, start again",
            Self::Bug(_) => "send us the file, or its smallest part that does this",
        }
    }

    /// Where, when it is known better than by the file.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Binary(place) | Self::NotUtf8 { place, .. } => Some(*place),
            _ => None,
        }
    }

    /// Whether the input was not read. What is empty was, and is a mistake in it.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        !matches!(self, Self::Empty)
    }
}

/// An input that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub cause: Cause,
}

impl Problem {
    /// A problem of a path.
    pub fn new(path: impl Into<PathBuf>, cause: impl Into<Cause>) -> Self {
        Self { path: path.into(), cause: cause.into() }
    }
}
