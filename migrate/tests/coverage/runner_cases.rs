//! Cases of our own: what the runner says where npm says something else, each with its source (`runner_cases.txt`).

#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use serde_json::json;
use towpath_migrate::expression::{Availability, Contexts, ExpressionError, Stage, Value, parse};

const CASES: &str = include_str!("../runner_cases.txt");

/// How many there are in which npm says something else. Fewer would be cases that got lost.
const DIFFERENT: usize = 388;

struct Case<'a> {
    source: &'a str,
    expression: &'a str,
    runner: &'a str,
    npm: &'a str,
}

/// The contexts of all cases, and the cases.
fn read() -> Result<(&'static str, Vec<Case<'static>>), String> {
    let (mut contexts, mut source, mut cases) = ("", "", Vec::new());
    for (number, line) in
        (1..).zip(CASES.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        let (word, rest) = line.split_once(' ').ok_or_else(|| format!("line {number}: {line}"))?;
        match (word, cases.last_mut()) {
            ("contexts", _) => contexts = rest,
            ("source", _) => source = rest,
            ("expression", _) => cases.push(Case { source, expression: rest, runner: "", npm: "" }),
            ("runner", Some(Case { runner, .. })) => *runner = rest,
            ("npm", Some(Case { npm, .. })) => *npm = rest,
            _ => return Err(format!("line {number}: {line}")),
        }
    }
    Ok((contexts, cases))
}

/// Writes out `\u{HEX}` and `\x{N:TEXT}`.
fn written_out(text: &str) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        result.push_str(before);
        if let Some(character) = after.strip_prefix("u{") {
            let (hex, after) = character.split_once('}').ok_or(text)?;
            let code = u32::from_str_radix(hex, 16).map_err(|error| format!("{text}: {error}"))?;
            result.push(char::from_u32(code).ok_or(text)?);
            rest = after;
        } else if let Some(repeated) = after.strip_prefix("x{") {
            let (count, piece) = repeated.split_once(':').ok_or(text)?;
            let count = count.parse().map_err(|error| format!("{text}: {error}"))?;
            // A placeholder of format, or anything else without a brace.
            let end = if piece.starts_with("{0}") { 3 } else { piece.find('}').ok_or(text)? };
            let (piece, after) = piece.split_at(end);
            result.push_str(&piece.repeat(count));
            rest = after.strip_prefix('}').ok_or(text)?;
        } else {
            result.push('\\');
            rest = after;
        }
    }
    result.push_str(rest);
    Ok(result)
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Lexing => "lexing",
        Stage::Parsing => "parsing",
        Stage::Evaluating => "evaluating",
    }
}

/// Why this is not what the runner says, if it is not.
fn mistake(answer: &Result<Value, ExpressionError>, expected: &str) -> Option<String> {
    let (right, found) = match (answer, expected.strip_prefix("! ")) {
        (Ok(value), None) => (Value::from_json(expected).as_ref() == Ok(value), value.to_json()),
        (Err(error), Some(expected)) => {
            let position = error.position().map_or_else(|| "-".to_owned(), |position| position.to_string());
            let found = format!("{} {position} {error}", stage(error.stage()));
            (found.starts_with(expected), found)
        }
        (answer, _) => (false, format!("{answer:?}")),
    };
    (!right).then(|| format!("{found} instead of {expected}"))
}

/// What all cases came to.
pub(crate) struct Counts {
    cases: usize,
    /// In how many npm says something else.
    different: usize,
    wrong: Vec<String>,
}

impl Counts {
    pub(crate) fn record(&self) -> serde_json::Value {
        let agreed = self.cases - self.different;
        json!({ "npmDiffers": self.different, "npmAgrees": agreed, "wrong": self.wrong.len() })
    }
}

pub(crate) fn counts() -> Counts {
    let (contexts, cases) = read().unwrap();
    let contexts = Contexts::from_json(contexts).unwrap();
    let availability = contexts.names().into_iter().fold(Availability::new(), Availability::context);
    let (mut wrong, mut different) = (Vec::new(), 0);
    for case in &cases {
        let source = written_out(case.expression).unwrap();
        let answer = parse(&source, &availability).and_then(|expression| expression.evaluate(&contexts));
        if let Some(mistake) = mistake(&answer, case.runner) {
            wrong.push(format!("{} ({}): {mistake}", case.expression, case.source));
        }
        assert_ne!(case.npm, case.runner, "{}: what is equal is called the same", case.expression);
        different += usize::from(case.npm != "the same");
    }
    Counts { cases: cases.len(), different, wrong }
}

#[test]
fn the_runner_is_right_where_npm_says_something_else() {
    let Counts { cases, different, wrong } = counts();
    println!(
        "runner cases: {} of {cases}; npm differs in {different} and agrees in {}",
        cases - wrong.len(),
        cases - different,
    );
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(different, DIFFERENT);
}

#[test]
fn no_case_stands_twice() {
    let mut expressions: Vec<_> = read().unwrap().1.iter().map(|case| case.expression).collect();
    expressions.sort_unstable();
    let twice: Vec<_> =
        expressions.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert_eq!(twice, Vec::<&str>::new());
}
