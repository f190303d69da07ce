//! Values, and the tokens that they are.

use crate::expression::Evaluated;
use crate::read::TokenId;

/// A value and the token that it is: [`crate::read::Document::span`] has its bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At<T> {
    /// The token.
    pub token: TokenId,
    /// The value.
    pub value: T,
}

impl<T> At<T> {
    pub(super) const fn new(token: TokenId, value: T) -> Self {
        Self { token, value }
    }
}

/// What is written, or what has to be evaluated for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'d, T> {
    /// It is written.
    Literal(T),
    /// It is known only when this is evaluated.
    Expression(&'d Evaluated),
}

impl<'d, T> Value<'d, T> {
    /// What is written.
    #[must_use]
    pub const fn literal(&self) -> Option<&T> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Expression(_) => None,
        }
    }

    /// What has to be evaluated.
    #[must_use]
    pub const fn expression(&self) -> Option<&'d Evaluated> {
        match self {
            Self::Literal(_) => None,
            Self::Expression(expression) => Some(expression),
        }
    }
}

/// A text as it is written.
pub type Name<'d> = At<&'d str>;

/// A text.
pub type Text<'d> = At<Value<'d, &'d str>>;

/// true or false.
pub type Flag<'d> = At<Value<'d, bool>>;

/// A number.
pub type Number<'d> = At<Value<'d, f64>>;

/// Texts as they are written: one alone, or a sequence. The token is that of all.
pub type Names<'d> = At<Vec<Name<'d>>>;

/// Texts: one alone, or a sequence; or an expression for all of them.
pub type Texts<'d> = At<Value<'d, Vec<Text<'d>>>>;

/// Keys with scalars: `env`, `with`, `outputs`; or an expression for all of them.
pub type Mapping<'d> = At<Value<'d, Vec<Entry<'d>>>>;

/// A key with its scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry<'d> {
    /// The key.
    pub key: At<Key<'d>>,
    /// What it has.
    pub value: At<Scalar<'d>>,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Key<'d> {
    /// It is written.
    Text(&'d str),
    /// `${{ insert }}`: the value is a mapping whose keys are put here.
    Insert,
    /// It is known only when this is evaluated.
    Expression(&'d Evaluated),
}

impl<'d> Key<'d> {
    /// The key that is written.
    #[must_use]
    pub const fn text(self) -> Option<&'d str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Insert | Self::Expression(_) => None,
        }
    }
}

/// A value without keys or items.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'d> {
    /// Nothing.
    Null,
    /// true or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(&'d str),
    /// It is known only when this is evaluated.
    Expression(&'d Evaluated),
    /// A sequence or a mapping, which may stand beside a key that is an expression.
    Tree,
}

impl<'d> Scalar<'d> {
    /// What has to be evaluated.
    #[must_use]
    pub const fn expression(self) -> Option<&'d Evaluated> {
        match self {
            Self::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    /// The text that is written.
    #[must_use]
    pub const fn text(self) -> Option<&'d str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What is written, as messages have it.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Text(text) => text.to_owned(),
            Self::Boolean(value) => value.to_string(),
            Self::Number(value) => crate::expression::Value::Number(value).to_text().into_owned(),
            Self::Null | Self::Expression(_) | Self::Tree => String::new(),
        }
    }
}

/// The value of a key that is written, whatever its case.
#[must_use]
pub fn value_of<'d>(entries: &[Entry<'d>], key: &str) -> Option<At<Scalar<'d>>> {
    let same =
        |entry: &&Entry<'d>| entry.key.value.text().is_some_and(|text| crate::expression::same(text, key));
    entries.iter().find(same).map(|entry| entry.value)
}
