//! Gates that a host evaluates outside of the decision: the decision treats them alike.

use super::{Entry, EntryGate, Expression, Http};
use crate::id::{GateHash, GateName};
use crate::time::Span;

/// A gate that a host evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluated<'a> {
    /// A text over what is known of the release.
    Expression(&'a Expression),
    /// A system outside, and a text over its answer.
    Http(&'a Http),
}

impl Entry {
    /// Expressions first: they cost nothing outside.
    pub fn evaluated(&self) -> impl Iterator<Item = Evaluated<'_>> {
        let expressions = self.expressions.iter().map(Evaluated::Expression);
        expressions.chain(self.http.iter().map(Evaluated::Http))
    }
}

impl<'a> Evaluated<'a> {
    /// Its name.
    pub fn name(self) -> &'a GateName {
        match self {
            Self::Expression(gate) => &gate.name,
            Self::Http(gate) => &gate.name,
        }
    }

    /// The hash to which its answers are bound.
    pub fn hash(self) -> GateHash {
        match self {
            Self::Expression(gate) => gate.hash(),
            Self::Http(gate) => gate.hash(),
        }
    }

    /// Which kind of entry gate it is.
    pub fn kind(self) -> EntryGate {
        match self {
            Self::Expression(_) => EntryGate::Expression,
            Self::Http(_) => EntryGate::Http,
        }
    }

    /// What has to be true.
    pub fn source(self) -> &'a str {
        match self {
            Self::Expression(gate) => &gate.cel,
            Self::Http(gate) => &gate.success,
        }
    }

    /// How long an answer holds; `None` as long as nothing changes.
    pub fn interval(self) -> Option<Span> {
        match self {
            Self::Expression(_) => None,
            Self::Http(gate) => Some(gate.interval),
        }
    }

    /// What its text may name; the fields are in `docs/local.md`.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Expression(_) => &["environment", "release", "upstream"],
            Self::Http(_) => &["environment", "release", "response", "upstream"],
        }
    }
}
