//! What binds workflows to each other and to people: who owns them, what makes them, which are alike, what they share.
//!
//! - `owners`: the owners of a workflow, by its repository's `CODEOWNERS`.
//! - `generated`: workflows that a tool writes, so that its source has to be edited.
//! - `likeness`: workflows that are the same, or the same but for names, texts and versions.
//! - `needs`: what each job needs from outside: actions, secrets, environments, labels, rights.
//! - `reach`: which jobs, workflows, repositories and check runs a change of such a thing reaches.
//! - `runners`: labels by who has the runners, system and architecture.
//!
//! Everything here is linear in what there is: a workflow keeps its own part, and one pass over all of them joins these.

pub mod generated;
pub mod likeness;
pub mod needs;
pub mod owners;
pub mod reach;
pub mod runners;

use crate::assess::WorkflowSight;

/// What binds one workflow to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ties {
    /// Who owns it; `None` where no `CODEOWNERS` says. Whoever knows the repository fills it in.
    pub owners: Option<Vec<String>>,
    /// The tool that wrote it, if one did.
    pub generated: Option<generated::Generated>,
    /// By what it is compared with others.
    pub likeness: likeness::Likeness,
    /// What its jobs need.
    pub needs: needs::Needs,
}

impl Ties {
    /// Those of a workflow; `None` where there is none.
    #[must_use]
    pub fn of(workflow: &WorkflowSight<'_>) -> Option<Self> {
        let document = workflow.family.root()?.workflow.document;
        Some(Self {
            owners: None,
            generated: generated::generated(document.tree().source()),
            likeness: likeness::Likeness::of(document),
            needs: needs::Needs::of(workflow),
        })
    }
}
