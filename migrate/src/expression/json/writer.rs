//! Prints JSON as `toJSON` does (runner: ToJson.cs).

use std::fmt::Write as _;

use super::super::limits::{Counter, Exceeded};
use super::super::value::Value;

/// Prints a value, whatever its size.
pub(crate) fn write(value: &Value) -> String {
    let mut writer = Writer { text: String::new(), counter: None };
    // Without a counter nothing is exceeded.
    let _: Result<(), Exceeded> = writer.value(value, 0, "");
    writer.text
}

/// Prints a value within the limit of memory.
pub(crate) fn write_counted(value: &Value) -> Result<String, Exceeded> {
    let mut writer = Writer { text: String::new(), counter: Some(Counter::default()) };
    writer.value(value, 0, "")?;
    Ok(writer.text)
}

struct Writer {
    text: String,
    counter: Option<Counter>,
}

impl Writer {
    /// Writes a piece as the runner counts pieces: a bracket, a name or a value, each with what stands before it.
    fn piece(&mut self, before: &str, piece: &str) -> Result<(), Exceeded> {
        let start = self.text.len();
        self.text.push_str(before);
        self.text.push_str(piece);
        match &mut self.counter {
            Some(counter) => counter.add_string(self.text.get(start..).unwrap_or_default()),
            None => Ok(()),
        }
    }

    fn value(&mut self, value: &Value, level: usize, before: &str) -> Result<(), Exceeded> {
        match value {
            Value::Null => self.piece(before, "null"),
            Value::Boolean(_) | Value::Number(_) => self.piece(before, &value.to_text()),
            Value::String(text) => self.piece(before, &quoted(text)),
            Value::Array(array) if array.items().is_empty() => self.piece(before, "[]"),
            Value::Object(object) if object.is_empty() => self.piece(before, "{}"),
            Value::Array(array) => {
                self.piece(before, "[")?;
                for (index, item) in array.items().iter().enumerate() {
                    self.value(item, level + 1, &separator(index, level + 1))?;
                }
                self.piece(&line(level), "]")
            }
            Value::Object(object) => {
                self.piece(before, "{")?;
                for (index, (name, item)) in object.iter().enumerate() {
                    self.piece(&separator(index, level + 1), &quoted(name))?;
                    self.value(item, level + 1, ": ")?;
                }
                self.piece(&line(level), "}")
            }
        }
    }
}

fn separator(index: usize, level: usize) -> String {
    let comma = if index == 0 { "" } else { "," };
    format!("{comma}{}", line(level))
}

fn line(level: usize) -> String {
    format!("\n{}", "  ".repeat(level))
}

/// A string in quotes (Newtonsoft: JavaScriptUtils.cs, `WriteEscapedJavaScriptString`).
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{C}' => quoted.push_str("\\f"),
            '\0'..='\u{1F}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string does not fail.
                let _: std::fmt::Result = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
