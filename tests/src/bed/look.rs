//! What scenarios ask of a report, of the journal's fold and of its events.

use towpath_core::decide::{Wait, WaitCode};
use towpath_core::event::{Event, Recorded};
use towpath_core::id::ReleaseId;
use towpath_core::journal::state::{Current, EnvironmentState, Phase};
use towpath_core::journal::{JournalMessage, State};
use towpath_engine::PassReport;

use super::{Bed, name};

/// Whether an environment waits for this reason.
pub fn waits(report: &PassReport, environment: &str, code: WaitCode) -> bool {
    wait_of(report, environment, code).is_some()
}

/// The wait of an environment for this reason.
pub fn wait_of(report: &PassReport, environment: &str, code: WaitCode) -> Option<Wait> {
    report.waits().find(|(e, wait)| e.as_str() == environment && wait.code == code).map(|(_, w)| w.clone())
}

/// What is known of an environment, which must be there.
pub fn env_of<'s>(state: &'s State, environment: &str) -> &'s EnvironmentState {
    state.environment(&name(environment)).expect("an environment").1
}

/// What an environment runs.
pub fn current<'s>(state: &'s State, environment: &str) -> Option<&'s Current> {
    state.environment(&name(environment)).and_then(|(_, env)| env.at.as_ref())
}

/// Whether an environment is in this phase.
pub fn is_in(state: &State, environment: &str, phase: Phase) -> bool {
    current(state, environment).is_some_and(|at| at.phase == phase)
}

/// Whether an environment runs this release.
pub fn runs(state: &State, environment: &str, release: &ReleaseId) -> bool {
    current(state, environment).is_some_and(|at| &at.r == release)
}

/// Whether a release is Verified in an environment.
pub fn is_verified(state: &State, environment: &str, release: &ReleaseId) -> bool {
    state.environment(&name(environment)).is_some_and(|(_, env)| env.ok.contains_key(release))
}

/// Whether nothing else is to be done in any environment.
pub fn settled(state: &State) -> bool {
    let mut environments = state.envs.values().filter(|e| !e.removed);
    environments.all(|e| e.at.as_ref().is_some_and(|at| matches!(at.phase, Phase::Settled | Phase::Adopted)))
}

impl Bed {
    /// Every event of the journal, oldest first.
    pub fn events(&self) -> Vec<Recorded> {
        self.commits().into_iter().flatten().collect()
    }

    /// The events of each commit of the journal, oldest first.
    pub fn commits(&self) -> Vec<Vec<Recorded>> {
        let commits = self.log(self.journal());
        commits.iter().rev().map(|c| JournalMessage::parse(&c.message).unwrap().events).collect()
    }

    /// What `pick` takes of the events of the journal, oldest first.
    pub fn picked<T>(&self, pick: impl Fn(Event) -> Option<T>) -> Vec<T> {
        self.events().into_iter().filter_map(|recorded| pick(recorded.event)).collect()
    }

    /// How many events of this name the journal has.
    pub fn count(&self, event: &str) -> usize {
        self.events().iter().filter(|e| e.event.name() == event).count()
    }

    /// The names of the events of an environment since event number `n`, oldest first.
    pub fn told_since(&self, n: u64, environment: &str) -> Vec<&'static str> {
        let events = self.events().into_iter().filter(|e| e.n > n);
        events.filter(|e| e.event.environment() == Some(&name(environment))).map(|e| e.event.name()).collect()
    }
}
