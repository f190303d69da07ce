//! What makes a workflow unsafe, as far as it changes how it is converted.
//!
//! Eight classes, which are those of [zizmor](https://docs.zizmor.sh) with the same names; what they find is compared with what
//! zizmor finds (docs/migration/security.md). How bad a finding is, is our own judgement, since another question is asked: what
//! comes along when the workflow moves.
//!
//! ```
//! use towpath_migrate::read::{Limits, read_workflow};
//! use towpath_migrate::security;
//!
//! let source = "on: issue_comment\njobs: {a: {runs-on: ubuntu-24.04, permissions: {}, steps: [{run: make}]}}\n";
//! let findings = security::findings(&read_workflow(source, &Limits::default()));
//! let found: Vec<_> = findings.iter().map(|finding| (finding.class.id, finding.target.as_str())).collect();
//! assert_eq!(found, [("dangerous-triggers", "issue_comment")]);
//! ```

mod caches;
mod class;
mod classes;
mod control;
mod found;
mod harmless;
mod ignored;
mod inputs;
mod names;
mod sight;
mod sites;
mod version;

pub use class::{Class, Severity};
pub use found::Finding;
pub(crate) use sight::FileSight;
pub use sites::{Count, Place, Sites};

use crate::model::Workflow;
use crate::read::Document;
use found::Found;
use ignored::Ignored;

/// Each class, by its name.
pub fn classes() -> impl Iterator<Item = &'static Class> {
    classes::ALL.iter().map(|check| check.class())
}

/// The class of this name.
#[must_use]
pub fn class(id: &str) -> Option<&'static Class> {
    classes().find(|class| class.id == id)
}

/// What was found in a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// The findings, in the order of the source.
    pub findings: Vec<Finding>,
    /// Where classes apply, and where they are broken.
    pub sites: Sites,
}

/// What is found in a workflow that was read.
#[must_use]
pub fn findings(document: &Document) -> Vec<Finding> {
    Security::of(&Workflow::of(document)).findings
}

impl Security {
    /// Looks at a workflow.
    #[must_use]
    pub fn of(workflow: &Workflow<'_>) -> Self {
        Self::seen(&FileSight::of(workflow))
    }

    pub(crate) fn seen(file: &FileSight<'_, '_>) -> Self {
        let mut all = Self::default();
        let ignored = Ignored::of(file.document().tree());
        for check in classes::ALL {
            let (findings, sites) = (&mut all.findings, &mut all.sites);
            let mut found = Found { class: check.class(), ignored: &ignored, findings, sites };
            check.workflow(file, &mut found);
            for job in &file.jobs {
                check.job(file, job, &mut found);
                job.steps.iter().for_each(|step| check.step(file, job, step, &mut found));
            }
        }
        all.findings.sort_by_key(|finding| (finding.span.start, finding.span.end, finding.class.id));
        all.findings.dedup();
        all
    }
}
