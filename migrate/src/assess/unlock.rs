//! The unlock list: which blocker to deal with first, so that most workflows can move.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A blocker, and what dealing with it brings after all before it in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlock<B> {
    /// What has to be dealt with.
    pub blocker: B,
    /// How many workflows it stands in the way of.
    pub blocks: usize,
    /// How many workflows are free when it is gone, of those that still had it.
    pub frees: usize,
    /// How many are free by then.
    pub free: usize,
}

/// Orders blockers greedily: the next is the one that frees most workflows by itself; where none does, the one that stands in the way
/// of most that still wait; of equals, the first by name. `waiting` has the blockers of each workflow; those without any are free.
pub fn unlock<B: Ord + Copy>(waiting: impl IntoIterator<Item = BTreeSet<B>>) -> Vec<Unlock<B>> {
    let mut waiting: Vec<BTreeSet<B>> = waiting.into_iter().collect();
    let mut free = waiting.iter().filter(|blockers| blockers.is_empty()).count();
    let mut queue = Queue::of(&waiting);
    let mut list = Vec::new();
    while let Some((blocker, Held { by, frees })) = queue.next() {
        free += frees;
        list.push(Unlock { blocker, blocks: by.len(), frees, free });
        for at in by {
            let Some(left) = waiting.get_mut(at) else { continue };
            left.remove(&blocker);
            if let (Some(only), 1) = (left.first(), left.len()) {
                queue.would_free(*only);
            }
        }
    }
    list
}

/// What a blocker stands in the way of.
struct Held {
    /// Whoever has it, by place.
    by: Vec<usize>,
    /// How many of them have no other one left.
    frees: usize,
}

/// The blockers that are left, and the order in which they are dealt with.
struct Queue<B> {
    held: BTreeMap<B, Held>,
    order: BTreeSet<(Reverse<usize>, Reverse<usize>, B)>,
}

impl<B: Ord + Copy> Queue<B> {
    fn of(waiting: &[BTreeSet<B>]) -> Self {
        let mut held: BTreeMap<B, Held> = BTreeMap::new();
        for (at, blockers) in waiting.iter().enumerate() {
            for blocker in blockers {
                let held = held.entry(*blocker).or_insert(Held { by: Vec::new(), frees: 0 });
                held.by.push(at);
                held.frees += usize::from(blockers.len() == 1);
            }
        }
        let order = held.iter().map(|(blocker, held)| held.place(*blocker)).collect();
        Self { held, order }
    }

    fn next(&mut self) -> Option<(B, Held)> {
        let (.., blocker) = self.order.pop_first()?;
        self.held.remove_entry(&blocker)
    }

    /// One more has no blocker left but this.
    fn would_free(&mut self, blocker: B) {
        let Some(held) = self.held.get_mut(&blocker) else { return };
        self.order.remove(&held.place(blocker));
        held.frees += 1;
        self.order.insert(held.place(blocker));
    }
}

impl Held {
    const fn place<B>(&self, blocker: B) -> (Reverse<usize>, Reverse<usize>, B) {
        (Reverse(self.frees), Reverse(self.by.len()), blocker)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sets(waiting: &[&[u8]]) -> Vec<BTreeSet<u8>> {
        waiting.iter().map(|blockers| blockers.iter().copied().collect()).collect()
    }

    #[test]
    fn what_frees_most_comes_first() {
        let list = unlock(sets(&[&[1], &[1, 2], &[2, 3], &[2, 3], &[4], &[]]));
        let rows: Vec<_> = list.iter().map(|row| (row.blocker, row.blocks, row.frees, row.free)).collect();
        assert_eq!(rows, [(1, 2, 1, 2), (2, 3, 1, 3), (3, 2, 2, 5), (4, 1, 1, 6)]);
    }

    proptest! {
        #[test]
        fn every_blocker_is_there_once_and_all_are_free_in_the_end(
            waiting in prop::collection::vec(prop::collection::btree_set(0_u8..9, 0..4), 0..20)
        ) {
            let list = unlock(waiting.clone());
            let named: BTreeSet<_> = list.iter().map(|row| row.blocker).collect();
            let all: BTreeSet<_> = waiting.iter().flatten().copied().collect();
            prop_assert_eq!(named.len(), list.len());
            prop_assert_eq!(named, all);
            let free = list.last().map_or_else(|| waiting.len(), |row| row.free);
            prop_assert_eq!(free, waiting.len());
            prop_assert!(list.is_sorted_by_key(|row| row.free));
        }
    }
}
