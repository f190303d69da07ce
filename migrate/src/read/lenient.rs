//! What the runner takes, and GitHub's editor does not.

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};

use super::document::Document;
use super::limits::Limits;
use super::problem::{By, Problem, ProblemKind};
use super::reader;
use crate::schema::DefinitionId;
use crate::span::Span;

/// Looks which problems there are as well for somebody who reads the same tree by a definition that allows more. The others are
/// the editor's.
pub(super) fn judge(document: &mut Document, lenient: DefinitionId, limits: &Limits) {
    if !document.problems.iter().any(|problem| is_of_schema(&problem.kind)) {
        return;
    }
    let refused = reader::problems(&document.tree, document.schema, lenient, limits);
    let refused: HashSet<_> = refused.iter().map(place).collect();
    for problem in document.problems.iter_mut().filter(|problem| is_of_schema(&problem.kind)) {
        if !refused.contains(&place(problem)) {
            problem.by = By::Editor;
        }
    }
}

fn place(problem: &Problem) -> (Span, Discriminant<ProblemKind>) {
    (problem.span, discriminant(&problem.kind))
}

/// Whether it depends on the schema.
const fn is_of_schema(kind: &ProblemKind) -> bool {
    matches!(
        kind,
        ProblemKind::UnexpectedKey
            | ProblemKind::UnexpectedValue
            | ProblemKind::UnexpectedStructure
            | ProblemKind::Missing
            | ProblemKind::Ambiguous
    )
}
