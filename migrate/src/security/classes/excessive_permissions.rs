//! Tokens that may do more than a job needs.

use crate::model::{GivenPermissions, JobKind};
use crate::security::class::{Check, Class, Severity};
use crate::security::found::Found;
use crate::security::sight::{FileSight, JobSight};
use crate::security::sites::Place;
use crate::values::permission::{Level, Scope};

/// The check.
pub(super) const CHECK: &dyn Check = &ExcessivePermissions;

struct ExcessivePermissions;

const CLASS: Class = Class {
    id: "excessive-permissions",
    title: "the token may do more than is needed",
    why: "Every action and script of a job has its token. Without permissions it has those of the repository's settings, which \
          may be all; with write at the top, each job has them, be it one that only tests.",
    remedy: "write permissions: {} or contents: read at the top, and give each job what it needs",
    severity: Severity::High,
};

/// What somebody can do who may write with a token.
const fn severity(scope: Scope) -> Severity {
    match scope {
        Scope::Models | Scope::Statuses => Severity::Low,
        Scope::Actions
        | Scope::Attestations
        | Scope::Contents
        | Scope::Deployments
        | Scope::IdToken
        | Scope::Issues
        | Scope::Packages
        | Scope::Pages
        | Scope::PullRequests => Severity::High,
        _ => Severity::Medium,
    }
}

impl Check for ExcessivePermissions {
    fn class(&self) -> &'static Class {
        &CLASS
    }

    /// What stands at the top counts where more than one job gets it, and where the caller does not decide.
    fn workflow(&self, file: &FileSight<'_, '_>, found: &mut Found<'_>) {
        let all_have_own = file.jobs.iter().all(|job| job.job.permissions.is_some());
        if all_have_own || file.is_only_called() {
            return;
        }
        let is_shared = file.workflow.jobs.len() > 1;
        let worst = broad(file, file.workflow.permissions.as_ref(), found, is_shared);
        found.site(Place::Workflow(0), worst.filter(|_| file.shapes > 1));
    }

    fn job(&self, file: &FileSight<'_, '_>, job: &JobSight<'_, '_>, found: &mut Found<'_>) {
        let is_call = matches!(job.job.kind, JobKind::Call(_));
        if file.is_only_called() && !is_call {
            return;
        }
        let violation = match (&job.job.permissions, &file.workflow.permissions) {
            (Some(given), _) => short(file, given).map(|(severity, text)| (severity, file.with_key(given.token), text)),
            (None, Some(_)) => None,
            (None, None) => Some((Severity::Medium, file.span(job.job.id.token), job.job.id.value)),
        };
        let place = Place::Job(job.shape);
        match violation {
            Some((severity, span, target)) => {
                found.violation(place, severity, span, target, &[job.span(file)]);
            }
            None => found.site(place, None),
        }
    }
}

/// `read-all` and `write-all`.
fn short<'d>(file: &FileSight<'_, 'd>, given: &GivenPermissions) -> Option<(Severity, &'d str)> {
    let text = file.document().text(given.token)?;
    let severity = if text == "write-all" { Severity::High } else { Severity::Medium };
    Some((severity, text))
}

/// What is too broad at the top, and how badly; it is reported only where several jobs get it.
fn broad(
    file: &FileSight<'_, '_>,
    given: Option<&GivenPermissions>,
    found: &mut Found<'_>,
    is_reported: bool,
) -> Option<Severity> {
    let document = file.document();
    let mut violations = Vec::new();
    match given {
        None => {
            let root = document.root();
            let first = root.and_then(|root| document.pairs(root).next()).map(|(key, _)| key).or(root);
            let whole = root.map(|root| file.span(root));
            violations.extend(
                first.zip(whole).map(|(first, whole)| (Severity::Medium, file.span(first), "no permissions", whole)),
            );
        }
        Some(given) => {
            let whole = file.with_key(given.token);
            violations.extend(short(file, given).map(|(severity, text)| (severity, whole, text, whole)));
            let writes = given.named.iter().filter(|scope| given.level(scope.value) == Level::Write);
            violations.extend(writes.map(|scope| {
                let span = file.span(scope.token);
                (severity(scope.value), span, scope.value.name(), span)
            }));
        }
    }
    let kept = violations.into_iter().filter(|(severity, span, target, area)| {
        !is_reported || found.finding(*severity, *span, *target, &[*area])
    });
    kept.map(|(severity, ..)| severity).max()
}
