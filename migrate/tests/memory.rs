//! How memory is counted: sums worked out by hand from the runner's source (`EvaluationMemory.cs`, `ExpressionNode.cs`).

use towpath_migrate::expression::{Availability, Contexts, Kind, Value, parse};

/// What the expression gives with a context `t` of this text: the value, or `None` if there is no room for it.
fn evaluate(source: &str, text: &str) -> Result<Option<Value>, String> {
    let contexts = Contexts::from_json(&format!("{{\"t\": {}}}", Value::text(text).to_json()));
    let contexts = contexts.map_err(|error| error.to_string())?;
    let expression = parse(source, &Availability::new().context("t")).map_err(|error| error.to_string())?;
    match expression.evaluate(&contexts) {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), Kind::MemoryExceeded(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn fits(source: &str, text: &str) -> Result<bool, String> {
    evaluate(source, text).map(|value| value.is_some())
}

/// 24 for what wraps it, 26 for the string, 2 for each unit: 524,263 units take 1,048,576 bytes.
#[test]
fn a_context_takes_exactly_the_limit() {
    assert_eq!(fits("t", &"a".repeat(524_263)), Ok(true));
    assert_eq!(fits("t", &"a".repeat(524_264)), Ok(false));
}

/// Twice 26 + 2 * 262,131 while it is put together, and then 26 + 4 * 262,131 for the result, which is not wrapped.
#[test]
fn format_counts_each_use_of_an_argument() {
    let twice = "format('{0}{0}', t)";
    assert_eq!(fits(twice, &"a".repeat(262_131)), Ok(true));
    assert_eq!(fits(twice, &"a".repeat(262_132)), Ok(false));
}

/// Each operand takes 400,050 bytes below a boolean, which makes them forgotten.
#[test]
fn what_a_simple_result_was_made_of_is_forgotten() {
    let text = "a".repeat(200_000);
    let four = ["startsWith(t, 'a')"; 4].join(" && ");
    assert_eq!(fits(&four, &text), Ok(true));
}

/// Operands of the same level add up.
#[test]
fn operands_add_up() {
    let text = "a".repeat(200_000);
    assert_eq!(fits("t && t", &text), Ok(true));
    assert_eq!(fits("t && t && t", &text), Ok(false));
}

/// An array has references into what it was made of, so that stays counted.
#[test]
fn what_an_array_was_made_of_stays() {
    let text = format!("[{}]", "1".repeat(300));
    let text = format!("{}{text}", " ".repeat(200_000));
    assert_eq!(fits("fromJSON(t) && fromJSON(t)", &text), Ok(true));
    assert_eq!(fits("fromJSON(t) && fromJSON(t) && fromJSON(t)", &text), Ok(false));
}

/// 40,400 empty texts would take 1,050,400 bytes, but format counts none of them.
#[test]
fn format_does_not_count_empty_text() {
    let text = "{0}".repeat(40_400);
    assert_eq!(evaluate("format(t, '')", &text), Ok(Some(Value::text(""))));
}

/// `.*` counts 24 bytes and 8 for each part; with the array of 24 bytes and the text `*` of 28 below it, 131,062 parts take
/// 1,048,572 bytes. What the array was read from is forgotten by then, since `*` is simple.
#[test]
fn parts_count_as_pointers() {
    let array = |parts: usize| format!("[{}]", vec!["1"; parts].join(","));
    assert_eq!(fits("fromJSON(t).* != 1", &array(131_062)), Ok(true));
    assert_eq!(fits("fromJSON(t).* != 1", &array(131_063)), Ok(false));
}
