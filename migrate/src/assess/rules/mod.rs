//! The rules, one file each. The build finds them (`build.rs`): whoever adds a rule adds its file, a file that it finds
//! something in, and one that it does not (`tests/rules/`).

use super::rule::Rule;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The rule of this name.
#[must_use]
pub fn named(id: &str) -> Option<&'static dyn Rule> {
    ALL.iter().copied().find(|rule| rule.meta().id == id)
}
