//! What was decoded last.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::decode::Decoded;
use super::tree::NodeId;

/// The scalar that was decoded last. A script has a thousand places that are asked for one after the other, and is long.
#[derive(Default)]
pub(super) struct Last(Mutex<Option<(NodeId, Decoded)>>);

impl Last {
    /// What is told of the decoded scalar.
    pub(super) fn tell<T>(
        &self,
        id: NodeId,
        decode: impl FnOnce() -> Option<Decoded>,
        tell: impl FnOnce(&Decoded) -> T,
    ) -> Option<T> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(known, _)| *known != id) {
            #[cfg(test)]
            crate::work::step();
            *last = decode().map(|decoded| (id, decoded));
        }
        last.as_ref().map(|(_, decoded)| tell(decoded))
    }
}

// What is remembered is no part of what a tree is.
impl Clone for Last {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Last {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Last {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Last").finish_non_exhaustive()
    }
}
