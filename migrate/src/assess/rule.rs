//! What a rule is.

use std::hash::{Hash, Hasher};

use super::reason::Found;
use super::sight::{JobSight, LegSight, StepSight, WorkflowSight};
use super::verdict::Verdict;

/// Something that decides what becomes of legs. Each method sees one thing, in the order of the source, and may give reasons;
/// where a rule sees more than it looks at is not its business.
pub trait Rule: Sync {
    /// Its description.
    fn meta(&self) -> &'static Meta;

    /// Looks at a workflow. Reasons count for all its legs.
    fn workflow(&self, _workflow: &WorkflowSight<'_>, _found: &mut Found<'_>) {}

    /// Looks at a job of the run: one of the workflow, or of one that it calls. Reasons count for all legs of the job.
    fn job(&self, _job: &JobSight<'_>, _found: &mut Found<'_>) {}

    /// Looks at a leg of a job. Reasons count for the leg.
    fn leg(&self, _leg: &LegSight<'_>, _found: &mut Found<'_>) {}

    /// Looks at a step of a job, or of a composite action that one uses. Reasons count for all legs of the job.
    fn step(&self, _step: &StepSight<'_>, _found: &mut Found<'_>) {}
}

/// A rule whose reasons are given when all others have looked.
pub(super) struct Late(pub(super) &'static Meta);

impl Rule for Late {
    fn meta(&self) -> &'static Meta {
        self.0
    }
}

/// The description of a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its name, which stays the same.
    pub id: &'static str,
    /// The verdict that its reasons are for.
    pub outcome: Verdict,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What somebody can do.
    pub remedy: &'static str,
}

/// By its name, which no other rule has.
impl Hash for Meta {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
