//! Whether a leg is one that an item of `include` or `exclude` means (runner: MatrixBuilder.cs, `MatrixFilter`).

use std::sync::Arc;

use super::spec::Pair;
use super::{Cell, CellValue, Unknowns};
use crate::expression::{Array, Object, Value, part, same};

/// Whether something matches.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Match {
    No,
    Yes,
    /// It depends on these.
    Maybe(Unknowns),
}

/// Compares a leg's values with those of an item; more of the item's keys may be unknown.
pub(super) fn matches<'a>(
    leg: &[(&str, &Cell)],
    pairs: impl IntoIterator<Item = &'a Pair>,
    unknown: &Unknowns,
) -> Match {
    let mut unknowns = unknown.clone();
    for pair in pairs {
        let cell = leg.iter().find(|(key, _)| same(key, &pair.key)).map(|(_, cell)| *cell);
        match pair_matches(cell, pair) {
            Match::No => return Match::No,
            Match::Yes => {}
            Match::Maybe(more) => unknowns.extend(more),
        }
    }
    if unknowns.is_empty() { Match::Yes } else { Match::Maybe(unknowns) }
}

fn pair_matches(leg: Option<&Cell>, pair: &Pair) -> Match {
    let filter = &pair.cell;
    let mut unknowns = Unknowns::new();
    for cell in leg.into_iter().chain([filter]) {
        match &cell.value {
            CellValue::Known(_) => {}
            CellValue::Unknown(some) => unknowns.extend(some),
            CellValue::Each(one) => {
                unknowns.insert(*one);
            }
        }
    }
    match (leg.map(|cell| &cell.value), &filter.value) {
        // What has no leaves asks for nothing.
        (_, CellValue::Known(wanted)) if !has_leaf(wanted) => Match::Yes,
        _ if !unknowns.is_empty() => Match::Maybe(unknowns),
        (leg, CellValue::Known(written)) => {
            let value = if let Some(CellValue::Known(value)) = leg { Some(value) } else { None };
            if is(value, pair.wanted.as_ref().unwrap_or(written)) { Match::Yes } else { Match::No }
        }
        _ => Match::No,
    }
}

/// What the legs are compared with where that is not what is written: an item becomes expressions, and a number in them has
/// the 15 digits with which GitHub prints it (runner: MatrixBuilder.cs, `AddExpression`).
pub(super) fn wanted(written: &Value) -> Option<Value> {
    let printed = as_printed(written);
    (printed != *written).then_some(printed)
}

fn as_printed(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_finite() => {
            Value::Number(Value::text(&value.to_text()).to_number())
        }
        Value::Array(array) => {
            Value::Array(Arc::new(Array::new(array.items().iter().map(as_printed).collect())))
        }
        Value::Object(object) => {
            let mut printed = Object::new();
            object.iter().for_each(|(key, value)| printed.insert(key, as_printed(value)));
            Value::Object(Arc::new(printed))
        }
        other => other.clone(),
    }
}

fn has_leaf(wanted: &Value) -> bool {
    match wanted {
        Value::Array(array) => array.items().iter().any(has_leaf),
        Value::Object(object) => object.iter().any(|(_, value)| has_leaf(value)),
        _ => true,
    }
}

/// Whether each leaf of what is wanted equals, as `==` does, what the leg has at its place.
fn is(value: Option<&Value>, wanted: &Value) -> bool {
    let at = |index: &Value| value.and_then(|value| part(value, index));
    match wanted {
        Value::Array(array) => array
            .items()
            .iter()
            .zip(0_u32..)
            .all(|(wanted, index)| is(at(&Value::Number(index.into())).as_ref(), wanted)),
        Value::Object(object) => {
            object.iter().all(|(key, wanted)| is(at(&Value::text(key)).as_ref(), wanted))
        }
        literal => value.unwrap_or(&Value::Null).equals(literal),
    }
}
