//! Scripts of other shells, read approximately: words, strings and comments are told apart, the grammar is not.

mod cmd;
mod powershell;
mod python;
mod tokens;

use std::borrow::Cow;

use super::entries::{Open, Written, commands};
use super::hole::{Quoting, mark};
use super::names::RunnerFile;
use super::{Access, FileAccess, Script, Shell, Tool, Use, UseKind};
use crate::span::Span;
use tokens::{Language, Token, TokenKind, tokens};

/// Reads a script of such a shell.
pub(super) fn read<'a>(text: &'a str, script: &mut Script<'a>) {
    let shell = script.shell;
    let holes: Vec<Span> = script.holes.iter().map(|hole| hole.span).collect();
    let mut reader = Reader { text, holes, script, open: Open::default() };
    match shell {
        Shell::PowerShell => reader.powershell(&tokens(text, Language::PowerShell)),
        Shell::Cmd => reader.cmd(&tokens(text, Language::Cmd)),
        _ => reader.python(&tokens(text, Language::Python)),
    }
    script.uses.sort_by_key(|used| (used.span.start, used.span.end));
    script.uses.dedup();
    script.parts.sort_by_key(|part| (part.set.start, part.set.end, part.place.start));
}

struct Reader<'a, 's> {
    text: &'a str,
    holes: Vec<Span>,
    script: &'s mut Script<'a>,
    open: Open,
}

impl<'a> Reader<'a, '_> {
    fn of(&self, token: &Token) -> &'a str {
        token.span.of(self.text)
    }

    fn uses(&mut self, span: Span, kind: UseKind<'a>) {
        self.script.uses.push(Use { span, kind });
    }

    fn tool(&mut self, span: Span) {
        if !self.has_hole(span) {
            let name = Cow::Borrowed(span.of(self.text));
            self.uses(span, UseKind::Tool(Tool { name, elevated: false, probed: false, guarded: false }));
        }
    }

    fn builtin(&mut self, span: Span) {
        self.uses(span, UseKind::Builtin(Cow::Borrowed(span.of(self.text))));
    }

    fn variable(&mut self, span: Span, access: Access) {
        self.uses(span, UseKind::Variable(Cow::Borrowed(span.of(self.text)), access));
    }

    fn file(&mut self, file: RunnerFile, access: FileAccess, span: Span) {
        self.uses(span, UseKind::File(file, access));
    }

    fn has_hole(&self, span: Span) -> bool {
        self.holes.iter().any(|hole| hole.start < span.end && span.start < hole.end)
    }

    /// What is around the holes of these tokens.
    fn mark(&mut self, tokens: &[Token]) {
        for token in tokens {
            let quoting = match token.kind {
                TokenKind::Comment => Quoting::Comment,
                TokenKind::Double => Quoting::Double,
                TokenKind::Single => Quoting::Single,
                TokenKind::Block => Quoting::Heredoc,
                TokenKind::QuotedBlock => Quoting::QuotedHeredoc,
                TokenKind::Word | TokenKind::Sign | TokenKind::NewLine => Quoting::Bare,
            };
            mark(&mut self.script.holes, token.span, quoting, 0);
        }
    }

    /// Text that a run decides in part: holes, and whatever starts with one of these characters.
    fn written(&self, span: Span, dynamic: &[char]) -> Written {
        let mut written = Written::default();
        let mut at = span.start;
        for hole in self.holes.iter().filter(|hole| span.contains(**hole)) {
            self.plain(Span::new(at, hole.start), dynamic, &mut written);
            written.push(hole.of(self.text), *hole, true);
            at = hole.end;
        }
        self.plain(Span::new(at, span.end), dynamic, &mut written);
        written
    }

    fn plain(&self, span: Span, dynamic: &[char], written: &mut Written) {
        let mut at = span.start;
        while at < span.end {
            let rest = Span::new(at, span.end).of(self.text);
            let start = rest.find(dynamic).unwrap_or(rest.len());
            written.push(rest.get(..start).unwrap_or_default(), Span::new(at, at + start), false);
            let tail = rest.get(start..).unwrap_or_default();
            let end = tail.char_indices().skip(1).find(|(_, c)| !c.is_alphanumeric() && !"_:{}".contains(*c));
            let length = end.map_or(tail.len(), |(end, _)| end);
            let place = Span::new(at + start, at + start + length);
            if length > 0 {
                written.push(place.of(self.text), place, true);
            }
            at = if length > 0 { place.end } else { span.end };
        }
    }

    fn writes(&mut self, file: RunnerFile, content: Option<Span>, whole: Span, dynamic: &[char]) {
        match content {
            Some(content) => {
                let written = self.written(content, dynamic);
                self.open.write(file, &written, content, self.script);
            }
            None => self.open.write_unknown(file, whole, self.script),
        }
    }

    fn commands(&mut self, content: Span, dynamic: &[char]) {
        let text = content.of(self.text);
        if text.contains("::") || text.contains("##[") {
            let written = self.written(content, dynamic);
            commands(&written, content, self.script);
        }
    }
}
