//! The blocks of `docs/migration/security.md`, from the record of what is found in the corpus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::record::{self, list, number, text};
use crate::reliability::table;

const RECORD: &str = "docs/migration/security.json";

fn record(root: &Path) -> anyhow::Result<Value> {
    record::read(
        root,
        RECORD,
        &format!("TOWPATH_SUMMARY={RECORD} cargo test -p towpath-migrate --test security"),
    )
}

/// How far each class agrees with zizmor.
pub(crate) fn agreement(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let rows: Vec<_> = list(&record, "/zizmor/classes").iter().map(row).collect();
    let mut out = format!(
        "recorded {}, commit {}; zizmor {}, {} workflows that both read\n\n",
        text(&record, "/recorded/date"),
        text(&record, "/recorded/commit"),
        text(&record, "/zizmor/version"),
        number(&record, "/zizmor/files"),
    );
    out.push_str(&table(
        &["class", "both", "zizmor only", "towpath only", "agreement", "but for GitHub's rules"],
        &rows,
    ));
    Ok(out)
}

/// A class with the share of all findings that both have: of all, and without those that one lacks since GitHub decides so.
fn row(class: &Value) -> Vec<String> {
    let [both, zizmor, towpath, github] =
        ["/both", "/zizmor", "/towpath", "/github"].map(|key| number(class, key));
    let all = both + zizmor + towpath;
    let mut row = vec![text(class, "/class").to_owned()];
    row.extend([both, zizmor, towpath].map(|count| count.to_string()));
    row.extend([all, all.saturating_sub(github)].map(|all| share(both, all)));
    row
}

/// A share, rounded down to tenths of a hundredth.
fn share(part: u64, all: u64) -> String {
    let thousandths = (part * 1000).checked_div(all).unwrap_or(1000);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// Each finding that only one of the two has, by reason.
pub(crate) fn differences(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in list(&record, "/zizmor/differences") {
        let (only, class, file) = (text(one, "/only"), text(one, "/class"), text(one, "/file"));
        let line = number(one, "/line");
        by_reason.entry(text(one, "/reason")).or_default().push(format!("{only:<7}  {class}  {file}:{line}"));
    }
    let mut out = String::new();
    for (reason, all) in by_reason {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{reason}");
        for one in all {
            let _ = writeln!(out, "  {one}");
        }
    }
    Ok(out)
}

/// How the health of workflows is spread.
pub(crate) fn health(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let of = |key: &str, place: &str| number(&record, &format!("/counts/health/{key}/{place}"));
    let both =
        |what: String, place: &str| vec![what, of("real", place).to_string(), of("all", place).to_string()];
    let tenths = |what: String, place: &str| {
        let shown = |key| format!("{}.{}", of(key, place) / 10, of(key, place) % 10);
        vec![what, shown("real"), shown("all")]
    };
    let mut rows = vec![both("workflows".to_owned(), "workflows")];
    for (at, place) in list(&record, "/counts/health/all/places").iter().enumerate() {
        rows.push(tenths(
            format!("{} % have at most", number(place, "/percent")),
            &format!("places/{at}/tenths"),
        ));
    }
    rows.push(tenths("from 25 % to 75 %".to_owned(), "range"));
    for why in ["high", "medium", "nothing"] {
        rows.push(both(format!("held down by {why}"), &format!("capped/{why}")));
    }
    Ok(table(&["", "without starter templates", "all"], &rows))
}

/// What each rule of health weighs.
pub(crate) fn weights(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let rows: Vec<_> = list(&record, "/counts/weights")
        .iter()
        .map(|row| {
            vec![
                text(row, "/rule").to_owned(),
                number(row, "/weight").to_string(),
                text(row, "/title").to_owned(),
            ]
        })
        .collect();
    Ok(table(&["rule", "weight", "what it finds"], &rows))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::row;

    #[test]
    fn shares_are_rounded_down() {
        let class = |both: u64, zizmor: u64, towpath: u64, github: u64| {
            row(
                &json!({ "class": "a", "both": both, "zizmor": zizmor, "towpath": towpath, "github": github }),
            )
        };
        assert_eq!(class(999, 1, 1, 1), ["a", "999", "1", "1", "99.8 %", "99.9 %"]);
        assert_eq!(class(0, 0, 0, 0)[4], "100.0 %");
    }
}
