//! The cases that GitHub publishes with actions/languageservices: value, or error by stage, kind, position and text.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails ends its test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::json;

use towpath_migrate::expression::{
    Availability, Contexts, ExpressionError, Kind, Object, Stage, Value, parse,
};

/// How many there are. Fewer would be cases that were not looked at.
const CASES: usize = 1020;

/// How many of them expect an error.
const ERRORS: usize = 80;

/// How many of those say where.
const POSITIONS: usize = 45;

fn object(value: Option<&Value>) -> Result<&Object, String> {
    match value {
        Some(Value::Object(object)) => Ok(object),
        other => Err(format!("an object was expected: {other:?}")),
    }
}

fn string(value: Option<&Value>) -> Result<&str, String> {
    match value {
        Some(Value::String(text)) => Ok(text),
        other => Err(format!("text was expected: {other:?}")),
    }
}

/// How many cases were right, by what they expect.
#[derive(Debug, Default)]
struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    fn right(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn of(&self, what: &str) -> usize {
        self.0.get(what).copied().unwrap_or_default()
    }
}

/// What all cases came to.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    tally: Tally,
    wrong: Vec<String>,
}

pub(crate) fn counts() -> Option<&'static Counts> {
    static COUNTS: LazyLock<Option<Counts>> =
        LazyLock::new(|| crate::corpus::folder("published").map(|folder| look(&folder)));
    COUNTS.as_ref()
}

impl Counts {
    pub(crate) fn record(&self) -> serde_json::Value {
        let of = |part| self.tally.of(part);
        json!({ "values": of("value"), "errors": of("error"), "positions": of("position"), "wrong": self.wrong.len() })
    }
}

fn look(corpus: &Path) -> Counts {
    let folder = corpus.join("languageservices/expressions");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let text = fs::read_to_string(file).unwrap();
        let groups = Value::from_json(&text).unwrap();
        for (_, cases) in object(Some(&groups)).unwrap().iter() {
            let Value::Array(cases) = cases else { panic!("{}: {cases:?}", file.display()) };
            for case in cases.items() {
                let checked = object(Some(case)).and_then(|case| check(case, &mut tally));
                checked.unwrap_or_else(|why| wrong.push(format!("{}: {why}", file.display())));
            }
        }
    }
    Counts { tally, wrong }
}

#[test]
fn published_cases_have_their_value_or_error() {
    let Some(Counts { tally, wrong }) = counts() else { return };
    println!("published cases: {} of {CASES}; {tally:?}", tally.of("value") + tally.of("error"));
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(tally.of("value") + tally.of("error"), CASES);
    for part in ["error", "stage", "kind", "text"] {
        assert_eq!(tally.of(part), ERRORS, "{part}");
    }
    assert_eq!(tally.of("position"), POSITIONS);
}

fn check(case: &Object, tally: &mut Tally) -> Result<(), String> {
    let source = string(case.get("expr"))?;
    let contexts = case.get("contexts").map_or_else(|| "{}".to_owned(), Value::to_json);
    let contexts = Contexts::from_json(&contexts).map_err(|error| error.to_string())?;
    let availability = contexts.names().into_iter().fold(Availability::new(), Availability::context);
    let answer = parse(source, &availability).and_then(|expression| expression.evaluate(&contexts));
    match (case.get("result"), case.get("err"), answer) {
        (result @ Some(_), None, Ok(value)) => {
            let result = object(result)?;
            let (expected, kind) = (result.get("value"), string(result.get("kind"))?);
            if Some(&value) != expected || value.kind().name() != kind {
                return Err(format!("{source}: {value:?} instead of {expected:?}"));
            }
            tally.right("value");
            Ok(())
        }
        (None, err @ Some(_), Err(error)) => check_error(source, object(err)?, &error, tally),
        (.., answer) => Err(format!("{source}: {answer:?}")),
    }
}

fn check_error(
    source: &str,
    expected: &Object,
    error: &ExpressionError,
    tally: &mut Tally,
) -> Result<(), String> {
    let text = string(expected.get("value"))?;
    tally.right("error");
    if stage(error.stage()) != string(expected.get("kind"))? {
        return Err(format!("{source}: found while {:?}: {error}", error.stage()));
    }
    tally.right("stage");
    if !text.starts_with(beginning(error.kind())) {
        return Err(format!("{source}: {:?} instead of {text}", error.kind()));
    }
    tally.right("kind");
    if let Some((_, after)) = text.split_once("Located at position ") {
        // Some end with the position, and with only its first digits.
        let expected = after.split(' ').next().unwrap_or_default();
        let ours = error.position().map_or_else(String::new, |position| position.to_string());
        let whole = after.contains(' ');
        if whole && ours != expected || !ours.starts_with(expected) {
            return Err(format!("{source}: at {ours} instead of {expected}"));
        }
        tally.right("position");
    }
    if !error.message().starts_with(text) {
        return Err(format!("{source}: {error} instead of {text}"));
    }
    tally.right("text");
    Ok(())
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Lexing => "lexing",
        Stage::Parsing => "parsing",
        Stage::Evaluating => "evaluation",
    }
}

/// How GitHub's text of this kind begins, written down apart from the code that prints it.
fn beginning(kind: &Kind) -> &'static str {
    match kind {
        Kind::TooLong => "Exceeded max expression length",
        Kind::TooDeep => "Exceeded max expression depth",
        Kind::UnexpectedSymbol(_) => "Unexpected symbol",
        Kind::UnexpectedEnd(_) => "Unexpected end of expression",
        Kind::UnrecognizedNamedValue(_) => "Unrecognized named-value",
        Kind::UnrecognizedFunction(_) => "Unrecognized function",
        Kind::TooFewParameters(_) => "Too few parameters",
        Kind::TooManyParameters(_) => "Too many parameters",
        Kind::EvenParameters(_) => "Even number of parameters",
        Kind::MemoryExceeded(_) => "The maximum allowed memory size was exceeded",
        Kind::InvalidFormat(_) => "The following format string is invalid",
        Kind::MissingFormatArgument(_) => "The following format string references more arguments",
        Kind::FormatSpecifiers(..) => "The format specifiers",
        Kind::CasePredicate => "case predicate",
        Kind::Json(_) => "Error parsing fromJson",
        Kind::World(_) => "",
    }
}
