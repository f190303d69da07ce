//! JSON for programs and for people who look into it: indented, but each item of a list that is more than a word in a line of its
//! own. So a report of thousands of workflows is half as long, and a line is a workflow.

use std::io;

use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

/// The form of the text.
#[derive(Default)]
pub(super) struct Rows {
    around: PrettyFormatter<'static>,
    row: CompactFormatter,
    /// How many lists and objects of a row are open.
    depth: usize,
    /// Whether what comes next is an item of a list.
    is_item: bool,
}

impl Rows {
    /// Whether a list or object that begins belongs to a row.
    fn begins(&mut self) -> bool {
        let is_row = self.depth > 0 || std::mem::take(&mut self.is_item);
        self.depth += usize::from(is_row);
        is_row
    }

    /// Whether a list or object that ends belongs to a row.
    fn ends(&mut self) -> bool {
        let is_row = self.depth > 0;
        self.depth = self.depth.saturating_sub(1);
        is_row
    }
}

impl Formatter for Rows {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.begins() { self.row.begin_array(writer) } else { self.around.begin_array(writer) }
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.ends() { self.row.end_array(writer) } else { self.around.end_array(writer) }
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.depth > 0 {
            return self.row.begin_array_value(writer, first);
        }
        self.is_item = true;
        self.around.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.depth > 0 {
            return self.row.end_array_value(writer);
        }
        self.is_item = false;
        self.around.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.begins() { self.row.begin_object(writer) } else { self.around.begin_object(writer) }
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.ends() { self.row.end_object(writer) } else { self.around.end_object(writer) }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.depth > 0 {
            self.row.begin_object_key(writer, first)
        } else {
            self.around.begin_object_key(writer, first)
        }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.depth > 0 {
            self.row.begin_object_value(writer)
        } else {
            self.around.begin_object_value(writer)
        }
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.depth > 0 { self.row.end_object_value(writer) } else { self.around.end_object_value(writer) }
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize as _;
    use serde_json::{Serializer, Value, json};

    use super::*;

    #[test]
    fn an_item_of_a_list_is_a_line() {
        let value = json!({
            "a": {"b": [], "c": {}, "d": ["x", 1, null]},
            "rows": [{"e": [{"f": 1}, [2, [3]]], "g": {}}, [], [4, 5], "y"],
            "z": true,
        });
        let mut text = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut text, Rows::default())).unwrap();
        let text = String::from_utf8(text).unwrap();
        let expected = r#"{
  "a": {
    "b": [],
    "c": {},
    "d": [
      "x",
      1,
      null
    ]
  },
  "rows": [
    {"e":[{"f":1},[2,[3]]],"g":{}},
    [],
    [4,5],
    "y"
  ],
  "z": true
}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
