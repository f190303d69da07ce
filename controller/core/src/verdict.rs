//! What a gate says in the end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The four answers of a verification or bake gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not hold: this, and only this, may start a rollback.
    Failed,
    /// The gate ran but could not tell: too few samples, NaN.
    Inconclusive,
    /// The gate did not run to an end: crash, time-out, unreadable answer.
    Error,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A verdict and, in one line without secrets, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for people; at most 300 characters.
    pub detail: String,
}
