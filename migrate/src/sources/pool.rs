//! Work on many things at once, with results in order.

use std::collections::BTreeMap;
use std::iter::{Enumerate, Fuse};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How far the workers may be ahead of the results that were handed on, for each of them.
const AHEAD: usize = 16;

/// A worker that ended in the middle of its work: what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked(pub String);

/// Calls `work` for each item on so many threads, and `sink` on this one with the results in the order of the items.
///
/// However many items there are, at most 16 for each worker are under way or wait for their turn. Where `work` panics, only its own result is
/// lost. When `sink` breaks, nothing new begins, and its answer is returned.
pub fn process<I: Send, T: Send, B>(
    items: impl Iterator<Item = I> + Send,
    workers: NonZeroUsize,
    work: impl Fn(&I) -> T + Sync,
    mut sink: impl FnMut(I, Result<T, Panicked>) -> ControlFlow<B>,
) -> Option<B> {
    let queue = Queue::new(items, workers);
    thread::scope(|scope| {
        let (results, arrived) = channel();
        let mut started = 0;
        for _ in 0..workers.get() {
            let (results, queue, work) = (results.clone(), &queue, &work);
            let thread = thread::Builder::new().spawn_scoped(scope, move || queue.serve(work, &results));
            started += usize::from(thread.is_ok());
        }
        drop(results);
        if started == 0 {
            return alone(&queue, &work, sink);
        }
        let mut early = BTreeMap::new();
        for (index, item, result) in arrived {
            early.insert(index, (item, result));
            while let Some((item, result)) = early.remove(&queue.handed()) {
                if let ControlFlow::Break(answer) = sink(item, result) {
                    queue.stop();
                    return Some(answer);
                }
                queue.hand();
            }
        }
        None
    })
}

/// Without a thread, which the system may refuse.
fn alone<I, T, B>(
    queue: &Queue<impl Iterator<Item = I>>,
    work: &impl Fn(&I) -> T,
    mut sink: impl FnMut(I, Result<T, Panicked>) -> ControlFlow<B>,
) -> Option<B> {
    while let Some((_, item)) = queue.take() {
        let result = attempt(work, &item);
        if let ControlFlow::Break(answer) = sink(item, result) {
            return Some(answer);
        }
        queue.hand();
    }
    None
}

/// What is left to do, and how far the results are.
struct Queue<S: Iterator> {
    state: Mutex<State<S>>,
    moved: Condvar,
    ahead: usize,
}

struct State<S: Iterator> {
    items: Fuse<Enumerate<S>>,
    /// The first that nobody took yet.
    next: usize,
    /// The first that was not handed on yet.
    handed: usize,
    stopped: bool,
}

impl<I, S: Iterator<Item = I>> Queue<S> {
    fn new(items: S, workers: NonZeroUsize) -> Self {
        let state = State { items: items.enumerate().fuse(), next: 0, handed: 0, stopped: false };
        let ahead = workers.get().saturating_mul(AHEAD);
        Self { state: Mutex::new(state), moved: Condvar::new(), ahead }
    }

    /// A panic of the iterator leaves it as it was; there is nothing in the state that could be half done.
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next item, as soon as the results are near enough.
    fn take(&self) -> Option<(usize, I)> {
        let far = |state: &mut State<S>| !state.stopped && state.next >= state.handed + self.ahead;
        let mut state = self.moved.wait_while(self.lock(), far).unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            return None;
        }
        let taken = state.items.next();
        state.next += usize::from(taken.is_some());
        taken
    }

    fn handed(&self) -> usize {
        self.lock().handed
    }

    fn hand(&self) {
        let mut state = self.lock();
        state.handed += 1;
        drop(state);
        self.moved.notify_one();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }

    fn serve<T>(&self, work: &impl Fn(&I) -> T, results: &Sender<(usize, I, Result<T, Panicked>)>) {
        while let Some((index, item)) = self.take() {
            let result = attempt(work, &item);
            if results.send((index, item, result)).is_err() {
                return;
            }
        }
    }
}

fn attempt<I, T>(work: &impl Fn(&I) -> T, item: &I) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(|| work(item))).map_err(|payload| {
        let said = payload.downcast_ref::<&str>().map(|said| (*said).to_owned());
        Panicked(
            said.or_else(|| payload.downcast_ref().cloned()).unwrap_or_else(|| "it said nothing".to_owned()),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn workers(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    fn collect<T: Send>(
        items: impl Iterator<Item = usize> + Send,
        number: usize,
        work: impl Fn(&usize) -> T + Sync,
    ) -> Vec<(usize, Result<T, Panicked>)> {
        let mut all = Vec::new();
        let broken = process(items, workers(number), work, |item, result| {
            all.push((item, result));
            ControlFlow::<()>::Continue(())
        });
        assert_eq!(broken, None);
        all
    }

    #[test]
    fn results_come_in_order_whoever_is_first() {
        for number in [1, 2, 7] {
            let slow_first = |item: &usize| {
                if item.is_multiple_of(3) {
                    (0..2_000).for_each(|_| thread::yield_now());
                }
                item * 2
            };
            let all = collect(0..500, number, slow_first);
            assert_eq!(all, (0..500).map(|item| (item, Ok(item * 2))).collect::<Vec<_>>());
            assert_eq!(collect(0..0, number, |item| *item), []);
        }
    }

    /// What is alive counts itself.
    struct Counted<'c>(&'c AtomicUsize);

    impl<'c> Counted<'c> {
        fn new(alive: &'c AtomicUsize, most: &AtomicUsize) -> Self {
            most.fetch_max(alive.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            Self(alive)
        }
    }

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// The first item takes as long as the others are allowed to go on without it.
    #[test]
    fn what_is_alive_depends_on_the_workers_and_not_on_the_items() {
        for number in [1, 2, 4] {
            let (alive, most, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
            let work = |item: &usize| {
                let wanted = if *item == 0 && number > 1 { AHEAD * number - 1 } else { 0 };
                while done.load(Ordering::SeqCst) < wanted {
                    thread::yield_now();
                }
                done.fetch_add(1, Ordering::SeqCst);
                Counted::new(&alive, &most)
            };
            let mut seen = 0;
            process(0..5_000, workers(number), work, |_, result| {
                seen += usize::from(result.is_ok());
                ControlFlow::<()>::Continue(())
            });
            let most = most.load(Ordering::SeqCst);
            assert_eq!((seen, alive.load(Ordering::SeqCst)), (5_000, 0));
            assert!(most <= AHEAD * number, "{most} results were alive with {number} workers");
            assert!(number == 1 || most == AHEAD * number, "{most}: the bound was never reached");
        }
    }

    #[test]
    fn a_panic_is_the_failure_of_one_item() {
        let work = |item: &usize| {
            assert_ne!(*item, 5, "five");
            *item
        };
        let all = collect(0..40, 3, work);
        let failed: Vec<_> =
            all.iter().filter_map(|(item, result)| Some((item, result.as_ref().err()?))).collect();
        assert_eq!((all.len(), failed.len(), failed[0].0), (40, 1, &5));
        assert!(failed[0].1.0.contains("five"), "{failed:?}");
    }

    #[test]
    fn a_sink_that_breaks_ends_it() {
        for number in [1, 4] {
            let begun = AtomicUsize::new(0);
            let work = |_: &usize| begun.fetch_add(1, Ordering::SeqCst);
            let sink =
                |item, _| if item == 10 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) };
            assert_eq!(process(0..1_000_000, workers(number), work, sink), Some("enough"));
            assert!(begun.load(Ordering::SeqCst) <= 10 + AHEAD * number);
        }
    }
}
