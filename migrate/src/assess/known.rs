//! What is known of actions that many use, without their source.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::yaml::{NodeId, Tree};

/// The table, as it is kept.
pub const ACTIONS: &str = include_str!("../../actions.yaml");

/// What becomes of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// `owner/name`, and the path in it, in small letters.
    pub name: String,
    /// What becomes of it: the name of a fidelity.
    pub fidelity: Becomes,
    /// What does its work there, or why it stays.
    pub how: String,
    /// The rule that asks more of it than its name.
    pub rule: Option<String>,
    /// The programs that steps behind it find.
    pub gives: Vec<String>,
}

/// What becomes of an action of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Becomes {
    /// Something that does nearly the same.
    Approximate,
    /// Nothing: it has no effect there.
    Dropped,
    /// What a person decides.
    NeedsPerson,
    /// It stays on GitHub.
    Keep,
}

impl Becomes {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "approximate" => Self::Approximate,
            "dropped" => Self::Dropped,
            "needs-person" => Self::NeedsPerson,
            "keep" => Self::Keep,
            _ => return None,
        })
    }
}

/// What is known of an action, by `owner/name` and its path in small letters.
#[must_use]
pub fn known(name: &str) -> Option<&'static Known> {
    static TABLE: OnceLock<HashMap<String, Known>> = OnceLock::new();
    TABLE.get_or_init(|| rows(ACTIONS).map(|row| (row.name.clone(), row)).collect()).get(name)
}

/// The rows of a table; one that is not understood is none, which a test of the table looks after.
fn rows(text: &str) -> impl Iterator<Item = Known> {
    let tree = Tree::read(text);
    let rows: Vec<_> = tree.root().map(|root| tree.children(root).collect()).unwrap_or_default();
    rows.into_iter().filter_map(move |row| read(&tree, row))
}

fn read(tree: &Tree, row: NodeId) -> Option<Known> {
    let text = |wanted: &str| {
        let value = tree.pairs(row).find(|(key, _)| tree.text(*key) == Some(wanted)).map(|(_, value)| value);
        value.and_then(|value| tree.text(value)).map(str::to_owned)
    };
    Some(Known {
        name: text("action")?,
        fidelity: Becomes::named(&text("as")?)?,
        how: text("how")?,
        rule: text("rule"),
        gives: text("gives").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_the_table_is_read_and_in_order() {
        let written: Vec<_> = ACTIONS.lines().filter_map(|line| line.strip_prefix("- action: ")).collect();
        let read: Vec<_> = rows(ACTIONS).map(|row| row.name).collect();
        assert_eq!(read, written);
        assert!(read.is_sorted_by(|one, next| one < next), "sorted, and each once");
        assert_eq!(
            known("actions/setup-go").map(|known| known.gives.clone()),
            Some(vec!["go".into(), "gofmt".into()])
        );
        assert_eq!(known("actions/stale").map(|known| known.fidelity), Some(Becomes::Keep));
        assert_eq!(known("nobody/knows"), None);
    }
}
