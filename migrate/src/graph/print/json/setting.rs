//! Values with their places: what is written, or the expression that a run evaluates.
//!
//! Each is an object on one line: `value` (of its type) or `expression` (as it is written), `from` where it may be said at
//! several places, and `at`, which a default does not have.

use crate::expression;
use crate::graph::flow::written;
use crate::graph::job::Origin;
use crate::graph::print::writer::Writer;
use crate::model::{Texts, Value};
use crate::read::{Document, TokenId, TokenKind};

/// A field with the value of a token.
pub(super) fn field(writer: &mut Writer<'_>, document: &Document, key: &str, token: TokenId) {
    writer.key(key);
    writer.inline_object(|writer| members(writer, document, token));
}

/// A field, if there is a value.
pub(super) fn optional(writer: &mut Writer<'_>, document: &Document, key: &str, token: Option<TokenId>) {
    if let Some(token) = token {
        field(writer, document, key, token);
    }
}

/// A field with a value, and who says so.
pub(super) fn field_from(
    writer: &mut Writer<'_>,
    document: &Document,
    key: &str,
    token: TokenId,
    origin: Origin,
) {
    writer.key(key);
    writer.inline_object(|writer| {
        value(writer, document, token);
        writer.field("from", origin.name());
        writer.place("at", document.span(token));
    });
}

/// A field that nobody wrote.
pub(super) fn default(writer: &mut Writer<'_>, key: &str, value: impl FnOnce(&mut Writer<'_>)) {
    writer.key(key);
    writer.inline_object(|writer| {
        value(writer);
        writer.field("from", Origin::Default.name());
    });
}

/// A field with several values, or one expression for all of them.
pub(super) fn texts(writer: &mut Writer<'_>, document: &Document, key: &str, texts: Option<&Texts<'_>>) {
    let Some(texts) = texts else { return };
    match &texts.value {
        Value::Expression(_) => field(writer, document, key, texts.token),
        Value::Literal(items) => writer.list(key, items, |writer, item| {
            writer.inline_object(|writer| members(writer, document, item.token));
        }),
    }
}

/// What a token says, and where, in an object that is open.
pub(super) fn members(writer: &mut Writer<'_>, document: &Document, token: TokenId) {
    value(writer, document, token);
    writer.place("at", document.span(token));
}

fn value(writer: &mut Writer<'_>, document: &Document, token: TokenId) {
    match document.token(token).kind {
        TokenKind::Null => writer.optional("value", None),
        TokenKind::Boolean(value) => writer.plain("value", value),
        TokenKind::Number(value) => writer.value("value", &expression::Value::Number(value)),
        TokenKind::String(_) => writer.field("value", document.text(token).unwrap_or_default()),
        TokenKind::Expression(_) | TokenKind::Insert => writer.field("expression", written(document, token)),
        TokenKind::Sequence | TokenKind::Mapping => {}
    }
}
