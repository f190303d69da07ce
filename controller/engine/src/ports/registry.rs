//! Asks a registry whether images are still there.

use towpath_core::release::Image;

/// Asks registries.
///
/// A rollback waits for the answer, so an adapter ends within a few seconds, whatever the other side does.
pub trait Registry {
    /// Whether the image's digest can be pulled. Only a registry that knows the repository, and says that this digest is
    /// not in it, makes it [`Presence::Gone`]; everything else that is no yes is an error.
    fn presence(&self, image: &Image) -> Result<Presence, RegistryError>;
}

/// What a registry says of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It can be pulled.
    There,
    /// It was there once, and is not any more.
    Gone,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Nobody answered, or not with a yes or a no. The reason has no credentials.
    #[error("failed to ask the registry: {0}")]
    Unavailable(String),
    /// The process is to stop here as if it had been killed (fault injection only).
    #[error("stopped by an injected crash")]
    Crashed,
}
