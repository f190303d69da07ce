//! What a run says of the actions that steps use, where their metadata is at hand.

use super::Remark;
use crate::graph::{Actions, Family, Target, UsedAction};
use crate::model::Runs;
use crate::read::Document;
use crate::values::{Author, Severity};

/// What is to be told of the steps of the first file of a family: folders that hold no action, and inputs that an action does
/// not have.
#[must_use]
pub fn of_actions(family: &Family<'_>, actions: &Actions<'_>) -> Vec<Remark> {
    let Some(document) = family.graphs.first().map(|graph| graph.workflow.document) else {
        return Vec::new();
    };
    let used = actions.used(family).into_iter().filter(|used| used.file == 0);
    used.flat_map(|used| of_step(document, actions, &used)).take(super::MOST).collect()
}

fn of_step(document: &Document, actions: &Actions<'_>, used: &UsedAction<'_>) -> Vec<Remark> {
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
