//! Whether the generator looks at what it says it looks at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::cells::Cell;
use crate::generate::Made;
use crate::node::Reply;

/// How often each cell has to be looked at among 100,000.
const LEAST_OF_CELL: usize = 50;

/// What was looked at.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) count: usize,
    pub(crate) equal: usize,
    pub(crate) by: BTreeMap<String, usize>,
    errors: BTreeMap<String, usize>,
    booleans: [usize; 2],
    duplicates: usize,
    cells: Vec<usize>,
}

impl Tally {
    pub(crate) fn of(made: &[Made], replies: &[Reply], cells: &[Cell]) -> Self {
        let mut tally = Self { cells: vec![0; cells.len()], count: made.len(), ..Self::default() };
        let mut seen = BTreeSet::new();
        for (made, reply) in made.iter().zip(replies) {
            tally.duplicates += usize::from(!seen.insert((&made.source, made.contexts)));
            tally.equal += usize::from(reply.by.is_empty());
            reply.by.iter().for_each(|id| *tally.by.entry(id.clone()).or_default() += 1);
            if let Some(cell) = made.cell {
                tally.cells[cell] += 1;
            }
            match reply.runner() {
                Answer::Error { stage, .. } => *tally.errors.entry(stage.clone()).or_default() += 1,
                Answer::Value { value } if value == "true" => tally.booleans[1] += 1,
                Answer::Value { value } if value == "false" => tally.booleans[0] += 1,
                Answer::Value { .. } => {}
            }
        }
        tally
    }

    /// Thousandths.
    fn share(part: usize, whole: usize) -> usize {
        part * 1000 / whole.max(1)
    }

    fn without_error(&self) -> usize {
        Self::share(self.count - self.errors.values().sum::<usize>(), self.count)
    }

    fn true_booleans(&self) -> usize {
        Self::share(self.booleans[1], self.booleans.iter().sum())
    }

    pub(crate) fn report(&self, cells: &[Cell]) -> String {
        let mut out = String::new();
        let percent = |thousandths: usize| format!("{}.{} %", thousandths / 10, thousandths % 10);
        let fewest = self.cells.iter().zip(cells).min_by_key(|(count, _)| **count);
        writeln!(out, "expressions: {}, equal to npm: {}", self.count, self.equal).unwrap();
        writeln!(out, "without error: {} (errors: {:?})", percent(self.without_error()), self.errors)
            .unwrap();
        writeln!(out, "booleans that are true: {}", percent(self.true_booleans())).unwrap();
        writeln!(out, "duplicates: {}", percent(Self::share(self.duplicates, self.count))).unwrap();
        if let Some((count, cell)) = fewest {
            writeln!(out, "operations with kinds: {}, each at least {count} times ({cell})", cells.len())
                .unwrap();
        }
        self.by.iter().for_each(|(id, count)| writeln!(out, "  {count:>6} {id}").unwrap());
        out
    }

    /// What the documentation shows of it.
    pub(crate) fn record(&self, cells: &[Cell]) -> Value {
        json!({
            "expressions": self.count,
            "equal": self.equal,
            "errors": self.errors,
            "withoutError": self.without_error(),
            "trueBooleans": self.true_booleans(),
            "duplicates": Self::share(self.duplicates, self.count),
            "cells": cells.len(),
            "fewestOfCell": self.cells.iter().min(),
            "differences": self.by,
        })
    }

    /// The gates that are not passed.
    pub(crate) fn failed_gates(&self, cells: &[Cell]) -> Vec<String> {
        let mut failed = Vec::new();
        let mut gate = |holds: bool, what: String| {
            if !holds {
                failed.push(what);
            }
        };
        let least = LEAST_OF_CELL * self.count / 100_000;
        for (count, cell) in self.cells.iter().zip(cells) {
            gate(*count >= least, format!("{cell} stands only {count} times, and should {least} times"));
        }
        gate(self.without_error() >= 600, format!("{} thousandths are without error", self.without_error()));
        let truth = self.true_booleans();
        gate((300..=700).contains(&truth), format!("{truth} thousandths of booleans are true"));
        let duplicates = Self::share(self.duplicates, self.count);
        gate(duplicates <= 50, format!("{duplicates} thousandths are duplicates"));
        failed
    }
}
