//! What wakes the local host: it sleeps until something is due, a bell rings, or a QA run ends.
//!
//! A controller is told of changes by the systems it watches. In the demo the stand-ins ring this bell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use towpath_core::id::{GateName, Handle, Pid};
use towpath_engine::ports::{Clock as _, QaError, QaRequest, QaRunner, RunStatus};

use crate::clock::SystemClock;
use crate::host::WaitedQa;
use crate::qa::Stop;

/// How late the bell may be heard.
const LATENESS: Duration = Duration::from_millis(20);

/// Anybody's to ring; clones are the same bell.
#[derive(Debug, Clone, Default)]
pub(super) struct Bell(Arc<AtomicBool>);

impl Bell {
    /// Rings: there is something to look at.
    pub(super) fn ring(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it rang since it was last asked.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// A QA runner whose waits end with the bell too, and with each second of the clock: the ledger counts whole
/// seconds, and with windows as short as the demo's each one matters.
pub(super) struct Wakeful {
    inner: Box<dyn WaitedQa>,
    bell: Bell,
    second: AtomicI64,
}

impl Wakeful {
    pub(super) fn new(inner: Box<dyn WaitedQa>, bell: Bell) -> Self {
        Self { inner, bell, second: AtomicI64::new(SystemClock.now().unix()) }
    }

    fn new_second(&self) -> bool {
        let now = SystemClock.now().unix();
        self.second.swap(now, Ordering::Relaxed) != now
    }
}

impl QaRunner for Wakeful {
    fn handle(&self, pid: &Pid, gate: &GateName, attempt: u32) -> Handle {
        self.inner.handle(pid, gate, attempt)
    }

    fn ensure(&self, request: &QaRequest) -> Result<(), QaError> {
        self.inner.ensure(request)
    }

    fn poll(&self, handle: &Handle) -> Result<RunStatus, QaError> {
        self.inner.poll(handle)
    }
}

impl WaitedQa for Wakeful {
    fn running(&self) -> usize {
        self.inner.running()
    }

    fn stop(&self) -> Stop {
        self.inner.stop()
    }

    fn wait_for_change(&self, until: Instant) -> bool {
        loop {
            let step = until.min(Instant::now() + LATENESS);
            if self.inner.wait_for_change(step) | self.bell.take() | self.new_second() {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs nothing; nothing ever ends.
    struct Idle;

    impl QaRunner for Idle {
        fn handle(&self, _: &Pid, _: &GateName, _: u32) -> Handle {
            Handle::parse("idle").unwrap()
        }
        fn ensure(&self, _: &QaRequest) -> Result<(), QaError> {
            Ok(())
        }
        fn poll(&self, _: &Handle) -> Result<RunStatus, QaError> {
            Ok(RunStatus::Absent)
        }
    }

    impl WaitedQa for Idle {
        fn running(&self) -> usize {
            0
        }
        fn wait_for_change(&self, until: Instant) -> bool {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            false
        }
    }

    #[test]
    fn the_bell_is_heard_once() {
        let bell = Bell::default();
        let wakeful = Wakeful::new(Box::new(Idle), bell.clone());
        bell.clone().ring();
        assert!(wakeful.wait_for_change(Instant::now()));
        assert!(!bell.take());
    }

    #[test]
    fn a_new_second_ends_a_long_wait() {
        let wakeful = Wakeful::new(Box::new(Idle), Bell::default());
        let start = Instant::now();
        assert!(wakeful.wait_for_change(start + Duration::from_secs(60)));
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
