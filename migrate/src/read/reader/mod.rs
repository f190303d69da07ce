//! The walk (runner: ObjectTemplating/TemplateReader.cs).

mod counts;
mod refusals;
mod scalars;

use std::collections::HashSet;

use super::document::{Document, Token, TokenId, TokenKind};
use super::limits::Limits;
use super::problem::{Problem, ProblemKind};
use super::seen::Seen;
use crate::expression::{Availability, Evaluated, units};
use crate::schema::{Candidates, ContextSet, DefinitionId, Loose, PropertyId, Schema};
use crate::span::Span;
use crate::yaml::{Kind, NodeId, Tree};

/// Reads a tree.
pub(super) fn read(tree: Tree, schema: &'static Schema, root: DefinitionId, limits: &Limits) -> Document {
    let mut reader = Reader::new(&tree, schema, limits);
    reader.whole(root);
    let Reader { tokens, templates, strings, problems, bytes, cut, .. } = reader;
    Document { schema, tokens, templates, strings, problems, bytes, cut, tree }
}

/// What is wrong with a tree that is to be what another definition says.
pub(super) fn problems(
    tree: &Tree,
    schema: &'static Schema,
    root: DefinitionId,
    limits: &Limits,
) -> Vec<Problem> {
    let mut reader = Reader::new(tree, schema, limits);
    reader.whole(root);
    reader.problems
}

struct Reader<'t> {
    tree: &'t Tree,
    schema: &'static Schema,
    limits: &'t Limits,
    tokens: Vec<Token>,
    templates: Vec<Evaluated>,
    strings: Vec<Box<str>>,
    problems: Vec<Problem>,
    bytes: usize,
    cut: HashSet<TokenId>,
    depth: usize,
    nodes: usize,
    /// How many bytes of text were looked at, those of an alias each time.
    text: usize,
    /// GitHub has stopped.
    stopped: bool,
    /// Nothing more is read: there is too much of it.
    halted: bool,
}

/// A scalar that was read, before anything is asked of it.
#[derive(Clone, Copy)]
struct Read {
    node: NodeId,
    kind: TokenKind,
    /// It is refused already, whatever may stand here.
    is_refused: bool,
}

/// Where a value stands, and what it is to be.
#[derive(Clone, Copy)]
struct Slot {
    definition: DefinitionId,
    contexts: ContextSet,
}

impl<'t> Reader<'t> {
    fn new(tree: &'t Tree, schema: &'static Schema, limits: &'t Limits) -> Self {
        Self {
            tree,
            schema,
            limits,
            tokens: Vec::with_capacity(tree.len()),
            templates: Vec::new(),
            strings: Vec::new(),
            problems: Vec::new(),
            bytes: 0,
            cut: HashSet::new(),
            depth: 0,
            nodes: 0,
            text: 0,
            stopped: false,
            halted: false,
        }
    }

    fn whole(&mut self, root: DefinitionId) {
        let size = units(self.tree.source());
        if size > self.limits.file_size {
            let limit = self.limits.file_size;
            let message = format!("The maximum file size of {limit} characters has been exceeded");
            self.stop(ProblemKind::Limit, Span::default(), message);
        }
        match (self.tree.root(), self.tree.error()) {
            (Some(node), _) => {
                let contexts = self.schema.contexts(root);
                self.value(node, Slot { definition: root, contexts });
            }
            (None, None) => {
                let message = "Expected document start parse event".to_owned();
                self.stop(ProblemKind::Documents, Span::default(), message);
                self.hint(Some("the file is empty: write on: and jobs:, or runs: in an action".to_owned()));
            }
            (None, Some(_)) => {}
        }
        if let Some(error) = self.tree.error() {
            self.stop(ProblemKind::Syntax, error.span, error.message.clone());
            self.hint(Some(error.hint.to_owned()));
        } else if let Some(second) = self.tree.roots().get(1) {
            let span = self.tree.full_span(*second);
            self.stop(ProblemKind::Documents, span, "Expected stream end parse event".to_owned());
            self.hint(Some(
                "take the --- or ... before this away, and what follows it: GitHub reads one document"
                    .to_owned(),
            ));
        }
    }

    /// Reads what stands at a node.
    fn value(&mut self, node: NodeId, slot: Slot) {
        if self.halted {
            return;
        }
        let node = self.resolve(node);
        match self.tree.node(node).kind() {
            Kind::Sequence(_) => self.sequence(node, slot),
            Kind::Mapping(_) => self.mapping(node, slot),
            Kind::Scalar(_) | Kind::Alias(_) => {
                let read = self.scalar(node, slot.contexts);
                let kind = self.validated(read, slot);
                self.count_bytes(kind, node);
                self.push(Token { next: 0, kind, node, property: None, ..slot.into() });
            }
        }
    }

    /// What an alias stands for. GitHub reads it as if it were written there.
    fn resolve(&mut self, node: NodeId) -> NodeId {
        if let Some((name, span)) = self.tree.properties(node).and_then(|read| read.anchor.as_ref())
            && !self.limits.anchors
        {
            let message = format!("Anchors are not currently supported. Remove the anchor '{name}'");
            self.stop(ProblemKind::Anchor, *span, message);
        }
        let Kind::Alias(target) = self.tree.node(node).kind() else { return node };
        let span = self.tree.node(node).span();
        let Some(target) = target else {
            let name = span.of(self.tree.source()).trim_start_matches('*').to_owned();
            self.stop(ProblemKind::Anchor, span, format!("Unknown anchor '{name}'"));
            self.hint(Some(UNKNOWN_ANCHOR.to_owned()));
            return node;
        };
        if !self.limits.anchors {
            self.stop(ProblemKind::Anchor, span, "Unexpected parsing event type: AnchorAlias".to_owned());
        }
        target
    }

    fn sequence(&mut self, node: NodeId, slot: Slot) {
        let Some(token) = self.enter(node, slot, TokenKind::Sequence) else { return };
        if let Some(item) = self.schema.definition(slot.definition).sequence() {
            let slot = self.below(slot, item);
            for child in self.tree.children(node) {
                if self.is_left_out(child) {
                    self.cut.insert(token);
                } else {
                    self.value(child, slot);
                }
            }
        } else {
            self.unexpected_structure(node, "A sequence was not expected", "write no list here");
        }
        self.leave(token);
    }

    fn mapping(&mut self, node: NodeId, slot: Slot) {
        let Some(token) = self.enter(node, slot, TokenKind::Mapping) else { return };
        let candidates = self.schema.candidates(slot.definition);
        if candidates.is_empty() {
            self.unexpected_structure(node, "A mapping was not expected", "write no keys here");
        } else {
            let definition = self.entries(token, node, slot, candidates);
            if let (Some(definition), Some(token)) = (definition, self.tokens.get_mut(token.index())) {
                token.definition = definition;
            }
        }
        self.leave(token);
    }

    /// The keys and values of a mapping; tells which one of several it turned out to be.
    fn entries(
        &mut self,
        token: TokenId,
        node: NodeId,
        slot: Slot,
        mut candidates: Candidates<'static>,
    ) -> Option<DefinitionId> {
        let only = candidates.only();
        let is_loose = only.is_some_and(|(_, mapping)| mapping.properties().is_empty());
        let loose = if is_loose { candidates.loose() } else { None };
        let (mut seen, mut has_expression) = (Seen::default(), false);
        for (key, value) in self.tree.pairs(node) {
            if self.is_left_out(key) || self.is_left_out(value) {
                self.cut.insert(token);
                continue;
            }
            let Some(read) = self.key(key, slot.contexts) else { continue };
            match read.kind {
                TokenKind::Expression(_) | TokenKind::Insert => {
                    has_expression = true;
                    self.expression_entry(read, value, slot, loose);
                }
                _ => self.entry(read, value, slot, &mut candidates, &mut seen),
            }
        }
        if !is_loose && !self.cut.contains(&token) && !self.halted && !self.is_cut_off(node) {
            self.check_keys(node, &candidates, &seen, has_expression);
        }
        candidates.only().map(|(id, _)| id)
    }

    /// A key: a scalar, whatever its type.
    fn key(&mut self, key: NodeId, contexts: ContextSet) -> Option<Read> {
        let node = self.resolve(key);
        if self.halted {
            return None;
        }
        if matches!(self.tree.node(node).kind(), Kind::Sequence(_) | Kind::Mapping(_)) {
            self.stop(ProblemKind::Key, self.tree.full_span(key), "Expected mapping end".to_owned());
            self.hint(Some("put the value in quotes: a { or [ within braces is a key".to_owned()));
            return None;
        }
        Some(self.scalar(node, contexts))
    }

    fn expression_entry(&mut self, read: Read, value: NodeId, slot: Slot, loose: Option<Loose>) {
        if slot.contexts.is_empty() {
            let span = self.tree.node(read.node).span();
            self.refuse(ProblemKind::NoExpressionHere, read.node, span, NO_EXPRESSION.to_owned());
            return;
        }
        self.count_bytes(read.kind, read.node);
        self.push(Token { kind: read.kind, node: read.node, property: None, next: 0, ..slot.into() });
        let definition = loose.map_or(DefinitionId::ANY, |loose| loose.value);
        self.value(value, self.below(slot, definition));
    }

    fn entry(
        &mut self,
        read: Read,
        value: NodeId,
        slot: Slot,
        candidates: &mut Candidates<'static>,
        seen: &mut Seen<'t>,
    ) {
        let kind = self.as_string(read);
        let text = self.string(kind, read.node);
        let is_new = seen.add(text.clone());
        let span = self.tree.node(read.node).span();
        if !is_new {
            self.refuse(ProblemKind::Duplicate, read.node, span, format!("'{text}' is already defined"));
            self.hint(Some("take one of the two away; case makes no difference".to_owned()));
            return;
        }
        let property = candidates.take(&text);
        if property.is_some() && !self.limits.background_steps && BACKGROUND.contains(&text.as_ref()) {
            self.refuse(ProblemKind::UnexpectedKey, read.node, span, format!("Unexpected value '{text}'"));
        } else if let Some(property) = property {
            self.key_token(kind, read.node, DefinitionId::STRING, slot, Some(property.id));
            self.value(value, self.below(slot, property.value));
        } else if let Some(loose) = candidates.loose() {
            let key = self.below(slot, loose.key);
            let kind = self.validated(Read { kind, ..read }, key);
            self.key_token(kind, read.node, loose.key, key, None);
            let before = self.problems.len();
            self.value(value, self.below(slot, loose.value));
            if text == "<<" {
                self.hint_at_merge(before, span);
            }
        } else if !self.ignores_keys(candidates) {
            let hint = super::hint::for_key(self.schema, candidates, &text);
            self.refuse(ProblemKind::UnexpectedKey, read.node, span, format!("Unexpected value '{text}'"));
            self.hint(hint);
        }
    }

    /// Whether nothing may stand where the schema asks for a mapping. The schema of GitHub's editor does not have it, but the
    /// published cases on-workflow_dispatch-inputs and -inputs-null do, and a root of the runner that is not used yet.
    fn may_be_empty(&self, definition: DefinitionId) -> bool {
        matches!(
            self.schema.definition(definition).name(),
            "workflow-dispatch-inputs" | "workflow-dispatch-input"
        )
    }

    /// Whether unknown keys are ignored here: by the published case on-workflow_dispatch-unknown-keys-ignored.
    fn ignores_keys(&self, candidates: &Candidates<'_>) -> bool {
        let only = candidates.only().map(|(id, _)| self.schema.definition(id).name());
        only == Some("workflow-dispatch-mapping")
    }

    fn key_token(
        &mut self,
        kind: TokenKind,
        node: NodeId,
        definition: DefinitionId,
        slot: Slot,
        property: Option<PropertyId>,
    ) {
        self.count_bytes(kind, node);
        self.push(Token { kind, node, definition, property, contexts: slot.contexts, next: 0 });
    }

    /// Whether the keys tell what the mapping is, and all that must be there are.
    fn check_keys(
        &mut self,
        node: NodeId,
        candidates: &Candidates<'static>,
        seen: &Seen<'t>,
        has_expression: bool,
    ) {
        let span = self
            .tree
            .pairs(node)
            .next()
            .map_or_else(|| self.tree.node(node).span(), |(key, _)| self.tree.node(key).span());
        let Some((_, mapping)) = candidates.only() else {
            let is_allowed = |key: &&str| self.limits.background_steps || !BACKGROUND.contains(key);
            let telling: Vec<_> = candidates.telling().into_iter().filter(is_allowed).collect();
            let telling = telling.join(", ");
            let message = format!(
                "There's not enough info to determine what you meant. Add one of these properties: {telling}"
            );
            return self.refuse(ProblemKind::Ambiguous, node, span, message);
        };
        for property in mapping.properties().iter().filter(|property| property.required && !has_expression) {
            if !seen.has(property.name) {
                let message = format!("Required property is missing: {}", property.name);
                self.refuse(ProblemKind::Missing, node, span, message);
                self.hint(Some(format!("add {}: beside this", property.name)));
            }
        }
    }

    /// Whether the source ends before this collection does, so that what it lacks is not known.
    fn is_cut_off(&self, node: NodeId) -> bool {
        self.tree.error().is_some() && self.tree.reaches_end(node)
    }

    fn below(&self, slot: Slot, definition: DefinitionId) -> Slot {
        Slot { definition, contexts: slot.contexts.with(self.schema.contexts(definition)) }
    }
}

/// The keys of steps that run in the background or have to do with those.
const BACKGROUND: [&str; 4] = ["background", "wait", "wait-all", "cancel"];

/// How many problems of a file are kept. GitHub keeps ten; a file with so many is no workflow.
const MAX_PROBLEMS: usize = 1_000;

const UNKNOWN_ANCHOR: &str = "put the value in quotes if the * belongs to it, or give the value that is meant this anchor, further up in the file";

const NO_EXPRESSION: &str = "A template expression is not allowed in this context";

/// What may be used where no context is.
static NOTHING: std::sync::LazyLock<Availability> = std::sync::LazyLock::new(Availability::new);

impl From<Slot> for Token {
    fn from(slot: Slot) -> Self {
        Self {
            kind: TokenKind::Null,
            node: NodeId::FIRST,
            definition: slot.definition,
            property: None,
            contexts: slot.contexts,
            next: 0,
        }
    }
}

/// Tokens are fewer than 2^32: [`Limits::nodes`] bounds them.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
