//! Checkouts that leave the token behind.

use crate::graph::flow::written;
use crate::model::{At, Scalar, Value, value_of};
use crate::read::TokenId;
use crate::security::class::{Check, Class, Severity};
use crate::security::found::Found;
use crate::security::inputs;
use crate::security::sight::{FileSight, JobSight, StepSight};
use crate::security::sites::Place;
use crate::security::version::Version;

/// The check.
pub(super) const CHECK: &dyn Check = &Artipacked;

struct Artipacked;

const CLASS: Class = Class {
    id: "artipacked",
    title: "a checkout leaves the token behind",
    why: "actions/checkout keeps the token for git on the disk, where every later step can read it, and where an artifact of \
          the whole workspace carries it away; since version 6 it is kept outside of the workspace.",
    remedy: "write persist-credentials: false, and give the token to the steps that push",
    severity: Severity::High,
};

const CHECKOUT: &str = "actions/checkout";
const UPLOAD: &str = "actions/upload-artifact";

/// The first version that keeps the token outside of the workspace.
const APART: u64 = 6;

impl Check for Artipacked {
    fn class(&self) -> &'static Class {
        &CLASS
    }

    /// Where workspaces are uploaded, only checkouts before an upload count.
    fn job(&self, file: &FileSight<'_, '_>, job: &JobSight<'_, '_>, found: &mut Found<'_>) {
        let uploads: Vec<_> = job.steps.iter().filter(|step| uploads_workspace(file, step)).collect();
        for step in job.steps.iter().filter(|step| step.action == CHECKOUT) {
            let place = Place::Step(job.shape, step.at);
            let upload = uploads.iter().rev().find(|upload| upload.at > step.at);
            if !keeps_token(file, step) || (upload.is_none() && !uploads.is_empty()) {
                found.site(place, None);
                continue;
            }
            let span = file.span(step.step.token);
            let areas = std::iter::once(span).chain(upload.map(|upload| file.span(upload.step.token)));
            let target = step.uses().map_or(CHECKOUT, |uses| uses.uses.value);
            let severity = severity(file, step, upload.is_some());
            found.violation(place, severity, span, target, &areas.collect::<Vec<_>>());
        }
    }
}

/// Whether a checkout keeps the token and nobody says so: `true` and an expression are somebody's decision.
fn keeps_token(file: &FileSight<'_, '_>, step: &StepSight<'_, '_>) -> bool {
    let Some(uses) = step.uses() else { return false };
    let Some(with) = &uses.with else { return true };
    let Value::Literal(entries) = &with.value else { return false };
    let Some(given) = value_of(entries, "persist-credentials") else { return true };
    let text = inputs::text(file.document(), given);
    !matches!(text.as_ref(), "true" | "false") && !inputs::is_expression(&text)
}

/// What is kept outside of the workspace is not uploaded with it, but every later step can read it. Of a commit nobody can tell.
fn severity(file: &FileSight<'_, '_>, step: &StepSight<'_, '_>, is_uploaded: bool) -> Severity {
    let version = step.uses().and_then(|uses| Version::of(file.document(), uses));
    let is_inside = version.is_some_and(|version| version.major < APART);
    match (is_uploaded, is_inside) {
        (true, true) => Severity::High,
        (true, false) => Severity::Medium,
        (false, _) => Severity::Low,
    }
}

fn uploads_workspace(file: &FileSight<'_, '_>, step: &StepSight<'_, '_>) -> bool {
    if step.action != UPLOAD {
        return false;
    }
    let entries = step.uses().and_then(|uses| uses.with.as_ref()).and_then(|with| with.value.literal());
    let path = entries.and_then(|entries| value_of(entries, "path"));
    path.and_then(text).is_some_and(|token| written(file.document(), token).lines().any(is_workspace))
}

fn text(path: At<Scalar<'_>>) -> Option<TokenId> {
    matches!(path.value, Scalar::Text(_) | Scalar::Expression(_)).then_some(path.token)
}

/// Whether a pattern is the whole workspace, or what is around it.
fn is_workspace(line: &str) -> bool {
    let line = line.trim();
    matches!(line, "." | "./" | ".." | "../")
        || (inputs::is_expression(line) && line.contains("github.workspace"))
}
