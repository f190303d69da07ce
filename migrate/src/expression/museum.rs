//! Planted bugs that the differential test must find. Without the feature `museum` nothing of it is compiled in.
//!
//! Each is a mistake that somebody who knows the language roughly would make, or that another reader of it makes.

use std::sync::Arc;

use super::value::{Object, Value};

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bug {
    /// `&&` and `||` give a boolean, and not an operand.
    LogicGivesBoolean,
    /// All operands of `&&` and `||` are evaluated.
    NoShortCircuit,
    /// `==` of texts counts case.
    EqualCountsCase,
    /// Texts are compared by capitals of several characters, as npm compares them.
    CapitalsOfSeveral,
    /// Text without characters is no number.
    EmptyIsNoNumber,
    /// NaN equals itself.
    NanEqualsItself,
    /// `<=` is not `>`.
    LessOrEqualIsNotGreater,
    /// Arrays and objects are equal if their values are.
    EqualByValue,
    /// `.*` and what follows keep nulls for what is not there.
    MissingPartIsNull,
    /// An index is rounded to the nearest, and not down.
    IndexRounds,
    /// An index below zero counts from the end.
    IndexFromEnd,
    /// A part of null is text without characters.
    PartOfNullIsText,
    /// `contains` looks for text in an array.
    ContainsComparesText,
    /// `endsWith` counts case.
    EndsWithCountsCase,
    /// `format` takes an argument that is not there for nothing.
    FormatTakesMissing,
    /// `join` puts nothing between values unless told.
    JoinWithoutComma,
    /// `case` takes any value for a condition.
    CaseTakesAnything,
    /// `fromJSON` refuses a comma too many.
    JsonIsStrict,
    /// `toJSON` sorts names.
    JsonSortsNames,
    /// The first of several names that differ by case keeps its value.
    FirstNameWins,
    /// Zero keeps its sign as text.
    NegativeZero,
    /// Numbers are printed with all their digits.
    AllDigits,
    /// `0xffffffff` has no sign.
    HexWithoutSign,
    /// `''` in a string stays two quotes.
    QuotesStayTwo,
    /// Only white space of ASCII stands between symbols.
    SpacesOfAscii,
    /// The length is counted in bytes.
    LengthInBytes,
    /// Positions are counted in bytes.
    PositionInBytes,
    /// Memory is counted in bytes of UTF-8.
    MemoryOfUtf8,
}

/// All bugs.
pub const ALL: [Bug; 28] = [
    Bug::LogicGivesBoolean,
    Bug::NoShortCircuit,
    Bug::EqualCountsCase,
    Bug::CapitalsOfSeveral,
    Bug::EmptyIsNoNumber,
    Bug::NanEqualsItself,
    Bug::LessOrEqualIsNotGreater,
    Bug::EqualByValue,
    Bug::MissingPartIsNull,
    Bug::IndexRounds,
    Bug::IndexFromEnd,
    Bug::PartOfNullIsText,
    Bug::ContainsComparesText,
    Bug::EndsWithCountsCase,
    Bug::FormatTakesMissing,
    Bug::JoinWithoutComma,
    Bug::CaseTakesAnything,
    Bug::JsonIsStrict,
    Bug::JsonSortsNames,
    Bug::FirstNameWins,
    Bug::NegativeZero,
    Bug::AllDigits,
    Bug::HexWithoutSign,
    Bug::QuotesStayTwo,
    Bug::SpacesOfAscii,
    Bug::LengthInBytes,
    Bug::PositionInBytes,
    Bug::MemoryOfUtf8,
];

#[cfg(feature = "museum")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants one bug in this thread, or takes it out.
#[cfg(feature = "museum")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this bug is planted.
#[cfg(feature = "museum")]
pub(crate) fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this bug is planted: never, in what people run.
#[cfg(not(feature = "museum"))]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

/// The value with its names in their order, for the bug of that name.
pub(crate) fn with_sorted_names(value: Value) -> Value {
    let Value::Object(object) = value else { return value };
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_by_key(|(name, _)| *name);
    let mut sorted = Object::new();
    entries.into_iter().for_each(|(name, value)| sorted.insert(name, value.clone()));
    Value::Object(Arc::new(sorted))
}
