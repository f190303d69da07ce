//! What may be named in an expression: it depends on the key that the expression stands in.

use super::functions::{Function, Parameters};
use super::value::text;

/// The contexts and functions that an expression may use. The functions that GitHub offers everywhere are always there.
#[derive(Debug, Clone, Default)]
pub struct Availability {
    contexts: Vec<String>,
    functions: Vec<(Function, Parameters)>,
}

/// A word of a schema's list that is neither a context nor a function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to read what is available: {word} is neither a context nor a function such as hashFiles(1,255)"
)]
pub struct SchemaError {
    word: String,
}

impl Availability {
    /// No contexts, and the functions that are there everywhere.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a list as GitHub's schemas have it: `github`, `hashFiles(1,255)`, `success(0,MAX)`.
    ///
    /// # Errors
    /// When a word is no context and no function that is known here.
    pub fn from_schema<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, SchemaError> {
        words.into_iter().try_fold(Self::new(), |availability, word| {
            let wrong = || SchemaError { word: word.to_owned() };
            match word.strip_suffix(')').and_then(|word| word.split_once('(')) {
                Some((name, counts)) => {
                    let function = Function::named(name).ok_or_else(wrong)?;
                    Ok(availability.function_with(function, parameters(counts).ok_or_else(wrong)?))
                }
                None if word.contains(['(', ')']) => Err(wrong()),
                None => Ok(availability.context(word)),
            }
        })
    }

    /// Allows a context.
    #[must_use]
    pub fn context(mut self, name: &str) -> Self {
        self.contexts.push(text::folded(name));
        self
    }

    /// Allows a function that is not there everywhere.
    #[must_use]
    pub fn function_with(mut self, function: Function, parameters: Parameters) -> Self {
        self.functions.push((function, parameters));
        self
    }

    /// Whether a context of this name, whatever its case, may be used.
    #[must_use]
    pub fn has_context(&self, name: &str) -> bool {
        self.contexts.iter().any(|context| text::equal(context, name))
    }

    /// The function of this name, whatever its case, and how many arguments it takes; `None` where it may not be used.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<(Function, Parameters)> {
        let function = Function::named(name)?;
        let everywhere = function.everywhere().map(|parameters| (function, parameters));
        everywhere.or_else(|| self.functions.iter().find(|(allowed, _)| *allowed == function).copied())
    }
}

/// How many arguments, as schemas write it: `1,255` or `0,MAX`.
fn parameters(counts: &str) -> Option<Parameters> {
    let (least, most) = counts.split_once(',')?;
    let most = most.trim();
    let most = if most == "MAX" { usize::MAX } else { most.parse().ok()? };
    Some(Parameters { least: least.trim().parse().ok()?, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_schemas_are_read() {
        let words = ["github", "hashFiles(1,255)", "success(0,MAX)", "always(0,0)"];
        let availability = Availability::from_schema(words).unwrap();
        assert!(availability.has_context("GitHub") && !availability.has_context("env"));
        let success = (Function::Success, Parameters { least: 0, most: usize::MAX });
        assert_eq!(availability.function("SUCCESS"), Some(success));
        assert_eq!(availability.function("failure"), None);
        assert!(availability.function("toJson").is_some(), "is there everywhere");
    }

    #[test]
    fn what_a_schema_does_not_write_is_refused() {
        for word in ["nothing(0,1)", "always", "always(0)", "always(x,1)", "always(0,0", "case)"] {
            let read = Availability::from_schema([word]);
            assert_eq!(read.is_err(), word != "always", "{word} alone is a context of that name");
        }
    }
}
