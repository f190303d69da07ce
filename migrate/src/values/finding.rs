//! What is wrong or odd about a value, and where.

use crate::span::Span;

/// Whose words a message is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// GitHub says exactly this, in its editor, on reading the file, or in the log.
    GitHub,
    /// Docker says this when the image is pulled.
    Docker,
    /// GitHub refuses or ignores the value without words that are published; these are ours.
    Towpath,
}

/// What a finding means for the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is accepted, and probably not meant.
    Warning,
    /// It is not accepted, or fails when it is used.
    Error,
}

/// One thing wrong or odd, with its place and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where, in bytes of the value.
    pub span: Span,
    /// What it means for the file.
    pub severity: Severity,
    /// Whose words [`Self::message`] is in.
    pub author: Author,
    /// What is wrong.
    pub message: String,
    /// What to do about it, or why it is so.
    pub hint: &'static str,
}

impl Finding {
    pub(super) fn new(author: Author, span: Span, message: impl Into<String>, hint: &'static str) -> Self {
        Self { span, severity: Severity::Error, author, message: message.into(), hint }
    }

    pub(super) fn github(span: Span, message: impl Into<String>, hint: &'static str) -> Self {
        Self::new(Author::GitHub, span, message, hint)
    }

    pub(crate) fn ours(span: Span, message: impl Into<String>, hint: &'static str) -> Self {
        Self::new(Author::Towpath, span, message, hint)
    }

    /// What GitHub's server says of a key of this length.
    pub(crate) fn server(length: usize, message: String, hint: &'static str) -> Self {
        Self::github(Span::new(0, length), message, hint)
    }

    pub(crate) fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The schema's text for a value that may not stand where it stands.
    pub(super) fn unexpected(value: &str, hint: &'static str) -> Self {
        Self::github(whole(value), format!("Unexpected value '{value}'"), hint)
    }
}

/// A part of a value, and where it stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part<'a> {
    /// The text.
    pub text: &'a str,
    /// Its bytes in the value.
    pub span: Span,
}

impl<'a> Part<'a> {
    pub(super) const fn new(text: &'a str, start: usize) -> Self {
        Self { text, span: Span::new(start, start + text.len()) }
    }

    /// Cuts at the first of this character, which belongs to neither side.
    pub(super) fn cut(self, at: char) -> Option<(Self, Self)> {
        let (left, right) = self.text.split_once(at)?;
        Some((Self::new(left, self.span.start), Self::new(right, self.span.end - right.len())))
    }

    /// The pieces between these characters, empty ones as well.
    pub(super) fn split(self, at: &'static [char]) -> impl Iterator<Item = Self> {
        let mut start = self.span.start;
        self.text.split(at).map(move |text| {
            let part = Self::new(text, start);
            // Every separator in use is one byte long.
            start = part.span.end + 1;
            part
        })
    }
}

/// All of a value.
pub(super) const fn whole(value: &str) -> Span {
    Span::new(0, value.len())
}
