use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;

use crate::leader::Leader;
use crate::supervise::Event;

/// Kills, from any thread, all children that run under it; nothing starts under it afterwards. Clones are the same
/// switch.
///
/// A child runs under it by [`crate::Command::switch`], from before its start: a child that is just being started when
/// the switch is pulled is killed too.
#[derive(Debug, Clone, Default)]
pub struct KillSwitch(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    pulled: bool,
    next: u64,
    children: BTreeMap<u64, Line>,
}

/// How a child is reached.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) events: Sender<Event>,
    pub(crate) leader: Leader,
}

/// A child's place under a switch, until it is reaped.
#[derive(Debug)]
pub(crate) struct Place {
    switch: KillSwitch,
    number: u64,
}

impl KillSwitch {
    /// Ends the group of each child as [`crate::Running::kill`] does. Does not wait; waiters are woken when their
    /// child has ended. Again, it does nothing.
    pub fn pull(&self) {
        let mut state = self.lock();
        state.pulled = true;
        for child in state.children.values() {
            // A supervisor that is gone has nothing to kill.
            child.events.send(Event::Kill).unwrap_or_default();
        }
    }

    /// Sends SIGKILL to the group of each child, now and in this thread: for a process that exits next.
    pub fn kill_now(&self) {
        self.pull();
        for child in self.lock().children.values() {
            child.leader.signal_soon(Signal::KILL);
        }
    }

    /// Whether it was pulled.
    pub fn is_pulled(&self) -> bool {
        self.lock().pulled
    }

    /// Puts a child under the switch that is about to start; `None` when that is too late.
    pub(crate) fn place(&self, line: Line) -> Option<Place> {
        let mut state = self.lock();
        if state.pulled {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.children.insert(number, line);
        Some(Place { switch: self.clone(), number })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No change is left half done by a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.switch.lock().children.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn it_reaches_who_has_a_place_and_refuses_the_late() {
        let switch = KillSwitch::default();
        let line = || {
            let (events, inbox) = channel();
            (Line { events, leader: Leader::default() }, inbox)
        };
        let ((first, gone), (second, here), (third, late)) = (line(), line(), line());
        drop(switch.place(first).unwrap());
        let _place = switch.place(second).unwrap();
        assert!(!switch.is_pulled());
        switch.clone().pull();
        assert!(switch.is_pulled());
        assert!(gone.try_recv().is_err(), "it had ended");
        assert!(matches!(here.try_recv(), Ok(Event::Kill)));
        assert!(switch.place(third).is_none());
        assert!(late.try_recv().is_err());
    }

    #[test]
    fn who_exits_next_waits_for_no_supervisor() {
        use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
        let (switch, leader) = (KillSwitch::default(), Leader::default());
        let (events, _nobody_reads_it) = channel();
        let _place = switch.place(Line { events, leader: leader.clone() }).unwrap();
        let mut child = std::process::Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        leader.is(&child);
        switch.kill_now();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }

    #[test]
    fn ended_children_leave_nothing_behind() {
        let switch = KillSwitch::default();
        for _ in 0..3 {
            let mut command = crate::Command::new("true", std::time::Duration::from_secs(60));
            command.switch = Some(switch.clone());
            assert!(crate::run(command).unwrap().success());
        }
        assert!(switch.lock().children.is_empty());
    }
}
