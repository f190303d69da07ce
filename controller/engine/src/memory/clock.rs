//! A clock that stands still until it is told to move.

use std::cell::Cell;
use std::rc::Rc;

use towpath_core::time::{Span, Time};

use crate::ports::Clock;

/// A clock that stands still until it is told to move; clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Rc<Cell<Time>>);

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(time: Time) -> Self {
        Self(Rc::new(Cell::new(time)))
    }

    /// Moves on.
    pub fn advance(&self, span: Span) {
        self.0.set(self.0.get().plus(span));
    }

    /// Jumps, backwards too.
    pub fn set(&self, time: Time) {
        self.0.set(time);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        self.0.get()
    }
}
