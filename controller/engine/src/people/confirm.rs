//! People accept a loss: of the journal, or of what the branch had.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::decide::{configuration, deploys, first_claim};
use towpath_core::event::{Confirmable, Event};
use towpath_core::id::{Actor, CommitId, ReleaseId, TreeId};
use towpath_core::journal::State;
use towpath_core::pipeline::Environment;
use towpath_core::time::Time;
use towpath_core::world::{BranchFacts, PathFacts};

use super::{MAX_RACES, Recorded, impossible};
use crate::content::{self, ContentError};
use crate::error::EngineError;
use crate::observe::Observed;
use crate::pass::Engine;
use crate::ports::{CommitInfo, RepositoryError};

impl Engine<'_> {
    /// Accepts the loss of a journal, or that the branch was rewritten; the second is refused when it was not.
    pub fn confirm(&self, by: &Actor, what: Confirmable) -> Result<Recorded, EngineError> {
        for attempt in 0..MAX_RACES {
            let now = self.host.clock.now();
            let observed = self.look()?;
            let Some(tip) = observed.branch.tip.clone() else {
                return impossible(format!("the branch {} does not exist", self.pipeline.repository.branch));
            };
            self.is_wrong(&observed, what)?;
            let confirmed = Event::Confirmed { what, tip: tip.clone() };
            let events = match observed.head() {
                None => self.begin_again(confirmed, &tip, now)?,
                Some(head) => {
                    let wiring = self.wiring_of(&head.state);
                    let taken_out = self.taken_out(&head.state, &observed.branch, now)?;
                    wiring.into_iter().chain([confirmed]).chain(taken_out).collect()
                }
            };
            if let Some(recorded) = self.append(observed.head(), by, events, now)? {
                return Ok(recorded);
            }
            self.host.clock.pause(attempt);
        }
        Err(EngineError::Contended { tries: MAX_RACES })
    }

    /// Whether that is wrong which a person wants to accept. A lost journal is taken at the person's word: it may be
    /// another host that remembers more of it than this one.
    fn is_wrong(&self, observed: &Observed, what: Confirmable) -> Result<(), EngineError> {
        if what == Confirmable::JournalLost {
            return Ok(());
        }
        if self.loss(observed).is_some() {
            return impossible("the journal is lost too, and comes first: confirm JournalLost");
        }
        match observed.branch.contains_seen {
            Some(false) => Ok(()),
            _ => impossible("the branch still contains all that had landed; see: towpath status"),
        }
    }

    /// The events that begin a new journal where one was lost.
    fn begin_again(&self, confirmed: Event, tip: &CommitId, now: Time) -> Result<Vec<Event>, EngineError> {
        let claimed = first_claim(&self.host.settings.owner, &format!("the journal was lost, tip {tip}"));
        let first =
            towpath_core::event::Recorded { n: 1, at: now, by: Actor::towpath(), event: claimed.clone() };
        let state = towpath_core::journal::genesis(&self.pipeline.id, &first)
            .map_err(|e| EngineError::Impossible(e.to_string()))?;
        let configured = configuration(self.pipeline, &state);
        Ok(std::iter::once(claimed).chain(configured).chain([confirmed]).collect())
    }

    /// The branches that are confirmed are those of the wiring, which an old journal may not know; but whose wiring counts is
    /// the owner's. A journal without one would confirm nothing.
    fn wiring_of(&self, state: &State) -> Option<Event> {
        let counts = state.owner.id == self.host.settings.owner || state.envs.is_empty();
        configuration(self.pipeline, state).filter(|_| counts)
    }

    /// Takes back what the journal has as Verified where it stood after all that the journal knows, and stands no more:
    /// whoever took it out, the journal has lost that, and what a person takes out does not go onward.
    fn taken_out(&self, state: &State, branch: &BranchFacts, now: Time) -> Result<Vec<Event>, EngineError> {
        let seen = state.seen.get(self.pipeline.repository.branch.as_str());
        let (Some(tip), Some(seen), Some(true)) = (&branch.tip, seen, branch.contains_seen) else {
            return Ok(Vec::new());
        };
        let since = self.observer(now).since(tip, Some(&seen.commit))?;
        let mut events = Vec::new();
        for environment in &self.pipeline.environments {
            for r in self.left(state, environment, tip, &since.commits)? {
                let why = "it stood there while the journal was lost, and was taken out".to_owned();
                let (key, _) = super::environment(state, &environment.name)?;
                events.push(Event::Revoked { env: key.clone(), r, why });
            }
        }
        Ok(events)
    }

    /// The releases that are Verified in an environment, stood there in one of these commits, and do not at the tip.
    fn left(
        &self,
        state: &State,
        environment: &Environment,
        tip: &CommitId,
        commits: &[CommitInfo],
    ) -> Result<BTreeSet<ReleaseId>, EngineError> {
        let Some((_, env)) = state.environment(&environment.name) else { return Ok(BTreeSet::new()) };
        let verified: Vec<_> = env.ok.keys().filter_map(|r| state.release(r)).collect();
        let in_content = |path: &PathFacts| -> BTreeSet<ReleaseId> {
            let there = verified.iter().filter(|release| deploys(environment, release, path));
            there.map(|release| release.r.clone()).collect()
        };
        let mut stood = BTreeSet::new();
        for commit in self.contents(environment, commits)? {
            stood.extend(self.content(environment, &commit)?.iter().flat_map(in_content));
        }
        let there: BTreeSet<ReleaseId> =
            self.content(environment, tip)?.iter().flat_map(in_content).collect();
        Ok(stood.difference(&there).cloned().collect())
    }

    /// Of these commits, one for each content that the folder had.
    fn contents(
        &self,
        environment: &Environment,
        commits: &[CommitInfo],
    ) -> Result<Vec<CommitId>, EngineError> {
        let mut trees: BTreeMap<TreeId, CommitId> = BTreeMap::new();
        for commit in commits {
            // What is no folder deploys nothing.
            let tree = match self.host.repository.tree(&commit.id, &environment.path) {
                Err(RepositoryError::NotAFile { .. }) => None,
                tree => tree?,
            };
            trees.extend(tree.map(|tree| (tree, commit.id.clone())));
        }
        Ok(trees.into_values().collect())
    }

    /// The managed fields as of a commit; nothing where they cannot be read, and so deploy nothing.
    fn content(
        &self,
        environment: &Environment,
        commit: &CommitId,
    ) -> Result<Option<PathFacts>, EngineError> {
        match content::read(self.host.repository, commit, environment) {
            Ok(path) => Ok(Some(path)),
            Err(ContentError::Problem(_)) => Ok(None),
            Err(ContentError::Repository(error)) => Err(error.into()),
        }
    }
}
