//! Calls that give all secrets away.

use crate::model::{JobKind, Secrets};
use crate::security::class::{Check, Class, Severity};
use crate::security::found::Found;
use crate::security::sight::{FileSight, JobSight};
use crate::security::sites::Place;

/// The check.
pub(super) const CHECK: &dyn Check = &SecretsInherit;

struct SecretsInherit;

const CLASS: Class = Class {
    id: "secrets-inherit",
    title: "a called workflow gets all secrets",
    why: "secrets: inherit gives the called workflow every secret of the repository and its organisation, used or not, and \
          nobody who reads the call can tell which.",
    remedy: "name the secrets that the called workflow asks for",
    severity: Severity::Medium,
};

impl Check for SecretsInherit {
    fn class(&self) -> &'static Class {
        &CLASS
    }

    fn job(&self, file: &FileSight<'_, '_>, job: &JobSight<'_, '_>, found: &mut Found<'_>) {
        let JobKind::Call(call) = &job.job.kind else { return };
        let place = Place::Job(job.shape);
        let Secrets::Inherit(token) = call.secrets else { return found.site(place, None) };
        let areas = [file.with_key(call.uses.token), file.with_key(token)];
        found.violation(place, CLASS.severity, file.span(call.uses.token), call.uses.value, &areas);
    }
}
