//! Errors by stage, kind and place.

use super::messages;
use crate::span::Span;

/// When an error is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// A symbol is wrong by itself, or there are too many.
    Lexing,
    /// A symbol is wrong where it stands, or names nothing.
    Parsing,
    /// The expression is right, its values are not.
    Evaluating,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Longer than [`MAX_LENGTH`](super::MAX_LENGTH).
    TooLong,
    /// Deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    TooDeep,
    /// This symbol may not stand here, or nowhere.
    UnexpectedSymbol(String),
    /// Something has to follow this symbol.
    UnexpectedEnd(String),
    /// No context is called this, or not for this key.
    UnrecognizedNamedValue(String),
    /// No function is called this, or not for this key.
    UnrecognizedFunction(String),
    /// The function needs more arguments. The text is the symbol that GitHub names.
    TooFewParameters(String),
    /// The function takes fewer arguments. The text is the symbol that GitHub names.
    TooManyParameters(String),
    /// `case` needs pairs and a last value. The text is the symbol that GitHub names.
    EvenParameters(String),
    /// Evaluating this expression takes more than [`MAX_MEMORY`](super::MAX_MEMORY).
    MemoryExceeded(String),
    /// `format` cannot read this text.
    InvalidFormat(String),
    /// `format` was given fewer arguments than this text names.
    MissingFormatArgument(String),
    /// `format` knows no specifiers such as these, for a value of this kind.
    FormatSpecifiers(String, &'static str),
    /// A condition of `case` is not a boolean.
    CasePredicate,
    /// `fromJSON` cannot read its argument, for this reason.
    Json(String),
    /// What is outside could not answer, for this reason.
    World(String),
}

/// An error in an expression, with GitHub's own text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    stage: Stage,
    kind: Kind,
    span: Span,
    position: Option<usize>,
    message: String,
}

impl ExpressionError {
    /// An error at a symbol, whose place is told.
    pub(crate) fn at(stage: Stage, kind: Kind, span: Span, source: &str) -> Self {
        let position = messages::position(source, span.start);
        let message = messages::located(&kind, position, source);
        Self { stage, kind, span, position: Some(position), message }
    }

    /// An error of a whole part, whose place GitHub does not tell.
    pub(crate) fn of(stage: Stage, kind: Kind, span: Span) -> Self {
        let message = messages::plain(&kind);
        Self { stage, kind, span, position: None, message }
    }

    /// When it was found.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The part of the source that is wrong.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// The position that GitHub's text names, in UTF-16 units from 1; `None` where it names none.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        self.position
    }

    /// GitHub's text.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why in more detail than GitHub's text says, if there is more to say.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match &self.kind {
            Kind::Json(why) => Some(why),
            _ => None,
        }
    }

    /// All of it for a person: the text, the detail, and the place with a caret. Nothing in it steers a terminal.
    #[must_use]
    pub fn report(&self, source: &str) -> String {
        let detail = self.detail().map(|why| format!(": {why}")).unwrap_or_default();
        let text = messages::harmless_text(&format!("{}{detail}", self.message));
        format!("{text}\n{}", self.caret(source))
    }

    /// The line of the source with a caret below the place.
    #[must_use]
    pub fn caret(&self, source: &str) -> String {
        messages::caret(source, self.span)
    }
}
