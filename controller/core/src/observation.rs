//! What the outside was seen to be: facts with their times, as `decide` reads them.

use crate::id::{CommitId, Digest, ImageName, Name};
use crate::time::Time;
use crate::verdict::Outcome;

/// One Application as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its name.
    pub name: Name,
    /// The commit that was compared and synced; unknown when `None`.
    pub revision: Option<CommitId>,
    /// The image digests that pods show; unknown when empty.
    pub digests: Vec<(ImageName, Digest)>,
    /// Its health.
    pub health: Health,
    /// Since when that health is unbroken; unknown when `None`.
    pub health_since: Option<Time>,
    /// When revision and health were last compared with the repository; unknown when `None`.
    pub reconciled_at: Option<Time>,
}

/// Argo CD's health words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Healthy,
    /// On its way.
    Progressing,
    /// Broken.
    Degraded,
    /// Waits for a person, such as a paused rollout.
    Suspended,
    /// Does not exist.
    Missing,
    /// Nobody can tell.
    Unknown,
}

/// What a runner knows of a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStatus {
    /// Nothing ever started under it, as far as this runner can tell for sure.
    Absent,
    /// It runs.
    Running,
    /// It ended.
    Finished(Outcome),
    /// It belongs to another host, and only that host can tell.
    Elsewhere,
}

/// One sample of a metric; the value may be NaN or infinite, as the provider gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Time,
    /// What.
    pub value: f64,
}

/// The answer to a metric query.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// Samples, oldest first.
    Samples {
        /// What there was.
        samples: Vec<Sample>,
        /// Until when was asked.
        to: Time,
    },
    /// Nobody answered; ask again later.
    Unavailable(String),
    /// The answer cannot be used, and asking again gives the same.
    Unusable(String),
}
