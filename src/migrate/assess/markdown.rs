//! A page for a pull request or a wiki, as Markdown in which no text of a file is markup.

use std::fmt::Write as _;

use towpath_migrate::assess::Mark;

use super::base::Base;
use super::estate::{Estate, VERDICTS};

/// How many rows a table has.
const MOST: usize = 50;

/// How many characters of a text are told.
const MAX_TEXT: usize = 160;

pub(super) fn page(estate: &Estate, base: &Base) -> String {
    let mut page = String::from("# What can move to Argo\n\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "{} workflows, assessed offline; verdicts are predicted: no converter has used them yet.\n",
        estate.sheets.len()
    );
    verdicts(estate, &mut page);
    blockers(estate, &mut page);
    workflows(estate, base, &mut page);
    unread(estate, base, &mut page);
    page
}

fn verdicts(estate: &Estate, page: &mut String) {
    page.push_str("| verdict | workflows | meaning |\n|---|---:|---|\n");
    for (verdict, meaning) in VERDICTS {
        let count = estate.count(verdict);
        if count > 0 {
            let _ = writeln!(page, "| {verdict} | {count} | {meaning} |");
        }
    }
}

fn blockers(estate: &Estate, page: &mut String) {
    let list = estate.unlock();
    if list.is_empty() {
        return;
    }
    page.push_str("\n## What to deal with first\n\n| frees | blocks | movable then | rule | what |\n|---:|---:|---:|---|---|\n");
    for unlock in list.iter().take(MOST) {
        let (rule, target) = unlock.blocker;
        let (frees, blocks, free) = (unlock.frees, unlock.blocks, unlock.free);
        let _ = writeln!(page, "| {frees} | {blocks} | {free} | {rule} | {} |", inert(target));
    }
    more(list.len(), page);
}

fn workflows(estate: &Estate, base: &Base, page: &mut String) {
    page.push_str("\n## Workflows\n\n| workflow | verdict | edits | why |\n|---|---|---:|---|\n");
    for sheet in estate.sheets.iter().take(MOST) {
        let first = sheet.reasons.iter().find(|cited| sheet.rolled.rests_on(cited.rule.outcome));
        let why = first.map(|cited| {
            let place = place(&cited.mark);
            format!("{} ({place}): {}", cited.rule.id, inert(&cited.target))
        });
        let path = inert(&base.path(&sheet.path));
        let _ = writeln!(
            page,
            "| {path} | {} | {} | {} |",
            sheet.rolled.name(),
            sheet.edits,
            why.unwrap_or_default()
        );
    }
    more(estate.sheets.len(), page);
}

/// Where something is, from the workflow.
fn place(mark: &Mark) -> String {
    let line = mark.start.line;
    match (mark.file(), mark.in_workflow()) {
        (None, _) => format!("line {line}"),
        (Some(file), Some((start, _))) => format!("line {}: {} line {line}", start.line, inert(file)),
        (Some(file), None) => format!("{} line {line}", inert(file)),
    }
}

fn unread(estate: &Estate, base: &Base, page: &mut String) {
    if estate.unread.is_empty() {
        return;
    }
    page.push_str("\n## Not read\n\n| file | cause | what to do |\n|---|---|---|\n");
    for problem in estate.unread.iter().take(MOST) {
        let path = inert(&base.path(&problem.path.to_string_lossy()));
        let _ =
            writeln!(page, "| {path} | {} | {} |", inert(&problem.cause.to_string()), problem.cause.remedy());
    }
    more(estate.unread.len(), page);
}

fn more(all: usize, page: &mut String) {
    if all > MOST {
        let _ = writeln!(page, "\nand {} more: `-o json` or `--out DIR` has all.", all - MOST);
    }
}

/// A text that is only text: characters that mean something to Markdown, to HTML or to a link are written as numbers, and what is not
/// seen, or turns the direction of reading, is left out.
fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    for char in text.chars().take(MAX_TEXT) {
        match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '/' | ',' | ';' => inert.push(char),
            // A dot behind letters or a colon behind a scheme makes links of texts.
            _ if char.is_alphanumeric() => inert.push(char),
            _ if is_unseen(char) => inert.push(' '),
            _ => {
                let _ = write!(inert, "&#{};", u32::from(char));
            }
        }
    }
    if text.chars().nth(MAX_TEXT).is_some() {
        inert.push('…');
    }
    inert
}

/// Whether a character has no form of its own.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || char.is_whitespace()
        || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        for (text, expected) in [
            ("plain text/x", "plain text/x"),
            ("a|b\n# c", "a&#124;b &#35; c"),
            ("[x](javascript:y)", "&#91;x&#93;&#40;javascript&#58;y&#41;"),
            ("<img onerror=x>", "&#60;img onerror&#61;x&#62;"),
            ("@everyone www.a.b", "&#64;everyone www&#46;a&#46;b"),
            ("\u{1b}[31m\u{202e}red", " &#91;31m red"),
            ("`_*~!\\&", "&#96;&#95;&#42;&#126;&#33;&#92;&#38;"),
        ] {
            assert_eq!(inert(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(inert(&"é".repeat(MAX_TEXT + 1)), format!("{}…", "é".repeat(MAX_TEXT)));
    }
}
