//! How much work is done, counted for tests: time depends on the machine.

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts something that is done for each name, line or place: a name that is folded or compared, a text that is decoded.
pub(crate) fn step() {
    STEPS.with(|steps| steps.set(steps.get() + 1));
}

/// How many of these some code does on this thread.
pub(crate) fn steps_of(code: impl FnOnce()) -> usize {
    let before = STEPS.with(Cell::get);
    code();
    STEPS.with(Cell::get) - before
}
