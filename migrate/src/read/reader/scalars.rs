//! Scalars: what they are, and whether they may be where they stand.

use super::super::document::{StringId, TemplateId, TokenKind};
use super::super::hint;
use super::super::problem::ProblemKind;
use super::super::scalar::{self, Value};
use super::{NO_EXPRESSION, NOTHING, Read, Reader, Slot, short};
use crate::expression::Template;
use crate::schema::{ContextSet, Scalar};
use crate::yaml::{Kind, NodeId};

impl<'t> Reader<'t> {
    /// A scalar as it is: a value, or a text with its expressions.
    pub(super) fn scalar(&mut self, node: NodeId, contexts: ContextSet) -> Read {
        self.count_nodes(1);
        let (Kind::Scalar(style), Some(text)) = (self.tree.node(node).kind(), self.tree.text(node)) else {
            return Read { node, kind: TokenKind::Null, is_refused: false };
        };
        self.text += text.len();
        let tag = self.tree.properties(node).and_then(|read| read.tag.as_ref()).map(|(tag, _)| tag.as_ref());
        let value = scalar::value(text, style, tag);
        let is_refused = value.is_err();
        let kind = match value {
            Ok(Value::Null) => TokenKind::Null,
            Ok(Value::Boolean(value)) => TokenKind::Boolean(value),
            Ok(Value::Number(value)) => TokenKind::Number(value),
            Ok(Value::String) => self.text(node, text, contexts),
            Err(refused) => {
                self.refuse_tag(node, text, style, tag.unwrap_or_default(), &refused);
                TokenKind::String(StringId::Node)
            }
        };
        Read { node, kind, is_refused }
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
    pub(super) fn validated(&mut self, read: Read, slot: Slot) -> TokenKind {
        if read.is_refused {
            return read.kind;
        }
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
            let hint = hint::for_value(definition, &text);
            self.refuse(ProblemKind::UnexpectedValue, read.node, span, format!("Unexpected value '{text}'"));
            self.hint(hint);
            // The runner takes any type there (ConvertToOnWorkflowDispatchInputTypes).
            if definition.name() == "workflow-dispatch-input-type" {
                self.by_editor();
            }
        }
        kind
    }

    /// A scalar as text.
    pub(super) fn as_string(&mut self, read: Read) -> TokenKind {
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

    pub(super) fn string(&self, kind: TokenKind, node: NodeId) -> std::borrow::Cow<'t, str> {
        match kind {
            TokenKind::String(StringId::Own(own)) => {
                self.strings.get(own as usize).map(ToString::to_string).unwrap_or_default().into()
            }
            _ => self.tree.text(node).unwrap_or_default().into(),
        }
    }
}
