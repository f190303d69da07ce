//! The functions: their names, how many arguments they take, what they do.

mod format;
mod outside;
mod search;

use std::borrow::Cow;

use super::error::{ExpressionError, Kind};
use super::evaluate::{Evaluation, Outcome, exceeded, failed};
use super::json;
use super::limits::{Counter, Exceeded};
use super::museum::{Bug, planted, with_sorted_names};
use super::tree::Node;
use super::value::Value;

/// A function of GitHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// The value behind the first condition that is true.
    Case,
    /// Whether text has text, or an array a value.
    Contains,
    /// Whether text ends with text.
    EndsWith,
    /// Text with arguments put in.
    Format,
    /// The value of a JSON text.
    FromJson,
    /// A hash of files.
    HashFiles,
    /// The values of an array as one text.
    Join,
    /// Whether text starts with text.
    StartsWith,
    /// The JSON text of a value.
    ToJson,
    /// Whether nothing failed and nobody cancelled.
    Success,
    /// Whether something failed.
    Failure,
    /// True.
    Always,
    /// Whether somebody cancelled.
    Cancelled,
}

/// A state that the status functions ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Any.
    Always,
    /// Somebody cancelled.
    Cancelled,
    /// Something failed.
    Failure,
    /// Nothing failed.
    Success,
}

impl Status {
    /// The name of its function.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Cancelled => "cancelled",
            Self::Failure => "failure",
            Self::Success => "success",
        }
    }
}

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// At least so many.
    pub least: usize,
    /// At most so many.
    pub most: usize,
}

/// Names in the case in which GitHub documents them.
const NAMES: &[(&str, Function)] = &[
    ("case", Function::Case),
    ("contains", Function::Contains),
    ("endsWith", Function::EndsWith),
    ("format", Function::Format),
    ("fromJSON", Function::FromJson),
    ("hashFiles", Function::HashFiles),
    ("join", Function::Join),
    ("startsWith", Function::StartsWith),
    ("toJSON", Function::ToJson),
    ("success", Function::Success),
    ("failure", Function::Failure),
    ("always", Function::Always),
    ("cancelled", Function::Cancelled),
];

impl Function {
    /// The function of this name, whatever its case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        // A keyword is ASCII, so this is the runner's comparison.
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, function)| *function)
    }

    /// How many arguments it takes, for the functions that may be used everywhere (runner: ExpressionConstants.cs).
    pub(crate) const fn everywhere(self) -> Option<Parameters> {
        let (least, most) = match self {
            Self::Case => (3, 255),
            Self::Contains | Self::EndsWith | Self::StartsWith => (2, 2),
            Self::Format => (1, 255),
            Self::Join => (1, 2),
            Self::ToJson | Self::FromJson => (1, 1),
            Self::HashFiles | Self::Success | Self::Failure | Self::Always | Self::Cancelled => return None,
        };
        Some(Parameters { least, most })
    }

    /// The state that it asks for, if it is a status function. One of them in a condition takes the place of the
    /// `success()` that GitHub puts there otherwise.
    #[must_use]
    pub const fn status(self) -> Option<Status> {
        match self {
            Self::Always => Some(Status::Always),
            Self::Cancelled => Some(Status::Cancelled),
            Self::Failure => Some(Status::Failure),
            Self::Success => Some(Status::Success),
            _ => None,
        }
    }
}

/// A call being evaluated: its arguments are evaluated when they are asked for, as in the runner.
struct Call<'a, 'b> {
    evaluation: &'a mut Evaluation<'b>,
    node: &'a Node,
    arguments: &'a [Node],
    level: usize,
}

/// Evaluates a call, whose arguments stand at this level.
pub(crate) fn call(
    evaluation: &mut Evaluation<'_>,
    node: &Node,
    function: Function,
    arguments: &[Node],
    level: usize,
) -> Result<Outcome, ExpressionError> {
    let mut call = Call { evaluation, node, arguments, level };
    match function {
        Function::Case => call.case(),
        Function::Contains => search::contains(&mut call),
        Function::StartsWith => search::starts_with(&mut call),
        Function::EndsWith => search::ends_with(&mut call),
        Function::Format => format::format(&mut call),
        Function::Join => call.join(),
        Function::ToJson => call.print_json(),
        Function::FromJson => call.read_json(),
        Function::HashFiles => outside::hash_files(&mut call),
        Function::Success | Function::Failure | Function::Always | Function::Cancelled => {
            outside::status(&mut call, function.status().unwrap_or(Status::Always))
        }
    }
}

impl Call<'_, '_> {
    /// An argument; null where there is none.
    fn argument(&mut self, index: usize) -> Result<Value, ExpressionError> {
        match self.arguments.get(index) {
            Some(argument) => self.evaluation.node(argument, self.level),
            None => Ok(Value::Null),
        }
    }

    fn failed(&self, kind: Kind) -> ExpressionError {
        failed(self.node, kind)
    }

    fn exceeded(&self) -> ExpressionError {
        exceeded(self.node)
    }

    /// runner: Case.cs
    fn case(&mut self) -> Result<Outcome, ExpressionError> {
        let last = self.arguments.len().saturating_sub(1);
        for condition in (0..last).step_by(2) {
            match self.argument(condition)? {
                Value::Boolean(true) => return self.argument(condition + 1).map(Outcome::new),
                Value::Boolean(false) => {}
                other if planted(Bug::CaseTakesAnything) => {
                    if other.is_truthy() {
                        return self.argument(condition + 1).map(Outcome::new);
                    }
                }
                _ => return Err(self.failed(Kind::CasePredicate)),
            }
        }
        self.argument(last).map(Outcome::new)
    }

    /// runner: Join.cs
    fn join(&mut self) -> Result<Outcome, ExpressionError> {
        let items = self.argument(0)?;
        let Value::Array(array) = &items else {
            return Ok(Outcome::text(
                if items.is_primitive() { items.to_text() } else { Cow::default() }.as_ref(),
            ));
        };
        let separator = match array.items().len() {
            0 | 1 => Value::Null,
            _ if self.arguments.len() > 1 => self.argument(1)?,
            _ => Value::text(if planted(Bug::JoinWithoutComma) { "" } else { "," }),
        };
        let separator = if separator.is_primitive() { separator.to_text() } else { Cow::Borrowed(",") };
        let mut joined = String::new();
        let mut counter = Counter::default();
        let mut add = |piece: &str| {
            joined.push_str(piece);
            counter.add_string(piece)
        };
        for (index, item) in array.items().iter().enumerate() {
            let between = if index == 0 { Ok(()) } else { add(&separator) };
            between.and_then(|()| add(&item.to_text())).map_err(|Exceeded| self.exceeded())?;
        }
        Ok(Outcome::text(&joined))
    }

    fn print_json(&mut self) -> Result<Outcome, ExpressionError> {
        let mut value = self.argument(0)?;
        if planted(Bug::JsonSortsNames) {
            value = with_sorted_names(value);
        }
        json::write_counted(&value).map(|text| Outcome::text(&text)).map_err(|Exceeded| self.exceeded())
    }

    /// runner: FromJson.cs
    fn read_json(&mut self) -> Result<Outcome, ExpressionError> {
        let text = self.argument(0)?;
        let value =
            json::read(&text.to_text()).map_err(|error| self.failed(Kind::Json(error.to_string())))?;
        Ok(Outcome::found(value))
    }
}
