//! The rules of health, and what each weighs.

use super::{
    dead_triggers, deprecated_commands, deprecated_runtimes, inline_secrets, retired_runners, timeouts,
    untrusted_checkouts,
};
use crate::assess::sight::WorkflowSight;
use crate::security::{FileSight, Sites};

/// A rule of health that is no class of [`crate::security`].
pub struct Measure {
    /// Its name, which stays the same.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// What somebody can do.
    pub remedy: &'static str,
    /// Looks where it applies, and where it is broken.
    pub(super) look: fn(&WorkflowSight<'_>, &FileSight<'_, '_>, &mut Sites),
}

/// All of them.
pub const MEASURES: [Measure; 7] = [
    dead_triggers::MEASURE,
    deprecated_commands::MEASURE,
    deprecated_runtimes::MEASURE,
    inline_secrets::MEASURE,
    retired_runners::MEASURE,
    timeouts::MEASURE,
    untrusted_checkouts::MEASURE,
];

/// What each rule weighs.
pub const WEIGHTS: [(&str, u64); 15] = [
    ("template-injection", 20),
    ("dangerous-triggers", 15),
    ("untrusted-checkout", 20),
    ("inline-secret", 5),
    ("excessive-permissions", 20),
    ("unpinned-uses", 20),
    ("no-timeout", 15),
    ("artipacked", 10),
    ("cache-poisoning", 10),
    ("unsound-condition", 5),
    ("secrets-inherit", 5),
    ("deprecated-command", 10),
    ("deprecated-runtime", 10),
    ("retired-runner", 5),
    ("dead-trigger", 5),
];

/// What a rule weighs.
#[must_use]
pub fn weight(rule: &str) -> u64 {
    WEIGHTS.iter().find(|(id, _)| *id == rule).map_or(0, |(_, weight)| *weight)
}
