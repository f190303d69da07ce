//! The unlock list: which blocker to deal with first, so that most workflows can move.

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
    let mut holders: BTreeMap<B, Vec<usize>> = BTreeMap::new();
    for (at, blockers) in waiting.iter().enumerate() {
        for blocker in blockers {
            holders.entry(*blocker).or_default().push(at);
        }
    }
    let blocks: BTreeMap<B, usize> = holders.iter().map(|(blocker, held)| (*blocker, held.len())).collect();
    let mut free = waiting.iter().filter(|blockers| blockers.is_empty()).count();
    let mut list = Vec::new();
    let mut last: BTreeMap<B, usize> = BTreeMap::new();
    for blockers in waiting.iter().filter(|blockers| blockers.len() == 1) {
        for blocker in blockers {
            *last.entry(*blocker).or_default() += 1;
        }
    }
    while let Some(blocker) = next(&holders, &last) {
        let frees = last.remove(&blocker).unwrap_or_default();
        free += frees;
        let blocks = blocks.get(&blocker).copied().unwrap_or_default();
        list.push(Unlock { blocker, blocks, frees, free });
        for at in holders.remove(&blocker).unwrap_or_default() {
            let Some(left) = waiting.get_mut(at) else { continue };
            left.remove(&blocker);
            if let (Some(only), 1) = (left.first(), left.len()) {
                *last.entry(*only).or_default() += 1;
            }
        }
    }
    list
}

/// The blocker to deal with next; `holders` has those that are left.
fn next<B: Ord + Copy>(holders: &BTreeMap<B, Vec<usize>>, last: &BTreeMap<B, usize>) -> Option<B> {
    let frees = |blocker: &B| last.get(blocker).copied().unwrap_or_default();
    let order = |(one, held): &(&B, &Vec<usize>)| (frees(one), held.len());
    // Of equals `max_by_key` takes the last, so the list is looked at from its end.
    holders.iter().rev().max_by_key(order).map(|(blocker, _)| *blocker)
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
