//! Which contexts and functions are there, at a place in a file.

use crate::expression::Availability;

/// A set of contexts and functions of one schema. What a definition names is added to what its parents named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ContextSet(u32);

impl ContextSet {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// How many words a schema may have.
    pub(super) const CAPACITY: usize = u32::BITS as usize;

    /// The set of the word at this place of the schema's list.
    pub(super) const fn word(index: usize) -> Self {
        Self(1 << index)
    }

    /// Whether nothing is in it. Expressions are not allowed there at all.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the word at this place of the schema's list is in it.
    pub(super) const fn has(self, index: usize) -> bool {
        self.0 & (1 << index) != 0
    }

    /// What is in either.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What each set that occurs means to the parser of expressions, built once.
#[derive(Debug, Default)]
pub(super) struct Availabilities(Vec<(ContextSet, Availability)>);

impl Availabilities {
    pub(super) fn add(&mut self, set: ContextSet, availability: Availability) {
        if let Err(place) = self.place(set) {
            self.0.insert(place, (set, availability));
        }
    }

    pub(super) fn has(&self, set: ContextSet) -> bool {
        self.place(set).is_ok()
    }

    pub(super) fn get(&self, set: ContextSet) -> Option<&Availability> {
        self.place(set).ok().and_then(|place| self.0.get(place)).map(|(_, availability)| availability)
    }

    fn place(&self, set: ContextSet) -> Result<usize, usize> {
        self.0.binary_search_by_key(&set, |(known, _)| *known)
    }
}
