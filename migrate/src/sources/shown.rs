//! How names and texts from outside are shown: nothing of them reaches a terminal as a command.

use std::fmt::{self, Display, Formatter, Write as _};
use std::path::Path;

/// Text from outside as it is shown, without line ends or anything else that a terminal would obey.
///
/// A backslash stands before what was replaced, and before a backslash: `\n`, `\x1b`, `\u{202e}`, and `\xff` for a byte that
/// is no UTF-8. So two texts that differ are shown differently.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'t> {
    bytes: &'t [u8],
    /// What is shown is text of a file, in which a backslash is what it is.
    is_excerpt: bool,
}

impl<'t> Shown<'t> {
    /// A path, whatever its bytes are.
    #[must_use]
    pub fn path(path: &'t Path) -> Self {
        Self { bytes: path.as_os_str().as_encoded_bytes(), is_excerpt: false }
    }

    /// A text, such as a name in a workflow.
    #[must_use]
    pub fn text(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), is_excerpt: false }
    }

    /// A part of a file, or words about one: backslashes stay as they are, so that it looks like the file.
    #[must_use]
    pub fn excerpt(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), is_excerpt: true }
    }
}

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for chunk in self.bytes.utf8_chunks() {
            let mut plain = chunk.valid();
            while let Some(at) = plain.find(|character| self.is_unfit(character)) {
                let (before, rest) = plain.split_at(at);
                f.write_str(before)?;
                let mut characters = rest.chars();
                if let Some(character) = characters.next() {
                    replaced(f, character)?;
                }
                plain = characters.as_str();
            }
            f.write_str(plain)?;
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
        }
        Ok(())
    }
}

impl Shown<'_> {
    fn is_unfit(&self, character: char) -> bool {
        (character == '\\' && !self.is_excerpt) || is_obeyed(character)
    }
}

/// Whether a character may move the cursor, or hide or turn round what stands beside it.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn replaced(f: &mut Formatter<'_>, character: char) -> fmt::Result {
    match character {
        '\\' => f.write_str("\\\\"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\0'..='\x7f' => write!(f, "\\x{:02x}", u32::from(character)),
        _ => {
            f.write_char('\\')?;
            write!(f, "u{{{:x}}}", u32::from(character))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        for (text, shown) in [
            ("plain/ünï 日本.yml", "plain/ünï 日本.yml"),
            ("a\u{1b}[31mred", "a\\x1b[31mred"),
            ("a\nb\r\tc\0\u{7f}", "a\\nb\\r\\tc\\x00\\x7f"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("abc\u{202e}lmy.", "abc\\u{202e}lmy."),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("back\\slash", "back\\\\slash"),
        ] {
            assert_eq!(Shown::text(text).to_string(), shown);
        }
    }

    #[test]
    fn an_excerpt_looks_like_the_file() {
        assert_eq!(Shown::excerpt("echo 'a\\b' \u{1b}[31m").to_string(), "echo 'a\\b' \\x1b[31m");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_shown_as_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9/\xff.yml"));
        assert_eq!(Shown::path(path).to_string(), "caf\\xe9/\\xff.yml");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_one_line_without_commands(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for is_excerpt in [false, true] {
                let shown = Shown { bytes: &bytes, is_excerpt }.to_string();
                prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
            }
        }

        #[test]
        fn different_names_are_shown_differently(
            names in prop::collection::vec(prop::collection::vec(prop::sample::select(b"\\xn1b\x1b\xff\n".to_vec()), 0..5), 2..40)
        ) {
            let names: HashSet<_> = names.into_iter().collect();
            let shown: HashSet<_> = names.iter().map(|bytes| Shown { bytes, is_excerpt: false }.to_string()).collect();
            prop_assert_eq!(shown.len(), names.len());
        }
    }
}
