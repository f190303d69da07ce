//! Which mapping it is: its keys tell (runner: TemplateSchema.TryMatchKey).

use super::{DefinitionId, Loose, Mapping, Property, Schema};

/// The mappings that one may still be, after the keys that were seen.
#[derive(Debug, Clone, Copy)]
pub struct Candidates<'a> {
    schema: &'a Schema,
    mappings: &'a [DefinitionId],
    /// A bit for each that is left.
    left: u32,
}

impl<'a> Candidates<'a> {
    /// How many mappings a definition may offer.
    pub(super) const CAPACITY: usize = u32::BITS as usize;

    pub(super) fn new(schema: &'a Schema, mappings: &'a [DefinitionId]) -> Self {
        let left = mappings.iter().take(Self::CAPACITY).enumerate().fold(0, |left, (at, _)| left | (1 << at));
        Self { schema, mappings, left }
    }

    /// The mappings that are left.
    pub fn iter(&self) -> impl Iterator<Item = (DefinitionId, &'a Mapping)> + use<'a> {
        let (schema, left) = (self.schema, self.left);
        self.mappings
            .iter()
            .enumerate()
            .filter(move |(at, _)| left & (1 << at) != 0)
            .filter_map(move |(_, id)| schema.mapping(*id).map(|mapping| (*id, mapping)))
    }

    /// Whether no mapping may be here.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The mapping, when no other is left.
    #[must_use]
    pub fn only(&self) -> Option<(DefinitionId, &'a Mapping)> {
        if self.left.is_power_of_two() { self.iter().next() } else { None }
    }

    /// What keys without a known name are. No schema has it in one of several.
    #[must_use]
    pub fn loose(&self) -> Option<Loose> {
        self.iter().next().and_then(|(_, mapping)| mapping.loose())
    }

    /// The property of this name. Mappings without it are out, if others have it; if none has it, none is.
    pub fn take(&mut self, name: &str) -> Option<&'a Property> {
        let mut found = None;
        let mut left = 0;
        for (at, id) in self.mappings.iter().enumerate().filter(|(at, _)| self.left & (1 << at) != 0) {
            if let Some(property) = self.schema.mapping(*id).and_then(|mapping| mapping.property(name)) {
                found.get_or_insert(property);
                left |= 1 << at;
            }
        }
        if found.is_some() {
            self.left = left;
        }
        found
    }

    /// The keys that would tell which of those left it is, sorted: each is in one of them only.
    #[must_use]
    pub fn telling(&self) -> Vec<&'static str> {
        let names =
            || self.iter().flat_map(|(_, mapping)| mapping.properties()).map(|property| property.name);
        let mut telling: Vec<_> =
            names().filter(|name| names().filter(|other| other == name).count() == 1).collect();
        telling.sort_unstable();
        telling
    }
}
