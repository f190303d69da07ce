//! Evaluates a tree, and counts what that takes as the runner does (runner: ExpressionNode.cs, `Evaluate`).

use std::sync::Arc;

use super::error::{ExpressionError, Kind, Stage};
use super::functions;
use super::limits::{Counter, Exceeded, Memory, OBJECT, POINTER, value_bytes};
use super::museum::{Bug, planted};
use super::tree::{Expression, Literal, Node, NodeKind, Operator};
use super::value::{Array, Value};
use super::world::World;

impl Expression {
    /// The value of the expression in a world.
    ///
    /// # Errors
    /// What the runner would say, with the node at which it would.
    pub fn evaluate(&self, world: &dyn World) -> Result<Value, ExpressionError> {
        self.root.as_ref().map_or(Ok(Value::Null), |root| root.evaluate(world))
    }
}

impl Node {
    /// The value of a part of an expression, as if it stood alone.
    ///
    /// # Errors
    /// What the runner would say, with the node at which it would.
    pub fn evaluate(&self, world: &dyn World) -> Result<Value, ExpressionError> {
        Evaluation { world, root: self, memory: Memory::default() }.node(self, 0)
    }
}

/// One evaluation.
pub(crate) struct Evaluation<'a> {
    pub(crate) world: &'a dyn World,
    root: &'a Node,
    memory: Memory,
}

/// What a node gave, and how it is counted.
pub(crate) struct Outcome {
    value: Value,
    /// It stood in a context or in JSON, where the runner wraps simple values: the wrapping counts, too.
    wrapped: bool,
    /// What was built for it, where that is not simply the value.
    bytes: Option<usize>,
}

impl Outcome {
    /// A new value.
    pub(crate) const fn new(value: Value) -> Self {
        Self { value, wrapped: false, bytes: None }
    }

    /// A value that stood somewhere.
    pub(crate) fn found(value: Value) -> Self {
        let wrapped = value.is_primitive() && !matches!(value, Value::Null);
        Self { value, wrapped, bytes: None }
    }

    /// A new boolean.
    pub(crate) const fn boolean(boolean: bool) -> Self {
        Self::new(Value::Boolean(boolean))
    }

    /// New text.
    pub(crate) fn text(text: &str) -> Self {
        Self::new(Value::text(text))
    }
}

/// An error at a node.
pub(crate) fn failed(node: &Node, kind: Kind) -> ExpressionError {
    ExpressionError::of(Stage::Evaluating, kind, node.span)
}

/// There is no room for what this node builds.
pub(crate) fn exceeded(node: &Node) -> ExpressionError {
    failed(node, Kind::MemoryExceeded(node.as_the_runner_prints()))
}

impl Evaluation<'_> {
    /// The value of a node that stands at this level. Trees have few levels, so this may recurse.
    pub(crate) fn node(&mut self, node: &Node, level: usize) -> Result<Value, ExpressionError> {
        let outcome = self.outcome(node, level)?;
        self.count(&outcome, level).map_err(|Exceeded| {
            // The runner names the whole expression, whichever part took the last byte.
            let kind = Kind::MemoryExceeded(self.root.as_the_runner_prints());
            failed(node, kind)
        })?;
        Ok(outcome.value)
    }

    fn count(&mut self, outcome: &Outcome, level: usize) -> Result<(), Exceeded> {
        let value = &outcome.value;
        let trim = !outcome.wrapped && value.is_primitive();
        let own = if outcome.wrapped { OBJECT } else { value_bytes(value) };
        self.memory.add(level, outcome.bytes.unwrap_or(own), trim)?;
        if outcome.wrapped { self.memory.add(level, value_bytes(value), false) } else { Ok(()) }
    }

    fn outcome(&mut self, node: &Node, level: usize) -> Result<Outcome, ExpressionError> {
        match &node.kind {
            NodeKind::Literal(literal) => Ok(Outcome::new(literal_value(literal))),
            NodeKind::Wildcard => Ok(Outcome::text("*")),
            NodeKind::NamedValue(name) => Ok(Outcome::found(self.world.context(name))),
            NodeKind::Call { function, arguments, .. } => {
                functions::call(self, node, *function, arguments, level + 1)
            }
            NodeKind::Index { base, index } => self.index(node, base, index, level + 1),
            NodeKind::Not(operand) => Ok(Outcome::boolean(!self.node(operand, level + 1)?.is_truthy())),
            NodeKind::Compare { operator, left, right } => {
                let left = self.node(left, level + 1)?;
                let right = self.node(right, level + 1)?;
                Ok(Outcome::boolean(compare(*operator, &left, &right)))
            }
            NodeKind::And(operands) => self.first(operands, level + 1, |value| !value.is_truthy()),
            NodeKind::Or(operands) => self.first(operands, level + 1, Value::is_truthy),
        }
    }

    /// The first operand that decides, or the last one. Those behind it are not evaluated.
    fn first(
        &mut self,
        operands: &[Node],
        level: usize,
        decides: impl Fn(&Value) -> bool,
    ) -> Result<Outcome, ExpressionError> {
        let mut value = Value::Null;
        for operand in operands {
            value = self.node(operand, level)?;
            if decides(&value) {
                break;
            }
        }
        if planted(Bug::NoShortCircuit) {
            operands.iter().try_for_each(|operand| self.node(operand, level).map(drop))?;
        }
        if planted(Bug::LogicGivesBoolean) {
            return Ok(Outcome::boolean(value.is_truthy()));
        }
        Ok(Outcome::new(value))
    }

    /// A part of something (runner: Index.cs). The index is not evaluated where there are no parts.
    fn index(
        &mut self,
        node: &Node,
        base: &Node,
        index: &Node,
        level: usize,
    ) -> Result<Outcome, ExpressionError> {
        let base = self.node(base, level)?;
        let every = matches!(index.kind, NodeKind::Wildcard);
        if base.is_primitive() {
            let none = if planted(Bug::PartOfNullIsText) { Value::text("") } else { Value::Null };
            return Ok(Outcome::new(if every { filtered(Vec::new()) } else { none }));
        }
        let index = self.node(index, level)?;
        match &base {
            Value::Array(array) if array.is_filtered() => {
                let mut found = Vec::new();
                for item in array.items() {
                    if every {
                        found.extend(parts(item));
                    } else {
                        let missing = planted(Bug::MissingPartIsNull).then_some(Value::Null);
                        found.extend(part(item, &index).or(missing));
                    }
                }
                collected(node, found, 0)
            }
            _ if every => collected(node, parts(&base), OBJECT),
            _ => Ok(Outcome::found(part(&base, &index).unwrap_or(Value::Null))),
        }
    }
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(boolean) => Value::Boolean(*boolean),
        Literal::Number(number) => Value::Number(*number),
        Literal::String(text) => Value::text(text),
    }
}

fn compare(operator: Operator, left: &Value, right: &Value) -> bool {
    match operator {
        Operator::Equal => left.equals(right),
        Operator::NotEqual => !left.equals(right),
        Operator::Less => left.is_less(right),
        Operator::LessOrEqual if planted(Bug::LessOrEqualIsNotGreater) => !left.is_greater(right),
        Operator::LessOrEqual => left.equals(right) || left.is_less(right),
        Operator::Greater => left.is_greater(right),
        Operator::GreaterOrEqual => left.equals(right) || left.is_greater(right),
    }
}

fn filtered(items: Vec<Value>) -> Value {
    Value::Array(Arc::new(Array::filtered(items)))
}

/// What `.*` found, with what it counts.
fn collected(node: &Node, found: Vec<Value>, overhead: usize) -> Result<Outcome, ExpressionError> {
    let mut counter = Counter::default();
    let bytes = found.len().saturating_mul(POINTER).saturating_add(overhead);
    counter.add(bytes).map_err(|Exceeded| exceeded(node))?;
    Ok(Outcome { value: filtered(found), wrapped: false, bytes: Some(counter.bytes()) })
}

/// All parts of an array or object.
fn parts(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(array) => array.items().to_vec(),
        Value::Object(object) => object.iter().map(|(_, item)| item.clone()).collect(),
        _ => Vec::new(),
    }
}

/// One part, by name or number.
pub(crate) fn part(value: &Value, index: &Value) -> Option<Value> {
    match value {
        Value::Array(array) if planted(Bug::IndexFromEnd) && index.to_number() == -1.0 => {
            array.items().last().cloned()
        }
        Value::Array(array) => array.items().get(place(index)?).cloned(),
        Value::Object(object) if index.is_primitive() => object.get(&index.to_text()).cloned(),
        _ => None,
    }
}

/// A place in an array: the number, rounded down, if it is one from 0 to 2147483647.
fn place(index: &Value) -> Option<usize> {
    let number = index.to_number();
    let number = if planted(Bug::IndexRounds) { number.round() } else { number };
    if number.is_nan() || number < 0.0 || number.floor() > f64::from(i32::MAX) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    Some(number.floor() as usize)
}
