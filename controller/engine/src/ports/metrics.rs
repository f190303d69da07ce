//! Metrics over a window in the past, so that whoever asks later sees the same.

pub use towpath_core::observation::Sample;
use towpath_core::time::{Span, Time};

/// Answers metric queries.
pub trait Metrics {
    /// The samples of the query's series in `[from, to]`, oldest first; no samples when there is no series.
    fn range(&self, query: &MetricQuery) -> Result<Vec<Sample>, MetricsError>;
}

/// A range query that must give one series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// In the provider's language, parameters already filled in.
    pub expression: String,
    /// Start, inclusive.
    pub from: Time,
    /// End, inclusive.
    pub to: Time,
    /// Distance of the samples.
    pub step: Span,
}

/// Why there are no samples.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricsError {
    /// Try again later.
    #[error("failed to query metrics: {0}")]
    Unavailable(String),
    /// The query is wrong or its answer is not one series of numbers: trying again gives the same.
    #[error("failed to use the metric's answer: {0}")]
    Unusable(String),
    /// The process is to stop here as if it had been killed (fault injection only).
    #[error("stopped by an injected crash")]
    Crashed,
}
