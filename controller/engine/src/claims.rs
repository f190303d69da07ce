//! What commits on the branch claim to be, since the newest one that the journal accounts for; each is read once.

use std::collections::BTreeSet;

use towpath_core::decide::accounted;
use towpath_core::event::Event;
use towpath_core::id::CommitId;
use towpath_core::journal::State;
use towpath_core::journal::promotion::{Claim, claim};
use towpath_core::journal::state::EnvironmentState;
use towpath_core::museum::{Bug, planted};
use towpath_core::world::BranchFacts;

use crate::error::EngineError;
use crate::journal::{Head, Journal};
use crate::observe::{Observer, Remembered};
use crate::ports::{History, RefQuery, RepositoryError, Since};

/// What is known of the branch's commits from passes before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims {
    walked: Option<Walked>,
    /// Commits whose claims the journal bears out.
    borne_out: BTreeSet<CommitId>,
}

/// A stretch of the branch that was walked. It says the same for as long as its two ends are the same.
#[derive(Debug, Clone)]
struct Walked {
    tip: CommitId,
    /// The commit that was accounted for then.
    seen: Option<CommitId>,
    contains_seen: Option<bool>,
    /// The claims about this pipeline.
    found: Vec<(Claim, CommitId)>,
}

impl Claims {
    /// The tip to which the branch was walked.
    pub(crate) fn walked(&self) -> Option<&CommitId> {
        self.walked.as_ref().map(|walked| &walked.tip)
    }
}

impl Observer<'_> {
    /// The branch since the newest commit that the journal accounts for.
    pub(crate) fn branch(
        &self,
        tip: Option<CommitId>,
        head: Option<&Head>,
        remembered: &mut Remembered,
    ) -> Result<BranchFacts, EngineError> {
        let Some(tip) = tip else { return Ok(BranchFacts::default()) };
        let name = self.pipeline.repository.branch.as_str();
        let seen = head.and_then(|head| head.state.seen.get(name)).map(|seen| &seen.commit);
        let walked = self.walked(&tip, seen, remembered.claims.walked.take())?;
        let contains_seen = walked.contains_seen;
        let claim = self.highest(&walked.found, head, &mut remembered.claims.borne_out)?;
        remembered.claims.walked = Some(walked);
        Ok(BranchFacts { claim, contains_seen, tip: Some(tip) })
    }

    /// Walks what was not walked before.
    fn walked(
        &self,
        tip: &CommitId,
        seen: Option<&CommitId>,
        before: Option<Walked>,
    ) -> Result<Walked, EngineError> {
        match before.filter(|before| before.seen.as_ref() == seen) {
            Some(before) if &before.tip == tip => return Ok(before),
            // A merge may bring what was not contained before; then another stretch is to be walked.
            Some(before) if before.contains_seen != Some(false) => {
                if let Some(new) = self.newer(tip, &before.tip)? {
                    let mut found = self.claims_of(&new);
                    found.extend(before.found);
                    return Ok(Walked { tip: tip.clone(), found, ..before });
                }
            }
            _ => {}
        }
        let contains_seen = seen.map(|seen| self.host.repository.contains(tip, seen)).transpose()?;
        let history = self.since(tip, seen.filter(|_| contains_seen == Some(true)))?;
        let found = self.claims_of(&history);
        Ok(Walked { tip: tip.clone(), seen: seen.cloned(), contains_seen, found })
    }

    /// The commits that came on top of `old`; `None` when that cannot be told, or `tip` is on top of something else.
    fn newer(&self, tip: &CommitId, old: &CommitId) -> Result<Option<History>, EngineError> {
        match self.host.repository.history(tip, Some(old), usize::MAX) {
            Ok(new) => {
                // Every way down to `old` ends at a child of it, which is itself not below `old`.
                let on_top = new.commits.iter().any(|commit| commit.parents.contains(old));
                Ok(Some(new).filter(|new| new.complete && on_top))
            }
            Err(RepositoryError::Crashed) => Err(EngineError::Crashed),
            Err(_) => Ok(None),
        }
    }

    fn claims_of(&self, history: &History) -> Vec<(Claim, CommitId)> {
        let of = |commit: &crate::ports::CommitInfo| {
            let claim = claim(&commit.message).filter(|claim| claim.pipeline == self.pipeline.id)?;
            Some((claim, commit.id.clone()))
        };
        history.commits.iter().filter_map(of).collect()
    }

    /// The branch's commits since one that is accounted for. Where none is, all of them: a commit far down may know of
    /// a journal that is gone, which a shallow copy would not show.
    pub(crate) fn since(&self, tip: &CommitId, until: Option<&CommitId>) -> Result<History, EngineError> {
        let repository = self.host.repository;
        let history = repository.history(tip, until, usize::MAX)?;
        if history.complete || planted(Bug::CutHistoryIsWhole) {
            return Ok(history);
        }
        let name = self.pipeline.repository.branch.clone();
        let since = match until {
            Some(commit) => Since::Commit(commit.clone()),
            None => Since::Beginning,
        };
        repository.refresh(&[RefQuery { name, since }])?;
        Ok(repository.history(tip, until, usize::MAX)?)
    }

    /// The highest claim that the journal itself does not bear out.
    fn highest(
        &self,
        claims: &[(Claim, CommitId)],
        head: Option<&Head>,
        borne_out: &mut BTreeSet<CommitId>,
    ) -> Result<Option<(u64, CommitId)>, EngineError> {
        let mut claims: Vec<_> = claims.iter().collect();
        claims.sort_by_key(|(claim, _)| std::cmp::Reverse(claim.n));
        for (claim, commit) in claims {
            let known = head.is_some_and(|head| is_on_its_way(&head.state, claim));
            if !known && !self.is_borne_out(claim, commit, head, borne_out)? {
                return Ok(Some((claim.n, commit.clone())));
            }
        }
        Ok(None)
    }

    /// Whether the journal's event that a commit names is of this very promotion, although its commit is not
    /// accounted for: its pull request was withdrawn and merged afterwards, or it reached the branch too late.
    /// Looked up only where the commit would otherwise say that the journal is older than the branch.
    fn is_borne_out(
        &self,
        claim: &Claim,
        commit: &CommitId,
        head: Option<&Head>,
        borne_out: &mut BTreeSet<CommitId>,
    ) -> Result<bool, EngineError> {
        let branch = self.pipeline.repository.branch.as_str();
        let Some(head) = head.filter(|h| (accounted(&h.state, branch) + 1..=h.state.n).contains(&claim.n))
        else {
            return Ok(false);
        };
        if borne_out.contains(commit) {
            return Ok(true);
        }
        let bears_out = match Journal::of(self.host.repository, self.pipeline)
            .event(&head.tip, claim.n)?
            .map(|recorded| recorded.event)
        {
            Some(Event::Promoted { pid, commit: own, .. }) => pid == claim.pid && &own == commit,
            // A squashed pull request has the trailers in a commit of another id.
            Some(Event::Proposed { pid, .. }) => pid == claim.pid,
            _ => false,
        };
        if bears_out {
            borne_out.insert(commit.clone());
        }
        Ok(bears_out)
    }
}

/// A commit on its way is accounted for by its own event. One that names an event that is not there yet is of a later
/// proposal of the same promotion, which this journal has lost.
fn is_on_its_way(state: &State, claim: &Claim) -> bool {
    let is_open = |env: &EnvironmentState| {
        env.committing.as_ref().and_then(|committing| committing.pid.as_ref()) == Some(&claim.pid)
            || env.proposed.as_ref().is_some_and(|proposed| proposed.pid == claim.pid)
    };
    claim.n <= state.n && state.envs.values().any(is_open)
}
