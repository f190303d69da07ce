//! What people are shown: environments, reasons, history and ledger, as views with a text and a JSON form.
//!
//! Everything that comes from a repository, a person or a program is put on one line without control characters
//! before it is shown.

mod drill;
mod effect;
mod event;
mod history;
mod layout;
mod ledger;
mod status;
mod why;

pub use drill::{DrillView, FoundView, PartView};
pub use effect::effect_text;
pub use event::event_text;
pub use history::{HistoryView, history};
pub use layout::{coarse, when_text};
pub use ledger::{LedgerView, ledger};
pub use status::{EnvironmentView, StatusView, status};
pub use why::{AnswerView, WaitView, why_text};

use towpath_core::id::{Name, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::Release;

use crate::line::one_line;
use crate::secret::without_secrets;

/// The longest text of somebody else's in a line of ours, in characters.
const LONGEST: usize = 300;

/// The text in one line without control characters and without the secrets of addresses.
pub fn clean(text: &str) -> String {
    one_line(&without_secrets(text), LONGEST)
}

/// For people: the version of a release, or its id where the journal does not have it any more.
pub fn version(state: Option<&State>, release: &ReleaseId) -> String {
    let known = state.and_then(|state| state.release(release));
    known.map_or_else(|| release.to_string(), |release| clean(&Release::version(release)))
}

/// For people: the name that an environment with this key has now.
fn environment_name(state: Option<&State>, key: &Name) -> String {
    let known = state.and_then(|state| state.envs.get(key));
    known.map_or_else(|| key.to_string(), |env| env.config.name.to_string())
}

#[cfg(test)]
mod tests;
