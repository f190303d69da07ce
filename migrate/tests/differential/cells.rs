//! What has to be looked at: each function with each tuple of kinds of its arguments, each operator with each pair.

use std::fmt;

use towpath_migrate::expression::ValueKind;

/// All kinds.
pub(crate) const KINDS: [ValueKind; 6] = [
    ValueKind::Null,
    ValueKind::Boolean,
    ValueKind::Number,
    ValueKind::String,
    ValueKind::Array,
    ValueKind::Object,
];

pub(crate) const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// An operation on values of these kinds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    /// The function in its own case, the operator, or `[]` and `.*` for parts.
    pub(crate) operation: &'static str,
    /// By number, since kinds have no order.
    kinds: Vec<usize>,
}

impl Cell {
    pub(crate) fn kind(&self, place: usize) -> ValueKind {
        KINDS[self.kinds[place]]
    }

    pub(crate) fn arity(&self) -> usize {
        self.kinds.len()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.kinds.iter().map(|kind| KINDS[*kind].name()).collect();
        write!(f, "{} {}", self.operation, kinds.join(" "))
    }
}

/// All cells.
pub(crate) fn all() -> Vec<Cell> {
    let mut operations: Vec<(&'static str, usize)> = COMPARISONS.map(|operator| (operator, 2)).to_vec();
    operations.extend([("&&", 2), ("||", 2), ("!", 1), ("[]", 2), (".*", 1)]);
    operations.extend([
        ("contains", 2),
        ("startsWith", 2),
        ("endsWith", 2),
        ("join", 1),
        ("join", 2),
        ("toJSON", 1),
    ]);
    operations.extend([("fromJSON", 1), ("format", 1), ("format", 2), ("case", 3)]);
    operations.into_iter().flat_map(|(operation, arity)| tuples(operation, arity)).collect()
}

fn tuples(operation: &'static str, arity: usize) -> impl Iterator<Item = Cell> {
    let count = KINDS.len().pow(u32::try_from(arity).unwrap());
    (0..count).map(move |number| {
        let kinds =
            (0..arity).map(|place| number / KINDS.len().pow(u32::try_from(place).unwrap()) % KINDS.len());
        Cell { operation, kinds: kinds.collect() }
    })
}
