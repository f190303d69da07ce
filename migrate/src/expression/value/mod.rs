//! Values: what they are, what they count as.

mod compare;
pub(crate) mod number;
pub(crate) mod text;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::json::{self, JsonError};
use super::museum::{Bug, planted};

/// The kinds of values, with the names that GitHub prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Nothing.
    Null,
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// Text.
    String,
    /// Values in order.
    Array,
    /// Values by name.
    Object,
}

impl ValueKind {
    /// The name, as GitHub prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "Null",
            Self::Boolean => "Boolean",
            Self::Number => "Number",
            Self::String => "String",
            Self::Array => "Array",
            Self::Object => "Object",
        }
    }
}

/// A value. Arrays and objects are shared, and cheap to clone.
///
/// `==` is for tests and tools: it looks into arrays and objects, and a NaN equals itself. What `==` says in an
/// expression is [`Value::equals`].
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// Text.
    String(Arc<str>),
    /// Values in order.
    Array(Arc<Array>),
    /// Values by name.
    Object(Arc<Object>),
}

impl Value {
    /// Text as a value.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::String(Arc::from(text))
    }

    /// The first value of a JSON text, read as `fromJSON` reads it.
    ///
    /// # Errors
    /// Where the text is not even what that lenient reader takes.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        json::read(text)
    }

    /// The value as `toJSON` prints it: two spaces a level, numbers as [`Value::to_text`] has them.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::write(self)
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ValueKind {
        match self {
            Self::Null => ValueKind::Null,
            Self::Boolean(_) => ValueKind::Boolean,
            Self::Number(_) => ValueKind::Number,
            Self::String(_) => ValueKind::String,
            Self::Array(_) => ValueKind::Array,
            Self::Object(_) => ValueKind::Object,
        }
    }

    /// Whether it is neither array nor object.
    #[must_use]
    pub const fn is_primitive(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Object(_))
    }

    /// Whether it counts as true (runner: EvaluationResult.cs, `IsFalsy`).
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Boolean(boolean) => *boolean,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::String(text) => !text.is_empty(),
            Self::Array(_) | Self::Object(_) => true,
        }
    }

    /// The value as text (runner: EvaluationResult.cs, `ConvertToString`); the kind's name for an array or object.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
            // Zero has no sign where people read it.
            Self::Number(number) if *number == 0.0 && !planted(Bug::NegativeZero) => Cow::Borrowed("0"),
            Self::Number(number) => Cow::Owned(number::text(*number)),
            Self::String(text) => Cow::Borrowed(text),
            Self::Array(_) | Self::Object(_) => Cow::Borrowed(self.kind().name()),
        }
    }

    /// The value as a number (runner: EvaluationResult.cs, `ConvertToNumber`); NaN for an array or object.
    #[must_use]
    pub fn to_number(&self) -> f64 {
        match self {
            Self::Null | Self::Boolean(false) => 0.0,
            Self::Boolean(true) => 1.0,
            Self::Number(number) => *number,
            Self::String(text) => number::parse(text),
            Self::Array(_) | Self::Object(_) => f64::NAN,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b || a.is_nan() && b.is_nan(),
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a.items == b.items,
            (Self::Object(a), Self::Object(b)) => a.entries == b.entries,
            _ => false,
        }
    }
}

/// Values in order.
#[derive(Debug, Clone, Default)]
pub struct Array {
    items: Vec<Value>,
    filtered: bool,
}

impl Array {
    /// An array of these.
    #[must_use]
    pub const fn new(items: Vec<Value>) -> Self {
        Self { items, filtered: false }
    }

    /// What `.*` gives: an index into it goes to each item, not to itself.
    pub(crate) const fn filtered(items: Vec<Value>) -> Self {
        Self { items, filtered: true }
    }

    /// Whether it came from `.*`.
    pub(crate) const fn is_filtered(&self) -> bool {
        self.filtered
    }

    /// The values.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

/// Values by name, in the order in which they came. Names that differ only by case are one, unless it was made otherwise.
#[derive(Debug, Clone, Default)]
pub struct Object {
    entries: Vec<(Arc<str>, Value)>,
    index: HashMap<String, usize>,
    case_sensitive: bool,
}

impl Object {
    /// An object without values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An object without values, in which names that differ by case differ (runner:
    /// CaseSensitiveDictionaryExpressionData.cs). The context `env` is one, but for runners of Windows.
    #[must_use]
    pub fn case_sensitive() -> Self {
        Self { case_sensitive: true, ..Self::default() }
    }

    fn key(&self, name: &str) -> String {
        if self.case_sensitive { name.to_owned() } else { text::folded(name) }
    }

    /// Puts a value under a name. Where the name is taken, whatever its case, the place and the name stay as they are and
    /// the value is replaced (runner: DictionaryExpressionData.cs, `this[String]`).
    pub fn insert(&mut self, name: &str, value: Value) {
        let next = self.entries.len();
        let at = *self.index.entry(self.key(name)).or_insert(next);
        match self.entries.get_mut(at) {
            Some(_) if planted(Bug::FirstNameWins) => {}
            Some((_, old)) => *old = value,
            None => self.entries.push((Arc::from(name), value)),
        }
    }

    /// The value of a name, whatever its case unless that counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.index.get(&self.key(name))?;
        self.entries.get(*at).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(name, value)| (&**name, value))
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_name_of_other_case_gives_its_value_to_the_first() {
        let mut object = Object::new();
        object.insert("Key", Value::Number(1.0));
        object.insert("other", Value::Null);
        object.insert("KEY", Value::Number(2.0));
        let names: Vec<_> = object.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Key", "other"]);
        assert_eq!(object.get("kEy"), Some(&Value::Number(2.0)));
        assert_eq!(object.len(), 2);
    }

    #[test]
    fn names_of_other_case_differ_where_that_is_asked_for() {
        let mut object = Object::case_sensitive();
        object.insert("Path", Value::Number(1.0));
        object.insert("PATH", Value::Number(2.0));
        assert_eq!((object.get("Path"), object.get("path")), (Some(&Value::Number(1.0)), None));
        assert_eq!(object.len(), 2);
    }

    #[test]
    fn values_count_as_text_number_and_truth() {
        let empty = Value::Array(Arc::default());
        for (value, text, number, truth) in [
            (Value::Null, "", 0.0, false),
            (Value::Boolean(true), "true", 1.0, true),
            (Value::Boolean(false), "false", 0.0, false),
            (Value::Number(-0.0), "0", 0.0, false),
            (Value::Number(f64::NAN), "NaN", f64::NAN, false),
            (Value::Number(1.5), "1.5", 1.5, true),
            (Value::text(""), "", 0.0, false),
            (Value::text(" 0x1f "), " 0x1f ", 31.0, true),
            (empty, "Array", f64::NAN, true),
            (Value::Object(Arc::default()), "Object", f64::NAN, true),
        ] {
            assert_eq!(value.to_text(), text, "{value:?}");
            assert_eq!(Value::Number(value.to_number()), Value::Number(number), "{value:?}");
            assert_eq!(value.is_truthy(), truth, "{value:?}");
        }
    }
}
