//! Changes single scalars, lines and pairs of a text.

use std::ops::Range;
use std::rc::Rc;

use crate::error::{CannotEdit, Reason};
use crate::locate::{Located, Scalar, Slot, locate};
use crate::oracle;
use crate::quote::{Style, printable, render, survives_bare};
use crate::target::{Field, Target};
use crate::tree::{Kind, Node};

/// What a field is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal<'a> {
    /// This value, in the style that stands there.
    Value(&'a str),
    /// These bytes.
    Raw(&'a str),
    /// No such key.
    Absent,
}

/// Brings the fields to their goals, one after the other, and checks the result.
///
/// Keys are set before others are removed, so that a mapping never becomes empty in between.
pub(crate) fn apply(text: &str, target: &Target, goals: &[(Field, Goal<'_>)]) -> Result<String, CannotEdit> {
    let before = locate(text, target)?;
    oracle::agree(text, &before)?;
    let (removals, settings): (Vec<_>, Vec<_>) =
        goals.iter().copied().partition(|(_, goal)| *goal == Goal::Absent);
    let mut after = text.to_owned();
    for (field, goal) in settings.into_iter().chain(removals) {
        let located = locate(&after, target)?;
        let Some(edit) = plan(&after, &located, field, goal)? else { continue };
        after.replace_range(edit.range, &edit.bytes);
    }
    if after != text {
        oracle::check(text, &before, &after, target, goals)?;
    }
    Ok(after)
}

/// Bytes that take the place of others.
struct Edit {
    range: Range<usize>,
    bytes: String,
}

fn plan(text: &str, located: &Located, field: Field, goal: Goal<'_>) -> Result<Option<Edit>, CannotEdit> {
    let Some(slot) = located.slot(field) else {
        return match goal {
            Goal::Absent => Ok(None),
            _ => Err(CannotEdit::file(Reason::NotDeclared { field: field.as_str() })),
        };
    };
    match (goal, &slot.scalar, &slot.pair) {
        (Goal::Absent, _, None) => Ok(None),
        (Goal::Absent, _, Some((key, value))) => remove(text, slot, key, value).map(Some),
        (goal, Some(scalar), _) => replace(slot, scalar, goal),
        (goal, None, _) => insert(text, located, slot, goal).map(Some),
    }
}

fn replace(slot: &Slot, scalar: &Scalar, goal: Goal<'_>) -> Result<Option<Edit>, CannotEdit> {
    let refuse = |reason| CannotEdit::new(scalar.line, scalar.column, reason);
    let bytes = match goal {
        Goal::Value(value) if holds(scalar, value) => return Ok(None),
        Goal::Raw(raw) if scalar.raw == raw => return Ok(None),
        goal => written(slot, goal, Style::of(&scalar.raw)).map_err(refuse)?,
    };
    Ok(Some(Edit { range: scalar.span.clone(), bytes }))
}

/// Whether a scalar is this very string for every reader.
pub(crate) fn holds(scalar: &Scalar, value: &str) -> bool {
    scalar.value == value && (Style::of(&scalar.raw) != Style::Plain || survives_bare(value))
}

/// The bytes of a goal.
fn written(slot: &Slot, goal: Goal<'_>, style: Style) -> Result<String, Reason> {
    match goal {
        Goal::Value(value) if printable(value) => Ok(render(value, style)),
        Goal::Raw(raw) if printable(raw) && !raw.is_empty() => Ok(raw.to_owned()),
        _ => Err(Reason::BadValue { key: slot.key.clone() }),
    }
}

/// Inserts a key right after a sibling, in the sibling's style.
fn insert(text: &str, located: &Located, slot: &Slot, goal: Goal<'_>) -> Result<Edit, CannotEdit> {
    let Kind::Mapping { flow, pairs } = &slot.parent.kind else {
        return Err(slot.parent.refuse(Reason::NotAMapping { what: slot.key.clone() }));
    };
    let named = slot
        .siblings
        .iter()
        .filter_map(|name| pairs.iter().find(|(key, _)| key.text() == Some(name.as_str())));
    let place = if *flow { beside_pair } else { below_line };
    for (key, value) in named.chain(pairs) {
        let Some(place) = place(text, &slot.parent, key, value) else { continue };
        let style = |node: &Node| Style::of(text.get(node.span.clone()).unwrap_or_default());
        let bytes = written(slot, goal, style(value))
            .map_err(|reason| CannotEdit::new(located.line, slot.parent.column, reason))?;
        let bytes = format!("{}{}: {bytes}", place.lead, render(&slot.key, style(key)));
        return Ok(Edit { range: place.at..place.at, bytes });
    }
    Err(slot.parent.refuse(Reason::NotInsertable { key: slot.key.clone() }))
}

/// Where a key can be inserted, and what comes before it.
struct Place {
    at: usize,
    lead: String,
}

/// In flow style: `, key: value` after the sibling's value.
fn beside_pair(text: &str, parent: &Rc<Node>, _: &Rc<Node>, value: &Rc<Node>) -> Option<Place> {
    let braced = text.get(parent.span.start..)?.starts_with('{');
    let on_one_line = is_on_one_line(text, value);
    (braced && on_one_line).then(|| Place { at: value.span.end, lead: ", ".to_owned() })
}

/// In block style: a line of its own after the sibling's line, ended as that one is.
fn below_line(text: &str, _: &Rc<Node>, key: &Rc<Node>, value: &Rc<Node>) -> Option<Place> {
    if key.line != value.line || !is_on_one_line(text, value) {
        return None;
    }
    let line = Line::around(text, key.span.start);
    let before_key = text.get(line.start..key.span.start)?;
    let before_key = before_key.strip_prefix('\u{feff}').unwrap_or(before_key);
    if !before_key.chars().all(|c| c == ' ' || c == '-') {
        return None;
    }
    let ending = match line.ending(text) {
        "" if text.contains("\r\n") => "\r\n",
        "" => "\n",
        ending => ending,
    };
    Some(Place { at: line.content_end, lead: format!("{ending}{}", before_key.replace('-', " ")) })
}

/// Whether a value is a scalar or alias that stands on one line.
fn is_on_one_line(text: &str, value: &Node) -> bool {
    let raw = text.get(value.span.clone()).unwrap_or_default();
    let small = matches!(value.kind, Kind::Scalar { .. } | Kind::Alias(_));
    small && !raw.is_empty() && !raw.contains(['\n', '\r'])
}

/// Removes a key that is a whole line or pair, as [`insert`] would have written it.
fn remove(text: &str, slot: &Slot, key: &Node, value: &Node) -> Result<Edit, CannotEdit> {
    let refusal = || key.refuse(Reason::NotRemovable { key: slot.key.clone() });
    let Kind::Mapping { flow, pairs } = &slot.parent.kind else { return Err(refusal()) };
    let between = text.get(key.span.end..value.span.start).unwrap_or_default();
    let simple = between.trim_matches([' ', '\t']) == ":";
    if !simple || pairs.len() < 2 {
        return Err(refusal());
    }
    let range = if *flow { pair_range(text, key, value) } else { line_range(text, key, value) };
    range.map(|range| Edit { range, bytes: String::new() }).ok_or_else(refusal)
}

/// The pair with the comma before it.
fn pair_range(text: &str, key: &Node, value: &Node) -> Option<Range<usize>> {
    let line = Line::around(text, key.span.start);
    let before = text.get(line.start..key.span.start)?.trim_end_matches([' ', '\t']);
    let comma = before.strip_suffix(',')?;
    Some(line.start.checked_add(comma.len())?..value.span.end)
}

/// The line with its ending; at the end of a file without a last line ending, the one before it.
fn line_range(text: &str, key: &Node, value: &Node) -> Option<Range<usize>> {
    let line = Line::around(text, key.span.start);
    let blank = |range: Range<usize>| text.get(range).is_some_and(|t| t.trim_matches([' ', '\t']).is_empty());
    if !blank(line.start..key.span.start) || !blank(value.span.end..line.content_end) {
        return None;
    }
    if line.end > line.content_end {
        return Some(line.start..line.end);
    }
    let before = Line::around(text, line.start.checked_sub(1)?);
    Some(before.content_end..line.end)
}

/// A line of a text.
struct Line {
    start: usize,
    /// Where the line ending begins.
    content_end: usize,
    end: usize,
}

impl Line {
    /// The line that the byte at a position belongs to.
    fn around(text: &str, position: usize) -> Self {
        let (head, tail) = text.split_at_checked(position).unwrap_or((text, ""));
        let start = head.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let end = tail.find('\n').map_or(text.len(), |at| position.saturating_add(at).saturating_add(1));
        let line = text.get(start..end).unwrap_or_default();
        let content = line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line);
        Self { start, content_end: start.saturating_add(content.len()), end }
    }

    fn ending<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.content_end..self.end).unwrap_or_default()
    }
}
