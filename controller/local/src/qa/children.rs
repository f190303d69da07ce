//! The children of this host: one thread waits for each, and whoever waits for any of them is woken.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use towpath_core::id::Handle;
use towpath_core::verdict::{Outcome, Verdict};
use towpath_engine::ports::RunStatus;
use towpath_process::{Finished, KillSwitch, Running};

/// All runs of this host's lifetime.
#[derive(Default)]
pub(super) struct Children {
    shared: Arc<Shared>,
    watchers: Mutex<Vec<JoinHandle<()>>>,
}

/// Ends a host from any thread: wakes it, kills what it runs, and lets it start nothing more. Clones are the same.
///
/// Runs that end from then on get no verdict, as if the host had crashed: nobody can tell any more whether they ended
/// so because of what they test.
#[derive(Clone, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    switch: KillSwitch,
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

impl Stop {
    /// Asks for the end. Answers at once: the children have two seconds to end before they are killed.
    pub fn ask(&self) {
        self.0.lock().stopping = true;
        self.0.changed.notify_all();
        self.0.switch.pull();
    }

    /// Kills the children in this thread; for a process that exits next.
    pub fn kill_now(&self) {
        self.ask();
        self.0.switch.kill_now();
    }

    /// Whether the end was asked for.
    pub fn asked(&self) -> bool {
        self.0.lock().stopping
    }
}

impl Children {
    pub(super) fn stop(&self) -> Stop {
        Stop(Arc::clone(&self.shared))
    }

    /// What all commands run under, so that [`Stop`] reaches them.
    pub(super) fn switch(&self) -> KillSwitch {
        self.shared.switch.clone()
    }

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

    /// Whether a run of this handle is not over.
    pub(super) fn is_running(&self, handle: &str) -> bool {
        self.shared.lock().runs.iter().any(|(known, outcome)| outcome.is_none() && known.as_str() == handle)
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

    /// Waits for the child of a reserved run in a thread of its own and has `judge` say how it ended; fails with a
    /// sentence when there can be no such thread, and the child is killed then.
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

    /// Waits until all children have ended.
    pub(super) fn join(&self) {
        let watchers = std::mem::take(&mut *self.watchers.lock().unwrap_or_else(PoisonError::into_inner));
        for watcher in watchers {
            // A watcher that panicked has dropped its child, which killed it.
            watcher.join().unwrap_or_default();
        }
    }

    /// Waits for an end that nobody has waited for, for [`Stop`], or until the time is there: then `false`.
    pub(super) fn wait_for_change(&self, until: Instant) -> bool {
        let mut state = self.shared.lock();
        loop {
            if state.unseen > 0 || state.stopping {
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
        self.stop().ask();
        self.join();
    }
}

/// One child's thread. However it ends, the run gets an outcome, unless the host is to end.
struct Watcher {
    shared: Arc<Shared>,
    handle: Handle,
}

impl Watcher {
    fn run(self, running: Running, judge: impl FnOnce(&Finished) -> Outcome) {
        let outcome = judge(&running.wait());
        if !self.shared.lock().stopping {
            self.shared.end(&self.handle, outcome);
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let state = self.shared.lock();
        let told = state.stopping || matches!(state.runs.get(&self.handle), Some(Some(_)));
        drop(state);
        if !told {
            let detail = "nobody saw how it ended: an error in Towpath".to_owned();
            self.shared.end(&self.handle, Outcome { verdict: Verdict::Error, detail });
        }
    }
}
