//! From the bytes of a scalar to its text, and back.
//!
//! A parser hands over the text; where a part of it stands in the source, only a second reading tells. It is done for
//! scalars that somebody asks about, and its text is the parser's (a law that tests check), so that the way back is right.

use super::event::ScalarStyle;
use super::line_break::{BREAKS, line_break, line_breaks};
use crate::span::Span;

/// The text of a scalar with the way back to the source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decoded {
    /// The text.
    pub text: String,
    runs: Vec<Run>,
}

/// A part of the text that stands in one part of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    text: usize,
    source: Span,
    /// Whether both are the same bytes; an escape or a fold is not.
    same: bool,
}

impl Decoded {
    /// Where a part of the text stands. An escape or a fold counts as a whole.
    #[must_use]
    pub fn span(&self, part: Span) -> Span {
        let start = self.place(part.start, false);
        if part.is_empty() {
            Span::new(start, start)
        } else {
            Span::new(start, self.place(part.end, true).max(start))
        }
    }

    /// The byte of the source: the one that a byte of the text begins at, or that the byte before it ends at.
    fn place(&self, offset: usize, is_end: bool) -> usize {
        let before =
            self.runs.partition_point(|run| if is_end { run.text < offset } else { run.text <= offset });
        let Some(run) = before.checked_sub(1).and_then(|at| self.runs.get(at)).or(self.runs.first()) else {
            return 0;
        };
        let within = offset.saturating_sub(run.text);
        match (run.same, is_end) {
            (true, _) => (run.source.start + within).min(run.source.end),
            (false, true) => run.source.end,
            (false, false) => run.source.start,
        }
    }

    fn same(&mut self, source: &str, span: Span) {
        if !span.is_empty() {
            self.runs.push(Run { text: self.text.len(), source: span, same: true });
            self.text.push_str(span.of(source));
        }
    }

    fn other(&mut self, text: &str, source: Span) {
        if !text.is_empty() {
            self.runs.push(Run { text: self.text.len(), source, same: false });
            self.text.push_str(text);
        }
    }
}

/// Decodes a scalar: `span` as [`Event::Scalar`](super::Event::Scalar) has it, `indent` for block scalars.
#[must_use]
pub fn decode(source: &str, span: Span, style: ScalarStyle, indent: usize) -> Decoded {
    let mut decoded = Decoded::default();
    let inner = Span::new(span.start + 1, span.end.saturating_sub(1).max(span.start + 1));
    match style {
        ScalarStyle::Plain => flow(source, span, style, &mut decoded),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => flow(source, inner, style, &mut decoded),
        ScalarStyle::Literal | ScalarStyle::Folded => block(source, span, style, indent, &mut decoded),
    }
    decoded
}

/// Text that may go over several lines: white space around a line's end is a space, empty lines are line feeds.
fn flow(source: &str, span: Span, style: ScalarStyle, decoded: &mut Decoded) {
    let bytes = source.as_bytes();
    let (mut at, mut from) = (span.start, span.start);
    while at < span.end {
        let byte = bytes.get(at).copied().unwrap_or_default();
        match byte {
            b'\'' if style == ScalarStyle::SingleQuoted => {
                decoded.same(source, Span::new(from, at));
                let end = (at + 2).min(span.end);
                decoded.other("'", Span::new(at, end));
                (at, from) = (end, end);
            }
            b'\\' if style == ScalarStyle::DoubleQuoted => {
                decoded.same(source, Span::new(from, at));
                let end = escape(source, at, span.end, decoded);
                (at, from) = (end, end);
            }
            b'\n' | b'\r' | 0xc2 | 0xe2 if line_break(bytes, at).is_some() => {
                let kept = source.get(from..at).unwrap_or_default().trim_end_matches([' ', '\t']).len();
                decoded.same(source, Span::new(from, from + kept));
                let end = fold(source, Span::new(from + kept, span.end), decoded);
                (at, from) = (end, end);
            }
            _ => at += 1,
        }
    }
    decoded.same(source, Span::new(from, span.end));
}

/// White space with one line's end or more in it; tells where it ends. The first end goes, and leaves a space if no other
/// follows; U+2028 and U+2029 stay.
fn fold(source: &str, rest: Span, decoded: &mut Decoded) -> usize {
    let white = white(rest.of(source));
    let end = rest.start + white.len();
    let breaks = line_breaks(white);
    let text = match breaks.as_slice() {
        [] | ["\n"] => " ".to_owned(),
        ["\n", others @ ..] => others.concat(),
        all => all.concat(),
    };
    decoded.other(&text, Span::new(rest.start, end));
    end
}

/// The spaces, tabs and line ends at the start of a text.
fn white(text: &str) -> &str {
    let is_white = |character: char| matches!(character, ' ' | '\t') || BREAKS.contains(&character);
    let rest = text.trim_start_matches(is_white);
    text.get(..text.len() - rest.len()).unwrap_or_default()
}

/// An escape in double quotes; tells where it ends.
fn escape(source: &str, at: usize, limit: usize, decoded: &mut Decoded) -> usize {
    let letter = source.get(at + 1..limit).and_then(|rest| rest.chars().next()).unwrap_or('\\');
    let after = (at + 1 + letter.len_utf8()).min(limit);
    if let Some((length, _)) = line_break(source.as_bytes(), at + 1) {
        return continued(source.get(at + 1 + length..limit).unwrap_or_default(), limit, decoded);
    }
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let mut buffer = [0; 4];
            decoded.other(simple(letter).encode_utf8(&mut buffer), Span::new(at, after));
            return after;
        }
    };
    let end = (after + digits).min(limit);
    let (code, end) = surrogates(source, Span::new(after, end), limit);
    let character = code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    let mut buffer = [0; 4];
    decoded.other(character.encode_utf8(&mut buffer), Span::new(at, end));
    end
}

/// A line that goes on in the next one: white space is skipped, empty lines are line feeds.
fn continued(rest: &str, limit: usize, decoded: &mut Decoded) -> usize {
    let (start, white) = (limit - rest.len(), white(rest));
    let span = Span::new(start, start + white.len());
    decoded.other(&line_breaks(white).concat(), span);
    span.end
}

/// The number of an escape, with its second half where there is one.
fn surrogates(source: &str, digits: Span, limit: usize) -> (Option<u32>, usize) {
    let number = |span: Span| u32::from_str_radix(span.of(source), 16).ok();
    let Some(high) = number(digits).filter(|code| (0xD800..0xDC00).contains(code)) else {
        return (number(digits), digits.end);
    };
    let second = Span::new(digits.end + 2, (digits.end + 6).min(limit));
    let is_escape = source.get(digits.end..).is_some_and(|rest| rest.starts_with("\\u"));
    match number(second).filter(|low| is_escape && (0xDC00..0xE000).contains(low)) {
        Some(low) => (Some(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)), second.end),
        None => (Some(high), digits.end),
    }
}

/// What a letter behind a backslash means.
const fn simple(letter: char) -> char {
    match letter {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        other => other,
    }
}

/// What happens to the line feeds at the end of a block scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// A block scalar, as libyaml reads one: line feeds are held back until it is known what follows them.
fn block(source: &str, span: Span, style: ScalarStyle, indent: usize, decoded: &mut Decoded) {
    let header = span.of(source).find(BREAKS).unwrap_or(span.end - span.start);
    let indicators = indicators(source.get(span.start..span.start + header).unwrap_or_default());
    // Where no digit tells the indentation, spaces before the first text are all of it. So they are where a digit does and
    // there is no text: only a text tells how far it is indented.
    let mut is_blank_empty = indent == 0 || !indicators.contains(|letter: char| letter.is_ascii_digit());
    let mut lines = BlockLines { source, at: span.start + header, end: span.end, indent };
    lines.end_of_line();
    let (mut held, mut empty): (Option<Feed>, Vec<Feed>) = (None, Vec::new());
    let mut was_indented = false;
    while let Some(line) = lines.line() {
        let text = line.of(source);
        if text.is_empty() || (is_blank_empty && text.bytes().all(|byte| byte == b' ')) {
            if let Some(feed) = lines.end_of_line() {
                empty.push(feed);
            }
            continue;
        }
        is_blank_empty = false;
        let is_indented = text.starts_with([' ', '\t']);
        let folds = style == ScalarStyle::Folded && !was_indented && !is_indented;
        match held.take() {
            Some((feed, text)) if !folds || text != "\n" => decoded.other(text, feed),
            Some((feed, _)) if empty.is_empty() => decoded.other(" ", feed),
            _ => {}
        }
        for (feed, text) in empty.drain(..) {
            decoded.other(text, feed);
        }
        decoded.same(source, line);
        was_indented = is_indented;
        held = lines.end_of_line();
    }
    let feeds = match chomping(indicators) {
        Chomping::Strip => 0,
        Chomping::Clip => usize::from(held.is_some()),
        Chomping::Keep => usize::MAX,
    };
    for (feed, text) in held.into_iter().chain(empty).take(feeds) {
        decoded.other(text, feed);
    }
}

/// What stands behind `|` or `>`: a digit for the indentation, and what happens to the last line feeds.
fn indicators(header: &str) -> &str {
    header.split([' ', '\t', '#']).next().unwrap_or_default()
}

fn chomping(indicators: &str) -> Chomping {
    match indicators {
        _ if indicators.contains('-') => Chomping::Strip,
        _ if indicators.contains('+') => Chomping::Keep,
        _ => Chomping::Clip,
    }
}

/// The end of a line, and what the text has in its place.
type Feed = (Span, &'static str);

/// The lines of a block scalar without their indentation.
struct BlockLines<'s> {
    source: &'s str,
    at: usize,
    end: usize,
    indent: usize,
}

impl BlockLines<'_> {
    /// The text of the line that begins here, without its end; `None` behind the last one.
    fn line(&mut self) -> Option<Span> {
        if self.at >= self.end {
            return None;
        }
        let rest = self.source.get(self.at..self.end)?;
        let length = rest.find(BREAKS).unwrap_or(rest.len());
        let line = rest.get(..length)?;
        let indent = line.bytes().take(self.indent).take_while(|byte| *byte == b' ').count();
        let start = self.at + indent;
        self.at += length;
        Some(Span::new(start, self.at))
    }

    /// The end of a line, if one stands here.
    fn end_of_line(&mut self) -> Option<Feed> {
        let (length, text) = line_break(self.source.as_bytes().get(..self.end)?, self.at)?;
        let feed = Span::new(self.at, self.at + length);
        self.at = feed.end;
        Some((feed, text))
    }
}
