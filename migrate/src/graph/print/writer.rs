//! JSON, written in order, two spaces a level.

use std::fmt::Write as _;

use crate::expression::Value;
use crate::span::Span;
use crate::yaml::{Lines, Place};

/// Writes JSON.
pub(super) struct Writer<'s> {
    out: String,
    depth: usize,
    /// Whether nothing stands yet in the object or array that is open.
    empty: bool,
    /// All stands on one line.
    inline: bool,
    /// The sources, with their lines.
    sources: Vec<(&'s str, Lines)>,
    /// The one whose places are written.
    current: usize,
    /// How many bytes may still be written of what is more than the source.
    room: usize,
}

/// How many bytes are written of what multiplies: a matrix makes 256 legs of a few values, and each has all of them.
pub(super) const MAX_MULTIPLIED: usize = 8 << 20;

impl<'s> Writer<'s> {
    /// Nothing yet; places are those of the first source.
    pub(super) fn new(sources: impl IntoIterator<Item = &'s str>) -> Self {
        let sources = sources.into_iter().map(|source| (source, Lines::of(source))).collect();
        Self {
            out: String::new(),
            depth: 0,
            empty: true,
            inline: false,
            sources,
            current: 0,
            room: MAX_MULTIPLIED,
        }
    }

    /// From here on places are those of this source.
    pub(super) fn turn_to(&mut self, source: usize) -> usize {
        std::mem::replace(&mut self.current, source)
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    pub(super) fn object(&mut self, inside: impl FnOnce(&mut Self)) {
        self.enclosed('{', '}', inside);
    }

    pub(super) fn array(&mut self, inside: impl FnOnce(&mut Self)) {
        self.enclosed('[', ']', inside);
    }

    /// An object on one line.
    pub(super) fn inline_object(&mut self, inside: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.inline, true);
        self.object(inside);
        self.inline = before;
    }

    /// A field whose value is an object.
    pub(super) fn object_at(&mut self, key: &str, inside: impl FnOnce(&mut Self)) {
        self.key(key);
        self.object(inside);
    }

    /// A field whose value is an array with these items.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        item: impl Fn(&mut Self, T),
    ) {
        self.key(key);
        self.array(|writer| {
            for one in items {
                writer.item();
                item(writer, one);
            }
        });
    }

    /// As [`Self::list`], of what multiplies: where there is no room any more only the first one stands there, and another
    /// field says how many more there are.
    pub(super) fn bounded<T>(
        &mut self,
        (key, left_out): (&str, &str),
        mut items: impl ExactSizeIterator<Item = T>,
        item: impl Fn(&mut Self, T),
    ) {
        self.key(key);
        self.array(|writer| {
            while writer.empty || writer.room > 0 {
                let Some(one) = items.next() else { break };
                writer.item();
                writer.spend(|writer| item(writer, one));
            }
        });
        if items.len() > 0 {
            self.plain(left_out, items.len());
        }
    }

    /// As [`Self::texts`], of what multiplies.
    pub(super) fn bounded_texts<'t>(
        &mut self,
        keys: (&str, &str),
        items: impl ExactSizeIterator<Item = &'t str>,
    ) {
        let before = std::mem::replace(&mut self.inline, true);
        self.bounded(keys, items, Self::text);
        self.inline = before;
    }

    /// Writes what multiplies.
    pub(super) fn spend(&mut self, inside: impl FnOnce(&mut Self)) {
        let before = self.out.len();
        inside(self);
        self.room = self.room.saturating_sub(self.out.len() - before);
    }

    /// Whether more may be written of what multiplies.
    pub(super) const fn has_room(&self) -> bool {
        self.room > 0
    }

    /// A field whose value is an array of texts, on one line.
    pub(super) fn texts<T: AsRef<str>>(&mut self, key: &str, items: impl IntoIterator<Item = T>) {
        self.key(key);
        let before = std::mem::replace(&mut self.inline, true);
        self.array(|writer| {
            for one in items {
                writer.item();
                writer.text(one.as_ref());
            }
        });
        self.inline = before;
    }

    /// A field whose value is text.
    pub(super) fn field(&mut self, key: &str, text: &str) {
        self.key(key);
        self.text(text);
    }

    /// A field whose value is text, or null.
    pub(super) fn optional(&mut self, key: &str, text: Option<&str>) {
        self.key(key);
        match text {
            Some(text) => self.text(text),
            None => self.out.push_str("null"),
        }
    }

    /// A field whose value is a number or true or false.
    pub(super) fn plain(&mut self, key: &str, value: impl std::fmt::Display) {
        self.key(key);
        // Writing to a string does not fail.
        let _ = write!(self.out, "{value}");
    }

    /// A field whose value is a value of GitHub's, on one line.
    pub(super) fn value(&mut self, key: &str, value: &Value) {
        self.key(key);
        let before = std::mem::replace(&mut self.inline, true);
        self.any(value);
        self.inline = before;
    }

    /// A value. The depth of values is bounded where they are made.
    fn any(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Boolean(boolean) => self.out.push_str(if *boolean { "true" } else { "false" }),
            // JSON has no word for what is not finite, so it is a text, as GitHub prints it.
            Value::Number(number) if !number.is_finite() => self.text(&value.to_text()),
            Value::Number(number) => {
                let _ = write!(self.out, "{number}");
            }
            Value::String(text) => self.text(text),
            Value::Array(array) => self.array(|writer| {
                for one in array.items() {
                    writer.item();
                    writer.any(one);
                }
            }),
            Value::Object(object) => self.object(|writer| {
                for (key, one) in object.iter() {
                    writer.key(key);
                    writer.any(one);
                }
            }),
        }
    }

    /// Where something stands: the line and column as GitHub counts them, and its bytes.
    pub(super) fn place(&mut self, key: &str, span: Span) {
        self.key(key);
        self.place_item(span);
    }

    /// A place as the item of an array.
    pub(super) fn place_item(&mut self, span: Span) {
        let Some((source, lines)) = self.sources.get(self.current) else { return };
        let Place { line, column } = lines.place(source, span.start);
        let (start, end) = (span.start, span.end);
        let _ = write!(self.out, r#"{{"line": {line}, "column": {column}, "start": {start}, "end": {end}}}"#);
    }

    pub(super) fn item(&mut self) {
        if !self.empty {
            self.out.push(',');
        }
        match (self.inline, self.empty) {
            (true, true) => {}
            (true, false) => self.out.push(' '),
            (false, _) => self.line(),
        }
        self.empty = false;
    }

    pub(super) fn key(&mut self, key: &str) {
        self.item();
        self.text(key);
        self.out.push_str(": ");
    }

    fn enclosed(&mut self, open: char, close: char, inside: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.depth += 1;
        self.empty = true;
        inside(self);
        self.depth -= 1;
        if !self.empty && !self.inline {
            self.line();
        }
        self.out.push(close);
        self.empty = false;
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                // What a terminal would obey, and what hides or turns text, is written as a number.
                control if control.is_control() || is_hidden(control) => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(control));
                }
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }
}

/// Marks of direction, spaces without width, and ends of lines that are not control characters.
const fn is_hidden(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
