//! `features.yaml`: what the schemas and facts give, and beside it what people wrote down.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::catalogue::Feature;
use super::entry::{self, Entry, FeatureKind};
use crate::fidelity::Fidelity;
use crate::yaml::{NodeId, Tree};

/// The rows of the file. Ids are kept in their order, whatever it is; a row of an unknown kind is none.
pub(super) fn rows(text: &str) -> Vec<Feature> {
    let tree = Tree::read(text);
    let rows = tree.root().into_iter().flat_map(|root| tree.children(root));
    rows.filter_map(|row| feature(&tree, row)).collect()
}

fn feature(tree: &Tree, row: NodeId) -> Option<Feature> {
    let (mut feature, mut kind, mut fidelity) = (Feature::NOTHING, None, String::new());
    for (key, value) in tree.pairs(row) {
        let text = tree.text(value).unwrap_or_default();
        match tree.text(key).unwrap_or_default() {
            "id" => text.clone_into(&mut feature.id),
            "kind" => kind = FeatureKind::named(text),
            "path" => text.clone_into(&mut feature.path),
            "meaning" => text.clone_into(&mut feature.meaning),
            "argo" => text.clone_into(&mut fidelity),
            // The list is read once and kept, so its words may be, too.
            "how" => feature.how = text.to_owned().leak(),
            _ => {}
        }
    }
    let fidelity = Fidelity::named(&fidelity, feature.how);
    kind.map(|kind| Feature { kind, fidelity, ..feature })
}

const HEAD: &str = "\
# Every feature of GitHub Actions that a file may use: one row for each part of the schemas, context, function, event,
# runner file and workflow command. `cargo xtask generate` writes the rows; the meaning, what becomes of it
# at Argo, and how, are kept by hand, and stay when it does. What a rule of the assessment finds in one use counts before that. A feature without a row fails the tests and `cargo xtask generate --check`.
#
# <name> in an id is a name that the author of the workflow chose: a job, a variable, a key of a matrix, an input of an action.
# Such names are no features, and what is below them is the author's data (data.<name>, data[]); the row is the place where
# GitHub lets one choose. What GitHub names itself is named here, each by itself. The payload of an event is an object of
# GitHub's API: each of its properties has a row, and so has each path in it that real workflows read; what else is below a
# property counts for its row. github.event.<other> is what GitHub's list of payloads does not have.
";

/// Writes the file anew, with what people wrote down in the old one.
#[must_use]
pub fn generate(old: &str) -> String {
    let mut kept: BTreeMap<_, _> = rows(old).into_iter().map(|row| (row.id.clone(), row)).collect();
    let mut text = HEAD.to_owned();
    for Entry { id, kind, path } in entry::all() {
        let kept = kept.remove(&id).unwrap_or(Feature::NOTHING);
        let feature = Feature { id, kind, path, ..kept };
        let kind = feature.kind.name();
        for (column, value) in [
            ("- id", feature.id.as_str()),
            ("  kind", kind),
            ("  path", &feature.path),
            ("  meaning", &feature.meaning),
            ("  argo", feature.fidelity.map_or("", Fidelity::name)),
            ("  how", feature.how),
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
