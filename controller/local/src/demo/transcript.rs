//! The demo's output with everything left out that differs from run to run, for the README.
//!
//! Acts overlap, so their lines are put one act after another; inside an act their order is always the same.

use std::collections::BTreeMap;

/// What stands for an act in its heading.
pub(super) const ACT: &str = "Act ";

/// The text of `towpath demo --plain` without times, ids and measured values, in the order of acts.
pub fn stable(text: &str) -> String {
    let (mut before, mut acts, mut after) = (Vec::new(), BTreeMap::<u32, Vec<String>>::new(), Vec::new());
    for line in text.lines() {
        let line = line.trim_end();
        if let Some(act) = heading(line) {
            acts.entry(act).or_default().insert(0, line.to_owned());
        } else if let Some((act, rest)) = event(line) {
            let lines = if act == 0 { &mut before } else { acts.entry(act).or_default() };
            lines.push(steady(&format!("  ..s  {rest}")));
        } else if acts.is_empty() {
            before.push(steady(line));
        } else if !(line.is_empty() && after.is_empty()) {
            after.push(steady(line));
        }
    }
    let acts = acts.into_values().map(|lines| ordered(lines).join("\n"));
    let parts = std::iter::once(before.join("\n").trim_end().to_owned()).chain(acts);
    let text = parts.chain([after.join("\n")]).collect::<Vec<_>>().join("\n\n");
    format!("{}\n", text.trim_end())
}

/// The number of an act whose heading this is.
fn heading(line: &str) -> Option<u32> {
    line.strip_prefix(ACT)?.split(':').next()?.parse().ok()
}

/// The act of an event's line, and the line from the act on.
fn event(line: &str) -> Option<(u32, &str)> {
    let (seconds, rest) = line.trim_start().split_once("s  ")?;
    seconds.parse::<f64>().ok()?;
    let act = rest.split_once("  ")?.0;
    Some((if act == "-" { 0 } else { act.parse().ok()? }, rest))
}

/// Gates of one environment end in any order: neighbours that are good verdicts are sorted.
fn ordered(mut lines: Vec<String>) -> Vec<String> {
    lines.chunk_by_mut(|a, b| a.contains(": Passed") && b.contains(": Passed")).for_each(<[String]>::sort);
    lines
}

/// The line with a sign for each word that differs from run to run; columns stay where they are.
fn steady(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let filled: Vec<(usize, &str)> =
        words.iter().copied().enumerate().filter(|(_, w)| !w.is_empty()).collect();
    let mut out: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    for (i, (at, word)) in filled.iter().enumerate() {
        let near = |offset: isize| {
            let index = i.checked_add_signed(offset)?;
            filled.get(index).map(|(_, word)| *word)
        };
        let Some(sign) = sign(word, near(-1).unwrap_or(""), near(1).unwrap_or("")) else { continue };
        // Blanks behind the word take up the difference where they make a column.
        let blanks = words.iter().skip(at + 1).take_while(|word| word.is_empty()).count();
        let width = if blanks > 0 && i + 1 < filled.len() { word.chars().count() + blanks } else { 0 };
        if let Some(slot) = out.get_mut(*at) {
            *slot = format!("{sign:width$}");
        }
        out.iter_mut()
            .skip(at + 1)
            .take(if width > 0 { blanks } else { 0 })
            .for_each(|w| *w = "\0".to_owned());
    }
    out.retain(|word| word != "\0");
    out.join(" ")
}

/// What stands for a word that differs from run to run; nothing for any other.
fn sign(word: &str, before: &str, after: &str) -> Option<String> {
    let core = word.trim_matches(|c: char| ",:;().".contains(c));
    let sign = match core {
        _ if core.starts_with("r-") && core.len() == 22 => "r-..",
        _ if core.len() == 20 && core.ends_with('Z') && core.contains('T') => "(time)",
        _ if (7..=40).contains(&core.len()) && core.bytes().all(|b| b.is_ascii_hexdigit()) => "(commit)",
        _ if is_number(core) && after == "at" => "(rate)",
        _ if is_number(core.trim_end_matches('s')) && core.ends_with('s') && core.contains('.') => "..s",
        _ if is_span(core) && PHASES.contains(&before) => "..s",
        _ if is_number(core) && (before == "event" || before == "of" && after == "commits") => "..",
        _ => core.strip_prefix("journal=").filter(|n| is_number(n)).map(|_| "journal=..")?,
    };
    Some(word.replace(core, sign))
}

const PHASES: [&str; 5] = ["settled", "verified", "verifying", "syncing", "adopted"];

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn is_span(text: &str) -> bool {
    text.ends_with(['s', 'm']) && text.bytes().all(|b| b.is_ascii_digit() || b == b's' || b == b'm')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_replaced_and_columns_stay() {
        let table = [
            ("  dev    1.4.0  settled  12s    nothing", "  dev    1.4.0  settled  ..s    nothing"),
            ("  dev    1.4.0  settled  3s     nothing", "  dev    1.4.0  settled  ..s    nothing"),
            (
                "metrics: Failed: 0.2245 at 2026-11-21T10:00:00Z, limit 0.05",
                "metrics: Failed: (rate) at (time), limit 0.05",
            ),
            ("1.4.0 (r-0123456789abcdef0123), number 4", "1.4.0 (r-..), number 4"),
            ("abc1234 Promote web  journal=57", "(commit) Promote web  journal=.."),
            ("soak 1s and 4s of bake", "soak 1s and 4s of bake"),
            ("1.4.0  bake  4s        4.1s", "1.4.0  bake  4s        ..s"),
            ("All of it took 24.1s.", "All of it took ..s."),
        ];
        for (line, expected) in table {
            assert_eq!(steady(line), expected);
        }
    }

    #[test]
    fn acts_are_put_in_order() {
        let text = "intro\n  0.1s  -  demo  begins\n\nAct 1: one\n  1.0s  1  dev  a\n\nAct 2: two\n  2.0s  2  dev  b\n\
                    \x20 2.1s  1  prod  c\n\nThe end\n\n  table\n";
        let expected = "intro\n  ..s  -  demo  begins\n\nAct 1: one\n  ..s  1  dev  a\n  ..s  1  prod  c\n\n\
                        Act 2: two\n  ..s  2  dev  b\n\nThe end\n\n  table\n";
        assert_eq!(stable(text), expected);
        assert_eq!(stable(&stable(text)), stable(expected));
    }

    #[test]
    fn verdicts_that_come_together_have_one_order() {
        let lines = [
            "Act 1: x",
            "1.0s  1  dev  qa: Passed",
            "1.1s  1  dev  metrics: Passed",
            "1.2s  1  dev  Verified",
        ];
        let mut swapped = lines;
        swapped.swap(1, 2);
        assert_eq!(stable(&lines.join("\n")), stable(&swapped.join("\n")));
    }
}
