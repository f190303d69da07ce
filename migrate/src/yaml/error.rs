//! What is no YAML.

use crate::span::Span;

/// A place where the source stops being YAML. What stands before it has been read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What the parser says.
    pub message: String,
    /// Where; may be empty, and lies within the source.
    pub span: Span,
    /// What to do about it.
    pub hint: &'static str,
}
