//! One line for people out of text that somebody else wrote.

/// The longest detail of an outcome, in characters (see [`towpath_core::verdict::Outcome`]).
pub(crate) const DETAIL: usize = 300;

/// The text in one line of at most `longest` characters: whatever moves a terminal's cursor, hides text or turns
/// its direction becomes a blank, and blanks are joined.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    let visible = |c: char| if c.is_control() || is_formatting(c) { ' ' } else { c };
    for c in text.chars().map(visible) {
        if c.is_whitespace() && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if count == longest {
            line.pop();
            line.push('…');
            return line;
        }
        line.push(if c.is_whitespace() { ' ' } else { c });
        count += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// Unicode's invisible and direction-changing characters, which may make a line read as something else.
fn is_formatting(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_one_line() {
        for (text, line) in [
            ("plain", "plain"),
            ("  a\r\n\tb  ", "a b"),
            ("red \u{1b}[31m", "red [31m"),
            ("a\u{202e}b\u{2028}c", "a b c"),
            ("", ""),
            ("1234567890", "1234567890"),
            ("12345678901", "123456789…"),
            ("12345678 \u{7f}  ", "12345678"),
        ] {
            assert_eq!(one_line(text, 10), line, "{text:?}");
        }
    }
}
