//! Shows how two texts differ, in the way of `diff -u`: good enough for a person who has to see why a file is stale.

use std::fmt::Write as _;

/// Lines shown around the difference.
const CONTEXT: usize = 3;
/// Lines shown of each side, so that a file generated wholly anew does not flood the screen.
const SHOWN: usize = 40;

/// The difference from `old` to `new`, as one hunk from the first to the last line that differs; empty when they are equal.
pub(crate) fn between(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(old), lines(new));
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let head = same(&mut old.iter().zip(&new));
    let tail = same(&mut old.iter().rev().zip(new.iter().rev())).min(old.len().min(new.len()) - head);
    let from = head.saturating_sub(CONTEXT);
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);

    let mut text = format!("--- {path}\n+++ {path} (generated)\n");
    let context = CONTEXT.min(tail);
    let (old_count, new_count) = (old_end + context - from, new_end + context - from);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "@@ -{},{old_count} +{},{new_count} @@", from + 1, from + 1);
    push(&mut text, ' ', old.get(from..head));
    push(&mut text, '-', old.get(head..old_end));
    push(&mut text, '+', new.get(head..new_end));
    push(&mut text, ' ', old.get(old_end..old_end + context));
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn push(text: &mut String, sign: char, lines: Option<&[&str]>) {
    let lines = lines.unwrap_or_default();
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(text, "{sign}{}", line.trim_end_matches('\n'));
        if !line.ends_with('\n') {
            text.push_str("\\ no newline at the end\n");
        }
    }
    if lines.len() > SHOWN {
        let _ = writeln!(text, "{sign}... {} more lines", lines.len() - SHOWN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(old: &str, new: &str) -> String {
        between("f", old, new).lines().skip(2).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(between("f", "a\nb\n", "a\nb\n"), "");
    }

    #[test]
    fn a_difference_stands_between_its_neighbours() {
        let old = "1\n2\n3\n4\n5\nold\n7\n8\n9\n10\n";
        assert_eq!(
            between("README.md", old, &old.replace("old", "new\nmore")),
            "--- README.md\n+++ README.md (generated)\n@@ -3,7 +3,8 @@\n 3\n 4\n 5\n-old\n+new\n+more\n 7\n 8\n 9\n"
        );
    }

    #[test]
    fn lines_that_only_come_or_go() {
        assert_eq!(hunk("", "a\n"), "@@ -1,0 +1,1 @@\n+a");
        assert_eq!(hunk("a\n", ""), "@@ -1,1 +1,0 @@\n-a");
        assert_eq!(hunk("a\na\n", "a\na\na\n"), "@@ -1,2 +1,3 @@\n a\n a\n+a");
    }

    #[test]
    fn a_missing_newline_is_a_difference() {
        assert_eq!(hunk("a", "a\n"), "@@ -1,1 +1,1 @@\n-a\n\\ no newline at the end\n+a");
    }

    #[test]
    fn a_flood_is_cut() {
        let text = hunk("", &"x\n".repeat(100));
        assert_eq!(text.lines().count(), 1 + SHOWN + 1);
        assert!(text.ends_with("+... 60 more lines"), "{text}");
    }
}
