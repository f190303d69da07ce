//! Expressions just below, at and just above what an expression may cost.

use crate::material::{NUMBERS, TEXTS};
use crate::random::Random;

/// An expression near a limit.
pub(crate) fn near(random: &mut Random) -> String {
    match random.below(10) {
        0 => length(random),
        1..5 => depth(random),
        5 => names(random),
        6 => json(random),
        _ => memory(random),
    }
}

/// About 21,000 units, as one literal, many operands or spaces.
fn length(random: &mut Random) -> String {
    let wanted = 21_000 - 3 + random.below(6);
    let letter = char::from(b'a' + u8::try_from(random.below(26)).unwrap_or_default()).to_string();
    match random.below(4) {
        0 => format!("'{}'", letter.repeat(wanted - 2)),
        1 => format!("'{}'{}", "\u{1f60a}".repeat(10_000), letter.repeat(wanted - 20_002)),
        2 => {
            let operands = "0 || ".repeat((wanted - 10) / 5);
            format!("{:>width$}", format!("{operands}1"), width = wanted)
        }
        _ => format!("{letter}nothing{}", " ".repeat(wanted - 8)),
    }
}

fn leaf(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.pick(&["github", "nothing", "list[0]", "(true)", "1 &&"]).to_owned(),
        1 => random.pick(NUMBERS).to_owned(),
        _ => format!("'{}'", random.pick(TEXTS).replace('\'', "''")),
    }
}

/// About 50 levels.
fn depth(random: &mut Random) -> String {
    let levels = 46 + random.below(7);
    let leaf = leaf(random);
    match random.below(9) {
        0 => format!("{}{leaf}", "!".repeat(levels)),
        1 => format!("{}{leaf}{}", "(".repeat(levels), ")".repeat(levels)),
        2 => format!("{}{leaf}{}", "join(".repeat(levels), ")".repeat(levels)),
        3 => format!("github{}", ".a".repeat(levels)),
        4 => format!("{leaf}{}", " == 1".repeat(levels)),
        5 => format!("{leaf}{}", " && 1".repeat(levels)),
        6 => format!("{}{leaf}{}", "(1 && ".repeat(levels), ")".repeat(levels)),
        7 => format!("{}{leaf}{}", "(1 || (1 && ".repeat(levels / 2), "))".repeat(levels / 2)),
        _ => format!("{}{leaf}{}", "list[".repeat(levels), "]".repeat(levels)),
    }
}

/// JSON of about 64 levels, or a whole number of about 380 digits.
fn json(random: &mut Random) -> String {
    let digit = 1 + random.below(9);
    if random.chance(500) {
        return format!("fromJSON('{}{digit}')", digit.to_string().repeat(376 + random.below(6)));
    }
    let levels = 61 + random.below(6);
    let (open, close) = *[("[", "]"), ("{\"a\":", "}")].get(random.below(2)).unwrap();
    format!("fromJSON('{}{digit}{}')", open.repeat(levels), close.repeat(levels))
}

/// About 255 arguments.
fn names(random: &mut Random) -> String {
    let count = 251 + random.below(8);
    let arguments = vec![random.pick(NUMBERS); count].join(",");
    match random.below(3) {
        0 => format!("format('{{{}}}', {arguments})", count - random.below(3)),
        1 => format!("case({})", vec!["false"; count].join(",")),
        _ => format!("format({arguments})"),
    }
}

/// About a mebibyte: 26 bytes for a text, two for each unit. The pieces are chosen so that the last few units decide.
fn memory(random: &mut Random) -> String {
    let pad = |random: &mut Random| "x".repeat(random.below(60));
    match random.below(20) {
        0..10 => {
            // Each time the argument and nothing else.
            let units = 2000 + random.below(2000);
            let times = 1_048_576 / (26 + 2 * units);
            let rest = (1_048_576 - times * (26 + 2 * units)) / 2;
            let tail = "y".repeat((rest + random.below(30)).saturating_sub(28));
            format!("startsWith(format('{}{tail}', '{}'), 'a')", "{0}".repeat(times), "a".repeat(units))
        }
        10..13 => {
            let inner = format!("format('{}', '{}')", "{0}".repeat(84 + random.below(5)), "b".repeat(3000));
            format!(
                "contains(join(fromJSON(format('[\"{{0}}\",\"{{0}}\"]', {inner})), '{}'), 'b')",
                pad(random)
            )
        }
        13 => {
            // Each item is five units with the line before it.
            let many = format!("format('{}', '{}')", "{0}".repeat(57), "1,".repeat(500));
            let more = "1,".repeat(500 + random.below(260));
            format!("startsWith(toJSON(fromJSON(format('[{{0}}{{1}}1]', {many}, '{more}'))), '[')")
        }
        _ => {
            let units = 20_000;
            let times = 25 + random.below(3);
            format!("'{}' == format('{}', '{}')", pad(random), "{0}".repeat(times), "c".repeat(units))
        }
    }
}
