//! The port to a parser of YAML.

use std::borrow::Cow;

use super::error::SyntaxError;
use crate::span::Span;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl ScalarStyle {
    /// Whether it begins with `|` or `>`.
    #[must_use]
    pub const fn is_block(self) -> bool {
        matches!(self, Self::Literal | Self::Folded)
    }
}

/// How a sequence or mapping is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// By indentation.
    Block,
    /// In brackets or braces.
    Flow,
}

/// What stands before a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties {
    /// The tag, resolved: `tag:yaml.org,2002:str`, `!mine`; and where it stands.
    pub tag: Option<(Box<str>, Span)>,
    /// The name of the anchor without `&`, and where it stands with it.
    pub anchor: Option<(Box<str>, Span)>,
}

impl Properties {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tag.is_none() && self.anchor.is_none()
    }
}

/// What a parser comes upon. Spans are bytes of the source.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'s> {
    /// A scalar, with its text after quotes, escapes and folds are gone.
    Scalar {
        /// The text.
        text: Cow<'s, str>,
        /// How it is written.
        style: ScalarStyle,
        /// With its quotes, or from `|` or `>` on; empty where nothing is written.
        span: Span,
        /// How far the text of a block scalar is indented, in columns; 0 for other styles.
        indent: usize,
        /// What stands before it.
        properties: Properties,
    },
    /// `*name`
    Alias {
        /// The name without `*`.
        name: Cow<'s, str>,
        /// With `*`.
        span: Span,
    },
    /// A sequence begins.
    SequenceStart {
        /// How it is written.
        shape: Shape,
        /// The bracket or the first dash.
        start: usize,
        /// What stands before it.
        properties: Properties,
    },
    /// A mapping begins.
    MappingStart {
        /// How it is written.
        shape: Shape,
        /// The brace or the first key.
        start: usize,
        /// What stands before it.
        properties: Properties,
    },
    /// The sequence or mapping that began last ends before this byte.
    End(usize),
    /// A document begins.
    DocumentStart,
    /// It ends.
    DocumentEnd,
    /// A comment, from `#` to the end of its line.
    Comment(Span),
}

/// A parser of YAML: events in the order of the source (comments may come later than what follows them), or an error
/// and nothing behind it.
pub trait Events<'s> {
    /// The next event.
    ///
    /// # Errors
    /// Where the source stops being YAML.
    fn next(&mut self) -> Option<Result<Event<'s>, SyntaxError>>;
}
