//! A text split into words, as a shell does.
//!
//! Own code, since `shlex` splits `$(id -u)` and `${{ a.b }}`, knows no end of a command, and drops a word whose quote stays open.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::CharIndices;

use crate::span::Span;

/// What is open at a place of a text: what closes each, the innermost last.
#[derive(Debug, Default)]
struct Open(Vec<char>);

/// What a character is, beside a part of a word.
#[derive(Debug, PartialEq, Eq)]
enum Is {
    Plain,
    Opens,
    Closes,
}

impl Open {
    /// Takes a character that is not escaped, between two others.
    fn take(&mut self, before: Option<char>, char: char, next: Option<char>) -> Is {
        let inner = self.0.last().copied();
        if inner == Some(char) {
            self.0.pop();
            return Is::Closes;
        }
        // GitHub fills in expressions before a shell sees quotes.
        let begins_expression = (before, char, next) == (Some('$'), '{', Some('{'));
        let closer = match (char, inner) {
            ('{', _) if begins_expression => '}',
            (_, Some('\'')) => return Is::Plain,
            ('\'', inner) if inner != Some('"') => '\'',
            ('"' | '`', _) => char,
            ('(', inner) if inner != Some('"') || before == Some('$') => ')',
            ('{', inner) if inner == Some('}') || before == Some('$') => '}',
            _ => return Is::Plain,
        };
        self.0.push(closer);
        Is::Opens
    }

    /// Whether a backslash is more than itself.
    fn escapes(&self) -> bool {
        self.0.last() != Some(&'\'')
    }
}

/// What closes the innermost quote or expansion that is open at the end of a text.
pub(super) fn open_at_end(text: &str) -> Option<char> {
    let (mut open, mut before) = (Open::default(), None);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '\\' && open.escapes() {
            chars.next();
        } else {
            open.take(before, char, chars.peek().copied());
        }
        before = Some(char);
    }
    open.0.pop()
}

/// Where words end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// With the text.
    Text,
    /// With the command, or with what closes the quote or expansion that it is in.
    Command(Option<char>),
}

/// The words of a whole text, without quotes. What expands stands as it is written.
pub(super) fn words(text: &str) -> Vec<Cow<'_, str>> {
    Splitter::new(text, Until::Text).split()
}

/// The words of the first command of a text that stands in a quote or expansion, if this closes it.
pub(super) fn command(text: &str, closer: Option<char>) -> Vec<Cow<'_, str>> {
    Splitter::new(text, Until::Command(closer)).split()
}

struct Splitter<'t> {
    text: &'t str,
    chars: Peekable<CharIndices<'t>>,
    until: Until,
    open: Open,
    words: Vec<Cow<'t, str>>,
    /// The word that is not at its end. Quotes with nothing in them are one.
    word: Option<Word>,
}

/// A word while it is read.
enum Word {
    /// As it stands in the text.
    Same(Span),
    /// Without quotes or backslashes.
    Other(String),
}

impl Word {
    /// Takes the next character, which stands at this byte.
    fn push(&mut self, text: &str, at: usize, char: char) {
        match self {
            Self::Same(span) if span.end == at => span.end += char.len_utf8(),
            Self::Same(span) if span.is_empty() => *span = Span::new(at, at + char.len_utf8()),
            Self::Same(span) => {
                let mut word = span.of(text).to_owned();
                word.push(char);
                *self = Self::Other(word);
            }
            Self::Other(word) => word.push(char),
        }
    }
}

impl<'t> Splitter<'t> {
    fn new(text: &'t str, until: Until) -> Self {
        let chars = text.char_indices().peekable();
        Self { text, chars, until, open: Open::default(), words: Vec::new(), word: None }
    }

    fn split(mut self) -> Vec<Cow<'t, str>> {
        let mut before = None;
        while let Some((at, char)) = self.chars.next() {
            let next = self.chars.peek().map(|(_, next)| *next);
            if self.open.0.is_empty() && self.ends(char, next) {
                break;
            }
            match char {
                '\\' if self.open.escapes() => self.escaped(at),
                // So PowerShell goes on with the next line.
                '`' if self.open.0.is_empty() && next == Some('\n') => drop(self.chars.next()),
                _ if self.open.0.is_empty() && char.is_whitespace() => self.end_word(),
                _ => self.take(before, (at, char), next),
            }
            before = Some(char);
        }
        self.end_word();
        self.words
    }

    /// Adds a character that stands at this byte to the word.
    fn push(&mut self, at: usize, char: char) {
        let text = self.text;
        self.word.get_or_insert(Word::Same(Span::new(at, at))).push(text, at, char);
    }

    /// Whether what is asked for ends before a character outside of quotes.
    fn ends(&self, char: char, next: Option<char>) -> bool {
        let Until::Command(closer) = self.until else { return false };
        let is_end = matches!(char, '\n' | ';' | '|' | '&' | ')' | '>');
        let is_comment = char == '#' && self.word.is_none();
        is_end || is_comment || closer == Some(char) && !(char == '`' && next == Some('\n'))
    }

    fn take(&mut self, before: Option<char>, (at, char): (usize, char), next: Option<char>) {
        let outer = self.open.0.is_empty();
        let is = self.open.take(before, char, next);
        let is_outermost = outer || self.open.0.is_empty() && is == Is::Closes;
        if is_outermost && is != Is::Plain && matches!(char, '"' | '\'') {
            self.word.get_or_insert(Word::Same(Span::new(at, at)));
        } else {
            self.push(at, char);
        }
    }

    fn escaped(&mut self, backslash: usize) {
        let Some((at, char)) = self.chars.next() else { return };
        let is_dropped = match self.open.0.as_slice() {
            [] => true,
            ['"'] => matches!(char, '"' | '\\' | '$' | '`' | '\n'),
            _ => false,
        };
        if is_dropped && char == '\n' {
            return;
        }
        if !is_dropped {
            self.push(backslash, '\\');
        }
        self.push(at, char);
    }

    fn end_word(&mut self) {
        let text = self.text;
        self.words.extend(self.word.take().map(|word| match word {
            Word::Same(span) => Cow::Borrowed(span.of(text)),
            Word::Other(word) => Cow::Owned(word),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_end_where_it_ends() {
        for (text, expected) in [
            ("docker login -u x && docker push y", &["docker", "login", "-u", "x"][..]),
            ("cosign sign \\\n  --key k \\\n  'image'\nnext", &["cosign", "sign", "--key", "k", "image"]),
            ("gh run download)\"", &["gh", "run", "download"]),
            (
                "a --user $(id -u | tr b c) -v \"$(pwd)\":/x;d",
                &["a", "--user", "$(id -u | tr b c)", "-v", "$(pwd):/x"],
            ),
            ("a `id -u` b", &["a", "`id -u`", "b"]),
            ("a `\n  b `\n  c\nd", &["a", "b", "c"]),
            ("a \"b; 'c'\" 'd | \"e\"' f\\ g", &["a", "b; 'c'", "d | \"e\"", "f g"]),
            ("a --b=\"c d\" \"e \\\"f\\\" \\g\" ''", &["a", "--b=c d", "e \"f\" \\g", ""]),
            (
                "a ${{ b && 'c }}' }} ${d:-e f} '${{ g['h'] }}' # i",
                &["a", "${{ b && 'c }}' }}", "${d:-e f}", "${{ g['h'] }}"],
            ),
            ("a \"$(b \"c d\" e)\" f", &["a", "$(b \"c d\" e)", "f"]),
            ("a 'b c", &["a", "b c"]),
            ("a b\\", &["a", "b"]),
            ("", &[]),
        ] {
            assert_eq!(command(text, None), expected, "{text}");
        }
    }

    #[test]
    fn a_word_is_borrowed_where_it_stands_so_in_the_text() {
        for (text, expected, is_borrowed) in [
            ("a", "a", true),
            ("'b c'", "b c", true),
            ("''", "", true),
            ("''b", "b", true),
            ("b''", "b", true),
            ("\\é", "é", true),
            ("é\"è\"", "éè", false),
            ("a''b", "ab", false),
            ("a\\ b", "a b", false),
            ("a\\\nb", "ab", false),
            ("'a'\"b\\c\"", "ab\\c", false),
            ("\"b\\c\"", "b\\c", true),
        ] {
            let found = command(text, None);
            let kinds: Vec<_> = found.iter().map(|word| matches!(word, Cow::Borrowed(_))).collect();
            assert_eq!((found, kinds), (vec![Cow::from(expected)], vec![is_borrowed]), "{text}");
        }
        assert_eq!(command("a`\nb", None), ["ab"], "a line goes on within a word");
    }

    #[test]
    fn a_command_ends_with_the_quote_that_it_is_in() {
        for (before, text, expected) in [
            ("bash -c \"", "a --b\"; c \"d\"", &["a", "--b"][..]),
            ("bash -c 'x && ", "a \"b c\"' d", &["a", "b c"]),
            ("x=\"$(", "a \"b c\")\" d", &["a", "b c"]),
            ("x=`", "a b` c", &["a", "b"]),
            ("echo it\\'s '$(' \"$(date)\" && ", "a \"b\" c", &["a", "b", "c"]),
        ] {
            assert_eq!(command(text, open_at_end(before)), expected, "{before}{text}");
        }
    }

    #[test]
    fn a_text_goes_on_behind_what_would_end_a_command() {
        for (text, expected) in [
            ("--a \"b c\"\n-v '/:/d' ; #e", &["--a", "b c", "-v", "/:/d", ";", "#e"][..]),
            ("--a=${{ b || 'c' }} --d", &["--a=${{ b || 'c' }}", "--d"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
