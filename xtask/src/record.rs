//! What was recorded in a JSON file, for the pages that are made of it.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

/// Reads a record; `writer` is the command line that writes it.
pub(crate) fn read(root: &Path, file: &str, writer: &str) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(root.join(file))
        .with_context(|| format!("failed to read {file}; {writer} writes it"))?;
    serde_json::from_str(&text).with_context(|| format!("failed to read {file} as JSON"))
}

/// The text at a place, a JSON pointer.
pub(crate) fn text<'v>(record: &'v Value, place: &str) -> &'v str {
    record.pointer(place).and_then(Value::as_str).unwrap_or("-")
}

/// The number at a place.
pub(crate) fn number(record: &Value, place: &str) -> u64 {
    record.pointer(place).and_then(Value::as_u64).unwrap_or_default()
}

/// The list at a place.
pub(crate) fn list<'v>(record: &'v Value, place: &str) -> &'v [Value] {
    record.pointer(place).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
