//! Faults that a test or the simulator lets happen at the next calls.

use std::cell::RefCell;
use std::collections::VecDeque;
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
}

/// A hook that is run before an effect takes place, to let somebody else in.
type Hook = Box<dyn FnMut()>;

/// The faults of one process; clones share them.
#[derive(Clone, Default)]
pub struct Faults(Rc<RefCell<Plan>>);

#[derive(Default)]
struct Plan {
    queue: VecDeque<Fault>,
    effects: u64,
    before: Option<Hook>,
}

impl Faults {
    /// Lets these happen to the next effects, one each, in this order.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.borrow_mut().queue.extend(faults);
    }

    /// Forgets what was planned.
    pub fn clear(&self) {
        let mut plan = self.0.borrow_mut();
        plan.queue.clear();
        plan.before = None;
    }

    /// Runs this once, right before the next effect: somebody else is faster.
    pub fn before_next(&self, hook: impl FnMut() + 'static) {
        self.0.borrow_mut().before = Some(Box::new(hook));
    }

    /// How many effects were tried so far.
    pub fn effects(&self) -> u64 {
        self.0.borrow().effects
    }

    /// An effect is about to take place: what happens to it.
    pub(crate) fn strike(&self) -> Fault {
        let (fault, hook) = {
            let mut plan = self.0.borrow_mut();
            plan.effects += 1;
            (plan.queue.pop_front().unwrap_or(Fault::None), plan.before.take())
        };
        if let Some(mut hook) = hook {
            hook();
        }
        fault
    }
}
