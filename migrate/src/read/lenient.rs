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

/// Events of which GitHub reads what they are given. Of the others it takes the filters that it knows.
const READ: [&str; 3] = ["schedule", "workflow_call", "workflow_dispatch"];

/// What filters an event has is the editor's matter: GitHub refuses no key that the event does not know, and filters by none
/// (schema of the runner: `on-mapping`; `create` with `tags` starts workflows in production, actions/runner#1007). Names of
/// events it does refuse.
pub(super) fn judge_events(document: &mut Document) {
    if !document.problems.iter().any(|problem| is_of_schema(&problem.kind)) {
        return;
    }
    let Some(on) = document.root().and_then(|root| document.get(root, "on")) else { return };
    let is_read = |event| document.text(event).is_none_or(|event| READ.contains(&event));
    let filtered = document.pairs(on).filter(|(event, _)| !is_read(*event));
    let asked: Vec<_> = filtered.map(|(_, asked)| document.span(asked)).collect();
    for problem in &mut document.problems {
        let Some(asked) = asked.iter().find(|asked| asked.contains(problem.span)) else { continue };
        let is_ignored = match problem.kind {
            ProblemKind::UnexpectedKey | ProblemKind::UnexpectedValue => true,
            ProblemKind::UnexpectedStructure => problem.span == *asked && problem.message == MAPPING,
            _ => false,
        };
        if is_ignored {
            problem.by = By::Editor;
            problem.hint = Some(IGNORED.to_owned());
        }
    }
}

/// What GitHub says of keys where none may be.
const MAPPING: &str = "A mapping was not expected";

const IGNORED: &str = "GitHub starts the workflow as if it were not there: take it away";

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read_workflow;

    /// Who refuses what of the events of a workflow.
    fn refused(on: &str) -> Vec<(By, String)> {
        let source = format!("on: {on}\njobs: {{a: {{runs-on: ubuntu-24.04, steps: [{{run: make}}]}}}}\n");
        let document = read_workflow(source, &Limits::default());
        document.problems().iter().map(|problem| (problem.by, problem.message.clone())).collect()
    }

    #[test]
    fn filters_that_an_event_does_not_know_are_ignored() {
        for (on, by, message) in [
            ("{create: {tags: [v1]}}", By::Editor, "A mapping was not expected"),
            ("{release: {types: [published], branches: [main]}}", By::Editor, "Unexpected value 'branches'"),
            ("{merge_group: {paths-ignore: [x]}}", By::Editor, "Unexpected value 'paths-ignore'"),
            ("{push: {branch: main}}", By::Editor, "Unexpected value 'branch'"),
            ("{issues: {types: [shut]}}", By::Editor, "Unexpected value 'shut'"),
            // GitHub names no such event, and reads these.
            ("{issue: {types: [opened]}}", By::GitHub, "Unexpected value 'issue'"),
            ("{push: {branches: {main: x}}}", By::GitHub, "A mapping was not expected"),
            ("{schedule: [{crom: '0 6 * * *'}]}", By::GitHub, "Unexpected value 'crom'"),
            ("{workflow_call: {inputs: {a: {typ: string}}}}", By::GitHub, "Unexpected value 'typ'"),
        ] {
            assert_eq!(refused(on).first(), Some(&(by, message.to_owned())), "{on}");
        }
    }
}
