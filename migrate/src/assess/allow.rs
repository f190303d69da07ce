//! Findings that somebody has allowed, in a comment of the file: `# towpath: allow[rule, rule] reason`.

use std::collections::HashMap;

use super::mask::masked;
use super::sight::{FileAt, Spot};
use super::way::Ways;
use crate::span::Span;
use crate::yaml::{Kind, Lines, NodeId, Tree};

/// What a comment begins with.
const BEGIN: &str = "towpath: allow[";

/// A comment that allows findings. What is allowed is still found and counts for the verdict; it is not told again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The rules that it is for.
    pub rules: Vec<String>,
    /// Why; without one nothing is allowed.
    pub reason: Option<String>,
    /// The line of the comment.
    pub line: usize,
    /// The bytes in which it counts: a comment behind something, its line; one of its own, what begins on the next line, whole.
    pub span: Span,
    /// Whether anything was found there.
    pub is_used: bool,
}

impl Allow {
    /// All of a file.
    pub(super) fn all(tree: &Tree) -> Vec<Self> {
        let source = tree.source();
        if !source.contains(BEGIN) {
            return Vec::new();
        }
        let (lines, ways, values) = (Lines::of(source), Ways::of(tree), values(tree));
        let comments = tree.comments().iter();
        comments.filter_map(|comment| Self::read(*comment, tree, &lines, &ways, &values)).collect()
    }

    fn read(comment: Span, tree: &Tree, lines: &Lines, ways: &Ways<'_>, values: &Values) -> Option<Self> {
        let source = tree.source();
        let text = comment.of(source).trim_start_matches('#').trim();
        let (rules, reason) = text.strip_prefix(BEGIN)?.split_once(']')?;
        let rules = rules.split(',').map(str::trim).filter(|rule| !rule.is_empty());
        let told = |text: &str| masked(text).into_owned();
        let line = lines.place(source, comment.start).line;
        let start = lines.start(source, line);
        let is_alone = Span::new(start, comment.start).of(source).trim().is_empty();
        let span = if is_alone {
            below(line, tree, lines, ways, values)
        } else {
            Span::new(start, lines.start(source, line + 1))
        };
        let reason = Some(reason.trim()).filter(|reason| !reason.is_empty()).map(told);
        Some(Self { rules: rules.map(told).collect(), reason, line, span, is_used: false })
    }

    /// Why what a rule found in a file is allowed, if it is.
    pub(super) fn allow(all: &mut [Self], rule: &str, spot: Spot) -> Option<String> {
        // Comments are read of the workflow itself.
        let mut all = all.iter_mut().filter(|_| spot.file == FileAt::Workflow(0));
        all.find_map(|allow| allow.allows(rule, spot.span.start).map(str::to_owned))
    }

    /// Whether it allows what a rule found, which marks it as used.
    pub(super) fn allows(&mut self, rule: &str, at: usize) -> Option<&str> {
        let is_meant =
            self.span.start <= at && at < self.span.end && self.rules.iter().any(|name| name == rule);
        let reason = self.reason.as_deref().filter(|_| is_meant);
        self.is_used |= reason.is_some();
        reason
    }
}

/// The value of each key.
type Values = HashMap<NodeId, NodeId>;

/// All of a file at once: a mapping may have a comment for each of many keys.
fn values(tree: &Tree) -> Values {
    tree.ids().flat_map(|id| tree.pairs(id)).collect()
}

/// What begins on the first line below a comment that has more than comments: an item of a list, or a key with its value.
fn below(comment: usize, tree: &Tree, lines: &Lines, ways: &Ways<'_>, values: &Values) -> Span {
    let source = tree.source();
    let from = lines.start(source, comment + 1);
    let Some(first) = ways.beginning(from, source.len()).next() else { return Span::new(from, from) };
    let start = tree.node(first).span().start;
    let line = lines.place(source, start).line;
    let on_line: Vec<_> = ways.beginning(start, lines.start(source, line + 1)).take(8).collect();
    let is_item = |node: &NodeId| {
        ways.outer(*node).is_some_and(|outer| matches!(tree.node(outer).kind(), Kind::Sequence(_)))
    };
    let item = on_line.iter().copied().find(is_item).map(|item| tree.full_span(item));
    // The mapping itself begins where its first key does.
    let pair = on_line.iter().copied().find_map(|key| {
        let value = values.get(&key)?;
        Some(tree.node(key).span().to(tree.full_span(*value)))
    });
    item.or(pair).unwrap_or_else(|| tree.node(first).span())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the comments of a source cover, and why.
    fn allowed(source: &str) -> Vec<(String, Option<String>)> {
        let tree = Tree::read(source);
        let all = Allow::all(&tree).into_iter();
        all.map(|allow| (allow.span.of(source).trim().to_owned(), allow.reason)).collect()
    }

    fn one(covered: &str, reason: &str) -> Vec<(String, Option<String>)> {
        vec![(covered.to_owned(), Some(reason.to_owned()))]
    }

    #[test]
    fn a_comment_covers_its_line_or_what_begins_below() {
        let behind = "a: 1\nb: macos # towpath: allow[keep-os] we have Macs\nc: 2\n";
        assert_eq!(allowed(behind), one("b: macos # towpath: allow[keep-os] we have Macs", "we have Macs"));
        let above = "a: 1\n# towpath: allow[x] yes\n\n# more\nb:\n  c: 1\n  d: 2\ne: 3\n";
        assert_eq!(allowed(above), one("b:\n  c: 1\n  d: 2", "yes"));
        let item = "a:\n# towpath: allow[x] yes\n- b: 1\n  c: 2\n- d: 3\n";
        assert_eq!(allowed(item), one("b: 1\n  c: 2", "yes"));
        let first = "# towpath: allow[x] yes\na: 1\nb: 2\n";
        assert_eq!(allowed(first), one("a: 1", "yes"));
        let first = "a:\n  # towpath: allow[x] yes\n  b:\n    c: 1\n  d:\n    e: 1\n";
        assert_eq!(allowed(first), one("b:\n    c: 1", "yes"));
        let only = "a:\n- b:\n    # towpath: allow[x] yes\n    c: 1\n    d: 2\n";
        assert_eq!(allowed(only), one("c: 1", "yes"));
        let text = "a:\n# towpath: allow[x] yes\n- b\n- c\n";
        assert_eq!(allowed(text), one("b", "yes"));
    }

    #[test]
    fn what_is_no_such_comment_allows_nothing() {
        for source in [
            "a: 1 # allow[x] yes",
            "a: '# towpath: allow[x] yes'",
            "a: 1 # towpath: allow x yes",
            "a: |\n  # towpath: allow[x] in a script\n",
        ] {
            assert_eq!(allowed(source), [], "{source}");
        }
        assert_eq!(allowed("# towpath: allow[x]   \na: 1"), [("a: 1".to_owned(), None)], "no reason");
        assert_eq!(allowed("a: 1\n# towpath: allow[x] last"), one("", "last"));
    }

    #[test]
    fn what_is_told_of_a_comment_has_no_secrets() {
        let key = format!("ghp_{}", "a1B2".repeat(9));
        let source = format!("a: 1 # towpath: allow[keep-os, {key}] as {key} says\n");
        let all = Allow::all(&Tree::read(source.as_str()));
        assert_eq!(all[0].rules, ["keep-os", "***"]);
        assert_eq!(all[0].reason.as_deref(), Some("as *** says"));
    }

    #[test]
    fn rules_and_bytes_have_to_be_meant() {
        let source = "# towpath: allow[one, two] why\na: 1\nb: 2\n";
        let mut all = Allow::all(&Tree::read(source));
        let allow = &mut all[0];
        let (a, b) = (source.find("a: 1").unwrap(), source.find("b: 2").unwrap());
        assert_eq!(allow.allows("three", a), None);
        assert_eq!(allow.allows("one", b), None);
        assert!(!allow.is_used);
        assert_eq!(allow.allows("two", a), Some("why"));
        assert!(allow.is_used);
    }
}
