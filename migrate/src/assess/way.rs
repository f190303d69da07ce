//! The way to a place in a file by names, which stays the same when something else is written before it.

use crate::span::Span;
use crate::yaml::{Kind, NodeId, Tree};

/// How many characters of a name are told.
const MAX_NAME: usize = 80;

/// Keys that an item of a list is called by, the first that it has.
const NAMES: [&str; 4] = ["id", "name", "uses", "cron"];

/// The nodes around each node of a tree. Made once; a way then costs as much as it is deep.
pub struct Ways<'t> {
    tree: &'t Tree,
    /// By node: the collection that it is in, and the key that it is the value of.
    around: Vec<(Option<NodeId>, Option<NodeId>)>,
    starts: Vec<usize>,
}

impl<'t> Ways<'t> {
    /// Looks at each node once.
    #[must_use]
    pub fn of(tree: &'t Tree) -> Self {
        let mut around = vec![(None, None); tree.len()];
        let mut set =
            |id: NodeId, value| around.get_mut(id.index()).into_iter().for_each(|slot| *slot = value);
        for id in tree.ids() {
            match tree.node(id).kind() {
                Kind::Sequence(_) => tree.children(id).for_each(|item| set(item, (Some(id), None))),
                Kind::Mapping(_) => tree.pairs(id).for_each(|(key, value)| {
                    set(key, (Some(id), Some(key)));
                    set(value, (Some(id), Some(key)));
                }),
                Kind::Scalar(_) | Kind::Alias(_) => {}
            }
        }
        let starts = tree.ids().map(|id| tree.node(id).span().start).collect();
        Self { tree, around, starts }
    }

    /// The way to the innermost node that has the first byte of a span: `jobs.build.steps[Checkout].with.ref`. An item of a list
    /// is called by its `id`, `name`, `uses` without ref, or itself where it is a text; empty for the whole file.
    #[must_use]
    pub fn to(&self, span: Span) -> String {
        let mut parts = Vec::new();
        let mut at = self.node_at(span.start);
        while let Some(node) = at {
            let (outer, key) = self.around.get(node.index()).copied().unwrap_or_default();
            match key {
                Some(key) => parts.push(format!(".{}", short(self.tree.text(key).unwrap_or_default()))),
                None if outer.is_some() => parts.push(format!("[{}]", self.item(node))),
                None => {}
            }
            at = outer;
        }
        parts.reverse();
        parts.concat().trim_start_matches('.').to_owned()
    }

    /// The innermost node that has a byte.
    fn node_at(&self, offset: usize) -> Option<NodeId> {
        let before = self.starts.partition_point(|start| *start <= offset);
        let mut at = before.checked_sub(1).and_then(|index| self.tree.id_at(index));
        while let Some(node) = at {
            let span = self.tree.full_span(node);
            if span.start <= offset && offset < span.end.max(span.start + 1) {
                break;
            }
            at = self.outer(node);
        }
        at
    }

    /// The collection that a node is in.
    #[must_use]
    pub(super) fn outer(&self, node: NodeId) -> Option<NodeId> {
        self.around.get(node.index()).and_then(|(outer, _)| *outer)
    }

    /// The nodes that begin from one byte to before another, in the order of the source.
    pub(super) fn beginning(&self, from: usize, to: usize) -> impl Iterator<Item = NodeId> {
        let first = self.starts.partition_point(|start| *start < from);
        let starts = self.starts.iter().enumerate().skip(first).take_while(move |(_, start)| **start < to);
        starts.filter_map(|(index, _)| self.tree.id_at(index))
    }

    fn item(&self, node: NodeId) -> String {
        let name = NAMES.iter().find_map(|key| {
            let value = self.tree.text(self.tree.value_of(node, key)?)?;
            Some(if *key == "uses" { value.split('@').next().unwrap_or_default() } else { value })
        });
        short(name.or_else(|| self.tree.text(node)).unwrap_or_default())
    }
}

/// A name as far as it is told.
fn short(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "on: {push: {branches: [main, 'rel/*']}}\n\
                          jobs:\n  build:\n    runs-on: x\n    steps:\n    - uses: actions/checkout@v4\n      with: {ref: here}\n\
                          \x20   - {name: Say, run: echo there}\n    - run: |\n        one\n        two\n";

    fn way(text: &str) -> String {
        let tree = Tree::read(SOURCE);
        let start = SOURCE.find(text).unwrap();
        Ways::of(&tree).to(Span::new(start, start + text.len()))
    }

    #[test]
    fn ways_go_by_names() {
        for (text, expected) in [
            ("push", "on.push"),
            ("rel/*", "on.push.branches[rel/*]"),
            ("x\n", "jobs.build.runs-on"),
            ("actions/checkout", "jobs.build.steps[actions/checkout].uses"),
            ("here", "jobs.build.steps[actions/checkout].with.ref"),
            ("echo there", "jobs.build.steps[Say].run"),
            ("two", "jobs.build.steps[].run"),
        ] {
            assert_eq!(way(text), expected, "{text}");
        }
    }

    #[test]
    fn a_step_more_before_it_changes_no_way() {
        let before = way("here");
        let more = SOURCE.replace("    steps:\n", "    steps:\n    - run: more\n");
        let tree = Tree::read(more.as_str());
        let start = more.find("here").unwrap();
        assert_eq!(Ways::of(&tree).to(Span::new(start, start + 4)), before);
    }

    #[test]
    fn what_is_no_tree_has_ways_to_nothing() {
        for source in ["", "\u{feff}", "a: [", "*x", "- - -\n"] {
            let tree = Tree::read(source);
            let ways = Ways::of(&tree);
            (0..source.len() + 2).for_each(|at| assert!(ways.to(Span::new(at, at)).len() < 9, "{source:?}"));
        }
    }
}
