//! Times, tables and colours.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use towpath_core::decide::{Source, When};
use towpath_core::time::{Span, Time};

pub(super) const HEAD: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BUSY: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const PLAIN: Style = Style::new();

/// A cell of a table.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

/// The text in a style.
pub(super) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Rows with aligned columns; the last column is as long as it is.
pub(super) fn table(rows: &[Vec<Cell>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.text.chars().count()).max().unwrap_or(0)
    };
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let used = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
        for (column, (cell, width)) in row.iter().zip(&widths).take(used).enumerate() {
            let gap = if column + 1 == used { 0 } else { width + 2 - cell.text.chars().count() };
            // Writing to a String cannot fail.
            let _ = write!(out, "{}{:gap$}", styled(cell.style, &cell.text), "");
        }
        out.push('\n');
    }
    out
}

/// A span in its two largest units.
pub fn coarse(span: Span) -> String {
    let seconds = span.as_seconds();
    let unit = match seconds {
        0..3_600 => 1,
        3_600..86_400 => 60,
        _ => 3_600,
    };
    Span::seconds(seconds / unit * unit).to_string()
}

/// When something is looked at again.
pub fn when_text(when: When, now: Time) -> String {
    let in_time = |time: Time| format!("in {} ({time})", coarse(time.since(now)));
    match when {
        When::At(time) => in_time(time),
        When::On(source, time) => {
            let event = match source {
                Source::Git => "when something is pushed",
                Source::Liveness => "when what runs changes",
                Source::Qa => "when the QA run ends",
                Source::Metrics => "when metrics answer",
                Source::Person => "when a person has acted",
            };
            format!("{event}, at the latest {}", in_time(time))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_coarse() {
        for (seconds, text) in
            [(0, "0s"), (59, "59s"), (61, "1m1s"), (3_725, "1h2m"), (90_061, "1d1h"), (86_400, "1d")]
        {
            assert_eq!(coarse(Span::seconds(seconds)), text);
        }
    }

    #[test]
    fn columns_are_aligned_and_lines_end_without_blanks() {
        let row = |cells: [&str; 3]| cells.iter().map(|text| Cell::new(*text, PLAIN)).collect();
        let rows: Vec<Vec<Cell>> = vec![row(["A", "LONG", "C"]), row(["abc", "x", ""]), row(["", "é", "z"])];
        assert_eq!(table(&rows), "A    LONG  C\nabc  x\n     é     z\n");
    }

    #[test]
    fn times_are_relative_and_exact() {
        let now = Time::from_unix(1_000);
        assert_eq!(when_text(When::At(Time::from_unix(1_090)), now), "in 1m30s (1970-01-01T00:18:10Z)");
        let person = when_text(When::on(Source::Person, now), now);
        assert_eq!(person, "when a person has acted, at the latest in 1m (1970-01-01T00:17:40Z)");
    }
}
