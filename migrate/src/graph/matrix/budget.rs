//! How much is looked at to expand matrices. GitHub goes through all combinations; products of vectors grow fast, and a file
//! may be hostile.

use std::cell::Cell as Shared;

use super::CellValue;
use super::spec::{Item, Pair, Spec};
use crate::expression::Value;

/// How often names and values are compared for the matrices of one file: a million combinations of six keys.
const OF_FILE: usize = 1 << 24;

/// The same for one call, of which a run may have hundreds.
const OF_CALL: usize = 1 << 18;

/// What each matrix has for itself, so that one that is large takes nothing from those that are small.
const OF_MATRIX: usize = 1 << 12;

/// What may still be done for several matrices.
#[derive(Debug)]
pub(crate) struct Budget(Shared<usize>);

impl Budget {
    /// For all matrices of a file.
    pub(crate) const fn of_file() -> Self {
        Self(Shared::new(OF_FILE))
    }

    /// For those of one call, which are expanded anew with what it gives.
    pub(in crate::graph) const fn of_call() -> Self {
        Self(Shared::new(OF_CALL))
    }
}

/// What may still be done for one matrix.
pub(super) struct Allowance<'b> {
    budget: &'b Budget,
    own: usize,
    /// What a combination costs.
    cost: usize,
}

impl<'b> Allowance<'b> {
    pub(super) fn new(budget: &'b Budget, spec: &Spec) -> Self {
        Self { budget, own: OF_MATRIX, cost: cost(spec) }
    }

    /// Whether one more combination may be looked at.
    pub(super) fn spend(&mut self) -> bool {
        #[cfg(test)]
        crate::work::step();
        let Self { budget: Budget(shared), own, cost } = self;
        if let Some(left) = own.checked_sub(*cost) {
            *own = left;
            return true;
        }
        let left = shared.get().checked_sub(*cost);
        left.inspect(|left| shared.set(*left)).is_some()
    }
}

/// How much it takes to look at a combination: each pair of an item is looked for among its keys, and compared.
fn cost(spec: &Spec) -> usize {
    let keys = spec.vectors.len();
    let cells = spec.vectors.iter().flat_map(|vector| &vector.cells);
    let widest = cells.map(|cell| unknowns(&cell.value)).max().unwrap_or_default();
    let of_pair = |pair: &Pair| keys + widest + unknowns(&pair.cell.value) + size_of(&pair.cell.value);
    let of_item = |item: &Item| 1 + item.unknown.len() + item.pairs.iter().map(of_pair).sum::<usize>();
    let items = spec.exclude.items.iter().chain(&spec.include.items);
    let added: usize = spec.include.items.iter().map(|item| item.pairs.len()).sum();
    1 + keys + items.map(of_item).sum::<usize>() + COPY * added
}

/// What it takes to copy a pair into a leg, where a comparison takes one.
const COPY: usize = 16;

fn unknowns(value: &CellValue) -> usize {
    match value {
        CellValue::Known(_) => 0,
        CellValue::Unknown(unknowns) => unknowns.len(),
        CellValue::Each(_) => 1,
    }
}

fn size_of(value: &CellValue) -> usize {
    if let CellValue::Known(value) = value { size(value) } else { 1 }
}

/// The depth of values is bounded where they are read.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Boolean(_) | Value::Number(_) => 1,
        // Letters are compared many at once.
        Value::String(text) => 1 + text.len() / 16,
        Value::Array(array) => 1 + array.items().iter().map(size).sum::<usize>(),
        Value::Object(object) => 1 + object.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}
