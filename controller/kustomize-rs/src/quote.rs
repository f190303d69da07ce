//! When a value needs quotes, and how it is written.

/// How a scalar is written on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Single,
    Double,
}

impl Style {
    /// The style of a scalar's bytes.
    pub(crate) fn of(raw: &str) -> Self {
        match raw.as_bytes().first() {
            Some(b'\'') => Self::Single,
            Some(b'"') => Self::Double,
            _ => Self::Plain,
        }
    }
}

/// Writes a value in a style; a plain style gives way to double quotes when the value needs quotes.
///
/// The value must be [`printable`].
pub(crate) fn render(value: &str, style: Style) -> String {
    match style {
        Style::Plain if !needs_quotes(value) => value.to_owned(),
        Style::Single => format!("'{}'", value.replace('\'', "''")),
        Style::Plain | Style::Double => {
            format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
        }
    }
}

/// Whether a value has only characters that stand for themselves inside of quotes on one line.
///
/// Line and paragraph separators are line breaks in YAML 1.1; the byte order mark is not printable
/// in YAML 1.2 section 5.1, nor are the last two code points of the basic plane.
pub(crate) fn printable(value: &str) -> bool {
    !value.chars().any(|c| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    })
}

/// Whether YAML 1.1 or 1.2 would read the bare text as anything but this string.
///
/// Bare text is limited to the letters of tags, digests and references, none of which is an
/// indicator anywhere in a plain scalar; all else is quoted, which is always correct.
pub(crate) fn needs_quotes(text: &str) -> bool {
    let mut chars = text.chars();
    let starts_well = chars.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let goes_well = chars.all(|c| c.is_ascii_alphanumeric() || "._-+/@:".contains(c));
    !starts_well || !goes_well || text.ends_with(':') || is_word(text) || is_number(text) || is_date(text)
}

/// Whether every reader gives the bare text back as it was written, be it by way of a number.
///
/// A short decimal integer survives the way through a number; `1.10`, `0755` or `1_000` do not.
pub(crate) fn survives_bare(text: &str) -> bool {
    let short_integer =
        text.len() <= 15 && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    !needs_quotes(text) || (short_integer && !text.is_empty())
}

/// Whether the bare text is null or a boolean in YAML 1.1 (yaml.org/type/bool.html) or 1.2.
pub(crate) fn is_word(text: &str) -> bool {
    const WORDS: [&str; 11] = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether the bare text is a number in YAML 1.1 (yaml.org/type/int.html, float.html) or 1.2.
///
/// A text with two dots, such as `1.2.3`, matches the float rule of 1.1 to the letter, yet no reader
/// takes it for a number; quoting every version would be a larger diff for nothing.
fn is_number(text: &str) -> bool {
    // Go's readers drop every underscore before they look: `0_xa` is ten, `0o+3` is three.
    let text = text.to_ascii_lowercase().replace('_', "");
    let text = unsigned(&text);
    // Without digits (`0x_`) PyYAML fails on it, so that is quoted as well.
    let radix = |prefix: &str, digits: &str| {
        text.strip_prefix(prefix).is_some_and(|rest| unsigned(rest).chars().all(|c| digits.contains(c)))
    };
    radix("0x", "0123456789abcdef")
        || radix("0o", "01234567")
        || radix("0b", "01")
        || matches!(text, ".inf" | ".nan")
        || is_decimal(text)
        || is_base_sixty(text)
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

/// `12`, `1.5`, `1e5`, `1234e56`, `1.5e+3`.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent_fits = exponent.is_none_or(|e| is_digits(unsigned(e)));
    exponent_fits && is_fraction(mantissa)
}

/// `1:20`, `190:20:30.15`: numbers to the base 60, which YAML 1.2 has given up.
fn is_base_sixty(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(head, last)| head.split(':').all(is_digits) && is_fraction(last))
}

fn is_fraction(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let both = format!("{whole}{part}");
    is_digits(&both)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the bare text begins like a timestamp of YAML 1.1 (yaml.org/type/timestamp.html).
fn is_date(text: &str) -> bool {
    let day_end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let mut parts = text.get(..day_end).unwrap_or(text).split('-');
    let mut part = |lengths: std::ops::RangeInclusive<usize>| {
        parts.next().is_some_and(|p| lengths.contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    part(4..=4) && part(1..=2) && part(1..=2) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_some_reader_takes_for_another_type() {
        let typed = [
            "",
            "~",
            "null",
            "Null",
            "NULL",
            "true",
            "False",
            "yes",
            "NO",
            "on",
            "Off",
            "y",
            "N",
            "0",
            "12",
            "-1",
            "+1",
            "007",
            "0755",
            "0o17",
            "0x1F",
            "0xdead_beef",
            "0b101",
            "0_xa",
            "0x",
            "0b_",
            "0o+3",
            "_1",
            "1_000",
            "1.10",
            "1.",
            ".5",
            "1e5",
            "1E5",
            "1234e56",
            "1.5e+3",
            "1e-2",
            ".inf",
            "-.INF",
            ".NaN",
            "1:20",
            "190:20:30",
            "190:20:30.15",
            "2026-08-21",
            "2026-8-1",
            "2026-08-21T10:00:00Z",
            "20260821",
        ];
        for text in typed {
            assert!(needs_quotes(text), "{text:?}");
        }
    }

    #[test]
    fn quotes_what_is_not_plain() {
        let special = [
            "-v1", ".v1", "*a", "&a", "!a", "|", ">", "@a", "`a", "%a", "{a", "[a", "#a", "?a", ":a", "<<",
            "=", "a:", "a b", "a #b", "a: b", "a,b", "a]", "a}", "a'b", "a\"b", " a", "a ", "ü", "a\\b",
            "{{a}}",
        ];
        for text in special {
            assert!(needs_quotes(text), "{text:?}");
        }
    }

    #[test]
    fn leaves_ordinary_tags_and_digests_plain() {
        let plain = [
            "v1",
            "v1.2.3",
            "1.2.3",
            "1.2.3-rc.1",
            "1.10-alpine",
            "latest",
            "main-4f2a9c1",
            "4f2a9c1",
            "12e",
            "1e5a",
            "0xyz",
            "0o9",
            "0b12",
            "_",
            "nope",
            "yesterday",
            "2026-08-21-abc",
            "2026-08",
            "sha256:0123456789abcdef",
            "v1@sha256:ab",
            "ghcr.io/acme/web:v1",
            "localhost:5000/web",
            "1:x",
        ];
        for text in plain {
            assert!(!needs_quotes(text), "{text:?}");
        }
    }

    #[test]
    fn keeps_a_style_that_can_hold_the_value() {
        let table = [
            ("v1", Style::Plain, "v1"),
            ("1.10", Style::Plain, "\"1.10\""),
            ("v1", Style::Single, "'v1'"),
            ("it's", Style::Single, "'it''s'"),
            ("v1", Style::Double, "\"v1\""),
            ("a\"b\\c", Style::Double, "\"a\\\"b\\\\c\""),
            ("", Style::Plain, "\"\""),
        ];
        for (value, style, expected) in table {
            assert_eq!(render(value, style), expected);
        }
    }

    #[test]
    fn knows_what_survives_bare() {
        for text in ["v1", "1.2.3", "123456", "7"] {
            assert!(survives_bare(text), "{text}");
        }
        for text in ["1.10", "0755", "0", "1_000", "1234567890123456", "yes", "", "2026-08-21"] {
            assert!(!survives_bare(text), "{text}");
        }
    }

    #[test]
    fn knows_what_is_printable() {
        assert!(printable("v1 ü 🚀"));
        for text in ["a\nb", "a\rb", "a\tb", "\u{85}", "\u{2028}", "\u{feff}", "\0"] {
            assert!(!printable(text), "{text:?}");
        }
    }
}
