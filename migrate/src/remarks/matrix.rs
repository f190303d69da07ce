//! Matrices with more legs than GitHub starts, or more combinations than are looked at.

use super::Remark;
use crate::graph::matrix::{Budget, CUT, MAX_LEGS, expand_within, too_many};
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
    (at_most(matrix.value.literal()?) > MAX_LEGS).then_some(matrix.token)
}

/// How many legs there may be, as far as no expression decides.
fn at_most(matrix: &Matrix<'_>) -> usize {
    // What an expression gives is one value at least.
    let vectors = matrix.axes.iter().map(|axis| axis.values.value.literal().map_or(1, Vec::len));
    let product = vectors.reduce(usize::saturating_mul).unwrap_or(0);
    let included = match matrix.include.as_ref().map(|include| &include.value) {
        Some(Value::Literal(items)) => items.len(),
        Some(Value::Expression(_)) | None => 0,
    };
    product.saturating_add(included)
}

fn of_matrix(document: &Document, matrix: TokenId, budget: &Budget) -> Option<Remark> {
    let expansion = expand_within(document, matrix, budget).expansion;
    let (severity, message, hint) = if expansion.has_too_many() {
        (Severity::Error, too_many(), "exclude some, or make two jobs of it")
    } else if expansion.is_cut() {
        let hint = "give it fewer values, or fewer items under include and exclude";
        (Severity::Warning, CUT.to_owned(), hint)
    } else {
        return None;
    };
    let token = document.before(matrix)?;
    Some(Remark {
        code: "matrix",
        token,
        span: document.span(token),
        severity,
        author: Author::Towpath,
        message,
        hint,
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
    fn what_is_not_expanded_in_full_is_told() {
        let document = read_workflow(crate::graph::matrix::hostile(1), &Limits::default());
        let remarks = of_workflow(&Workflow::of(&document));
        let told: Vec<_> = remarks.iter().map(|remark| (remark.severity, remark.message.as_str())).collect();
        assert_eq!(told, [(Severity::Warning, CUT)]);
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
