//! PowerShell: commands at the start of statements, pipelines and blocks.

use super::super::names::RunnerFile;
use super::super::{Access, Doubt, FileAccess, Unclear};
use super::Reader;
use super::tokens::{Token, TokenKind};
use crate::span::Span;

/// Words at the start of a statement that start no command.
const KEYWORDS: [&str; 30] = [
    "begin",
    "break",
    "catch",
    "class",
    "continue",
    "data",
    "do",
    "dynamicparam",
    "else",
    "elseif",
    "end",
    "enum",
    "exit",
    "filter",
    "finally",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "param",
    "process",
    "return",
    "switch",
    "throw",
    "trap",
    "try",
    "until",
    "using",
    "while",
];

/// Short names of commands that PowerShell brings along.
const ALIASES: [&str; 24] = [
    "cat", "cd", "clear", "copy", "cp", "del", "dir", "echo", "gci", "iex", "irm", "iwr", "ls", "md",
    "mkdir", "mv", "popd", "ps", "pushd", "pwd", "rm", "rmdir", "set", "write",
];

/// Commands that write a file.
const WRITERS: [&str; 4] = ["add-content", "out-file", "set-content", "tee-object"];

/// Commands that run a text as a script.
const RUNNERS: [&str; 2] = ["iex", "invoke-expression"];

impl Reader<'_, '_> {
    pub(super) fn powershell(&mut self, tokens: &[Token]) {
        self.mark(tokens);
        for line in tokens.split(|token| token.kind == TokenKind::NewLine) {
            self.powershell_line(line);
            for token in line {
                self.powershell_text(token);
            }
        }
    }

    fn powershell_line(&mut self, line: &[Token]) {
        let (mut starts, mut assigns) = (true, false);
        for token in line {
            if token.kind == TokenKind::Word && starts {
                assigns = self.of(token).starts_with('$');
            }
            match token.kind {
                TokenKind::Word if std::mem::take(&mut starts) => starts = self.powershell_head(token),
                TokenKind::Sign => {
                    starts = match self.of(token) {
                        "=" => assigns,
                        sign => !matches!(sign, ")" | "," | "<" | ">" | ">>"),
                    }
                }
                TokenKind::Word | TokenKind::NewLine | TokenKind::Comment => {}
                _ => starts = false,
            }
        }
        let redirect = line.iter().position(|token| matches!(self.of(token), ">" | ">>"));
        let writes = redirect.is_some()
            || line
                .iter()
                .any(|token| WRITERS.iter().any(|writer| writer.eq_ignore_ascii_case(self.of(token))));
        self.powershell_files(line, writes);
        self.powershell_runs(line);
    }

    /// `Invoke-Expression TEXT` and `TEXT | Invoke-Expression`.
    fn powershell_runs(&mut self, line: &[Token]) {
        let runs = |token: &Token| {
            token.kind == TokenKind::Word && RUNNERS.iter().any(|it| it.eq_ignore_ascii_case(self.of(token)))
        };
        let ends = |token: &&Token| matches!(self.of(token), ";" | "|" | "}" | "&&" | "||");
        let Some(at) = line.iter().position(runs) else { return };
        let (before, after) = line.split_at(at);
        let mut text: Vec<&Token> = after.iter().skip(1).take_while(|token| !ends(token)).collect();
        if text.is_empty() && before.last().is_some_and(|token| self.of(token) == "|") {
            text = before.iter().rev().skip(1).take_while(|token| self.of(token) != ";").collect();
            text.reverse();
        }
        if let Some((first, last)) = text.first().zip(text.last()) {
            let span = first.span.to(last.span);
            if span.of(self.text).contains('$') {
                self.script.unclear.push(Unclear { span, why: Doubt::DynamicScript });
            }
        }
    }

    /// The first word of a command; whether the next one is such a word, too.
    fn powershell_head(&mut self, token: &Token) -> bool {
        let word = self.of(token);
        let lower = word.to_ascii_lowercase();
        if KEYWORDS.contains(&&*lower) {
            return !matches!(&*lower, "function" | "filter" | "class" | "enum" | "using" | "param");
        }
        let is_command =
            word.starts_with(|first: char| first.is_ascii_alphabetic() || "./\\~".contains(first));
        if !is_command {
            return false;
        }
        let is_cmdlet = word.split_once('-').is_some_and(|(verb, noun)| {
            verb.starts_with(|first: char| first.is_ascii_uppercase())
                && noun.starts_with(|first: char| first.is_ascii_uppercase())
        });
        if is_cmdlet || ALIASES.contains(&&*lower) || WRITERS.contains(&&*lower) {
            self.builtin(token.span);
        } else {
            self.tool(token.span);
        }
        false
    }

    fn powershell_files(&mut self, line: &[Token], writes: bool) {
        let whole =
            line.first().zip(line.last()).map_or(Span::default(), |(first, last)| first.span.to(last.span));
        for (index, token) in line.iter().enumerate() {
            if !matches!(token.kind, TokenKind::Word | TokenKind::Double) {
                continue;
            }
            let Some((name, span)) = self.environment(token.inner) else { continue };
            if token.kind == TokenKind::Double
                && span.end - token.inner.start != token.inner.of(self.text).len()
            {
                continue;
            }
            let Some(file) = RunnerFile::of_variable(name) else { continue };
            let access = if writes { FileAccess::Write } else { FileAccess::Passed };
            self.file(file, access, token.span);
            if writes {
                let others =
                    || line.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, token)| token);
                let text = others().find(|token| token.is_text()).map(|token| token.inner);
                let bare =
                    others().position(|token| self.of(token) == "=").and_then(|_| self.bare_entry(line));
                self.writes(file, text.or(bare), whole, &['$']);
            }
        }
    }

    /// `echo NAME=VALUE` without quotes: from the word after the command.
    fn bare_entry(&self, line: &[Token]) -> Option<Span> {
        let first = line.get(1).filter(|token| token.kind == TokenKind::Word)?;
        let end = line.iter().position(|token| matches!(self.of(token), ">" | ">>" | "|"))?;
        Some(Span::new(first.span.start, line.get(end)?.span.start))
    }

    /// `$env:NAME` or `${env:NAME}` in a piece of text: the first one.
    fn environment(&self, span: Span) -> Option<(&str, Span)> {
        let text = span.of(self.text);
        let at = text.char_indices().find_map(|(at, _)| {
            let rest = text.get(at..)?;
            let rest = rest.strip_prefix("${").or_else(|| rest.strip_prefix('$'))?;
            let (head, tail) = rest.split_at_checked(4)?;
            head.eq_ignore_ascii_case("env:").then(|| text.len() - tail.len())
        })?;
        let tail = text.get(at..)?;
        let length = tail.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(tail.len());
        let name = Span::new(span.start + at, span.start + at + length);
        (length > 0).then(|| (name.of(self.text), name))
    }

    /// Variables and commands to the runner in a word or a text.
    fn powershell_text(&mut self, token: &Token) {
        if matches!(token.kind, TokenKind::Comment | TokenKind::Sign | TokenKind::NewLine) {
            return;
        }
        self.commands(token.inner, &['$']);
        if matches!(token.kind, TokenKind::Single | TokenKind::QuotedBlock) {
            return;
        }
        let mut rest = token.inner;
        while let Some((_, name)) = self.environment(rest) {
            let after = self.text.get(name.end..).unwrap_or_default().trim_start_matches([' ', '}']);
            let sets = token.kind == TokenKind::Word && (after.starts_with('=') || after.starts_with("+="));
            self.variable(name, if sets { Access::Exported } else { Access::Read });
            rest = Span::new(name.end, rest.end);
        }
    }
}
