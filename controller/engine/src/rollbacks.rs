//! Automatic rollbacks of late: what the storm rule of contract C11 counts.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::decide::STORM_WINDOW;
use towpath_core::event::{Cause, Event};
use towpath_core::id::Pid;
use towpath_core::journal::JournalMessage;
use towpath_core::journal::state::{EnvironmentState, Phase};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Time;
use towpath_core::world::WentBack;

use crate::error::EngineError;
use crate::journal::Head;
use crate::observe::Observed;
use crate::pass::Engine;
use crate::ports::{Repository, RepositoryError};

/// The most journal commits that are read; each rollback writes several.
const COMMITS: usize = 200;

impl Engine<'_> {
    /// This pipeline's rollbacks by the journal that is decided on: another replica may have gone back since this host
    /// looked last. They are counted as long as what failed is in an environment, and never otherwise.
    pub(crate) fn rollbacks(&self, observed: &Observed) -> Result<Vec<WentBack>, EngineError> {
        let failed = |head: &&Head| head.state.envs.values().any(has_failed);
        let Some(head) = observed.head().filter(failed) else { return Ok(Vec::new()) };
        Ok(recent(self.pipeline, self.host.repository, head, observed.now)?)
    }
}

/// Whether what is in an environment failed, and may go back by itself.
pub(crate) fn has_failed(env: &EnvironmentState) -> bool {
    !env.removed && env.at.as_ref().is_some_and(|at| at.phase == Phase::Failed && at.cause != Cause::Rollback)
}

/// The automatic rollbacks of a journal that count at `now`, as far back as the local mirror reaches. One that was undone,
/// because somebody else moved the branch first, went nowhere and does not count.
///
/// # Errors
///
/// When the mirror cannot be read.
pub fn recent(
    pipeline: &Pipeline,
    repository: &dyn Repository,
    head: &Head,
    now: Time,
) -> Result<Vec<WentBack>, RepositoryError> {
    let counts = |at: Time| now.since(at) <= STORM_WINDOW;
    let mut found = told_by_state(pipeline, head);
    // What a newer promotion has replaced meanwhile is only in the history. It is a bonus: without it the limit
    // is reached later, and every single rollback is still guarded by its own rules.
    let mut undone = BTreeSet::new();
    let commits = repository.history(&head.tip, None, COMMITS)?.commits;
    for commit in commits.iter().take_while(|commit| counts(commit.time)) {
        let Ok(message) = JournalMessage::parse(&commit.message) else { continue };
        for recorded in message.events.iter().rev() {
            match &recorded.event {
                Event::Undone { pid, .. } => drop(undone.insert(pid.clone())),
                Event::Promoted { pid, .. } if !undone.contains(pid) => {
                    let back = WentBack::of(pipeline, &head.state, recorded);
                    found.extend(back.map(|back| (pid.clone(), back)));
                }
                _ => {}
            }
        }
    }
    Ok(found.into_values().filter(|back| counts(back.at)).collect())
}

/// Those of [`recent`] that the state of a journal tells by itself: what is in an environment, or on its way there.
#[must_use]
pub fn by_state(pipeline: &Pipeline, head: &Head, now: Time) -> Vec<WentBack> {
    let found = told_by_state(pipeline, head).into_values();
    found.filter(|back| now.since(back.at) <= STORM_WINDOW).collect()
}

/// What is in an environment, or on its way there, because it went back.
fn told_by_state(pipeline: &Pipeline, head: &Head) -> BTreeMap<Pid, WentBack> {
    let mut found = BTreeMap::new();
    for (key, env) in &head.state.envs {
        let Some(destination) = pipeline.destination(&head.state, key) else { continue };
        let moves = env.at.iter().chain(&env.committing);
        for at in moves.filter(|at| at.cause.is_automatic_rollback(at.q.as_ref())) {
            let back = WentBack { destination: destination.clone(), at: at.at };
            found.extend(at.pid.clone().map(|pid| (pid, back)));
        }
    }
    found
}
