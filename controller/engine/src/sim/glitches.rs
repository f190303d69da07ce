//! What goes wrong with single calls of ports: a read that fails, is old or incomplete, a call that takes long.
//!
//! It is done to the calls themselves and not in the adapters, so that it can happen to every port alike. What is old
//! is what the same port answered before: nothing is made up.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use towpath_core::id::{CommitId, Handle, Name, RefName};
use towpath_core::observation::{Application, RunStatus};
use towpath_core::time::{Span, Time};
use towpath_core::world::ProposalStatus;

use super::schedule::Kind;
use crate::memory::ManualClock;
use crate::ports::Clock as _;

/// A port, or a part of one, whose calls are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Port {
    /// The advertisement of refs.
    Refs,
    /// Stretches of history.
    History,
    /// Files and folders of commits.
    Files,
    Qa,
    Metrics,
    Liveness,
    PullRequests,
    Http,
}

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glitch {
    /// There is no answer.
    Fails,
    /// The answer is the one from before the last change: of all refs, or of the one with this number alone.
    Stale(Option<usize>),
    /// Something is missing in it.
    Partial,
    /// It takes so long.
    Slow(Span),
}

impl Glitch {
    pub(crate) fn kind(self, port: Port) -> Kind {
        match (self, port) {
            (Self::Fails, _) => Kind::ReadFails,
            (Self::Stale(_), Port::Refs) => Kind::StaleRefs,
            (Self::Stale(_), _) => Kind::StaleAnswer,
            (Self::Partial, Port::History) => Kind::CutHistory,
            (Self::Partial, _) => Kind::PartialAnswer,
            (Self::Slow(_), _) => Kind::SlowCall,
        }
    }
}

/// An answer of a port, and when it was given last.
type Given<T> = (T, Time);

/// How old refs are at most that a host answers: no host is known to be further behind. On hosts that do not move
/// branch and journal in one push everything rests on this being less than `LANDING`.
pub(crate) const OLD_REFS: Span = Span::seconds(60);

/// What ports answered so far.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) refs: Before<RefName, Option<CommitId>>,
    pub(crate) runs: Before<Handle, RunStatus>,
    pub(crate) live: Before<Name, Vec<Application>>,
    pub(crate) proposals: Before<CommitId, ProposalStatus>,
}

/// What was answered to a question before the last change of the answer.
pub(crate) struct Before<K, V>(BTreeMap<K, (Option<Given<V>>, Given<V>)>);

impl<K, V> Default for Before<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone, V: PartialEq + Clone> Before<K, V> {
    /// Takes note of a true answer; answers the one before the last change, and when that was given last.
    pub(crate) fn heard(&mut self, key: &K, answer: &V, now: Time) -> Option<Given<V>> {
        let given = (answer.clone(), now);
        let Some((older, latest)) = self.0.get_mut(key) else {
            self.0.insert(key.clone(), (None, given));
            return None;
        };
        let before = std::mem::replace(latest, given);
        if before.0 != latest.0 {
            *older = Some(before);
        }
        older.clone()
    }
}

/// The calls of one host's ports.
pub(crate) struct Calls {
    count: Cell<u64>,
    clock: ManualClock,
    /// What goes wrong with which call of a port, the first of a pass being 0.
    plan: RefCell<Vec<(Port, u32, Glitch)>>,
    struck: RefCell<Vec<Kind>>,
    pub(crate) answers: RefCell<Answers>,
    /// Old readings of what is live that were given away in this pass.
    pub(crate) old: RefCell<Vec<Application>>,
    /// Whether it is the pass in which all of that is to happen, not one that only looks.
    armed: Cell<bool>,
    /// What happens after an effect of this pass.
    after: RefCell<Option<(Effect, Hook)>>,
}

/// Something that happens once.
type Hook = Box<dyn FnMut()>;

/// Which effect of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The one after so many others.
    Nth(u32),
    /// The first that journals a promotion of which the branch does not know yet, on hosts without atomic push.
    Promise,
}

impl Calls {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        Self {
            count: Cell::new(0),
            clock: clock.clone(),
            plan: RefCell::default(),
            struck: RefCell::default(),
            answers: RefCell::default(),
            old: RefCell::default(),
            armed: Cell::new(false),
            after: RefCell::default(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// How many calls there were.
    pub(crate) fn count(&self) -> u64 {
        self.count.get()
    }

    /// A pass begins, in which these go wrong.
    pub(crate) fn begin(&self, plan: Vec<(Port, u32, Glitch)>) {
        self.armed.set(true);
        self.plan.replace(plan);
        self.old.borrow_mut().clear();
    }

    /// The pass ended: what went wrong in it.
    pub(crate) fn end(&self) -> Vec<Kind> {
        self.armed.set(false);
        self.plan.borrow_mut().clear();
        std::mem::take(&mut self.struck.borrow_mut())
    }

    /// Lets this happen between this effect and whatever comes next.
    pub(crate) fn after(&self, effect: Effect, hook: Hook) {
        self.after.replace(Some((effect, hook)));
    }

    /// Whether a promise is looked out for.
    pub(crate) fn wants_promise(&self) -> bool {
        self.armed.get() && matches!(*self.after.borrow(), Some((Effect::Promise, _)))
    }

    /// Whether that did not happen yet. It does not any more.
    pub(crate) fn forget_hook(&self) -> bool {
        self.after.take().is_some()
    }

    /// An effect took place, or not, and may have been a promise.
    pub(crate) fn had_effect(&self, promise: bool) {
        let due = {
            let mut after = self.after.borrow_mut();
            match after.as_mut() {
                _ if !self.armed.get() => None,
                Some((Effect::Nth(0), _)) => after.take(),
                Some((Effect::Nth(nth), _)) => {
                    *nth -= 1;
                    None
                }
                Some((Effect::Promise, _)) if promise => after.take(),
                Some((Effect::Promise, _)) | None => None,
            }
        };
        if let Some((_, mut hook)) = due {
            hook();
        }
    }

    pub(crate) fn tick(&self) {
        self.count.set(self.count.get() + 1);
    }

    /// A port is called: what goes wrong with that. What takes long only does that, and is answered then.
    pub(crate) fn call(&self, port: Port) -> Option<Glitch> {
        self.tick();
        let mut plan = self.plan.borrow_mut();
        if plan.is_empty() {
            return None;
        }
        let now = plan.iter().position(|(planned, nth, _)| *planned == port && *nth == 0);
        plan.iter_mut()
            .filter(|(planned, nth, _)| *planned == port && *nth > 0)
            .for_each(|(_, nth, _)| *nth -= 1);
        let (_, _, glitch) = plan.swap_remove(now?);
        match glitch {
            Glitch::Slow(span) => {
                self.clock.advance(span);
                self.strikes(glitch, port);
                None
            }
            _ => Some(glitch),
        }
    }

    /// What was planned came to something.
    pub(crate) fn strikes(&self, glitch: Glitch, port: Port) {
        self.struck.borrow_mut().push(glitch.kind(port));
    }
}
