//! The constructs in a scalar: expressions with their functions, operators and contexts.

use super::construct::Role;
use super::contexts::Segment;
use super::facts::Embedding;
use super::walk::Walk;
use crate::expression::{self, Literal, Node, NodeKind};
use crate::read::{StringId, TokenId, TokenKind};
use crate::span::Span;
use crate::yaml::{Decoded, NodeId, ScalarStyle, Tree};

impl Walk<'_> {
    /// The expressions of a scalar.
    pub(super) fn scalar(&mut self, token: TokenId, node: NodeId, parent: Option<u32>) {
        let document = self.document;
        match document.token(token).kind {
            TokenKind::Insert => self.embedded(self.tree.node(node).span(), Embedding::Insert, parent),
            TokenKind::Expression(_) => {
                let Some(template) = document.template(token) else { return };
                let places = Places::of(self.tree, node);
                let embedding = if template.has_text { Embedding::InText } else { Embedding::Whole };
                for part in &template.parts {
                    let feature = self.catalogue.expression(embedding);
                    let construct = self.add(places.span(part.outer), feature, parent, Role::Part);
                    if let Some(root) = part.expression.root() {
                        self.expression(root, &places.from(part.inner.start), construct);
                    }
                }
            }
            TokenKind::String(id) => self.text(token, node, id, parent),
            _ => {}
        }
    }

    /// Text: a condition, `${{ 'text' }}`, or an expression that is wrong.
    fn text(&mut self, token: TokenId, node: NodeId, id: StringId, parent: Option<u32>) {
        let whole = self.tree.node(node).span();
        let definition = self.document.token(token).definition;
        let is_condition = self.rules.conditions.contains(&definition) && !whole.is_empty();
        let is_embedded = || self.tree.text(node).is_some_and(|text| text.contains("${{"));
        match id {
            StringId::Own(_) if is_embedded() => self.embedded(whole, Embedding::Whole, parent),
            StringId::Own(_) if is_condition => self.embedded(whole, Embedding::Bare, parent),
            StringId::Node if is_embedded() => {
                self.add(whole, None, parent, Role::Part);
            }
            StringId::Node if is_condition => self.condition(token, node, parent),
            _ => {}
        }
    }

    fn condition(&mut self, token: TokenId, node: NodeId, parent: Option<u32>) {
        let Some((text, availability)) = self.document.text(token).zip(self.document.availability(token))
        else {
            return;
        };
        let places = Places::of(self.tree, node);
        let whole = places.span(Span::new(0, text.len()));
        match expression::parse(text, availability) {
            Ok(expression) => {
                let feature = self.catalogue.expression(Embedding::Bare);
                let construct = self.add(whole, feature, parent, Role::Part);
                if let Some(root) = expression.root() {
                    self.expression(root, &places, construct);
                }
            }
            Err(_) => {
                self.add(whole, None, parent, Role::Part);
            }
        }
    }

    fn embedded(&mut self, span: Span, embedding: Embedding, parent: Option<u32>) {
        self.add(span, self.catalogue.expression(embedding), parent, Role::Part);
    }

    /// A node of an expression and those below it. Expressions are no deeper than GitHub allows.
    pub(super) fn expression(&mut self, node: &Node, places: &Places, parent: Option<u32>) {
        let mut path = Vec::new();
        let feature = match &node.kind {
            NodeKind::Literal(_) | NodeKind::Wildcard => return,
            NodeKind::NamedValue(_) | NodeKind::Index { .. } if is_path(node, &mut path) => {
                self.add(places.span(node.span), self.catalogue.context(&path), parent, Role::Part);
                return;
            }
            NodeKind::NamedValue(_) => return,
            NodeKind::Index { .. } => self.catalogue.operator("[]"),
            NodeKind::Call { function, .. } => self.catalogue.function(*function),
            NodeKind::Not(_) => self.catalogue.operator("!"),
            NodeKind::And(_) => self.catalogue.operator("&&"),
            NodeKind::Or(_) => self.catalogue.operator("||"),
            NodeKind::Compare { operator, .. } => self.catalogue.operator(operator.symbol()),
        };
        let construct = self.add(places.span(node.span), feature, parent, Role::Part);
        for child in node.children() {
            self.expression(child, places, construct);
        }
    }
}

/// Whether a node is a context with names and stars behind it, which are put into the path.
fn is_path<'a>(node: &'a Node, path: &mut Vec<Segment<'a>>) -> bool {
    match &node.kind {
        NodeKind::NamedValue(name) => path.push(Segment::Name(name)),
        NodeKind::Index { base, index } => {
            if !is_path(base, path) {
                return false;
            }
            path.push(match &index.kind {
                NodeKind::Literal(Literal::String(name)) => Segment::Name(name),
                NodeKind::Literal(_) => Segment::Name(""),
                NodeKind::Wildcard => Segment::All,
                _ => return false,
            });
        }
        _ => return false,
    }
    true
}

/// Where parts of a scalar's text stand in the source.
pub(super) struct Places {
    kind: PlacesKind,
    /// What the text begins with, in its scalar.
    base: usize,
}

#[derive(Clone)]
enum PlacesKind {
    /// The text stands in the source as it is, from here on.
    Same(usize),
    Decoded(std::rc::Rc<Decoded>),
}

impl Places {
    /// Decodes only where it must, and once.
    pub(super) fn of(tree: &Tree, node: NodeId) -> Self {
        let (span, text) = (tree.node(node).span(), tree.text(node).unwrap_or_default());
        let quote =
            usize::from(!matches!(tree.node(node).kind(), crate::yaml::Kind::Scalar(ScalarStyle::Plain)));
        let inner = Span::new(span.start + quote, span.start + quote + text.len());
        let kind = if span.end == inner.end + quote && inner.of(tree.source()) == text {
            PlacesKind::Same(inner.start)
        } else {
            PlacesKind::Decoded(std::rc::Rc::new(tree.decoded(node).unwrap_or_default()))
        };
        Self { kind, base: 0 }
    }

    /// Those of a part of the text.
    pub(super) fn from(&self, base: usize) -> Self {
        Self { kind: self.kind.clone(), base }
    }

    pub(super) fn span(&self, part: Span) -> Span {
        let part = Span::new(self.base + part.start, self.base + part.end);
        match &self.kind {
            PlacesKind::Same(start) => Span::new(start + part.start, start + part.end),
            PlacesKind::Decoded(decoded) => decoded.span(part),
        }
    }
}
