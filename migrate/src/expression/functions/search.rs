//! Text in text, whatever its case (runner: Contains.cs, StartsWith.cs, EndsWith.cs).

use super::Call;
use crate::expression::error::ExpressionError;
use crate::expression::evaluate::Outcome;
use crate::expression::museum::{Bug, planted};
use crate::expression::value::{Value, text};

pub(super) fn contains(call: &mut Call<'_, '_>) -> Result<Outcome, ExpressionError> {
    let within = call.argument(0)?;
    match &within {
        Value::Array(array) if !array.items().is_empty() => {
            let sought = call.argument(1)?;
            if planted(Bug::ContainsComparesText) {
                let found = array.items().iter().any(|item| text::equal(&item.to_text(), &sought.to_text()));
                return Ok(Outcome::boolean(found));
            }
            Ok(Outcome::boolean(array.items().iter().any(|item| sought.equals(item))))
        }
        _ => texts(call, &within, |within, sought| within.contains(sought)),
    }
}

pub(super) fn starts_with(call: &mut Call<'_, '_>) -> Result<Outcome, ExpressionError> {
    let within = call.argument(0)?;
    texts(call, &within, |within, sought| within.starts_with(sought))
}

pub(super) fn ends_with(call: &mut Call<'_, '_>) -> Result<Outcome, ExpressionError> {
    let within = call.argument(0)?;
    if planted(Bug::EndsWithCountsCase) && within.is_primitive() {
        let sought = call.argument(1)?;
        return Ok(Outcome::boolean(sought.is_primitive() && within.to_text().ends_with(&*sought.to_text())));
    }
    texts(call, &within, |within, sought| within.ends_with(sought))
}

/// Compares the first argument with the second one as texts. An array or object is no text, and nothing is in it; the
/// second argument is not evaluated then.
fn texts(
    call: &mut Call<'_, '_>,
    within: &Value,
    holds: impl Fn(&str, &str) -> bool,
) -> Result<Outcome, ExpressionError> {
    if !within.is_primitive() {
        return Ok(Outcome::boolean(false));
    }
    let sought = call.argument(1)?;
    if !sought.is_primitive() {
        return Ok(Outcome::boolean(false));
    }
    // A character and its capital have as many units, so what holds for these holds for the texts.
    Ok(Outcome::boolean(holds(&text::folded(&within.to_text()), &text::folded(&sought.to_text()))))
}
