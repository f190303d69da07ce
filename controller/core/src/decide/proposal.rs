//! Rules of delivery by pull request: the merge is the commit point, a required check guards it.

use super::answer::{Effect, Promotion, Source, Wait, WaitCode, When};
use super::{Rule, View};
use crate::event::{Cause, Event, Undoing};
use crate::journal::state::{Proposal, Release};
use crate::world::ProposalStatus;

impl View<'_> {
    /// Opens a pull request, or follows the one that is open for this promotion.
    pub(super) fn propose(&self, promotion: Promotion) -> Rule {
        match &self.env.proposed {
            Some(open) if open.r == promotion.r => self.follow(open, None),
            // A newer candidate replaces an older one.
            Some(older) => Rule::Act(vec![
                Effect::Record(Event::Undone { pid: older.pid.clone(), why: Undoing::Withdrawn }),
                Effect::Propose(promotion),
            ]),
            None => Rule::Act(vec![Effect::Propose(promotion)]),
        }
    }

    /// A gate keeps the release: an open pull request of it turns red.
    pub(super) fn withhold(&self, release: &Release, wait: Wait) -> Rule {
        match self.env.proposed.as_ref().filter(|open| open.r == release.r) {
            Some(open) => self.follow(open, Some(wait)),
            None => Rule::Note(wait),
        }
    }

    /// A merge is the commit point and a closing the end, whatever else is going on.
    pub(super) fn proposal_ended(&self) -> Rule {
        let Some(open) = &self.env.proposed else { return Rule::Pass };
        match &self.facts.proposal {
            Some(ProposalStatus::Merged { commit, green }) => self.merged(open, commit.clone(), *green),
            Some(ProposalStatus::Closed) => {
                let pid = open.pid.clone();
                Rule::Act(vec![Effect::Record(Event::Undone { pid, why: Undoing::Closed })])
            }
            _ => Rule::Pass,
        }
    }

    /// Keeps the check of an open pull request as the gates are.
    fn follow(&self, open: &Proposal, blocked: Option<Wait>) -> Rule {
        let pid = open.pid.clone();
        let ready = blocked.is_none();
        if matches!(&self.facts.proposal, Some(ProposalStatus::Open { green }) if *green != ready) {
            let summary = blocked.map_or_else(|| "all gates hold".to_owned(), |wait| wait.text);
            return Rule::Act(vec![Effect::Check { pid, green: ready, summary }]);
        }
        let number = open.pr.map_or_else(String::new, |n| format!(" #{n}"));
        let text = format!("pull request{number} for {} is open", self.version(&open.r));
        let wait = self.wait(WaitCode::Proposed, text, "merge it", When::on(Source::Git, self.now));
        Rule::Note(blocked.unwrap_or(wait.about(&open.pid)))
    }

    /// A merge against the gates is a person's act.
    fn merged(&self, open: &Proposal, commit: crate::id::CommitId, green: bool) -> Rule {
        let (Some(release), Some(base)) = (self.state.release(&open.r), self.world.branch.tip.clone()) else {
            return Rule::Pass;
        };
        let cause = if green { Cause::Auto } else { Cause::Manual };
        let promotion = self.promotion(release, cause, None, crate::id::Actor::towpath());
        Rule::Act(vec![Effect::Record(Event::Promoted {
            pid: promotion.pid,
            env: promotion.key,
            r: promotion.r,
            attempt: promotion.attempt,
            cause,
            commit,
            base,
            gates: promotion.gates,
            from: promotion.from,
            q: None,
            landed: true,
        })])
    }
}
