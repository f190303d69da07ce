//! The blocks of `docs/migration/coverage.md`, from the record of what was counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::record::{self, list, number, text};
use crate::reliability::table;

const RECORD: &str = "docs/migration/coverage.json";

/// The schemas, whose heads say where their sources differ.
const SCHEMAS: [&str; 2] = ["migrate/src/schema/workflow.schema", "migrate/src/schema/action.schema"];

fn record(root: &Path) -> anyhow::Result<Value> {
    record::read(root, RECORD, &format!("cargo xtask coverage --summary {RECORD}"))
}

/// A part of the counts.
fn counts(root: &Path, part: &str) -> anyhow::Result<Value> {
    let counts = record(root)?;
    let part = counts.pointer("/counts").and_then(|counts| counts.get(part));
    part.cloned().with_context(|| format!("failed to find {RECORD} complete: write it anew"))
}

/// Rows of two columns.
fn pairs(rows: &[(&str, String)]) -> String {
    let rows: Vec<_> = rows.iter().map(|(what, value)| vec![(*what).to_owned(), value.clone()]).collect();
    table(&["", ""], &rows).trim_start().to_owned()
}

fn of(part: u64, all: u64) -> String {
    format!("{part} of {all}")
}

/// A number for each name of an object, the largest first.
fn by_size(object: &Value) -> Vec<Vec<String>> {
    let mut rows: Vec<_> = object.as_object().into_iter().flatten().collect();
    rows.sort_by_key(|(name, count)| (std::cmp::Reverse(count.as_u64()), (*name).clone()));
    rows.into_iter().map(|(name, count)| vec![name.clone(), count.to_string()]).collect()
}

/// A line for each of a list: what it is about, and under it the reason.
fn reasons(items: &[Value], what: impl Fn(&Value) -> String, why: &str) -> String {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for item in items {
        by_reason.entry(text(item, why)).or_default().push(what(item));
    }
    let mut out = String::new();
    for (why, items) in by_reason {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{why}");
        for item in items {
            let _ = writeln!(out, "  {item}");
        }
    }
    out
}

/// The figures in short.
pub(crate) fn summary(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let count = |place: &str| number(&record, &format!("/counts{place}"));
    let sum = |key: &str| -> u64 {
        list(&record, "/counts/corpus/folders").iter().map(|folder| number(folder, key)).sum()
    };
    let published = count("/expressions/published/values") + count("/expressions/published/errors");
    let classified =
        list(&record, "/counts/constructs/kinds").iter().map(|kind| number(kind, "/occurrences"));
    let recorded = ["date", "commit"].map(|key| text(&record, &format!("/recorded/{key}")));
    let same = |part: &str| {
        let place = format!("/parserCases/{part}");
        of(count(&format!("{place}/same")), count(&format!("{place}/all")))
    };
    Ok(pairs(&[
        ("recorded", format!("{}, commit {}", recorded[0], recorded[1])),
        (
            "published expressions, as published",
            of(published.saturating_sub(count("/expressions/published/wrong")), published),
        ),
        ("parser cases that accept, to the letter", same("accepts")),
        ("parser cases that reject, all messages and places", same("rejects")),
        ("YAML files read without a crash", count("/corpus/files").to_string()),
        ("workflows accepted or refused as npm does", of(sum("/workflowsAsNpm"), sum("/workflows"))),
        ("constructs classified", of(classified.sum(), count("/constructs/constructs"))),
        ("bytes in tiles", of(tiled(&record), count("/constructs/bytes"))),
        (
            "scripts of POSIX shells understood in full",
            of(count("/scripts/posix/understood"), count("/scripts/posix/all")),
        ),
        ("matrices whose legs are exact", of(count("/matrices/exact"), count("/matrices/matrices"))),
    ]))
}

fn tiled(record: &Value) -> u64 {
    let tiles = record.pointer("/counts/constructs/tiles").and_then(Value::as_object);
    tiles.into_iter().flatten().filter_map(|(_, bytes)| bytes.as_u64()).sum()
}

/// The cases that GitHub publishes, and ours.
pub(crate) fn cases(root: &Path) -> anyhow::Result<String> {
    let (expressions, parser) = (counts(root, "expressions")?, counts(root, "parserCases")?);
    let count = |place: &str| number(&expressions, place).to_string();
    let same =
        |part: &str| of(number(&parser, &format!("/{part}/same")), number(&parser, &format!("/{part}/all")));
    let figures = pairs(&[
        ("published expressions with a value", count("/published/values")),
        ("published expressions with an error", count("/published/errors")),
        ("of these, with a position", count("/published/positions")),
        ("published expressions that are not as published", count("/published/wrong")),
        ("own cases in which npm says something else", count("/own/npmDiffers")),
        ("own cases in which npm agrees", count("/own/npmAgrees")),
        ("own cases that are not as the runner", count("/own/wrong")),
        ("parser cases that accept, the same", same("accepts")),
        ("parser cases that reject, the same", same("rejects")),
    ]);
    let named = reasons(list(&parser, "/differences"), |item| text(item, "/case").to_owned(), "/why");
    Ok(format!("{figures}\nParser cases of which we say something else:\n\n{named}"))
}

/// The files of each folder of the corpus.
pub(crate) fn folders(root: &Path) -> anyhow::Result<String> {
    let corpus = counts(root, "corpus")?;
    let row = |folder: &Value| {
        let columns = ["workflows", "jobs", "actions", "withPlaceholders", "refused", "workflowsAsNpm"];
        let count = |key: &&str| number(folder, &format!("/{key}")).to_string();
        let name = text(folder, "/folder").trim_end_matches('/').to_owned();
        std::iter::once(name).chain(columns.iter().map(count)).collect()
    };
    let head = ["folder", "workflows", "jobs", "actions", "templates", "refused", "workflows as npm"];
    let rows: Vec<Vec<String>> = list(&corpus, "/folders").iter().map(row).collect();
    let all = number(&corpus, "/files");
    Ok(format!(
        "{}\n{all} YAML files, with cases and manifests, are read without a crash.\n",
        table(&head, &rows)
    ))
}

/// Each file that is refused, by whom, and why.
pub(crate) fn refused(root: &Path) -> anyhow::Result<String> {
    let corpus = counts(root, "corpus")?;
    let templates = number(&corpus, "/templatesThatBothRefuse");
    let mut out = format!(
        "by both: {templates} templates, since a placeholder stands where GitHub puts something else in\n"
    );
    for (who, title) in [
        ("both", "by both"),
        ("npm", "by npm alone"),
        ("ours", "by us alone"),
        ("action", "actions, which npm's package does not read"),
    ] {
        let files: Vec<_> =
            list(&corpus, "/refused").iter().filter(|file| text(file, "/by") == who).cloned().collect();
        let lines = reasons(&files, |file| text(file, "/file").to_owned(), "/why");
        // Writing to a String cannot fail.
        let _ = write!(out, "\n{title}\n");
        for line in lines.lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    Ok(out)
}

/// YAML against libyaml.
pub(crate) fn yaml(root: &Path) -> anyhow::Result<String> {
    let yaml = counts(root, "yaml")?;
    let figures = pairs(&[
        ("files that both read, the same", number(&yaml, "/same").to_string()),
        ("files that both refuse", number(&yaml, "/bothRefuse").to_string()),
        ("files that one of them refuses", list(&yaml, "/byOne").len().to_string()),
        ("files that were not compared", list(&yaml, "/notCompared").len().to_string()),
    ]);
    let file = |item: &Value| text(item, "/file").to_owned();
    let by_one = reasons(list(&yaml, "/byOne"), file, "/why");
    let not_compared = reasons(list(&yaml, "/notCompared"), file, "/why");
    Ok(format!("{figures}\n{by_one}\nNot compared:\n\n{not_compared}"))
}

/// Constructs by kind, what the bytes are, and what has no feature.
pub(crate) fn constructs(root: &Path) -> anyhow::Result<String> {
    let constructs = counts(root, "constructs")?;
    let count = |place: &str| number(&constructs, place).to_string();
    let rows = number(&constructs, "/rows");
    let occurring = number(&constructs, "/rowsThatOccur");
    let figures = pairs(&[
        ("files", count("/files")),
        ("constructs", count("/constructs")),
        ("rows of the catalogue that occur", of(occurring, rows)),
        ("rows that never occur", rows.saturating_sub(occurring).to_string()),
    ]);
    let row = |kind: &Value| {
        let count = |place: &str| number(kind, place).to_string();
        vec![text(kind, "/kind").to_owned(), count("/rows"), count("/occurring"), count("/occurrences")]
    };
    let kinds: Vec<_> = list(&constructs, "/kinds").iter().map(row).collect();
    let kinds = table(&["kind", "rows", "of these occur", "occurrences"], &kinds);
    let tiles = table(&["bytes", ""], &by_size(constructs.get("tiles").unwrap_or(&Value::Null)));
    let remainders = by_size(constructs.get("remainders").unwrap_or(&Value::Null));
    let remainders = table(&["counted by a row that does not name them", "occurrences"], &remainders);
    let place = |item: &Value| format!("{}: {}", text(item, "/file"), text(item, "/path"));
    let none = reasons(list(&constructs, "/notClassified"), place, "/why");
    Ok(format!("{figures}\n{kinds}\n{remainders}\n{tiles}\nConstructs without a row:\n\n{none}"))
}

/// What actionlint's examples get.
pub(crate) fn examples(root: &Path) -> anyhow::Result<String> {
    let examples = counts(root, "examples")?;
    let count = |place: &str| number(&examples, place);
    let figures = pairs(&[
        ("examples", count("/examples").to_string()),
        ("messages of actionlint", count("/messages").to_string()),
        ("of these, told by us on the same line", count("/told").to_string()),
        ("findings on other lines", count("/oursAlone").to_string()),
    ]);
    let silent = by_size(examples.get("reasons").unwrap_or(&Value::Null));
    let silent = table(&["not told, since", "messages"], &silent);
    let name = |item: &Value| text(item, "/example").to_owned();
    let without = reasons(list(&examples, "/without"), name, "/why");
    Ok(format!("{figures}\n{silent}\nExamples that get no finding:\n\n{without}"))
}

/// The rows that occur most often.
pub(crate) fn most(root: &Path) -> anyhow::Result<String> {
    let constructs = counts(root, "constructs")?;
    let row = |item: &Value| vec![text(item, "/id").to_owned(), number(item, "/count").to_string()];
    Ok(table(&["row", "occurrences"], &list(&constructs, "/most").iter().map(row).collect::<Vec<_>>()))
}

/// The small languages inside of scalars.
pub(crate) fn values(root: &Path) -> anyhow::Result<String> {
    let values = counts(root, "values")?;
    let kinds = table(&["values read", ""], &by_size(values.get("values").unwrap_or(&Value::Null)));
    let row = |said: &Value| {
        let count = |place: &str| number(said, place).to_string();
        vec![text(said, "/why").to_owned(), count("/values"), count("/occurrences")]
    };
    let said: Vec<_> = list(&values, "/refusedOrOdd").iter().map(row).collect();
    let said = table(&["refused, or remarked upon", "values", "occurrences"], &said);
    let (files, unread) = (number(&values, "/files"), list(&values, "/notYaml").len());
    Ok(format!("{files} files, of which {unread} are no YAML, on purpose\n\n{kinds}\n{said}"))
}

/// Scripts and matrices.
pub(crate) fn scripts(root: &Path) -> anyhow::Result<String> {
    let (scripts, matrices) = (counts(root, "scripts")?, counts(root, "matrices")?);
    let posix = number(&scripts, "/posix/all");
    let matrix = |place: &str| number(&matrices, place).to_string();
    let figures = pairs(&[
        ("scripts", number(&scripts, "/scripts").to_string()),
        ("of POSIX shells, their grammar understood", of(number(&scripts, "/posix/grammar"), posix)),
        ("of POSIX shells, understood in full", of(number(&scripts, "/posix/understood"), posix)),
        ("programs, by name", number(&scripts, "/tools").to_string()),
        ("matrices", matrix("/matrices")),
        ("their legs exact", matrix("/exact")),
        ("exact up to named unknowns", matrix("/upToUnknowns")),
        ("dynamic", matrix("/dynamic")),
    ]);
    let depend = by_size(matrices.get("dependOn").unwrap_or(&Value::Null));
    let depend = table(&["what those that are not exact depend on", ""], &depend);
    let part = |key: &str, head: &str| table(&[head, ""], &by_size(scripts.get(key).unwrap_or(&Value::Null)));
    Ok(format!(
        "{figures}\n{depend}\n{}\n{}\n{}",
        part("shells", "shell"),
        part("uses", "uses found"),
        part("doubts", "what only a run knows, or is not understood")
    ))
}

/// What all graphs hold, and what somebody should look at in them.
pub(crate) fn graphs(root: &Path) -> anyhow::Result<String> {
    let graphs = counts(root, "graphs")?;
    let figures = table(&["in all graphs", ""], &by_size(graphs.get("counts").unwrap_or(&Value::Null)));
    let notes: Vec<_> = list(&graphs, "/notes").iter().filter_map(Value::as_str).collect();
    Ok(format!("{figures}\nWhat somebody should look at:\n\n{}\n", notes.join("\n")))
}

/// What the schemas are of, and what their heads say about it.
pub(crate) fn schema(root: &Path) -> anyhow::Result<String> {
    let schema = counts(root, "schema")?;
    let mut out = String::new();
    for (file, read) in SCHEMAS.iter().zip(list(&schema, "/schemas")) {
        let of_file =
            std::fs::read_to_string(root.join(file)).with_context(|| format!("failed to read {file}"))?;
        let (version, definitions) = (text(read, "/version"), number(read, "/definitions"));
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{version}: {definitions} definitions, {} keys", number(read, "/keys"));
        for source in list(read, "/sources").iter().filter_map(Value::as_str) {
            let _ = writeln!(out, "  from {source}");
        }
        out.push('\n');
        for line in head(&of_file) {
            let _ = writeln!(out, "{}", format!("  {line}").trim_end());
        }
        out.push('\n');
    }
    Ok(out)
}

/// What the head of a schema says about its sources: its comments behind the first two lines.
fn head(text: &str) -> impl Iterator<Item = &str> {
    let comments = text.lines().map_while(|line| line.strip_prefix('#'));
    comments.map(|line| line.strip_prefix(' ').unwrap_or(line)).skip(2).skip_while(|line| line.is_empty())
}

/// Where our schema is not what languageservices publishes.
pub(crate) fn schema_differences(root: &Path) -> anyhow::Result<String> {
    let schema = counts(root, "schema")?;
    Ok(reasons(list(&schema, "/differences"), |item| text(item, "/definition").to_owned(), "/why"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_of_one_reason_stand_together() {
        let items = [
            json!({ "f": "a", "why": "x" }),
            json!({ "f": "b", "why": "w" }),
            json!({ "f": "c", "why": "x" }),
        ];
        assert_eq!(reasons(&items, |item| text(item, "/f").to_owned(), "/why"), "w\n  b\nx\n  a\n  c\n");
    }

    #[test]
    fn numbers_are_sorted_by_size_and_then_by_name() {
        let rows = by_size(&json!({ "b": 1, "a": 1, "c": 10 }));
        assert_eq!(rows, [["c", "10"], ["a", "1"], ["b", "1"]]);
    }

    #[test]
    fn a_head_is_what_stands_before_the_first_fact() {
        let text = "# What.\n# The form.\n#\n# From a:\n#   b\n\n%version 1\n# later\n";
        assert_eq!(head(text).collect::<Vec<_>>(), ["From a:", "  b"]);
    }
}
