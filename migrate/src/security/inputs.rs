//! What steps give to the inputs of actions, as text.

use std::borrow::Cow;

use crate::graph::flow::written;
use crate::model::{At, Scalar};
use crate::read::Document;

/// The text that an action gets; of an expression, that is written.
pub(super) fn text<'d>(document: &'d Document, given: At<Scalar<'d>>) -> Cow<'d, str> {
    match given.value {
        Scalar::Null | Scalar::Tree => Cow::Borrowed(""),
        Scalar::Boolean(truth) => Cow::Borrowed(if truth { "true" } else { "false" }),
        Scalar::Number(number) => Cow::Owned(number.to_string()),
        Scalar::Text(text) => Cow::Borrowed(text),
        Scalar::Expression(_) => Cow::Borrowed(written(document, given.token)),
    }
}

/// Whether all of a text is for GitHub to evaluate.
pub(super) fn is_expression(text: &str) -> bool {
    text.strip_prefix("${{").is_some_and(|rest| rest.ends_with("}}"))
}
