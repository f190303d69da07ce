//! How much is read: GitHub bounds depth, nodes and bytes.

use super::super::document::{StringId, TemplateId, Token, TokenId, TokenKind};
use super::super::limits::{OBJECT, TEXT};
use super::super::problem::ProblemKind;
use super::{Reader, Slot, short};
use crate::expression::{Evaluated, units};
use crate::span::Span;
use crate::yaml::{Kind, NodeId};

const TOO_MANY: &str = "each alias counts as if all of its anchor were written again: call a reusable workflow or an action instead";

impl Reader<'_> {
    /// Begins a collection, unless it is too deep.
    pub(super) fn enter(&mut self, node: NodeId, slot: Slot, kind: TokenKind) -> Option<TokenId> {
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

    pub(super) fn leave(&mut self, token: TokenId) {
        self.depth -= 1;
        if self.halted {
            self.cut.insert(token);
        }
        let next = short(self.tokens.len());
        if let Some(token) = self.tokens.get_mut(token.index()) {
            token.next = next;
        }
    }

    pub(super) fn push(&mut self, token: Token) {
        let next = short(self.tokens.len() + 1);
        self.tokens.push(Token { next, ..token });
    }

    /// Counts what is read, also what an alias repeats: it may be without end.
    pub(super) fn count_nodes(&mut self, nodes: usize) {
        self.nodes += nodes;
        if self.nodes > self.limits.nodes && !self.halted {
            self.stop(ProblemKind::Limit, Span::default(), "Maximum YAML nodes exceeded".to_owned());
            self.hint(Some(TOO_MANY.to_owned()));
            self.halted = true;
        }
    }

    pub(super) fn count_bytes(&mut self, kind: TokenKind, node: NodeId) {
        let was = self.bytes;
        self.bytes += match kind {
            TokenKind::String(StringId::Node) => OBJECT + TEXT + 2 * self.tree.text(node).map_or(0, units),
            TokenKind::String(StringId::Own(own)) => {
                OBJECT + TEXT + 2 * self.strings.get(own as usize).map_or(0, |text| units(text))
            }
            TokenKind::Expression(TemplateId(template)) => {
                OBJECT + TEXT + 2 * self.templates.get(template as usize).map_or(0, Evaluated::units)
            }
            _ => OBJECT,
        };
        if was <= self.limits.bytes && self.bytes > self.limits.bytes {
            let span = self.tree.full_span(node);
            self.stop(ProblemKind::Limit, span, "Maximum object size exceeded".to_owned());
            self.hint(Some(TOO_MANY.to_owned()));
        }
    }

    /// Whether this is an alias that is not read any more, since all that is read is too large without it. What stands written
    /// is as long as the file, but an alias may repeat all of it.
    pub(super) fn is_left_out(&self, node: NodeId) -> bool {
        let is_full = self.bytes > self.limits.bytes || self.text > self.limits.bytes;
        is_full && matches!(self.tree.node(node).kind(), Kind::Alias(Some(_)))
    }
}
