//! What is known of actions that many use, without their source.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::fidelity::Fidelity;
use crate::yaml::{NodeId, Tree};

/// The table, as it is kept.
pub const ACTIONS: &str = include_str!("../../actions.yaml");

/// What becomes of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// `owner/name`, and the path in it, in small letters.
    pub name: String,
    /// What becomes of it.
    pub fidelity: Fidelity,
    /// What does its work there, or why it stays.
    pub how: &'static str,
    /// The rule that asks more of it than its name.
    pub rule: Option<String>,
    /// The programs that steps behind it find.
    pub gives: Vec<Gift>,
    /// Whether it works with a token of the App, where it is given no other one.
    pub has_apps_token: bool,
}

/// A program that steps behind an action find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// The program.
    pub program: String,
    /// The input without which it is not there.
    pub input: Option<String>,
}

impl Gift {
    /// Of `program` or `program(input)`.
    fn read(text: &str) -> Self {
        let (program, input) = text.split_once('(').unwrap_or((text, ""));
        let input = Some(input.trim_end_matches(')')).filter(|input| !input.is_empty());
        Self { program: program.to_owned(), input: input.map(str::to_owned) }
    }
}

/// What is known of an action, or of a workflow that others call, by `owner/name` and its path in small letters. A row that ends
/// in `/*` is for all that is in the folder.
#[must_use]
pub fn known(name: &str) -> Option<&'static Known> {
    static TABLE: OnceLock<HashMap<String, Known>> = OnceLock::new();
    let table = TABLE.get_or_init(|| rows(ACTIONS).map(|row| (row.name.clone(), row)).collect());
    let mut folders = std::iter::successors(folder(name), |name| folder(name));
    table.get(name).or_else(|| folders.find_map(|folder| table.get(&format!("{folder}/*"))))
}

fn folder(name: &str) -> Option<&str> {
    name.rsplit_once('/').map(|(folder, _)| folder)
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
    // The table is read once and kept, so its words may be, too.
    let how: &'static str = text("how")?.leak();
    Some(Known {
        name: text("action")?,
        fidelity: Fidelity::named(&text("as")?, how)?,
        how,
        rule: text("rule"),
        gives: text("gives").unwrap_or_default().split_whitespace().map(Gift::read).collect(),
        has_apps_token: text("token").as_deref() == Some("app"),
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
        let gift = |program: &str, input: Option<&str>| Gift {
            program: program.to_owned(),
            input: input.map(str::to_owned),
        };
        for (action, gives) in [
            ("actions/setup-go", vec![gift("go", None), gift("gofmt", None)]),
            ("gradle/actions/setup-gradle", vec![gift("gradle", Some("gradle-version"))]),
        ] {
            assert_eq!(known(action).map(|known| known.gives.clone()), Some(gives), "{action}");
        }
        assert_eq!(known("actions/stale").map(|known| known.fidelity), Some(Fidelity::Keep));
        let generator = known("slsa-framework/slsa-github-generator/.github/workflows/builder_go_slsa3.yml");
        assert_eq!(generator.and_then(|known| known.rule.as_deref()), Some("keep-identity"));
        assert_eq!(known("nobody/knows"), None);
    }
}
