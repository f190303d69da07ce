//! Rules for what people asked for.

use super::answer::{Effect, Wait};
use super::rollback::target;
use super::{Rule, View};
use crate::event::{BakeResult, Cause, Event, RequestKind, Unpinning};
use crate::journal::state::{Phase, Release, Request};
use crate::pipeline::Delivery;

impl View<'_> {
    fn request(&self, kind: RequestKind) -> Option<&Request> {
        self.state.requests.iter().find(|r| &r.env == self.key && r.kind == kind)
    }

    /// An open request for a manual promotion.
    pub(super) fn promotion_request(&self) -> Option<&Request> {
        self.request(RequestKind::Promote)
    }

    /// Whether a manual promotion was asked for that nothing keeps from being done at once. One that has to wait for
    /// its gates pre-empts nothing: neither a rollback nor a pin.
    pub(super) fn promotion_is_due(&self) -> bool {
        self.promotion_request().is_some_and(|request| self.entry_of(request).is_none())
    }

    /// What keeps a manual promotion that was asked for.
    pub(super) fn entry_of(&self, request: &Request) -> Option<Wait> {
        let release = request.r.as_ref().and_then(|r| self.state.release(r));
        release.filter(|r| !r.images.is_empty()).and_then(|release| self.entry(release).into_iter().next())
    }

    fn close(request: &Request, outcome: impl Into<String>) -> Effect {
        Effect::Record(Event::Closed { q: request.q.clone(), outcome: outcome.into() })
    }

    /// Ends a pin by adopting what is there, lifts Towpath's own hold, and lets exhausted gates try again.
    pub(super) fn requested_resume(&self) -> Rule {
        let Some(request) = self.request(RequestKind::Resume) else { return Rule::Pass };
        let env = self.key.clone();
        let mut effects = Vec::new();
        if self.env.pin.is_some() {
            effects.push(Effect::Record(Event::Unpinned { env: env.clone(), how: Unpinning::Resumed }));
            effects.extend(self.adoption().map(Effect::Record));
        } else if let Some(at) = self.in_phase(&[Phase::Verifying, Phase::Verified]) {
            let unlive = at.pid.clone().filter(|_| at.phase == Phase::Verifying && at.live.is_some());
            effects.extend(unlive.map(|pid| {
                let why = format!("{} asked for its gates again", request.by);
                Effect::Record(Event::Unlive { env, pid, until: self.now, why })
            }));
        }
        // A bake that cannot be read is over when a person says so.
        let here = self.in_phase(&[Phase::Verified]).filter(|_| self.env.pin.is_none());
        let unread = here.filter(|at| !self.bake_reads_well(at));
        effects.extend(
            unread.and_then(|at| at.pid.clone()).map(|pid| {
                Effect::Record(Event::Baked { env: self.key.clone(), pid, result: BakeResult::Cut })
            }),
        );
        effects.extend(self.promotion_request().map(|open| Self::close(open, "withdrawn")));
        let own = |h: &&crate::journal::state::Hold| !h.by.is_person();
        effects.extend(self.holds().filter(own).map(|h| Effect::Record(Event::Lifted { id: h.id.clone() })));
        effects.push(Self::close(request, "resumed"));
        Rule::Act(effects)
    }

    /// Goes back at a person's word: at once, through everything but a hold that stops rollbacks.
    pub(super) fn requested_rollback(&self) -> Rule {
        let (Some(request), Some(at)) = (self.request(RequestKind::Rollback), self.at()) else {
            return Rule::Pass;
        };
        let chosen = match &request.r {
            Some(r) => self.state.release(r).filter(|r| self.can_restore(r)),
            None => target(self.state, self.env, &at.r),
        };
        let Some(release) = chosen else {
            return Rule::Act(vec![Self::close(request, "refused: there is no release to go back to")]);
        };
        if let Some(wait) = self.held_rollback(release) {
            return Rule::Stop(wait);
        }
        if release.r == at.r && self.env.pin.is_none() {
            return Rule::Act(vec![Self::close(request, "it is there already")]);
        }
        let because = format!("{} asked for it", request.by);
        Rule::Act(self.back_to(release, Some(request.q.clone()), request.by.clone(), because))
    }

    /// Whether a release can be written here: with all images, or as the baseline that was found here.
    pub(super) fn can_restore(&self, release: &Release) -> bool {
        let complete = release.images.iter().map(|i| &i.name).eq(&self.world.pipeline.images);
        let path = self.environment.path.as_str();
        let found_here = |f: &crate::event::FieldBytes| f.file.as_str().starts_with(&format!("{path}/"));
        complete || (!release.fields.is_empty() && release.fields.iter().all(found_here))
    }

    /// Moves a release here at a person's word: every entry gate applies.
    pub(super) fn requested_promotion(&self, request: &Request) -> Rule {
        let release = request.r.as_ref().and_then(|r| self.state.release(r)).filter(|r| !r.images.is_empty());
        let Some(release) = release else {
            return Rule::Act(vec![Self::close(request, "refused: there is no such release")]);
        };
        // What failed, was taken out or was only found here may be brought once more, to be verified.
        let there = self.at().filter(|at| at.r == release.r && self.env.pin.is_none());
        if there.is_some_and(|at| at.is_running() || self.env.ok.contains_key(&at.r)) {
            return Rule::Act(vec![Self::close(request, "it is there already")]);
        }
        match (self.environment.delivery, self.enter(release, Cause::Manual, Some(request))) {
            // The pull request is the answer; whether it is merged is for people to decide.
            (Delivery::PullRequest, Rule::Act(effects)) => {
                Rule::Act(effects.into_iter().chain([Self::close(request, "done")]).collect())
            }
            (_, rule) => rule,
        }
    }
}
