//! The `if` of jobs and steps (runner: WorkflowParser/Conversion/WorkflowTemplateConverter.cs, `ConvertToIfCondition`).

use super::availability::Availability;
use super::constant::Truth;
use super::parser::parse;
use super::template::{Template, TemplateError};
use super::tree::{Expression, Node};
use crate::span::Span;

/// A condition as GitHub evaluates it.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is evaluated, `success()` included where GitHub puts it. Its spans are those of its own source.
    pub expression: Expression,
    /// What somebody wrote; `None` where there is nothing.
    pub written: Option<Expression>,
    /// Whether `success()` is there although nobody wrote it.
    pub implicit_success: bool,
    /// Whether anything stands beside one `${{ }}`, be it a space or the end of a line: the condition is text then, and
    /// true unless that is empty, whatever the expression says.
    pub has_text: bool,
}

impl Condition {
    /// Reads the value of an `if`, or what GitHub takes where there is none.
    ///
    /// `availability` must have `success()`.
    ///
    /// # Errors
    /// What GitHub refuses, at its place in the scalar.
    pub fn read(scalar: Option<&str>, availability: &Availability) -> Result<Self, TemplateError> {
        let scalar = scalar.unwrap_or_default();
        let whole = Span::new(0, scalar.len());
        let (written, has_text) = match Template::read(scalar, availability)? {
            Template::Expression(evaluated) => (evaluated.expression().clone(), evaluated.has_text),
            Template::Insert => return Err(TemplateError::DirectiveInText(whole)),
            // A string alone is read as an expression once more: ${{ 'false' }} is false.
            Template::Text(text) => (at_its_place(&text, scalar, availability)?, false),
        };
        let written = written.root().is_some().then_some(written);
        let root = written.as_ref().and_then(Expression::root);
        let implicit_success = !root.is_some_and(Node::asks_for_status);
        let source = match &written {
            Some(written) if implicit_success => format!("success() && ({})", written.source()),
            Some(written) => written.source().to_owned(),
            None => "success()".to_owned(),
        };
        let expression =
            parse(&source, availability).map_err(|error| TemplateError::Expression(whole, error))?;
        Ok(Self { expression, written, implicit_success, has_text })
    }

    /// Whether what was written says the same in every world. Nothing written is unknown: it asks for the status.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.written.as_ref().map_or(Truth::Unknown, Expression::truth)
    }
}

fn at_its_place(text: &str, scalar: &str, availability: &Availability) -> Result<Expression, TemplateError> {
    parse(text, availability).map_err(|error| {
        let span = if text == scalar { error.span() } else { Span::new(0, scalar.len()) };
        TemplateError::Expression(span, error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(scalar: Option<&str>) -> Condition {
        let words = ["github", "always(0,0)", "failure(0,MAX)", "cancelled(0,0)", "success(0,MAX)"];
        Condition::read(scalar, &Availability::from_schema(words).unwrap()).unwrap()
    }

    #[test]
    fn success_is_asked_for_unless_a_status_is() {
        for (scalar, evaluated) in [
            (None, "success()"),
            (Some(""), "success()"),
            (Some(" \n"), "success()"),
            (Some("github.ref == 'x'"), "success() && (github.ref == 'x')"),
            (Some("${{ github.ref == 'x' }}"), "success() && (github.ref == 'x')"),
            (
                Some("a || b".replace('a', "failure()").replace('b', "github.x").as_str()),
                "failure() || github.x",
            ),
            (Some("${{ !Cancelled() }}"), "!Cancelled()"),
            (Some("github.ref == 'always()'"), "success() && (github.ref == 'always()')"),
            (Some("${{ 'false' }}"), "success() && (false)"),
        ] {
            let condition = read(scalar);
            assert_eq!(condition.expression.source(), evaluated, "{scalar:?}");
            assert_eq!(condition.implicit_success, evaluated.starts_with("success()"), "{scalar:?}");
        }
    }

    #[test]
    fn text_beside_an_expression_makes_it_true() {
        for (scalar, truth, has_text) in [
            ("${{ github.ref == 'x' }} ", Truth::True, true),
            ("${{ github.ref == 'x' }}\n", Truth::True, true),
            ("${{ github.a }} && ${{ github.b }}", Truth::True, true),
            ("${{ github.a }}${{ github.b }}", Truth::Unknown, true),
            ("!${{ github.a }}", Truth::True, true),
            ("github.ref == 'x'\n", Truth::Unknown, false),
            ("${{ false }}", Truth::False, false),
            ("github.ref == 'a' || 'b'", Truth::True, false),
        ] {
            let condition = read(Some(scalar));
            assert_eq!((condition.truth(), condition.has_text), (truth, has_text), "{scalar:?}");
        }
    }
}
