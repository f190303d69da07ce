//! Conditions that say the same whatever happens.

use super::Remark;
use crate::expression::Condition;
use crate::graph::status::{Asker, When, oddity};
use crate::model::{Action, At, JobKind, Runs, Step, StepKind, Workflow};
use crate::read::Document;
use crate::values::{Author, Severity};

/// Those of jobs and their steps.
pub(super) fn of_workflow(workflow: &Workflow<'_>) -> Vec<Remark> {
    let mut found = Found { document: workflow.document, remarks: Vec::new() };
    for job in &workflow.jobs {
        found.tell(job.condition.as_ref(), Asker::Job(&job.needs));
        if let JobKind::Steps(body) = &job.kind {
            found.steps(&body.steps, Asker::Step(&body.steps));
            let snapshot = body.snapshot.as_ref().and_then(|snapshot| snapshot.condition.as_ref());
            found.tell(snapshot, Asker::Step(&body.steps));
        }
    }
    found.remarks
}

/// Those of the steps of a composite action.
pub(super) fn of_action(action: &Action<'_>) -> Vec<Remark> {
    let mut found = Found { document: action.document, remarks: Vec::new() };
    if let Some(Runs::Composite { steps, .. }) = action.runs.as_ref().map(|runs| &runs.value) {
        found.steps(steps, Asker::ActionStep(steps));
    }
    found.remarks
}

struct Found<'d> {
    document: &'d Document,
    remarks: Vec<Remark>,
}

impl Found<'_> {
    fn steps(&mut self, steps: &[Step<'_>], asker: Asker<'_>) {
        for step in steps {
            self.tell(step.condition.as_ref(), asker);
            if let StepKind::Parallel(steps) = &step.kind {
                self.steps(steps, asker);
            }
        }
    }

    fn tell(&mut self, condition: Option<&At<Box<Condition>>>, asker: Asker<'_>) {
        let Some(At { token, value }) = condition else { return };
        let Some(odd) = oddity(value, &When::of(Some(value), asker), asker) else { return };
        self.remarks.push(Remark {
            code: "condition",
            token: *token,
            span: self.document.span(*token),
            severity: Severity::Warning,
            author: Author::Towpath,
            message: odd.message().to_owned(),
            hint: odd.hint(),
        });
    }
}
