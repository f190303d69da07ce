use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long whoever is in a hurry waits for somebody who is about to be done. Nobody has more to do than a system call, but on a machine
/// whose processors are somebody else's for a while that may take a second; who gives up leaves the group alive.
const MOMENT: Duration = Duration::from_secs(5);

/// The leader of a process group, for as long as its id can mean nothing else: from its start until it is reaped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leader(Arc<Mutex<Option<Pid>>>);

impl Leader {
    /// Takes the id of a child that was just started.
    pub(crate) fn is(&self, child: &Child) {
        *self.lock() = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    }

    /// Its id; `None` before the start and after the reaping.
    pub(crate) fn pid(&self) -> Option<Pid> {
        *self.lock()
    }

    /// Sends a signal to the whole group; that there is nobody left is fine.
    pub(crate) fn signal(&self, signal: Signal) {
        send(*self.lock(), signal);
    }

    /// The same, waiting for a moment at most: somebody else may be sending a milder signal right now, which must not
    /// keep this one away. Skipped when it is being reaped for longer than that.
    pub(crate) fn signal_soon(&self, signal: Signal) {
        self.signal_within(signal, MOMENT);
    }

    fn signal_within(&self, signal: Signal, patience: Duration) {
        let begun = Instant::now();
        loop {
            match self.0.try_lock() {
                Ok(pid) => return send(*pid, signal),
                Err(TryLockError::Poisoned(pid)) => return send(*pid.into_inner(), signal),
                Err(TryLockError::WouldBlock) if begun.elapsed() < patience => std::thread::yield_now(),
                Err(TryLockError::WouldBlock) => return,
            }
        }
    }

    /// Takes a child that ended out of the process table; nobody is signalled from then on.
    pub(crate) fn reap(&self, child: &mut Child) -> Option<ExitStatus> {
        let mut pid = self.lock();
        let status = child.wait().ok();
        *pid = None;
        status
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pid>> {
        // Each change is one assignment, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send(pid: Option<Pid>, signal: Signal) {
    if let Some(pid) = pid {
        kill_process_group(pid, signal).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};

    #[test]
    fn signals_reach_a_child_until_it_is_reaped() {
        let leader = Leader::default();
        leader.signal(Signal::KILL);
        assert_eq!(leader.pid(), None, "nobody was started");
        let mut child = std::process::Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        leader.is(&child);
        assert!(leader.pid().is_some());
        leader.clone().signal(Signal::TERM);
        assert_eq!(leader.reap(&mut child).unwrap().signal(), Some(15));
        assert_eq!(leader.pid(), None, "its id may be somebody else's now");
    }

    #[test]
    fn who_is_in_a_hurry_waits_for_a_moment_at_most() {
        let leader = Leader::default();
        let mut child = std::process::Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        leader.is(&child);
        let busy = leader.lock();
        leader.signal_within(Signal::KILL, Duration::from_millis(50));
        // Somebody who is busy for a moment only does not keep it away.
        let hurry = std::thread::spawn({
            let leader = leader.clone();
            move || leader.signal_soon(Signal::KILL)
        });
        drop(busy);
        hurry.join().unwrap();
        assert_eq!(leader.reap(&mut child).unwrap().signal(), Some(9));
    }
}
