//! Quoted texts that go on without indentation.

use super::super::event::Events;
use super::super::granit::{Granit, is};
use crate::span::Span;
use granit_parser::ErrorKind;

/// The quoted text that a place is in, with its quotes: as far as the end of the copy, or the marker of a document, if it is
/// not closed before.
pub(super) fn around(copy: &str, at: usize) -> Option<Span> {
    let open = opening(copy.get(..at)?)?;
    Some(Span::new(open, end(copy, open)))
}

/// Where the last quote of a source begins that is cut off within it: the parser tells.
fn opening(cut_off: &str) -> Option<usize> {
    let mut events = Granit::new(cut_off);
    let error = std::iter::from_fn(|| events.next()).find_map(Result::err)?;
    is(&error, &ErrorKind::UnclosedQuotedScalar).then_some(error.span.start)
}

/// Where the text ends whose quote opens at a place.
fn end(copy: &str, open: usize) -> usize {
    let bytes = copy.as_bytes();
    let quote = bytes.get(open).copied().unwrap_or_default();
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if *byte == quote => return at + 1,
            b'\n' | b'\r' if is_marker(bytes.get(at + 1..).unwrap_or_default()) => return at,
            _ => at += 1,
        }
    }
    copy.len()
}

/// Whether a line begins or ends a document.
fn is_marker(line: &[u8]) -> bool {
    let is_marked = line.starts_with(b"---") || line.starts_with(b"...");
    is_marked && line.get(3).is_none_or(u8::is_ascii_whitespace)
}
