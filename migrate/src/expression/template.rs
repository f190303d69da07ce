//! Scalars of a workflow: text with `${{ ... }}` in it (runner: WorkflowParser/ObjectTemplating/TemplateReader.cs,
//! `ParseScalar`).

use super::availability::Availability;
use super::error::ExpressionError;
use super::joined::{self, Joined};
use super::parser::parse;
use super::tree::{Expression, Literal, NodeKind};
use super::value::text;
use crate::span::Span;

const OPEN: &str = "${{";
const CLOSE: &str = "}}";
const INSERT: &str = "insert";

/// What a scalar is, after YAML took its quotes and escapes away.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// Text. `${{ 'text' }}` is that, too.
    Text(String),
    /// `${{ insert }}`, which puts a mapping into another one.
    Insert,
    /// Something to evaluate.
    Expression(Evaluated),
}

/// A scalar that has to be evaluated.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The expressions as they stand in the scalar; at least one.
    pub parts: Vec<Part>,
    /// Whether there is anything beside one expression, be it a space. The value is text then.
    pub has_text: bool,
    joined: Joined,
}

/// Two are the same if they were read from the same.
impl PartialEq for Evaluated {
    fn eq(&self, other: &Self) -> bool {
        (self.has_text, &self.parts, &self.joined.format)
            == (other.has_text, &other.parts, &other.joined.format)
    }
}

/// An expression in a scalar.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Where it stands in the scalar, from `${{` to `}}`.
    pub outer: Span,
    /// Where it stands without these and the white space beside them. Spans of the expression start here.
    pub inner: Span,
    /// The expression.
    pub expression: Expression,
}

/// A scalar that GitHub refuses, with its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `${{` without `}}`.
    #[error(
        "The expression is not closed. An unescaped ${{{{ sequence was found, but the closing }}}} sequence was not found."
    )]
    NotClosed(Span),
    /// `${{ }}`
    #[error("An expression was expected")]
    Empty(Span),
    /// `insert` with something behind it; so many parameters.
    #[error(
        "Exactly 0 parameter(s) were expected following the directive 'insert'. Actual parameter count: {1}"
    )]
    DirectiveParameters(Span, usize),
    /// `insert` with text around it.
    #[error(
        "The directive 'insert' is not allowed in this context. Directives are not supported for expressions that are \
         embedded within a string. Directives are only supported when the entire value is an expression."
    )]
    DirectiveInText(Span),
    /// The expression at this place is wrong.
    #[error("{1}")]
    Expression(Span, ExpressionError),
}

impl TemplateError {
    /// The part of the scalar that is wrong.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::NotClosed(span)
            | Self::Empty(span)
            | Self::DirectiveParameters(span, _)
            | Self::DirectiveInText(span)
            | Self::Expression(span, _) => *span,
        }
    }
}

/// A piece of a scalar.
enum Segment {
    Text(Span),
    Expression(Part),
}

impl Template {
    /// Reads a scalar.
    ///
    /// # Errors
    /// The first thing that GitHub refuses.
    pub fn read(scalar: &str, availability: &Availability) -> Result<Self, TemplateError> {
        let mut segments = Vec::new();
        let mut at = 0;
        while let Some((before, after)) = scalar.get(at..).and_then(|rest| rest.split_once(OPEN)) {
            let start = at + before.len();
            if !before.is_empty() {
                segments.push(Segment::Text(Span::new(at, start)));
            }
            let length = closing(after).ok_or(TemplateError::NotClosed(Span::new(start, scalar.len())))?;
            at = start + OPEN.len() + length + CLOSE.len();
            let outer = Span::new(start, at);
            let inner = trimmed(scalar, Span::new(start + OPEN.len(), at - CLOSE.len()));
            if is_insert(scalar, inner, outer)? {
                let whole = outer == Span::new(0, scalar.len());
                return if whole { Ok(Self::Insert) } else { Err(TemplateError::DirectiveInText(outer)) };
            }
            segments.push(Segment::Expression(part(scalar, outer, inner, availability)?));
        }
        if at < scalar.len() || segments.is_empty() {
            segments.push(Segment::Text(Span::new(at, scalar.len())));
        }
        assemble(scalar, segments, availability)
    }
}

/// How far it is to the first `}}` outside of quotes.
fn closing(after: &str) -> Option<usize> {
    let (mut quoted, mut before) = (false, '{');
    for (at, character) in after.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '}' if !quoted && before == '}' => return Some(at - 1),
            _ => {}
        }
        before = character;
    }
    None
}

fn trimmed(scalar: &str, span: Span) -> Span {
    let text = span.of(scalar);
    let start = span.start + (text.len() - text.trim_start().len());
    Span::new(start, start + text.trim().len())
}

fn is_insert(scalar: &str, inner: Span, outer: Span) -> Result<bool, TemplateError> {
    let Some(rest) = inner.of(scalar).strip_prefix(INSERT) else { return Ok(false) };
    match rest.chars().next() {
        None => Ok(true),
        Some(next) if next.is_whitespace() => {
            Err(TemplateError::DirectiveParameters(outer, parameters(rest)))
        }
        Some(_) => Ok(false),
    }
}

/// How many words there are outside of quotes and parentheses.
fn parameters(text: &str) -> usize {
    let (mut quoted, mut open, mut in_word, mut words) = (false, 0_i64, false, 0);
    for character in text.chars() {
        if character.is_whitespace() && !quoted && open == 0 {
            in_word = false;
            continue;
        }
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => open += 1,
            ')' if !quoted => open -= 1,
            _ => {}
        }
        words += usize::from(!in_word);
        in_word = true;
    }
    words
}

fn part(scalar: &str, outer: Span, inner: Span, availability: &Availability) -> Result<Part, TemplateError> {
    if inner.start == inner.end {
        return Err(TemplateError::Empty(outer));
    }
    let expression = parse(inner.of(scalar), availability).map_err(|error| {
        let (start, end) = (error.span().start, error.span().end);
        TemplateError::Expression(Span::new(inner.start + start, inner.start + end), error)
    })?;
    Ok(Part { outer, inner, expression })
}

fn assemble(
    scalar: &str,
    mut segments: Vec<Segment>,
    availability: &Availability,
) -> Result<Template, TemplateError> {
    if segments.len() > 1 {
        return joined(scalar, segments, availability);
    }
    match segments.pop() {
        Some(Segment::Expression(part)) => Ok(match text_of(&part.expression) {
            Some(text) => Template::Text(text.to_owned()),
            None => {
                let joined = Joined::default();
                Template::Expression(Evaluated { parts: vec![part], has_text: false, joined })
            }
        }),
        Some(Segment::Text(span)) => Ok(Template::Text(span.of(scalar).to_owned())),
        None => Ok(Template::Text(String::new())),
    }
}

/// The text of an expression that is nothing but a string: not even one in parentheses.
fn text_of(expression: &Expression) -> Option<&str> {
    match expression.root().map(|root| &root.kind) {
        Some(NodeKind::Literal(Literal::String(text))) if expression.source().starts_with('\'') => Some(text),
        _ => None,
    }
}

/// `format` with all texts and expressions.
fn joined(
    scalar: &str,
    segments: Vec<Segment>,
    availability: &Availability,
) -> Result<Template, TemplateError> {
    let (mut format, mut parts) = (String::with_capacity(scalar.len()), Vec::new());
    for segment in segments {
        match segment {
            Segment::Text(span) => joined::push_text(&mut format, span.of(scalar)),
            Segment::Expression(part) => {
                joined::push_place(&mut format, parts.len());
                parts.push(part);
            }
        }
    }
    let joined = Joined::new(format, &parts, availability)
        .map_err(|error| TemplateError::Expression(Span::new(0, scalar.len()), error))?;
    Ok(Template::Expression(Evaluated { parts, has_text: true, joined }))
}

impl Evaluated {
    /// What GitHub evaluates: the expression that is all of the scalar, or `format` with the text around several. Its
    /// spans are those of its own source.
    #[must_use]
    pub fn expression(&self) -> &Expression {
        match self.parts.as_slice() {
            [part] if !self.has_text => &part.expression,
            parts => self.joined.expression(parts),
        }
    }

    /// How many UTF-16 units the source of that has.
    #[must_use]
    pub(crate) fn units(&self) -> usize {
        match self.parts.as_slice() {
            [part] if !self.has_text => text::units(part.expression.source()),
            parts => self.joined.units(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn availability() -> Availability {
        Availability::new().context("a").context("b")
    }

    fn source(scalar: &str) -> String {
        match Template::read(scalar, &availability()).unwrap() {
            Template::Expression(evaluated) => evaluated.expression().source().to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn text_around_expressions_becomes_format() {
        for (scalar, expected) in [
            ("${{ a }}", "a"),
            ("${{a}} ", "format('{0} ', a)"),
            ("${{ a }}\n", "format('{0}\n', a)"),
            ("x${{ a }}${{ b }}", "format('x{0}{1}', a, b)"),
            ("it's {${{ a }}}", "format('it''s {{{0}}}', a)"),
            ("${{ '}}' }}${{ a['}}'] }}", "format('{0}{1}', '}}', a['}}'])"),
            ("${{ ('x') }}", "('x')"),
            ("${{ a || 'it''s }}' }}", "a || 'it''s }}'"),
        ] {
            assert_eq!(source(scalar), expected, "{scalar}");
        }
    }

    #[test]
    fn what_needs_no_evaluation_is_text() {
        for (scalar, text) in [
            ("", ""),
            ("plain } text }}", "plain } text }}"),
            ("$ {{ a }}", "$ {{ a }}"),
            ("${{ '${{ a }}' }}", "${{ a }}"),
            ("${{ 'it''s' }}", "it's"),
        ] {
            assert_eq!(
                Template::read(scalar, &availability()),
                Ok(Template::Text(text.to_owned())),
                "{scalar}"
            );
        }
        assert_eq!(Template::read("${{ insert }}", &availability()), Ok(Template::Insert));
    }

    #[test]
    fn parts_know_where_they_stand() {
        let scalar = "é ${{  a.x }} ${{ b }}";
        let Ok(Template::Expression(evaluated)) = Template::read(scalar, &availability()) else { panic!() };
        let parts: Vec<_> =
            evaluated.parts.iter().map(|part| (part.outer.of(scalar), part.inner.of(scalar))).collect();
        assert_eq!(parts, [("${{  a.x }}", "a.x"), ("${{ b }}", "b")]);
        assert!(evaluated.has_text);
    }

    #[test]
    fn what_github_refuses_is_refused_at_its_place() {
        for (scalar, place, begins) in [
            ("x ${{ a", "${{ a", "The expression is not closed."),
            ("${{ 'a }}", "${{ 'a }}", "The expression is not closed."),
            ("${{}}", "${{}}", "An expression was expected"),
            ("x ${{ insert }}", "${{ insert }}", "The directive 'insert' is not allowed"),
            ("${{ insert a (b c) }}", "${{ insert a (b c) }}", "Exactly 0 parameter(s)"),
            ("${{ inserted }}", "inserted", "Unrecognized named-value: 'inserted'. Located at position 1"),
            ("x ${{ a && nope }}", "nope", "Unrecognized named-value: 'nope'. Located at position 6"),
        ] {
            let error = Template::read(scalar, &availability()).unwrap_err();
            assert_eq!(error.span().of(scalar), place, "{scalar}");
            assert!(error.to_string().starts_with(begins), "{scalar}: {error}");
        }
        let two = Template::read("${{ insert a (b c) }}", &availability()).unwrap_err();
        assert!(two.to_string().ends_with(": 2"), "{two}");
    }
}
