//! Words, strings and comments of languages that are read approximately.

use crate::span::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    PowerShell,
    Cmd,
    Python,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    /// A character that ends a word, or two of them: `>>`, `&&`.
    Sign,
    NewLine,
    Comment,
    /// Text in which variables are seen.
    Double,
    /// Text in which none are.
    Single,
    /// Text of several lines, likewise.
    Block,
    QuotedBlock,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// All of it, with its quotes.
    pub(super) span: Span,
    /// Without its quotes.
    pub(super) inner: Span,
}

impl Token {
    pub(super) const fn is_text(&self) -> bool {
        matches!(self.kind, TokenKind::Double | TokenKind::Single | TokenKind::Block | TokenKind::QuotedBlock)
    }
}

/// Quotes, from the longest to the shortest.
const POWERSHELL: [(&str, &str, TokenKind); 4] = [
    ("@\"", "\n\"@", TokenKind::Block),
    ("@'", "\n'@", TokenKind::QuotedBlock),
    ("\"", "\"", TokenKind::Double),
    ("'", "'", TokenKind::Single),
];
const CMD: [(&str, &str, TokenKind); 1] = [("\"", "\"", TokenKind::Double)];
const PYTHON: [(&str, &str, TokenKind); 4] = [
    ("\"\"\"", "\"\"\"", TokenKind::Block),
    ("'''", "'''", TokenKind::Block),
    ("\"", "\"", TokenKind::Double),
    ("'", "'", TokenKind::Double),
];

impl Language {
    const fn quotes(self) -> &'static [(&'static str, &'static str, TokenKind)] {
        match self {
            Self::PowerShell => &POWERSHELL,
            Self::Cmd => &CMD,
            Self::Python => &PYTHON,
        }
    }

    const fn signs(self) -> &'static str {
        match self {
            Self::PowerShell => ";|&{}()=,<>",
            Self::Cmd => "&|()<>",
            Self::Python => "()[]{},=;+<>:.",
        }
    }

    /// The character that takes the meaning of the next one away.
    const fn escape(self) -> char {
        match self {
            Self::PowerShell => '`',
            Self::Cmd => '^',
            Self::Python => '\\',
        }
    }

    /// How far goes what continues a line on the next one, if it starts here: a backtick at the very end (PowerShell,
    /// about_Special_Characters).
    fn continuation(self, rest: &str) -> Option<usize> {
        let after = rest.strip_prefix('`').filter(|_| self == Self::PowerShell)?;
        let end = ["\n", "\r\n"].into_iter().find(|end| after.starts_with(end))?;
        Some(1 + end.len())
    }

    /// How far a comment goes that starts here.
    fn comment(self, rest: &str) -> Option<usize> {
        let line = || rest.find('\n').unwrap_or(rest.len());
        match self {
            Self::PowerShell if rest.starts_with("<#") => {
                Some(rest.find("#>").map_or(rest.len(), |end| end + 2))
            }
            Self::PowerShell | Self::Python if rest.starts_with('#') => Some(line()),
            _ => None,
        }
    }
}

/// Cuts a script into tokens; white space is between them.
pub(super) fn tokens(text: &str, language: Language) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = language.continuation(rest) {
            at += length;
            continue;
        }
        let token = token(rest, language);
        let length = token.span.end.max(1);
        if token.kind != TokenKind::Word || token.span.end > 0 {
            let by = |span: Span| Span::new(at + span.start, at + span.end);
            tokens.push(Token { span: by(token.span), inner: by(token.inner), ..token });
        }
        at += length;
    }
    tokens
}

/// The token at the start. White space is a word without a byte.
fn token(rest: &str, language: Language) -> Token {
    let plain = |kind, end| Token { kind, span: Span::new(0, end), inner: Span::new(0, end) };
    if rest.starts_with('\n') {
        return plain(TokenKind::NewLine, 1);
    }
    if rest.starts_with([' ', '\t', '\r']) {
        return plain(TokenKind::Word, 0);
    }
    if let Some(end) = language.comment(rest) {
        return plain(TokenKind::Comment, end);
    }
    if let Some((open, close, kind)) = language.quotes().iter().find(|(open, ..)| rest.starts_with(open)) {
        return quoted(rest, open, close, *kind, language.escape());
    }
    if let Some(first) = rest.chars().next().filter(|first| language.signs().contains(*first)) {
        let twice = rest.chars().nth(1) == Some(first) && "&|>=".contains(first);
        return plain(TokenKind::Sign, if twice { 2 } else { 1 });
    }
    plain(TokenKind::Word, word(rest, language))
}

fn quoted(rest: &str, open: &str, close: &str, kind: TokenKind, escape: char) -> Token {
    let body = rest.get(open.len()..).unwrap_or_default();
    let mut skip = false;
    let end = body.char_indices().find_map(|(at, character)| {
        if std::mem::take(&mut skip) {
            return None;
        }
        skip = character == escape && kind != TokenKind::Single && kind != TokenKind::QuotedBlock;
        body.get(at..).is_some_and(|rest| rest.starts_with(close)).then_some(at)
    });
    let inner = Span::new(open.len(), open.len() + end.unwrap_or(body.len()));
    let end = end.map_or(rest.len(), |end| open.len() + end + close.len());
    Token { kind, span: Span::new(0, end), inner }
}

fn word(rest: &str, language: Language) -> usize {
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        if rest.get(at..).is_some_and(|rest| rest.starts_with("${{")) {
            return at
                + rest.get(at..).and_then(|rest| rest.find("}}")).map_or(rest.len() - at, |end| end + 2);
        }
        let ends = character.is_whitespace()
            || language.signs().contains(character)
            || "\"'".contains(character) && language != Language::Cmd
            || character == '"'
            || character == '`' && rest.get(at..).is_some_and(|rest| language.continuation(rest).is_some());
        if ends && at > 0 {
            return at;
        }
        if character == language.escape() && at > 0 {
            characters.next();
        }
    }
    rest.len()
}
