//! A generated block inside a file that people write: the lines between two markers.

use std::fmt;

/// Why a block cannot be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBlock {
    /// Neither marker is there.
    Absent,
    /// A marker is there twice, alone, or in the wrong order.
    Broken,
}

impl fmt::Display for NoBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "it has no such block",
            Self::Broken => "the block's markers have to be there once each, the first before the second",
        })
    }
}

/// The line before a block.
pub(crate) fn start_marker(name: &str) -> String {
    format!("<!-- generated: {name} -->")
}

/// The line after a block.
pub(crate) fn end_marker(name: &str) -> String {
    format!("<!-- end: {name} -->")
}

/// Answers the text with the block's lines replaced by `body` in a fence, so that Markdown shows them as they are.
pub(crate) fn replace(text: &str, name: &str, body: &str) -> Result<String, NoBlock> {
    let (before, after) = around(text, name)?;
    // A fence must be longer than any run of backticks inside.
    let fence = "`".repeat(longest_run(body).max(2) + 1);
    Ok(format!("{before}\n{fence}text\n{}\n{fence}\n{after}", body.trim_end()))
}

/// Splits off what stands before the block, its first marker included, and what stands after, its second included.
pub(crate) fn around<'a>(text: &'a str, name: &str) -> Result<(&'a str, &'a str), NoBlock> {
    let (start, end) = (start_marker(name), end_marker(name));
    match (text.matches(&start).count(), text.matches(&end).count()) {
        (0, 0) => return Err(NoBlock::Absent),
        (1, 1) => {}
        _ => return Err(NoBlock::Broken),
    }
    let (before, rest) = text.split_at(text.find(&start).ok_or(NoBlock::Absent)? + start.len());
    let at = rest.find(&end).ok_or(NoBlock::Broken)?;
    Ok((before, rest.split_at(at).1))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\n<!-- generated: x -->\nold\n<!-- end: x -->\nb\n";

    #[test]
    fn only_the_block_changes_and_again_changes_nothing() {
        let once = replace(TEXT, "x", "new\n\n").unwrap();
        assert_eq!(once, "a\n<!-- generated: x -->\n```text\nnew\n```\n<!-- end: x -->\nb\n");
        assert_eq!(replace(&once, "x", "new").unwrap(), once);
    }

    #[test]
    fn a_fence_inside_cannot_end_the_block() {
        let text = replace(TEXT, "x", "````\ncode\n````").unwrap();
        assert!(text.contains("\n`````text\n````\ncode\n````\n`````\n"), "{text}");
    }

    #[test]
    fn markers_that_are_not_a_pair_are_refused() {
        let (start, end) = (start_marker("x"), end_marker("x"));
        let table = [
            (String::new(), NoBlock::Absent),
            (start.clone(), NoBlock::Broken),
            (end.clone(), NoBlock::Broken),
            (format!("{end}\n{start}"), NoBlock::Broken),
            (format!("{start}{start}{end}"), NoBlock::Broken),
            (TEXT.replace('x', "xy"), NoBlock::Absent),
        ];
        for (text, expected) in table {
            assert_eq!(replace(&text, "x", "new"), Err(expected), "{text}");
        }
    }
}
