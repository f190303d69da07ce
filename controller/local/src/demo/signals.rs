//! Ctrl-C, and being told to end: the demo stops where it is and takes everything away.

use super::DemoError;
use super::bell::Bell;
use crate::signals::Signals;

/// Whether somebody wants the demo to end.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(Signals);

impl Interrupt {
    /// Whether it was asked for.
    pub(super) fn asked(&self) -> bool {
        self.0.asked().is_some()
    }

    /// Listens to signals from now on, for as long as the process lives; rings when one comes.
    pub(super) fn listen(bell: &Bell) -> Result<Self, DemoError> {
        let bell = bell.clone();
        let listening = Signals::listen(move || bell.ring(), || ());
        listening.map(Self).map_err(|e| DemoError::setup("listen to signals".to_owned(), e))
    }
}
