//! What a move takes along: the pin that it ends, the bake that it cuts, the release that a person takes out.

use super::View;
use super::answer::{Effect, Promotion};
use crate::event::{BakeResult, Cause, Event, Unpinning};
use crate::id::{ActId, Actor};
use crate::journal::state::{Current, Phase, Release};
use crate::time::Time;

impl View<'_> {
    /// The effects that bring a release here. What the move takes along belongs to the moment at which it is on the
    /// branch: where branch and journal move together that is this push, elsewhere [`View::land`].
    pub(super) fn commit(&self, release: &Release, promotion: Promotion) -> Vec<Effect> {
        let unproven = self.unproven();
        let first: Vec<Effect> = overridden(&promotion).chain(unproven).map(Effect::Record).collect();
        if !self.world.shared.atomic {
            return first.into_iter().chain([Effect::Promote(promotion)]).collect();
        }
        let left = self.leaving(release, promotion.cause, &promotion.actor);
        let answered = self.answered(promotion.q.as_ref());
        let before = first.into_iter().chain(left.into_iter().map(Effect::Record));
        before.chain([Effect::Promote(promotion)]).chain(answered.map(Effect::Record)).collect()
    }

    /// The effects of a promotion that is found on the branch after it was journalled.
    pub(super) fn land(&self, landed: &Current) -> Vec<Effect> {
        let Some(pid) = landed.pid.clone() else { return Vec::new() };
        let asked = landed.q.as_ref().and_then(|q| self.state.requests.iter().find(|open| &open.q == q));
        let who = asked.map_or_else(Actor::towpath, |request| request.by.clone());
        let release = self.state.release(&landed.r);
        let mut events: Vec<Event> = self.outlived(landed).into_iter().collect();
        events.extend(release.into_iter().flat_map(|release| self.leaving(release, landed.cause, &who)));
        events.push(Event::Landed { pid, commit: landed.commit.clone() });
        events.extend(self.answered(landed.q.as_ref()));
        events.into_iter().map(Effect::Record).collect()
    }

    /// Nobody knows when a promotion landed that is found to have landed: what was here before has soaked until that was
    /// journalled, and not until it is found, which may be long after.
    fn outlived(&self, landed: &Current) -> Option<Event> {
        self.not_there_since(landed.at)
    }

    /// Keeps nothing of the time of what still soaks here when nobody tells what is live: whether it ran without a break up to
    /// now is never heard once something else is here.
    pub(super) fn unproven(&self) -> Option<Event> {
        let is_asked = super::still_soaks(self.world.pipeline, &self.environment.name, self.env);
        let at = self.at().filter(|_| is_asked)?;
        let (pid, live) = (at.pid.clone()?, at.live.as_ref()?);
        let why = "another release came while nobody told what was live".to_owned();
        let unlive = || Event::Unlive { env: self.key.clone(), pid, until: live.since, why };
        self.is_silent(at).then(unlive)
    }

    /// Ends the soak of what is here at a time that is over: from then on something else may have been here.
    pub(super) fn not_there_since(&self, since: Time) -> Option<Event> {
        let at = self.at().filter(|at| self.env.ok.contains_key(&at.r))?;
        let (pid, live) = (at.pid.clone()?, at.live.as_ref()?);
        let (until, why) = (since.max(live.since), "another release came".to_owned());
        (until < self.recorded()).then(|| Event::Unlive { env: self.key.clone(), pid, until, why })
    }

    /// What ends here when `release` comes.
    pub(super) fn leaving(&self, release: &Release, cause: Cause, who: &Actor) -> Vec<Event> {
        let mut events = Vec::new();
        let env = self.key;
        if self.env.pin.is_some() {
            events.push(Event::Unpinned { env: env.clone(), how: Unpinning::Promoted });
        }
        let Some(at) = self.at() else { return events };
        if let (Phase::Verified, Some(pid), true) = (at.phase, &at.pid, cause != Cause::Rollback) {
            events.push(Event::Baked { env: env.clone(), pid: pid.clone(), result: BakeResult::Cut });
        }
        if self.steps_down(at, release, cause) {
            let version = release.version();
            let why = match cause {
                Cause::Rollback => format!("{who} went back to {version}"),
                Cause::Auto | Cause::Manual => format!("{who} put {version} here instead"),
            };
            events.push(Event::Revoked { env: env.clone(), r: at.r.clone(), why });
        }
        events
    }

    /// Whether a Verified release makes room for an older one. Only people do that, and what they take out does
    /// not go onward.
    fn steps_down(&self, at: &Current, release: &Release, cause: Cause) -> bool {
        let there = self.state.release(&at.r).map(Release::rank);
        let older = cause == Cause::Rollback || there.is_some_and(|there| release.rank() < there);
        older && release.r != at.r && self.env.ok.contains_key(&at.r)
    }

    /// Closes the request that a move answers, if it is still open.
    pub(super) fn answered(&self, q: Option<&ActId>) -> Option<Event> {
        let open = self.state.requests.iter().find(|request| Some(&request.q) == q)?;
        Some(Event::Closed { q: open.q.clone(), outcome: "done".to_owned() })
    }
}

/// The gates that a person passes by for a promotion, and why.
pub(super) fn overridden(promotion: &Promotion) -> impl Iterator<Item = Event> {
    promotion.overrides.iter().map(|(gate, reason)| Event::Overridden {
        pid: promotion.pid.clone(),
        gate: gate.name(),
        reason: reason.clone(),
    })
}
