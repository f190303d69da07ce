//! What is known of a leg before it runs, as a world of expressions.

use std::sync::Arc;

use super::matrix::{CellValue, Leg};
use super::paths::{self, Path};
use crate::expression::{Evaluated, Expression, Function, Node, NodeKind, Object, Status, Value, World};

/// What is known of `matrix`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'l> {
    /// It is null: there is none.
    NoMatrix,
    /// It has these values.
    Leg(&'l Leg),
    /// Nothing.
    Nothing,
}

impl Known<'_> {
    /// The text that a scalar becomes, if nothing else is needed to know it.
    pub(super) fn text(&self, evaluated: &Evaluated) -> Option<String> {
        self.value(&evaluated.expression).map(|value| value.to_text().into_owned())
    }

    /// The value of an expression, if nothing else is needed to know it.
    pub(super) fn value(&self, expression: &Expression) -> Option<Value> {
        let found = paths::paths(expression);
        let root = expression.root()?;
        let is_known = found.iter().all(|path| self.knows(path)) && !asks(root);
        if is_known { expression.evaluate(self).ok() } else { None }
    }

    fn knows(&self, path: &Path<'_>) -> bool {
        if !path.starts_with(&["matrix"]) {
            return false;
        }
        let leg = match self {
            Self::NoMatrix => return true,
            Self::Nothing => return false,
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
        let Self::Leg(leg) = self else { return Value::Null };
        if !name.eq_ignore_ascii_case("matrix") {
            return Value::Null;
        }
        let mut matrix = Object::new();
        for (key, cell) in &leg.values {
            if let CellValue::Known(value) = &cell.value {
                matrix.insert(key, value.clone());
            }
        }
        Value::Object(Arc::new(matrix))
    }

    fn status(&self, _status: Status, _jobs: &[String]) -> Result<bool, String> {
        Err("the status is not known before a run".to_owned())
    }

    fn hash_files(&self, _patterns: &[String], _follow_links: bool) -> Result<String, String> {
        Err("files are not known before a run".to_owned())
    }
}
