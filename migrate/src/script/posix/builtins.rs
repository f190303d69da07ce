//! Builtins that the grammar knows: `export` and the like, `exit` and the like.

use shuck_ast::{BuiltinCommand, DeclClause, DeclOperand};

use super::super::hole::Quoting;
use super::super::{Access, UseKind};
use super::{At, Output, Walk};
use crate::span::Span;

impl Walk<'_, '_, '_, '_> {
    pub(super) fn declaration(&mut self, declaration: &DeclClause, at: At<'_>) {
        let (name, span) = self.named(declaration.variant.as_str(), self.place(declaration.variant_span));
        self.uses(span, UseKind::Builtin(name));
        for assignment in &declaration.assignments {
            self.assignment(assignment, Access::Exported, at);
        }
        let mut access =
            if declaration.variant.as_str() == "export" { Access::Exported } else { Access::Set };
        for operand in &declaration.operands {
            match operand {
                DeclOperand::Flag(word) => {
                    let flags = self.place(word.span).of(self.text);
                    if flags.starts_with('-') && flags.contains('x') {
                        access = Access::Exported;
                    }
                }
                DeclOperand::Name(name) => self.variable(&name.name, name.name_span, access),
                DeclOperand::Assignment(assignment) => self.assignment(assignment, access, at),
                DeclOperand::Dynamic(word) => self.word(word, Quoting::Bare, at),
            }
        }
        if let Output::File(file) = at.output
            && self.prints(declaration)
        {
            let span = self.place(declaration.variant_span);
            self.found.open.write_unknown(file, span, self.found.script);
        }
    }

    /// `declare -p`, and all of them alone, print variables.
    fn prints(&self, declaration: &DeclClause) -> bool {
        let is_print = |operand: &DeclOperand| match operand {
            DeclOperand::Flag(word) => self.place(word.span).of(self.text).contains('p'),
            _ => false,
        };
        declaration.operands.is_empty() || declaration.operands.iter().any(is_print)
    }

    pub(super) fn control(&mut self, builtin: &BuiltinCommand, at: At<'_>) {
        let (name, span, word, more, assignments) = match builtin {
            BuiltinCommand::Break(it) => ("break", it.span, &it.depth, &it.extra_args, &it.assignments),
            BuiltinCommand::Continue(it) => ("continue", it.span, &it.depth, &it.extra_args, &it.assignments),
            BuiltinCommand::Return(it) => ("return", it.span, &it.code, &it.extra_args, &it.assignments),
            BuiltinCommand::Exit(it) => ("exit", it.span, &it.code, &it.extra_args, &it.assignments),
        };
        let start = self.place(span).start;
        let (name, span) = self.named(name, Span::new(start, self.place(span).end));
        self.uses(span, UseKind::Builtin(name));
        for assignment in assignments {
            self.assignment(assignment, Access::Set, at);
        }
        for word in word.iter().chain(more) {
            self.word(word, Quoting::Bare, at);
        }
    }
}
