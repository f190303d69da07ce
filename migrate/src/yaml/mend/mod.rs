//! What YAML forbids and GitHub reads nonetheless, since its parser is an old one: a comment right behind a bracket or a
//! quote, a quoted text that goes on without indentation (published cases yaml-schema-sequence and
//! yaml-schema-str-flow-styles), tabs in flow collections and quoted texts, control characters, and three characters more that
//! end a line.
//!
//! The parser reads a copy in which other characters stand for these: as many bytes, so that all places stay what they are.
//! Texts are decoded from the source. For single characters the copy is made first, for the rest where the parser stops at it.

mod characters;
mod quotes;
mod tabs;

use std::borrow::Cow;

use granit_parser::ErrorKind;

use super::decode::decode;
use super::error::SyntaxError;
use super::event::{Event, Events, ScalarStyle};
use super::granit::{Granit, is};
use crate::span::Span;

/// How many bytes may be read again at most, and how often.
const WORK: usize = 32 << 20;
const TIMES: usize = 64;

/// How often a source may be read again.
pub(super) fn times(source: &str) -> usize {
    (WORK / source.len().max(1)).min(TIMES)
}

/// A copy of a source.
pub(super) struct Mended {
    copy: String,
    /// What is blank in it, since it is a comment.
    comments: Vec<Span>,
    /// What else is not as in the source, in its order.
    changed: Vec<Span>,
    /// Quoted texts that go on without indentation.
    quotes: Vec<Span>,
}

impl Mended {
    pub(super) fn new(source: &str) -> Self {
        Self::of(source.to_owned(), Vec::new())
    }

    /// A copy for a source with characters that GitHub's parser knows otherwise.
    pub(super) fn with_other_characters(source: &str) -> Option<Self> {
        characters::replaced(source).map(|(copy, changed)| Self::of(copy, changed))
    }

    const fn of(copy: String, changed: Vec<Span>) -> Self {
        Self { copy, comments: Vec::new(), changed, quotes: Vec::new() }
    }

    /// Mends what the parser stopped at; false if that cannot be.
    pub(super) fn mend(&mut self, error: &SyntaxError) -> bool {
        let at = error.span.start;
        let (before, after) = self.copy.split_at_checked(at).unwrap_or_default();
        if is(error, &ErrorKind::CommentNotSeparated) && after.starts_with('#') {
            let length = after.find(['\n', '\r']).unwrap_or(after.len());
            let comment = Span::new(before.len(), before.len() + length);
            self.blank(comment);
            self.comments.push(comment);
            return true;
        }
        if is(error, &ErrorKind::TabInBlockIndentation) {
            let tabs = tabs::in_flow_around(&self.copy, at);
            // The one that the parser stopped at has to be among them.
            let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
            let is_mended = tabs.iter().any(|tab| (line..at).contains(&tab.start));
            return is_mended && self.change(tabs);
        }
        if is(error, &ErrorKind::TabInIndentation) {
            let length = after.len() - after.trim_start_matches('\t').len();
            return self.change(vec![Span::new(at, at + length)]);
        }
        is(error, &ErrorKind::InvalidQuotedScalarIndent) && self.mend_quote(at)
    }

    /// Takes all line breaks of a quoted text away, from the one before a place on.
    fn mend_quote(&mut self, at: usize) -> bool {
        let first = self.copy.get(..at).map_or(0, |before| before.trim_end().len());
        let Some(quote) = quotes::around(&self.copy, first) else { return false };
        let rest = self.copy.get(first..quote.end).unwrap_or_default();
        let is_break = |(place, _): (usize, &str)| Span::new(first + place, first + place + 1);
        let breaks: Vec<_> = rest.match_indices(['\n', '\r']).map(is_break).collect();
        self.quotes.push(quote);
        self.change(breaks)
    }

    /// Puts spaces in the place of these; false if there are none.
    fn change(&mut self, places: Vec<Span>) -> bool {
        let is_any = places.iter().any(|place| !place.is_empty());
        places.iter().for_each(|place| self.blank(*place));
        self.changed.extend(places);
        self.changed.sort_unstable_by_key(|place| place.start);
        is_any
    }

    fn blank(&mut self, span: Span) {
        let spaces = " ".repeat(span.end - span.start);
        if self.copy.is_char_boundary(span.start) && self.copy.is_char_boundary(span.end) {
            self.copy.replace_range(span.start..span.end, &spaces);
        }
    }

    /// The events of the copy, with the texts and comments of the source.
    pub(super) fn events<'s>(&'s self, source: &'s str) -> impl Events<'s> {
        Reading { source, mended: self, events: Granit::new(&self.copy), comments: self.comments.iter() }
    }

    /// Whether something in a span is not as in the source.
    fn is_changed(&self, span: Span) -> bool {
        let first = self.changed.partition_point(|place| place.end <= span.start);
        self.changed.get(first).is_some_and(|place| place.start < span.end)
    }

    /// A place of the copy in the source: not within a character.
    fn settled(&self, at: usize) -> usize {
        let before = self.changed.partition_point(|place| place.start < at);
        match before.checked_sub(1).and_then(|place| self.changed.get(place)) {
            Some(place) if at < place.end => place.start,
            _ => at,
        }
    }

    fn settled_span(&self, span: Span) -> Span {
        Span::new(self.settled(span.start), self.settled(span.end))
    }

    /// An error at its place in the source. What stands behind a quoted text that should have ended lines ago is told at its
    /// first quote.
    fn error(&self, error: SyntaxError) -> SyntaxError {
        let kinds =
            [ErrorKind::InvalidTrailingSingleQuotedScalar, ErrorKind::InvalidTrailingDoubleQuotedScalar];
        let is_behind = |quote: &&Span| {
            let between = self.copy.get(quote.end..error.span.start);
            between.is_some_and(|between| between.bytes().all(|byte| matches!(byte, b' ' | b'\t')))
        };
        let quote =
            self.quotes.iter().rev().find(is_behind).filter(|_| kinds.iter().any(|kind| is(&error, kind)));
        match quote {
            Some(quote) => {
                SyntaxError { span: Span::new(quote.start, quote.start + 1), hint: CLOSE_QUOTE, ..error }
            }
            None => SyntaxError { span: self.settled_span(error.span), ..error },
        }
    }
}

const CLOSE_QUOTE: &str = "close this quote where its text ends: it goes on over lines that are not indented";

struct Reading<'s> {
    source: &'s str,
    mended: &'s Mended,
    events: Granit<'s>,
    comments: std::slice::Iter<'s, Span>,
}

impl<'s> Reading<'s> {
    /// The text of a scalar as the source has it.
    fn text(&self, text: Cow<'s, str>, style: ScalarStyle, span: Span, indent: usize) -> Cow<'s, str> {
        if self.mended.is_changed(span) {
            Cow::Owned(decode(self.source, span, style, indent).text)
        } else {
            text
        }
    }
}

impl<'s> Events<'s> for Reading<'s> {
    fn next(&mut self) -> Option<Result<Event<'s>, SyntaxError>> {
        let event = match self.events.next() {
            Some(Ok(event)) => event,
            Some(Err(error)) => return Some(Err(self.mended.error(error))),
            None => Event::Comment(*self.comments.next()?),
        };
        Some(Ok(match event {
            Event::Scalar { text, style, span, indent, properties } => {
                let span = self.mended.settled_span(span);
                let text = self.text(text, style, span, indent);
                Event::Scalar { text, style, span, indent, properties }
            }
            Event::Comment(span) => Event::Comment(self.mended.settled_span(span)),
            Event::End(at) => Event::End(self.mended.settled(at)),
            other => other,
        }))
    }
}

#[cfg(test)]
mod tests;
