//! Keys that were there before, whatever their case.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::expression::{folded, same};

/// How many keys are compared one by one. Most mappings have fewer.
const FEW: usize = 16;

/// The keys of a mapping so far.
#[derive(Default)]
pub(super) struct Seen<'t> {
    few: Vec<Cow<'t, str>>,
    many: HashSet<String>,
}

impl<'t> Seen<'t> {
    /// Adds a key; false if it was there.
    pub(super) fn add(&mut self, key: impl Into<Cow<'t, str>>) -> bool {
        let key = key.into();
        if self.has(&key) {
            return false;
        }
        if self.few.len() < FEW {
            self.few.push(key);
        } else {
            self.many.insert(folded(&key));
        }
        true
    }

    /// Whether a key was there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.few.iter().any(|known| same(known, key))
            || (!self.many.is_empty() && self.many.contains(&folded(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count_however_many_there_are() {
        let mut seen = Seen::default();
        for number in 0..100 {
            assert!(seen.add(format!("key{number}")), "{number}");
        }
        for number in 0..100 {
            assert!(!seen.add(format!("KEY{number}")) && seen.has(&format!("Key{number}")), "{number}");
        }
        assert!(!seen.has("key100"));
    }
}
