//! `format` (runner: Format.cs).
//!
//! The text is read to its end before any argument is evaluated, and only arguments that it names are, once each.

use super::Call;
use crate::expression::error::{ExpressionError, Kind};
use crate::expression::evaluate::Outcome;
use crate::expression::limits::{Counter, Exceeded};
use crate::expression::museum::{Bug, planted};
use crate::expression::value::Value;

/// A part of the text.
enum Segment<'a> {
    Text(&'a str),
    Argument { index: usize, specifiers: String },
}

pub(super) fn format(call: &mut Call<'_, '_>) -> Result<Outcome, ExpressionError> {
    let format = call.argument(0)?;
    let format = format.to_text();
    let mut counter = Counter::default();
    let segments = read(call, &format, &mut counter)?;
    let mut known: Vec<Option<Value>> = vec![None; call.arguments.len()];
    let mut result = String::new();
    for segment in segments {
        match segment {
            Segment::Text(text) => result.push_str(text),
            Segment::Argument { index, specifiers } => {
                let value = argument(call, index, &mut known)?;
                if !specifiers.is_empty() {
                    let kind = Kind::FormatSpecifiers(specifiers, value.kind().name());
                    return Err(call.failed(kind));
                }
                add(call, &mut counter, &value.to_text())?;
                result.push_str(&value.to_text());
            }
        }
    }
    Ok(Outcome::text(&result))
}

fn argument(
    call: &mut Call<'_, '_>,
    index: usize,
    known: &mut [Option<Value>],
) -> Result<Value, ExpressionError> {
    if let Some(Some(value)) = known.get(index) {
        return Ok(value.clone());
    }
    let value = call.argument(index + 1)?;
    if let Some(place) = known.get_mut(index) {
        *place = Some(value.clone());
    }
    Ok(value)
}

/// Empty text counts nothing here, unlike elsewhere.
fn add(call: &Call<'_, '_>, counter: &mut Counter, text: &str) -> Result<(), ExpressionError> {
    if text.is_empty() {
        return Ok(());
    }
    counter.add_string(text).map_err(|Exceeded| call.exceeded())
}

fn read<'a>(
    call: &Call<'_, '_>,
    format: &'a str,
    counter: &mut Counter,
) -> Result<Vec<Segment<'a>>, ExpressionError> {
    let invalid = || call.failed(Kind::InvalidFormat(format.to_owned()));
    let mut segments = Vec::new();
    let mut rest = format;
    while let Some(brace) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at_checked(brace).ok_or_else(invalid)?;
        if from.starts_with("{{") || from.starts_with("}}") {
            // Up to the first of the two.
            let text = rest.get(..=brace).unwrap_or_default();
            add(call, counter, text)?;
            segments.push(Segment::Text(text));
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        let (index, specifiers, after) = placeholder(from).ok_or_else(invalid)?;
        if index + 1 >= call.arguments.len() && !planted(Bug::FormatTakesMissing) {
            return Err(call.failed(Kind::MissingFormatArgument(format.to_owned())));
        }
        add(call, counter, before)?;
        segments.push(Segment::Text(before));
        segments.push(Segment::Argument { index, specifiers });
        rest = after;
    }
    add(call, counter, rest)?;
    segments.push(Segment::Text(rest));
    Ok(segments)
}

/// Reads `{index}` or `{index:specifiers}`, and gives what follows.
fn placeholder(text: &str) -> Option<(usize, String, &str)> {
    let inner = text.strip_prefix('{')?;
    let digits = inner.find(|c: char| !c.is_ascii_digit())?;
    let (index, after) = inner.split_at_checked(digits)?;
    let index: u8 = index.parse().ok()?;
    if let Some(after) = after.strip_prefix('}') {
        return Some((index.into(), String::new(), after));
    }
    let mut rest = after.strip_prefix(':')?;
    let mut specifiers = String::new();
    loop {
        let (piece, after) = rest.split_once('}')?;
        specifiers.push_str(piece);
        match after.strip_prefix('}') {
            Some(after) => {
                specifiers.push('}');
                rest = after;
            }
            None => return Some((index.into(), specifiers, after)),
        }
    }
}
