//! What a matrix says, before it is expanded.

use super::super::world::Known;
use super::{Cell, CellValue, Unknown, UnknownId, Unknowns, filter};
use crate::expression::{Array, Object, Value, ValueKind};
use crate::read::{By, Document, Problem, ProblemKind, TokenId, TokenKind};
use std::sync::Arc;

/// A matrix.
#[derive(Debug, Default)]
pub(super) struct Spec {
    pub(super) token: TokenId,
    pub(super) vectors: Vec<Vector>,
    pub(super) include: Items,
    pub(super) exclude: Items,
}

/// The values of one key.
#[derive(Debug)]
pub(super) struct Vector {
    pub(super) name: Box<str>,
    pub(super) cells: Vec<Cell>,
}

/// The items of `include` or `exclude`.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) items: Vec<Item>,
    /// All of it is this expression.
    pub(super) unknown: Option<UnknownId>,
}

/// An item of `include` or `exclude`.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) token: TokenId,
    pub(super) pairs: Vec<Pair>,
    /// Expressions that give further keys.
    pub(super) unknown: Unknowns,
}

/// A key of an item, with its value.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) key: Box<str>,
    pub(super) key_token: TokenId,
    pub(super) cell: Cell,
    /// What a leg is compared with, where that is something else.
    pub(super) wanted: Option<Value>,
}

impl Pair {
    fn new(key: Box<str>, key_token: TokenId, cell: Cell) -> Self {
        let wanted = match &cell.value {
            CellValue::Known(value) => filter::wanted(value),
            CellValue::Unknown(_) | CellValue::Each(_) => None,
        };
        Self { key, key_token, cell, wanted }
    }
}

/// What was read.
pub(super) enum Read {
    Dynamic(Unknown),
    Spec(Spec),
}

/// Reads a matrix, and collects what is unknown about it.
pub(super) struct Reader<'d, 'k> {
    document: &'d Document,
    known: Known<'k>,
    pub(super) unknowns: Vec<Unknown>,
    pub(super) problems: Vec<Problem>,
}

/// A part of a matrix: tokens, or what an expression gave that is the same in all runs.
#[derive(Clone)]
enum Source {
    Token(TokenId),
    /// A value of the expression at this token.
    Value(Value, TokenId),
    Unknown(UnknownId, TokenId),
}

impl Source {
    const fn token(&self) -> TokenId {
        match self {
            Self::Token(token) | Self::Value(_, token) | Self::Unknown(_, token) => *token,
        }
    }
}

impl<'d, 'k> Reader<'d, 'k> {
    pub(super) const fn new(document: &'d Document, known: Known<'k>) -> Self {
        Self { document, known, unknowns: Vec::new(), problems: Vec::new() }
    }

    pub(super) fn matrix(&mut self, token: TokenId) -> Read {
        let source = self.source(token);
        if let Source::Unknown(id, _) = source {
            return Read::Dynamic(self.unknown_at(id));
        }
        let Some(pairs) = self.mapping(&source, "matrix") else {
            return Read::Spec(Spec { token, ..Spec::default() });
        };
        let mut spec = Spec { token, ..Spec::default() };
        let mut has_vector = false;
        let mut has_include = false;
        for (key, key_token, value) in pairs {
            match key.as_deref() {
                None => return Read::Dynamic(self.key_unknown(key_token)),
                Some("include") => {
                    spec.include = self.items(&value, "matrix includes", "matrix includes item");
                    has_include = !spec.include.items.is_empty() || spec.include.unknown.is_some();
                }
                Some("exclude") => {
                    spec.exclude = self.items(&value, "matrix excludes", "matrix excludes item")
                }
                Some(name) => {
                    has_vector = true;
                    spec.vectors.extend(self.vector(name, &value));
                }
            }
        }
        if !has_vector && !has_include {
            self.problem(token, "Matrix must define at least one vector".to_owned());
        }
        Read::Spec(spec)
    }

    fn vector(&mut self, name: &str, source: &Source) -> Option<Vector> {
        if let Source::Unknown(id, token) = source {
            let cell = Cell { value: CellValue::Each(*id), token: *token };
            return Some(Vector { name: name.into(), cells: vec![cell] });
        }
        let items = self.sequence(source, "matrix vector value")?;
        if items.is_empty() {
            self.problem(source.token(), format!("Matrix vector '{name}' does not contain any values"));
            return None;
        }
        let cells = items.iter().map(|item| self.cell(item)).collect();
        Some(Vector { name: name.into(), cells })
    }

    fn items(&mut self, source: &Source, what: &str, item: &str) -> Items {
        if let Source::Unknown(id, _) = source {
            return Items { items: Vec::new(), unknown: Some(*id) };
        }
        let items = self.sequence(source, what).unwrap_or_default();
        Items { items: items.iter().filter_map(|source| self.item(source, item)).collect(), unknown: None }
    }

    fn item(&mut self, source: &Source, what: &str) -> Option<Item> {
        let token = source.token();
        if let Source::Unknown(id, _) = source {
            return Some(Item { token, pairs: Vec::new(), unknown: [*id].into() });
        }
        let mut item = Item { token, pairs: Vec::new(), unknown: Unknowns::new() };
        for (key, key_token, value) in self.mapping(source, what)? {
            match key {
                Some(key) => item.pairs.push(Pair::new(key, key_token, self.cell(&value))),
                None => {
                    let unknown = self.key_unknown(key_token);
                    item.unknown.insert(self.keep(unknown));
                }
            }
        }
        Some(item)
    }

    fn cell(&mut self, source: &Source) -> Cell {
        let mut unknowns = Unknowns::new();
        let value = self.value(source, &mut unknowns);
        let value = if unknowns.is_empty() { CellValue::Known(value) } else { CellValue::Unknown(unknowns) };
        Cell { value, token: source.token() }
    }

    /// All of a value, with the expressions in it that have none yet.
    fn value(&mut self, source: &Source, unknowns: &mut Unknowns) -> Value {
        let token = match source {
            Source::Value(value, _) => return value.clone(),
            Source::Unknown(id, _) => {
                unknowns.insert(*id);
                return Value::Null;
            }
            Source::Token(token) => *token,
        };
        match self.document.token(token).kind {
            TokenKind::Null | TokenKind::Expression(_) | TokenKind::Insert => Value::Null,
            TokenKind::Boolean(boolean) => Value::Boolean(boolean),
            TokenKind::Number(number) => Value::Number(number),
            TokenKind::String(_) => Value::text(self.document.text(token).unwrap_or_default()),
            TokenKind::Sequence => {
                let items: Vec<_> = self.document.children(token).collect();
                let items = items.into_iter().map(|item| self.below(item, unknowns)).collect();
                Value::Array(Arc::new(Array::new(items)))
            }
            TokenKind::Mapping => self.object(token, unknowns),
        }
    }

    fn below(&mut self, token: TokenId, unknowns: &mut Unknowns) -> Value {
        let source = self.source(token);
        self.value(&source, unknowns)
    }

    fn object(&mut self, token: TokenId, unknowns: &mut Unknowns) -> Value {
        let mut object = Object::new();
        let pairs: Vec<_> = self.document.pairs(token).collect();
        for (key, value) in pairs {
            let value = self.below(value, unknowns);
            match self.document.text(key) {
                Some(key) => object.insert(key, value),
                None => {
                    let unknown = self.key_unknown(key);
                    unknowns.insert(self.keep(unknown));
                }
            }
        }
        Value::Object(Arc::new(object))
    }

    /// What stands at a token; an expression that is the same in all runs, or by this caller, is what it gives.
    fn source(&mut self, token: TokenId) -> Source {
        let Some(template) = self.document.template(token) else { return Source::Token(token) };
        let known = || self.known.value(template.expression());
        if let Some(value) = template.expression().constant().or_else(known) {
            return Source::Value(value, token);
        }
        let unknown = self.unknown(token);
        Source::Unknown(self.keep(unknown), token)
    }

    fn unknown(&self, token: TokenId) -> Unknown {
        let template = self.document.template(token);
        // One expression is named as it is written, several as GitHub joins them.
        let expression = template.map_or("insert", |template| match template.parts.as_slice() {
            [part] if !template.has_text => part.expression.source(),
            _ => template.expression().source(),
        });
        Unknown { token, expression: expression.into() }
    }

    fn key_unknown(&self, key: TokenId) -> Unknown {
        self.unknown(key)
    }

    fn unknown_at(&self, id: UnknownId) -> Unknown {
        let nothing = || Unknown { token: TokenId::default(), expression: Box::default() };
        self.unknowns.get(id.index()).cloned().unwrap_or_else(nothing)
    }

    fn keep(&mut self, unknown: Unknown) -> UnknownId {
        let id = u32::try_from(self.unknowns.len()).unwrap_or(u32::MAX);
        self.unknowns.push(unknown);
        UnknownId(id)
    }

    fn sequence(&mut self, source: &Source, what: &str) -> Option<Vec<Source>> {
        match source {
            Source::Token(token) if self.document.token(*token).kind == TokenKind::Sequence => {
                let items: Vec<_> = self.document.children(*token).collect();
                Some(items.into_iter().map(|item| self.source(item)).collect())
            }
            Source::Value(Value::Array(array), token) => {
                Some(array.items().iter().map(|item| Source::Value(item.clone(), *token)).collect())
            }
            _ => {
                self.unexpected(source, what, "SequenceToken");
                None
            }
        }
    }

    /// The keys and values of a mapping; a key that is an expression has no text.
    #[expect(clippy::type_complexity, reason = "keys, where they stand, and their values")]
    fn mapping(&mut self, source: &Source, what: &str) -> Option<Vec<(Option<Box<str>>, TokenId, Source)>> {
        match source {
            Source::Token(token) if self.document.token(*token).kind == TokenKind::Mapping => {
                let pairs: Vec<_> = self.document.pairs(*token).collect();
                let read = |(key, value)| (self.document.text(key).map(Into::into), key, self.source(value));
                Some(pairs.into_iter().map(read).collect())
            }
            Source::Value(Value::Object(object), token) => {
                let read = |(key, value): (&str, &Value)| {
                    (Some(key.into()), *token, Source::Value(value.clone(), *token))
                };
                Some(object.iter().map(read).collect())
            }
            _ => {
                self.unexpected(source, what, "MappingToken");
                None
            }
        }
    }

    /// A value of an expression that cannot stand here (runner: TemplateTokenExtensions.cs). What is written out was checked
    /// by the schema.
    fn unexpected(&mut self, source: &Source, what: &str, expected: &str) {
        if let Source::Value(value, token) = source {
            let kind = match value.kind() {
                ValueKind::Array => "SequenceToken".to_owned(),
                ValueKind::Object => "MappingToken".to_owned(),
                kind => format!("{}Token", kind.name()),
            };
            let message = format!(
                "Unexpected type '{kind}' encountered while reading '{what}'. The type '{expected}' was expected."
            );
            self.problem(*token, message);
        }
    }

    fn problem(&mut self, token: TokenId, message: String) {
        self.problems.push(problem(self.document, token, message));
    }
}

/// Something that GitHub refuses at a token.
pub(super) fn problem(document: &Document, token: TokenId, message: String) -> Problem {
    let span = document.span(token);
    let place = document.tree().full_span(document.token(token).node).start;
    let (kind, by) = (ProblemKind::Conversion, By::GitHub);
    Problem { kind, span, message, hint: None, place: Some(place), is_beyond: false, by }
}
