//! The texts of errors, as GitHub prints them.

use super::error::Kind;
use super::limits::{MAX_DEPTH, MAX_LENGTH};
use super::museum::{Bug, planted};
use super::value::text;
use crate::span::Span;

/// How many characters of a line a caret shows.
const SHOWN: usize = 120;

/// A byte of the source as GitHub counts positions: in UTF-16 units, from 1.
pub(crate) fn position(source: &str, byte: usize) -> usize {
    let count = if planted(Bug::PositionInBytes) { str::len } else { text::units };
    source.get(..byte).map_or(0, count) + 1
}

/// The text of an error at a symbol (runner: ParseException.cs).
pub(crate) fn located(kind: &Kind, position: usize, source: &str) -> String {
    format!("{}. Located at position {position} within expression: {source}", plain(kind))
}

/// The text without a place (runner: ParseException.cs and ExpressionResources.resx; `case` and `fromJSON`: Case.cs,
/// FromJson.cs).
pub(crate) fn plain(kind: &Kind) -> String {
    match kind {
        Kind::TooLong => format!("Exceeded max expression length {MAX_LENGTH}"),
        Kind::TooDeep => format!("Exceeded max expression depth {MAX_DEPTH}"),
        Kind::UnexpectedSymbol(symbol) => format!("Unexpected symbol: '{symbol}'"),
        Kind::UnexpectedEnd(symbol) => format!("Unexpected end of expression: '{symbol}'"),
        Kind::UnrecognizedNamedValue(name) => format!("Unrecognized named-value: '{name}'"),
        Kind::UnrecognizedFunction(name) => format!("Unrecognized function: '{name}'"),
        Kind::TooFewParameters(symbol) => format!("Too few parameters supplied: '{symbol}'"),
        Kind::TooManyParameters(symbol) => format!("Too many parameters supplied: '{symbol}'"),
        Kind::EvenParameters(symbol) => {
            format!("Even number of parameters supplied, requires an odd number of parameters: '{symbol}'")
        }
        Kind::MemoryExceeded(expression) => format!(
            "The maximum allowed memory size was exceeded while evaluating the following expression: {expression}"
        ),
        Kind::InvalidFormat(format) => format!("The following format string is invalid: {format}"),
        Kind::MissingFormatArgument(format) => {
            format!("The following format string references more arguments than were supplied: {format}")
        }
        Kind::FormatSpecifiers(specifiers, kind) => {
            format!("The format specifiers '{specifiers}' are not valid for objects of type '{kind}'")
        }
        Kind::CasePredicate => "case predicate must evaluate to a boolean value".to_owned(),
        Kind::Json(_) => "Error parsing fromJson".to_owned(),
        Kind::World(why) => why.clone(),
    }
}

/// The line in which a span starts, and below it a caret for each of its characters there.
///
/// Characters that steer a terminal are shown as `?`, and long lines are cut on both sides.
pub(crate) fn caret(source: &str, span: Span) -> String {
    let before = source.get(..span.start).unwrap_or(source);
    let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let rest = source.get(line_start..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let column = before.get(line_start..).unwrap_or_default().chars().count();
    let marked = span.of(source).split(['\n', '\r']).next().unwrap_or_default().chars().count().max(1);
    let cut = column.saturating_sub(SHOWN / 2);
    let shown: String = line.chars().skip(cut).take(SHOWN).map(harmless).collect();
    let (column, marked) = (column - cut, marked.min(SHOWN - (column - cut).min(SHOWN - 1)));
    format!("{shown}\n{}{}", " ".repeat(column), "^".repeat(marked))
}

/// The text without what steers a terminal, but for the ends of its lines.
pub(crate) fn harmless_text(text: &str) -> String {
    text.chars().map(|character| if character == '\n' { character } else { harmless(character) }).collect()
}

/// A character that moves nothing on a terminal.
fn harmless(character: char) -> char {
    let reorders =
        matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if character.is_control() || reorders { '?' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_units_from_one() {
        let source = "'\u{1F60A}' 2";
        assert_eq!(position(source, 0), 1);
        assert_eq!(position(source, source.len() - 1), 6);
    }

    #[test]
    fn a_caret_stands_below_its_line() {
        assert_eq!(caret("a &&\n b c", Span::new(8, 9)), " b c\n   ^");
        assert_eq!(caret("a bcd", Span::new(2, 5)), "a bcd\n  ^^^");
        assert_eq!(caret("", Span::new(0, 0)), "\n^");
    }

    #[test]
    fn a_caret_shows_nothing_that_steers_a_terminal() {
        assert_eq!(caret("\u{1b}[31m x", Span::new(6, 7)), "?[31m x\n      ^");
    }

    #[test]
    fn a_caret_cuts_long_lines() {
        let source = format!("{}x{}", "a".repeat(500), "b".repeat(500));
        let shown = caret(&source, Span::new(500, 501));
        let (line, below) = shown.split_once('\n').unwrap();
        assert_eq!(line.chars().nth(below.chars().count() - 1), Some('x'));
        assert_eq!(line.chars().count(), SHOWN);
    }
}
