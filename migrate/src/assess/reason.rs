//! Reasons: what a rule found, and for which legs it counts.

use super::rule::Meta;
use super::sight::Spot;

/// Why a verdict is what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule that found it.
    pub rule: &'static Meta,
    /// The legs for which it counts.
    pub scope: Scope,
    /// Where it stands.
    pub spot: Spot,
    /// What is meant: an action, a label, a program, an event.
    pub target: String,
}

/// The legs for which a reason counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All legs of the workflow.
    Workflow,
    /// All legs of this job of the run.
    Job(usize),
    /// This leg of this job of the run; 0 where there is no matrix.
    Leg(usize, usize),
}

impl Scope {
    /// Whether it counts for a leg.
    #[must_use]
    pub fn covers(self, job: usize, leg: usize) -> bool {
        match self {
            Self::Workflow => true,
            Self::Job(of) => of == job,
            Self::Leg(of, at) => (of, at) == (job, leg),
        }
    }
}

/// Takes the reasons of one rule for one thing.
pub struct Found<'r> {
    rule: &'static Meta,
    scope: Scope,
    reasons: &'r mut Vec<Reason>,
}

impl<'r> Found<'r> {
    pub(super) const fn new(rule: &'static Meta, scope: Scope, reasons: &'r mut Vec<Reason>) -> Self {
        Self { rule, scope, reasons }
    }

    /// A reason, where it stands and what it is about.
    pub fn reason(&mut self, spot: Spot, target: impl Into<String>) {
        let reason = Reason { rule: self.rule, scope: self.scope, spot, target: target.into() };
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}
