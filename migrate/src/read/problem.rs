//! What GitHub refuses.

use crate::expression::TemplateError;
use crate::span::Span;

/// Something that is refused, in GitHub's words and at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// The bytes that are wrong.
    pub span: Span,
    /// GitHub's text, without the place.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where GitHub says it is, in bytes: the value that holds what is wrong. `None`: it names no place.
    pub place: Option<usize>,
    /// Whether GitHub has stopped before, so that it does not tell this one.
    pub is_beyond: bool,
    /// Who refuses it.
    pub by: By,
}

impl Problem {
    /// Whether GitHub does not run the file for it.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.by == By::GitHub
    }
}

/// Who refuses something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// What runs the file.
    GitHub,
    /// GitHub's editor or Marketplace. What runs the file takes it.
    Editor,
    /// Nobody: what is needed to judge it could not be read here.
    Nobody,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum ProblemKind {
    /// It is no YAML from here on.
    Syntax,
    /// There is too much of something.
    Limit,
    /// A tag that GitHub does not know, or a value that is none of its tag.
    Tag,
    /// An anchor or alias that may not be used or is not there.
    Anchor,
    /// There is no document, or more than one.
    Documents,
    /// A key that is neither text nor an expression.
    Key,
    /// A key that may not be here.
    UnexpectedKey,
    /// A value that may not be here.
    UnexpectedValue,
    /// A sequence or a mapping where none may be.
    UnexpectedStructure,
    /// A key that was there before.
    Duplicate,
    /// A key that must be there and is not.
    Missing,
    /// It may be several things, and no key tells which.
    Ambiguous,
    /// An expression where none may be.
    NoExpressionHere,
    /// An expression that is wrong.
    Expression(Box<TemplateError>),
    /// What a conversion of GitHub's refuses.
    Conversion,
    /// A file that is called, and could not be read here.
    Unread,
}

impl ProblemKind {
    /// Whether GitHub reads nothing after it.
    #[must_use]
    pub const fn stops(&self) -> bool {
        matches!(self, Self::Syntax | Self::Limit | Self::Tag | Self::Anchor | Self::Documents | Self::Key)
    }
}
