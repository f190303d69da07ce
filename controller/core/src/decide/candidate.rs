//! Rules of contract C10: which release comes next, and what keeps it.

use std::collections::BTreeMap;

use super::answer::{Promotion, Source, Wait, WaitCode, When};
use super::entry::Past;
use super::{Rule, View};
use crate::event::Cause;
use crate::id::{Actor, ReleaseId};
use crate::journal::state::{ApprovalRecord, Current, Phase, Release, Request};
use crate::museum::{Bug, planted};
use crate::pipeline::{Delivery, Edge, EdgeMode, EntryGate, Queue};
use crate::release::Rank;

/// From how many verifications cut short in a row on that has a name.
const CHURN_LIMIT: u32 = 3;

impl<'a> View<'a> {
    /// Brings the next release, or says what keeps it, and looks again when that or what comes next may be another.
    pub(super) fn promote(&self) -> Rule {
        match self.next() {
            Rule::Note(wait) => {
                let turn = self.turn(Some(&wait));
                Rule::Note(wait.no_later_than(turn))
            }
            rule => rule,
        }
    }

    fn next(&self) -> Rule {
        if let Some(request) = self.promotion_request() {
            return self.requested_promotion(request);
        }
        if let Some(r) = self.verified_under_other_gates() {
            let again = self.enter(r, Cause::Auto, None);
            // Upstream may have gone on, so that it never comes back there: that does not keep what can come.
            let other = self.candidate().filter(|other| other.r != r.r && self.is_eligible(other));
            if other.is_none() || !matches!(again, Rule::Note(_)) {
                return again;
            }
        }
        let Some(candidate) = self.candidate() else { return self.below_high_water() };
        if let Some(wait) = self.no_common_release(candidate) {
            return Rule::Note(wait);
        }
        if !self.environment.promotion.automatic && self.is_proposed(candidate) {
            return Rule::Pass;
        }
        if !self.environment.promotion.automatic && self.is_eligible(candidate) {
            let text = format!("{} could come here, but not by itself", candidate.version());
            let remedy = format!("towpath promote {} {}", self.target(), candidate.r);
            let when = When::on(Source::Person, self.now);
            return Rule::Note(self.wait(WaitCode::NotAutomatic, text, remedy, when).about(&candidate.r));
        }
        match self.enter(candidate, Cause::Auto, None) {
            // What keeps it is said; nothing else is done by itself.
            Rule::Act(_) if !self.environment.promotion.automatic => Rule::Pass,
            rule => rule,
        }
    }

    /// Replaces a promotion that has no verdict yet, where the queue says so. What a person or a failure brought here
    /// is left to its verdict.
    pub(super) fn supersede(&self) -> Rule {
        let rules = &self.environment.promotion;
        let replaces = rules.queue == Queue::NewestWins
            || planted(Bug::SupersedesBeforeVerdict)
            || (planted(Bug::SupersedesWhileSyncing) && self.in_phase(&[Phase::Syncing]).is_some());
        let newer = replaces && rules.automatic && self.promotion_request().is_none();
        let at = self.at().filter(|at| newer && at.is_running() && at.cause == Cause::Auto);
        match at.and_then(|at| self.candidate().filter(|candidate| candidate.r != at.r)) {
            Some(candidate) => self.enter(candidate, Cause::Auto, None),
            None => Rule::Pass,
        }
    }

    /// Says that verifications here are cut short again and again.
    pub(super) fn starved(&self) -> Option<Wait> {
        let running = self.at().is_some_and(Current::is_running) && self.env.churn >= CHURN_LIMIT;
        let text = format!("{} verifications in a row were cut short before a verdict", self.env.churn);
        let remedy = match self.environment.promotion.queue {
            Queue::NewestWins => "let each come to its verdict: promotion.queue: hold-until-verdict",
            _ => "look at what keeps changing the environment's folder or its health",
        };
        let when = When::resync(self.now);
        running.then(|| self.wait(WaitCode::StarvedByChurn, text, remedy, when))
    }

    /// What settled here under gates that are not those of now, where that has to be verified anew.
    pub(super) fn verified_under_other_gates(&self) -> Option<&Release> {
        let at = self.in_phase(&[Phase::Settled])?;
        let stale = self.env.ok.contains_key(&at.r) && !self.is_verified_as_of_now(&at.r);
        self.state.release(&at.r).filter(|release| stale && !release.images.is_empty())
    }

    /// Whether a release is Verified here, under the present gates where policies or the environment ask for that.
    pub(super) fn is_verified_as_of_now(&self, r: &ReleaseId) -> bool {
        self.env.ok.get(r).is_some_and(|ok| self.environment.accepts(ok))
    }

    /// The eligible release that the queue takes next; when none is eligible, the one that explains why.
    pub(super) fn candidate(&self) -> Option<&'a Release> {
        *self.found.candidate.get_or_init(|| self.find_candidate())
    }

    fn find_candidate(&self) -> Option<&'a Release> {
        // CI may have raised the rank of what is there; that is no reason to promote it onto itself.
        let there = self.there().filter(|_| self.at().is_some_and(|at| at.pid.is_some()));
        let highest = if planted(Bug::BelowHighWater) { Rank::default() } else { self.env.hw };
        let mark = highest.max(there.map(Release::rank).unwrap_or_default());
        let above = |r: &&Release| !r.is_baseline() && r.rank() > mark;
        let mut releases: Vec<&Release> = self.state.releases.iter().filter(above).collect();
        if planted(Bug::OrderByName) {
            releases.sort_by_cached_key(|r| (r.version(), r.rank()));
        } else if planted(Bug::DowngradeByDiscovery) {
            releases.sort_by_key(|r| Rank { order: 0, ..r.rank() });
        } else {
            releases.sort_by_key(|r| r.rank());
        }
        // The first that may come is the one: the others are not asked.
        let eligible = |r: &&&Release| self.is_eligible(r);
        let next = match self.environment.promotion.queue {
            Queue::EveryRelease => releases.iter().find(eligible),
            Queue::HoldUntilVerdict | Queue::NewestWins => releases.iter().rev().find(eligible),
        };
        let newest = || releases.iter().rev().find(|r| !self.is_rejected(r)).or(releases.last());
        next.or_else(newest).copied()
    }

    /// Each upstream environment has something new that is Verified, but none has what the others have.
    fn no_common_release(&self, candidate: &Release) -> Option<Wait> {
        let after = &self.environment.after;
        if after.mode != EdgeMode::All || after.edges.len() < 2 || self.upstream(candidate).is_none() {
            return None;
        }
        let in_all = |r: &Release| {
            let has = |edge: &Edge| {
                self.state.environment(&edge.environment).is_some_and(|(_, env)| env.ok.contains_key(&r.r))
            };
            r.rank() > self.env.hw && after.edges.iter().all(has)
        };
        if self.state.releases.iter().any(in_all) {
            return None;
        }
        let newest = |edge: &Edge| {
            let (_, env) = self.state.environment(&edge.environment)?;
            let verified = self.state.releases.iter().filter(|r| env.ok.contains_key(&r.r));
            let newest = verified.filter(|r| r.rank() > self.env.hw).max_by_key(|r| r.rank())?;
            Some(format!("{} in {}", newest.version(), edge.environment))
        };
        let newest: Vec<String> = after.edges.iter().map(newest).collect::<Option<_>>()?;
        let text =
            format!("no release is Verified in all of its upstream environments: {}", newest.join(", "));
        let remedy =
            "let one release come to its verdict in each, as with promotion.queue: every-release there";
        Some(self.wait(WaitCode::NoCommonRelease, text, remedy, When::resync(self.now)))
    }

    /// Names what stays behind: Verified upstream, newer than what is here, but older than what was here once.
    fn below_high_water(&self) -> Rule {
        let Some(there) = self.there() else { return Rule::Pass };
        let wanted = |r: &Release| {
            let of = |a: &ApprovalRecord| &a.env == self.key && a.r == r.r && a.n > self.env.voids;
            r.rank() > there.rank() || self.state.approvals.iter().any(of)
        };
        let passed = |r: &&Release| {
            let below = r.r != there.r && r.rank() < self.env.hw && !r.is_baseline();
            below && !self.is_proposed(r) && wanted(r) && self.is_eligible(r)
        };
        let edges = !self.environment.after.edges.is_empty();
        let newest = self.state.releases.iter().filter(passed).max_by_key(|r| r.rank()).filter(|_| edges);
        let Some(release) = newest else { return Rule::Pass };
        let text = format!("{} is below the highest release that was here", release.version());
        let remedy =
            format!("a newer one comes by itself; this one: towpath promote {} {}", self.target(), release.r);
        let when = When::on(Source::Person, self.now);
        Rule::Note(self.wait(WaitCode::BelowHighWater, text, remedy, when).about(&release.r))
    }

    fn is_proposed(&self, release: &Release) -> bool {
        self.env.proposed.as_ref().is_some_and(|open| open.r == release.r)
    }

    fn is_rejected(&self, release: &Release) -> bool {
        if planted(Bug::RejectedInAnotherSet) {
            return self.env.rejected.iter().any(|rejection| rejection.r == release.r);
        }
        release.images.iter().any(|i| self.env.rejects(&i.digest)) && !planted(Bug::RejectedComesAgain)
    }

    fn is_eligible(&self, release: &Release) -> bool {
        #[cfg(test)]
        super::ELIGIBILITY.set(super::ELIGIBILITY.get() + 1);
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
        let past = request.map(|request| self.past(request)).unwrap_or_default();
        if let Some(wait) = self.entry_past(release, &past.keys().copied().collect()) {
            return Rule::Note(wait);
        }
        let actor = request.map_or_else(Actor::towpath, |request| request.by.clone());
        let mut promotion = self.promotion(release, cause, request.map(|r| r.q.clone()), actor);
        promotion.overrides = self.needed(release, past);
        match (self.environment.delivery, self.at()) {
            (Delivery::PullRequest, Some(at)) if at.phase == Phase::Verified && !self.bake_reads_well(at) => {
                self.no_reading(at)
            }
            (Delivery::PullRequest, _) => self.propose(promotion),
            (Delivery::Push, Some(at)) => self.over(at, release, promotion),
            (Delivery::Push, None) => Rule::Pass,
        }
    }

    /// Of the gates that a person passes by, as few as let the release in: of two that do for each other one is left.
    pub(super) fn needed(
        &self,
        release: &Release,
        past: BTreeMap<EntryGate, String>,
    ) -> Vec<(EntryGate, String)> {
        let mut left: Past = past.keys().copied().collect();
        for gate in past.keys() {
            let others: Past = left.iter().copied().filter(|other| other != gate).collect();
            if self.entry_past(release, &others).is_none() {
                left = others;
            }
        }
        past.into_iter().filter(|(gate, _)| left.contains(gate)).collect()
    }

    fn no_reading(&self, at: &Current) -> Rule {
        // What is ready may be so no longer when a window closes or an approval ends.
        let when = When::on(Source::Metrics, self.now).no_later_than(self.turn(None));
        let (text, remedy) = match self.bake_is_unreadable(at) {
            true => (
                "a newer release is ready, and the bake cannot be read",
                format!("mend what it is read from, or end the bake: towpath resume {}", self.target()),
            ),
            false => ("a newer release is ready, and comes with the bake's next good reading", String::new()),
        };
        Rule::Note(self.wait(WaitCode::BakeReading, text, remedy, when))
    }

    /// Replaces what is there: a bake is cut, never without a good reading as of now.
    fn over(&self, at: &Current, release: &Release, promotion: Promotion) -> Rule {
        // What a person changed by hand cannot be read as the release's.
        if at.phase == Phase::Verified && self.env.pin.is_none() && !self.bake_reads_well(at) {
            return self.no_reading(at);
        }
        Rule::Act(self.commit(release, promotion))
    }
}
