//! Breaks expressions as people do: a symbol too many, one too few, two in the wrong order.

use crate::generate::Made;
use crate::random::Random;

const SYMBOLS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "*",
    "'",
    "!",
    "=",
    "==",
    "!=",
    "<",
    ">",
    "&",
    "&&",
    "|",
    "||",
    "1",
    "0x",
    "-",
    "+",
    "'a'",
    "a",
    "true",
    "null",
    "github",
    "format(",
    "contains(",
    "toJSON(",
    "case(",
    "join(",
    "nothing",
    "nothing()",
    " ",
    "\n",
    "\"",
    "$",
    "\u{a0}",
    "\u{1f60a}",
    "\u{feff}",
    "1.2.3",
    "@",
    "{",
    "}}",
    ".*",
    "[*]",
    "[*[*]]",
    "()",
    "''",
    "#",
    "%",
    "\\",
    "-1",
    "1a",
    "a-",
    "=>",
];

/// The same expression with one or two symbols changed. It may still be a good one.
pub(crate) fn broken(random: &mut Random, mut made: Made) -> Made {
    for _ in 0..=random.below(2) {
        change(random, &mut made.source);
    }
    Made { kind: None, cell: None, ..made }
}

/// Where a symbol may start: at the end of the text, or where the kind of character changes.
fn borders(text: &str) -> Vec<usize> {
    let class = |character: char| match character {
        c if c.is_alphanumeric() || c == '_' => 0,
        c if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut last = 3;
    let mut borders = Vec::new();
    for (at, character) in text.char_indices() {
        if class(character) != last || last == 2 {
            borders.push(at);
        }
        last = class(character);
    }
    borders.push(text.len());
    borders
}

fn change(random: &mut Random, source: &mut String) {
    let borders = borders(source);
    let place = random.below(borders.len());
    let (start, end) = (borders[place], borders.get(place + 1).copied().unwrap_or(source.len()));
    let symbol = random.pick(SYMBOLS);
    match random.below(5) {
        0 => source.insert_str(start, symbol),
        1 => source.replace_range(start..end, ""),
        2 => source.replace_range(start..end, symbol),
        3 => {
            let twice = source[start..end].repeat(2);
            source.replace_range(start..end, &twice);
        }
        _ => source.truncate(start),
    }
}
