//! Reasons: what a rule found, and for which legs it counts.

use indexmap::IndexSet;

use super::mask::masked;
use super::rule::Meta;
use super::sight::Spot;

/// Why a verdict is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// Takes the reasons of one rule for one thing, each once.
pub struct Found<'r> {
    rule: &'static Meta,
    scope: Scope,
    reasons: &'r mut IndexSet<Reason>,
}

impl<'r> Found<'r> {
    pub(super) const fn new(rule: &'static Meta, scope: Scope, reasons: &'r mut IndexSet<Reason>) -> Self {
        Self { rule, scope, reasons }
    }

    /// A reason, where it stands and what it is about.
    pub fn reason(&mut self, spot: Spot, target: impl AsRef<str>) {
        let target = masked(target.as_ref()).into_owned();
        self.reasons.insert(Reason { rule: self.rule, scope: self.scope, spot, target });
    }
}
