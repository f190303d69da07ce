//! Actions and workflows of others that may become something else at any time.

use crate::model::JobKind;
use crate::security::class::{Check, Class, Severity};
use crate::security::found::Found;
use crate::security::sight::{FileSight, JobSight, StepSight};
use crate::security::sites::Place;
use crate::values::uses::{JobUses, Pin, Repository};

/// The check.
pub(super) const CHECK: &dyn Check = &UnpinnedUses;

struct UnpinnedUses;

const CLASS: Class = Class {
    id: "unpinned-uses",
    title: "what it uses may become something else",
    why: "A tag or a branch is moved by whoever can write to that repository, and with it the code that runs with the job's \
          secrets.",
    remedy: "write the 40 digits of the commit, and the version in a comment behind them; Dependabot and Renovate keep both",
    severity: Severity::High,
};

/// Owners whose tags are as trustworthy as what runs the workflow.
const OWN: [&str; 2] = ["actions", "github"];

/// How bad it is: GitHub's own tags move with GitHub, a tag of others seldom, a branch with every push.
fn severity(repository: &Repository<'_>) -> Severity {
    let is_own = OWN.iter().any(|owner| owner.eq_ignore_ascii_case(repository.owner.text));
    match repository.pin() {
        _ if is_own => Severity::Low,
        Pin::Version { .. } => Severity::Medium,
        _ => Severity::High,
    }
}

impl Check for UnpinnedUses {
    fn class(&self) -> &'static Class {
        &CLASS
    }

    fn job(&self, file: &FileSight<'_, '_>, job: &JobSight<'_, '_>, found: &mut Found<'_>) {
        let JobKind::Call(call) = &job.job.kind else { return };
        let Some(JobUses::Repository(repository)) = call.target else { return };
        let place = Place::Job(job.shape);
        if repository.pin() == Pin::Commit {
            return found.site(place, None);
        }
        let (span, area) = (file.span(call.uses.token), job.span(file));
        found.violation(place, severity(&repository), span, call.uses.value, &[area]);
    }

    fn step(
        &self,
        file: &FileSight<'_, '_>,
        job: &JobSight<'_, '_>,
        step: &StepSight<'_, '_>,
        found: &mut Found<'_>,
    ) {
        let (Some(uses), Some(repository)) = (step.uses(), step.repository()) else { return };
        let place = Place::Step(job.shape, step.at);
        if repository.pin() == Pin::Commit {
            return found.site(place, None);
        }
        let (span, area) = (file.span(uses.uses.token), file.span(step.step.token));
        found.violation(place, severity(&repository), span, uses.uses.value, &[area]);
    }
}
