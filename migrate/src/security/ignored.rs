//! Comments that say that a class is to be ignored where they stand: `# zizmor: ignore[class, class] why`.

use crate::span::Span;
use crate::yaml::{Lines, Tree};

const BEGIN: &str = "# zizmor: ignore[";

/// All such comments of a file.
pub(super) struct Ignored<'t> {
    source: &'t str,
    /// The lines of the file; `None` where there is no such comment, so that nobody counts them.
    lines: Option<Lines>,
    /// Lines with the classes that a comment there names, in the order of the source.
    comments: Vec<(usize, Vec<&'t str>)>,
}

impl<'t> Ignored<'t> {
    pub(super) fn of(tree: &'t Tree) -> Self {
        let source = tree.source();
        let named: Vec<_> =
            tree.comments().iter().filter_map(|span| Some((span.start, classes(span.of(source))?))).collect();
        let lines = (!named.is_empty()).then(|| Lines::of(source));
        let line = |at| lines.as_ref().map_or(0, |lines| lines.place(source, at).line);
        let comments = named.into_iter().map(|(at, classes)| (line(at), classes)).collect();
        Self { source, lines, comments }
    }

    /// Whether a comment on one of the lines of an area names a class.
    pub(super) fn covers(&self, class: &str, area: Span) -> bool {
        let Some(lines) = &self.lines else { return false };
        let first = lines.place(self.source, area.start).line;
        let last = lines.place(self.source, area.end.saturating_sub(1).max(area.start)).line;
        let from = self.comments.partition_point(|(line, _)| *line < first);
        let inside = self.comments.iter().skip(from).take_while(|(line, _)| *line <= last);
        inside.into_iter().any(|(_, classes)| classes.contains(&class))
    }
}

/// The classes that a comment names. Behind the bracket there is nothing or a space.
fn classes(comment: &str) -> Option<Vec<&str>> {
    let (_, rest) = comment.split_once(BEGIN)?;
    let ends = rest.rmatch_indices(']').map(|(end, _)| end);
    let end = ends.into_iter().find(|end| {
        let behind = rest.get(end + 1..).unwrap_or_default();
        *end > 0 && (behind.is_empty() || behind.starts_with(char::is_whitespace))
    })?;
    Some(rest.get(..end)?.split(',').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_name_classes() {
        for (comment, expected) in [
            ("# zizmor: ignore[a]", Some(vec!["a"])),
            ("# why # zizmor: ignore[a, b-c ,] since", Some(vec!["a", "b-c", ""])),
            ("# zizmor: ignore[a] [see x]", Some(vec!["a] [see x"])),
            ("# zizmor: ignore[a]since", None),
            ("# zizmor: ignore[]", None),
            ("# zizmor: ignore[a", None),
            ("# zizmor:ignore[a]", None),
            ("#zizmor: ignore[a]", None),
        ] {
            assert_eq!(classes(comment), expected, "{comment}");
        }
    }

    #[test]
    fn an_area_is_covered_by_a_comment_on_its_lines() {
        let source = "a: 1\nb: 2 # zizmor: ignore[x]\nc: 3\n";
        let tree = Tree::read(source);
        let ignored = Ignored::of(&tree);
        let area = |from: &str, to: &str| {
            Span::new(source.find(from).unwrap_or_default(), source.find(to).unwrap_or_default() + 1)
        };
        for (span, expected) in
            [(area("a", "1"), false), (area("b", "2"), true), (area("a", "3"), true), (area("c", "3"), false)]
        {
            assert_eq!(ignored.covers("x", span), expected, "{span:?}");
            assert!(!ignored.covers("y", span));
        }
        assert!(!Ignored::of(&Tree::read("a: 1 # b")).covers("x", Span::new(0, 9)));
    }
}
