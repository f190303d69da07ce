//! Text that is compared whatever its case, as .NET's `OrdinalIgnoreCase` does: by the simple upper case of each
//! character, one for one, in no language.

use std::cmp::Ordering;

use crate::expression::museum::{Bug, planted};

/// How many UTF-16 units a text has.
pub(crate) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The text in which each character is upper case. Two texts are equal if these are.
pub(crate) fn folded(text: &str) -> String {
    #[cfg(test)]
    crate::work::step();
    if planted(Bug::CapitalsOfSeveral) {
        return text.to_uppercase();
    }
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.chars().map(upper).collect() }
}

/// Whether two texts differ at most by case.
pub(crate) fn equal(left: &str, right: &str) -> bool {
    #[cfg(test)]
    crate::work::step();
    if planted(Bug::CapitalsOfSeveral) {
        return folded(left) == folded(right);
    }
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().map(upper).eq(right.chars().map(upper))
}

/// The order of two texts, whatever their case: that of UTF-16 units, in which U+E000 comes after U+10000.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    folded(left).encode_utf16().cmp(folded(right).encode_utf16())
}

/// The simple upper case of a character.
fn upper(character: char) -> char {
    match character {
        'a'..='z' => character.to_ascii_uppercase(),
        '\0'..='\x7f' => character,
        // .NET keeps these as they are: they must not meet the I and S of ASCII (pal_casing.c).
        '\u{131}' | '\u{17F}' => character,
        _ => simple(character),
    }
}

/// The simple mapping of Unicode; the standard library has the full one, which may give several characters.
fn simple(character: char) -> char {
    let mut full = character.to_uppercase();
    match (full.next(), full.next()) {
        (Some(one), None) => one,
        _ => with_iota(character).unwrap_or(character),
    }
}

/// Greek letters with an iota below: one character in the simple mapping, two in the full one. No other character with
/// several capitals has a simple one.
fn with_iota(character: char) -> Option<char> {
    let capital = match character {
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => {
            u32::from(character) + 8
        }
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => u32::from(character) + 9,
        _ => return None,
    };
    char::from_u32(capital)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_meet_by_their_simple_capital() {
        for (left, right, meet) in [
            ("a", "A", true),
            ("\u{3C2}", "\u{3A3}", true),
            ("\u{B5}", "\u{3BC}", true),
            ("\u{1F80}", "\u{1F88}", true),
            ("\u{1FB3}", "\u{1FBC}", true),
            ("\u{1C5}", "\u{1C4}", true),
            ("\u{10428}", "\u{10400}", true),
            ("\u{DF}", "SS", false),
            ("\u{DF}", "\u{1E9E}", false),
            ("\u{131}", "I", false),
            ("\u{130}", "i", false),
            ("\u{17F}", "s", false),
            ("\u{212A}", "k", false),
            ("\u{FB00}", "FF", false),
            ("\u{149}", "\u{2BC}N", false),
        ] {
            assert_eq!(equal(left, right), meet, "{left} {right}");
            assert_eq!(folded(left) == folded(right), meet, "{left} {right}");
            assert_eq!(compare(left, right) == Ordering::Equal, meet, "{left} {right}");
        }
    }

    #[test]
    fn order_is_that_of_units() {
        assert_eq!(compare("\u{10000}", "\u{E000}"), Ordering::Less);
        assert_eq!(compare("_", "a"), Ordering::Greater, "a is compared as A");
        assert_eq!(compare("a", "AB"), Ordering::Less);
    }

    #[test]
    fn no_character_changes_how_many_units_it_has() {
        for character in '\0'..=char::MAX {
            assert_eq!(upper(character).len_utf16(), character.len_utf16(), "{character:?}");
        }
    }
}
