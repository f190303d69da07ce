//! When a job or a step runs: its condition as an algebra over how others ended.
//!
//! What `success()` and the others say of a job is decided by GitHub's server, whose source is not public. What is known of it:
//! the documentation ("if any ancestor job fails"), and what runs showed: the ancestors count, not only `needs`
//! (actions/runner#491, #2205), and where one was skipped, neither `success()` nor `failure()` nor `cancelled()` is true.
//! Of a step it is in the runner: Worker/Expressions/SuccessFunction.cs and its neighbours.

mod algebra;
mod oddity;
mod supposed;
#[cfg(test)]
mod tests;

pub(super) use algebra::with_data;
pub use algebra::{Facts, runs};
pub use oddity::{Oddity, oddity};

use crate::expression::{Condition, Status, Truth};
use crate::model::{Name, Step};

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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Success, Self::Failure, Self::Cancelled, Self::Skipped];

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

/// Whose condition it is, which tells what may have happened before it.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'a> {
    /// A job that waits for these.
    Job(&'a [Name<'a>]),
    /// A job that waits for these, which wait for none: nothing else is before it.
    Second(&'a [Name<'a>]),
    /// A step of a job, which has these.
    Step(&'a [Step<'a>]),
    /// A step of a composite action, which has these.
    ActionStep(&'a [Step<'a>]),
}

impl<'a> Asker<'a> {
    /// The jobs that a job waits for; `None` for a step.
    const fn needs(self) -> Option<&'a [Name<'a>]> {
        match self {
            Self::Job(needs) | Self::Second(needs) => Some(needs),
            Self::Step(_) | Self::ActionStep(_) => None,
        }
    }

    /// What may have happened before. Before a job without `needs` nothing fails and nothing is skipped; that a step did not
    /// run does not count for those behind it.
    #[must_use]
    pub const fn situations(&self) -> &'static [Situation] {
        match self {
            Self::Job([]) => &[Situation::Succeeded, Situation::Cancelled],
            Self::Job(_) | Self::Second(_) => &Situation::ALL,
            Self::Step(_) | Self::ActionStep(_) => {
                &[Situation::Succeeded, Situation::Failed, Situation::Cancelled]
            }
        }
    }
}

/// When something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// Whether it runs in each situation of [`Situation::ALL`]; unknown where data decide.
    runs: [Truth; 4],
    /// What may have happened before.
    pub situations: &'static [Situation],
    /// Whether it says anything else than `success()`.
    pub is_written: bool,
}

impl When {
    /// When something with this condition runs; `success()` is what nobody wrote.
    #[must_use]
    pub fn of(condition: Option<&Condition>, asker: Asker<'_>) -> Self {
        let situations = asker.situations();
        let written = condition.and_then(|condition| Some((condition, condition.written.as_ref()?.root()?)));
        let Some((condition, written)) = written else {
            let runs = [Truth::True, Truth::False, Truth::False, Truth::False];
            return Self { runs, situations, is_written: false };
        };
        let runs = Situation::ALL.map(|situation| match situation {
            Situation::Failed | Situation::Skipped | Situation::Cancelled if condition.implicit_success => {
                Truth::False
            }
            _ => algebra::in_situation(written, situation, asker),
        });
        Self { runs, situations, is_written: true }
    }

    /// When it runs where this or another holds; where they differ, it depends.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut runs = self.runs;
        for (one, other) in runs.iter_mut().zip(other.runs) {
            if *one != other {
                *one = Truth::Unknown;
            }
        }
        Self { runs, situations: self.situations, is_written: self.is_written || other.is_written }
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
        let mut others = self.situations.iter().filter(|situation| **situation != Situation::Succeeded);
        others.all(|situation| self.runs(*situation) == Truth::False)
    }

    /// Whether it never runs, whatever happens.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.situations.iter().all(|situation| self.runs(*situation) == Truth::False)
    }

    /// Whether it always runs, be it after a failure or a cancellation.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.situations.iter().all(|situation| self.runs(*situation) == Truth::True)
    }
}
