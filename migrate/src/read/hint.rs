//! What to do about a key or value that may not be here.

use crate::schema::{Candidates, Definition, Schema};

/// How many values are listed at most.
const LISTED: usize = 12;

/// A key that is not known here: a near one, or where it is known.
pub(super) fn for_key(
    schema: &'static Schema,
    candidates: &Candidates<'static>,
    key: &str,
) -> Option<String> {
    let names = candidates.iter().flat_map(|(_, mapping)| mapping.properties()).map(|property| property.name);
    if let Some(near) = nearest(key, names) {
        return Some(format!("did you mean {near}?"));
    }
    let mut others: Vec<_> = schema.having(key).map(|(id, _)| schema.definition(id).name()).collect();
    others.truncate(LISTED);
    if others.is_empty() {
        return Some(format!(
            "no key of this name is known anywhere (schema {}); it may be newer than this version of towpath",
            schema.version()
        ));
    }
    Some(format!("the key is known elsewhere: in {}", others.join(", ")))
}

/// A value that may not be here: a near one, or all.
pub(super) fn for_value(definition: &Definition, value: &str) -> Option<String> {
    if let Some(near) = nearest(value, definition.constants()) {
        return Some(format!("did you mean {near}?"));
    }
    let mut constants: Vec<_> = definition.constants().collect();
    let left = constants.len().saturating_sub(LISTED);
    constants.truncate(LISTED);
    match (constants.is_empty(), left) {
        (true, _) => None,
        (false, 0) => Some(format!("expected {}", constants.join(", "))),
        (false, left) => Some(format!("expected {} or one of {left} others", constants.join(", "))),
    }
}

/// The name that is a slip away: a third of its letters at most.
pub(crate) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = |name: &str| (name.len() / 3).clamp(1, 3);
    names
        .filter(|name| name.len().abs_diff(text.len()) <= allowed(name))
        .map(|name| (distance(text, name), name))
        .filter(|(distance, name)| *distance <= allowed(name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters have to be added, taken away or changed, whatever their case.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (other, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(*other != letter);
            diagonal = *cell;
            *cell = changed.min(before + 1).min(diagonal + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let names = ["runs-on", "steps", "if", "name", "needs", "timeout-minutes"];
        for (text, near) in [
            ("runs_on", Some("runs-on")),
            ("Runs-On", Some("runs-on")),
            ("step", Some("steps")),
            ("need", Some("needs")),
            ("timeout-minute", Some("timeout-minutes")),
            ("timeout", None),
            ("of", Some("if")),
            ("xy", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, names.into_iter()), near, "{text}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
