//! Something of the repository is not there.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, StepSight, WorkflowSight};
use crate::assess::verdict::Verdict;
use crate::graph::{JobId, Local, Target};
use crate::model::Call;
use crate::model::call::Link;
use crate::values::uses::{JobUses, StepUses};

/// The rule.
pub(super) const RULE: &dyn Rule = &MissingLocal;

struct MissingLocal;

const META: Meta = Meta {
    id: "missing-local",
    outcome: Verdict::Undetermined,
    title: "something of the repository is not here",
    why: "It is used by its path, and no file is there, or it is of another commit than these files; what it does cannot be read.",
    remedy: "name the repository and not only its workflows, or say in a profile what becomes of it: where another commit is checked out, no file tells",
};

/// Whether a call names a workflow of the repository that is not there. What is there and cannot be read, another rule tells.
fn is_missing(workflow: &WorkflowSight<'_>, file: usize, job: JobId, call: &Call<'_>) -> bool {
    let is_local = matches!(call.target, Some(JobUses::Local(_) | JobUses::SelfRepository(_)));
    let link = workflow.family.call(file, job).map(|called| called.link);
    is_local && !matches!(link, Some(Link::Workflow(_) | Link::Unreadable))
}

impl Rule for MissingLocal {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        let Some(used) = &step.used else { return };
        let is_missing = match (&used.local, used.target) {
            // What is there and cannot be read, another rule tells.
            (_, Some(Target::Unreadable(_))) => false,
            (Some(Local::Own { path, .. }), None | Some(Target::NotThere | Target::NotSupplied)) => {
                !path.is_empty()
            }
            (Some(Local::Own { .. }), _) => false,
            (Some(Local::Other { .. }), target) => !matches!(target, Some(Target::Action(_))),
            (Some(Local::NotCheckedOut), _) => !used.uses.uses.value.trim_matches(['.', '/']).is_empty(),
            (Some(Local::Unknown), _) => true,
            (None, target) => {
                matches!(used.uses.target, Some(StepUses::SelfRepository(_)))
                    && !matches!(target, Some(Target::Action(_)))
            }
        };
        if step.said().is_none() && is_missing {
            found.reason(step.uses_spot(), used.uses.uses.value);
        }
    }

    /// GitHub loads what is called before it looks at a condition.
    fn workflow(&self, workflow: &WorkflowSight<'_>, found: &mut Found<'_>) {
        let root = workflow.family.root().filter(|_| !workflow.is_template());
        for job in root.iter().flat_map(|root| &root.jobs).filter(|job| job.when.is_never()) {
            let missing = job.call().filter(|call| is_missing(workflow, 0, job.id, call));
            if let Some(call) = missing {
                found.reason(workflow.spot(call.uses.token), call.uses.value);
            }
        }
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let Some(call) = job.job.call() else { return };
        if is_missing(job.workflow, job.run.file, job.job.id, call) && job.said().is_none() {
            found.reason(job.spot(call.uses.token), call.uses.value);
        }
    }
}
