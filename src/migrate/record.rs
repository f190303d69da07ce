//! A file for programs: its tokens with their places and what GitHub's schema calls them.

use serde::ser::{Serialize, SerializeMap, Serializer};
use towpath_migrate::expression::{Part, Value};
use towpath_migrate::read::{Document, TokenId, TokenKind};
use towpath_migrate::span::Span;
use towpath_migrate::yaml::{Lines, Place};

/// A file as JSON: see docs/migration/reading.md.
pub(super) struct Root<'d> {
    document: &'d Document,
    lines: Lines,
}

impl<'d> Root<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, lines: Lines::of(document.tree().source()) }
    }

    fn token(&self, id: TokenId) -> Token<'_> {
        Token { root: self, id }
    }
}

impl Serialize for Root<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.root().map(|id| self.token(id)).serialize(serializer)
    }
}

/// A token with all below it. The depth of tokens is bounded on reading.
struct Token<'r> {
    root: &'r Root<'r>,
    id: TokenId,
}

impl Serialize for Token<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.root.document;
        let (token, span) = (document.token(self.id), document.span(self.id));
        let source = document.tree().source();
        let Place { line, column } = self.root.lines.place(source, span.start);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("is", document.schema().definition(token.definition).name())?;
        map.serialize_entry("at", &[line, column])?;
        map.serialize_entry("bytes", &[span.start, span.end])?;
        match token.kind {
            TokenKind::Null => map.serialize_entry("null", &true)?,
            TokenKind::Boolean(value) => map.serialize_entry("boolean", &value)?,
            TokenKind::Number(value) if value.is_finite() => map.serialize_entry("number", &value)?,
            // JSON has no word for it, so it is a text, as GitHub prints it.
            TokenKind::Number(value) => map.serialize_entry("number", &*Value::Number(value).to_text())?,
            TokenKind::String(_) => {
                map.serialize_entry("text", document.text(self.id).unwrap_or_default())?
            }
            TokenKind::Insert => map.serialize_entry("insert", &true)?,
            TokenKind::Expression(_) => {
                if let Some(evaluated) = document.template(self.id) {
                    map.serialize_entry("expression", evaluated.expression().source())?;
                    let parts = evaluated.parts.iter().map(|part| self.part(part));
                    map.serialize_entry("parts", &parts.collect::<Vec<_>>())?;
                }
            }
            TokenKind::Sequence => {
                let items = document.children(self.id).map(|id| self.root.token(id));
                map.serialize_entry("list", &items.collect::<Vec<_>>())?;
            }
            TokenKind::Mapping => {
                let pairs = document.pairs(self.id);
                let pairs = pairs.map(|(key, value)| (self.root.token(key), self.root.token(value)));
                map.serialize_entry("map", &pairs.collect::<Vec<_>>())?;
            }
        }
        map.end()
    }
}

impl Token<'_> {
    /// An expression where it stands in the file.
    fn part(&self, part: &Part) -> ExpressionPart {
        let document = self.root.document;
        let node = document.token(self.id).node;
        let Span { start, end } = document.tree().place_in(node, part.inner);
        ExpressionPart { expression: part.expression.source().to_owned(), bytes: [start, end] }
    }
}

#[derive(serde::Serialize)]
struct ExpressionPart {
    expression: String,
    bytes: [usize; 2],
}

#[cfg(test)]
mod tests {
    use towpath_migrate::read::{Limits, read_workflow};

    use super::*;

    #[test]
    fn numbers_that_json_lacks_are_texts() {
        for (written, number) in [
            ("1.5", "1.5"),
            (".inf", r#""Infinity""#),
            ("-.inf", r#""-Infinity""#),
            (".nan", r#""NaN""#),
            ("1e400", r#""Infinity""#),
        ] {
            let source =
                format!("on: push\njobs: {{a: {{runs-on: x, timeout-minutes: {written}, steps: []}}}}\n");
            let document = read_workflow(source, &Limits::default());
            let record = serde_json::to_string(&Root::new(&document)).unwrap();
            assert!(record.contains(&format!(r#""number":{number}}}"#)), "{record}");
        }
    }
}
