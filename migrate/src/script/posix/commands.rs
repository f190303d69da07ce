//! Simple commands: which program or builtin, through which others.

use std::borrow::Cow;

use shuck_ast::{AssignmentValue, BinaryOp, Command, SimpleCommand, Stmt, Word, WordPart};

use super::super::hole::Quoting;
use super::super::names::is_builtin;
use super::super::{Access, Doubt, FileAccess, Tool, UseKind};
use super::wrappers::Wrapper;
use super::{At, Walk};
use crate::span::Span;

/// Shells that take a script with `-c`.
const SHELLS: [&str; 6] = ["ash", "bash", "dash", "ksh", "sh", "zsh"];

/// Commands that read the files among their arguments.
const READERS: [&str; 12] =
    [".", "awk", "cat", "cut", "grep", "head", "jq", "less", "sed", "source", "tail", "wc"];

/// Whether a word tells `sed` to edit in place, also among other letters; behind some of them stands their value.
fn has_in_place(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|letters| match letters.strip_prefix('-') {
        Some(long) => long.starts_with("in-place"),
        None => letters.chars().take_while(|letter| !"efl".contains(*letter)).any(|letter| letter == 'i'),
    })
}

impl<'a> Walk<'a, '_, '_, '_> {
    pub(super) fn simple<'t>(&mut self, simple: &'t SimpleCommand, at: At<'t>) {
        let span = self.place(simple.name.span);
        let is_command = span.start < span.end;
        let access = if is_command { Access::Exported } else { Access::Set };
        for assignment in &simple.assignments {
            self.assignment(assignment, access, at);
            // `NAME=$GITHUB_OUTPUT COMMAND`
            if is_command
                && let AssignmentValue::Scalar(word) = &assignment.value
                && let Some(file) = self.runner_file(word)
            {
                let span = self.place(word.span);
                self.given_away(file, span);
            }
        }
        if is_command {
            self.word(&simple.name, Quoting::Bare, at);
            let name = self.literal(&simple.name);
            let name = name.as_deref().unwrap_or_default();
            let reads = READERS.contains(&name) && !self.edits(name, &simple.args);
            let access = if reads { FileAccess::Read } else { FileAccess::Passed };
            let only_asks = self.only_asks(name, at);
            let outer = std::mem::replace(&mut self.only_asks, only_asks);
            self.words_as(&simple.args, access, at);
            self.only_asks = outer;
            self.command(&simple.name, &simple.args, at);
        }
    }

    /// `sed -i` and `awk -i inplace` write to the files that they read.
    fn edits(&self, name: &str, arguments: &[Word]) -> bool {
        let is_in_place: fn(&str) -> bool = match name {
            "sed" => has_in_place,
            "awk" => |word| word.contains("inplace"),
            _ => return false,
        };
        arguments.iter().any(|word| is_in_place(self.place(word.span).of(self.text)))
    }

    /// A command whose words were walked over already.
    fn command(&mut self, head: &Word, arguments: &[Word], at: At<'_>) {
        let at = At { depth: at.depth + 1, ..at };
        let span = self.place(head.span);
        let end = arguments.last().map_or(span.end, |word| self.place(word.span).end);
        let whole = span.to(Span::new(end, end));
        let Some(name) = self.literal(head) else {
            self.doubt(span, Doubt::DynamicCommand);
            return self.writes("", arguments, whole, at);
        };
        if name.is_empty() || at.depth > super::MAX_DEPTH {
            return;
        }
        let kind = if is_builtin(&name) {
            UseKind::Builtin(name.clone())
        } else {
            let guarded = self.is_present(&name) || at.may_fail && self.is_question(arguments);
            UseKind::Tool(Tool { name: name.clone(), elevated: at.elevated, probed: false, guarded })
        };
        self.uses(span, kind);
        match Wrapper::of(&name) {
            Some(wrapper) if !self.is_query(&name, arguments) => self.wrapped(wrapper, arguments, whole, at),
            _ => {
                self.meaning(&name, arguments, at);
                self.writes(&name, arguments, whole, at);
            }
        }
    }

    /// `command -v` runs nothing.
    pub(super) fn is_query(&self, name: &str, arguments: &[Word]) -> bool {
        name == "command"
            && arguments
                .first()
                .is_some_and(|word| matches!(self.literal(word).as_deref(), Some("-v" | "-V")))
    }

    fn wrapped(&mut self, wrapper: &Wrapper, arguments: &[Word], whole: Span, at: At<'_>) {
        let at = At { elevated: at.elevated || wrapper.elevates, ..at };
        let mut index = 0;
        let mut before = wrapper.before;
        while let Some(word) = arguments.get(index) {
            let source = self.place(word.span).of(self.text);
            if source == "--" {
                index += 1;
                break;
            }
            let option = wrapper.option(source);
            if option > 0 {
                index += option;
            } else if wrapper.assigns && is_assignment(source) {
                index += 1;
            } else if before > 0 {
                (before, index) = (before - 1, index + 1);
            } else {
                break;
            }
        }
        match arguments.get(index).zip(arguments.get(index + 1..)) {
            Some((head, rest)) => self.command(head, rest, at),
            None => self.writes(wrapper.name, arguments, whole, at),
        }
    }

    /// What the arguments of some commands mean.
    fn meaning(&mut self, name: &str, arguments: &[Word], at: At<'_>) {
        match name {
            "command" | "which" | "type" | "hash" => self.probes(arguments),
            "tee" => self.tees(arguments, at),
            "find" => self.find(arguments, at),
            "eval" => match arguments {
                [word] => self.script(word, at),
                _ => self.doubt_words(arguments, Doubt::DynamicScript),
            },
            "trap" => match arguments {
                [word, _, ..] if !self.is_option(word) => self.script(word, at),
                _ => {}
            },
            "source" | "." => match arguments {
                [file, ..] if self.is_made_here(file, at) => {}
                _ => self.doubt_words(arguments, Doubt::Sourced),
            },
            "read" | "mapfile" | "readarray" => self.reads_into(name, arguments),
            "printf" => self.printf_into(arguments),
            "getopts" => self.sets_words(arguments.get(1..2).unwrap_or_default()),
            _ if is_shell(name) => self.shell(arguments, at),
            _ if self.hands_on(last(name), arguments) => {}
            _ => self.interpreter(last(name), arguments, &Doubt::DynamicScript),
        }
    }

    /// `python -c SCRIPT` and the like: of other languages only what the shell puts into the script is looked at.
    pub(super) fn interpreter(&mut self, name: &str, arguments: &[Word], why: &Doubt) {
        let mut words = arguments.iter();
        while let Some(word) = words.next().filter(|word| self.is_option(word)) {
            let option = self.place(word.span).of(self.text);
            if takes_script(name, option) {
                if let Some(script) = words.next().filter(|word| self.literal(word).is_none()) {
                    let span = self.place(script.span);
                    self.doubt(span, why.clone());
                }
                return;
            }
            if takes_word(name, option) {
                words.next();
            }
        }
    }

    pub(super) fn is_option(&self, word: &Word) -> bool {
        self.place(word.span).of(self.text).starts_with('-')
    }

    fn doubt_words(&mut self, words: &[Word], why: Doubt) {
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            let span = self.place(first.span).to(self.place(last.span));
            self.doubt(span, why);
        }
    }

    fn probes(&mut self, arguments: &[Word]) {
        for word in arguments {
            if let Some(name) = self.literal(word).filter(|name| !name.starts_with('-') && !is_builtin(name))
            {
                let span = self.place(word.span);
                self.uses(span, UseKind::Tool(Tool { name, elevated: false, probed: true, guarded: false }));
            }
        }
    }

    fn tees(&mut self, arguments: &[Word], at: At<'_>) {
        let mut is_first = true;
        for word in arguments {
            if let Some(file) = self.runner_file(word) {
                let span = self.place(word.span);
                self.is_followed(span);
                self.take_back(span, |kind| matches!(kind, UseKind::File(_, FileAccess::Passed)));
                self.uses(span, UseKind::File(file, FileAccess::Write));
                self.tee_takes(file, std::mem::take(&mut is_first), span, at);
            }
        }
    }

    /// `find ... -exec COMMAND`
    fn find(&mut self, arguments: &[Word], at: At<'_>) {
        let is_exec = |word: &Word| {
            matches!(self.place(word.span).of(self.text), "-exec" | "-execdir" | "-ok" | "-okdir")
        };
        let found: Vec<usize> =
            (0..arguments.len()).filter(|at| arguments.get(*at).is_some_and(is_exec)).collect();
        for index in found {
            if let Some((head, rest)) = arguments.get(index + 1).zip(arguments.get(index + 2..)) {
                let end = rest.iter().position(|word| {
                    matches!(self.place(word.span).of(self.text), "\\;" | "';'" | "\";\"" | "+")
                });
                let rest = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
                self.command(head, rest, at);
            }
        }
    }

    /// `bash -c SCRIPT`, or a script that comes by the input.
    fn shell(&mut self, arguments: &[Word], at: At<'_>) {
        let (mut is_script, mut is_input) = (false, false);
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let source = self.place(word.span).of(self.text);
            if !source.starts_with(['-', '+']) {
                match (is_script, is_input) {
                    (true, _) => return self.script(word, at),
                    (false, true) => break,
                    (false, false) => {
                        self.is_made_here(word, at);
                        return;
                    }
                }
            }
            let flags = source.get(1..).filter(|flags| !flags.starts_with('-')).unwrap_or_default();
            is_script |= flags.contains('c');
            is_input |= flags.contains('s');
            if takes_word("bash", source) {
                words.next();
            }
        }
        if is_script {
            return;
        }
        self.doubt_input(at);
    }

    /// Whether a command, or the last one of a pipe, is a shell that takes its script from its input.
    pub(super) fn ends_in_shell(&self, statement: &Stmt) -> bool {
        let simple = match &statement.command {
            Command::Binary(binary) if matches!(binary.op, BinaryOp::Pipe | BinaryOp::PipeAll) => {
                return self.ends_in_shell(&binary.right);
            }
            Command::Simple(simple) => simple,
            _ => return false,
        };
        let words = std::iter::once(&simple.name).chain(&simple.args);
        let mut words = words.map(|word| self.place(word.span).of(self.text));
        let starts_others = |word: &str| {
            word.starts_with('-') || is_assignment(word) || Wrapper::of(word).is_some_and(|it| it.before == 0)
        };
        let Some(head) = words.find(|word| !starts_others(word)) else { return false };
        if matches!(head, "." | "source") {
            return words.next().is_some_and(is_input);
        }
        if !is_shell(head) {
            return false;
        }
        for word in words {
            match word.strip_prefix('-') {
                Some("s") => return true,
                Some(flags) if flags.starts_with('-') || !flags.contains('c') => {}
                Some(_) => return false,
                None => return is_input(word),
            }
        }
        true
    }

    /// A script within a word. It is read where its text stands as it is; variables in it are looked at twice, so what it
    /// does in the end is open.
    fn script(&mut self, word: &Word, at: At<'_>) {
        let whole = self.place(word.span);
        let [part] = word.parts.as_slice() else { return self.doubt(whole, Doubt::DynamicScript) };
        let inner = match &part.kind {
            WordPart::SingleQuoted { value, dollar: false } => self.place(value.span()),
            WordPart::DoubleQuoted { parts, dollar: false } => {
                if !parts.iter().all(|part| matches!(part.kind, WordPart::Literal(_))) {
                    self.doubt(whole, Doubt::DynamicScript);
                }
                Span::new(whole.start + 1, whole.end.saturating_sub(1))
            }
            WordPart::Literal(_) => whole,
            _ => return self.doubt(whole, Doubt::DynamicScript),
        };
        let masked = self.masked.get(inner.start - self.base..inner.end.saturating_sub(self.base));
        let Some(masked) = masked.filter(|_| at.nested < 4) else { return };
        if masked.contains('\\') && !matches!(part.kind, WordPart::SingleQuoted { .. }) {
            return self.doubt(whole, Doubt::DynamicScript);
        }
        if self.hole_at(inner).is_some_and(|hole| hole.span == inner) {
            return self.doubt(whole, Doubt::DynamicScript);
        }
        // What the shell puts into it was taken for something that is given away.
        if matches!(part.kind, WordPart::DoubleQuoted { .. }) {
            self.is_followed(inner);
        }
        let at = At { nested: at.nested + 1, ..at };
        let (access, only_asks) = (self.access, self.only_asks);
        let found = &mut *self.found;
        let mut walk = Walk { text: self.text, masked, base: inner.start, found, access, only_asks };
        walk.all(at);
    }

    /// `read NAME...`: words after the options are names.
    fn reads_into(&mut self, command: &str, arguments: &[Word]) {
        let values: &[&str] = if command == "read" {
            &["-a", "-d", "-i", "-n", "-N", "-p", "-t", "-u"]
        } else {
            &["-d", "-n", "-O", "-s", "-u", "-C", "-c"]
        };
        let mut skip = false;
        for word in arguments {
            let source = self.place(word.span).of(self.text);
            let is_value = std::mem::replace(&mut skip, values.contains(&source) && source != "-a");
            if !is_value && !source.starts_with('-') {
                self.sets_words(std::slice::from_ref(word));
            }
        }
    }

    fn printf_into(&mut self, arguments: &[Word]) {
        if let [option, name, ..] = arguments
            && self.literal(option).as_deref() == Some("-v")
        {
            self.sets_words(std::slice::from_ref(name));
        }
    }

    fn sets_words(&mut self, words: &[Word]) {
        for word in words {
            if let Some(Cow::Borrowed(name)) = self.literal(word)
                && is_name(name)
            {
                self.sets(name, word.span);
            }
        }
    }
}

/// The last part of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a command is a shell that takes a script with `-c`.
pub(super) fn is_shell(command: &str) -> bool {
    SHELLS.contains(&last(command))
}

/// Whether a command is an interpreter that takes a script with an option.
pub(super) fn is_interpreter(command: &str) -> bool {
    let name = last(command);
    matches!(name, "node" | "nodejs" | "perl" | "ruby" | "php") || name.starts_with("python")
}

/// Whether a word is the input as a file.
fn is_input(word: &str) -> bool {
    matches!(word, "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")
}

/// Whether an option of an interpreter says that a script follows. Others may stand before it: `-lane`.
fn takes_script(name: &str, option: &str) -> bool {
    let letters = match name {
        "node" | "nodejs" => return matches!(option, "-e" | "-p" | "-pe" | "--eval" | "--print"),
        "perl" => "eE",
        "ruby" => "e",
        "php" => "r",
        _ if name.starts_with("python") => "c",
        _ => return false,
    };
    let flags =
        option.strip_prefix('-').filter(|flags| flags.bytes().all(|flag| flag.is_ascii_alphanumeric()));
    flags.and_then(|flags| flags.chars().next_back()).is_some_and(|last| letters.contains(last))
}

/// Whether the word behind an option of an interpreter or of a shell belongs to it: `bash -euo pipefail`, `python -W ignore`.
fn takes_word(name: &str, option: &str) -> bool {
    let is_short = option.len() > 1 && !option.starts_with("--");
    match name {
        "bash" => is_short && option.ends_with(['o', 'O']) || matches!(option, "--rcfile" | "--init-file"),
        "node" | "nodejs" => {
            matches!(option, "-r" | "--require" | "--import" | "--loader" | "-C" | "--conditions")
        }
        "perl" => option == "-I",
        "ruby" => matches!(option, "-r" | "-I" | "-C" | "-E"),
        "php" => matches!(option, "-d" | "-c"),
        _ => name.starts_with("python") && matches!(option, "-W" | "-X"),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| is_name(name))
}
