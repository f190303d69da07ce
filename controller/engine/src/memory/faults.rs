//! Faults that a test or the simulator lets happen at the next calls.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// What goes wrong with one call that changes something outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The process dies before the call takes effect.
    CrashBefore,
    /// The process dies after the call took effect.
    CrashAfter,
    /// The call never reaches the outside; the caller hears of a failure.
    Unreachable,
    /// The call takes effect, and its answer is lost.
    LostAnswer,
    /// The caller hears of a failure, and the call takes effect some time later; where that cannot be, as with
    /// [`Fault::Unreachable`].
    Late,
}

/// A hook that is run before an effect takes place, to let somebody else in.
type Hook = Box<dyn FnMut()>;

/// The faults of one process; clones share them.
#[derive(Clone, Default)]
pub struct Faults(Rc<RefCell<Plan>>);

#[derive(Default)]
struct Plan {
    queue: VecDeque<Fault>,
    /// What happens to effects by their numbers, the first being 0.
    numbered: BTreeMap<u64, Fault>,
    effects: u64,
    /// What happened to effects so far, without those that went well.
    struck: Vec<Fault>,
    /// What is run before an effect, after so many others.
    before: Option<(u32, Hook)>,
}

impl Faults {
    /// Lets these happen to the next effects, one each, in this order.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.borrow_mut().queue.extend(faults);
    }

    /// Lets this happen to the effect with this number, the first ever being 0.
    pub fn at(&self, number: u64, fault: Fault) {
        self.0.borrow_mut().numbered.insert(number, fault);
    }

    /// What went wrong since this was asked last.
    pub fn take_struck(&self) -> Vec<Fault> {
        std::mem::take(&mut self.0.borrow_mut().struck)
    }

    /// Whether a hook has not run yet.
    pub fn has_hook(&self) -> bool {
        self.0.borrow().before.is_some()
    }

    /// Forgets what was planned for the next effects.
    pub fn clear(&self) {
        let mut plan = self.0.borrow_mut();
        plan.queue.clear();
        plan.before = None;
    }

    /// Runs this once, right before the next effect: somebody else is faster.
    pub fn before_next(&self, hook: impl FnMut() + 'static) {
        self.before_nth(0, hook);
    }

    /// Runs this once, after so many effects and right before the one that follows.
    pub fn before_nth(&self, others: u32, hook: impl FnMut() + 'static) {
        self.0.borrow_mut().before = Some((others, Box::new(hook)));
    }

    /// How many effects were tried so far.
    pub fn effects(&self) -> u64 {
        self.0.borrow().effects
    }

    /// An effect is about to take place: what happens to it.
    pub(crate) fn strike(&self) -> Fault {
        let (fault, hook) = {
            let mut plan = self.0.borrow_mut();
            let number = plan.effects;
            plan.effects += 1;
            let queued = plan.queue.pop_front();
            let fault = plan.numbered.get(&number).copied().or(queued).unwrap_or(Fault::None);
            if fault != Fault::None {
                plan.struck.push(fault);
            }
            match plan.before.as_mut().filter(|(others, _)| *others > 0) {
                Some((others, _)) => {
                    *others -= 1;
                    (fault, None)
                }
                None => (fault, plan.before.take().map(|(_, hook)| hook)),
            }
        };
        if let Some(mut hook) = hook {
            hook();
        }
        fault
    }
}
