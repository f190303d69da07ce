//! Journal and branch to the host: together, or the journal first.

use towpath_core::decide::PAUSE;
use towpath_core::museum::{Bug, planted};

use super::plan::Plan;
use super::{Acted, Executor};
use crate::error::EngineError;
use crate::journal::{Found, Head, Journal};
use crate::observe::Observed;
use crate::ports::{PushMode, PushOutcome, RefQuery, RefUpdate, RepositoryError, Since};

/// What became of a push.
pub(super) enum Pushed {
    Moved,
    /// Somebody else was faster.
    Lost,
    /// The host does not want it.
    Refused {
        what: String,
        reason: String,
    },
}

impl Executor<'_> {
    /// Pushes journal and branch.
    pub(super) fn push(
        &self,
        observed: &Observed,
        plan: &Plan,
        acted: &mut Acted,
    ) -> Result<Pushed, EngineError> {
        let pushed = self.push_onto(observed.head(), observed, plan, acted)?;
        if !matches!(pushed, Pushed::Lost) || !planted(Bug::HoldIgnored) {
            return Ok(pushed);
        }
        // A planted bug: a replica that slept builds on a journal that it has not looked at.
        let newest = self.newest_head()?;
        self.push_onto(newest.as_ref(), observed, plan, acted)
    }

    fn newest_head(&self) -> Result<Option<Head>, EngineError> {
        let journal = Journal::of(self.host.repository, self.pipeline);
        let query = RefQuery { name: journal.name.clone(), since: Since::Tip };
        let tip = self.host.repository.refresh(&[query])?.remove(journal.name);
        match journal.read(tip.as_ref(), None)? {
            Found::Head(head) => Ok(Some(head)),
            _ => Ok(None),
        }
    }

    fn push_onto(
        &self,
        head: Option<&Head>,
        observed: &Observed,
        plan: &Plan,
        acted: &mut Acted,
    ) -> Result<Pushed, EngineError> {
        let prepared = Journal::of(self.host.repository, self.pipeline).prepare(
            head,
            plan.events.clone(),
            self.now,
            &self.host.settings.signature,
        )?;
        let journal = RefUpdate {
            name: self.pipeline.repository.journal.clone(),
            old: head.map(|h| h.tip.clone()),
            new: Some(prepared.head.tip.clone()),
        };
        let others = self.branch_updates(observed, plan);
        let atomic = self.host.repository.supports_atomic();
        let together: Vec<RefUpdate> = match atomic {
            true => std::iter::once(journal).chain(others.iter().cloned()).collect(),
            false => vec![journal],
        };
        let pushed = self.moved(&together, PushMode::Atomic)?;
        if !matches!(pushed, Pushed::Moved) {
            return Ok(pushed);
        }
        (acted.head, acted.events) = (Some(prepared.head), prepared.events);
        if !atomic {
            // Intent is journalled; whether the branch moved is found by looking, now or after a crash.
            self.follow_up(others, plan, acted)?;
        }
        Ok(Pushed::Moved)
    }

    /// A planted bug: where the branch was what moved, pushes it alone, over whatever there is now.
    fn forced(&self, updates: &[RefUpdate]) -> Result<(), EngineError> {
        let branch = &self.pipeline.repository.branch;
        for update in updates.iter().filter(|update| update.name == *branch) {
            let query = RefQuery { name: branch.clone(), since: Since::Tip };
            let there = self.host.repository.refresh(&[query])?.remove(branch);
            if there != update.old {
                let again = RefUpdate { old: there, ..update.clone() };
                self.host.repository.push(&[again], PushMode::PerRef)?;
            }
        }
        Ok(())
    }

    /// Pushes what the journal already promises. Whoever slept in between may not any more: others have given it up.
    fn follow_up(&self, others: Vec<RefUpdate>, plan: &Plan, acted: &mut Acted) -> Result<(), EngineError> {
        let journalled = acted.events.first().map_or(self.now, |e| e.at);
        for update in others {
            let slept = self.host.clock.now() > journalled.plus(PAUSE) && !planted(Bug::SleeperPushes);
            let pushed = if slept { Pushed::Lost } else { self.moved_or_silent(&[update])? };
            if let Pushed::Refused { what, reason } = &pushed {
                acted.refuse(plan, what, reason);
            }
            if !matches!(pushed, Pushed::Moved) {
                acted.given_up.extend(plan.promoted());
            }
        }
        Ok(())
    }

    /// Moves a ref by itself. With a planted bug, no answer counts as lost.
    fn moved_or_silent(&self, updates: &[RefUpdate]) -> Result<Pushed, EngineError> {
        match self.moved(updates, PushMode::PerRef) {
            Err(EngineError::Repository(RepositoryError::Unreachable { .. }))
                if planted(Bug::DuplicateAfterLostAnswer) =>
            {
                Ok(Pushed::Lost)
            }
            pushed => pushed,
        }
    }

    /// The branch, if there are promotions, and topic branches.
    fn branch_updates(&self, observed: &Observed, plan: &Plan) -> Vec<RefUpdate> {
        let branch = (plan.promotions > 0).then(|| RefUpdate {
            name: self.pipeline.repository.branch.clone(),
            old: observed.branch.tip.clone(),
            new: plan.tip.clone(),
        });
        branch.into_iter().chain(plan.topics.iter().cloned()).collect()
    }

    fn moved(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Pushed, EngineError> {
        let repository = self.host.repository;
        let outcomes = match self.rehearse {
            true => repository.rehearse(updates, mode)?,
            false => repository.push(updates, mode)?,
        };
        if planted(Bug::ForcedPush) && outcomes.contains(&PushOutcome::Lost) {
            self.forced(updates)?;
        }
        // What an environment waits for is its branch, which stands behind the journal.
        for (update, outcome) in updates.iter().zip(&outcomes).rev() {
            if let PushOutcome::Refused { reason } = outcome {
                return Ok(Pushed::Refused { what: update.name.to_string(), reason: reason.clone() });
            }
        }
        let all = outcomes.iter().all(|outcome| *outcome == PushOutcome::Accepted);
        Ok(if all { Pushed::Moved } else { Pushed::Lost })
    }
}
