//! Python: the environment, programs that are started, and lines that are printed.

use super::super::names::RunnerFile;
use super::super::{Access, Doubt, FileAccess, Unclear};
use super::Reader;
use super::tokens::{Token, TokenKind};
use crate::span::Span;

/// What starts a program.
const STARTERS: [&str; 7] = ["Popen", "call", "check_call", "check_output", "run", "system", "popen"];

/// So many tokens of a call are looked at: calls may be within each other without an end.
const MAX_CALL: usize = 256;

/// Words by which calls of these are told how, not what.
const SETTINGS: [&str; 7] = ["shell", "check", "text", "capture_output", "True", "False", "None"];

impl Reader<'_, '_> {
    pub(super) fn python(&mut self, tokens: &[Token]) {
        self.mark(tokens);
        let tokens: Vec<Token> =
            tokens.iter().filter(|token| token.kind != TokenKind::Comment).copied().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Word => self.python_word(&tokens, index),
                TokenKind::Double | TokenKind::Block => self.commands(token.inner, &['{']),
                _ => {}
            }
        }
        self.python_files(&tokens);
    }

    fn sign(&self, tokens: &[Token], index: usize) -> &str {
        tokens.get(index).map_or("", |token| self.of(token))
    }

    fn python_word(&mut self, tokens: &[Token], index: usize) {
        match self.sign(tokens, index) {
            "environ" => {
                let text = match self.sign(tokens, index + 1) {
                    "[" => tokens.get(index + 2),
                    "." => tokens.get(index + 4),
                    _ => None,
                };
                let sets = matches!(self.sign(tokens, index + 3), "]") && self.sign(tokens, index + 4) == "=";
                self.python_variable(text, if sets { Access::Exported } else { Access::Read });
            }
            "getenv" => self.python_variable(tokens.get(index + 2), Access::Read),
            "exec" | "eval" if self.sign(tokens, index + 1) == "(" => {
                let is_own = index.checked_sub(1).is_none_or(|at| self.sign(tokens, at) != ".");
                if is_own {
                    self.python_runs(tokens, index, true);
                }
            }
            word if STARTERS.contains(&word) && self.sign(tokens, index + 1) == "(" => {
                let always = matches!(word, "system" | "popen");
                let qualified = index
                    .checked_sub(2)
                    .is_some_and(|at| matches!(self.sign(tokens, at), "subprocess" | "os"));
                if qualified {
                    self.python_starts(tokens, index + 2);
                    self.python_runs(tokens, index, always);
                }
            }
            _ => {}
        }
    }

    fn python_variable(&mut self, text: Option<&Token>, access: Access) {
        let Some(text) = text.filter(|text| text.is_text() && !self.has_hole(text.span)) else { return };
        self.variable(text.inner, access);
    }

    /// What is called at this place runs a text as a script, if it always does, or is told to by `shell=True`.
    fn python_runs(&mut self, tokens: &[Token], index: usize, always: bool) {
        let mut open = 0_usize;
        let inner = tokens.iter().skip(index + 1).take_while(|token| {
            match self.of(token) {
                "(" => open += 1,
                ")" => open = open.saturating_sub(1),
                _ => {}
            }
            open > 0
        });
        let inner: Vec<&Token> = inner.take(MAX_CALL).skip(1).collect();
        let has =
            |words: [&str; 3]| inner.windows(3).any(|three| three.iter().map(|it| self.of(it)).eq(words));
        let is_dynamic =
            |token: &&Token| token.kind == TokenKind::Word && !SETTINGS.contains(&self.of(token));
        if (always || has(["shell", "=", "True"]))
            && inner.iter().any(is_dynamic)
            && let Some((first, last)) = inner.first().zip(inner.last())
        {
            let span = first.span.to(last.span);
            self.script.unclear.push(Unclear { span, why: Doubt::DynamicScript });
        }
    }

    /// The program is the first word of the text, or the first text of the list.
    fn python_starts(&mut self, tokens: &[Token], index: usize) {
        let skip = usize::from(self.sign(tokens, index) == "[");
        let Some(text) = tokens.get(index + skip) else { return };
        if !text.is_text() {
            self.script.unclear.push(Unclear { span: text.span, why: Doubt::DynamicCommand });
            return;
        }
        let words = text.inner.of(self.text);
        let start = text.inner.start + (words.len() - words.trim_start().len());
        let length = words.trim_start().find(char::is_whitespace).unwrap_or(words.trim_start().len());
        if length > 0 {
            self.tool(Span::new(start, start + length));
        }
    }

    /// What is opened is taken for written; names are looked for in all texts, since nobody follows the values here.
    fn python_files(&mut self, tokens: &[Token]) {
        let texts = || tokens.iter().filter(|token| token.is_text());
        let files: Vec<(RunnerFile, Span)> = texts()
            .filter_map(|token| Some((RunnerFile::of_variable(token.inner.of(self.text))?, token.span)))
            .collect();
        for (file, span) in &files {
            self.file(*file, FileAccess::Passed, *span);
        }
        let [(file, _)] = files.as_slice() else { return };
        let entries: Vec<Span> =
            texts().map(|token| token.inner).filter(|inner| is_entry(inner.of(self.text))).collect();
        for entry in entries {
            self.writes(*file, Some(entry), entry, &['{', '%', '\\']);
        }
    }
}

/// Whether a text looks like `NAME=VALUE` or `NAME<<DELIMITER`.
fn is_entry(text: &str) -> bool {
    let end = text.find(|c: char| c != '_' && c != '-' && !c.is_ascii_alphanumeric());
    let rest = end.and_then(|end| text.get(end..)).unwrap_or_default();
    end != Some(0) && (rest.starts_with('=') && !rest.starts_with("==") || rest.starts_with("<<"))
}
