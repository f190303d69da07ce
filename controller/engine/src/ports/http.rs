//! Asks systems outside what they say of a release.

use towpath_core::time::Span;

/// The longest body of an answer, in bytes.
pub const MAX_BODY: usize = 64 << 10;

/// Asks HTTP gates.
///
/// The address comes from a pipeline's document and the answer from anywhere, so an adapter sends GET without
/// credentials, follows no redirect, talks to no address inside the cluster or of the machine unless it was configured
/// to, reads no more than [`MAX_BODY`], and ends within the time-out, whatever the other side does.
pub trait HttpGates {
    /// Asks once. Any answer with a status is one, whatever it says.
    fn ask(&self, question: &HttpQuestion) -> Result<HttpAnswer, HttpError>;
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpQuestion {
    /// An https address. Its path and query may have secrets: they are never shown.
    pub url: String,
    /// How long the whole of it may take.
    pub timeout: Span,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status, such as 200.
    pub status: u16,
    /// The body, at most [`MAX_BODY`] bytes.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Nobody answered, or not in time. The reason names no path and no query.
    #[error("{0}")]
    Unavailable(String),
    /// The body is longer than [`MAX_BODY`].
    #[error("its answer has more than {} KiB", MAX_BODY >> 10)]
    TooLarge,
    /// The process is to stop here as if it had been killed (fault injection only).
    #[error("stopped by an injected crash")]
    Crashed,
}
