//! Whether a called workflow asks for more than its caller may (runner: Conversion/PermissionsHelper.cs).

use super::check::{Policy, Walk};
use crate::model::job::{Call, Job};
use crate::model::value::Value;
use crate::values::permission::{Level, Permissions, Scope, excess_message};

impl<'d> Walk<'_, 'd> {
    /// Refuses what is asked for beyond what is allowed, by the caller or, where it says nothing, by the policy.
    pub(super) fn check_permissions(
        &mut self,
        caller: (usize, &Job<'d>, &Call<'d>),
        nested: Option<&Job<'d>>,
        requested: &Permissions,
        allowed: Option<Permissions>,
        is_trusted: bool,
    ) {
        let (file, job, call) = caller;
        let allowed = allowed.unwrap_or_else(|| self.rules.policy.most(is_trusted));
        let excesses = requested.exceeds(&allowed);
        if excesses.is_empty() {
            return;
        }
        let name = nested.map(shown);
        let message = excess_message(call.uses.value, name.as_deref(), &excesses);
        self.refuse(file, job.id.token, message);
        self.hint("give the calling job these permissions, or take them from the called workflow");
    }
}

/// A job's name as a message has it.
fn shown(job: &Job<'_>) -> String {
    match job.name.map(|name| name.value) {
        Some(Value::Expression(evaluated)) => format!("${{{{ {} }}}}", evaluated.expression().source()),
        _ => job.shown_name().unwrap_or_default().to_owned(),
    }
}

impl Policy {
    /// What a token may do at most where nobody says.
    pub(super) fn most(self, is_trusted: bool) -> Permissions {
        match self {
            Self::LimitedRead => Permissions::restricted(),
            Self::Write if is_trusted => Permissions::all(Level::Write),
            Self::Write => Permissions::all(Level::Write).with(Scope::IdToken, Level::None),
        }
    }
}
