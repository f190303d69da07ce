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

/// What is open where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// `(`
    Group,
    /// `{`
    Block,
    /// `@{`: entries of names and values (about_Hash_Tables). An entry starts with its name, which is no command.
    Hash,
}

/// Takes away what `}` closes, and what was left open within it.
fn close_block(open: &mut Vec<Bracket>) -> Option<Bracket> {
    while let Some(bracket) = open.pop() {
        if bracket != Bracket::Group {
            return Some(bracket);
        }
    }
    None
}

impl Reader<'_, '_> {
    pub(super) fn powershell(&mut self, tokens: &[Token]) {
        self.mark(tokens);
        let mut open = Vec::new();
        for line in tokens.split(|token| token.kind == TokenKind::NewLine) {
            self.powershell_line(line, &mut open);
            for token in line {
                self.powershell_text(token);
            }
        }
    }

    fn powershell_line(&mut self, line: &[Token], open: &mut Vec<Bracket>) {
        let (mut starts, mut assigns) = (open.last() != Some(&Bracket::Hash), false);
        let mut before = None;
        for token in line {
            if token.kind == TokenKind::Word && starts {
                assigns = self.of(token).starts_with('$');
            }
            match token.kind {
                TokenKind::Word if std::mem::take(&mut starts) => starts = self.powershell_head(token),
                TokenKind::Sign => starts = self.powershell_sign(token, before, assigns, open),
                TokenKind::Word | TokenKind::NewLine | TokenKind::Comment => {}
                _ => starts = false,
            }
            before = Some(token);
        }
        let redirect = line.iter().position(|token| matches!(self.of(token), ">" | ">>"));
        let writes = redirect.is_some()
            || line
                .iter()
                .any(|token| WRITERS.iter().any(|writer| writer.eq_ignore_ascii_case(self.of(token))));
        self.powershell_files(line, writes);
        self.powershell_runs(line);
    }

    /// Whether a command may stand behind a sign.
    fn powershell_sign(
        &self,
        sign: &Token,
        before: Option<&Token>,
        assigns: bool,
        open: &mut Vec<Bracket>,
    ) -> bool {
        let is_entry = open.last() == Some(&Bracket::Hash);
        match self.of(sign) {
            "{" => {
                let is_hash = before.is_some_and(|before| {
                    before.kind == TokenKind::Word
                        && before.span.end == sign.span.start
                        && self.of(before).ends_with('@')
                });
                open.push(if is_hash { Bracket::Hash } else { Bracket::Block });
                !is_hash
            }
            "}" => close_block(open) != Some(Bracket::Hash),
            "(" => {
                open.push(Bracket::Group);
                true
            }
            ")" => {
                if open.last() == Some(&Bracket::Group) {
                    open.pop();
                }
                false
            }
            "=" => assigns && !is_entry,
            ";" => !is_entry,
            sign => !matches!(sign, "," | "<" | ">" | ">>"),
        }
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

#[cfg(test)]
mod tests {
    use crate::script::{Script, Shell};

    fn table(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            let script = Script::read(text, Shell::PowerShell, &[]);
            let tools: Vec<_> = script.tools().map(|tool| tool.name.as_ref()).collect();
            assert_eq!(tools.join(" "), *expected, "{text}");
        }
    }

    #[test]
    fn a_backtick_at_the_end_continues_a_line() {
        table(&[
            ("msbuild a.sln `\n  /p:Configuration=Release\nb", "msbuild b"),
            ("msbuild a.sln `\r\n  /p:Configuration=Release `\r\n  /m\r\nb", "msbuild b"),
            ("msbuild a.sln`\n  c=d\nb", "msbuild b"),
            ("a |`\n  b", "a b"),
            ("a c`;d", "a"),
            ("# a `\nb", "b"),
            ("a \"c `\nd\"\nb", "a b"),
            ("a `", "a"),
        ]);
    }

    #[test]
    fn names_in_a_hash_literal_are_no_commands() {
        table(&[
            ("$p = @{ Path = \"x\"; Force = $true }\na @p", "a"),
            ("$p = @{\n  Path = \"x\"\n  Force = $true\n}\na @p", "a"),
            ("$p = [ordered]@{\r\n  Path = 'x' # y\r\n  # z\r\n  Force = 1\r\n}\r\na", "a"),
            ("$p=@{Path='x';Force=1}; a", "a"),
            (
                "a -b @{\n  Path = @{\n    Force = 1\n  }\n  Other = @('x',\n    'y')\n  More = 2\n} | b",
                "a b",
            ),
            ("a (@{ Path = 'x' } | b)\nc", "a b c"),
            ("@{\n  Path = (a b)\n  Run = { c d; e }\n  Other = {\n    f\n  }\n}", "a c e f"),
            ("if ($x) {\n  $p = @{\n    Path = 1\n  }\n  a\n}\nb", "a b"),
            // Blocks and groups are read as before.
            ("if ($x) { a } else { b }; c", "a b c"),
            ("x | % { a }\nb", "x a b"),
            ("@(\n  a\n)\nb", "a b"),
            ("a )\n}\nb", "a b"),
            ("$p = @{\n  Path = (1\n}\nb", "b"),
        ]);
    }
}
