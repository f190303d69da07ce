//! What an expression gives in every world.

use std::cell::Cell;

use super::functions::{Function, Status};
use super::tree::{Expression, Literal, Node, NodeKind};
use super::value::Value;
use super::world::World;

/// Whether something is true wherever it is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Always true.
    True,
    /// Never true.
    False,
    /// It depends.
    Unknown,
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl Expression {
    /// The value that it has in every world, if it has one: nothing from outside is needed to know it.
    #[must_use]
    pub fn constant(&self) -> Option<Value> {
        let probe = Probe::default();
        let value = self.evaluate(&probe).ok()?;
        (!probe.asked.get()).then_some(value)
    }

    /// Whether it is true in every world, or in none, in which it has a value. What asks for the status of jobs is
    /// unknown.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.root().map_or(Truth::False, truth)
    }
}

impl Node {
    /// Whether it is true in every world, or in none, in which it has a value.
    #[must_use]
    pub fn truth(&self) -> Truth {
        truth(self)
    }

    /// Whether a status function is called anywhere in it.
    #[must_use]
    pub fn asks_for_status(&self) -> bool {
        let itself = matches!(&self.kind, NodeKind::Call { function, .. } if function.status().is_some());
        itself || self.children().into_iter().any(Self::asks_for_status)
    }
}

/// A world that notices when it is asked.
#[derive(Debug, Default)]
struct Probe {
    asked: Cell<bool>,
}

impl World for Probe {
    fn context(&self, _name: &str) -> Value {
        self.asked.set(true);
        Value::Null
    }

    fn status(&self, _status: Status, _jobs: &[String]) -> Result<bool, String> {
        self.asked.set(true);
        Ok(true)
    }

    fn hash_files(&self, _patterns: &[String], _follow_links: bool) -> Result<String, String> {
        self.asked.set(true);
        Ok(String::new())
    }
}

fn truth(node: &Node) -> Truth {
    match &node.kind {
        NodeKind::And(operands) => decided(operands, Truth::False),
        NodeKind::Or(operands) => decided(operands, Truth::True),
        NodeKind::Not(operand) => !truth(operand),
        NodeKind::Call { function: Function::ToJson, .. } => Truth::True,
        NodeKind::Call { function: Function::Format, name, arguments } => format_truth(name, arguments),
        _ => constant(node.clone()).map_or(Truth::Unknown, |value| value.is_truthy().into()),
    }
}

/// The truth of operands of which one decides, if any does.
fn decided(operands: &[Node], deciding: Truth) -> Truth {
    let mut all = !deciding;
    for operand in operands {
        match truth(operand) {
            one if one == deciding => return deciding,
            Truth::Unknown => all = Truth::Unknown,
            _ => {}
        }
    }
    all
}

/// Arguments only add to the text, so `format` that gives text without those that may be empty gives text with any.
fn format_truth(name: &str, arguments: &[Node]) -> Truth {
    let least = |argument: &Node| {
        let text = if is_some_text(argument) { "x" } else { "" };
        Node { kind: NodeKind::Literal(Literal::String(text.to_owned())), span: argument.span }
    };
    let Some((format, rest)) = arguments.split_first() else { return Truth::Unknown };
    let arguments: Vec<_> = std::iter::once(format.clone()).chain(rest.iter().map(least)).collect();
    let kind = NodeKind::Call { function: Function::Format, name: name.to_owned(), arguments };
    match constant(Node { kind, span: format.span }) {
        Some(text) if text.is_truthy() => Truth::True,
        Some(_) if rest.is_empty() => Truth::False,
        _ => Truth::Unknown,
    }
}

/// Whether something is never empty as a text, as `false` is not.
fn is_some_text(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Compare { .. } | NodeKind::Not(_) => true,
        NodeKind::Call { function, .. } => {
            let is_boolean =
                matches!(function, Function::Contains | Function::StartsWith | Function::EndsWith);
            is_boolean || *function == Function::ToJson || function.status().is_some()
        }
        NodeKind::Literal(_) => constant(node.clone()).is_some_and(|value| !value.to_text().is_empty()),
        _ => false,
    }
}

fn constant(node: Node) -> Option<Value> {
    Expression { source: String::new(), root: Some(node) }.constant()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Availability, parse};

    fn read(source: &str) -> Expression {
        let words = ["github", "always(0,0)", "success(0,0)", "hashFiles(1,255)"];
        parse(source, &Availability::from_schema(words).unwrap()).unwrap()
    }

    #[test]
    fn constants_need_nothing_from_outside() {
        for (source, value) in [
            ("1 == 1", Some("true")),
            ("false && github.ref", Some("false")),
            ("case(true, 'a', github.ref)", Some("\"a\"")),
            ("format('{0}', 1)", Some("\"1\"")),
            ("", Some("null")),
            ("github.ref", None),
            ("github.ref && false", None),
            ("always()", None),
            ("hashFiles('x')", None),
            ("fromJSON('x')", None),
        ] {
            let value = value.map(|json| Value::from_json(json).unwrap());
            assert_eq!(read(source).constant(), value, "{source}");
        }
    }

    #[test]
    fn truth_is_known_where_one_operand_decides() {
        for (source, known) in [
            ("github.ref && false", Truth::False),
            ("github.ref || 'x'", Truth::True),
            ("!(github.ref && 0)", Truth::True),
            ("github.ref && true", Truth::Unknown),
            ("github.ref == 'a' || 'b'", Truth::True),
            ("format('{0} ', github.ref)", Truth::True),
            ("format('{0}', github.ref)", Truth::Unknown),
            ("format('{{{0}}}', github.ref)", Truth::True),
            ("format(github.ref, 'x')", Truth::Unknown),
            ("format('{0}{1}', false, false)", Truth::True),
            ("format('{0}{1}', github.ref == 'a', !github.sha)", Truth::True),
            ("format('{0}{1}', github.ref, contains(github.ref, 'x'))", Truth::True),
            ("format('{1}', true, github.ref)", Truth::Unknown),
            ("format('{0}{1}', '', null)", Truth::Unknown),
            ("format('{0}', github.ref && true)", Truth::Unknown),
            ("toJSON(github)", Truth::True),
            ("always()", Truth::Unknown),
            ("", Truth::False),
        ] {
            assert_eq!(read(source).truth(), known, "{source}");
        }
    }

    #[test]
    fn status_is_asked_for_anywhere() {
        assert!(read("contains(toJSON(!Always()), 'x')").root().is_some_and(Node::asks_for_status));
        assert!(!read("github.always == 'always()'").root().is_some_and(Node::asks_for_status));
    }
}
