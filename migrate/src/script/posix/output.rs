//! What commands write, as far as it stands in the script: `echo`, `printf`, and `cat` of a heredoc.

use std::borrow::Cow;

use shuck_ast::{Command, Heredoc, HeredocBodyPart, LiteralText, Stmt, Word, WordPart, WordPartNode};

use super::super::entries::{Written, commands};
use super::super::names::RunnerFile;
use super::{At, Input, Output, Walk};
use crate::span::Span;

/// Builtins and programs that write nothing to their output.
const SILENT: [&str; 24] = [
    ".", ":", "[", "cd", "chmod", "cp", "exit", "export", "false", "mkdir", "mv", "popd", "pushd", "read",
    "return", "rm", "set", "shift", "sleep", "source", "test", "touch", "true", "unset",
];

impl<'a> Walk<'a, '_, '_, '_> {
    /// The text of a word, if no run decides it.
    pub(super) fn literal(&self, word: &Word) -> Option<Cow<'a, str>> {
        let span = self.place(word.span);
        if word.parts.is_empty() || self.hole_at(span).is_some() {
            return None;
        }
        if let [WordPartNode { kind: WordPart::Literal(LiteralText::Source), .. }] = word.parts.as_slice() {
            let text = span.of(self.text);
            return Some(if text.contains('\\') { unescape(text) } else { Cow::Borrowed(text) });
        }
        let mut text = String::new();
        word.parts.iter().try_for_each(|part| self.literal_part(part, false, &mut text))?;
        Some(Cow::Owned(text))
    }

    fn literal_part(&self, part: &WordPartNode, quoted: bool, text: &mut String) -> Option<()> {
        match &part.kind {
            WordPart::Literal(literal) => {
                let raw = literal.as_str(self.masked, part.span);
                text.push_str(&if quoted { unescape_quoted(raw) } else { unescape(raw) });
            }
            WordPart::SingleQuoted { value, .. } => text.push_str(value.slice(self.masked)),
            WordPart::DoubleQuoted { parts, .. } => {
                parts.iter().try_for_each(|part| self.literal_part(part, true, text))?;
            }
            _ => return None,
        }
        Some(())
    }

    /// Where the left side of a pipe writes to, by what is on the right: `tee` hands on.
    pub(super) fn tee(&self, right: &Stmt, output: Output) -> Output {
        let Command::Simple(simple) = &right.command else { return Output::Elsewhere };
        if !self.is_tee(right) {
            return Output::Elsewhere;
        }
        let file = simple.args.iter().find_map(|word| self.runner_file(word));
        file.map_or(if right.redirects.is_empty() { output } else { Output::Elsewhere }, Output::File)
    }

    /// Whether a command is `tee`, be it by way of another.
    pub(super) fn is_tee(&self, statement: &Stmt) -> bool {
        let Command::Simple(simple) = &statement.command else { return false };
        let mut words = std::iter::once(&simple.name).chain(&simple.args);
        words.by_ref().take(3).any(|word| self.literal(word).as_deref() == Some("tee"))
    }

    /// Takes in what a command writes.
    pub(super) fn writes(&mut self, name: &str, arguments: &[Word], span: Span, at: At<'_>) {
        let is_known = match (at.output, name) {
            (Output::Elsewhere, _) => return,
            (Output::Log, "echo" | "printf" | "cat") => self.may_command(span, at),
            (Output::File(_), "echo" | "printf" | "cat") => true,
            (Output::File(file), _) => {
                if SILENT.binary_search(&name).is_err() {
                    self.found.open.write_unknown(file, span, self.found.script);
                }
                return;
            }
            (Output::Log, _) => return,
        };
        if is_known {
            self.takes(name, arguments, span, at);
        }
    }

    /// Whether a command may be in the text, before anything is made of it.
    fn may_command(&self, span: Span, at: At<'_>) -> bool {
        let has = |text: &str| text.contains("::") || text.contains("##[");
        match at.input {
            Input::Heredoc(heredoc) if has(self.place(heredoc.body.span).of(self.text)) => true,
            Input::Word(word) if has(self.place(word.span).of(self.text)) => true,
            _ => has(span.of(self.text)),
        }
    }

    fn takes(&mut self, name: &str, arguments: &[Word], span: Span, at: At<'_>) {
        let mut written = std::mem::take(&mut self.found.written);
        written.clear();
        let known = match name {
            "echo" => self.echo(arguments, &mut written),
            "printf" => self.printf(arguments, &mut written),
            _ => self.cat(arguments, at, &mut written),
        };
        let within = if let Input::Heredoc(_) | Input::Word(_) = at.input {
            Span::new(self.base, self.base + self.masked.len())
        } else {
            span
        };
        match at.output {
            Output::File(file) if known => {
                let found = &mut *self.found;
                found.open.write(file, &written, within, found.script);
            }
            Output::File(file) => self.found.open.write_unknown(file, span, self.found.script),
            _ if known => commands(&written, within, self.found.script),
            _ => {}
        }
        self.found.written = written;
    }

    /// What `tee` with files of the runner is given. Of a pipe, the left side is what the first of them gets.
    pub(super) fn tee_takes(&mut self, file: RunnerFile, is_first: bool, span: Span, at: At<'_>) {
        if !(is_first && matches!(at.input, Input::Piped)) {
            self.takes("cat", &[], span, At { output: Output::File(file), ..at });
        }
    }

    fn echo(&self, arguments: &[Word], written: &mut Written) -> bool {
        let is_option = |word: &&Word| {
            let text = self.place(word.span).of(self.text);
            text.len() > 1
                && text
                    .strip_prefix('-')
                    .is_some_and(|flags| flags.bytes().all(|flag| b"neE".contains(&flag)))
        };
        let options = arguments.iter().take_while(is_option).count();
        let flags = arguments.iter().take(options).map(|word| self.place(word.span).of(self.text));
        let (mut newline, mut escapes) = (true, false);
        for flag in flags {
            newline &= !flag.contains('n');
            escapes = flag.contains('e');
        }
        for (index, word) in arguments.iter().skip(options).enumerate() {
            let span = self.place(word.span);
            if index > 0 {
                written.push(" ", Span::new(span.start, span.start), false);
            }
            self.written_word(word, escapes, written);
        }
        if newline {
            let end = arguments.last().map_or(self.base, |word| self.place(word.span).end);
            written.push("\n", Span::new(end, end), false);
        }
        true
    }

    /// `printf FORMAT ARGUMENT...`: the format is used again until no argument is left.
    fn printf(&self, arguments: &[Word], written: &mut Written) -> bool {
        let Some((format, rest)) = arguments.split_first() else { return false };
        let first = self.literal(format);
        let (format, rest) = match first.as_deref() {
            Some("-v") => return true,
            Some("--") => match rest.split_first() {
                Some((format, rest)) => (format, rest),
                None => return false,
            },
            _ => (format, rest),
        };
        let mut plain = Written::default();
        self.written_word(format, true, &mut plain);
        let mut rest = rest.iter();
        loop {
            let before = rest.len();
            self.formatted(format, plain.text(), &mut rest, written);
            if rest.len() == 0 || rest.len() == before {
                return true;
            }
        }
    }

    fn formatted<'w>(
        &self,
        format: &Word,
        text: &str,
        rest: &mut impl Iterator<Item = &'w Word>,
        written: &mut Written,
    ) {
        let span = self.place(format.span);
        let dynamic = self.literal(format).is_none();
        let mut text = text;
        while let Some((before, after)) = text.split_once('%') {
            self.format_text(before, span, dynamic, written);
            let flags = after.len() - after.trim_start_matches(|c: char| "-+ #0123456789.".contains(c)).len();
            let conversion = after.get(flags..).and_then(|rest| rest.chars().next()).unwrap_or('%');
            text = after.get(flags + conversion.len_utf8()..).unwrap_or_default();
            match (conversion, rest.next()) {
                ('%', _) => written.push("%", Span::new(span.start, span.start), false),
                (_, Some(word)) => self.written_word(word, conversion == 'b', written),
                (_, None) => {}
            }
        }
        self.format_text(text, span, dynamic, written);
    }

    /// Text of a format: its place is found again where it stands as it is.
    fn format_text(&self, text: &str, span: Span, dynamic: bool, written: &mut Written) {
        for line in text.split_inclusive('\n') {
            let line_text = line.trim_end_matches('\n');
            let found = span.of(self.text).find(line_text).map(|at| span.start + at);
            let start = found.unwrap_or(span.start);
            let source = Span::new(start, found.map_or(span.end, |start| start + line_text.len()));
            written.push(line_text, source, dynamic);
            if line.ends_with('\n') {
                written.push("\n", Span::new(source.end, source.end), false);
            }
        }
    }

    /// `cat` with a heredoc or `<<<`, and no file.
    fn cat(&self, arguments: &[Word], at: At<'_>, written: &mut Written) -> bool {
        let is_file = |word: &Word| !self.place(word.span).of(self.text).starts_with('-');
        match at.input {
            _ if arguments.iter().any(is_file) => false,
            Input::Unknown | Input::Piped => false,
            Input::Heredoc(heredoc) => {
                self.written_heredoc(heredoc, written);
                true
            }
            Input::Word(word) => {
                self.written_word(word, false, written);
                true
            }
        }
    }

    fn written_heredoc(&self, heredoc: &Heredoc, written: &mut Written) {
        for part in &heredoc.body.parts {
            match &part.kind {
                HeredocBodyPart::Literal(text) => {
                    let raw = text.as_str(self.masked, part.span);
                    let strips = heredoc.delimiter.strip_tabs;
                    let place = self.place(part.span);
                    self.written_text(raw, place, strips, written);
                }
                _ => self.written_dynamic(self.place(part.span), written),
            }
        }
    }

    /// Text as it stands, in which a run decides what is in the holes.
    fn written_text(&self, raw: &str, place: Span, strips_tabs: bool, written: &mut Written) {
        let mut at = place.start;
        for line in raw.split_inclusive('\n') {
            let end = (at + line.len()).min(place.end);
            let tabs = if strips_tabs { line.len() - line.trim_start_matches('\t').len() } else { 0 };
            self.written_line(line.get(tabs..).unwrap_or(line), Span::new(at + tabs, end), written);
            at = end;
        }
    }

    fn written_line(&self, line: &str, place: Span, written: &mut Written) {
        let mut at = place.start;
        let holes = self.found.script.holes.iter().map(|hole| hole.span).filter(|hole| place.contains(*hole));
        for hole in holes {
            let before = Span::new(at, hole.start);
            written.push(before.of(self.text), before, false);
            self.written_dynamic(hole, written);
            at = hole.end;
        }
        let from = at - place.start;
        written.push(line.get(from..).unwrap_or_default(), Span::new(at, place.end), false);
    }

    fn written_dynamic(&self, span: Span, written: &mut Written) {
        written.push(span.of(self.text), span, true);
    }

    fn written_word(&self, word: &Word, escapes: bool, written: &mut Written) {
        for part in &word.parts {
            self.written_part(part, false, escapes, written);
        }
    }

    fn written_part(&self, part: &WordPartNode, quoted: bool, escapes: bool, written: &mut Written) {
        let place = self.place(part.span);
        match &part.kind {
            WordPart::Literal(text) => {
                let raw = text.as_str(self.masked, part.span);
                let text = if quoted { unescape_quoted(raw) } else { unescape(raw) };
                self.written_piece(&text, place, escapes, written);
            }
            WordPart::SingleQuoted { value, dollar } => {
                let place = self.place(value.span());
                self.written_piece(value.slice(self.masked), place, escapes || *dollar, written);
            }
            WordPart::DoubleQuoted { parts, .. } => {
                parts.iter().for_each(|part| self.written_part(part, true, escapes, written));
            }
            _ => self.written_dynamic(place, written),
        }
    }

    fn written_piece(&self, text: &str, place: Span, escapes: bool, written: &mut Written) {
        if escapes && text.contains('\\') {
            let dynamic = self.hole_at(place).is_some();
            let text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
            self.format_text(&text, place, dynamic, written);
        } else if text.len() == place.end - place.start {
            self.written_line(text, place, written);
        } else {
            written.push(text, place, self.hole_at(place).is_some());
        }
    }
}

/// Takes the backslashes away that a shell takes away outside of quotes.
fn unescape(raw: &str) -> Cow<'_, str> {
    without_backslashes(raw, |_| true)
}

/// Within double quotes it takes away fewer.
fn unescape_quoted(raw: &str) -> Cow<'_, str> {
    without_backslashes(raw, |next| matches!(next, '$' | '`' | '"' | '\\' | '\n'))
}

fn without_backslashes(raw: &str, goes: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match next.filter(|next| character == '\\' && goes(*next)) {
            Some('\n') => drop(characters.next()),
            Some(next) => {
                text.push(next);
                characters.next();
            }
            None => text.push(character),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::SILENT;

    #[test]
    fn silent_commands_are_sorted() {
        assert!(SILENT.is_sorted());
    }
}
