//! Files that options name.

use std::path::Path;

use thiserror::Error;
use towpath_migrate::sources::{Cause, Disk, FileError, Files as _};

/// Why such a file has no text.
#[derive(Debug, Error)]
pub(super) enum NamedError {
    /// It cannot be read, or is no regular file: to open a pipe waits for whoever writes into it.
    #[error("{0}; {next}", next = .0.remedy())]
    Unreadable(Cause),
    /// It is too large to be what it is named for.
    #[error("it has more than {0} bytes; name the file that is meant")]
    TooLarge(u64),
    /// It is no text.
    #[error("it is not UTF-8; save it as UTF-8")]
    NotText,
}

/// Reads the text of a file of at most so many bytes, without a byte order mark.
pub(super) fn text(path: &Path, most: u64) -> Result<String, NamedError> {
    let content = Disk.read(path, most).map_err(|error| match error {
        FileError::TooLarge(_) => NamedError::TooLarge(most),
        error => NamedError::Unreadable(error.into()),
    })?;
    let text = String::from_utf8(content).map_err(|_| NamedError::NotText)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_texts_that_are_not_too_large_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (content, expected) in [
            (&b"four"[..], Ok("four")),
            (b"\xef\xbb\xbfx", Ok("x")),
            (b"fives", Err("it has more than 4 bytes; name the file that is meant")),
            (b"\xff", Err("it is not UTF-8; save it as UTF-8")),
        ] {
            fs::write(&path, content).unwrap();
            let read = text(&path, 4).map_err(|error| error.to_string());
            assert_eq!(read.as_deref().map_err(String::as_str), expected);
        }
        let why = text(folder.path(), 4).unwrap_err().to_string();
        let expected = "it is a folder where a file is expected, or the other way round; name a file, or start again if something changed the files meanwhile";
        assert_eq!(why, expected);
    }

    #[cfg(unix)]
    #[test]
    fn what_may_have_no_end_is_not_opened() {
        let why = text(Path::new("/dev/zero"), 4).unwrap_err().to_string();
        assert_eq!(why, "it is a device, which is never opened; write its content to a file and name that");
    }
}
