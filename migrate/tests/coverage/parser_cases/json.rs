//! JSON as JavaScript writes it with two spaces.

use std::fmt;

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
    /// An object whose keys are not known here.
    Map(Vec<(String, Json)>),
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(out, 0)
    }
}

impl Json {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    fn write(&self, out: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Boolean(value) => write!(out, "{value}"),
            Self::Number(value) => number(out, *value),
            Self::Text(value) => text(out, value),
            Self::Array(items) => {
                let items = items.iter().map(|item| (None, item));
                lines(out, depth, ['[', ']'], items)
            }
            Self::Object(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| (Some(*key), value));
                lines(out, depth, ['{', '}'], pairs)
            }
            Self::Map(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| (Some(key.as_str()), value));
                lines(out, depth, ['{', '}'], pairs)
            }
        }
    }
}

fn lines<'a>(
    out: &mut fmt::Formatter<'_>,
    depth: usize,
    [open, close]: [char; 2],
    items: impl Iterator<Item = (Option<&'a str>, &'a Json)>,
) -> fmt::Result {
    write!(out, "{open}")?;
    let mut is_first = true;
    for (key, value) in items {
        let comma = if std::mem::replace(&mut is_first, false) { "" } else { "," };
        write!(out, "{comma}\n{:1$}", "", 2 * depth + 2)?;
        if let Some(key) = key {
            text(out, key)?;
            out.write_str(": ")?;
        }
        value.write(out, depth + 1)?;
    }
    if !is_first {
        write!(out, "\n{:1$}", "", 2 * depth)?;
    }
    write!(out, "{close}")
}

fn number(out: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    if value.is_finite() {
        // Zero has no sign there.
        write!(out, "{}", value + 0.0)
    } else if value.is_nan() {
        out.write_str("\"NaN\"")
    } else {
        write!(out, "\"{}Infinity\"", if value < 0.0 { "-" } else { "" })
    }
}

fn text(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    for char in text.chars() {
        match char {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            char if char < ' ' => write!(out, "\\u{:04x}", u32::from(char))?,
            char => write!(out, "{char}")?,
        }
    }
    out.write_str("\"")
}
