//! The value of a condition where some of what it asks for is known.

use std::sync::Arc;

use super::{Asker, Outcome, Situation, supposed};
use crate::expression::{Condition, Literal, Node, NodeKind, Object, Status, Truth, Value, World, same};
use crate::graph::paths::{self, Path};

/// What is known when a job is about to start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'f> {
    /// How the jobs of its `needs` ended.
    pub needs: &'f [(&'f str, Outcome)],
    /// How their needs ended, and so on, without those.
    pub others: &'f [(&'f str, Outcome)],
    /// Whether somebody cancelled the run.
    pub cancelled: bool,
}

/// Whether a job with this condition runs; `None` where data decide of which nobody told. `data` is asked for the truth of
/// the parts of the condition that neither ask for a status nor for the result of a job.
#[must_use]
pub fn runs(condition: &Condition, facts: Facts<'_>, data: impl Fn(&Node) -> Option<bool>) -> Option<bool> {
    let Some(root) = condition.expression.root() else { return Some(false) };
    match (Known { facts, data }).truth(root) {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown => None,
    }
}

/// Whether something that a condition says is true, where data decide and how others ended is not known.
pub(in crate::graph) fn with_data(node: &Node, data: &dyn Fn(&Node) -> Option<bool>) -> Truth {
    truth(node, &|node| data(node).map_or_else(|| constant(node), Truth::from))
}

/// Whether something that a condition says is true in a situation.
pub(super) fn in_situation(node: &Node, situation: Situation, asker: Asker<'_>) -> Truth {
    truth(node, &|node| {
        let folded = if node.asks_for_status() { Some(folded(node, situation, asker)) } else { None };
        let node = folded.as_ref().unwrap_or(node);
        supposed::truth(node, situation, asker).unwrap_or_else(|| constant(node))
    })
}

/// The node with what the status functions in it say in a situation.
fn folded(node: &Node, situation: Situation, asker: Asker<'_>) -> Node {
    let mut folded = node.clone();
    fold(&mut folded, situation, asker);
    folded
}

fn fold(node: &mut Node, situation: Situation, asker: Asker<'_>) {
    if let NodeKind::Call { function, arguments, .. } = &node.kind
        && let Some(status) = function.status()
    {
        // The jobs that are named may have ended otherwise than the others.
        let are_all = arguments.is_empty() || names_all(arguments, asker);
        if are_all || situation == Situation::Succeeded || status == Status::Always {
            node.kind = NodeKind::Literal(Literal::Boolean(situation.holds(status)));
        }
        return;
    }
    node.children_mut().into_iter().for_each(|child| fold(child, situation, asker));
}

/// Whether these are all the jobs before one.
fn names_all(arguments: &[Node], asker: Asker<'_>) -> bool {
    let Asker::Second(needs) = asker else { return false };
    let is_named = |need: &str| {
        arguments.iter().any(
            |argument| matches!(&argument.kind, NodeKind::Literal(Literal::String(name)) if same(name, need)),
        )
    };
    needs.iter().all(|need| is_named(need.value))
}

/// `needs.x.result`
fn is_result(path: &Path<'_>) -> bool {
    path.names.len() == 3
        && path.starts_with(&["needs"])
        && path.name(2).is_some_and(|name| name.eq_ignore_ascii_case("result"))
}

fn constant(node: &Node) -> Truth {
    if matches!(node.kind, NodeKind::NamedValue(_) | NodeKind::Index { .. }) {
        return Truth::Unknown;
    }
    node.truth()
}

/// The truth of a node from that of its atoms. What cannot be evaluated is unknown.
fn truth(node: &Node, atom: &dyn Fn(&Node) -> Truth) -> Truth {
    match &node.kind {
        NodeKind::Not(operand) => !truth(operand, atom),
        NodeKind::And(operands) => decided(operands, atom, Truth::False),
        NodeKind::Or(operands) => decided(operands, atom, Truth::True),
        _ => atom(node),
    }
}

fn decided(operands: &[Node], atom: &dyn Fn(&Node) -> Truth, deciding: Truth) -> Truth {
    let mut all = !deciding;
    for operand in operands {
        match truth(operand, atom) {
            one if one == deciding => return deciding,
            Truth::Unknown => all = Truth::Unknown,
            _ => {}
        }
    }
    all
}

struct Known<'f, D> {
    facts: Facts<'f>,
    data: D,
}

impl<D: Fn(&Node) -> Option<bool>> Known<'_, D> {
    fn truth(&self, root: &Node) -> Truth {
        truth(root, &|node| self.atom(node))
    }

    fn atom(&self, node: &Node) -> Truth {
        let mut found = Vec::new();
        paths::collect(node, &mut found);
        let is_known = found.iter().all(|path| is_result(path) && self.has(path));
        let known = if is_known { evaluated(node, &self.facts) } else { None };
        known.or_else(|| (self.data)(node)).map_or_else(|| constant(node), Truth::from)
    }

    /// Whether the job is known of which the result is asked; `*` are all.
    fn has(&self, path: &Path<'_>) -> bool {
        let name = path.name(1).unwrap_or_default();
        name == paths::ANY || self.facts.needs.iter().any(|(job, _)| same(job, name))
    }
}

fn evaluated(node: &Node, facts: &Facts<'_>) -> Option<bool> {
    node.evaluate(facts).ok().map(|value| value.is_truthy())
}

impl Facts<'_> {
    fn ancestors(&self) -> impl Iterator<Item = &(&str, Outcome)> {
        self.needs.iter().chain(self.others)
    }

    /// What a status function says. Whoever was cancelled has failed for nobody.
    fn holds(&self, status: Status, jobs: &[String]) -> bool {
        let mut asked =
            self.ancestors().filter(|(job, _)| jobs.is_empty() || jobs.iter().any(|name| same(name, job)));
        match status {
            Status::Always => true,
            Status::Cancelled => self.cancelled,
            Status::Failure => !self.cancelled && asked.any(|(_, outcome)| *outcome == Outcome::Failure),
            Status::Success => !self.cancelled && asked.all(|(_, outcome)| *outcome == Outcome::Success),
        }
    }
}

impl World for Facts<'_> {
    fn context(&self, name: &str) -> Value {
        if !name.eq_ignore_ascii_case("needs") {
            return Value::Null;
        }
        let mut needs = Object::new();
        for (job, outcome) in self.needs {
            let mut result = Object::new();
            result.insert("result", Value::text(outcome.name()));
            needs.insert(job, Value::Object(Arc::new(result)));
        }
        Value::Object(Arc::new(needs))
    }

    fn status(&self, status: Status, jobs: &[String]) -> Result<bool, String> {
        Ok(self.holds(status, jobs))
    }

    fn hash_files(&self, _patterns: &[String], _follow_links: bool) -> Result<String, String> {
        Err("there is no workspace before a job starts".to_owned())
    }
}
