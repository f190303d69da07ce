//! Values that are tainted, by what holds them.

use std::collections::HashMap;

use super::{Cause, Named};
use crate::expression::folded;
use crate::graph::flow::StepAt;
use crate::graph::job::JobId;
use crate::graph::paths::ANY;

/// What holds values that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// `env` of the workflow, or what an action has around it.
    WorkflowEnv,
    /// `env` of a job, and what its steps write to `GITHUB_ENV`.
    JobEnv(JobId),
    /// `env` of a step.
    StepEnv(StepAt),
    /// Outputs of a step.
    StepOutput(StepAt),
    /// Outputs of all steps of a job.
    StepOutputs(JobId),
    /// Outputs of a job.
    JobOutput(JobId),
    /// The matrix of a job.
    Matrix(JobId),
    /// Inputs of the workflow or action.
    Input,
}

impl Holder {
    /// Of variables the case of names counts, as on Linux.
    fn key(self, name: &str) -> String {
        match self {
            Self::WorkflowEnv | Self::JobEnv(_) | Self::StepEnv(_) => name.to_owned(),
            _ => folded(name),
        }
    }
}

/// The values of one holder, in the order in which they were learned.
#[derive(Debug, Default)]
struct Values<'d> {
    list: Named<'d>,
    by_name: HashMap<String, usize>,
}

/// The place of a value that is not tainted.
const CLEAN: usize = usize::MAX;

/// All that is known.
#[derive(Debug, Default)]
pub(super) struct Known<'d>(HashMap<Holder, Values<'d>>);

impl<'d> Known<'d> {
    pub(super) fn learn(&mut self, holder: Holder, name: &'d str, cause: Cause<'d>) {
        if let Holder::StepOutput(at) = holder {
            self.learn(Holder::StepOutputs(at.job), name, cause.clone());
        }
        let values = self.0.entry(holder).or_default();
        let next = values.list.len();
        let at = values.by_name.entry(holder.key(name)).or_insert(next);
        if *at == CLEAN {
            *at = next;
        }
        let at = *at;
        match values.list.get_mut(at) {
            // Certainty may come later than doubt, by another way.
            Some((_, known)) if !known.is_certain && cause.is_certain => *known = cause,
            Some(_) => {}
            None => values.list.push((name, cause)),
        }
    }

    /// Notes a value that is not tainted, and hides those of the same name that are further out.
    pub(super) fn hide(&mut self, holder: Holder, name: &str) {
        // Nothing is further out as long as nothing is known.
        if !self.0.is_empty() {
            self.0.entry(holder).or_default().by_name.entry(holder.key(name)).or_insert(CLEAN);
        }
    }

    /// Whether the value is noted as one that is not tainted.
    pub(super) fn is_hidden(&self, holder: Holder, name: &str) -> bool {
        let values = self.0.get(&holder);
        values.is_some_and(|values| values.by_name.get(&holder.key(name)) == Some(&CLEAN))
    }

    /// Why a value is tainted; [`ANY`] stands for all of them, on both sides.
    pub(super) fn find(&self, holder: Holder, name: &str) -> Option<&Cause<'d>> {
        let values = self.0.get(&holder)?;
        let at = if name == ANY {
            0
        } else {
            *values.by_name.get(&holder.key(name)).or_else(|| values.by_name.get(ANY))?
        };
        values.list.get(at).map(|(_, cause)| cause)
    }

    /// All values of a holder.
    pub(super) fn all(&self, holder: Holder) -> &[(&'d str, Cause<'d>)] {
        self.0.get(&holder).map(|values| values.list.as_slice()).unwrap_or_default()
    }
}
