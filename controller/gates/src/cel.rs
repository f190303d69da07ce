//! Expressions in CEL, the Common Expression Language, with bounds on what they may cost.
//!
//! The interpreter has no budget of its own, so expressions are looked at before they run: how long and how nested the
//! text is, what loops run over, and how many steps that may take. It runs on a thread with a stack of its own,
//! which also keeps a panic of the interpreter from the host.

use std::collections::HashMap;
use std::sync::Arc;

use ::cel::common::ast::{EntryExpr, Expr};
use ::cel::{Context, IdedExpr, Program, Value};
use serde_json::Value as Json;
use towpath_engine::ports::{Evaluator, EvaluatorError, Question};

/// The longest source, in bytes.
const MAX_SOURCE: usize = 4096;
/// The most brackets that are open at once.
const MAX_BRACKETS: usize = 32;
/// The most entries of a list or map, given or written.
const MAX_ENTRIES: usize = 100;
/// The most steps, by which an evaluation ends within a fraction of a second.
const MAX_STEPS: u64 = 500_000;
/// The stack that the longest chain of operators needs, and more; only what is used of it is taken.
const STACK: usize = 256 << 20;

/// Evaluates CEL.
#[derive(Debug, Clone, Copy, Default)]
pub struct CelEvaluator;

impl Evaluator for CelEvaluator {
    fn evaluate(&self, question: &Question) -> Result<bool, EvaluatorError> {
        small_enough(&question.source)?;
        apart(|| evaluate(question))
    }
}

impl CelEvaluator {
    /// Looks at an expression without evaluating it: whether it can be read, may take too many steps, or names something
    /// that is not in `names`.
    pub fn check(&self, source: &str, names: &[&str]) -> Result<(), EvaluatorError> {
        small_enough(source)?;
        apart(|| match unknown(read(source)?.expression(), names) {
            Some(name) => Err(wrong(&format!("it names {name}"), format!("there are {}", names.join(", ")))),
            None => Ok(()),
        })
    }
}

/// Runs it on a thread of its own.
fn apart<T: Send>(run: impl FnOnce() -> Result<T, EvaluatorError> + Send) -> Result<T, EvaluatorError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("cel".to_owned()).stack_size(STACK);
        let running = thread.spawn_scoped(scope, run).map_err(|error| wrong("no thread", error))?;
        running.join().unwrap_or_else(|_| Err(EvaluatorError::Wrong("the interpreter gave up".to_owned())))
    })
}

/// A program that ends soon.
fn read(source: &str) -> Result<Program, EvaluatorError> {
    let program = Program::compile(source).map_err(|errors| wrong("it cannot be read", errors))?;
    match steps(program.expression())? > MAX_STEPS {
        true => Err(too_large(format!(
            "it may take more than {MAX_STEPS} steps; put fewer loops inside each other"
        ))),
        false => Ok(program),
    }
}

fn evaluate(question: &Question) -> Result<bool, EvaluatorError> {
    let program = read(&question.source)?;
    let mut context = Context::default();
    for (name, value) in &question.values {
        context.add_variable_from_value(name.clone(), converted(value)?);
    }
    match program.execute(&context).map_err(|error| wrong("it fails", error))? {
        Value::Bool(answer) => Ok(answer),
        other => Err(wrong("it is no bool but", other.type_of())),
    }
}

/// The first name that is neither known nor the variable of a loop around it.
fn unknown(expression: &IdedExpr, known: &[&str]) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => (!known.contains(&name.as_str())).then(|| name.clone()),
        Expr::Comprehension(inner) => {
            let before = unknown(&inner.iter_range, known).or_else(|| unknown(&inner.accu_init, known));
            before.or_else(|| {
                let own = [Some(&inner.iter_var), inner.iter_var2.as_ref(), Some(&inner.accu_var)];
                let own = own.into_iter().flatten().map(String::as_str);
                let known: Vec<&str> = known.iter().copied().chain(own).collect();
                let within = [&inner.loop_cond, &inner.loop_step, &inner.result];
                within.into_iter().find_map(|part| unknown(part, &known))
            })
        }
        _ => parts(expression).into_iter().find_map(|part| unknown(part, known)),
    }
}

fn wrong(what: &str, why: impl std::fmt::Display) -> EvaluatorError {
    EvaluatorError::Wrong(format!("{what}: {why}"))
}

fn too_large(what: impl Into<String>) -> EvaluatorError {
    EvaluatorError::TooLarge(what.into())
}

fn small_enough(source: &str) -> Result<(), EvaluatorError> {
    if source.len() > MAX_SOURCE {
        return Err(too_large(format!("it has more than {MAX_SOURCE} bytes")));
    }
    let mut open: usize = 0;
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MAX_BRACKETS {
            return Err(too_large(format!("more than {MAX_BRACKETS} brackets are open at once")));
        }
    }
    Ok(())
}

/// How many steps an expression takes at most, where every loop runs over as many entries as there may be.
fn steps(expression: &IdedExpr) -> Result<u64, EvaluatorError> {
    let sum =
        |parts: &[&IdedExpr]| parts.iter().try_fold(1_u64, |sum, part| Ok(sum.saturating_add(steps(part)?)));
    let entries = match &expression.expr {
        Expr::Comprehension(inner) if builds(&inner.iter_range) => {
            return Err(too_large("a loop runs over what + puts together"));
        }
        Expr::Comprehension(inner) => {
            let once = sum(&[&inner.iter_range, &inner.accu_init, &inner.result])?;
            let each = sum(&[&inner.loop_cond, &inner.loop_step])?;
            return Ok(once.saturating_add(each.saturating_mul(MAX_ENTRIES as u64)));
        }
        Expr::List(list) => list.elements.len(),
        Expr::Map(map) => map.entries.len(),
        _ => 0,
    };
    if entries > MAX_ENTRIES {
        return Err(too_large(format!("a list or map has more than {MAX_ENTRIES} entries")));
    }
    sum(&parts(expression))
}

/// Whether something is added up in it, which may make a list longer than any that was given.
fn builds(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Call(call) if call.func_name == "_+_" => true,
        // A loop that makes a list adds to it once for each entry.
        Expr::Comprehension(inner) => builds(&inner.iter_range),
        _ => parts(expression).into_iter().any(builds),
    }
}

/// The expressions that stand in one that is no loop.
fn parts(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&*select.operand],
        Expr::Map(map) => map.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Struct(object) => object.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        _ => Vec::new(),
    }
}

fn of_entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
        EntryExpr::StructField(field) => vec![&field.value],
    }
}

fn converted(value: &Json) -> Result<Value, EvaluatorError> {
    let large = |length: usize| match length > MAX_ENTRIES {
        true => Err(too_large(format!("one of its values has more than {MAX_ENTRIES} entries"))),
        false => Ok(()),
    };
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(float)) => Value::Float(float),
            (None, None) => Value::Null,
        },
        Json::Array(list) => {
            large(list.len())?;
            Value::List(Arc::new(list.iter().map(converted).collect::<Result<_, _>>()?))
        }
        Json::Object(map) => {
            large(map.len())?;
            let entry = |(key, value): (&String, &Json)| Ok((key.clone(), converted(value)?));
            Value::Map(map.iter().map(entry).collect::<Result<HashMap<_, _>, EvaluatorError>>()?.into())
        }
    })
}

#[cfg(test)]
mod tests;
