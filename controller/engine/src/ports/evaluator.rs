//! Evaluates what users wrote: outside of the decision, which is bounded and has no place for programs.

use std::collections::BTreeMap;

use serde_json::Value;

/// Evaluates expressions.
pub trait Evaluator {
    /// Whether an expression is true of these values. Must end soon, whatever the expression is.
    fn evaluate(&self, question: &Question) -> Result<bool, EvaluatorError>;
}

/// An expression with the values that it may name.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// In the language of the gate.
    pub source: String,
    /// `release`, `environment` and `upstream`; for an HTTP gate also `response`.
    pub values: BTreeMap<String, Value>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluatorError {
    /// The expression is wrong, or does not fit the values.
    #[error("{0}")]
    Wrong(String),
    /// It, or a value, is larger than what is evaluated.
    #[error("{0}")]
    TooLarge(String),
}
