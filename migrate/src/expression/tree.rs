//! The tree of an expression.

use std::fmt::{self, Display as _};

use super::functions::Function;
use super::lexer::is_keyword;
use super::value::number;
use crate::span::Span;

/// An expression that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub(crate) source: String,
    pub(crate) root: Option<Node>,
}

impl Expression {
    /// The text it was read from. Spans count its bytes.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The tree; `None` where the text has nothing but white space, which is null.
    #[must_use]
    pub const fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }
}

/// A node of the tree, and where it stands.
///
/// Parentheses of a group belong to the operator around it: the span of `(a)` is that of `a`, and the span of `(a) == b`
/// has them.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it stands, in bytes of the source.
    pub span: Span,
}

/// Two trees are the same if they say the same, wherever they stand.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A value that is written out, or the name after a point.
    Literal(Literal),
    /// `*` as an index.
    Wildcard,
    /// A context, with its name as it is written.
    NamedValue(String),
    /// A call, with the function's name as it is written.
    Call {
        /// The function.
        function: Function,
        /// Its name as it is written.
        name: String,
        /// Its arguments.
        arguments: Vec<Node>,
    },
    /// A part of something: `base.index` or `base[index]`.
    Index {
        /// What has parts.
        base: Box<Node>,
        /// Which part.
        index: Box<Node>,
    },
    /// `!operand`
    Not(Box<Node>),
    /// `left operator right`
    Compare {
        /// How.
        operator: Operator,
        /// What stands on the left.
        left: Box<Node>,
        /// What stands on the right.
        right: Box<Node>,
    },
    /// Operands between `&&`, groups of them included.
    And(Vec<Node>),
    /// Operands between `||`, groups of them included.
    Or(Vec<Node>),
}

/// A value that is written out.
#[derive(Debug, Clone)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number.
    Number(f64),
    /// Text.
    String(String),
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            (Self::String(a), Self::String(b)) => a == b,
            _ => false,
        }
    }
}

/// An operator that compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// The operator as it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Node {
    /// The nodes below it, in the order of the source.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            NodeKind::Literal(_) | NodeKind::Wildcard | NodeKind::NamedValue(_) => Vec::new(),
            NodeKind::Call { arguments, .. } => arguments.iter().collect(),
            NodeKind::Index { base, index } => vec![base, index],
            NodeKind::Not(operand) => vec![operand],
            NodeKind::Compare { left, right, .. } => vec![left, right],
            NodeKind::And(operands) | NodeKind::Or(operands) => operands.iter().collect(),
        }
    }

    /// The same nodes, to be changed.
    pub(crate) fn children_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            NodeKind::Literal(_) | NodeKind::Wildcard | NodeKind::NamedValue(_) => Vec::new(),
            NodeKind::Call { arguments, .. } => arguments.iter_mut().collect(),
            NodeKind::Index { base, index } => vec![base, index],
            NodeKind::Not(operand) => vec![operand],
            NodeKind::Compare { left, right, .. } => vec![left, right],
            NodeKind::And(operands) | NodeKind::Or(operands) => operands.iter_mut().collect(),
        }
    }

    /// The expression as the runner prints it in its texts. It need not mean the same: numbers have 15 digits, and groups
    /// that no operator needs are left out (runner: `ConvertToExpression`).
    #[must_use]
    pub fn as_the_runner_prints(&self) -> String {
        Printed { node: self, faithful: false }.to_string()
    }
}

/// The expression, printed so that it is read as the same tree.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printed { node: self, faithful: true }.fmt(f)
    }
}

struct Printed<'a> {
    node: &'a Node,
    faithful: bool,
}

impl Printed<'_> {
    fn of<'b>(&self, node: &'b Node) -> Printed<'b> {
        Printed { node, faithful: self.faithful }
    }

    fn list(&self, f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
        for (index, node) in nodes.iter().enumerate() {
            if index > 0 {
                f.write_str(between)?;
            }
            self.of(node).fmt(f)?;
        }
        Ok(())
    }

    fn literal(&self, f: &mut fmt::Formatter<'_>, literal: &Literal) -> fmt::Result {
        match literal {
            Literal::Null => f.write_str("null"),
            Literal::Boolean(boolean) => write!(f, "{boolean}"),
            Literal::Number(number) if number.is_finite() && self.faithful => write!(f, "{number:e}"),
            Literal::Number(number) => f.write_str(&number::text(*number)),
            Literal::String(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }

    fn index(&self, f: &mut fmt::Formatter<'_>, base: &Node, index: &Node) -> fmt::Result {
        // Only names, calls, groups and parts of them can have parts.
        let grouped = self.faithful && matches!(base.kind, NodeKind::Literal(_) | NodeKind::Not(_));
        let (open, close) = if grouped { ("(", ")") } else { ("", "") };
        write!(f, "{open}{}{close}", self.of(base))?;
        match &index.kind {
            NodeKind::Wildcard => f.write_str(".*"),
            NodeKind::Literal(Literal::String(name)) if is_keyword(name) => write!(f, ".{name}"),
            _ => write!(f, "[{}]", self.of(index)),
        }
    }
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node.kind {
            NodeKind::Literal(literal) => self.literal(f, literal),
            NodeKind::Wildcard => f.write_str("*"),
            NodeKind::NamedValue(name) => f.write_str(name),
            NodeKind::Call { name, arguments, .. } => {
                write!(f, "{name}(")?;
                self.list(f, arguments, ", ")?;
                f.write_str(")")
            }
            NodeKind::Index { base, index } => self.index(f, base, index),
            NodeKind::Not(operand) => write!(f, "!{}", self.of(operand)),
            NodeKind::Compare { operator, left, right } => {
                write!(f, "({} {} {})", self.of(left), operator.symbol(), self.of(right))
            }
            NodeKind::And(operands) => {
                f.write_str("(")?;
                self.list(f, operands, " && ")?;
                f.write_str(")")
            }
            NodeKind::Or(operands) => {
                f.write_str("(")?;
                self.list(f, operands, " || ")?;
                f.write_str(")")
            }
        }
    }
}
