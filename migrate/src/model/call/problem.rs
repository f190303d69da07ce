//! Problems of several files, and their texts as GitHub prints them.

use std::collections::HashMap;

use super::bundle::Bundle;
use super::check::{Program, own_refusal};
use crate::read::Problem;
use crate::span::Span;
use crate::yaml::Lines;

/// How many problems GitHub tells (runner: ParseOptions.cs).
pub const MAX_PROBLEMS: usize = 10;

/// How long a text may be before GitHub cuts it, in UTF-16 units.
pub const MAX_TEXT: usize = 500;

/// A problem in one file of a [`Bundle`].
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedProblem {
    /// The file; `None` if it is about none.
    pub file: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
    /// The call by which GitHub came to the file: the file that calls, and the byte of its `uses`. It is told where the problem
    /// is not in the file that calls.
    pub caller: Option<(usize, usize)>,
    /// The `uses` in the first file by which GitHub came to it; `None` for what is wrong with the first file by itself.
    pub first_call: Option<Span>,
    /// Whether it is about a call, and not about a file by itself.
    pub is_of_call: bool,
}

/// A call of the first file that comes to a file which GitHub refuses by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct RefusedCall {
    /// The `uses` in the first file.
    pub(super) call: Span,
    /// The file that is refused.
    pub(super) file: usize,
    /// Whether GitHub has stopped before it comes to it.
    pub(super) is_beyond: bool,
}

/// What is wrong with the calls of the first file and with those of called files, each at its place in the first file. What is
/// wrong with the first file by itself is not among it.
pub(super) fn of_calls(program: &Program<'_>, refused: &[RefusedCall]) -> Vec<Problem> {
    let bundle = program.bundle;
    let at_home = |placed: &PlacedProblem| {
        let problem = placed.problem.clone();
        if placed.file == Some(0) {
            return Some(problem);
        }
        let message = match placed.file.and_then(|file| bundle.files().get(file)) {
            Some(file) => format!("{}: {}", file.name, problem.message),
            None => problem.message,
        };
        let span = placed.first_call?;
        Some(Problem { span, message, place: Some(span.start), ..problem })
    };
    let of_calls = program.problems.iter().filter(|placed| placed.is_of_call).filter_map(at_home);
    of_files(program, refused).into_iter().chain(of_calls).collect()
}

/// What is wrong with called files by themselves: the first of it, since GitHub's loader puts it at the call and goes no further.
fn of_files(program: &Program<'_>, refused: &[RefusedCall]) -> Vec<Problem> {
    // Many calls may come to one file.
    let mut told = HashMap::new();
    let at_call = |refused: &RefusedCall| {
        let of_file = told.entry(refused.file).or_insert_with(|| of_file(program, refused.file));
        let problem = of_file.as_ref()?.clone();
        let (span, is_beyond) = (refused.call, refused.is_beyond);
        Some(Problem { span, place: Some(span.start), is_beyond, ..problem })
    };
    refused.iter().filter_map(at_call).collect()
}

/// What GitHub says of the first problem of a called file (runner: `CalledWorkflowNotValidWithErrors`).
fn of_file(program: &Program<'_>, file: usize) -> Option<Problem> {
    let problem = own_refusal(program.workflows.get(file)?)?;
    let name = &program.bundle.files().get(file)?.name;
    let place = problem.place.map(|place| format!(" {}", at(program.bundle, Some(file), place)));
    let place = place.unwrap_or_default();
    let mut message = format!("Error from called workflow {name}{place}: {}", problem.message);
    cut(&mut message);
    let hint = match &problem.hint {
        Some(hint) => format!("in the called workflow: {hint}"),
        None => "mend the called workflow: none of its callers runs before".to_owned(),
    };
    Some(Problem { message, hint: Some(hint), ..problem.clone() })
}

/// The texts that GitHub prints, ten at most, with files and places.
#[must_use]
pub fn texts(bundle: &Bundle, problems: &[PlacedProblem]) -> Vec<String> {
    let told = problems.iter().filter(|placed| !placed.problem.is_beyond).take(MAX_PROBLEMS);
    told.map(|placed| text(bundle, placed)).collect()
}

fn text(bundle: &Bundle, placed: &PlacedProblem) -> String {
    let file = placed.file.and_then(|file| bundle.files().get(file));
    let mut text = match (file, placed.problem.place) {
        (Some(file), Some(place)) => {
            format!("{} {}: {}", file.name, at(bundle, placed.file, place), placed.problem.message)
        }
        (Some(file), None) => format!("{}: {}", file.name, placed.problem.message),
        (None, _) => placed.problem.message.clone(),
    };
    cut(&mut text);
    let Some((caller, place)) = placed.caller else { return text };
    let Some(name) = bundle.files().get(caller).map(|file| file.name.as_str()) else { return text };
    if text.starts_with(name) {
        return text;
    }
    format!("In {name} {}: Error from called workflow {text}", at(bundle, Some(caller), place))
}

fn at(bundle: &Bundle, file: Option<usize>, offset: usize) -> String {
    let Some(file) = file.and_then(|file| bundle.files().get(file)) else { return String::new() };
    let source = file.document.tree().source();
    let place = Lines::of(source).place(source, offset);
    format!("(Line: {}, Col: {})", place.line, place.column)
}

/// Cuts what is too long.
fn cut(text: &mut String) {
    let mut units = 0;
    let end = text.char_indices().find(|(_, char)| {
        units += char.len_utf16();
        units > MAX_TEXT
    });
    if let Some((end, _)) = end {
        text.truncate(end);
        text.push_str("[...]");
    }
}
