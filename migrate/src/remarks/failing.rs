//! Calls in expressions that fail whenever they are evaluated: `format` that names an argument that is not there, `fromJSON` of
//! a text that is no JSON. GitHub sees it in a run only (runner: Format.cs, FromJson.cs).

use crate::expression::{Function, Kind, Literal, Node, NodeKind, Status, Value, World};
use crate::span::Span;
use crate::values::Finding;

const HINT: &str = "whatever else a run has, this call fails when it is evaluated";

/// Nothing of it is asked: the arguments are literals.
struct Nowhere;

impl World for Nowhere {
    fn context(&self, _name: &str) -> Value {
        Value::Null
    }

    fn status(&self, _status: Status, _jobs: &[String]) -> Result<bool, String> {
        Ok(false)
    }

    fn hash_files(&self, _patterns: &[String], _follow_links: bool) -> Result<String, String> {
        Ok(String::new())
    }
}

/// Such calls in an expression, with places in its source.
pub(super) fn of(node: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    collect(node, &mut found);
    found
}

fn collect(node: &Node, found: &mut Vec<Finding>) {
    if let Some(message) = failure(node) {
        found.push(Finding::ours(node.span, message, HINT));
    }
    node.children().into_iter().for_each(|child| collect(child, found));
}

/// GitHub's text, if a call fails by what is written in it.
fn failure(node: &Node) -> Option<String> {
    let NodeKind::Call { function, name, arguments } = &node.kind else { return None };
    let text = arguments.first().filter(|first| matches!(first.kind, NodeKind::Literal(_)))?;
    let arguments = match function {
        Function::FromJson => vec![text.clone()],
        // What the others are, does not matter.
        Function::Format => {
            let empty =
                |argument: &Node| Node { kind: NodeKind::Literal(Literal::Null), span: argument.span };
            std::iter::once(text.clone()).chain(arguments.iter().skip(1).map(empty)).collect()
        }
        _ => return None,
    };
    let call = NodeKind::Call { function: *function, name: name.clone(), arguments };
    let error = Node { kind: call, span: node.span }.evaluate(&Nowhere).err()?;
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let is_certain =
        matches!(error.kind(), Kind::InvalidFormat(_) | Kind::MissingFormatArgument(_) | Kind::Json(_));
    is_certain.then(|| format!("{}{detail}", error.message()))
}

/// A finding of an expression, in the scalar where that begins at this byte.
pub(super) fn shifted(finding: Finding, by: usize) -> Finding {
    let span = Span::new(finding.span.start + by, finding.span.end + by);
    Finding { span, ..finding }
}
