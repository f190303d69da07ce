//! What a run says of the actions that steps use, where their metadata is at hand.

use super::Remark;
use crate::graph::{Actions, Circles, Family, Target, UsedAction, action_outputs};
use crate::model::{ActionInput, Runs};
use crate::read::Document;
use crate::values::{Author, Severity};

/// What is to be told of the steps of the first file of a family: folders that hold no action, inputs that an action asks for or
/// does not have, outputs that it does not have, and actions that use themselves.
#[must_use]
pub fn of_actions(family: &Family<'_>, actions: &Actions<'_>) -> Vec<Remark> {
    let Some(document) = family.graphs.first().map(|graph| graph.workflow.document) else {
        return Vec::new();
    };
    let circles = Circles::of(actions);
    let used = actions.used(family).into_iter().filter(|used| used.file == 0);
    let of_steps = used.flat_map(|used| of_step(document, actions, &circles, &used));
    let outputs = action_outputs(family, actions).into_iter().map(super::context);
    of_steps.chain(outputs).take(super::MOST).collect()
}

fn of_step(
    document: &Document,
    actions: &Actions<'_>,
    circles: &Circles,
    used: &UsedAction<'_>,
) -> Vec<Remark> {
    let told = |author, message, hint| Remark {
        code: "action",
        token: used.token,
        span: document.span(used.token),
        severity: Severity::Warning,
        author,
        message,
        hint,
    };
    let name = || document.text(used.token).unwrap_or_default();
    let mut found = Vec::new();
    if used.target == Target::NotThere {
        let message = format!("the repository has no action.yml or action.yaml in '{}'", name());
        let hint = "name the folder of the action; it is well if it has a Dockerfile alone, or an earlier step makes it";
        found.push(told(Author::Towpath, message, hint));
    }
    let missing: Vec<_> = missing(used).collect();
    if !missing.is_empty() {
        let hint = "give it under with: GitHub runs the step without, and the input is empty";
        found.push(told(Author::GitHub, lacks(&missing), hint));
    }
    if let Target::Action(action) = used.target
        && let Some(way) = circles.from(action)
    {
        let message = format!("actions use each other without an end: {}", way.join(", then "));
        let hint = "take one of them out: GitHub goes ten levels deep, and the job fails";
        found.push(Remark { severity: Severity::Error, ..told(Author::Towpath, message, hint) });
    }
    if !used.unknown.is_empty() {
        let message = unexpected(actions, used);
        found.push(told(
            Author::GitHub,
            message,
            "the action does not see it: mind its name, and the version",
        ));
    }
    found
}

/// Inputs that the action asks for, that have no default, and that the step does not give.
fn missing<'a>(used: &'a UsedAction<'a>) -> impl Iterator<Item = &'a str> {
    let is_missing = |(input, given): &&(&ActionInput<'_>, Option<_>)| {
        let is_required = input.required.is_some_and(|required| required.value);
        given.is_none() && is_required && input.default.is_none()
    };
    let inputs = used.inputs.iter().filter(|_| !used.is_open);
    inputs.filter(is_missing).map(|(input, _)| input.name.value)
}

/// The words of GitHub's editor (languageservice: validate-action-reference.ts).
fn lacks(missing: &[&str]) -> String {
    match missing {
        [input] => format!("Missing required input `{input}`"),
        inputs => format!("Missing required inputs: `{}`", inputs.join("`, `")),
    }
}

/// The warning of the runner (ActionRunner.cs).
fn unexpected(actions: &Actions<'_>, used: &UsedAction<'_>) -> String {
    let model = if let Target::Action(action) = used.target { actions.models.get(action) } else { None };
    let of_container: &[_] = match model.and_then(|model| model.runs.as_ref()).map(|runs| &runs.value) {
        Some(Runs::Docker(_)) => &["entryPoint", "args"],
        _ => &[],
    };
    let declared = used.inputs.iter().map(|(input, _)| input.name.value);
    let valid: Vec<_> = of_container.iter().copied().chain(declared).collect();
    format!(
        "Unexpected input(s) '{}', valid inputs are ['{}']",
        used.unknown.join("', '"),
        valid.join("', '")
    )
}
