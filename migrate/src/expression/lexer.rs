//! Splits an expression into symbols (runner: Tokens/LexicalAnalyzer.cs).
//!
//! Which symbols may follow each other is decided here as well, as in the runner: a symbol that may not stand where it
//! stands comes out as unexpected, with the stage that says whether it is wrong by itself.

use super::error::Stage;
use super::museum::{Bug, planted};
use super::value::number;
use crate::span::Span;

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// `(` of a group.
    StartGroup,
    /// `[`
    StartIndex,
    /// `(` of a call.
    StartParameters,
    /// `)` of a group.
    EndGroup,
    /// `]`
    EndIndex,
    /// `)` of a call.
    EndParameters,
    /// `,`
    Separator,
    /// `.`
    Dereference,
    /// `*`
    Wildcard,
    /// `!`, `==` and the like.
    Operator,
    /// `null`, a boolean, a number or a string.
    Literal,
    /// A name after a point.
    PropertyName,
    /// A name before a parenthesis.
    Function,
    /// Any other name.
    NamedValue,
    /// What may not stand here.
    Unexpected(Stage),
}

/// What a literal stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parsed {
    Nothing,
    Null,
    Boolean(bool),
    Number(f64),
    String(String),
}

/// A symbol.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
    pub(crate) parsed: Parsed,
}

/// Gives one symbol after the other.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    source: &'a str,
    at: usize,
    last: Option<TokenKind>,
    open: Vec<TokenKind>,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(source: &'a str) -> Self {
        Self { source, at: 0, last: None, open: Vec::new() }
    }

    /// Whether something was opened and not closed.
    pub(crate) const fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The next symbol.
    pub(crate) fn next(&mut self) -> Option<Token> {
        let rest = self.rest();
        let trimmed = if planted(Bug::SpacesOfAscii) { rest.trim_ascii_start() } else { rest.trim_start() };
        self.at += rest.len() - trimmed.len();
        let first = self.rest().chars().next()?;
        let start = self.at;
        let (kind, parsed) = self.read(first);
        let span = Span::new(start, self.at);
        let kind = self.placed(kind, span);
        self.last = Some(kind);
        Some(Token { kind, span, parsed })
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn read(&mut self, first: char) -> (TokenKind, Parsed) {
        match first {
            '\'' => self.string(),
            '!' | '>' | '<' | '=' | '&' | '|' => (self.operator(), Parsed::Nothing),
            '.' if self.starts_operand() => self.number(first),
            '-' | '+' | '0'..='9' => self.number(first),
            '(' | ')' | '[' | ']' | ',' | '*' | '.' => {
                self.at += 1;
                (self.punctuation(first), Parsed::Nothing)
            }
            _ => self.keyword(first),
        }
    }

    fn punctuation(&self, symbol: char) -> TokenKind {
        match symbol {
            '(' if self.last == Some(TokenKind::Function) => TokenKind::StartParameters,
            '(' => TokenKind::StartGroup,
            ')' if self.open.last() == Some(&TokenKind::StartParameters) => TokenKind::EndParameters,
            ')' => TokenKind::EndGroup,
            '[' => TokenKind::StartIndex,
            ']' => TokenKind::EndIndex,
            ',' => TokenKind::Separator,
            '*' => TokenKind::Wildcard,
            _ => TokenKind::Dereference,
        }
    }

    /// Takes the first character and what follows up to a boundary.
    fn word(&mut self, first: char, is_end: fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let tail = rest.get(first.len_utf8()..).unwrap_or_default();
        let length = first.len_utf8() + tail.find(is_end).unwrap_or(tail.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn number(&mut self, first: char) -> (TokenKind, Parsed) {
        let word = self.word(first, |character| is_boundary(character) && character != '.');
        let number = number::parse(word);
        if number.is_nan() {
            return (TokenKind::Unexpected(Stage::Lexing), Parsed::Nothing);
        }
        (TokenKind::Literal, Parsed::Number(number))
    }

    fn keyword(&mut self, first: char) -> (TokenKind, Parsed) {
        let word = self.word(first, is_boundary);
        if !is_keyword(word) {
            return (TokenKind::Unexpected(Stage::Lexing), Parsed::Nothing);
        }
        if self.last == Some(TokenKind::Dereference) {
            return (TokenKind::PropertyName, Parsed::Nothing);
        }
        let parsed = match word {
            "null" => Parsed::Null,
            "true" => Parsed::Boolean(true),
            "false" => Parsed::Boolean(false),
            "NaN" => Parsed::Number(f64::NAN),
            "Infinity" => Parsed::Number(f64::INFINITY),
            _ if self.rest().trim_start().starts_with('(') => return (TokenKind::Function, Parsed::Nothing),
            _ => return (TokenKind::NamedValue, Parsed::Nothing),
        };
        (TokenKind::Literal, parsed)
    }

    fn string(&mut self) -> (TokenKind, Parsed) {
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(quote) = rest.find('\'') else {
                self.at = self.source.len();
                return (TokenKind::Unexpected(Stage::Lexing), Parsed::Nothing);
            };
            text.push_str(rest.get(..quote).unwrap_or_default());
            self.at += quote + 1;
            if !self.rest().starts_with('\'') {
                return (TokenKind::Literal, Parsed::String(text));
            }
            text.push_str(if planted(Bug::QuotesStayTwo) { "''" } else { "'" });
            self.at += 1;
        }
    }

    fn operator(&mut self) -> TokenKind {
        let rest = self.rest();
        let two = ["!=", ">=", "<=", "==", "&&", "||"];
        if two.iter().any(|operator| rest.starts_with(operator)) {
            self.at += 2;
            return TokenKind::Operator;
        }
        if rest.starts_with(['!', '>', '<']) {
            self.at += 1;
            return TokenKind::Operator;
        }
        self.word('=', is_boundary);
        TokenKind::Unexpected(Stage::Lexing)
    }

    /// The kind, or unexpected where a symbol of this kind may not stand; keeps track of what is open.
    fn placed(&mut self, kind: TokenKind, span: Span) -> TokenKind {
        let unexpected = TokenKind::Unexpected(Stage::Parsing);
        let fits = match kind {
            TokenKind::Unexpected(_) => return kind,
            TokenKind::StartParameters => self.last == Some(TokenKind::Function),
            TokenKind::PropertyName => self.last == Some(TokenKind::Dereference),
            TokenKind::Wildcard => {
                matches!(self.last, Some(TokenKind::StartIndex | TokenKind::Dereference))
            }
            TokenKind::StartIndex | TokenKind::Dereference => self.follows_container(),
            TokenKind::Operator if span.of(self.source) == "!" => self.starts_operand(),
            TokenKind::EndParameters => {
                self.follows_operand() || self.last == Some(TokenKind::StartParameters)
            }
            TokenKind::Operator | TokenKind::EndGroup | TokenKind::EndIndex | TokenKind::Separator => {
                self.follows_operand()
            }
            TokenKind::StartGroup | TokenKind::Literal | TokenKind::Function | TokenKind::NamedValue => {
                self.starts_operand()
            }
        };
        if fits && self.balances(kind) { kind } else { unexpected }
    }

    /// Whether the symbol closes, or separates in, what is open; opens and closes it.
    fn balances(&mut self, kind: TokenKind) -> bool {
        let opener = match kind {
            TokenKind::StartGroup | TokenKind::StartIndex | TokenKind::StartParameters => {
                self.open.push(kind);
                return true;
            }
            TokenKind::Separator => return self.open.last() == Some(&TokenKind::StartParameters),
            TokenKind::EndGroup => TokenKind::StartGroup,
            TokenKind::EndIndex => TokenKind::StartIndex,
            TokenKind::EndParameters => TokenKind::StartParameters,
            _ => return true,
        };
        self.open.pop_if(|open| *open == opener).is_some()
    }

    /// Whether an operand may start here.
    const fn starts_operand(&self) -> bool {
        matches!(
            self.last,
            None | Some(
                TokenKind::Separator
                    | TokenKind::StartGroup
                    | TokenKind::StartParameters
                    | TokenKind::StartIndex
                    | TokenKind::Operator
            )
        )
    }

    /// Whether what stands before can have parts.
    const fn follows_container(&self) -> bool {
        matches!(
            self.last,
            Some(
                TokenKind::EndGroup
                    | TokenKind::EndParameters
                    | TokenKind::EndIndex
                    | TokenKind::Wildcard
                    | TokenKind::PropertyName
                    | TokenKind::NamedValue
            )
        )
    }

    /// Whether an operand ends before here.
    const fn follows_operand(&self) -> bool {
        self.follows_container() || matches!(self.last, Some(TokenKind::Literal))
    }
}

/// Whether a word ends before this character.
fn is_boundary(character: char) -> bool {
    matches!(character, '(' | '[' | ')' | ']' | ',' | '.' | '!' | '>' | '<' | '=' | '&' | '|')
        || character.is_whitespace()
}

/// Whether a word can be a name (runner: ExpressionUtility.cs, `IsLegalKeyword`).
pub(crate) fn is_keyword(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}
