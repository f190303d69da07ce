//! The blocks of `docs/migration/expressions.md`, from the list of differences and the record of a run.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::record::{self, list, number, text};
use crate::reliability::table;

const LIST: &str = "migrate/tests/differential/expression-differences.yaml";
const RECORD: &str = "docs/migration/expressions.json";

/// A class of differences.
#[derive(Debug, Deserialize)]
struct Difference {
    id: String,
    rule: String,
    source: String,
    expression: String,
    npm: String,
    runner: String,
}

fn record(root: &Path) -> anyhow::Result<Value> {
    record::read(root, RECORD, &format!("cargo xtask expressions --summary {RECORD}"))
}

fn percent(thousandths: u64) -> String {
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// How much was compared, and whether it was worth it.
pub(crate) fn run(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let count = |key: &str| number(&record, &format!("/run/{key}"));
    let (all, equal) = (count("expressions"), count("equal"));
    let row = |what: &str, value: String| vec![what.to_owned(), value];
    let recorded = ["date", "commit", "node"].map(|key| text(&record, &format!("/recorded/{key}")));
    let rows = [
        row("recorded", format!("{}, commit {}, Node {}", recorded[0], recorded[1], recorded[2])),
        row("expressions, all as the runner", all.to_string()),
        row("equal to npm", equal.to_string()),
        row("different, each as listed below", all.saturating_sub(equal).to_string()),
        row("without error", percent(count("withoutError"))),
        row("booleans that are true", percent(count("trueBooleans"))),
        row("duplicates", percent(count("duplicates"))),
        row("operations with kinds of operands", count("cells").to_string()),
        row("expressions for each of these, at least", count("fewestOfCell").to_string()),
    ];
    Ok(table(&["", ""], &rows).trim_start().to_owned())
}

/// Each class: what the rule is, where it stands, an example, and how often it showed.
pub(crate) fn differences(root: &Path) -> anyhow::Result<String> {
    let list = std::fs::read_to_string(root.join(LIST)).with_context(|| format!("failed to read {LIST}"))?;
    let list: Vec<Difference> = serde_saphyr::from_str(&list)
        .with_context(|| format!("failed to read {LIST} as a list of differences"))?;
    let record = record(root)?;
    let mut out = String::new();
    for entry in &list {
        let count = number(&record, &format!("/run/differences/{}", entry.id));
        let line = |text: &str| text.replace('\n', "\\n").chars().map(visible).collect::<String>();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} ({count})\n  {}\n  source  {}", entry.id, line(&entry.rule), entry.source);
        for (what, text) in [("", &entry.expression), ("npm", &entry.npm), ("runner", &entry.runner)] {
            let _ = writeln!(out, "  {what:<6}  {}", line(text));
        }
        out.push('\n');
    }
    Ok(out)
}

/// Characters that a reader of the page could not see are shown as one that stands for them.
const fn visible(character: char) -> char {
    match character {
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{a0}'
        | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{feff}' => '\u{b7}',
        other => other,
    }
}

/// Each planted bug, and the expression that showed it.
pub(crate) fn planted(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let row = |bug: &Value| {
        let shown: String = text(bug, "/expression").chars().map(visible).take(80).collect();
        vec![text(bug, "/bug").to_owned(), number(bug, "/at").to_string(), shown.trim().to_owned()]
    };
    Ok(table(
        &["planted bug", "found at", "expression"],
        &list(&record, "/museum").iter().map(row).collect::<Vec<_>>(),
    ))
}
