//! The files of the runner, by whatever the script calls them: their variables, others that have their paths, and
//! descriptors.

use shuck_ast::{Command, Redirect, RedirectKind, Stmt, Word, WordPart};

use super::super::hole::Quoting;
use super::super::names::RunnerFile;
use super::super::{FileAccess, Name, UseKind};
use super::{At, Input, Output, Walk};
use crate::span::Span;

/// Commands that ask about a file, or change what may be done with it, and write nothing to it.
const ASKING: [&str; 18] = [
    ":",
    "[",
    "basename",
    "chmod",
    "cmp",
    "diff",
    "dirname",
    "du",
    "file",
    "ls",
    "md5sum",
    "mkdir",
    "rm",
    "sha256sum",
    "stat",
    "test",
    "touch",
    "true",
];

/// Commands that print their words. What becomes of them is known where that is the log.
const PRINTING: [&str; 2] = ["echo", "printf"];

/// So many uses are looked at to take something back: all of them each time would be the square of the script.
const LAST: usize = 64;

/// Where errors go.
const ERRORS: i32 = 2;

impl<'a> Walk<'a, '_, '_, '_> {
    /// The file whose path a variable has.
    pub(super) fn file_of(&self, variable: &str) -> Option<RunnerFile> {
        RunnerFile::of_variable(variable).or_else(|| self.found.names.aliases.get(variable).copied())
    }

    /// `NAME=$GITHUB_OUTPUT`: from here on this is its name as well, also where the script sets it again elsewhere.
    pub(super) fn names_file(&mut self, name: &str, file: RunnerFile) {
        self.found.names.aliases.insert(name.to_owned(), file);
    }

    /// Whether a command with the path of a file among its words writes nothing there.
    pub(super) fn only_asks(&self, command: &str, at: At<'_>) -> bool {
        ASKING.contains(&command) || at.output == Output::Log && PRINTING.contains(&command)
    }

    /// The path of a file is given to something that is not followed: it may write anything.
    pub(super) fn given_away(&mut self, file: RunnerFile, span: Span) {
        if file.has_names() {
            self.uses(span, UseKind::Sets(file, Name::Dynamic));
        } else if file == RunnerFile::Path {
            self.uses(span, UseKind::File(file, FileAccess::Write));
        }
    }

    /// Takes back that a word gives a path away, where more is known of it.
    pub(super) fn is_followed(&mut self, span: Span) {
        self.take_back(span, |kind| {
            matches!(
                kind,
                UseKind::Sets(_, Name::Dynamic) | UseKind::File(RunnerFile::Path, FileAccess::Write)
            )
        });
    }

    /// Takes back what was said of a word of the command at hand, which stands among what was said last.
    pub(super) fn take_back(&mut self, span: Span, is_wrong: impl Fn(&UseKind<'_>) -> bool) {
        let uses = &mut self.found.script.uses;
        let mut last = uses.split_off(uses.len().saturating_sub(LAST));
        last.retain(|used| !(span.contains(used.span) && is_wrong(&used.kind)));
        uses.append(&mut last);
    }

    /// Whether a descriptor that is opened with a command is there for others than a program: for commands within it, or for
    /// those behind `exec`.
    pub(super) fn keeps_descriptors(&self, command: &Command) -> bool {
        let Command::Simple(simple) = command else { return true };
        simple.args.is_empty() && self.literal(&simple.name).is_some_and(|name| name == "exec")
    }

    /// A descriptor is opened for a file of the runner. What is not printed by commands is not followed.
    pub(super) fn opened(&mut self, redirect: &Redirect, file: RunnerFile, keeps: bool) {
        match redirect.fd {
            None | Some(1) if redirect.fd_var.is_none() => {}
            Some(descriptor) if keeps && descriptor > ERRORS => {
                self.found.names.descriptors.insert(descriptor, file);
            }
            _ => {
                let span = self.place(redirect.span);
                self.found.open.write_unknown(file, span, self.found.script);
            }
        }
    }

    /// `>&3`
    pub(super) fn copied(&mut self, redirect: &Redirect, word: &Word, at: &mut At<'_>, keeps: bool) {
        let descriptor = self.literal(word).and_then(|word| word.parse::<i32>().ok());
        let Some(file) =
            descriptor.and_then(|descriptor| self.found.names.descriptors.get(&descriptor).copied())
        else {
            return;
        };
        match redirect.fd {
            None | Some(1) if redirect.fd_var.is_none() => at.output = Output::File(file),
            _ => self.opened(redirect, file, keeps),
        }
    }

    /// `> >(tee -a FILE)` is a pipe; tells whether it is one.
    pub(super) fn is_process<'t>(&mut self, word: &'t Word, at: &mut At<'t>) -> bool {
        let Some(statement) = process(word).filter(|statement| self.is_tee(statement)) else { return false };
        self.mark(word.span, Quoting::Bare, *at);
        at.output = self.tee(statement, at.output);
        self.statement(statement, At { input: Input::Piped, ..at.within() });
        true
    }
}

/// Whether a redirection names a file that is written.
pub(super) const fn opens_for_writing(kind: RedirectKind) -> bool {
    !matches!(
        kind,
        RedirectKind::Input | RedirectKind::HereString | RedirectKind::DupInput | RedirectKind::DupOutput
    )
}

/// The one command of `>(COMMAND)`.
fn process(word: &Word) -> Option<&Stmt> {
    let [part] = word.parts.as_slice() else { return None };
    let WordPart::ProcessSubstitution { body, .. } = &part.kind else { return None };
    if let [statement] = body.stmts.as_slice() { Some(statement) } else { None }
}
