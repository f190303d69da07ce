//! Checks an edit with a second YAML parser: what it reads may differ at the intended places only.

use serde_yaml::Value;

use crate::error::{CannotEdit, Reason};
use crate::locate::{Located, Scalar, Slot, Step, locate};
use crate::splice::{Goal, holds};
use crate::target::{Field, Target};
use crate::tree::not_yaml;

/// Refuses a file in which the two parsers read an image's fields differently.
pub(crate) fn agree(text: &str, located: &Located) -> Result<(), CannotEdit> {
    agree_on(&read(text)?, located)
}

/// Refuses an edit unless each field is as intended and nothing else means anything else.
pub(crate) fn check(
    before: &str,
    located: &Located,
    after: &str,
    target: &Target,
    goals: &[(Field, Goal<'_>)],
) -> Result<(), CannotEdit> {
    let result = locate(after, target)?;
    let found = read(after)?;
    agree_on(&found, &result)?;
    let differs = || CannotEdit::new(located.line, 1, Reason::ResultDiffers);
    let mut expected = read(before)?;
    for slot in &located.slots {
        let goal = goals.iter().find(|(field, _)| *field == slot.field).map(|(_, goal)| *goal);
        let (old, new) = (slot.scalar.as_ref(), result.scalar(slot.field));
        if !is_reached(goal, old, new) {
            return Err(differs());
        }
        if old.map(|s| &s.raw) != new.map(|s| &s.raw) {
            let value = value_at(&found, slot).cloned();
            let mapping = mapping_at_mut(&mut expected, &slot.path).ok_or_else(differs)?;
            match value {
                Some(value) => mapping.insert(Value::from(slot.key.as_str()), value),
                None => mapping.shift_remove(slot.key.as_str()),
            };
        }
    }
    if expected == found { Ok(()) } else { Err(differs()) }
}

/// Whether a field is what it was to become; without a goal, what it was.
fn is_reached(goal: Option<Goal<'_>>, old: Option<&Scalar>, new: Option<&Scalar>) -> bool {
    match (goal, new) {
        (None, new) => old.map(|s| (&s.raw, &s.value)) == new.map(|s| (&s.raw, &s.value)),
        (Some(Goal::Absent), new) => new.is_none(),
        (Some(Goal::Value(value)), Some(new)) => holds(new, value),
        (Some(Goal::Raw(raw)), Some(new)) => new.raw == raw,
        (Some(Goal::Value(_) | Goal::Raw(_)), None) => false,
    }
}

fn read(text: &str) -> Result<Value, CannotEdit> {
    // The parser counts a byte order mark as a column, which puts the first key out of line.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_yaml::from_str(text).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        let why = error.to_string();
        // The parser appends the place, which the refusal already has.
        let why = why.split(" at line ").next().unwrap_or(&why);
        CannotEdit::new(line, column, not_yaml(text, line, why))
    })
}

fn agree_on(root: &Value, located: &Located) -> Result<(), CannotEdit> {
    for slot in &located.slots {
        let same = match (value_at(root, slot), &slot.scalar) {
            (Some(Value::String(text)), Some(scalar)) => *text == scalar.value,
            (Some(Value::Number(_)), Some(scalar)) => scalar.raw == scalar.value,
            (None, None) => mapping_at(root, &slot.path).is_some(),
            _ => false,
        };
        if !same {
            return Err(slot.parent.refuse(Reason::ReadersDisagree { key: slot.key.clone() }));
        }
    }
    Ok(())
}

fn value_at<'v>(root: &'v Value, slot: &Slot) -> Option<&'v Value> {
    mapping_at(root, &slot.path)?.get(slot.key.as_str())
}

fn mapping_at<'v>(root: &'v Value, path: &[Step]) -> Option<&'v serde_yaml::Mapping> {
    let follow = |value: &'v Value, step: &Step| match step {
        Step::Key(key) => value.get(key.as_str()),
        Step::Item(position) => value.get(position),
    };
    path.iter().try_fold(root, follow)?.as_mapping()
}

fn mapping_at_mut<'v>(root: &'v mut Value, path: &[Step]) -> Option<&'v mut serde_yaml::Mapping> {
    let follow = |value: &'v mut Value, step: &Step| match step {
        Step::Key(key) => value.get_mut(key.as_str()),
        Step::Item(position) => value.get_mut(position),
    };
    path.iter().try_fold(root, follow)?.as_mapping_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "x: 1\nimages:\n- name: a\n  newTag: v1\n";

    fn check_edit(after: &str, goals: &[(Field, Goal<'_>)]) -> Result<(), Reason> {
        let target = Target::Kustomization { image: "a".to_owned() };
        let located = locate(BEFORE, &target).unwrap();
        check(BEFORE, &located, after, &target, goals).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn accepts_what_was_intended() {
        let table = [
            ("x: 1\nimages:\n- name: a\n  newTag: v2\n", Goal::Value("v2")),
            ("x: 1\nimages:\n- name: a\n  newTag: 'v1'\n", Goal::Raw("'v1'")),
            ("x: 1\nimages:\n- name: a\n", Goal::Absent),
        ];
        for (after, goal) in table {
            assert_eq!(check_edit(after, &[(Field::Tag, goal)]), Ok(()), "{after:?}");
        }
    }

    #[test]
    fn refuses_any_other_change() {
        let table = [
            "x: 2\nimages:\n- name: a\n  newTag: v2\n",
            "x: \"1\"\nimages:\n- name: a\n  newTag: v2\n",
            "x: 1\nimages:\n- name: a\n  newTag: v3\n",
            "x: 1\nimages:\n- name: a\n",
            "x: 1\nimages:\n- name: a\n  newTag: v2\n  newName: b\n",
            "x: 1\nimages:\n- name: a\n  newTag: v2\n  digest: b\n",
            "x: 1\nimages:\n- name: a\n  newTag: v2\n  y: b\n",
            "x: 1\nimages:\n- name: a\n  newTag: v2\n- name: b\n",
            "x: 1\nimages:\n- name: a\n  newTag: v2\ny: 1\n",
        ];
        for after in table {
            let goals = [(Field::Tag, Goal::Value("v2")), (Field::Digest, Goal::Absent)];
            assert_eq!(check_edit(after, &goals), Err(Reason::ResultDiffers), "{after:?}");
        }
    }

    #[test]
    fn refuses_fields_that_the_parsers_read_differently() {
        let target = Target::Kustomization { image: "a".to_owned() };
        let located = locate(BEFORE, &target).unwrap();
        for other in ["x: 1\nimages:\n- name: a\n  newTag: v2\n", "images: []\n", "x: 1\n"] {
            let refusal = agree(other, &located).unwrap_err();
            assert!(matches!(refusal.reason, Reason::ReadersDisagree { .. }), "{other:?}: {refusal}");
        }
    }
}
