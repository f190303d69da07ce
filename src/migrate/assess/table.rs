//! Inventories for spreadsheets, as CSV (RFC 4180), in which no text is a formula.

use std::borrow::Cow;
use std::io::{self, Write};

use towpath_migrate::assess::{NameSet, Sheet};

use super::base::Base;
use super::estate::Estate;
use super::finding::Finding;

/// The things of a workflow that an inventory lists.
type Things = fn(&Sheet) -> &NameSet;

/// Inventories of things, by kind.
const KINDS: [(&str, Things); 8] = [
    ("uses", |sheet| &sheet.facts.uses),
    ("secret", |sheet| &sheet.facts.secrets),
    ("variable", |sheet| &sheet.facts.variables),
    ("environment", |sheet| &sheet.facts.environments),
    ("label", |sheet| &sheet.facts.labels),
    ("tool", |sheet| &sheet.facts.tools),
    ("right", |sheet| &sheet.facts.rights),
    ("check", |sheet| &sheet.facts.checks),
];

/// A row for each thing of each workflow.
pub(super) fn inventory(estate: &Estate, base: &Base, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(out, &["kind", "name", "workflow"])?;
    for (kind, things) in KINDS {
        for (name, users) in estate.users(things) {
            users.iter().try_for_each(|user| table.row([kind, name, &base.path(user)]))?;
        }
    }
    table.end()
}

/// A row for each workflow.
pub(super) fn workflows(estate: &Estate, base: &Base, out: &mut dyn Write) -> io::Result<()> {
    let head = ["workflow", "name", "verdict", "edits", "jobs", "steps", "blockers"];
    let mut table = Table::new(out, &head)?;
    for sheet in &estate.sheets {
        let blockers: Vec<_> = sheet
            .blockers()
            .iter()
            .map(|(rule, target)| format!("{rule} {target}").trim().to_owned())
            .collect();
        let numbers = [sheet.edits, sheet.facts.jobs, sheet.facts.steps].map(|number| number.to_string());
        let [edits, jobs, steps] = &numbers;
        let (path, blockers) = (base.path(&sheet.path), blockers.join("; "));
        table.row([&path, &sheet.name, sheet.rolled.name(), edits, jobs, steps, &blockers])?;
    }
    table.end()
}

/// A row for each finding.
pub(super) fn findings(estate: &Estate, base: &Base, out: &mut dyn Write) -> io::Result<()> {
    let head =
        ["level", "rule", "target", "workflow", "line", "column", "way", "file", "fingerprint", "allowed"];
    let mut table = Table::new(out, &head)?;
    for finding in Finding::all(estate) {
        let mark = finding.mark;
        let numbers = [mark.start.line, mark.start.column].map(|number| number.to_string());
        let [line, column] = &numbers;
        let path = base.path(&finding.sheet.path);
        table.row([
            finding.level.name(),
            finding.rule,
            finding.target,
            &path,
            line,
            column,
            &mark.way,
            mark.file().unwrap_or_default(),
            &mark.fingerprint.to_string(),
            finding.allowed.unwrap_or_default(),
        ])?;
    }
    table.end()
}

/// A table in the making.
struct Table<'o>(csv::Writer<&'o mut dyn Write>);

impl<'o> Table<'o> {
    fn new(out: &'o mut dyn Write, head: &[&str]) -> io::Result<Self> {
        let mut table = Self(csv::Writer::from_writer(out));
        table.row(head.iter().copied())?;
        Ok(table)
    }

    fn row<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> io::Result<()> {
        self.0.write_record(cells.into_iter().map(|cell| inert(cell).into_owned())).map_err(unwrapped)
    }

    fn end(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The error of whoever takes the table, which tells whether the other end was closed.
fn unwrapped(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        // Rows have as many cells as the head, and nothing is read here.
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Beginnings of formulas, in ASCII and as wide characters.
const FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A text that no spreadsheet takes for a formula and no terminal obeys: what looks like a formula gets an apostrophe, and control
/// characters are replaced. <https://owasp.org/www-community/attacks/CSV_Injection>
fn inert(cell: &str) -> Cow<'_, str> {
    let is_formula = cell.trim_start_matches([' ', '\u{a0}', '\u{feff}']).starts_with(FORMULAS);
    let is_obeyed = |char: char| char.is_control() && !matches!(char, '\t' | '\n' | '\r');
    let cell = if cell.contains(is_obeyed) {
        Cow::Owned(cell.replace(is_obeyed, "\u{fffd}"))
    } else {
        Cow::Borrowed(cell)
    };
    if is_formula { Cow::Owned(format!("'{cell}")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts() {
        for (cell, expected) in [
            ("=cmd|'/c calc'!A0", "'=cmd|'/c calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("a\u{1b}[31m\u{9b}", "a\u{fffd}[31m\u{fffd}"),
            ("a=1", "a=1"),
            ("actions/checkout@v4", "actions/checkout@v4"),
            ("", ""),
        ] {
            assert_eq!(inert(cell), expected, "{cell:?}");
        }
    }

    /// The other end of a pipe that somebody has closed.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_told_as_one() {
        let mut closed = Closed;
        let mut table = Table::new(&mut closed, &["a"]).unwrap();
        // More than the table keeps before it writes.
        let error = (0..100_000).find_map(|_| table.row(["more"]).err()).unwrap();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn cells_keep_what_they_hold() {
        let mut text = Vec::new();
        let mut table = Table::new(&mut text, &["a", "b"]).unwrap();
        table.row(["x, \"y\"\nz", "=1"]).unwrap();
        table.end().unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "a,b\n\"x, \"\"y\"\"\nz\",'=1\n");
    }
}
