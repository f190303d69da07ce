//! The block of `docs/migration/judged.md`, from what people said of constructs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::record::{number, text};
use crate::reliability::table;

const RECORD: &str = "docs/migration/judged.json";

/// How many are right, by sample and by what they were said to become.
pub(crate) fn counts(root: &Path) -> anyhow::Result<String> {
    let record =
        std::fs::read_to_string(root.join(RECORD)).context("failed to read the judged constructs")?;
    let record: Vec<Value> =
        serde_json::from_str(&record).with_context(|| format!("failed to parse {RECORD}"))?;
    let by = |what: &dyn Fn(&Value) -> String| {
        let mut rows: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for judged in &record {
            let (right, all) = rows.entry(what(judged)).or_default();
            *right += u64::from(judged.get("right").and_then(Value::as_bool) == Some(true));
            *all += 1;
        }
        let row = |(name, (right, all)): (String, (u64, u64))| {
            let tenths = (right * 1000).checked_div(all).unwrap_or_default();
            vec![name, right.to_string(), all.to_string(), format!("{}.{} %", tenths / 10, tenths % 10)]
        };
        rows.into_iter().map(row).collect::<Vec<_>>()
    };
    let samples = by(&|judged| format!("sample {}", number(judged, "/sample")));
    let fidelities = by(&|judged| text(judged, "/fidelity").to_owned());
    let head = ["", "right", "of", "share"];
    Ok(format!("{}\n{}", table(&head, &samples), table(&head, &fidelities)))
}
