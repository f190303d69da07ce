//! Rules of contract C10: which release comes next, and what keeps it.

use super::answer::{Promotion, Source, WaitCode, When};
use super::{Rule, View};
use crate::event::Cause;
use crate::id::Actor;
use crate::journal::state::{Current, Phase, Release, Request};
use crate::museum::{Bug, planted};
use crate::pipeline::Delivery;

impl View<'_> {
    pub(super) fn promote(&self) -> Rule {
        if let Some(request) = self.promotion_request() {
            return self.requested_promotion(request);
        }
        let Some(candidate) = self.candidate() else { return Rule::Pass };
        if !self.environment.automatic {
            let text = format!("{} could come here, but not by itself", candidate.version());
            let remedy = format!("towpath promote {} {}", self.target(), candidate.r);
            let when = When::on(Source::Person, self.now);
            return Rule::Note(self.wait(WaitCode::NotAutomatic, text, remedy, when).about(&candidate.r));
        }
        self.enter(candidate, Cause::Auto, None)
    }

    /// Newest wins: the highest eligible release; when none is eligible the newest one explains why.
    pub(super) fn candidate(&self) -> Option<&Release> {
        // CI may have raised the rank of what is there; that is no reason to promote it onto itself.
        let there = self.at().filter(|at| at.pid.is_some()).and_then(|at| self.state.release(&at.r));
        let mark = self.env.hw.max(there.map(Release::rank).unwrap_or_default());
        let above = |r: &&Release| !r.is_baseline() && r.rank() > mark;
        let by_age = |r: &&Release| match planted(Bug::OrderByName) {
            true => (r.version(), r.rank()),
            false => (String::new(), r.rank()),
        };
        let releases = || self.state.releases.iter().filter(above);
        releases().filter(|r| self.is_eligible(r)).max_by_key(by_age).or_else(|| {
            releases()
                .filter(|r| !self.is_rejected(r))
                .max_by_key(by_age)
                .or_else(|| releases().max_by_key(by_age))
        })
    }

    fn is_rejected(&self, release: &Release) -> bool {
        release.images.iter().any(|i| self.env.rejects(&i.digest))
    }

    fn is_eligible(&self, release: &Release) -> bool {
        release.images.iter().map(|i| &i.name).eq(&self.world.pipeline.images)
            && !self.is_rejected(release)
            && self.upstream(release).is_none()
            && self.held(release).is_none()
    }

    /// Commits the release, or says what keeps it.
    pub(super) fn enter(&self, release: &Release, cause: Cause, request: Option<&Request>) -> Rule {
        if cause == Cause::Auto && self.is_rejected(release) {
            let text = format!("{} contains what failed here before", release.version());
            let remedy = format!("release a fix, or: towpath clear {}", self.target());
            let when = When::on(Source::Person, self.now);
            return Rule::Note(self.wait(WaitCode::Rejected, text, remedy, when).about(&release.r));
        }
        if let Some(wait) = self.entry(release).into_iter().next() {
            return Rule::Note(wait);
        }
        let actor = request.map_or_else(Actor::towpath, |request| request.by.clone());
        let promotion = self.promotion(release, cause, request.map(|r| r.q.clone()), actor);
        match (self.environment.delivery, self.at()) {
            (Delivery::PullRequest, Some(at)) if at.phase == Phase::Verified && !self.bake_reads_well(at) => {
                self.no_reading()
            }
            (Delivery::PullRequest, _) => self.propose(promotion),
            (Delivery::Push, Some(at)) => self.over(at, release, promotion),
            (Delivery::Push, None) => Rule::Pass,
        }
    }

    fn no_reading(&self) -> Rule {
        let text = "a newer release is ready, and the bake has no current good reading";
        let remedy = format!("mend the metric, or end the bake: towpath resume {}", self.target());
        Rule::Note(self.wait(WaitCode::BakeReading, text, remedy, When::on(Source::Metrics, self.now)))
    }

    /// Replaces what is there: a bake is cut, never without a good reading as of now.
    fn over(&self, at: &Current, release: &Release, promotion: Promotion) -> Rule {
        // What a person changed by hand cannot be read as the release's.
        if at.phase == Phase::Verified && self.env.pin.is_none() && !self.bake_reads_well(at) {
            return self.no_reading();
        }
        Rule::Act(self.commit(release, promotion))
    }
}
