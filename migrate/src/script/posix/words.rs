//! Words: quotes, variables, and commands within words.

use std::borrow::Cow;

use shuck_ast::{
    ArithmeticExpr, ArithmeticExprNode, ArithmeticLvalue, Assignment, AssignmentValue,
    BourneParameterExpansion, ConditionalExpr, Heredoc, HeredocBodyPart, ParameterExpansion,
    ParameterExpansionSyntax, ParameterOp, Pattern, PatternPart, VarRef, Word, WordPart, WordPartNode,
};

use super::super::hole::Quoting;
use super::super::names::RunnerFile;
use super::super::{Access, FileAccess, UseKind};
use super::{At, Walk};
use crate::span::Span;

impl<'a> Walk<'a, '_, '_, '_> {
    pub(super) fn word(&mut self, word: &Word, quoting: Quoting, at: At<'_>) {
        self.mark(word.span, quoting, at);
        self.parts(&word.parts, quoting, at);
    }

    fn parts(&mut self, parts: &[WordPartNode], quoting: Quoting, at: At<'_>) {
        for part in parts {
            self.part(part, quoting, at);
        }
    }

    fn part(&mut self, part: &WordPartNode, quoting: Quoting, at: At<'_>) {
        match &part.kind {
            WordPart::Literal(_) | WordPart::ZshQualifiedGlob(_) => {}
            WordPart::SingleQuoted { .. } => self.mark(part.span, Quoting::Single, at),
            WordPart::DoubleQuoted { parts, .. } => {
                self.mark(part.span, Quoting::Double, at);
                self.parts(parts, Quoting::Double, at);
            }
            WordPart::Variable(name) => self.reads(name, part.span),
            WordPart::CommandSubstitution { body, .. } | WordPart::ProcessSubstitution { body, .. } => {
                self.sequence(body, at.within());
            }
            WordPart::ArithmeticExpansion { expression_ast, expression_word_ast, .. } => {
                self.expansion(part.span, expression_ast.as_deref(), expression_word_ast, at);
            }
            WordPart::Parameter(parameter) => self.parameter(parameter, quoting, at),
            WordPart::ParameterExpansion { reference, operator, operand_word_ast, .. } => {
                self.operation(reference, Some(operator), operand_word_ast.as_deref(), quoting, at);
            }
            WordPart::IndirectExpansion { reference, operator, operand_word_ast, .. } => {
                self.operation(reference, operator.as_deref(), operand_word_ast.as_deref(), quoting, at);
            }
            WordPart::Length(reference)
            | WordPart::ArrayAccess(reference)
            | WordPart::ArrayLength(reference)
            | WordPart::ArrayIndices(reference)
            | WordPart::Transformation { reference, .. } => self.reference(reference, at),
            WordPart::Substring { reference, offset_word_ast, length_word_ast, .. }
            | WordPart::ArraySlice { reference, offset_word_ast, length_word_ast, .. } => {
                self.reference(reference, at);
                self.word(offset_word_ast, quoting, at);
                length_word_ast.iter().for_each(|word| self.word(word, quoting, at));
            }
            WordPart::PrefixMatch { .. } => {}
        }
    }

    fn expansion(
        &mut self,
        span: shuck_ast::Span,
        tree: Option<&ArithmeticExprNode>,
        word: &Word,
        at: At<'_>,
    ) {
        self.mark(span, Quoting::Arithmetic, at);
        match tree {
            Some(tree) => self.arithmetic(tree, at),
            None => self.word(word, Quoting::Arithmetic, at),
        }
    }

    fn parameter(&mut self, parameter: &ParameterExpansion, quoting: Quoting, at: At<'_>) {
        let ParameterExpansionSyntax::Bourne(bourne) = &parameter.syntax else { return };
        match bourne {
            BourneParameterExpansion::Access { reference }
            | BourneParameterExpansion::Length { reference }
            | BourneParameterExpansion::Indices { reference }
            | BourneParameterExpansion::Transformation { reference, .. } => self.reference(reference, at),
            BourneParameterExpansion::Indirect { reference, operator, operand_word_ast, .. } => {
                self.operation(reference, operator.as_deref(), operand_word_ast.as_deref(), quoting, at);
            }
            BourneParameterExpansion::Operation { reference, operator, operand_word_ast, .. } => {
                self.operation(reference, Some(operator), operand_word_ast.as_deref(), quoting, at);
            }
            BourneParameterExpansion::Slice { reference, offset_word_ast, length_word_ast, .. } => {
                self.reference(reference, at);
                self.word(offset_word_ast, quoting, at);
                length_word_ast.iter().for_each(|word| self.word(word, quoting, at));
            }
            BourneParameterExpansion::PrefixMatch { .. } => {}
        }
    }

    fn operation(
        &mut self,
        reference: &VarRef,
        operator: Option<&ParameterOp>,
        operand: Option<&Word>,
        quoting: Quoting,
        at: At<'_>,
    ) {
        self.reference(reference, at);
        if let Some(ParameterOp::AssignDefault) = operator {
            self.sets(&reference.name, reference.name_span);
        }
        if let Some(
            ParameterOp::RemovePrefixShort { pattern }
            | ParameterOp::RemovePrefixLong { pattern }
            | ParameterOp::RemoveSuffixShort { pattern }
            | ParameterOp::RemoveSuffixLong { pattern }
            | ParameterOp::ReplaceFirst { pattern, .. }
            | ParameterOp::ReplaceAll { pattern, .. },
        ) = operator
        {
            self.pattern(pattern, quoting, at);
        }
        let replacement = operator.and_then(ParameterOp::replacement_word_ast);
        for word in operand.into_iter().chain(replacement) {
            self.word(word, quoting, at);
        }
    }

    fn reference(&mut self, reference: &VarRef, at: At<'_>) {
        self.reads(&reference.name, reference.name_span);
        if let Some(word) = reference.subscript.as_ref().and_then(|subscript| subscript.word_ast()) {
            self.word(word, Quoting::Arithmetic, at);
        }
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern, quoting: Quoting, at: At<'_>) {
        self.mark(pattern.span, quoting, at);
        for part in &pattern.parts {
            match &part.kind {
                PatternPart::Word(word) => self.word(word, quoting, at),
                PatternPart::Group { patterns, .. } => {
                    patterns.iter().for_each(|pattern| self.pattern(pattern, quoting, at));
                }
                _ => {}
            }
        }
    }

    pub(super) fn conditional(&mut self, expression: &ConditionalExpr, at: At<'_>) {
        match expression {
            ConditionalExpr::Binary(binary) => {
                self.conditional(&binary.left, at);
                self.conditional(&binary.right, at);
            }
            ConditionalExpr::Unary(unary) => self.conditional(&unary.expr, at),
            ConditionalExpr::Parenthesized(group) => self.conditional(&group.expr, at),
            ConditionalExpr::Word(word) | ConditionalExpr::Regex(word) => self.word(word, Quoting::Bare, at),
            ConditionalExpr::Pattern(pattern) => self.pattern(pattern, Quoting::Bare, at),
            ConditionalExpr::VarRef(reference) => self.reference(reference, at),
        }
    }

    pub(super) fn arithmetic(&mut self, node: &ArithmeticExprNode, at: At<'_>) {
        match &node.kind {
            ArithmeticExpr::Number(_) => {}
            ArithmeticExpr::Variable(name) => self.reads(name, node.span),
            ArithmeticExpr::Indexed { name, index } => {
                self.reads(name, node.span);
                self.arithmetic(index, at);
            }
            ArithmeticExpr::ShellWord(word) => self.word(word, Quoting::Arithmetic, at),
            ArithmeticExpr::Parenthesized { expression } => self.arithmetic(expression, at),
            ArithmeticExpr::Unary { expr, .. } | ArithmeticExpr::Postfix { expr, .. } => {
                self.arithmetic(expr, at)
            }
            ArithmeticExpr::Binary { left, right, .. } => {
                self.arithmetic(left, at);
                self.arithmetic(right, at);
            }
            ArithmeticExpr::Conditional { condition, then_expr, else_expr } => {
                [condition, then_expr, else_expr].into_iter().for_each(|part| self.arithmetic(part, at));
            }
            ArithmeticExpr::Assignment { target, value, .. } => {
                let (ArithmeticLvalue::Variable(name) | ArithmeticLvalue::Indexed { name, .. }) = target;
                self.sets(name, node.span);
                self.arithmetic(value, at);
            }
        }
    }

    pub(super) fn heredoc(&mut self, heredoc: &Heredoc, at: At<'_>) {
        let quoting = if heredoc.delimiter.expands_body { Quoting::Heredoc } else { Quoting::QuotedHeredoc };
        self.mark(heredoc.body.span, quoting, at);
        for part in &heredoc.body.parts {
            match &part.kind {
                HeredocBodyPart::Literal(_) => {}
                HeredocBodyPart::Variable(name) => self.reads(name, part.span),
                HeredocBodyPart::CommandSubstitution { body, .. } => self.sequence(body, at.within()),
                HeredocBodyPart::ArithmeticExpansion { expression_ast, expression_word_ast, .. } => {
                    self.expansion(part.span, expression_ast.as_deref(), expression_word_ast, at);
                }
                HeredocBodyPart::Parameter(parameter) => self.parameter(parameter, quoting, at),
            }
        }
    }

    /// `NAME=VALUE`, before a command or by itself.
    pub(super) fn assignment(&mut self, assignment: &Assignment, access: Access, at: At<'_>) {
        self.variable(&assignment.target.name, assignment.target.name_span, access);
        match &assignment.value {
            AssignmentValue::Scalar(word) => {
                let file = self.runner_file(word);
                let outer = std::mem::replace(&mut self.only_asks, file.is_some());
                self.word(word, Quoting::Assigned, at);
                self.only_asks = outer;
                if let Some(file) = file {
                    self.names_file(&assignment.target.name, file);
                }
            }
            AssignmentValue::Compound(array) => {
                for element in &array.elements {
                    self.word(element.value(), Quoting::Bare, at);
                }
            }
        }
    }

    fn reads(&mut self, name: &str, span: shuck_ast::Span) {
        self.variable(name, span, Access::Read);
        if let (Some(access), Some(file)) = (self.access, self.file_of(name)) {
            let span = self.place(span);
            self.uses(span, UseKind::File(file, access));
            if access == FileAccess::Passed && !self.only_asks {
                self.given_away(file, span);
            }
        }
    }

    pub(super) fn sets(&mut self, name: &str, span: shuck_ast::Span) {
        self.variable(name, span, Access::Set);
    }

    /// Positional and special parameters are no variables.
    pub(super) fn variable(&mut self, name: &str, span: shuck_ast::Span, access: Access) {
        if name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic()) {
            let (name, span) = self.named(name, self.place(span));
            self.uses(span, UseKind::Variable(name, access));
        }
    }

    /// A name of the tree as it stands in the script.
    pub(super) fn named(&self, name: &str, within: Span) -> (Cow<'a, str>, Span) {
        match within.of(self.text).find(name) {
            Some(at) => {
                let span = Span::new(within.start + at, within.start + at + name.len());
                (Cow::Borrowed(span.of(self.text)), span)
            }
            None => (Cow::Owned(name.to_owned()), within),
        }
    }

    /// The file of the runner whose path a word is, and nothing else.
    pub(super) fn runner_file(&self, word: &Word) -> Option<RunnerFile> {
        let [part] = word.parts.as_slice() else { return None };
        let part = match &part.kind {
            WordPart::DoubleQuoted { parts, .. } if parts.len() == 1 => parts.first()?,
            _ => part,
        };
        match &part.kind {
            WordPart::Variable(name) => self.file_of(name),
            WordPart::Parameter(parameter) => match parameter.bourne()? {
                BourneParameterExpansion::Access { reference }
                | BourneParameterExpansion::Operation { reference, .. } => self.file_of(&reference.name),
                _ => None,
            },
            WordPart::ParameterExpansion { reference, .. } => self.file_of(&reference.name),
            WordPart::Literal(_) => {
                let span = self.place(part.span);
                let hole = self.hole_at(span).filter(|hole| hole.span == span)?;
                let inner = hole.span.of(self.text).strip_prefix("${{")?.strip_suffix("}}")?;
                RunnerFile::of_expression(inner.trim())
            }
            _ => None,
        }
    }

    /// Reads words with another meaning of the files of the runner in them.
    pub(super) fn words_as(&mut self, words: &[Word], access: FileAccess, at: At<'_>) {
        let outer = self.access.replace(access);
        words.iter().for_each(|word| self.word(word, Quoting::Bare, at));
        self.access = outer;
    }
}
