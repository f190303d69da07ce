//! The rules, one file each. The build finds them (`build.rs`): whoever adds a rule adds its file, a file that it finds
//! something in, and one that it does not (`tests/rules/`).

use super::rule::{Meta, Rule};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The rule that tells what asks for somebody when no other has: it is found in the table of features and not in a sight.
pub(super) const NEEDS_PERSON: &Meta = &needs_person::META;

/// The rule that tells of jobs that need some which stay: that is known when all legs have a verdict.
pub(super) const NEEDS_KEPT: &Meta = &needs_kept::META;

/// The rule of this name.
#[must_use]
pub fn named(id: &str) -> Option<&'static dyn Rule> {
    ALL.iter().copied().find(|rule| rule.meta().id == id)
}
