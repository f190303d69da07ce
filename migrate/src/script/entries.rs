//! What is written to a file of the runner, and lines that are commands.

use std::borrow::Cow;

use super::names::{CommandKind, RunnerFile};
use super::{Name, Part, Script, Use, UseKind};
use crate::span::Span;

/// Text that a script writes, with what is known of it. What a run decides stands in it as its source, so that
/// `"x<<$END"` and `"$END"` fit each other.
#[derive(Debug, Default)]
pub(super) struct Written {
    text: String,
    /// Where the pieces start in the text, where they come from, and whether a run decides them.
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    at: usize,
    source: Span,
    dynamic: bool,
}

impl Written {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
    }

    /// Adds text that stands at this span. A character that is only implied has an empty one.
    pub(super) fn push(&mut self, text: &str, source: Span, dynamic: bool) {
        self.pieces.push(Piece { at: self.text.len(), source, dynamic });
        self.text.push_str(text);
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn is_known(&self, start: usize, end: usize) -> bool {
        self.overlapping(start, end).all(|piece| !piece.dynamic)
    }

    fn overlapping(&self, start: usize, end: usize) -> impl Iterator<Item = &Piece> {
        let from = self.pieces.partition_point(|piece| piece.at <= start).saturating_sub(1);
        self.pieces.iter().skip(from).take_while(move |piece| piece.at < end)
    }

    /// What a run decides in a part of the text.
    fn parts(&self, start: usize, end: usize, set: Span) -> impl Iterator<Item = Part> {
        let dynamic = self.overlapping(start, end).filter(|piece| piece.dynamic);
        dynamic.map(move |piece| Part { set, place: piece.source })
    }

    /// Where a part of the text comes from.
    fn source(&self, start: usize, end: usize) -> Option<Span> {
        let first = *self.overlapping(start, end).next()?;
        let place = |at: usize| {
            let piece = self.overlapping(at, at + 1).next().unwrap_or(&first);
            (piece.source.start + (at - piece.at)).min(piece.source.end)
        };
        let (start, last) = (place(start), place(end.saturating_sub(1)));
        Some(Span::new(start, (last + 1).max(start)))
    }
}

/// Values of several lines that are not closed yet.
#[derive(Debug, Default)]
pub(super) struct Open(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    file: RunnerFile,
    delimiter: String,
    /// What sets the name.
    set: Span,
}

impl Open {
    /// Takes in what is written to a file, and says which names it sets.
    pub(super) fn write(&mut self, file: RunnerFile, written: &Written, span: Span, script: &mut Script<'_>) {
        if !file.has_names() {
            return;
        }
        let mut at = 0;
        for line in written.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            self.line(file, written, (start, line.trim_end_matches(['\n', '\r'])), span, script);
        }
    }

    /// Something is written that only a run knows.
    pub(super) fn write_unknown(&self, file: RunnerFile, span: Span, script: &mut Script<'_>) {
        if !file.has_names() {
            return;
        }
        match self.0.iter().find(|open| open.file == file) {
            Some(open) => script.parts.push(Part { set: open.set, place: span }),
            None => script.uses.push(Use { span, kind: UseKind::Sets(file, Name::Dynamic) }),
        }
    }

    fn line(
        &mut self,
        file: RunnerFile,
        written: &Written,
        (start, line): (usize, &str),
        span: Span,
        script: &mut Script<'_>,
    ) {
        let end = start + line.len();
        if let Some((at, open)) = self.0.iter().enumerate().find(|(_, open)| open.file == file) {
            if open.delimiter == line {
                self.0.swap_remove(at);
            } else {
                script.parts.extend(written.parts(start, end, open.set));
            }
            return;
        }
        if line.is_empty() {
            return;
        }
        let (name, delimiter) = match (line.find('='), line.find("<<")) {
            (Some(equals), None) => (equals, None),
            (Some(equals), Some(heredoc)) if equals < heredoc => (equals, None),
            (_, Some(heredoc)) => (heredoc, line.get(heredoc + 2..)),
            (None, None) => (line.len(), None),
        };
        let place = written.source(start, start + name.max(1)).filter(|place| span.contains(*place));
        let set = place.unwrap_or(span);
        if let Some(delimiter) = delimiter {
            self.0.push(Entry { file, delimiter: delimiter.to_owned(), set });
        }
        let known = name < line.len() && name > 0 && written.is_known(start, start + name);
        if !known && written.is_known(start, end) {
            return;
        }
        if delimiter.is_none() {
            script.parts.extend(written.parts(start, end, set));
        }
        let name = if known { Name::Known(owned(line.get(..name))) } else { Name::Dynamic };
        script.uses.push(Use { span: set, kind: UseKind::Sets(file, name) });
    }
}

fn owned<'a>(text: Option<&str>) -> Cow<'a, str> {
    Cow::Owned(text.unwrap_or_default().to_owned())
}

/// Finds lines that are commands, `::name key=value::data` and `##[name key=value]data` (runner: ActionCommand.cs).
pub(super) fn commands(written: &Written, span: Span, script: &mut Script<'_>) {
    let mut at = 0;
    for line in written.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((kind, properties)) = command(line) else { continue };
        let name = kind.has_name().then(|| property(written, start, line, properties)).flatten();
        let indent = line.len() - line.trim_start().len();
        let place = written.source(start + indent, start + line.trim_end().len());
        let place = place.filter(|place| span.contains(*place)).unwrap_or(span);
        script.uses.push(Use { span: place, kind: UseKind::Command(kind, name) });
    }
}

/// The command of a line and its properties.
fn command(line: &str) -> Option<(CommandKind, &str)> {
    let head = match line.trim_start().strip_prefix("::") {
        Some(rest) => rest.split_once("::")?.0,
        None => line.split_once("##[")?.1.split_once(']')?.0,
    };
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    Some((CommandKind::of(name)?, properties))
}

/// What `name=` says in the properties of a command.
fn property<'a>(written: &Written, start: usize, line: &str, properties: &str) -> Option<Name<'a>> {
    let mut pairs = properties.split([',', ';']).filter_map(|pair| pair.trim_start().split_once('='));
    let value = pairs.find(|(key, _)| key.eq_ignore_ascii_case("name"))?.1;
    let at = start + (line.find(properties)? + properties.find(value)?);
    Some(if written.is_known(at, at + value.len()) {
        Name::Known(Cow::Owned(value.to_owned()))
    } else {
        Name::Dynamic
    })
}
