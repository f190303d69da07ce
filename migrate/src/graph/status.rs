//! When a job or a step runs: its condition as an algebra over how others ended.
//!
//! What `success()` and the others say of a job is decided by GitHub's server, whose source is not public. What is known of it:
//! the documentation ("if any ancestor job fails"), and what runs showed: the ancestors count, not only `needs`
//! (actions/runner#491, #2205), and where one was skipped, neither `success()` nor `failure()` nor `cancelled()` is true.
//! Of a step it is in the runner: Worker/Expressions/SuccessFunction.cs and its neighbours.

mod algebra;
#[cfg(test)]
mod tests;

pub use algebra::{Facts, runs};

use crate::expression::{Condition, Node, NodeKind, Status, Truth};

/// How a job or step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It did what it should, or nobody minds that it did not (`continue-on-error`).
    Success,
    /// It failed.
    Failure,
    /// Somebody cancelled it.
    Cancelled,
    /// It did not run, since its condition was not true.
    Skipped,
}

impl Outcome {
    /// What `needs.*.result`, `steps.*.outcome` and `steps.*.conclusion` say.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }
}

/// How everything before it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Situation {
    /// All succeeded, or there was nothing.
    Succeeded,
    /// Something failed.
    Failed,
    /// Nothing failed, and something did not run. That a step did not run does not count.
    Skipped,
    /// Somebody cancelled the run.
    Cancelled,
}

impl Situation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Succeeded, Self::Failed, Self::Skipped, Self::Cancelled];

    /// What a status function says then of everything before.
    #[must_use]
    pub fn holds(self, status: Status) -> bool {
        match status {
            Status::Always => true,
            Status::Success => self == Self::Succeeded,
            Status::Failure => self == Self::Failed,
            Status::Cancelled => self == Self::Cancelled,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// When something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// Whether it runs in each situation of [`Situation::ALL`]; unknown where data decide.
    pub runs: [Truth; 4],
    /// Whether it says anything else than `success()`.
    pub is_written: bool,
}

/// What nobody wrote: `success()`.
pub const DEFAULT: When =
    When { runs: [Truth::True, Truth::False, Truth::False, Truth::False], is_written: false };

impl When {
    /// When something with this condition runs.
    #[must_use]
    pub fn of(condition: &Condition) -> Self {
        let Some(written) = condition.written.as_ref().and_then(|written| written.root()) else {
            return DEFAULT;
        };
        if condition.implicit_success {
            let runs = [condition.truth(), Truth::False, Truth::False, Truth::False];
            return Self { runs, is_written: true };
        }
        let runs = Situation::ALL.map(|situation| algebra::in_situation(written, situation));
        Self { runs, is_written: true }
    }

    /// Whether it runs in a situation.
    #[must_use]
    pub fn runs(&self, situation: Situation) -> Truth {
        let [succeeded, failed, skipped, cancelled] = self.runs;
        match situation {
            Situation::Succeeded => succeeded,
            Situation::Failed => failed,
            Situation::Skipped => skipped,
            Situation::Cancelled => cancelled,
        }
    }

    /// Whether it runs only where all before it succeeded.
    #[must_use]
    pub fn is_only_after_success(&self) -> bool {
        let [_, others @ ..] = &self.runs;
        others.iter().all(|truth| *truth == Truth::False)
    }

    /// Whether it never runs, whatever happens.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.runs.iter().all(|truth| *truth == Truth::False)
    }

    /// Whether it always runs, be it after a failure or a cancellation.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.runs.iter().all(|truth| *truth == Truth::True)
    }
}

/// What is odd about a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Oddity {
    /// It is true whatever happens, and nobody asked for `always()`.
    AlwaysTrue,
    /// It is never true: the job or step is dead.
    NeverTrue,
    /// Text stands around `${{ }}`, which makes it true.
    TextAround,
}

impl Oddity {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlwaysTrue => "always true",
            Self::NeverTrue => "never true",
            Self::TextAround => "text around the expression makes it true",
        }
    }
}

/// What is odd about a condition, if anything is.
#[must_use]
pub fn oddity(condition: &Condition, when: &When) -> Option<Oddity> {
    let is_always = |node: &Node| matches!(&node.kind, NodeKind::Call { function, .. } if function.status() == Some(Status::Always));
    let root = condition.written.as_ref()?.root()?;
    match condition.truth() {
        Truth::True if condition.has_text => Some(Oddity::TextAround),
        Truth::True => Some(Oddity::AlwaysTrue),
        Truth::False => Some(Oddity::NeverTrue),
        Truth::Unknown if when.is_never() => Some(Oddity::NeverTrue),
        Truth::Unknown if when.is_always() && !is_always(root) => Some(Oddity::AlwaysTrue),
        Truth::Unknown => None,
    }
}
