//! The record of a run, from which `docs/migration/expressions.md` is made.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use towpath_migrate::expression::museum::Bug;

use crate::commit::{commit, said};

/// Where the checked-in record is.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/migration/expressions.json");

/// A bug, the number of the expression that showed it first, and that.
pub(crate) type Found = (Bug, usize, String);

/// Writes what one run found.
pub(crate) fn write(path: &Path, seed: u64, run: &Value, found: &[Found]) {
    let museum = found.iter().map(
        |(bug, at, expression)| json!({ "bug": format!("{bug:?}"), "at": at, "expression": expression }),
    );
    let record = json!({
        "recorded": {
            "date": said("node", &["-p", "new Date().toISOString().slice(0, 10)"]),
            "commit": commit(),
            "node": said("node", &["--version"]),
        },
        "seed": seed,
        "run": run,
        "museum": museum.collect::<Vec<_>>(),
    });
    fs::write(path, format!("{record:#}\n")).unwrap();
}

/// The checked-in record.
pub(crate) fn checked_in() -> Value {
    serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap()
}
