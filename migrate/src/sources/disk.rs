//! Files on disk.

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::files::{Entry, FileError, Files, Kind, Special};

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn look(&self, path: &Path) -> Result<Kind, FileError> {
        match fs::metadata(path) {
            Ok(found) => Ok(kind(found.file_type())),
            Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(path).is_ok() => {
                Err(FileError::Dangling)
            }
            Err(error) => Err(why(&error)),
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, FileError> {
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            Ok(Entry { kind: kind(entry.file_type()?), name: entry.file_name() })
        };
        let entries = fs::read_dir(folder).and_then(|entries| entries.map(entry).collect());
        entries.map_err(|error: io::Error| why(&error))
    }

    fn read(&self, path: &Path, cap: u64) -> Result<Vec<u8>, FileError> {
        // Looked at first: to open a pipe waits for whoever writes into it.
        regular(&fs::metadata(path).map_err(|error| why(&error))?, cap)?;
        let file = File::open(path).map_err(|error| why(&error))?;
        let found = file.metadata().map_err(|error| why(&error))?;
        regular(&found, cap)?;
        let mut content = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0).saturating_add(1));
        // Files that grow meanwhile, and those of /proc, which have no length.
        file.take(cap.saturating_add(1)).read_to_end(&mut content).map_err(|error| why(&error))?;
        match u64::try_from(content.len()) {
            Ok(length) if length <= cap => Ok(content),
            _ => Err(FileError::TooLarge(None)),
        }
    }

    fn peek(&self, path: &Path, most: usize) -> Result<Vec<u8>, FileError> {
        regular(&fs::metadata(path).map_err(|error| why(&error))?, u64::MAX)?;
        let file = File::open(path).map_err(|error| why(&error))?;
        let mut content = Vec::new();
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        file.take(most).read_to_end(&mut content).map_err(|error| why(&error))?;
        Ok(content)
    }

    fn real(&self, path: &Path) -> Result<PathBuf, FileError> {
        fs::canonicalize(path).map_err(|error| why(&error))
    }
}

fn regular(found: &Metadata, cap: u64) -> Result<(), FileError> {
    match kind(found.file_type()) {
        Kind::File if found.len() > cap => Err(FileError::TooLarge(Some(found.len()))),
        Kind::File => Ok(()),
        Kind::Folder | Kind::Link => Err(FileError::OtherKind),
        Kind::Special(special) => Err(FileError::Special(special)),
    }
}

fn kind(found: FileType) -> Kind {
    if found.is_file() {
        Kind::File
    } else if found.is_dir() {
        Kind::Folder
    } else if found.is_symlink() {
        Kind::Link
    } else {
        Kind::Special(special(found))
    }
}

#[cfg(unix)]
fn special(found: FileType) -> Special {
    use std::os::unix::fs::FileTypeExt as _;
    if found.is_fifo() {
        Special::Pipe
    } else if found.is_socket() {
        Special::Socket
    } else if found.is_block_device() || found.is_char_device() {
        Special::Device
    } else {
        Special::Unknown
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> Special {
    Special::Unknown
}

/// ELOOP of Linux and of macOS, for which the standard library has no stable name.
const LOOPS: [i32; 2] = [40, 62];

fn why(error: &io::Error) -> FileError {
    match error.kind() {
        ErrorKind::NotFound => FileError::Missing,
        ErrorKind::PermissionDenied => FileError::Denied,
        ErrorKind::NotADirectory | ErrorKind::IsADirectory => FileError::OtherKind,
        _ if error.raw_os_error().is_some_and(|code| LOOPS.contains(&code)) => FileError::Loop,
        _ => FileError::System(error.to_string()),
    }
}
