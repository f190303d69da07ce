//! What is unsafe in a workflow, as far as it changes how it is converted.

use super::allow::Allow;
use super::mark::{Mark, Marks};
use super::mask::masked;
use super::sight::{FileAt, Spot};
use crate::security::{Class, Finding, Severity};

/// Something unsafe with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// What it is.
    pub class: &'static Class,
    /// How bad it is here.
    pub severity: Severity,
    /// What it is about.
    pub target: String,
    /// Where it stands.
    pub mark: Mark,
    /// Why somebody has allowed it.
    pub allowed: Option<String>,
    /// Whether a list allows it, and no comment in the file.
    pub is_listed: bool,
}

impl Risk {
    pub(super) fn of(finding: &Finding, marks: &mut Marks<'_>, allows: &mut [Allow]) -> Self {
        let spot = Spot { file: FileAt::Workflow(0), span: finding.span };
        Self {
            class: finding.class,
            severity: finding.severity,
            target: masked(&finding.target).into_owned(),
            mark: marks.mark(finding.class.id, spot, None),
            allowed: Allow::allow(allows, finding.class.id, spot),
            is_listed: false,
        }
    }
}
