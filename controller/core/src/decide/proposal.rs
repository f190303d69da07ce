//! Rules of delivery by pull request: the merge is the commit point, a required check guards it.

use super::answer::{Effect, Promotion, Source, WaitCode, When};
use super::leaving::overridden;
use super::{Rule, View};
use crate::event::{Cause, Event, Undoing};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, Actor, CommitId};
use crate::journal::state::{Current, Phase, Proposal, Rejection};
use crate::museum::{Bug, planted};
use crate::world::ProposalStatus;

impl View<'_> {
    /// Opens a pull request, unless the one that is open is of this release; its check is kept by
    /// [`View::guard_proposal`].
    pub(super) fn propose(&self, promotion: Promotion) -> Rule {
        match &self.env.proposed {
            Some(open) if open.r == promotion.r => Rule::Pass,
            // A newer candidate replaces an older one, as long as that is known to be open.
            Some(_) if !matches!(self.facts.proposal, Some(ProposalStatus::Open { .. })) => Rule::Pass,
            Some(older) => Rule::Act(vec![
                Effect::Record(Event::Undone { pid: older.pid.clone(), why: Undoing::Withdrawn }),
                Effect::Propose(promotion),
            ]),
            None => Rule::Act(vec![Effect::Propose(promotion)]),
        }
    }

    /// A merge is the commit point and a closing the end, whatever else is going on.
    pub(super) fn proposal_ended(&self) -> Rule {
        let Some(open) = &self.env.proposed else { return Rule::Pass };
        match &self.facts.proposal {
            Some(ProposalStatus::Merged { commit, green }) => self.merged(open, commit.clone(), *green),
            Some(ProposalStatus::Closed) => self.closed(open),
            Some(ProposalStatus::Lost) => {
                let undone = Event::Undone { pid: open.pid.clone(), why: Undoing::Race };
                Rule::Act(vec![Effect::Record(undone)])
            }
            _ => Rule::Pass,
        }
    }

    /// Keeps the check of an open pull request as the gates are, whatever else keeps the environment waiting.
    pub(super) fn guard_proposal(&self) -> Rule {
        let (open, green) = match (&self.env.proposed, &self.facts.proposal) {
            (Some(open), Some(ProposalStatus::Open { green })) => (open, green),
            (Some(open), Some(ProposalStatus::Unanswered(why))) => return self.unanswered(open, why),
            _ => return Rule::Pass,
        };
        let blocked = self.blocked(open).filter(|_| !(*green && planted(Bug::GreenForEver)));
        // What is not known turns no check red before it was asked for.
        if let Some(effects) = self.unasked() {
            return Rule::Act(effects);
        }
        if *green != blocked.is_none() {
            let pid = open.pid.clone();
            let summary = blocked.clone().unwrap_or_else(|| "all gates hold".to_owned());
            return Rule::Act(vec![Effect::Check { pid, green: blocked.is_none(), summary }]);
        }
        let number = open.pr.map_or_else(String::new, |n| format!(" #{n}"));
        let (text, remedy) = match blocked {
            Some(why) => (format!("; it may not be merged: {why}"), ""),
            None => (String::new(), "merge it"),
        };
        let text = format!("pull request{number} for {} is open{text}", self.version(&open.r));
        let past = self.past_of(open);
        let entry = self.state.release(&open.r).and_then(|release| self.entry_past(release, &past));
        let when = When::on(Source::Git, self.now).no_later_than(self.turn(entry.as_ref()));
        Rule::Note(self.wait(WaitCode::Proposed, text, remedy, when).about(&open.pid))
    }

    fn unanswered(&self, open: &Proposal, why: &str) -> Rule {
        let text =
            format!("nobody says what became of the pull request for {}: {why}", self.version(&open.r));
        let remedy = "see that the host of the pull requests answers";
        let when = When::on(Source::Git, self.now);
        Rule::Note(self.wait(WaitCode::Proposed, text, remedy, when).about(&open.pid))
    }

    /// Why an open pull request must not be merged now.
    fn blocked(&self, open: &Proposal) -> Option<String> {
        let Some(release) = self.state.release(&open.r) else {
            return Some("its release is gone".to_owned());
        };
        if let Err(problem) = &self.facts.path {
            return Some(format!("{}: {}", problem.place, problem.problem));
        }
        if self.env.pin.is_some() && self.asked_for(open).is_none() {
            return Some("a foreign commit changed the images".to_owned());
        }
        let due = |at: &Current| at.failed.as_ref().is_some_and(|failed| !failed.held);
        if self.in_phase(&[Phase::Failed]).is_some_and(due) {
            return Some("what is there has failed".to_owned());
        }
        let since = |r: &&Rejection| r.at >= open.at;
        let mut rejected = self.env.rejected.iter().filter(since).flat_map(|r| &r.digests);
        if rejected.any(|digest| release.images.iter().any(|i| &i.digest == digest)) {
            return Some("it contains what failed here".to_owned());
        }
        self.entry_past(release, &self.past_of(open)).map(|wait| wait.text)
    }

    /// A closed pull request is a person's no: the release is held until a person thinks otherwise.
    fn closed(&self, open: &Proposal) -> Rule {
        if let Some(oldest) = self.no_room_for_a_hold() {
            let text = format!(
                "pull request for {} was closed, and the journal takes no further hold",
                self.version(&open.r)
            );
            let remedy = format!("lift one: towpath resume {} --hold {oldest}", self.world.pipeline.id);
            let when = When::on(Source::Person, self.now);
            return Rule::Stop(self.wait(WaitCode::Held, text, remedy, when).about(&open.pid));
        }
        let mut events = vec![Event::Undone { pid: open.pid.clone(), why: Undoing::Closed }];
        events.extend(
            self.asked_for(open).map(|request| Self::closing(request, "its pull request was closed")),
        );
        let id = ActId::parse(&format!("h-{}", open.pid.as_str().trim_start_matches("p-")));
        if planted(Bug::ClosedComesAgain) {
            return Rule::Act(events.into_iter().map(Effect::Record).collect());
        }
        events.extend(id.ok().filter(|id| !self.state.holds.iter().any(|h| &h.id == id)).map(|id| {
            Event::Held {
                id,
                select: Select::environment(self.key),
                subject: Subject::Release(open.r.clone()),
                stops: vec![Stop::Promotions],
                reason: "its pull request was closed".to_owned(),
                until: None,
            }
        }));
        Rule::Act(events.into_iter().map(Effect::Record).collect())
    }

    /// A merge against the gates is a person's act.
    fn merged(&self, open: &Proposal, commit: CommitId, green: bool) -> Rule {
        let (Some(release), Some(base)) = (self.state.release(&open.r), self.world.branch.tip.clone()) else {
            return Rule::Pass;
        };
        let asked = self.asked_for(open);
        let cause = if green && asked.is_none() { Cause::Auto } else { Cause::Manual };
        let actor = asked.map_or_else(Actor::towpath, |request| request.by.clone());
        let mut promotion = self.promotion(release, cause, asked.map(|request| request.q.clone()), actor);
        promotion.overrides =
            asked.map(|request| self.needed(release, self.past(request))).unwrap_or_default();
        // It was merged after it was seen open last, and nobody knows how long after.
        let gone = self.not_there_since(self.facts.proposal_open.unwrap_or(open.at));
        let left = self.leaving(release, cause, &promotion.actor);
        let before: Vec<Event> =
            overridden(&promotion).chain(self.unproven()).chain(gone).chain(left).collect();
        let answered = self.answered(promotion.q.as_ref());
        let promoted = Event::Promoted {
            pid: promotion.pid,
            env: promotion.key,
            r: promotion.r,
            attempt: promotion.attempt,
            cause,
            commit,
            base,
            gates: promotion.gates,
            from: promotion.from,
            q: promotion.q,
            landed: true,
        };
        Rule::Act(before.into_iter().chain([promoted]).chain(answered).map(Effect::Record).collect())
    }
}
