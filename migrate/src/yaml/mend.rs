//! What YAML forbids and GitHub reads nonetheless, since its parser is an old one: a comment right behind a bracket or a
//! quote, and a quoted text that goes on without indentation (published cases yaml-schema-sequence and
//! yaml-schema-str-flow-styles).
//!
//! Where the parser stops at one of these, it reads a copy again in which spaces stand for the comment or for the line
//! break: as many bytes, so that all places stay what they are.

use std::borrow::Cow;

use granit_parser::ErrorKind;

use super::decode::decode;
use super::error::SyntaxError;
use super::event::{Event, Events, ScalarStyle};
use super::granit::Granit;
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
    comments: Vec<Span>,
    breaks: Vec<Span>,
}

impl Mended {
    pub(super) fn new(source: &str) -> Self {
        Self { copy: source.to_owned(), comments: Vec::new(), breaks: Vec::new() }
    }

    /// Mends what the parser stopped at; false if that cannot be.
    pub(super) fn mend(&mut self, error: &SyntaxError) -> bool {
        let (before, after) = self.copy.split_at_checked(error.span.start).unwrap_or_default();
        if is(error, &ErrorKind::CommentNotSeparated) && after.starts_with('#') {
            let length = after.find(['\n', '\r']).unwrap_or(after.len());
            let comment = Span::new(before.len(), before.len() + length);
            self.blank(comment);
            self.comments.push(comment);
            return true;
        }
        let ends_document =
            before.ends_with(['\n', '\r']) && ["---", "..."].iter().any(|mark| after.starts_with(mark));
        if is(error, &ErrorKind::InvalidQuotedScalarIndent) && !ends_document {
            let line_break = Span::new(before.trim_end().len(), before.len());
            self.blank(line_break);
            self.breaks.push(line_break);
            return !line_break.is_empty();
        }
        false
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
}

fn is(error: &SyntaxError, kind: &ErrorKind) -> bool {
    error.message == kind.to_string()
}

struct Reading<'s> {
    source: &'s str,
    mended: &'s Mended,
    events: Granit<'s>,
    comments: std::slice::Iter<'s, Span>,
}

impl<'s> Reading<'s> {
    /// The text of a scalar as the source has it.
    fn text(&self, text: Cow<'s, str>, style: ScalarStyle, span: Span) -> Cow<'s, str> {
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        if is_quoted && self.mended.breaks.iter().any(|mended| span.contains(*mended)) {
            Cow::Owned(decode(self.source, span, style, 0).text)
        } else {
            text
        }
    }
}

impl<'s> Events<'s> for Reading<'s> {
    fn next(&mut self) -> Option<Result<Event<'s>, SyntaxError>> {
        match self.events.next() {
            Some(Ok(Event::Scalar { text, style, span, indent, properties })) => {
                let text = self.text(text, style, span);
                Some(Ok(Event::Scalar { text, style, span, indent, properties }))
            }
            None => self.comments.next().map(|comment| Ok(Event::Comment(*comment))),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tree;
    use crate::span::Span;

    fn texts(source: &str) -> Vec<String> {
        let tree = Tree::read(source);
        assert_eq!(tree.error(), None, "{source:?}");
        let text = |id| {
            let text = tree.text(id)?;
            assert_eq!(tree.decoded(id).map(|decoded| decoded.text).as_deref(), Some(text), "{source:?}");
            Some(text.to_owned())
        };
        tree.ids().filter_map(text).collect()
    }

    #[test]
    fn comments_may_touch_what_they_follow() {
        for source in
            ["a: [x]# é, y]\nb: z", "a: \"x\"#c\nb: z", "a: {b: x}#\nc: z", "- [x]#\r\n- [y]# e\r\n- z"]
        {
            let found = texts(source);
            assert_eq!(found.last().map(String::as_str), Some("z"), "{source:?}");
        }
        let source = "a: [x]# é, y]\nb: z # w";
        let tree = Tree::read(source);
        let comments: Vec<_> = tree.comments().iter().map(|comment| comment.of(source)).collect();
        assert_eq!(comments, ["# é, y]", "# w"]);
        assert_eq!(tree.ids().last().map(|id| tree.node(id).span()), Some(Span::new(18, 19)));
    }

    #[test]
    fn quoted_texts_may_go_on_anywhere() {
        for (source, text) in [
            ("- - \"hello\n  world\"\n- end", "hello world"),
            ("a: 'one\n\n\ntwo \n  three'\nb: end", "one\n\ntwo three"),
            ("a: \"one\r\ntwo\\n\r\nthree\"\r\nb: end", "one two\n three"),
        ] {
            let found = texts(source);
            assert!(found.iter().any(|found| found == text), "{source:?}: {found:?}");
            assert_eq!(found.last().map(String::as_str), Some("end"), "{source:?}");
        }
    }

    #[test]
    fn what_is_no_yaml_stays_so() {
        for source in ["a: [x]# c\nb: [", "a: 'x\ny", "a: \"x\n---\ny\""] {
            assert!(Tree::read(source).error().is_some(), "{source:?}");
        }
        let many = format!("a: '{}x'", "\nx".repeat(200));
        assert!(Tree::read(many).error().is_some(), "it ends");
    }
}
