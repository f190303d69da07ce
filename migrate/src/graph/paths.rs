//! Which values of contexts an expression reads.

use std::fmt;

use crate::expression::{Evaluated, Expression, Literal, Node, NodeKind};
use crate::span::Span;

/// What stands for an index that is no name: `.*`, a number, or what has to be evaluated.
pub const ANY: &str = "*";

/// A value that an expression reads: the longest way of names from a context, such as `github.event.commits.*.message`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path<'e> {
    /// The context, and the names behind it; [`ANY`] where an index is no name.
    pub names: Vec<&'e str>,
    /// Where it stands in the expression.
    pub span: Span,
}

impl<'e> Path<'e> {
    /// The name of the context, as it is written.
    #[must_use]
    pub fn context(&self) -> &'e str {
        self.names.first().copied().unwrap_or_default()
    }

    /// Whether it begins with these names, whatever their case.
    #[must_use]
    pub fn starts_with(&self, names: &[&str]) -> bool {
        names.len() <= self.names.len()
            && self.names.iter().zip(names).all(|(a, b)| a.eq_ignore_ascii_case(b))
    }

    /// The name at this place.
    #[must_use]
    pub fn name(&self, at: usize) -> Option<&'e str> {
        self.names.get(at).copied()
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// All values that an expression reads, in the order of the source.
#[must_use]
pub fn paths(expression: &Expression) -> Vec<Path<'_>> {
    let mut found = Vec::new();
    if let Some(root) = expression.root() {
        collect(root, &mut found);
    }
    found
}

/// All values that a scalar reads, in the order of the source.
pub(crate) fn paths_of(scalar: &Evaluated) -> Vec<Path<'_>> {
    let mut found = Vec::new();
    let roots = scalar.parts.iter().filter_map(|part| part.expression.root());
    roots.for_each(|root| collect(root, &mut found));
    found
}

/// Adds all values that a node and those below it read.
pub fn collect<'e>(node: &'e Node, found: &mut Vec<Path<'e>>) {
    match &node.kind {
        NodeKind::Literal(_) | NodeKind::Wildcard => {}
        NodeKind::NamedValue(_) | NodeKind::Index { .. } => chain(node, found),
        NodeKind::Call { arguments, .. } => arguments.iter().for_each(|argument| collect(argument, found)),
        NodeKind::Not(operand) => collect(operand, found),
        NodeKind::Compare { left, right, .. } => {
            collect(left, found);
            collect(right, found);
        }
        NodeKind::And(operands) | NodeKind::Or(operands) => {
            operands.iter().for_each(|operand| collect(operand, found));
        }
    }
}

/// A chain of indices: one path if a context is at its start. What stands in brackets is looked at by itself.
fn chain<'e>(node: &'e Node, found: &mut Vec<Path<'e>>) {
    let mut names = Vec::new();
    let mut brackets = Vec::new();
    let mut at = node;
    while let NodeKind::Index { base, index } = &at.kind {
        names.push(match &index.kind {
            NodeKind::Literal(Literal::String(name)) => name.as_str(),
            NodeKind::Literal(_) | NodeKind::Wildcard => ANY,
            _ => {
                brackets.push(&**index);
                ANY
            }
        });
        at = base;
    }
    match &at.kind {
        NodeKind::NamedValue(context) => {
            names.push(context);
            names.reverse();
            found.push(Path { names, span: node.span });
        }
        _ => collect(at, found),
    }
    brackets.into_iter().rev().for_each(|index| collect(index, found));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Availability, parse};

    #[test]
    fn the_longest_ways_are_found() {
        let availability =
            ["github", "needs", "matrix", "env"].into_iter().fold(Availability::new(), Availability::context);
        for (source, expected) in [
            ("github.event.pull_request.title", "github.event.pull_request.title"),
            ("github['event']['a b']", "github.event.a b"),
            ("github.event.commits.*.message", "github.event.commits.*.message"),
            ("github.event.commits[0].message", "github.event.commits.*.message"),
            ("needs[matrix.job].result == env.x", "needs.*.result matrix.job env.x"),
            ("contains(toJSON(github), env.a) || !needs", "github env.a needs"),
            ("fromJSON(env.json).a[env.b].c", "env.json env.b"),
            ("GitHub", "GitHub"),
            ("1 == 'github.ref'", ""),
            ("", ""),
        ] {
            let expression = parse(source, &availability).unwrap();
            let found = paths(&expression);
            let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert_eq!(shown.join(" "), expected, "{source}");
            assert!(found.iter().all(|path| path.span.of(source).starts_with(path.context())), "{source}");
        }
        let expression = parse("needs[matrix.a].result", &availability).unwrap();
        let found = paths(&expression);
        assert_eq!(found[0].span, Span::new(0, 22));
        assert!(found[0].starts_with(&["NEEDS"]) && !found[0].starts_with(&["needs", "a"]));
        assert_eq!((found[0].context(), found[0].name(2), found[0].name(3)), ("needs", Some("result"), None));
    }
}
