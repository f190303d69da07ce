//! Scripts without `${{ }}`, byte for byte as long.

use std::borrow::Cow;

use super::hole::Hole;

/// Puts a word in the place of each hole, so that the shell's grammar sees one. It does not lengthen the name of a variable
/// before it: `$NAME${{ x }}`.
pub(super) fn mask<'a>(text: &'a str, holes: &[Hole]) -> Cow<'a, str> {
    if holes.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for hole in holes {
        let before = text.get(at..hole.span.start).unwrap_or_default();
        masked.push_str(before);
        let ends_name = masked.ends_with(|last: char| last == '_' || last.is_ascii_alphanumeric());
        masked.push(if ends_name { '.' } else { '_' });
        masked.extend(std::iter::repeat_n('_', hole.span.end - hole.span.start - 1));
        at = hole.span.end;
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(masked)
}
