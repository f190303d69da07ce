//! Names with values: `env`, `with`, `outputs`; and the secrets that are read.

use super::setting;
use crate::graph::flow::written;
use crate::graph::paths;
use crate::graph::print::writer::Writer;
use crate::graph::{Read, Site};
use crate::model::{Entry, Key, Mapping, Value};
use crate::read::Document;

/// The names of a mapping with their values; one that is an expression as a whole has no name.
pub(super) fn mapping(
    writer: &mut Writer<'_>,
    document: &Document,
    key: &str,
    mapping: Option<&Mapping<'_>>,
) {
    match mapping.map(|mapping| (&mapping.value, mapping.token)) {
        Some((Value::Literal(entries), _)) => self::entries(writer, document, key, entries),
        Some((Value::Expression(_), token)) => writer.list(key, [token], |writer, token| {
            writer.inline_object(|writer| {
                writer.optional("name", None);
                setting::members(writer, document, token);
            });
        }),
        None => {}
    }
}

/// The entries of a mapping.
pub(super) fn entries(writer: &mut Writer<'_>, document: &Document, key: &str, entries: &[Entry<'_>]) {
    writer.list(key, entries, |writer, entry| {
        writer.inline_object(|writer| {
            match entry.key.value {
                Key::Text(name) => writer.field("name", name),
                Key::Insert | Key::Expression(_) => {
                    writer.optional("name", None);
                    writer.field("name_expression", written(document, entry.key.token));
                }
            }
            setting::members(writer, document, entry.value.token);
        });
    });
}

/// The secrets among values that are read, each time.
pub(super) fn secrets<'r, 'd: 'r>(
    writer: &mut Writer<'_>,
    document: &Document,
    reads: impl Iterator<Item = &'r Read<'d>>,
) {
    let mut reads = reads.filter(|read| read.path.starts_with(&["secrets"])).peekable();
    if reads.peek().is_none() {
        return;
    }
    writer.list("secrets", reads, |writer, read| {
        writer.inline_object(|writer| {
            writer.optional("name", read.path.name(1).filter(|name| *name != paths::ANY));
            match read.site {
                Site::Step(step) => writer.plain("step", step),
                Site::Output(name) => writer.field("output", name),
                Site::Key(key) => writer.field("key", key),
            }
            writer.place("at", read.span(document));
        });
    });
}
