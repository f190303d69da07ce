//! What an expression gives, in a form that both sides can write.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use towpath_migrate::expression::{Availability, Contexts, ExpressionError, Stage, Value, ValueKind, parse};

use crate::material::CONTEXTS;

/// A value, or an error by stage, text and position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// A value in full, as `shown` writes it.
    Value { value: String },
    Error {
        stage: String,
        /// Without the place at its end.
        text: String,
        position: Option<usize>,
    },
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { value } => f.write_str(value),
            Self::Error { stage, text, position } => {
                let position = position.map_or_else(|| "-".to_owned(), |position| position.to_string());
                write!(f, "! {stage} {position} {text}")
            }
        }
    }
}

/// Contexts that are read once.
pub(crate) struct Asked {
    contexts: Contexts,
    availability: Availability,
}

impl Asked {
    /// All sets of contexts.
    pub(crate) fn sets() -> Vec<Self> {
        CONTEXTS.iter().map(|json| Self::new(json)).collect()
    }

    pub(crate) fn new(json: &str) -> Self {
        let contexts = Contexts::from_json(json).unwrap();
        let availability = contexts.names().into_iter().fold(Availability::new(), Availability::context);
        Self { contexts, availability }
    }

    /// What we say, and the kind of the value if there is one.
    pub(crate) fn answer(&self, source: &str) -> (Answer, Option<ValueKind>) {
        let answer =
            parse(source, &self.availability).and_then(|expression| expression.evaluate(&self.contexts));
        match answer {
            Ok(value) => (Answer::Value { value: shown(&value) }, Some(value.kind())),
            Err(error) => (of_error(&error, source), None),
        }
    }
}

fn of_error(error: &ExpressionError, source: &str) -> Answer {
    let stage = match error.stage() {
        Stage::Lexing => "lexing",
        Stage::Parsing => "parsing",
        Stage::Evaluating => "evaluating",
    };
    let message = error.message();
    let text = match error.position() {
        Some(position) => {
            let place = format!(". Located at position {position} within expression: {source}");
            message.strip_suffix(&place).unwrap_or("a text that does not end with its place")
        }
        None => message,
    };
    Answer::Error { stage: stage.to_owned(), text: text.to_owned(), position: error.position() }
}

/// A value in full. Zero has no sign, since nothing in an expression can tell.
pub(crate) fn shown(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(boolean) => write!(out, "{boolean}").unwrap(),
        Value::Number(number) => out.push_str(&number_of_javascript(*number)),
        Value::String(text) => write_text(out, text),
        Value::Array(array) => {
            out.push('[');
            for (index, item) in array.items().iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (index, (name, item)) in object.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_text(out, name);
                out.push(':');
                write_value(out, item);
            }
            out.push('}');
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::to_string(text).unwrap());
}

/// The shortest digits that are read as this number, as JavaScript sets them.
fn number_of_javascript(number: f64) -> String {
    if !number.is_finite() || number == 0.0 {
        let word = if number > 0.0 { "Infinity" } else { "-Infinity" };
        return if number.is_nan() {
            "NaN"
        } else if number == 0.0 {
            "0"
        } else {
            word
        }
        .to_owned();
    }
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    let sign = if number < 0.0 { "-" } else { "" };
    if (-6..21).contains(&exponent) {
        return format!("{sign}{}", number.abs());
    }
    format!("{sign}{mantissa}e{}{}", if exponent < 0 { "-" } else { "+" }, exponent.abs())
}
