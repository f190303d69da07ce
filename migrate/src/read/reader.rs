//! The walk (runner: ObjectTemplating/TemplateReader.cs).

use super::document::{Document, StringId, TemplateId, Token, TokenId, TokenKind};
use super::limits::{Limits, OBJECT, TEXT};
use super::problem::{Problem, ProblemKind};
use super::scalar::{self, Refused, Value};
use super::seen::Seen;
use crate::expression::{Availability, Evaluated, Template, TemplateError, units};
use crate::schema::{Candidates, ContextSet, DefinitionId, Loose, PropertyId, Scalar, Schema};
use crate::span::Span;
use crate::yaml::{Kind, NodeId, ScalarStyle, Tree};

/// Reads a tree.
pub(super) fn read(tree: Tree, schema: &'static Schema, root: DefinitionId, limits: &Limits) -> Document {
    let mut reader = Reader::new(&tree, schema, limits);
    reader.whole(root);
    let Reader { tokens, templates, strings, problems, bytes, .. } = reader;
    Document { schema, tokens, templates, strings, problems, bytes, tree }
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
    depth: usize,
    nodes: usize,
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
            depth: 0,
            nodes: 0,
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
                self.value(child, slot);
            }
        } else {
            self.unexpected_structure(node, "A sequence was not expected");
        }
        self.leave(token);
    }

    fn mapping(&mut self, node: NodeId, slot: Slot) {
        let Some(token) = self.enter(node, slot, TokenKind::Mapping) else { return };
        let candidates = self.schema.candidates(slot.definition);
        if candidates.is_empty() {
            self.unexpected_structure(node, "A mapping was not expected");
        } else {
            let definition = self.entries(node, slot, candidates);
            if let (Some(definition), Some(token)) = (definition, self.tokens.get_mut(token.index())) {
                token.definition = definition;
            }
        }
        self.leave(token);
    }

    /// The keys and values of a mapping; tells which one of several it turned out to be.
    fn entries(
        &mut self,
        node: NodeId,
        slot: Slot,
        mut candidates: Candidates<'static>,
    ) -> Option<DefinitionId> {
        let only = candidates.only();
        let is_loose = only.is_some_and(|(_, mapping)| mapping.properties().is_empty());
        let loose = if is_loose { candidates.loose() } else { None };
        let (mut seen, mut has_expression) = (Seen::default(), false);
        for (key, value) in self.tree.pairs(node) {
            let Some(read) = self.key(key, slot.contexts) else { continue };
            match read.kind {
                TokenKind::Expression(_) | TokenKind::Insert => {
                    has_expression = true;
                    self.expression_entry(read, value, slot, loose);
                }
                _ => self.entry(read, value, slot, &mut candidates, &mut seen),
            }
        }
        if !is_loose && !self.is_cut_off(node) {
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
            self.value(value, self.below(slot, loose.value));
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
            }
        }
    }

    /// Whether the source ends before this collection does, so that what it lacks is not known.
    fn is_cut_off(&self, node: NodeId) -> bool {
        self.tree.error().is_some() && self.tree.reaches_end(node)
    }

    /// A scalar as it is: a value, or a text with its expressions.
    fn scalar(&mut self, node: NodeId, contexts: ContextSet) -> Read {
        self.count_nodes(1);
        let (Kind::Scalar(style), Some(text)) = (self.tree.node(node).kind(), self.tree.text(node)) else {
            return Read { node, kind: TokenKind::Null };
        };
        let tag = self.tree.properties(node).and_then(|read| read.tag.as_ref()).map(|(tag, _)| tag.as_ref());
        let kind = match scalar::value(text, style, tag) {
            Ok(Value::Null) => TokenKind::Null,
            Ok(Value::Boolean(value)) => TokenKind::Boolean(value),
            Ok(Value::Number(value)) => TokenKind::Number(value),
            Ok(Value::String) => self.text(node, text, contexts),
            Err(refused) => {
                self.refuse_tag(node, text, style, tag.unwrap_or_default(), &refused);
                TokenKind::String(StringId::Node)
            }
        };
        Read { node, kind }
    }

    fn text(&mut self, node: NodeId, text: &str, contexts: ContextSet) -> TokenKind {
        if !text.contains("${{") {
            return TokenKind::String(StringId::Node);
        }
        let availability = self.schema.availability(contexts).unwrap_or(&NOTHING);
        match Template::read(text, availability) {
            Ok(Template::Text(own)) if own == text => TokenKind::String(StringId::Node),
            Ok(Template::Text(own)) => self.own(own),
            Ok(Template::Insert) => TokenKind::Insert,
            Ok(Template::Expression(evaluated)) => {
                self.templates.push(evaluated);
                TokenKind::Expression(TemplateId(short(self.templates.len() - 1)))
            }
            Err(error) => {
                self.refuse_expression(node, error);
                TokenKind::String(StringId::Node)
            }
        }
    }

    /// Whether a scalar may be here, as it is or as text.
    fn validated(&mut self, read: Read, slot: Slot) -> TokenKind {
        let span = self.tree.node(read.node).span();
        let definition = self.schema.definition(slot.definition);
        let accepted = match read.kind {
            TokenKind::Null => definition.accepts(Scalar::Null),
            TokenKind::Boolean(_) => definition.accepts(Scalar::Boolean),
            TokenKind::Number(_) => definition.accepts(Scalar::Number),
            TokenKind::String(_) => definition.accepts(Scalar::String(&self.string(read.kind, read.node))),
            TokenKind::Expression(_) => {
                if slot.contexts.is_empty() {
                    self.refuse(ProblemKind::NoExpressionHere, read.node, span, NO_EXPRESSION.to_owned());
                }
                return read.kind;
            }
            _ => {
                self.refuse(
                    ProblemKind::UnexpectedValue,
                    read.node,
                    span,
                    "Unexpected value 'insert'".to_owned(),
                );
                return read.kind;
            }
        };
        if accepted || (read.kind == TokenKind::Null && self.may_be_empty(slot.definition)) {
            return read.kind;
        }
        let is_text = matches!(read.kind, TokenKind::String(_));
        let kind = if definition.is_raw() { TokenKind::String(StringId::Node) } else { self.as_string(read) };
        let text = self.string(kind, read.node);
        if is_text || !definition.accepts(Scalar::String(&text)) {
            let hint = super::hint::for_value(definition, &text);
            self.refuse(ProblemKind::UnexpectedValue, read.node, span, format!("Unexpected value '{text}'"));
            self.hint(hint);
        }
        kind
    }

    /// A scalar as text.
    fn as_string(&mut self, read: Read) -> TokenKind {
        let own = match read.kind {
            TokenKind::Null => String::new(),
            TokenKind::Boolean(value) => value.to_string(),
            TokenKind::Number(value) => crate::expression::Value::Number(value).to_text().into_owned(),
            kind => return kind,
        };
        if self.tree.text(read.node) == Some(own.as_str()) {
            return TokenKind::String(StringId::Node);
        }
        self.own(own)
    }

    fn own(&mut self, text: String) -> TokenKind {
        self.strings.push(text.into());
        TokenKind::String(StringId::Own(short(self.strings.len() - 1)))
    }

    fn string(&self, kind: TokenKind, node: NodeId) -> std::borrow::Cow<'t, str> {
        match kind {
            TokenKind::String(StringId::Own(own)) => {
                self.strings.get(own as usize).map(ToString::to_string).unwrap_or_default().into()
            }
            _ => self.tree.text(node).unwrap_or_default().into(),
        }
    }

    fn below(&self, slot: Slot, definition: DefinitionId) -> Slot {
        Slot { definition, contexts: slot.contexts.with(self.schema.contexts(definition)) }
    }

    /// Begins a collection, unless it is too deep.
    fn enter(&mut self, node: NodeId, slot: Slot, kind: TokenKind) -> Option<TokenId> {
        self.count_nodes(2);
        if self.depth >= self.limits.depth {
            let span = self.tree.full_span(node);
            self.stop(ProblemKind::Limit, span, "Maximum object depth exceeded".to_owned());
            return None;
        }
        self.depth += 1;
        self.count_bytes(kind, node);
        let token = TokenId(short(self.tokens.len()));
        self.push(Token { kind, node, property: None, next: 0, ..slot.into() });
        Some(token)
    }

    fn leave(&mut self, token: TokenId) {
        self.depth -= 1;
        let next = short(self.tokens.len());
        if let Some(token) = self.tokens.get_mut(token.index()) {
            token.next = next;
        }
    }

    fn push(&mut self, token: Token) {
        let next = short(self.tokens.len() + 1);
        self.tokens.push(Token { next, ..token });
    }

    /// Counts what is read, also what an alias repeats: it may be without end.
    fn count_nodes(&mut self, nodes: usize) {
        self.nodes += nodes;
        if self.nodes > self.limits.nodes && !self.halted {
            self.stop(ProblemKind::Limit, Span::default(), "Maximum YAML nodes exceeded".to_owned());
            self.halted = true;
        }
    }

    fn count_bytes(&mut self, kind: TokenKind, node: NodeId) {
        let was = self.bytes;
        self.bytes += match kind {
            TokenKind::String(StringId::Node) => OBJECT + TEXT + 2 * self.tree.text(node).map_or(0, units),
            TokenKind::String(StringId::Own(own)) => {
                OBJECT + TEXT + 2 * self.strings.get(own as usize).map_or(0, |text| units(text))
            }
            TokenKind::Expression(TemplateId(template)) => {
                let source = self.templates.get(template as usize).map(|read| read.expression.source());
                OBJECT + TEXT + 2 * source.map_or(0, units)
            }
            _ => OBJECT,
        };
        if was <= self.limits.bytes && self.bytes > self.limits.bytes {
            let span = self.tree.full_span(node);
            self.stop(ProblemKind::Limit, span, "Maximum object size exceeded".to_owned());
        }
    }

    fn unexpected_structure(&mut self, node: NodeId, message: &str) {
        let span = self.tree.node(node).span();
        self.refuse(ProblemKind::UnexpectedStructure, node, span, message.to_owned());
    }

    fn refuse_expression(&mut self, node: NodeId, error: TemplateError) {
        let span = self.tree.place_in(node, error.span());
        let message = error.to_string();
        self.refuse(ProblemKind::Expression(Box::new(error)), node, span, message);
    }

    fn refuse_tag(&mut self, node: NodeId, text: &str, style: ScalarStyle, tag: &str, refused: &Refused) {
        let span = self.tree.full_span(node);
        if self.problems.len() == MAX_PROBLEMS {
            return;
        }
        let place = self.tree.place(span.start);
        let at = format!("on line {} and column {}", place.line, place.column);
        let message = match refused {
            Refused::Tag => format!("Unexpected tag '{tag}'"),
            Refused::Style => format!("The scalar style '{style:?}' {at} is not valid with the tag '{tag}'"),
            Refused::Value(of) => format!("The value '{text}' {at} is invalid for the type '{of}'"),
        };
        let hint = match refused {
            Refused::Tag => Some("put the value in quotes: a ! at its start makes a tag of it".to_owned()),
            _ => None,
        };
        self.stop(ProblemKind::Tag, span, message);
        self.hint(hint);
    }

    /// Refuses something and reads on, as GitHub does.
    fn refuse(&mut self, kind: ProblemKind, node: NodeId, span: Span, message: String) {
        let place = Some(self.tree.full_span(node).start);
        self.tell(Problem { kind, span, message, hint: None, place, is_beyond: self.stopped });
    }

    /// Refuses something that GitHub stops at.
    fn stop(&mut self, kind: ProblemKind, span: Span, message: String) {
        self.tell(Problem { kind, span, message, hint: None, place: None, is_beyond: self.stopped });
        self.stopped = true;
    }

    fn tell(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Adds what to do about the last problem.
    fn hint(&mut self, hint: Option<String>) {
        if self.problems.len() < MAX_PROBLEMS
            && let Some(problem) = self.problems.last_mut()
        {
            problem.hint = hint;
        }
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
