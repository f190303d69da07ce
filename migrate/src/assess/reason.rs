//! Reasons: what a rule found, and for which legs it counts.

use std::sync::Arc;

use indexmap::IndexSet;

use super::mask::masked;
use super::rule::Meta;
use super::sight::{FileAt, Spot};

/// Why a verdict is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason {
    /// The rule that found it.
    pub rule: &'static Meta,
    /// The legs for which it counts.
    pub scope: Scope,
    /// Where it stands.
    pub spot: Spot,
    /// Where the workflow that is assessed asks for what it stands in: a call, or a step that uses an action. `None` where it stands in
    /// the workflow itself.
    pub asked: Option<Spot>,
    /// What is meant: an action, a label, a program, an event.
    pub target: String,
}

/// The legs for which a reason counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All legs of the workflow.
    Workflow,
    /// All legs of this job of the run.
    Job(usize),
    /// This leg of this job of the run, as [`AssessedLeg`](super::AssessedLeg) counts them.
    Leg(usize, usize),
    /// These legs of this job of the run, in their order.
    Legs(usize, Arc<[usize]>),
}

impl Scope {
    /// The job whose legs they are; `None`: those of all jobs.
    #[must_use]
    pub const fn job(&self) -> Option<usize> {
        match self {
            Self::Workflow => None,
            Self::Job(job) | Self::Leg(job, _) | Self::Legs(job, _) => Some(*job),
        }
    }
}

/// Takes the reasons of one rule for one thing, each once.
pub struct Found<'r> {
    rule: &'static Meta,
    scope: Scope,
    /// Where the workflow that is assessed asks for it, if it stands elsewhere.
    asked: Option<Spot>,
    reasons: &'r mut IndexSet<Reason>,
}

impl<'r> Found<'r> {
    pub(super) const fn new(
        rule: &'static Meta,
        scope: Scope,
        asked: Option<Spot>,
        reasons: &'r mut IndexSet<Reason>,
    ) -> Self {
        Self { rule, scope, asked, reasons }
    }

    /// A reason, where it stands and what it is about.
    pub fn reason(&mut self, spot: Spot, target: impl AsRef<str>) {
        let target = masked(target.as_ref()).into_owned();
        let asked = self.asked.filter(|_| spot.file != FileAt::Workflow(0));
        self.reasons.insert(Reason { rule: self.rule, scope: self.scope.clone(), spot, asked, target });
    }
}
