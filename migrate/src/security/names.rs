//! The names by which an expression reads a value, and which values become a part of what it gives.

use crate::expression::{Function, Literal, Node, NodeKind};
use crate::graph::paths::ANY;

/// The names of a value, from its context on, in small letters; [`ANY`] for an index that is no text. `None` where what has the
/// parts is no context.
pub(super) fn names(node: &Node) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut at = node;
    while let NodeKind::Index { base, index } = &at.kind {
        names.push(match &index.kind {
            NodeKind::Literal(Literal::String(name)) => name.to_ascii_lowercase(),
            _ => ANY.to_owned(),
        });
        at = base;
    }
    let NodeKind::NamedValue(context) = &at.kind else { return None };
    names.push(context.to_ascii_lowercase());
    names.reverse();
    Some(names)
}

/// Whether names are those of a path; `*` in it is any one name.
pub(super) fn is_path(names: &[String], path: &str) -> bool {
    let parts = path.split('.');
    parts.clone().count() == names.len() && parts.zip(names).all(|(part, name)| part == ANY || part == name)
}

/// The values whose text may become a part of what an expression gives. What is only compared, searched or asked for its truth
/// does not.
pub(super) fn given<'e>(node: &'e Node, found: &mut Vec<&'e Node>) {
    match &node.kind {
        NodeKind::NamedValue(_) | NodeKind::Index { .. } => found.push(node),
        NodeKind::And(operands) => operands.last().into_iter().for_each(|last| given(last, found)),
        NodeKind::Or(operands) => operands.iter().for_each(|operand| given(operand, found)),
        NodeKind::Call { function, arguments, .. } => match function {
            Function::ToJson | Function::FromJson | Function::Format | Function::Join => {
                arguments.iter().for_each(|argument| given(argument, found));
            }
            Function::Case => {
                let values = arguments.iter().skip(1).step_by(2).chain(arguments.last());
                values.for_each(|value| given(value, found));
            }
            _ => {}
        },
        NodeKind::Literal(_) | NodeKind::Wildcard | NodeKind::Not(_) | NodeKind::Compare { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Availability, parse};

    #[test]
    fn values_that_become_text_are_found() {
        let contexts = ["github", "env", "steps", "matrix"];
        let availability = contexts.into_iter().fold(Availability::new(), Availability::context);
        for (source, expected) in [
            ("github.Event.issue['Title']", "github.event.issue.title"),
            ("github.event.commits[0].message", "github.event.commits.*.message"),
            ("env.a == 'x' && env.b || env.c", "env.b env.c"),
            ("env.a && env.b && env.c", "env.c"),
            ("contains(env.a, env.b) || !env.c", ""),
            ("format('{0}', env.a, toJSON(github))", "env.a github"),
            ("case(env.a, env.b, env.c, env.d, env.e)", "env.b env.d env.e"),
            ("fromJSON(env.a).b", "-"),
            ("fromJSON(toJSON(env.a))", "env.a"),
            ("env[env.a]", "env.*"),
            ("'x'", ""),
        ] {
            let expression = parse(source, &availability).unwrap();
            let mut found = Vec::new();
            expression.root().into_iter().for_each(|root| given(root, &mut found));
            let shown = |node: &&Node| names(node).map_or_else(|| "-".to_owned(), |names| names.join("."));
            assert_eq!(found.iter().map(shown).collect::<Vec<_>>().join(" "), expected, "{source}");
        }
    }

    #[test]
    fn paths_have_as_many_names() {
        let names = ["needs", "a", "result"].map(str::to_owned);
        assert!(is_path(&names, "needs.*.result") && is_path(&names, "needs.a.result"));
        assert!(
            !is_path(&names, "needs.*")
                && !is_path(&names, "needs.*.result.x")
                && !is_path(&names, "a.*.result")
        );
    }
}
