//! From tokens to values, and what is wrong about them.

use super::value::{At, Entry, Flag, Key, Mapping, Name, Names, Number, Scalar, Text, Texts, Value};
use crate::expression::{
    Availability, Condition, Evaluated, ExpressionError, Function, Parameters, TemplateError, parse,
};
use crate::read::{By, Document, Problem, ProblemKind, TokenId, TokenKind, nearest};
use crate::span::Span;
use crate::values::Finding;

/// Makes a model of a document.
pub(super) struct Converter<'d> {
    pub(super) document: &'d Document,
    pub(super) problems: Vec<Problem>,
    /// GitHub does not come to what follows.
    stopped: bool,
}

impl<'d> Converter<'d> {
    /// GitHub converts only what it could read without problems.
    pub(super) fn new(document: &'d Document) -> Self {
        let stopped = document.problems().iter().any(Problem::is_refusal);
        Self { document, problems: Vec::new(), stopped }
    }

    pub(super) fn kind(&self, token: TokenId) -> TokenKind {
        self.document.token(token).kind
    }

    /// The text of a token that is text.
    pub(super) fn name(&self, token: TokenId) -> Option<Name<'d>> {
        self.document.text(token).map(|text| At::new(token, text))
    }

    fn evaluated(&self, token: TokenId) -> Option<&'d Evaluated> {
        self.document.template(token)
    }

    fn value<T>(&self, token: TokenId, literal: Option<T>) -> Option<At<Value<'d, T>>> {
        let expression = || self.evaluated(token).map(Value::Expression);
        literal.map(Value::Literal).or_else(expression).map(|value| At::new(token, value))
    }

    pub(super) fn text(&self, token: TokenId) -> Option<Text<'d>> {
        self.value(token, self.document.text(token))
    }

    pub(super) fn flag(&self, token: TokenId) -> Option<Flag<'d>> {
        let literal = if let TokenKind::Boolean(value) = self.kind(token) { Some(value) } else { None };
        self.value(token, literal)
    }

    pub(super) fn boolean(&self, token: TokenId) -> Option<At<bool>> {
        if let TokenKind::Boolean(value) = self.kind(token) { Some(At::new(token, value)) } else { None }
    }

    pub(super) fn number(&self, token: TokenId) -> Option<Number<'d>> {
        let literal = if let TokenKind::Number(value) = self.kind(token) { Some(value) } else { None };
        self.value(token, literal)
    }

    pub(super) fn scalar(&self, token: TokenId) -> At<Scalar<'d>> {
        let value = match self.kind(token) {
            TokenKind::Null => Scalar::Null,
            TokenKind::Boolean(value) => Scalar::Boolean(value),
            TokenKind::Number(value) => Scalar::Number(value),
            TokenKind::String(_) => Scalar::Text(self.document.text(token).unwrap_or_default()),
            TokenKind::Expression(_) => self.evaluated(token).map_or(Scalar::Null, Scalar::Expression),
            TokenKind::Insert | TokenKind::Sequence | TokenKind::Mapping => Scalar::Tree,
        };
        At::new(token, value)
    }

    pub(super) fn key(&self, token: TokenId) -> At<Key<'d>> {
        let expression = || self.evaluated(token).map_or(Key::Insert, Key::Expression);
        At::new(token, self.document.text(token).map_or_else(expression, Key::Text))
    }

    /// The items of a sequence as texts, or one text.
    pub(super) fn names(&self, token: TokenId) -> Names<'d> {
        let list = match self.name(token) {
            Some(name) => vec![name],
            None if self.kind(token) == TokenKind::Sequence => {
                self.document.children(token).filter_map(|item| self.name(item)).collect()
            }
            None => Vec::new(),
        };
        At::new(token, list)
    }

    /// The items of a sequence, or one text, each of which may be an expression.
    pub(super) fn texts(&self, token: TokenId) -> Option<Texts<'d>> {
        let literal = match self.kind(token) {
            TokenKind::Sequence => {
                Some(self.document.children(token).filter_map(|item| self.text(item)).collect())
            }
            TokenKind::String(_) => Some(self.text(token).into_iter().collect()),
            _ => None,
        };
        self.value(token, literal)
    }

    pub(super) fn entries(&self, token: TokenId) -> Vec<Entry<'d>> {
        let entry = |(key, value)| Entry { key: self.key(key), value: self.scalar(value) };
        self.document.pairs(token).map(entry).collect()
    }

    pub(super) fn mapping(&self, token: TokenId) -> Option<Mapping<'d>> {
        let is_mapping = self.kind(token) == TokenKind::Mapping;
        self.value(token, is_mapping.then(|| self.entries(token)))
    }

    /// The keys that are written, with their values.
    pub(super) fn properties(&self, token: TokenId) -> impl Iterator<Item = (Name<'d>, TokenId)> + use<'d> {
        let document = self.document;
        document.pairs(token).filter_map(|(key, value)| Some((At::new(key, document.text(key)?), value)))
    }

    /// An expression for all of a structure, or the structure.
    pub(super) fn structure<T>(
        &mut self,
        token: TokenId,
        make: impl FnOnce(&mut Self, TokenId) -> T,
    ) -> Option<At<Value<'d, T>>> {
        let value = match self.kind(token) {
            TokenKind::Expression(_) => Value::Expression(self.evaluated(token)?),
            TokenKind::Mapping => Value::Literal(make(self, token)),
            _ => return None,
        };
        Some(At::new(token, value))
    }

    /// Whether an expression is in a value, be it in a key.
    pub(super) fn has_expression(&self, token: TokenId) -> bool {
        matches!(self.kind(token), TokenKind::Expression(_) | TokenKind::Insert)
            || self.document.children(token).any(|child| self.has_expression(child))
    }

    /// The value of an `if`.
    pub(super) fn condition(&mut self, token: TokenId) -> Option<At<Box<Condition>>> {
        let availability = self.document.availability(token)?;
        let scalar = self.written(token)?;
        match read_condition(scalar, availability) {
            Ok(condition) => Some(At::new(token, Box::new(condition))),
            Err(error) => {
                self.refuse_condition(token, scalar, error);
                None
            }
        }
    }

    /// The text of a scalar before its expressions are looked at.
    fn written(&self, token: TokenId) -> Option<&'d str> {
        let source = self.document.tree().text(self.document.token(token).node);
        match (self.document.text(token), source) {
            (Some(_), Some(source)) if source.contains("${{") => Some(source),
            (Some(text), _) => Some(text),
            (None, source) => source,
        }
    }

    fn refuse_condition(&mut self, token: TokenId, scalar: &str, error: TemplateError) {
        if self.has_refused_expression(token) {
            return;
        }
        let node = self.document.token(token).node;
        let span = match self.document.tree().text(node) {
            Some(source) if source == scalar => self.document.tree().place_in(node, error.span()),
            _ => self.document.span(token),
        };
        let message = error.to_string();
        self.add(ProblemKind::Expression(Box::new(error)), Some(token), span, message, None);
    }

    /// Whether reading has refused an expression in a value, which is text since then.
    fn has_refused_expression(&self, token: TokenId) -> bool {
        self.has_refused(token, |kind| matches!(kind, ProblemKind::Expression(_)))
    }

    /// Whether reading has refused a value as it is: what it says is not told as well.
    fn has_refused_value(&self, token: TokenId) -> bool {
        self.has_refused(token, |kind| *kind == ProblemKind::UnexpectedValue)
    }

    fn has_refused(&self, token: TokenId, is_such: impl Fn(&ProblemKind) -> bool) -> bool {
        let span = self.document.span(token);
        let mut problems = self.document.problems().iter();
        problems.any(|problem| is_such(&problem.kind) && span.contains(problem.span))
    }

    /// Refuses the value of a token.
    pub(super) fn refuse(&mut self, token: TokenId, message: impl Into<String>) {
        let span = self.document.span(token);
        self.add(ProblemKind::Conversion, Some(token), span, message.into(), None);
    }

    /// Adds what to do about the last problem.
    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        if let Some(problem) = self.problems.last_mut() {
            problem.hint = Some(hint.into());
        }
    }

    /// The last problem is one for GitHub's editor alone.
    pub(super) fn by_editor(&mut self) {
        if let Some(problem) = self.problems.last_mut() {
            problem.by = By::Editor;
        }
    }

    /// GitHub does not come to what follows if it has refused something.
    pub(super) fn stop_if_refused(&mut self) {
        self.stopped |= self.problems.iter().any(Problem::is_refusal);
    }

    /// Whether GitHub does not come to this.
    pub(super) const fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Refuses the text of a token as what reads the text does, unless reading the file has refused it. Answers whether it did.
    pub(super) fn refuse_text(&mut self, token: TokenId, finding: Finding) -> bool {
        let is_text = self.document.text(token).is_none_or(|text| !text.contains("${{"));
        if !is_text && self.has_refused_expression(token) || self.has_refused_value(token) {
            return false;
        }
        let node = self.document.token(token).node;
        let span = self.document.tree().place_in(node, finding.span);
        let hint = (!finding.hint.is_empty()).then(|| finding.hint.to_owned());
        self.add(ProblemKind::Conversion, Some(token), span, finding.message, hint);
        true
    }

    /// Refuses a key that is an expression where GitHub goes no further then.
    pub(super) fn refuse_keys(&mut self, mapping: TokenId, what: &str) {
        let keys = self.document.pairs(mapping).map(|(key, _)| key);
        let Some(key) = keys.into_iter().find(|key| self.document.text(*key).is_none()) else { return };
        let token = match self.kind(key) {
            TokenKind::Insert => "InsertExpressionToken",
            _ => "BasicExpressionToken",
        };
        let message = format!(
            "Unexpected type '{token}' encountered while reading '{what}'. The type 'StringToken' was expected."
        );
        let span = self.document.span(key);
        self.add(ProblemKind::Conversion, None, span, message, None);
        self.stopped = true;
    }

    fn add(
        &mut self,
        kind: ProblemKind,
        token: Option<TokenId>,
        span: Span,
        message: String,
        hint: Option<String>,
    ) {
        let place = token.map(|token| {
            let tree = self.document.tree();
            tree.full_span(self.document.token(token).node).start
        });
        let by = By::GitHub;
        self.problems.push(Problem { kind, span, message, hint, place, is_beyond: self.stopped, by });
    }
}

fn read_condition(scalar: &str, availability: &Availability) -> Result<Condition, TemplateError> {
    if availability.function("success").is_some() {
        return Condition::read(Some(scalar), availability);
    }
    // Of a snapshot: nobody may ask for the status there, but GitHub does.
    if !scalar.contains("${{") {
        let refused = |error: ExpressionError| TemplateError::Expression(error.span(), error);
        parse(scalar, availability).map_err(refused)?;
    }
    let parameters = Parameters { least: 0, most: 0 };
    Condition::read(Some(scalar), &availability.clone().function_with(Function::Success, parameters))
}

/// How many names are looked at for one that is a slip away: each costs time.
const NEAR: usize = 100;

/// The name that is a slip away.
pub(super) fn did_you_mean<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(name, names.take(NEAR)).map(|near| format!("did you mean {near}?"))
}
