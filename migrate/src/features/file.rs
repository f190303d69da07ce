//! `features.yaml`: what the schemas and facts give, and beside it what people wrote down.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::catalogue::Feature;
use super::entry::{self, Entry};
use crate::yaml::{NodeId, Tree};

/// What people wrote down about each feature, by its id.
#[derive(Debug, Default)]
pub(super) struct Notes(BTreeMap<String, Note>);

#[derive(Debug, Default, Clone)]
struct Note {
    meaning: String,
    since: String,
    argo: String,
}

impl Notes {
    pub(super) fn read(text: &str) -> Self {
        let tree = Tree::read(text);
        let rows = tree.root().into_iter().flat_map(|root| tree.children(root).collect::<Vec<_>>());
        let column = |row: NodeId, name: &str| {
            tree.value_of(row, name).and_then(|value| tree.text(value)).unwrap_or_default().to_owned()
        };
        let note = |row| {
            let [meaning, since, argo] = ["meaning", "since", "argo"].map(|name| column(row, name));
            (column(row, "id"), Note { meaning, since, argo })
        };
        Self(rows.map(note).collect())
    }

    pub(super) fn feature(&self, entry: Entry) -> Feature {
        let Note { meaning, since, argo } = self.0.get(&entry.id).cloned().unwrap_or_default();
        let Entry { id, kind, path } = entry;
        Feature { id, kind, path, meaning, since, argo }
    }
}

const HEAD: &str = "\
# Every feature of GitHub Actions that a file may use: one row for each part of the schemas, context, function, event,
# runner file and workflow command. `cargo xtask generate` writes the rows; meaning, since and argo are kept by hand, and
# stay when it does. A feature without a row fails the tests and `cargo xtask generate --check`.
";

/// Writes the file anew, with what people wrote down in the old one.
#[must_use]
pub fn generate(old: &str) -> String {
    let notes = Notes::read(old);
    let mut text = HEAD.to_owned();
    for entry in entry::all() {
        let feature = notes.feature(entry);
        let kind = feature.kind.name();
        for (column, value) in [
            ("- id", feature.id.as_str()),
            ("  kind", kind),
            ("  path", &feature.path),
            ("  meaning", &feature.meaning),
            ("  since", &feature.since),
            ("  argo", &feature.argo),
        ] {
            // Writing to a string does not fail.
            let _ = match value {
                "" if column == "  path" => Ok(()),
                "" => writeln!(text, "{column}:"),
                value => writeln!(text, "{column}: {}", scalar(value)),
            };
        }
    }
    text
}

/// A value as YAML: in quotes where it would be something else without.
fn scalar(value: &str) -> String {
    let begins_plainly = value.starts_with(|first: char| first.is_alphanumeric());
    if begins_plainly && !value.contains(": ") && !value.contains(" #") && !value.ends_with(':') {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "''"))
}
