//! What ends a line for GitHub's parser (YamlDotNet, CharacterAnalyzer.IsBreak and Scanner.ReadLine): besides line feed and
//! carriage return, U+0085, U+2028 and U+2029.

/// All that end a line.
pub(super) const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// The break that begins at a byte: its length, and what a scalar has in its place. Both characters of a carriage return
/// with a line feed are one; U+2028 and U+2029 stay what they are.
pub(super) fn line_break(bytes: &[u8], at: usize) -> Option<(usize, &'static str)> {
    match bytes.get(at..)? {
        [b'\n', ..] => Some((1, "\n")),
        [b'\r', b'\n', ..] => Some((2, "\n")),
        [b'\r', ..] => Some((1, "\n")),
        [0xc2, 0x85, ..] => Some((2, "\n")),
        [0xe2, 0x80, 0xa8, ..] => Some((3, "\u{2028}")),
        [0xe2, 0x80, 0xa9, ..] => Some((3, "\u{2029}")),
        _ => None,
    }
}

/// The breaks in white space: what a scalar has in the place of each.
pub(super) fn line_breaks(white: &str) -> Vec<&'static str> {
    let (bytes, mut at, mut found) = (white.as_bytes(), 0, Vec::new());
    while at < bytes.len() {
        at += line_break(bytes, at).map_or(1, |(length, text)| {
            found.push(text);
            length
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_are_those_of_github() {
        assert_eq!(
            line_breaks(" \r\n\r\r\n \u{85}\u{2028}\t\u{2029}\n"),
            ["\n", "\n", "\n", "\n", "\u{2028}", "\u{2029}", "\n"]
        );
        assert!(BREAKS.iter().all(|character| line_break(character.to_string().as_bytes(), 0).is_some()));
        assert_eq!(line_breaks("\u{b}\u{c}\u{84}\u{a0}\u{2027}"), [""; 0]);
    }
}
