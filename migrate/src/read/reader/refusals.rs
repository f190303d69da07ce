//! What is told of what is wrong.

use super::super::problem::{By, Problem, ProblemKind};
use super::super::scalar::Refused;
use super::Reader;
use crate::expression::TemplateError;
use crate::span::Span;
use crate::yaml::{NodeId, ScalarStyle};

const NOT_CLOSED: &str =
    "write }} where the expression ends; a text in it ends with the quote that it begins with";

impl Reader<'_> {
    pub(super) fn unexpected_structure(&mut self, node: NodeId, message: &str, hint: &str) {
        let span = self.tree.node(node).span();
        self.refuse(ProblemKind::UnexpectedStructure, node, span, message.to_owned());
        self.hint(Some(hint.to_owned()));
    }

    pub(super) fn refuse_expression(&mut self, node: NodeId, error: TemplateError) {
        let span = self.tree.place_in(node, error.span());
        let message = error.to_string();
        let hint = match &error {
            TemplateError::NotClosed(_) => Some(NOT_CLOSED),
            TemplateError::Empty(_) => Some("write an expression between ${{ and }}"),
            _ => None,
        };
        self.refuse(ProblemKind::Expression(Box::new(error)), node, span, message);
        if let Some(hint) = hint {
            self.hint(Some(hint.to_owned()));
        }
    }

    pub(super) fn refuse_tag(
        &mut self,
        node: NodeId,
        text: &str,
        style: ScalarStyle,
        tag: &str,
        refused: &Refused,
    ) {
        let span = self.tree.full_span(node);
        if self.problems.len() == super::MAX_PROBLEMS {
            return;
        }
        let place = self.tree.place(span.start);
        let at = format!("on line {} and column {}", place.line, place.column);
        let message = match refused {
            Refused::Tag => format!("Unexpected tag '{tag}'"),
            Refused::Style => format!("The scalar style '{style:?}' {at} is not valid with the tag '{tag}'"),
            Refused::Value(of) => format!("The value '{text}' {at} is invalid for the type '{of}'"),
        };
        let hint = match refused {
            Refused::Tag => Some("put the value in quotes: a ! at its start makes a tag of it".to_owned()),
            Refused::Style => Some("take the tag away, or the quotes".to_owned()),
            Refused::Value(_) => Some("put the value in quotes if it is a text".to_owned()),
        };
        self.stop(ProblemKind::Tag, span, message);
        self.hint(hint);
    }

    /// Refuses something and reads on, as GitHub does.
    pub(super) fn refuse(&mut self, kind: ProblemKind, node: NodeId, span: Span, message: String) {
        let place = Some(self.tree.full_span(node).start);
        self.tell(Problem {
            kind,
            span,
            message,
            hint: None,
            place,
            is_beyond: self.stopped,
            by: By::GitHub,
        });
    }

    /// Refuses something that GitHub stops at.
    pub(super) fn stop(&mut self, kind: ProblemKind, span: Span, message: String) {
        self.tell(Problem {
            kind,
            span,
            message,
            hint: None,
            place: None,
            is_beyond: self.stopped,
            by: By::GitHub,
        });
        self.stopped = true;
    }

    pub(super) fn tell(&mut self, problem: Problem) {
        if self.problems.len() < super::MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// The last problem is one for GitHub's editor alone.
    pub(super) fn by_editor(&mut self) {
        if self.problems.len() < super::MAX_PROBLEMS
            && let Some(problem) = self.problems.last_mut()
        {
            problem.by = By::Editor;
        }
    }

    /// What is refused of the value of a merge key is refused for the key: an alias would show it elsewhere.
    pub(super) fn hint_at_merge(&mut self, before: usize, key: Span) {
        if let Some(problem) = self.problems.get_mut(before)
            && problem.kind == ProblemKind::UnexpectedStructure
        {
            problem.span = key;
            problem.hint = Some(super::super::hint::MERGE.to_owned());
        }
    }

    /// Adds what to do about the last problem.
    pub(super) fn hint(&mut self, hint: Option<String>) {
        if self.problems.len() < super::MAX_PROBLEMS
            && let Some(problem) = self.problems.last_mut()
        {
            problem.hint = hint;
        }
    }
}
