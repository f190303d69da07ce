//! Scripts that talk to the runner by lines on their output, as GitHub no longer wants it.

use std::collections::HashMap;

use super::Measure;
use crate::assess::sight::WorkflowSight;
use crate::read::TokenId;
use crate::script::{CommandKind, UseKind};
use crate::security::{FileSight, Place, Severity, Sites};

/// The rule.
pub(super) const MEASURE: Measure = Measure {
    id: "deprecated-command",
    title: "a script tells the runner something by a deprecated command",
    remedy: "write to $GITHUB_OUTPUT, $GITHUB_STATE, $GITHUB_ENV or $GITHUB_PATH",
    look,
};

fn look(workflow: &WorkflowSight<'_>, file: &FileSight<'_, '_>, sites: &mut Sites) {
    let steps = file
        .jobs
        .iter()
        .flat_map(|job| job.steps.iter().map(|step| (step.step.token, Place::Step(job.shape, step.at))));
    let places: HashMap<TokenId, Place> = steps.collect();
    for script in workflow.flows.first().into_iter().flat_map(|flow| &flow.scripts) {
        let Some(place) = places.get(&script.step.token) else { continue };
        let mut kinds = script.script.uses.iter().map(|used| &used.kind);
        // Whoever mends it writes to a file instead, so that the place stays one.
        if kinds.clone().any(tells) {
            sites.add(MEASURE.id, *place, kinds.any(is_deprecated).then_some(Severity::Low));
        }
    }
}

fn tells(kind: &UseKind<'_>) -> bool {
    matches!(kind, UseKind::Sets(..) | UseKind::File(..)) || is_deprecated(kind)
}

/// `set-env` and `add-path` are refused unless a setting allows them, the others only warned of.
fn is_deprecated(kind: &UseKind<'_>) -> bool {
    let UseKind::Command(command, _) = kind else { return false };
    matches!(
        command,
        CommandKind::SetOutput | CommandKind::SaveState | CommandKind::SetEnv | CommandKind::AddPath
    )
}
