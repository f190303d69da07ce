//! Rules for what people asked for.

use std::collections::BTreeMap;

use super::answer::{Effect, Wait, WaitCode};
use super::entry::Past;
use super::{Rule, View};
use crate::event::{BakeResult, Cause, Event, RequestKind, Unpinning};
use crate::journal::state::{EnvironmentState, Hold, Phase, Proposal, Release, Request, Run};
use crate::museum::{Bug, planted};
use crate::pipeline::{Delivery, EntryGate, Environment};

impl View<'_> {
    fn request(&self, kind: RequestKind) -> Option<&Request> {
        self.state.requests.iter().find(|r| &r.env == self.key && r.kind == kind)
    }

    /// An open request for a manual promotion.
    pub(super) fn promotion_request(&self) -> Option<&Request> {
        self.request(RequestKind::Promote)
    }

    /// Whether a manual promotion was asked for that nothing keeps from being done at once. One that has to wait for
    /// its gates, or for the merge of its pull request, pre-empts nothing: neither a rollback nor a pin.
    pub(super) fn promotion_is_due(&self) -> bool {
        let offered = self.env.proposed.as_ref().is_some_and(|open| self.asked_for(open).is_some());
        !offered && self.promotion_request().is_some_and(|request| self.entry_of(request).is_none())
    }

    /// What a person asked for, if an open pull request is of it.
    pub(super) fn asked_for(&self, open: &Proposal) -> Option<&Request> {
        self.promotion_request().filter(|request| request.r.as_ref() == Some(&open.r))
    }

    /// The gates that a person passes by for what an open pull request is of.
    pub(super) fn past_of(&self, open: &Proposal) -> Past {
        self.asked_for(open).map(|request| self.past(request).into_keys().collect()).unwrap_or_default()
    }

    /// What keeps a manual promotion that was asked for.
    pub(super) fn entry_of(&self, request: &Request) -> Option<Wait> {
        let release = request.r.as_ref().and_then(|r| self.state.release(r));
        let release = release.filter(|r| !r.images.is_empty())?;
        self.entry_past(release, &self.past(request).into_keys().collect())
    }

    /// The gates that a request passes by, with the reasons: those that the environment allows.
    pub(super) fn past(&self, request: &Request) -> BTreeMap<EntryGate, String> {
        let named = request.overrides.iter().filter_map(|text| {
            let (gate, reason) = text.split_once(' ')?;
            Some((EntryGate::parse(gate)?, reason.to_owned()))
        });
        let allowed = |gate: &EntryGate| self.environment.promotion.overrides.contains(gate);
        named.filter(|(gate, _)| allowed(gate) || planted(Bug::OverrideNotAllowed)).collect()
    }

    fn close(request: &Request, outcome: impl Into<String>) -> Effect {
        Effect::Record(Self::closing(request, outcome))
    }

    pub(super) fn closing(request: &Request, outcome: impl Into<String>) -> Event {
        Event::Closed { q: request.q.clone(), outcome: outcome.into() }
    }

    /// Ends a pin by adopting what is there, lifts Towpath's own hold, lets exhausted gates try again, ends a bake that
    /// cannot be read, and withdraws what else was asked for here.
    pub(super) fn requested_resume(&self) -> Rule {
        let Some(request) = self.request(RequestKind::Resume) else { return Rule::Pass };
        // What the gates have to say comes first: a failure that is there to be read is not waved through.
        if let Some(rule) = self.gates_have_something_to_say() {
            return rule;
        }
        let mut events = match self.env.pin {
            Some(_) => self.unpinned_by_resume(),
            None => self.gates_again(request).into_iter().collect(),
        };
        let own = |h: &&Hold| !h.by.is_person();
        events.extend(self.holds().filter(own).map(|h| Event::Lifted { id: h.id.clone() }));
        let other = |q: &&Request| &q.env == self.key && q.kind != RequestKind::Resume;
        events.extend(self.state.requests.iter().filter(other).map(|q| Self::closing(q, "withdrawn")));
        events.push(Self::closing(request, "resumed"));
        Rule::Act(events.into_iter().map(Effect::Record).collect())
    }

    fn gates_have_something_to_say(&self) -> Option<Rule> {
        if self.env.pin.is_some() {
            return None;
        }
        // A run that does not begin has nothing to say, however often it is asked to.
        let says = |effects: &[Effect]| !effects.iter().all(|effect| matches!(effect, Effect::EnsureQa(..)));
        let judged = |rule| match rule {
            Rule::Act(effects) if says(&effects) => Some(Rule::Act(effects)),
            _ => None,
        };
        match self.prove_live() {
            Rule::Act(effects) => Some(Rule::Act(effects)),
            // Soon it is known whether it lives, and then whether it failed.
            Rule::Stop(wait) if self.is_unsettled(&wait) => Some(Rule::Stop(wait)),
            _ => judged(self.judge_gates()),
        }
    }

    /// What leaves at a person's word may have failed already; then that is recorded first.
    fn failure_to_be_read(&self) -> Option<Rule> {
        let judges = |effect: &Effect| {
            matches!(effect, Effect::Measure(_) | Effect::Record(Event::Judged { .. } | Event::Failed { .. }))
        };
        match self.judge_gates() {
            Rule::Act(effects) if self.env.pin.is_none() && effects.iter().any(judges) => {
                Some(Rule::Act(effects))
            }
            _ => None,
        }
    }

    fn is_unsettled(&self, wait: &Wait) -> bool {
        let soon = matches!(wait.code, WaitCode::Degraded | WaitCode::Stabilizing | WaitCode::Syncing);
        soon && self.in_phase(&[Phase::Verifying, Phase::Verified]).is_some()
    }

    fn unpinned_by_resume(&self) -> Vec<Event> {
        let unpinned = Event::Unpinned { env: self.key.clone(), how: Unpinning::Resumed };
        std::iter::once(unpinned).chain(self.adoption()).collect()
    }

    /// A verification whose gates came to no verdict begins anew; a bake that cannot be read is over when a person says so.
    fn gates_again(&self, request: &Request) -> Option<Event> {
        let at = self.in_phase(&[Phase::Verifying, Phase::Verified])?;
        let (env, pid) = (self.key.clone(), at.pid.clone()?);
        match at.phase {
            Phase::Verifying if at.live.is_some() && at.runs.values().any(Run::is_used_up) => {
                let why = format!("{} asked for its gates again", request.by);
                Some(Event::Unlive { env, pid, until: self.now, why })
            }
            Phase::Verified if self.bake_is_unreadable(at) => {
                Some(Event::Baked { env, pid, result: BakeResult::Cut })
            }
            _ => None,
        }
    }

    /// Goes back at a person's word: at once, through everything but a hold that stops rollbacks.
    pub(super) fn requested_rollback(&self) -> Rule {
        let (Some(request), Some(at)) = (self.request(RequestKind::Rollback), self.at()) else {
            return Rule::Pass;
        };
        let chosen = match &request.r {
            Some(r) => self.state.release(r).filter(|r| self.can_restore(r)),
            None => self.rollback_target(at),
        };
        let Some(release) = chosen else {
            return Rule::Act(vec![Self::close(request, "refused: there is no release to go back to")]);
        };
        if request.r.is_some() && !was_here(self.environment, self.env, release) {
            let why = "refused: it was never here, so it is to be promoted through the gates";
            return Rule::Act(vec![Self::close(request, why)]);
        }
        // A failure of what is there is recorded meanwhile.
        if let Some(wait) = self.held_rollback(release) {
            return Rule::Note(wait);
        }
        if release.r == at.r && self.env.pin.is_none() {
            return Rule::Act(vec![Self::close(request, "it is there already")]);
        }
        if let Some(rule) = self.failure_to_be_read() {
            return rule;
        }
        let because = format!("{} asked for it", request.by);
        Rule::Act(self.back_to(release, Some(request.q.clone()), request.by.clone(), because))
    }

    /// Whether a release can be written here: with all images, or as the baseline that was found here.
    pub(super) fn can_restore(&self, release: &Release) -> bool {
        let complete = release.images.iter().map(|i| &i.name).eq(&self.world.pipeline.images);
        complete
            || (!release.fields.is_empty()
                && release.fields.iter().all(|f| f.file.is_below(&self.environment.path)))
    }

    /// Moves a release here at a person's word: every entry gate applies.
    pub(super) fn requested_promotion(&self, request: &Request) -> Rule {
        let release = request.r.as_ref().and_then(|r| self.state.release(r)).filter(|r| !r.images.is_empty());
        let Some(release) = release else {
            return Rule::Act(vec![Self::close(request, "refused: there is no such release")]);
        };
        // What failed, was taken out, was only found here, or has to be verified under other gates may be brought once
        // more, to be verified.
        let there = self.at().filter(|at| at.r == release.r && self.env.pin.is_none());
        if there.is_some_and(|at| at.is_running() || self.is_verified_as_of_now(&at.r)) {
            return Rule::Act(vec![Self::close(request, "it is there already")]);
        }
        let rule = self.enter(release, Cause::Manual, Some(request));
        // By what it passes by the check goes, so that it stays until the merge.
        if self.environment.delivery == Delivery::Push || self.passes_by(request) {
            return rule;
        }
        match rule {
            // The pull request is the answer; whether it is merged is for people to decide.
            Rule::Act(effects) => {
                Rule::Act(effects.into_iter().chain([Self::close(request, "done")]).collect())
            }
            Rule::Pass => Rule::Act(vec![Self::close(request, "its pull request is open already")]),
            rule => rule,
        }
    }

    /// Whether it asks for more than comes by itself: past gates, or over what a person put there. What is needed of it at
    /// a moment does not matter, since gates open and close.
    fn passes_by(&self, request: &Request) -> bool {
        self.env.pin.is_some() || !self.past(request).is_empty()
    }
}

/// Whether a release was promoted into an environment before, or found there: only that can be gone back to, since going
/// back asks no entry gate.
fn was_here(environment: &Environment, env: &EnvironmentState, release: &Release) -> bool {
    env.tries.contains_key(&release.r)
        || env.good.iter().any(|good| good.r == release.r)
        || release.fields.iter().any(|field| field.file.is_below(&environment.path))
}
