//! Reads JSON as Newtonsoft's `JsonTextReader` does with the runner's settings (runner: FromJson.cs).
//!
//! It takes more than JSON: comments, single quotes, names without quotes, a comma too many, hexadecimal and octal
//! numbers, `NaN`. What follows the first value is not looked at.

use std::sync::Arc;

use super::super::museum::{Bug, planted};
use super::super::value::{Array, Object, Value, number};
use super::string;

/// How deep arrays and objects may be nested (Newtonsoft: JsonReader.cs, `MaxDepth`).
const MAX_DEPTH: usize = 64;

/// How long a whole number may be (Newtonsoft: JsonTextReader.cs, `MaximumJavascriptIntegerCharacterLength`).
const MAX_INTEGER: usize = 380;

/// JSON that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line}, column {column}")]
pub struct JsonError {
    /// Why, without the place.
    pub reason: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// Reads the first value.
pub(crate) fn read(text: &str) -> Result<Value, JsonError> {
    read_with(Reader { text, at: 0, depth: 0, exact: None, objects: 0, is_exact: false })
}

/// Reads an object of contexts. Of this one, the case of names counts.
pub(crate) fn read_contexts(text: &str, exact: &str) -> Result<Value, JsonError> {
    read_with(Reader { text, at: 0, depth: 0, exact: Some(exact), objects: 0, is_exact: false })
}

fn read_with(mut reader: Reader<'_>) -> Result<Value, JsonError> {
    let text = reader.text;
    reader.document().map_err(|reason| {
        let before = text.get(..reader.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        JsonError { reason, line, column }
    })
}

/// What stands where a value may stand.
enum Item {
    Value(Value),
    /// The end of the array around.
    End,
}

pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// The name of the outermost object under which the case of names counts.
    exact: Option<&'a str>,
    /// How many objects are open.
    objects: usize,
    /// Whether the case of names counts in the object that comes next.
    is_exact: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn skip(&mut self, character: char) {
        self.at += character.len_utf8();
    }

    /// Takes characters while they are such.
    fn take_while(&mut self, such: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|character| !such(character)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn spaces(&mut self) {
        self.take_while(is_space);
    }

    /// The whole text. A comment before the value *is* the value: the runner makes text of what it does not know.
    fn document(&mut self) -> Result<Value, String> {
        self.spaces();
        if self.peek() == Some('/') {
            return Ok(Value::text(self.comment()?));
        }
        match self.item()? {
            Item::Value(value) => Ok(value),
            Item::End => Err("] ends nothing".to_owned()),
        }
    }

    fn spaces_and_comments(&mut self) -> Result<(), String> {
        self.spaces();
        while self.peek() == Some('/') {
            self.comment()?;
            self.spaces();
        }
        Ok(())
    }

    fn comment(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        if let Some(line) = rest.strip_prefix("//") {
            let end = line.find(['\r', '\n']).unwrap_or(line.len());
            self.at += 2 + end;
            return Ok(line.get(..end).unwrap_or_default());
        }
        let block = rest.strip_prefix("/*").ok_or("a comment starts with /* or //")?;
        let end = block.find("*/").ok_or("unexpected end while parsing a comment")?;
        self.at += 2 + end + 2;
        Ok(block.get(..end).unwrap_or_default())
    }

    fn item(&mut self) -> Result<Item, String> {
        self.spaces_and_comments()?;
        let next = self.peek().ok_or("unexpected end, a value was expected")?;
        let value = match next {
            '"' | '\'' => Value::text(&string::read(self, next)?),
            '{' => self.nested(Self::object)?,
            '[' => self.nested(Self::array)?,
            ']' => {
                self.skip(']');
                return Ok(Item::End);
            }
            // No value at all counts as undefined, which is empty text. Whoever is around takes the comma.
            ',' => Value::text(""),
            't' => self.word("true", Value::Boolean(true))?,
            'f' => self.word("false", Value::Boolean(false))?,
            'n' => self.word("null", Value::Null)?,
            'u' => self.word("undefined", Value::text(""))?,
            'N' => self.word("NaN", Value::Number(f64::NAN))?,
            'I' => self.word("Infinity", Value::Number(f64::INFINITY))?,
            '-' if self.rest().starts_with("-I") => {
                self.word("-Infinity", Value::Number(f64::NEG_INFINITY))?
            }
            '-' | '.' | '0'..='9' => Value::Number(self.number()?),
            other => return Err(format!("unexpected character while parsing a value: {other}")),
        };
        Ok(Item::Value(value))
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        if !self.rest().starts_with(word) {
            return Err(format!("{word} was expected"));
        }
        let after = self.rest().get(word.len()..).unwrap_or_default();
        let ends = match after.chars().next() {
            None | Some('}' | ']' | ',') => true,
            Some('/') => after.starts_with("/*") || after.starts_with("//"),
            Some(other) => is_space(other),
        };
        if !ends {
            return Err(format!("{word} was expected"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<f64, String> {
        let text = self.take_while(|c| c.is_ascii_hexdigit() || matches!(c, '-' | '+' | '.' | 'x' | 'X'));
        let ends = |c: char| is_space(c) || matches!(c, ',' | '}' | ']' | ')' | '/');
        if let Some(other) = self.peek().filter(|next| !ends(*next)) {
            return Err(format!("unexpected character while parsing a number: {other}"));
        }
        read_number(text)
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("arrays and objects are nested deeper than {MAX_DEPTH}"));
        }
        self.depth += 1;
        self.at += 1;
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        while let Some(value) = self.array_item(items.is_empty())? {
            items.push(value);
            if self.ends_with(']')? {
                break;
            }
        }
        Ok(Value::Array(Arc::new(Array::new(items))))
    }

    fn array_item(&mut self, first: bool) -> Result<Option<Value>, String> {
        match self.item()? {
            Item::Value(value) => Ok(Some(value)),
            Item::End if planted(Bug::JsonIsStrict) && !first => Err("a value was expected".to_owned()),
            Item::End => Ok(None),
        }
    }

    fn object(&mut self) -> Result<Value, String> {
        let is_exact = std::mem::take(&mut self.is_exact);
        let object = if is_exact { Object::case_sensitive() } else { Object::new() };
        let mut object = Entries { object, ..Entries::default() };
        self.objects += 1;
        loop {
            self.spaces_and_comments()?;
            if self.peek() == Some('}') {
                self.skip('}');
                break;
            }
            let name = self.name()?;
            self.is_exact =
                self.objects == 1 && self.exact.is_some_and(|exact| name.eq_ignore_ascii_case(exact));
            match self.item()? {
                Item::Value(value) => object.put(name, value),
                Item::End => return Err("] does not end an object".to_owned()),
            }
            if self.ends_with('}')? {
                break;
            }
        }
        self.objects -= 1;
        Ok(Value::Object(Arc::new(object.finish())))
    }

    /// Takes what follows a value: a comma, or the end.
    fn ends_with(&mut self, end: char) -> Result<bool, String> {
        self.spaces_and_comments()?;
        match self.peek() {
            Some(next) if next == end || next == ',' => {
                self.skip(next);
                Ok(next == end)
            }
            Some(other) => Err(format!("after a value an unexpected character was encountered: {other}")),
            None => Err(format!("unexpected end, {end} was expected")),
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let name = match self.peek() {
            Some(quote @ ('"' | '\'')) => string::read(self, quote)?,
            Some(first) if is_name(first) => self.bare_name()?,
            Some(other) => return Err(format!("invalid character in a name: {other}")),
            None => return Err("unexpected end, a name was expected".to_owned()),
        };
        self.spaces();
        if self.peek() != Some(':') {
            return Err("after a name : was expected".to_owned());
        }
        self.skip(':');
        Ok(name)
    }

    fn bare_name(&mut self) -> Result<String, String> {
        let name = self.take_while(is_name).to_owned();
        match self.peek() {
            Some(next) if next == ':' || is_space(next) => Ok(name),
            Some(other) => Err(format!("invalid character in a name: {other}")),
            None => Err("unexpected end while parsing a name".to_owned()),
        }
    }
}

/// The entries of an object while it is read: names that are equal to the letter first, as Newtonsoft has them, and then
/// those that differ by case (runner: JTokenExtensions.cs).
#[derive(Default)]
struct Entries {
    object: Object,
    exact: Vec<(String, Value)>,
    places: std::collections::HashMap<String, usize>,
}

impl Entries {
    fn put(&mut self, name: String, value: Value) {
        match self.places.get(&name).and_then(|at| self.exact.get_mut(*at)) {
            Some((_, old)) => *old = value,
            None => {
                self.places.insert(name.clone(), self.exact.len());
                self.exact.push((name, value));
            }
        }
    }

    fn finish(mut self) -> Object {
        for (name, value) in self.exact {
            self.object.insert(&name, value);
        }
        self.object
    }
}

/// Newtonsoft passes over zero characters as if they were spaces.
fn is_space(character: char) -> bool {
    character.is_whitespace() || character == '\0'
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// A number by its text (Newtonsoft: JsonTextReader.cs, `ParseNumber`).
fn read_number(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text} is not a number");
    let digits = text.strip_prefix('-').unwrap_or(text);
    let other_base = text.len() > 1
        && text.starts_with('0')
        && !matches!(text.as_bytes().get(1), Some(b'.' | b'e' | b'E'));
    if other_base {
        return integer_of_other_base(text).ok_or_else(wrong);
    }
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if text.len() > MAX_INTEGER {
            return Err("a whole number is too large to parse".to_owned());
        }
        return text.parse().map_err(|_| wrong());
    }
    number::decimal(text).ok_or_else(wrong)
}

/// `0x1F` or `017`, as 64 bits with a sign.
fn integer_of_other_base(text: &str) -> Option<f64> {
    let bits = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.chars().all(|digit| digit.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16)
        }
        Some(_) => return None,
        None if text.chars().all(|digit| digit.is_digit(8)) => u64::from_str_radix(text, 8),
        None => return None,
    };
    #[expect(clippy::cast_precision_loss, reason = "the runner's numbers are doubles, too")]
    bits.ok().map(|bits| bits.cast_signed() as f64)
}
