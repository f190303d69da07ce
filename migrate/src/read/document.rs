//! What was read: tokens in the order of the source, each with the definition that it was read by.

use std::collections::HashSet;

use super::problem::Problem;
use crate::expression::{Availability, Evaluated};
use crate::schema::{ContextSet, DefinitionId, PropertyId, Schema};
use crate::span::Span;
use crate::yaml::{NodeId, Tree};

/// A token of a [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TokenId(pub(super) u32);

impl TokenId {
    /// Its number, in the order of reading.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A text of a [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StringId {
    /// The text of the token's node.
    Node,
    /// A text of its own: `${{ 'text' }}`, or a number read as text.
    Own(u32),
}

/// A scalar of a [`Document`] that has to be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TemplateId(pub(super) u32);

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TokenKind {
    /// Nothing.
    Null,
    /// true or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// Text; [`Document::text`] has it.
    String(StringId),
    /// A scalar with `${{ }}`; [`Document::template`] has it.
    Expression(TemplateId),
    /// `${{ insert }}`
    Insert,
    /// A sequence; its items are its children.
    Sequence,
    /// A mapping; its children are keys and values in turn.
    Mapping,
}

/// A value that was read. What GitHub skips since it may not be there is no token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is written. What comes by an alias is written at the anchor.
    pub node: NodeId,
    /// What the schema says that it is. One of several mappings is told by its keys.
    pub definition: DefinitionId,
    /// For a key that the schema knows by name: which one.
    pub property: Option<PropertyId>,
    /// The contexts and functions that an expression may use here.
    pub contexts: ContextSet,
    /// The first token that is not below this one.
    pub(super) next: u32,
}

/// A file as GitHub reads it.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) tree: Tree,
    pub(super) schema: &'static Schema,
    pub(super) tokens: Vec<Token>,
    pub(super) templates: Vec<Evaluated>,
    pub(super) strings: Vec<Box<str>>,
    pub(super) problems: Vec<Problem>,
    pub(super) bytes: usize,
    /// Collections of which not all was read, since there is too much.
    pub(super) cut: HashSet<TokenId>,
}

impl Document {
    /// The source with its nodes.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The schema that it was read by.
    #[must_use]
    pub const fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// What GitHub refuses, in its order.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How large the result is, in bytes as GitHub counts them.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether not all of a collection was read, so that what it lacks is not known: there is too much of it, or the source
    /// stops being YAML within it.
    #[must_use]
    pub fn is_cut_off(&self, id: TokenId) -> bool {
        let ends_within = || self.tree.error().is_some() && self.tree.reaches_end(self.token(id).node);
        self.cut.contains(&id) || ends_within()
    }

    /// All of it; `None` if nothing was read.
    #[must_use]
    pub fn root(&self) -> Option<TokenId> {
        (!self.tokens.is_empty()).then_some(TokenId(0))
    }

    /// All tokens, in the order of reading.
    pub fn tokens(&self) -> impl Iterator<Item = (TokenId, &Token)> {
        (0..).map(TokenId).zip(&self.tokens)
    }

    /// A token. An id of another document gives nothing.
    #[must_use]
    pub fn token(&self, id: TokenId) -> &Token {
        self.tokens.get(id.index()).unwrap_or(&NOTHING)
    }

    /// Where a token is written, without tag and anchor.
    #[must_use]
    pub fn span(&self, id: TokenId) -> Span {
        self.tree.node(self.token(id).node).span()
    }

    /// The text of a token that is text.
    #[must_use]
    pub fn text(&self, id: TokenId) -> Option<&str> {
        let token = self.token(id);
        match token.kind {
            TokenKind::String(StringId::Node) => self.tree.text(token.node),
            TokenKind::String(StringId::Own(own)) => self.strings.get(own as usize).map(AsRef::as_ref),
            _ => None,
        }
    }

    /// What has to be evaluated of a token.
    #[must_use]
    pub fn template(&self, id: TokenId) -> Option<&Evaluated> {
        match self.token(id).kind {
            TokenKind::Expression(TemplateId(template)) => self.templates.get(template as usize),
            _ => None,
        }
    }

    /// What an expression may use at a token.
    #[must_use]
    pub fn availability(&self, id: TokenId) -> Option<&'static Availability> {
        self.schema.availability(self.token(id).contexts)
    }

    /// The items of a sequence, or the keys and values of a mapping in turn; nothing for others.
    pub fn children(&self, id: TokenId) -> impl Iterator<Item = TokenId> + '_ {
        let (mut at, end) = (id.0 + 1, self.token(id).next);
        std::iter::from_fn(move || {
            let child = (at < end).then_some(TokenId(at))?;
            at = self.token(child).next.max(at + 1);
            Some(child)
        })
    }

    /// The token that was read before this one, such as the key of a value.
    #[must_use]
    pub fn before(&self, id: TokenId) -> Option<TokenId> {
        id.0.checked_sub(1).map(TokenId)
    }

    /// The keys of a mapping with their values; nothing for others.
    pub fn pairs(&self, id: TokenId) -> impl Iterator<Item = (TokenId, TokenId)> + '_ {
        let is_mapping = self.token(id).kind == TokenKind::Mapping;
        let mut children = self.children(id);
        std::iter::from_fn(move || children.next().zip(children.next())).filter(move |_| is_mapping)
    }

    /// The value of the key with exactly this text.
    #[must_use]
    pub fn get(&self, mapping: TokenId, key: &str) -> Option<TokenId> {
        self.pairs(mapping).find(|(name, _)| self.text(*name) == Some(key)).map(|(_, value)| value)
    }

    /// The value at the end of a way of keys.
    #[must_use]
    pub fn find(&self, from: TokenId, way: &[&str]) -> Option<TokenId> {
        way.iter().try_fold(from, |at, key| self.get(at, key))
    }
}

/// What an id of another document stands for.
static NOTHING: Token = Token {
    kind: TokenKind::Null,
    node: NodeId::FIRST,
    definition: DefinitionId::NULL,
    property: None,
    contexts: ContextSet::NONE,
    next: 0,
};
