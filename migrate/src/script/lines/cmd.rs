//! cmd: commands at the start of lines and after `&` and `|`.

use super::super::names::RunnerFile;
use super::super::{Access, FileAccess};
use super::Reader;
use super::tokens::{Token, TokenKind};
use crate::span::Span;

/// What cmd itself has.
const BUILTINS: [&str; 26] = [
    "assoc", "cd", "chdir", "cls", "copy", "date", "del", "dir", "echo", "endlocal", "erase", "exit", "goto",
    "md", "mkdir", "move", "path", "pause", "popd", "pushd", "rd", "ren", "rmdir", "set", "setlocal", "type",
];

/// Words that stand before a command.
const PREFIXES: [&str; 4] = ["call", "do", "else", "start"];

impl Reader<'_, '_> {
    pub(super) fn cmd(&mut self, tokens: &[Token]) {
        self.mark(tokens);
        for line in tokens.split(|token| token.kind == TokenKind::NewLine) {
            let first = line.first().map_or("", |token| self.of(token)).trim_start_matches('@');
            if first.starts_with("::") || first.eq_ignore_ascii_case("rem") {
                if let Some((first, last)) = line.first().zip(line.last()) {
                    let comment = first.span.to(last.span);
                    self.mark(&[Token { kind: TokenKind::Comment, span: comment, inner: comment }]);
                }
                continue;
            }
            self.cmd_line(line);
        }
    }

    fn cmd_line(&mut self, line: &[Token]) {
        let mut starts = true;
        for (index, token) in line.iter().enumerate() {
            match token.kind {
                TokenKind::Sign => {
                    let of_for = index
                        .checked_sub(1)
                        .and_then(|at| line.get(at))
                        .is_some_and(|it| self.is_word(it, &["in"]));
                    starts = !of_for && matches!(self.of(token), "&" | "&&" | "|" | "||" | "(");
                }
                TokenKind::Word if starts => starts = self.cmd_head(line, index),
                TokenKind::Word if self.is_word(token, &["do", "else"]) => starts = true,
                _ => starts = false,
            }
            self.cmd_variables(token.span);
        }
        self.cmd_files(line);
    }

    fn is_word(&self, token: &Token, words: &[&str]) -> bool {
        words.iter().any(|word| word.eq_ignore_ascii_case(self.of(token)))
    }

    fn cmd_head(&mut self, line: &[Token], index: usize) -> bool {
        let Some(token) = line.get(index) else { return false };
        if self.is_word(token, &PREFIXES) || self.of(token) == "@" {
            return true;
        }
        if self.is_word(token, &["if", "for"]) || token.span.of(self.text).starts_with(['%', ':']) {
            return false;
        }
        let at = usize::from(self.of(token).starts_with('@'));
        let span = Span::new(token.span.start + at, token.span.end);
        if !BUILTINS.iter().any(|known| known.eq_ignore_ascii_case(span.of(self.text))) {
            self.tool(span);
            return false;
        }
        self.builtin(span);
        let rest = line.get(index + 1);
        if span.of(self.text).eq_ignore_ascii_case("set") {
            let name = rest.map(|token| token.inner).and_then(|inner| {
                let end = inner.of(self.text).find('=')?;
                Some(Span::new(inner.start, inner.start + end))
            });
            if let Some(name) = name.filter(|name| !self.has_hole(*name)) {
                self.variable(name, Access::Exported);
            }
        } else if let Some((first, last)) = rest.zip(line.last()) {
            self.commands(first.span.to(last.span), &['%']);
        }
        false
    }

    fn cmd_variables(&mut self, span: Span) {
        let mut at = span.start;
        while let Some(name) = self.percent(Span::new(at, span.end)) {
            self.variable(name, Access::Read);
            at = name.end + 1;
        }
    }

    /// The first `%NAME%`.
    fn percent(&self, span: Span) -> Option<Span> {
        let text = span.of(self.text);
        let mut from = 0;
        loop {
            let start = from + text.get(from..)?.find('%')? + 1;
            let length = text.get(start..)?.find('%')?;
            let name = text.get(start..start + length)?;
            if length > 0 && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
                return Some(Span::new(span.start + start, span.start + start + length));
            }
            from = start;
        }
    }

    fn cmd_files(&mut self, line: &[Token]) {
        for (index, token) in line.iter().enumerate() {
            let inner = token.inner;
            let Some(name) =
                self.percent(inner).filter(|name| name.start == inner.start + 1 && name.end + 1 == inner.end)
            else {
                continue;
            };
            let Some(file) = RunnerFile::of_variable(name.of(self.text)) else { continue };
            let before = index.checked_sub(1).and_then(|before| line.get(before));
            let writes = before.is_some_and(|sign| matches!(self.of(sign), ">" | ">>"));
            self.file(file, if writes { FileAccess::Write } else { FileAccess::Passed }, token.span);
            if let Some((sign, first)) = before.filter(|_| writes).zip(line.first()) {
                let is_echo = line
                    .first()
                    .is_some_and(|first| self.of(first).trim_start_matches('@').eq_ignore_ascii_case("echo"));
                let content = line.get(1).filter(|_| is_echo && index > 2);
                let content = content.map(|content| Span::new(content.span.start, sign.span.start));
                self.writes(file, content, first.span.to(token.span), &['%', '!']);
            }
        }
    }
}
