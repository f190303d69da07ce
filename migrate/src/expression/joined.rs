//! Expressions with text around them: `format` with all of them, which GitHub makes of such a scalar. Most of what reads a file
//! asks only for its parts, so it is put together when somebody does.

use std::sync::OnceLock;

use super::availability::Availability;
use super::error::ExpressionError;
use super::functions::Function;
use super::limits::{MAX_DEPTH, MAX_LENGTH};
use super::parser::parse;
use super::template::Part;
use super::tree::{Expression, Literal, Node, NodeKind};
use super::value::text;
use crate::span::Span;

const NAME: &str = "format";
const OPEN: &str = "format('";
const CLOSE: &str = ")";
const BETWEEN: &str = ", ";

/// How many arguments `format` takes behind its text.
const MAX_PARTS: usize = 254;

/// `format` with the expressions of a scalar. The default is that of one that has no text.
#[derive(Debug, Clone, Default)]
pub(super) struct Joined {
    /// The text, with `{0}` and so on in the places of expressions.
    pub(super) format: Box<str>,
    expression: OnceLock<Expression>,
}

/// Adds text as it is written.
pub(super) fn push_text(format: &mut String, text: &str) {
    for piece in text.split_inclusive(['{', '}']) {
        format.push_str(piece);
        format.extend(piece.chars().next_back().filter(|last| matches!(last, '{' | '}')));
    }
}

/// Adds the place of an expression.
pub(super) fn push_place(format: &mut String, number: usize) {
    format.push('{');
    format.push_str(&number.to_string());
    format.push('}');
}

impl Joined {
    /// With a text in which the parts have their places.
    ///
    /// # Errors
    /// What GitHub refuses only of all together, since each part alone was taken.
    pub(super) fn new(
        format: String,
        parts: &[Part],
        availability: &Availability,
    ) -> Result<Self, ExpressionError> {
        let joined = Self { format: format.into_boxed_str(), expression: OnceLock::new() };
        if joined.may_be_refused(parts) {
            parse(&joined.source(parts), availability)?;
        }
        Ok(joined)
    }

    /// Whether it is, or may be, too long, or has too many arguments or levels.
    fn may_be_refused(&self, parts: &[Part]) -> bool {
        // Each level takes a byte at least.
        let may_be_deep = |part: &&Part| part.expression.source().len() >= MAX_DEPTH;
        let is_deep = |part: &Part| part.expression.root().is_some_and(|root| levels(root) >= MAX_DEPTH);
        let is_deep = |part| may_be_deep(&part) && is_deep(part);
        self.length(parts, str::len) > MAX_LENGTH || parts.len() > MAX_PARTS || parts.iter().any(is_deep)
    }

    /// How many UTF-16 units its source has.
    pub(super) fn units(&self, parts: &[Part]) -> usize {
        self.length(parts, text::units)
    }

    fn length(&self, parts: &[Part], of: fn(&str) -> usize) -> usize {
        let quotes = self.format.matches('\'').count();
        let parts: usize = parts.iter().map(|part| BETWEEN.len() + of(part.expression.source())).sum();
        OPEN.len() + of(&self.format) + quotes + "'".len() + parts + CLOSE.len()
    }

    fn source(&self, parts: &[Part]) -> String {
        let mut source = OPEN.to_owned();
        source.push_str(&self.format.replace('\'', "''"));
        source.push('\'');
        for part in parts {
            source.push_str(BETWEEN);
            source.push_str(part.expression.source());
        }
        source.push_str(CLOSE);
        source
    }

    /// As if its source was parsed: each part is the same there as alone.
    pub(super) fn expression(&self, parts: &[Part]) -> &Expression {
        self.expression.get_or_init(|| {
            let source = self.source(parts);
            let arguments: usize =
                parts.iter().map(|part| BETWEEN.len() + part.expression.source().len()).sum();
            let mut at = source.len() - CLOSE.len() - arguments;
            let text = Literal::String(self.format.to_string());
            let text = Node { kind: NodeKind::Literal(text), span: Span::new(NAME.len() + 1, at) };
            let mut nodes = vec![text];
            for part in parts {
                at += BETWEEN.len();
                nodes.extend(part.expression.root().map(|root| moved(root.clone(), at)));
                at += part.expression.source().len();
            }
            let kind = NodeKind::Call { function: Function::Format, name: NAME.to_owned(), arguments: nodes };
            let root = Node { kind, span: Span::new(0, source.len()) };
            Expression { source, root: Some(root) }
        })
    }
}

/// How many levels a node has, itself counted. Expressions are no deeper than GitHub allows.
fn levels(node: &Node) -> usize {
    1 + node.children().into_iter().map(levels).max().unwrap_or_default()
}

/// A node that stands so many bytes further on. Expressions are no deeper than GitHub allows.
fn moved(mut node: Node, by: usize) -> Node {
    shift(&mut node, by);
    node
}

fn shift(node: &mut Node, by: usize) {
    node.span = Span::new(node.span.start + by, node.span.end + by);
    node.children_mut().into_iter().for_each(|child| shift(child, by));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::error::Kind;
    use super::*;
    use crate::expression::{Evaluated, Template, TemplateError};

    fn availability() -> Availability {
        Availability::new().context("a").context("b")
    }

    fn evaluated(scalar: &str) -> Evaluated {
        match Template::read(scalar, &availability()) {
            Ok(Template::Expression(evaluated)) => evaluated,
            other => panic!("{scalar}: {other:?}"),
        }
    }

    /// Equal with all places.
    fn is_as_parsed(scalar: &str) {
        let evaluated = evaluated(scalar);
        let joined = evaluated.expression();
        let parsed = parse(joined.source(), &availability()).unwrap();
        assert_eq!(format!("{joined:?}"), format!("{parsed:?}"), "{scalar}");
        assert_eq!(evaluated.units(), text::units(joined.source()), "{scalar}");
    }

    #[test]
    fn it_is_what_its_source_is_parsed_to() {
        for scalar in [
            "${{ a }}",
            "${{ a }} ",
            "it's {${{ a.x[0] == 'it''s' }}}",
            "é ${{ !(a || b.*.c) && contains(a, 'é') }} \u{1f600}${{ format('{0}', a) }}",
            "${{ '}}' }}${{ a['}}'] }}",
            "a\n'${{ (a) }}'\n{}",
        ] {
            is_as_parsed(scalar);
        }
    }

    #[test]
    fn what_only_all_together_is_too_much_is_refused() {
        let refused = |scalar: &str| match Template::read(scalar, &availability()) {
            Err(TemplateError::Expression(span, error)) => {
                assert_eq!(span, Span::new(0, scalar.len()));
                Some(error)
            }
            Ok(_) => None,
            other => panic!("{other:?}"),
        };
        let long = |length: usize| format!("{}${{{{ a }}}}", "x".repeat(length));
        let fits = MAX_LENGTH - "format('{0}', a)".len();
        assert_eq!(refused(&long(fits)), None);
        let kind = |scalar: &str| refused(scalar).map(|error| error.kind().clone());
        assert_eq!(kind(&long(fits + 1)), Some(Kind::TooLong));
        let quoted = format!("{}${{{{ a }}}}", "'".repeat(fits / 2 + 1));
        assert_eq!(kind(&quoted), Some(Kind::TooLong), "each quote is two");
        let wide = format!("{}${{{{ a }}}}", "é".repeat(fits));
        assert_eq!(kind(&wide), None, "bytes do not count");
        let many = |count: usize| "x${{ a }}".repeat(count);
        assert_eq!(kind(&many(MAX_PARTS)), None);
        assert!(matches!(kind(&many(MAX_PARTS + 1)), Some(Kind::TooManyParameters(_))));
        let deep = |levels: usize| format!("x${{{{ {}a }}}}", "!".repeat(levels - 1));
        assert_eq!(kind(&deep(MAX_DEPTH - 1)), None);
        assert_eq!(kind(&deep(MAX_DEPTH)), Some(Kind::TooDeep));
        let flat = format!("x${{{{ {} }}}}", ["a"; MAX_DEPTH].join(" && "));
        assert_eq!(kind(&flat), None, "these are two levels");
        is_as_parsed(&deep(MAX_DEPTH - 1));
    }

    proptest! {
        #[test]
        fn any_text_around_any_expressions_is_as_parsed(
            texts in prop::collection::vec("[a'{}é \n]{0,4}", 3),
            inner in prop::collection::vec("a|b\\.c|!a|'x''y'|a == 1|\\(a\\)|contains\\(a, b\\)", 2),
        ) {
            let (first, second, third) = (&texts[0], &texts[1], &texts[2]);
            is_as_parsed(&format!("{first} ${{{{ {} }}}}{second}${{{{{}}}}}{third}", inner[0], inner[1]));
        }
    }
}
