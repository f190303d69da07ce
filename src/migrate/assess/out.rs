//! A folder with every form of a report.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A folder that reports are written into.
pub(super) struct Out {
    folder: PathBuf,
    /// Made when the first ones come.
    constructs: Option<BufWriter<File>>,
}

/// A file could not be written.
#[derive(Debug, Error)]
#[error("failed to write {path}: {error}")]
pub(super) struct OutError {
    path: String,
    error: io::Error,
}

/// The name of the file of constructs, which is written while files are read.
const CONSTRUCTS: &str = "constructs.ndjson";

impl Out {
    /// Makes the folder, if it is not there.
    pub(super) fn new(folder: PathBuf) -> Result<Self, OutError> {
        fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        Ok(Self { folder, constructs: None })
    }

    /// Adds constructs.
    pub(super) fn constructs(&mut self, rows: &str) -> Result<(), OutError> {
        let path = self.folder.join(CONSTRUCTS);
        let file = match self.constructs.take() {
            Some(file) => file,
            None => BufWriter::new(File::create(&path).map_err(|error| failed(&path, error))?),
        };
        let written = self.constructs.insert(file).write_all(rows.as_bytes());
        written.map_err(|error| failed(&path, error))
    }

    /// Writes a file.
    pub(super) fn file(&self, name: &str, text: &str) -> Result<(), OutError> {
        let path = self.folder.join(name);
        write(&path, text)
    }

    /// Writes a file as it is made.
    pub(super) fn stream(
        &self,
        name: &str,
        make: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), OutError> {
        let path = self.folder.join(name);
        let written = File::create(&path).and_then(|file| {
            let mut file = BufWriter::new(file);
            make(&mut file)?;
            file.flush()
        });
        written.map_err(|error| failed(&path, error))
    }

    /// Writes what is left of the constructs.
    pub(super) fn finish(mut self) -> Result<(), OutError> {
        let flushed = self.constructs.as_mut().map_or(Ok(()), BufWriter::flush);
        flushed.map_err(|error| failed(&self.folder.join(CONSTRUCTS), error))
    }
}

/// Writes a file.
pub(super) fn write(path: &Path, text: &str) -> Result<(), OutError> {
    fs::write(path, text).map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: io::Error) -> OutError {
    OutError { path: path.display().to_string(), error }
}
