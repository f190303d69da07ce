//! The line of a file that a finding is about, with what is meant underlined.

use towpath_migrate::sources::Shown;
use towpath_migrate::span::Span;
use towpath_migrate::yaml::Lines;

/// How many characters of a line are shown, and how many of them before what is meant.
const WIDTH: usize = 100;
const BEFORE: usize = 60;

/// The line where a span begins; `None` for a span of another text.
pub(super) fn excerpt(source: &str, lines: &Lines, span: Span) -> Option<String> {
    let number = lines.place(source, span.start).line;
    let (start, line) = (lines.start(source, number), lines.line(source, number)?);
    let lead = source.get(start..span.start)?;
    let meant = source.get(span.start..span.end.min(start + line.len()).max(span.start))?;
    // Of a long line, what stands around it.
    let skipped = lead.char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
    let lead = lead.get(skipped..)?;
    let rest = line.get(skipped..)?;
    let shown = rest.char_indices().nth(WIDTH).map_or(rest, |(end, _)| rest.get(..end).unwrap_or(rest));
    // A tab keeps its width in both lines; what a terminal would obey is shown with a backslash, and is longer.
    let indent: String = Shown::excerpt(lead).to_string().chars().map(blank).collect();
    let meant = meant.char_indices().nth(WIDTH).map_or(meant, |(end, _)| meant.get(..end).unwrap_or(meant));
    let carets = "^".repeat(Shown::excerpt(meant).to_string().chars().count().max(1));
    let margin = " ".repeat(number.to_string().len());
    Some(format!("{number} | {}\n{margin} | {indent}{carets}", Shown::excerpt(shown)))
}

fn blank(character: char) -> char {
    if character == '\t' { '\t' } else { ' ' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_underlined() {
        let text = "on: push\njobs:\n  build: {step: []}\n";
        let (lines, at) = (Lines::of(text), text.find("step").unwrap());
        let told = excerpt(text, &lines, Span::new(at, at + 4)).unwrap();
        assert_eq!(told, "3 |   build: {step: []}\n  |           ^^^^");
        let whole = excerpt(text, &lines, Span::new(0, text.len())).unwrap();
        assert_eq!(whole, "1 | on: push\n  | ^^^^^^^^", "of several lines the first");
        assert_eq!(excerpt(text, &lines, Span::new(5, 3)).as_deref(), Some("1 | on: push\n  |      ^"));
    }

    #[test]
    fn long_lines_are_cut_around_it() {
        let text = format!("{}wrong{}", "é".repeat(300), "x".repeat(300));
        let told = excerpt(&text, &Lines::of(&text), Span::new(600, 605)).unwrap();
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines[0].chars().count(), 4 + WIDTH);
        assert_eq!(
            lines[0].find("wrong").map(|at| lines[0][..at].chars().count()),
            Some(lines[1].find('^').unwrap())
        );
    }
}
