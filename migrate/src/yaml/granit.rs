//! The adapter of granit-parser.
//!
//! Its spans are not ours everywhere: block scalars start at their text and not at `|`, a sequence without indentation
//! behind its first dash, and what is empty before the colon that it belongs to. Those places are found again in the
//! source, from the end of what came before.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser as yaml;

use super::decode::decode;
use super::error::SyntaxError;
use super::event::{Event, Events, Properties, ScalarStyle, Shape};
use super::hint::hint;
use crate::span::Span;

/// Events of granit-parser.
pub struct Granit<'s> {
    source: &'s str,
    parser: yaml::Parser<'s, yaml::StrInput<'s>>,
    /// The end of the last node.
    at: usize,
    /// The shape of what is open, the innermost last.
    open: Vec<Open>,
    names: HashMap<usize, Box<str>>,
    ended: bool,
}

/// A collection that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Flow,
    BlockSequence,
    BlockMapping,
}

impl<'s> Granit<'s> {
    /// Reads this source.
    #[must_use]
    pub fn new(source: &'s str) -> Self {
        // The source is bounded, and so are its comments: no limit of their own.
        let options = yaml::options! {
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            max_buffered_comment_events: usize::MAX,
        };
        let parser = yaml::Parser::new_from_str_with_options(source, options);
        Self { source, parser, at: 0, open: Vec::new(), names: HashMap::new(), ended: false }
    }

    fn event(&mut self) -> Option<Result<Event<'s>, SyntaxError>> {
        loop {
            let (event, span) = match self.parser.next()? {
                Ok(read) => read,
                Err(error) => return Some(Err(self.refused(&error))),
            };
            let bytes = self.bytes(&span);
            return Some(Ok(match event {
                yaml::Event::DocumentStart(explicit, _) => {
                    // Without `---`, a document begins where its root does, which may be a text behind its indicator.
                    if explicit {
                        self.at = self.at.max(bytes.end);
                    }
                    Event::DocumentStart
                }
                yaml::Event::DocumentEnd => {
                    self.at = self.at.max(bytes.end);
                    Event::DocumentEnd
                }
                yaml::Event::Comment(..) => Event::Comment(bytes),
                yaml::Event::Alias(id) => {
                    let name = self.names.get(&id).map(|name| name.to_string()).unwrap_or_default();
                    self.alias(Cow::Owned(name), bytes)
                }
                yaml::Event::UnresolvedAlias(name) => self.alias(name, bytes),
                yaml::Event::Scalar(text, style, anchor, tag) => match self.properties(anchor, tag, &span) {
                    Ok(_) if style == yaml::ScalarStyle::Plain && self.comment_within(bytes).is_some() => {
                        self.ended = true;
                        return self.comment_within(bytes).map(Err);
                    }
                    Ok(properties) => self.scalar(text, style, bytes, properties),
                    Err(error) => return Some(Err(error)),
                },
                yaml::Event::SequenceStart(style, anchor, tag) => match self.properties(anchor, tag, &span) {
                    Ok(properties) => self.sequence(style, bytes, properties),
                    Err(error) => return Some(Err(error)),
                },
                yaml::Event::MappingStart(style, anchor, tag) => match self.properties(anchor, tag, &span) {
                    Ok(properties) => self.mapping(style, bytes, properties),
                    Err(error) => return Some(Err(error)),
                },
                yaml::Event::SequenceEnd | yaml::Event::MappingEnd => self.end(bytes),
                // The ends of the stream; an anchor comes with its node.
                _ => continue,
            }));
        }
    }

    fn alias(&mut self, name: Cow<'s, str>, span: Span) -> Event<'s> {
        self.at = span.end;
        Event::Alias { name, span }
    }

    fn scalar(
        &mut self,
        text: Cow<'s, str>,
        style: yaml::ScalarStyle,
        span: Span,
        properties: Properties,
    ) -> Event<'s> {
        let style = match style {
            yaml::ScalarStyle::Plain => ScalarStyle::Plain,
            yaml::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
            yaml::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
            yaml::ScalarStyle::Literal => ScalarStyle::Literal,
            yaml::ScalarStyle::Folded => ScalarStyle::Folded,
        };
        if style.is_block() {
            return self.block(text, style, span, properties);
        }
        if style == ScalarStyle::Plain && span.is_empty() {
            return self.nothing(span, properties);
        }
        self.at = span.end;
        Event::Scalar { text, style, span, indent: 0, properties }
    }

    /// A line of a text without quotes that is a comment: it ends the text, and what follows belongs to nothing. The parser reads
    /// over one behind a tab.
    fn comment_within(&self, text: Span) -> Option<SyntaxError> {
        let lines = text.of(self.source);
        let mut breaks = memchr::memchr2_iter(b'\n', b'\r', lines.as_bytes()).map(|at| at + 1);
        let at = breaks.find_map(|at| {
            let line = lines.get(at..)?;
            let rest = line.trim_start_matches([' ', '\t']);
            rest.starts_with('#').then(|| text.start + at + line.len() - rest.len())
        })?;
        Some(SyntaxError {
            message: "a comment ends the text before it, and what follows does not belong to it".to_owned(),
            span: Span::new(at, at + 1),
            hint: "move the comment above the text, or put the text into quotes",
        })
    }

    /// A block scalar, from its `|` or `>` on.
    fn block(
        &mut self,
        text: Cow<'s, str>,
        style: ScalarStyle,
        span: Span,
        properties: Properties,
    ) -> Event<'s> {
        let start = self.indicator(span.start).filter(|start| *start <= span.start).unwrap_or(span.start);
        let line =
            self.source.get(..span.start).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
        // Where there is no text, its place tells nothing.
        let indent = if text.bytes().all(|byte| byte == b'\n') { 0 } else { span.start - line };
        let whole = Span::new(start, span.end.max(start));
        self.at = whole.end;
        // The parser adds the line feed that a file without one at its end does not have.
        let text = if whole.end == self.source.len() && !self.source.ends_with(['\n', '\r']) {
            Cow::Owned(decode(self.source, whole, style, indent).text)
        } else {
            text
        };
        Event::Scalar { text, style, span: whole, indent, properties }
    }

    /// A scalar of which nothing is written: behind the colon or dash that it belongs to.
    fn nothing(&mut self, span: Span, properties: Properties) -> Event<'s> {
        let mut at = span.start;
        if properties.is_empty() {
            let found = self.trivia(self.at, |byte| matches!(byte, b':' | b'-' | b'?'));
            if matches!(self.source.as_bytes().get(found), Some(b':' | b'-' | b'?')) {
                at = found + 1;
            }
        }
        self.at = self.at.max(at);
        let span = Span::new(at, at);
        Event::Scalar { text: Cow::Borrowed(""), style: ScalarStyle::Plain, span, indent: 0, properties }
    }

    fn sequence(&mut self, style: yaml::StructureStyle, span: Span, properties: Properties) -> Event<'s> {
        let (shape, open) = match style {
            yaml::StructureStyle::Block => (Shape::Block, Open::BlockSequence),
            yaml::StructureStyle::Flow => (Shape::Flow, Open::Flow),
        };
        let mut start = span.start;
        if shape == Shape::Block && self.open.last() == Some(&Open::BlockMapping) {
            start = self.dash().filter(|dash| *dash <= start).unwrap_or(start);
        }
        self.open.push(open);
        self.at = if shape == Shape::Flow { span.end } else { start };
        Event::SequenceStart { shape, start, properties }
    }

    fn mapping(&mut self, style: yaml::StructureStyle, span: Span, properties: Properties) -> Event<'s> {
        let (shape, open) = match style {
            yaml::StructureStyle::Block => (Shape::Block, Open::BlockMapping),
            yaml::StructureStyle::Flow => (Shape::Flow, Open::Flow),
        };
        self.open.push(open);
        self.at = self.at.max(if shape == Shape::Flow { span.end } else { span.start });
        Event::MappingStart { shape, start: span.start, properties }
    }

    /// The end of what was opened last: behind its bracket, or behind the last node in it.
    fn end(&mut self, span: Span) -> Event<'s> {
        if self.open.pop() == Some(Open::Flow) {
            self.at = self.at.max(span.end);
        }
        Event::End(self.at)
    }

    /// What stands before a node. The event with the name of an anchor follows that of its node.
    fn properties(
        &mut self,
        anchor: usize,
        tag: Option<Cow<'s, yaml::Tag>>,
        span: &yaml::Span,
    ) -> Result<Properties, SyntaxError> {
        let mut properties = Properties::default();
        if let Some(tag) = tag {
            let place = span.tag_span().map_or_else(Span::default, |span| self.bytes(&span));
            properties.tag = Some((format!("{}{}", tag.handle(), tag.suffix()).into(), place));
            self.at = self.at.max(place.end);
        }
        if anchor != 0 {
            match self.parser.next() {
                Some(Ok((yaml::Event::Anchor(id, name), span))) => {
                    let (name, place): (Box<str>, _) = (name.as_ref().into(), self.bytes(&span));
                    self.names.insert(id, name.clone());
                    properties.anchor = Some((name, place));
                    self.at = self.at.max(place.end);
                }
                Some(Err(error)) => return Err(self.refused(&error)),
                _ => {}
            }
        }
        Ok(properties)
    }

    /// The first dash from here on, if nothing but what may stand before one is in between.
    fn dash(&self) -> Option<usize> {
        let at = self.trivia(self.at, |byte| byte == b'-');
        (self.source.as_bytes().get(at) == Some(&b'-')).then_some(at)
    }

    /// The `|` or `>` before the text of a block scalar.
    fn indicator(&self, text: usize) -> Option<usize> {
        let mut at = self.at;
        while at < text {
            at = self.trivia(at, |byte| matches!(byte, b'|' | b'>'));
            match self.source.as_bytes().get(at)? {
                b'|' | b'>' => return Some(at),
                _ => at += 1,
            }
        }
        None
    }

    /// Skips white space, comments, tags, anchors, and the indicators that are not looked for.
    fn trivia(&self, from: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let bytes = self.source.as_bytes();
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            match byte {
                byte if wanted(*byte) => break,
                b' ' | b'\t' | b'\n' | b'\r' | b':' | b'-' | b'?' => at += 1,
                b'#' => at += length(bytes, at, |byte| matches!(byte, b'\n' | b'\r')),
                b'&' | b'!' => at += length(bytes, at, |byte| byte.is_ascii_whitespace()),
                _ => break,
            }
        }
        at
    }

    fn bytes(&self, span: &yaml::Span) -> Span {
        let start = span.start.byte_offset().unwrap_or_default().min(self.source.len());
        Span::new(start, span.end.byte_offset().unwrap_or_default().clamp(start, self.source.len()))
    }

    fn refused(&mut self, error: &yaml::ScanError) -> SyntaxError {
        self.ended = true;
        let at = error.marker().byte_offset().unwrap_or(self.source.len()).min(self.source.len());
        let span =
            Span::new(at, self.source.get(at..).and_then(first_character).map_or(at, |length| at + length));
        SyntaxError { message: error.info(), span, hint: hint(error.kind(), line_around(self.source, at)) }
    }
}

/// Whether an error of the parser is of this kind.
pub(super) fn is(error: &SyntaxError, kind: &yaml::ErrorKind) -> bool {
    error.message == kind.to_string()
}

/// The length of the character that a text begins with, if it is one that is seen.
fn first_character(text: &str) -> Option<usize> {
    text.chars().next().filter(|char| !char.is_whitespace()).map(char::len_utf8)
}

/// The line that a place is in.
fn line_around(source: &str, at: usize) -> &str {
    let (before, after) = source.split_at_checked(at).unwrap_or_default();
    let start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let end = after.find(['\n', '\r']).map_or(source.len(), |end| at + end);
    source.get(start..end).unwrap_or_default()
}

/// How many bytes there are before one that ends it.
fn length(bytes: &[u8], from: usize, ends: impl Fn(u8) -> bool) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take_while(|byte| !ends(**byte)).count()
}

impl<'s> Events<'s> for Granit<'s> {
    fn next(&mut self) -> Option<Result<Event<'s>, SyntaxError>> {
        if self.ended { None } else { self.event() }
    }
}
