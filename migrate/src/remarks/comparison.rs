//! Comparisons that say the same in every run: of an input that is a boolean with a text, of the event with one that does not
//! start the workflow.

use std::collections::{HashMap, HashSet};

use super::Of;
use crate::expression::{Literal, Node, NodeKind, Operator, Value, folded};
use crate::graph::paths::{self, Path};
use crate::model::{EventKind, InputType, Workflow};
use crate::span::Span;
use crate::values::Finding;

/// What a workflow is called by, which is no event of a run: there the context `github` is the caller's (GitHub Docs, "Reusing
/// workflows").
const CALL: &str = "workflow_call";

/// What is known of values that expressions compare.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Inputs in capitals, and whether they are booleans whatever starts the workflow.
    inputs: HashMap<String, bool>,
    /// The events that start the workflow, in capitals; `None` where others may, since it is called. None of them is [`CALL`].
    events: Option<HashSet<String>>,
}

impl Facts {
    pub(super) fn of(of: Of<'_, '_>) -> Self {
        match of {
            Of::Workflow(workflow, _) => Self::of_workflow(workflow),
            Of::Action(_) => Self::default(),
        }
    }

    fn of_workflow(workflow: &Workflow<'_>) -> Self {
        let Some(on) = &workflow.on else { return Self::default() };
        let mut inputs = HashMap::new();
        let mut is_called = false;
        for event in &on.list {
            let declared = match &event.kind {
                EventKind::Dispatch(inputs) => inputs.as_slice(),
                EventKind::Call(call) => call.inputs.as_slice(),
                EventKind::Filtered(_) | EventKind::Schedule(_) => &[],
            };
            is_called |= event.name.value == CALL;
            for input in declared {
                let is_boolean = input.kind == InputType::Boolean;
                *inputs.entry(folded(input.name.value)).or_insert(is_boolean) &= is_boolean;
            }
        }
        // What GitHub refuses among the events is absent, and nothing is known then.
        let is_known = !is_called && !on.list.is_empty() && workflow.all_problems().next().is_none();
        let events = is_known.then(|| on.list.iter().map(|event| folded(event.name.value)).collect());
        Self { inputs, events }
    }

    /// What is to be told of an expression, with places in its source.
    pub(super) fn told(&self, root: &Node) -> Vec<Finding> {
        let mut found = Vec::new();
        self.collect(root, &mut found);
        found
    }

    fn collect(&self, node: &Node, found: &mut Vec<Finding>) {
        if let NodeKind::Compare { operator, left, right } = &node.kind {
            let sides = [(left, right), (right, left)];
            let told = sides.into_iter().find_map(|(asked, text)| self.compared(asked, text));
            let is_equal = match operator {
                Operator::Equal => Some(true),
                Operator::NotEqual => Some(false),
                _ => None,
            };
            if let Some(((why, hint), is_equal)) = told.zip(is_equal) {
                found.push(finding(node.span, is_equal, &why, hint));
            }
        }
        node.children().into_iter().for_each(|child| self.collect(child, found));
    }

    /// Why a value is never the text that it is compared with, and what to do.
    fn compared(&self, asked: &Node, text: &Node) -> Option<(String, &'static str)> {
        let NodeKind::Literal(Literal::String(text)) = &text.kind else { return None };
        let mut found = Vec::new();
        paths::collect(asked, &mut found);
        let [path] = found.as_slice() else { return None };
        if path.span != asked.span || path.names.len() != 2 {
            return None;
        }
        self.never_boolean(path, text).or_else(|| self.never_event(path, text))
    }

    /// A boolean and a text are compared as numbers, and most texts are none.
    fn never_boolean(&self, path: &Path<'_>, text: &str) -> Option<(String, &'static str)> {
        let name = path.name(1).filter(|_| path.starts_with(&["inputs"]))?;
        let is_boolean = self.inputs.get(&folded(name)).copied().unwrap_or_default();
        let number = Value::text(text).to_number();
        (is_boolean && number != 0.0 && number != 1.0).then(|| {
            let why = format!("the input {name} is a boolean, and equal to no text but '', '0' and '1'");
            (why, "compare it with true or false, without quotes, or write the input alone")
        })
    }

    fn never_event(&self, path: &Path<'_>, text: &str) -> Option<(String, &'static str)> {
        if !path.starts_with(&["github", "event_name"]) {
            return None;
        }
        if text.eq_ignore_ascii_case(CALL) {
            let why = format!("a called workflow has the event of its caller, and no run has '{CALL}'");
            return Some((why, "name an event that starts the caller, or an input that callers give"));
        }
        let events = self.events.as_ref()?;
        (!events.contains(&folded(text))).then(|| {
            let why = format!("no event '{text}' starts this workflow");
            (why, "name one of the events of on, or add this one there")
        })
    }
}

fn finding(span: Span, is_equal: bool, why: &str, hint: &'static str) -> Finding {
    let always = if is_equal { "never" } else { "always" };
    Finding::ours(span, format!("this is {always} true: {why}"), hint).warning()
}
