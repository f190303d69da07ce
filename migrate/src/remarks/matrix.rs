//! Matrices with more legs than GitHub starts.

use super::Remark;
use crate::graph::matrix::{Budget, MAX_LEGS, expand_within, too_many};
use crate::model::{Job, Matrix, Value, Workflow};
use crate::read::{Document, TokenId};
use crate::values::{Author, Severity};

pub(super) fn of_workflow(workflow: &Workflow<'_>) -> Vec<Remark> {
    let budget = Budget::of_file();
    let large = workflow.jobs.iter().filter_map(large);
    large.filter_map(|matrix| of_matrix(workflow.document, matrix, &budget)).collect()
}

/// The matrix of a job if it may have too many legs.
fn large(job: &Job<'_>) -> Option<TokenId> {
    let matrix = job.strategy.as_ref()?.value.literal()?.matrix.as_ref()?;
    (at_most(matrix.value.literal()?)? > MAX_LEGS).then_some(matrix.token)
}

/// How many legs there may be; `None` where an expression decides.
fn at_most(matrix: &Matrix<'_>) -> Option<usize> {
    let vectors = matrix.axes.iter().map(|axis| axis.values.value.literal().map(Vec::len));
    let product = vectors.reduce(|all, more| Some(all?.saturating_mul(more?))).unwrap_or(Some(0))?;
    let included = match matrix.include.as_ref().map(|include| &include.value) {
        Some(Value::Literal(items)) => items.len(),
        Some(Value::Expression(_)) | None => 0,
    };
    Some(product.saturating_add(included))
}

fn of_matrix(document: &Document, matrix: TokenId, budget: &Budget) -> Option<Remark> {
    if !expand_within(document, matrix, budget).expansion.has_too_many() {
        return None;
    }
    let token = document.before(matrix)?;
    Some(Remark {
        code: "matrix",
        token,
        span: document.span(token),
        severity: Severity::Error,
        author: Author::Towpath,
        message: too_many(),
        hint: "exclude some, or make two jobs of it",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Limits, read_workflow};
    use crate::work::steps_of;

    #[test]
    fn each_matrix_with_too_many_legs_is_told() {
        let numbers: Vec<_> = (0..=MAX_LEGS).map(|number| number.to_string()).collect();
        let numbers = numbers.join(", ");
        let jobs: String = (0..6)
            .map(|job| format!("  j{job}: {{runs-on: x, strategy: {{matrix: {{a: [{numbers}]}}}}, steps: [{{run: x}}]}}\n"))
            .collect();
        let document = read_workflow(format!("on: push\njobs:\n{jobs}"), &Limits::default());
        assert_eq!(of_workflow(&Workflow::of(&document)).len(), 6);
    }

    #[test]
    fn no_more_is_expanded_than_a_file_may_cost() {
        let steps = |jobs| {
            let source = crate::graph::matrix::hostile(jobs);
            let document = read_workflow(source, &Limits::default());
            let workflow = Workflow::of(&document);
            steps_of(|| drop(of_workflow(&workflow)))
        };
        let (few, many) = (steps(2), steps(12));
        assert!(many < few + few / 4, "{few} {many}");
    }
}
