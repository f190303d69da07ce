//! Matrices with more legs than GitHub starts.

use super::Remark;
use crate::graph::matrix::{MAX_LEGS, expand, too_many};
use crate::model::{Job, Matrix, Value, Workflow};
use crate::read::{Document, TokenId};
use crate::values::{Author, Severity};

/// How many matrices of a file are expanded to count their legs: `exclude` may make each costly.
const MOST: usize = 4;

pub(super) fn of_workflow(workflow: &Workflow<'_>) -> Vec<Remark> {
    let large = workflow.jobs.iter().filter_map(large).take(MOST);
    large.filter_map(|matrix| of_matrix(workflow.document, matrix)).collect()
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

fn of_matrix(document: &Document, matrix: TokenId) -> Option<Remark> {
    if !expand(document, matrix).expansion.has_too_many() {
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

    #[test]
    fn no_more_matrices_are_expanded_than_a_file_may_cost() {
        let numbers: Vec<_> = (0..=MAX_LEGS).map(|number| number.to_string()).collect();
        let numbers = numbers.join(", ");
        let jobs: String = (0..MOST + 2)
            .map(|job| format!("  j{job}: {{runs-on: x, strategy: {{matrix: {{a: [{numbers}]}}}}, steps: [{{run: x}}]}}\n"))
            .collect();
        let document = read_workflow(format!("on: push\njobs:\n{jobs}"), &Limits::default());
        assert_eq!(of_workflow(&Workflow::of(&document)).len(), MOST);
    }
}
