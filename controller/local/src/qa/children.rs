//! The children of this host: one thread waits for each, and whoever waits for any of them is woken.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use towpath_core::id::Handle;
use towpath_core::verdict::{Outcome, Verdict};
use towpath_engine::ports::RunStatus;
use towpath_process::{Finished, Running};

/// How soon a child is killed after the host was told to stop.
const STOP_LATENCY: Duration = Duration::from_millis(50);

/// All runs of this host's lifetime.
#[derive(Default)]
pub(super) struct Children {
    shared: Arc<Shared>,
    watchers: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The outcome of each run; none while it runs.
    runs: BTreeMap<Handle, Option<Outcome>>,
    /// Ends that nobody has waited for.
    unseen: usize,
    stopping: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change under the lock is a single assignment, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, handle: &Handle, outcome: Outcome) {
        let mut state = self.lock();
        state.runs.insert(handle.clone(), Some(outcome));
        state.unseen += 1;
        self.changed.notify_all();
    }
}

impl Children {
    pub(super) fn running(&self) -> usize {
        self.shared.lock().runs.values().filter(|outcome| outcome.is_none()).count()
    }

    pub(super) fn status(&self, handle: &Handle) -> RunStatus {
        match self.shared.lock().runs.get(handle) {
            None => RunStatus::Absent,
            Some(None) => RunStatus::Running,
            Some(Some(outcome)) => RunStatus::Finished(outcome.clone()),
        }
    }

    /// Takes a handle for a run that is about to start; `false` when it has one already.
    pub(super) fn reserve(&self, handle: &Handle) -> bool {
        let mut state = self.shared.lock();
        let free = !state.runs.contains_key(handle);
        state.runs.entry(handle.clone()).or_insert(None);
        free
    }

    /// Writes down how a reserved run ended that got no child.
    pub(super) fn record(&self, handle: &Handle, outcome: Outcome) {
        self.shared.end(handle, outcome);
    }

    /// Waits for the child of a reserved run in a thread of its own and has `judge` say how it ended; fails with a sentence when
    /// there can be no such thread, and the child is killed then.
    pub(super) fn watch(
        &self,
        handle: Handle,
        running: Running,
        judge: impl FnOnce(&Finished) -> Outcome + Send + 'static,
    ) -> Result<(), String> {
        let watcher = Watcher { shared: Arc::clone(&self.shared), handle };
        let thread = Builder::new().name("QA run".to_owned()).spawn(move || watcher.run(running, judge));
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| !watcher.is_finished());
        thread.map(|thread| watchers.push(thread)).map_err(|e| format!("nobody can wait for it: {e}"))
    }

    pub(super) fn wait_for_change(&self, until: Instant) -> bool {
        let mut state = self.shared.lock();
        loop {
            if state.unseen > 0 {
                state.unseen = 0;
                return true;
            }
            let patience = until.saturating_duration_since(Instant::now());
            if patience.is_zero() {
                return false;
            }
            let woken = self.shared.changed.wait_timeout(state, patience);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        for watcher in self.watchers.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A watcher that panicked has dropped its child, which killed it.
            watcher.join().unwrap_or_default();
        }
    }
}

/// One child's thread. However it ends, the run gets an outcome.
struct Watcher {
    shared: Arc<Shared>,
    handle: Handle,
}

impl Watcher {
    fn run(self, mut running: Running, judge: impl FnOnce(&Finished) -> Outcome) {
        while running.wait_until(Instant::now() + STOP_LATENCY).is_none() {
            if self.shared.lock().stopping {
                running.kill();
            }
        }
        let outcome = judge(&running.wait());
        self.shared.end(&self.handle, outcome);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if matches!(self.shared.lock().runs.get(&self.handle), Some(Some(_))) {
            return;
        }
        let detail = "nobody saw how it ended: an error in Towpath".to_owned();
        self.shared.end(&self.handle, Outcome { verdict: Verdict::Error, detail });
    }
}
