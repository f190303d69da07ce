//! What is known of a leg before it runs, as a world of expressions.

use std::sync::Arc;

use super::inputs::KnownInputs;
use super::matrix::{CellValue, Leg};
use super::paths::{self, Path};
use crate::expression::{Evaluated, Expression, Function, Node, NodeKind, Object, Status, Value, World};
use crate::values::shell::System;

/// What is known of contexts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'l> {
    pub(super) matrix: KnownMatrix<'l>,
    /// All legs beside this one, where there are these in all runs.
    pub(super) legs: &'l [Leg],
    /// What a caller gives; nothing is known of it where there is none.
    pub(super) inputs: Option<&'l KnownInputs>,
    /// What `runner.os` is, where it is asked for behind the start of a job.
    pub(super) system: Option<System>,
}

/// What is known of `matrix`.
#[derive(Debug, Clone, Copy)]
pub(super) enum KnownMatrix<'l> {
    /// It is null: there is none.
    Absent,
    /// It has these values.
    Leg(&'l Leg),
    /// Nothing.
    Unknown,
}

/// Values of `strategy` that the matrix alone decides (GitHub Docs, "Contexts": `strategy`).
const PLACE: &str = "job-index";
const COUNT: &str = "job-total";

/// What `runner` says of the system (GitHub Docs, "Contexts": `runner`).
const OS: &str = "os";

impl<'l> Known<'l> {
    pub(super) const NOTHING: Self = Self::by_inputs(None);

    /// Nothing but what a caller gives.
    pub(super) const fn by_inputs(inputs: Option<&'l KnownInputs>) -> Self {
        Self { matrix: KnownMatrix::Unknown, legs: &[], inputs, system: None }
    }

    /// The text that a scalar becomes, if nothing else is needed to know it. A list or a mapping is none: GitHub refuses it where
    /// it asks for a text, but for those with other text around `${{ }}` (runner: `AssertString`).
    pub(super) fn text(&self, evaluated: &Evaluated) -> Option<String> {
        let value = self.value(evaluated.expression()).filter(Value::is_primitive)?;
        Some(value.to_text().into_owned())
    }

    /// The value of an expression, if nothing else is needed to know it.
    pub(super) fn value(&self, expression: &Expression) -> Option<Value> {
        let root = expression.root()?;
        if self.decides(root) { expression.evaluate(self).ok() } else { None }
    }

    /// Whether a part of an expression is true, if nothing else is needed to know it.
    pub(super) fn truth(&self, node: &Node) -> Option<bool> {
        if self.decides(node) { node.evaluate(self).ok().map(|value| value.is_truthy()) } else { None }
    }

    /// Whether nothing else is needed.
    fn decides(&self, node: &Node) -> bool {
        let mut found = Vec::new();
        paths::collect(node, &mut found);
        found.iter().all(|path| self.knows(path)) && !asks(node)
    }

    fn knows(&self, path: &Path<'_>) -> bool {
        if path.starts_with(&["inputs"]) {
            return self.inputs.is_some_and(|inputs| inputs.knows(path));
        }
        if path.starts_with(&["strategy", PLACE]) || path.starts_with(&["strategy", COUNT]) {
            return self.place().is_some();
        }
        if path.starts_with(&["runner", OS]) {
            return self.system.is_some();
        }
        path.starts_with(&["matrix"]) && self.matrix.knows(path)
    }

    /// Which leg it is, and of how many. A job without a matrix is the first of one.
    fn place(&self) -> Option<(usize, usize)> {
        match self.matrix {
            KnownMatrix::Absent => Some((0, 1)),
            KnownMatrix::Leg(leg) => {
                let place = self.legs.iter().position(|other| std::ptr::eq(other, leg))?;
                Some((place, self.legs.len()))
            }
            KnownMatrix::Unknown => None,
        }
    }

    fn runner(&self) -> Value {
        let mut runner = Object::new();
        if let Some(system) = self.system {
            runner.insert(OS, Value::text(system.name()));
        }
        Value::Object(Arc::new(runner))
    }

    fn strategy(&self) -> Value {
        let mut strategy = Object::new();
        if let Some((place, count)) = self.place() {
            for (name, number) in [(PLACE, place), (COUNT, count)] {
                // There are 256 at most.
                strategy.insert(name, Value::Number(u32::try_from(number).unwrap_or(u32::MAX).into()));
            }
        }
        Value::Object(Arc::new(strategy))
    }
}

impl KnownMatrix<'_> {
    fn knows(&self, path: &Path<'_>) -> bool {
        let leg = match self {
            Self::Absent => return true,
            Self::Unknown => return false,
            Self::Leg(leg) => leg,
        };
        match path.name(1).filter(|name| *name != paths::ANY) {
            Some(name) => match leg.value(name) {
                Some(cell) => matches!(cell.value, CellValue::Known(_)) && leg.extra.is_empty(),
                None => leg.extra.is_empty(),
            },
            None => leg.is_exact(),
        }
    }

    fn value(&self) -> Value {
        let Self::Leg(leg) = self else { return Value::Null };
        let mut matrix = Object::new();
        for (key, cell) in &leg.values {
            if let CellValue::Known(value) = &cell.value {
                matrix.insert(key, value.clone());
            }
        }
        Value::Object(Arc::new(matrix))
    }
}

/// Whether a status or files are asked for.
fn asks(node: &Node) -> bool {
    let itself = match &node.kind {
        NodeKind::Call { function, .. } => function.status().is_some() || *function == Function::HashFiles,
        _ => false,
    };
    itself || node.children().into_iter().any(asks)
}

impl World for Known<'_> {
    fn context(&self, name: &str) -> Value {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("matrix") {
            self.matrix.value()
        } else if is("inputs") {
            self.inputs.map_or(Value::Null, KnownInputs::context)
        } else if is("strategy") {
            self.strategy()
        } else if is("runner") {
            self.runner()
        } else {
            Value::Null
        }
    }

    fn status(&self, _status: Status, _jobs: &[String]) -> Result<bool, String> {
        Err("the status is not known before a run".to_owned())
    }

    fn hash_files(&self, _patterns: &[String], _follow_links: bool) -> Result<String, String> {
        Err("files are not known before a run".to_owned())
    }
}
