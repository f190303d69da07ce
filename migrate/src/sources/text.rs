//! From bytes to text, as GitHub takes it.

use std::path::Path;

use super::files::Files;
use super::problem::{Cause, Place, Problem};
use crate::yaml::{self, Lines};

/// How many characters GitHub reads of a file: UTF-16 units, as .NET counts them (`MaxFileSize` in actions/runner,
/// `src/Sdk/WorkflowParser/ParseOptions.cs`, compared in `Conversion/YamlTemplateLoader.cs`).
pub const MAX_CHARACTERS: usize = 1 << 20;

/// The longest file, in bytes, that may have that many characters: three bytes a unit at most, and a byte order mark.
/// What is longer is refused without being read.
pub const MAX_BYTES: u64 = 3 * (1 << 20) + 3;

const UTF8: &[u8] = b"\xef\xbb\xbf";

/// Byte order marks of encodings that are not read. Four bytes come before two, since they begin alike.
const OTHERS: [(&[u8], &str); 4] = [
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
];

/// The text of a file. Its bytes are those of the file, so places in it are places in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no text that GitHub would read.
    pub fn read(files: &(impl Files + ?Sized), path: &Path) -> Result<Self, Problem> {
        let content = files.read(path, MAX_BYTES).map_err(|error| Problem::new(path, error))?;
        Self::of(content).map_err(|cause| Problem::new(path, cause))
    }

    /// Takes the content of a file as text.
    ///
    /// # Errors
    /// When it is none, is too long, or has nothing in it.
    pub fn of(content: Vec<u8>) -> Result<Self, Cause> {
        if let Some((_, name)) = OTHERS.iter().find(|(mark, _)| content.starts_with(mark)) {
            return Err(Cause::OtherEncoding(name));
        }
        if let Some(at) = content.iter().position(|byte| *byte == 0) {
            return Err(Cause::Binary(place(&content, at)));
        }
        let text = Self(String::from_utf8(content).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let content = error.as_bytes();
            Cause::NotUtf8 { place: place(content, at), byte: content.get(at).copied().unwrap_or_default() }
        })?);
        // Fewer bytes than that have fewer characters.
        if text.0.len() > MAX_CHARACTERS && text.0.encode_utf16().count() > MAX_CHARACTERS {
            return Err(Cause::TooLarge);
        }
        if text.body().trim().is_empty() { Err(Cause::Empty) } else { Ok(text) }
    }

    /// All of it, with the byte order mark where there is one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All of it, to keep.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// It without the byte order mark.
    #[must_use]
    pub fn body(&self) -> &str {
        self.0.get(self.body_start()..).unwrap_or_default()
    }

    /// Where [`Text::body`] begins, in bytes.
    #[must_use]
    pub fn body_start(&self) -> usize {
        if self.0.as_bytes().starts_with(UTF8) { UTF8.len() } else { 0 }
    }
}

/// The place of the first byte that makes content no text. What stands before it is text, or nearly.
fn place(content: &[u8], offset: usize) -> Place {
    let before = String::from_utf8_lossy(content.get(..offset).unwrap_or(content));
    let yaml::Place { line, column } = Lines::of(&before).place(&before, before.len());
    Place { offset, line, column }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cause(content: &[u8]) -> Cause {
        Text::of(content.to_vec()).unwrap_err()
    }

    #[test]
    fn what_is_no_text_says_where() {
        let place = |offset, line, column| Place { offset, line, column };
        assert_eq!(cause(b"\xe9"), Cause::NotUtf8 { place: place(0, 1, 1), byte: 0xe9 });
        assert_eq!(
            cause("name: ä\non: ö".as_bytes().split_last().unwrap().1),
            Cause::NotUtf8 { place: place(13, 2, 5), byte: 0xc3 }
        );
        assert_eq!(cause(b"a: b\nc: \0d\xff"), Cause::Binary(place(8, 2, 4)));
        assert_eq!(cause(b"\x7fELF\x02\x01\x01\0"), Cause::Binary(place(7, 1, 8)));
    }

    #[test]
    fn other_encodings_are_named() {
        assert_eq!(cause(b"\xff\xfeo\0n\0"), Cause::OtherEncoding("UTF-16"));
        assert_eq!(cause(b"\xfe\xff\0o\0n"), Cause::OtherEncoding("UTF-16"));
        assert_eq!(cause(b"\xff\xfe\0\0o\0\0\0"), Cause::OtherEncoding("UTF-32"));
    }

    #[test]
    fn a_byte_order_mark_of_utf_8_belongs_to_the_file_and_not_to_its_text() {
        let text = Text::of(b"\xef\xbb\xbfon: push".to_vec()).unwrap();
        assert_eq!((text.body(), text.body_start(), text.as_str().len()), ("on: push", 3, 11));
    }

    #[test]
    fn nothing_is_empty() {
        for content in [&b""[..], b" \n\t\r\n", UTF8, b"\xef\xbb\xbf\n"] {
            assert_eq!(cause(content), Cause::Empty, "{content:?}");
        }
    }

    /// A character of four bytes counts twice, one of three once.
    #[test]
    fn github_counts_utf_16_units() {
        for (character, most) in [("a", MAX_CHARACTERS), ("€", MAX_CHARACTERS), ("🚀", MAX_CHARACTERS / 2)]
        {
            assert!(Text::of(character.repeat(most).into_bytes()).is_ok(), "{character}");
            assert_eq!(cause(character.repeat(most + 1).as_bytes()), Cause::TooLarge, "{character}");
        }
        let longest = "€".repeat(MAX_CHARACTERS).len() + UTF8.len();
        assert_eq!(u64::try_from(longest).unwrap(), MAX_BYTES);
    }

    proptest! {
        #[test]
        fn text_is_the_bytes_or_a_place_in_them(content in prop::collection::vec(any::<u8>(), 0..60)) {
            match Text::of(content.clone()) {
                Ok(text) => prop_assert_eq!(text.as_str().as_bytes(), &content),
                Err(cause) => prop_assert!(cause.place().is_none_or(|place| place.offset < content.len())),
            }
        }
    }
}
