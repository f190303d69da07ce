//! A registry in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use towpath_core::id::Digest;
use towpath_core::release::Image;
use towpath_core::time::Span;

use super::ManualClock;
use crate::ports::{Presence, Registry, RegistryError};

#[derive(Default)]
struct Contents {
    gone: RefCell<BTreeSet<Digest>>,
    asked: RefCell<Vec<Digest>>,
    down: Cell<bool>,
    slow: RefCell<Option<(ManualClock, Span)>>,
}

/// A registry in memory that has everything but what was taken away from it; clones are the same one.
#[derive(Clone, Default)]
pub struct MemoryRegistry(Rc<Contents>);

impl MemoryRegistry {
    /// A registry that has everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an image away.
    pub fn delete(&self, digest: &Digest) {
        self.0.gone.borrow_mut().insert(digest.clone());
    }

    /// Lets nobody answer at all.
    pub fn set_down(&self, down: bool) {
        self.0.down.set(down);
    }

    /// Lets each answer from now on take so long on this clock.
    pub fn takes(&self, clock: &ManualClock, span: Span) {
        *self.0.slow.borrow_mut() = Some((clock.clone(), span));
    }

    /// What it was asked for so far.
    pub fn asked(&self) -> Vec<Digest> {
        self.0.asked.borrow().clone()
    }
}

impl Registry for MemoryRegistry {
    fn presence(&self, image: &Image) -> Result<Presence, RegistryError> {
        self.0.asked.borrow_mut().push(image.digest.clone());
        if let Some((clock, span)) = &*self.0.slow.borrow() {
            clock.advance(*span);
        }
        if self.0.down.get() {
            return Err(RegistryError::Unavailable("nobody answers".to_owned()));
        }
        Ok(if self.0.gone.borrow().contains(&image.digest) { Presence::Gone } else { Presence::There })
    }
}
