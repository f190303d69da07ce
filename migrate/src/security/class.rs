//! What a class of findings is.

use super::found::Found;
use super::sight::{FileSight, JobSight, StepSight};

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// It makes other mistakes worse.
    Low,
    /// It does harm together with something else.
    Medium,
    /// It does harm by itself.
    High,
}

impl Severity {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A class of findings.
#[derive(Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name, which is zizmor's.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What somebody can do.
    pub remedy: &'static str,
    /// How bad the worst of it is.
    pub severity: Severity,
}

/// Something that looks for one class. Each method sees one thing, in the order of the source. Jobs and steps that can never run
/// are not shown.
pub(crate) trait Check: Sync {
    /// What it looks for.
    fn class(&self) -> &'static Class;

    /// Looks at a workflow.
    fn workflow(&self, _file: &FileSight<'_, '_>, _found: &mut Found<'_>) {}

    /// Looks at a job.
    fn job(&self, _file: &FileSight<'_, '_>, _job: &JobSight<'_, '_>, _found: &mut Found<'_>) {}

    /// Looks at a step.
    fn step(
        &self,
        _file: &FileSight<'_, '_>,
        _job: &JobSight<'_, '_>,
        _step: &StepSight<'_, '_>,
        _found: &mut Found<'_>,
    ) {
    }
}
