//! Characters that GitHub's parser knows otherwise: line ends that YAML 1.2 has no longer, and control characters, which it
//! takes as letters.

use crate::span::Span;

/// A copy in which other characters of the same length stand for these, and where they stand; `None` if there are none.
pub(super) fn replaced(source: &str) -> Option<(String, Vec<Span>)> {
    // Many bytes at once, which is why each block is looked at to its end.
    let may_be = |block: &[u8]| block.iter().fold(false, |found, byte| found | may_begin(*byte));
    if !source.as_bytes().chunks(BLOCK).any(may_be) {
        return None;
    }
    let mut found =
        source.char_indices().filter_map(|(at, char)| Some((at, char, stands_for(char)?))).peekable();
    found.peek()?;
    let (mut copy, mut places, mut from) = (String::with_capacity(source.len()), Vec::new(), 0);
    for (at, char, other) in found {
        copy.push_str(source.get(from..at).unwrap_or_default());
        copy.push_str(other);
        from = at + char.len_utf8();
        places.push(Span::new(at, from));
    }
    copy.push_str(source.get(from..).unwrap_or_default());
    Some((copy, places))
}

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// Whether a character that something stands for may begin with this byte. Those of most languages do not.
const fn may_begin(byte: u8) -> bool {
    let is_control = byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    is_control || matches!(byte, 0x7f | 0xc2 | 0xe2 | 0xef)
}

/// What the parser reads as GitHub's reads this character. A letter stands for a letter, and is no escape.
const fn stands_for(character: char) -> Option<&'static str> {
    match character {
        '\u{85}' => Some("\r\n"),
        '\u{2028}' | '\u{2029}' => Some(" \r\n"),
        '\t' | '\n' | '\r' | '\0' => None,
        '\u{1}'..='\u{1f}' | '\u{7f}' => Some("q"),
        '\u{80}'..='\u{9f}' => Some("é"),
        '\u{fffe}' | '\u{ffff}' => Some("\u{fffd}"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_character_is_as_long() {
        for character in '\0'..='\u{ffff}' {
            assert!(
                stands_for(character).is_none_or(|other| other.len() == character.len_utf8()),
                "{character:?}"
            );
            let first = character.to_string().as_bytes()[0];
            assert!(stands_for(character).is_none() || may_begin(first), "{character:?}");
        }
        assert_eq!(replaced("a: é\r\n\tb"), None);
        let (copy, places) = replaced("é\u{7}\u{2028}\u{9}").unwrap();
        assert_eq!((copy.as_str(), places), ("éq \r\n\t", vec![Span::new(2, 3), Span::new(3, 6)]));
    }
}
