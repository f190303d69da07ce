//! The line of a file that a finding is about, with what is meant underlined.

use towpath_migrate::sources::{Shown, Text};
use towpath_migrate::span::Span;

/// How many characters of a line are shown, and how many of them before what is meant.
const WIDTH: usize = 100;
const BEFORE: usize = 60;

/// The line where a span begins; `None` for a span of another text, or of nothing in a file without lines.
pub(super) fn excerpt(text: &Text, span: Span) -> Option<String> {
    let source = text.as_str();
    let before = source.get(text.body_start()..span.start)?;
    let start = span.start - before.len() + before.rfind('\n').map_or(0, |at| at + 1);
    let rest = source.get(start..)?;
    let line = rest.lines().next().unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let at = source.get(start..span.start)?.chars().count();
    let meant = source.get(span.start..span.end.min(start + line.len()).max(span.start))?;
    let skipped = at.saturating_sub(BEFORE);
    let shown: String = line.chars().skip(skipped).take(WIDTH).collect();
    // A tab keeps its width in both lines; what a terminal would obey is shown with a backslash, and is longer.
    let lead: String = shown.chars().take(at - skipped).collect();
    let indent: String = Shown::text(&lead).to_string().chars().map(blank).collect();
    let carets = "^".repeat(Shown::text(meant).to_string().chars().count().clamp(1, WIDTH));
    let margin = " ".repeat(number.to_string().len());
    Some(format!("{number} | {}\n{margin} | {indent}{carets}", Shown::text(&shown)))
}

fn blank(character: char) -> char {
    if character == '\t' { '\t' } else { ' ' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_underlined() {
        let text = Text::of(b"on: push\njobs:\n  build: {step: []}\n".to_vec()).unwrap();
        let at = text.as_str().find("step").unwrap();
        let told = excerpt(&text, Span::new(at, at + 4)).unwrap();
        assert_eq!(told, "3 |   build: {step: []}\n  |           ^^^^");
        let whole = excerpt(&text, Span::new(0, text.as_str().len())).unwrap();
        assert_eq!(whole, "1 | on: push\n  | ^^^^^^^^", "of several lines the first");
        assert_eq!(excerpt(&text, Span::new(999, 1000)), None);
    }

    #[test]
    fn long_lines_are_cut_around_it() {
        let text = Text::of(format!("{}wrong{}", "é".repeat(300), "x".repeat(300)).into_bytes()).unwrap();
        let told = excerpt(&text, Span::new(600, 605)).unwrap();
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines[0].chars().count(), 4 + WIDTH);
        assert_eq!(
            lines[0].find("wrong").map(|at| lines[0][..at].chars().count()),
            Some(lines[1].find('^').unwrap())
        );
    }
}
