//! Ctrl-C, and being told to end: the demo stops where it is and takes everything away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use super::DemoError;
use super::bell::Bell;

/// Whether somebody wants the demo to end.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Whether it was asked for.
    pub(super) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn ask(&self, bell: &Bell) {
        if self.0.swap(true, Ordering::Relaxed) {
            // The second time nothing is waited for, whatever is left behind.
            std::process::exit(130);
        }
        bell.ring();
    }

    /// Listens to signals from now on, for as long as the process lives; rings when one comes.
    pub(super) fn listen(bell: &Bell) -> Result<Self, DemoError> {
        let failed = |e: std::io::Error| DemoError::setup("listen to signals".to_owned(), e);
        let runtime = Builder::new_current_thread().enable_io().build().map_err(failed)?;
        let interrupt = Self::default();
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            let (interrupt, bell) = (interrupt.clone(), bell.clone());
            let guard = runtime.enter();
            let mut signals = signal(kind).map_err(failed)?;
            drop(guard);
            runtime.spawn(async move {
                while signals.recv().await.is_some() {
                    interrupt.ask(&bell);
                }
            });
        }
        let listen = move || runtime.block_on(std::future::pending::<()>());
        std::thread::Builder::new().name("signals".to_owned()).spawn(listen).map_err(failed)?;
        Ok(interrupt)
    }
}
