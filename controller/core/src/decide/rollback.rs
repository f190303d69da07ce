//! Rules of contract C11: going back.

use std::collections::BTreeSet;

use super::answer::{Effect, Promotion, Source, Wait, WaitCode, When, failure_text};
use super::{Rule, View};
use crate::event::Cause;
use crate::hold::Stop;
use crate::id::{ActId, Actor, Digest, ReleaseId};
use crate::journal::State;
use crate::journal::state::{Current, EnvironmentState, Good, Hold, Phase, Release};
use crate::museum::{Bug, planted};
use crate::time::{Span, Time};

/// The time in which an environment's budget of rollbacks is counted.
pub const STORM_WINDOW: Span = Span::seconds(600);
/// The label of a release that changes what older releases cannot work with, such as a schema.
pub const IRREVERSIBLE: &str = "towpath.dev/irreversible";

/// Where an environment goes back to: the newest release whose bake passed there, otherwise the newest Verified,
/// with the pipeline's images, nothing rejected, and nothing known to be gone from the registry; newest by the time at
/// which it was good.
pub fn target<'a>(
    state: &'a State,
    env: &EnvironmentState,
    leaving: &ReleaseId,
    gone: &BTreeSet<Digest>,
) -> Option<&'a Release> {
    let usable = |good: &&Good| {
        let release = state.release(&good.r);
        good.r != *leaving
            && release.is_some_and(|r| {
                r.images.iter().map(|i| &i.name).eq(&state.images)
                    && (!r.images.iter().any(|i| env.rejects(&i.digest))
                        || planted(Bug::RollbackOntoRejected))
                    && (!r.images.iter().any(|i| gone.contains(&i.digest)) || planted(Bug::RollbackOntoGone))
            })
    };
    let newest = |baked: bool| {
        let asked = |good: &&Good| good.baked == baked || planted(Bug::NewestNotBaked);
        env.good.iter().rev().filter(asked).find(usable)
    };
    newest(true).or_else(|| newest(false)).and_then(|good| state.release(&good.r))
}

impl View<'_> {
    pub(super) fn roll_back(&self) -> Rule {
        let Some(at) = self.in_phase(&[Phase::Failed]) else { return Rule::Pass };
        if self.promotion_is_due() {
            return Rule::Pass;
        }
        let why = at
            .failed
            .as_ref()
            .map_or_else(|| "it failed".to_owned(), |f| failure_text(f.phase, f.gate.as_ref()));
        if at.cause == Cause::Rollback && planted(Bug::FailedRollbackGoesOn) {
            return Rule::Pass;
        }
        if at.cause == Cause::Rollback && !planted(Bug::RollbackOfRollback) {
            return self.hold_and_wait(
                at,
                WaitCode::RollbackFailed,
                &format!("the rollback itself failed: {why}"),
            );
        }
        let Some(good) = target(self.state, self.env, &at.r, &BTreeSet::new()) else {
            let text = format!("{}: {why}; no release was good here before", self.version(&at.r));
            return self.hold_and_wait(at, WaitCode::NoRollbackTarget, &text);
        };
        let target = self.rollback_target(at);
        if let Some(label) = self.irreversible_since(target.unwrap_or(good), &at.r) {
            return Rule::Note(self.irreversible(at, label, &why));
        }
        if !self.environment.rollback.automatic || planted(Bug::NoRollbackAtAll) {
            let remedy = format!("release a fix, or: towpath rollback {}", self.target());
            let when = When::on(Source::Person, self.now);
            let text = format!("{}: {why}", self.version(&at.r));
            return Rule::Note(self.wait(WaitCode::Failed, text, remedy, when));
        }
        let Some(target) = target else {
            let gone = good.version();
            let text = format!(
                "{}: {why}; {gone} was good here, and is gone from the registry",
                self.version(&at.r)
            );
            return self.hold_and_wait(at, WaitCode::NoRollbackTarget, &text);
        };
        if let Some(wait) = self.held_rollback(target) {
            return Rule::Stop(wait);
        }
        if let Some(wait) = self.storm() {
            return Rule::Stop(wait);
        }
        let because = format!("{}: {why}", self.version(&at.r));
        Rule::Act(self.back_to(target, None, Actor::towpath(), because))
    }

    /// Where this environment goes back to.
    pub(super) fn rollback_target(&self, at: &Current) -> Option<&Release> {
        target(self.state, self.env, &at.r, &self.world.shared.gone)
    }

    fn irreversible(&self, at: &Current, label: &Release, why: &str) -> Wait {
        let of = match label.r == at.r {
            true => "its label".to_owned(),
            false => format!("{} came in between, whose label", label.version()),
        };
        let version = self.version(&at.r);
        let text = format!("{version}: {why}; {of} {IRREVERSIBLE} says that going back needs a person");
        let remedy = format!("release a fix, or go back all the same: towpath rollback {}", self.target());
        self.wait(WaitCode::Irreversible, text, remedy, When::on(Source::Person, self.now))
    }

    /// A release that cannot be undone and that going back to `target` would undo: the one that is left, or one in between,
    /// whether it was here or was overtaken, since what is newer builds on it.
    fn irreversible_since(&self, target: &Release, leaving: &ReleaseId) -> Option<&Release> {
        let last = self.state.release(leaving)?;
        let undone = |r: &&Release| &r.r == leaving || (target.rank() < r.rank() && r.rank() < last.rank());
        let mut labelled = self.state.releases.iter().rev().filter(|r| r.is_irreversible());
        labelled.find(undone).filter(|label| {
            !planted(Bug::IrreversibleGoesBack)
                && (&label.r == leaving || !planted(Bug::IrreversibleForgotten))
        })
    }

    /// The effects that put `target` back.
    pub(super) fn back_to(
        &self,
        target: &Release,
        q: Option<ActId>,
        actor: Actor,
        because: String,
    ) -> Vec<Effect> {
        let mut promotion = self.promotion(target, Cause::Rollback, q, actor);
        let leaving = self.there();
        let rejected = |release: &Release| {
            release.images.iter().filter(|i| self.env.rejects(&i.digest)).cloned().collect()
        };
        promotion.rejects = leaving.map_or_else(Vec::new, rejected);
        promotion.because = Some(because);
        self.commit(target, promotion)
    }

    /// The promotion of a release into this environment, as its next try.
    pub(super) fn promotion(
        &self,
        release: &Release,
        cause: Cause,
        q: Option<ActId>,
        actor: Actor,
    ) -> Promotion {
        let attempt = match planted(Bug::PidReused) {
            true => 1,
            false => self.env.tries.get(&release.r).copied().unwrap_or(0) + 1,
        };
        Promotion {
            key: self.key.clone(),
            environment: self.environment.name.clone(),
            r: release.r.clone(),
            pid: self.state.pid(self.key, &release.r, attempt),
            attempt,
            cause,
            from: self.at().map(|at| at.r.clone()),
            q,
            actor,
            gates: self.entry_hash().clone(),
            upstream: self.upstream_proofs(&release.r),
            rejects: Vec::new(),
            because: None,
            overrides: Vec::new(),
        }
    }

    /// The hold that stops rollbacks here, if there is one.
    pub(super) fn held_rollback(&self, target: &Release) -> Option<Wait> {
        let stops =
            |h: &&Hold| h.stops.contains(&Stop::Rollbacks) && h.subject.matches(&target.r, &target.images);
        let hold = self.holds().find(stops).filter(|_| !planted(Bug::HeldRollback))?;
        let text = format!("{} by {} stops rollbacks too: {}", hold.id, hold.by, hold.reason);
        let remedy = format!("towpath resume {} --hold {}", self.world.pipeline.id, hold.id);
        Some(self.wait(WaitCode::RollbackHeld, text, remedy, self.hold_end(hold)).about(&hold.id))
    }

    fn storm(&self) -> Option<Wait> {
        let destination = &self.environment.destination;
        let here = self.world.shared.rollbacks.iter().filter(|back| back.destination == *destination);
        let mut recent: Vec<Time> =
            here.map(|back| back.at).filter(|at| self.now.since(*at) < STORM_WINDOW).collect();
        recent.sort_unstable();
        // Enough of the oldest have to pass out of the window that one more has room.
        let over = recent.len().checked_sub(self.environment.rollback.budget)?;
        let until = recent.get(over).filter(|_| !planted(Bug::StormIgnored))?.plus(STORM_WINDOW);
        let text = format!(
            "{} rollbacks in {STORM_WINDOW} at {destination}; something else may be wrong",
            recent.len()
        );
        let remedy =
            format!("look at the destination; towpath rollback {} goes ahead at once", self.target());
        Some(self.wait(WaitCode::RollbackStorm, text, remedy, When::at(until, self.now)))
    }

    /// Holds the environment once. While the hold is in force a person is waited for; once it is lifted a newer
    /// release may come, so later rules are asked too.
    fn hold_and_wait(&self, at: &Current, code: WaitCode, text: &str) -> Rule {
        let held = at.failed.as_ref().is_some_and(|failed| failed.held);
        if !held && let Some(event) = self.hold(at, vec![Stop::Promotions], text.to_owned()) {
            return Rule::Act(vec![Effect::Record(event)]);
        }
        let in_force = |hold: &Hold| Some(&hold.id) == at.hold_id().as_ref();
        if held && !self.holds().any(in_force) && self.candidate().is_some() {
            return Rule::Pass;
        }
        let when = When::on(Source::Person, self.now);
        // Where the journal takes no further hold, it is waited as if it had.
        if let Some(oldest) = self.no_room_for_a_hold().filter(|_| !held) {
            let remedy = format!(
                "make room for its hold by lifting another: towpath resume {} --hold {oldest}",
                self.world.pipeline.id
            );
            return Rule::Stop(self.wait(code, text, remedy, when));
        }
        let or = match code {
            WaitCode::NoRollbackTarget => {
                self.way_back().map_or_else(String::new, |way| format!("; or {way}"))
            }
            _ => String::new(),
        };
        let remedy = format!("release a fix and: towpath resume {}{or}", self.target());
        Rule::Note(self.wait(code, text, remedy, when))
    }

    /// For people: the command that goes back from here, if there is anything to go back to.
    pub(super) fn way_back(&self) -> Option<String> {
        let at = self.at()?;
        if self.rollback_target(at).is_some() {
            return Some(format!("go back: towpath rollback {}", self.target()));
        }
        let found = self.found_here()?;
        Some(format!("put back what was found here: towpath rollback {} --to {}", self.target(), found.r))
    }

    /// The baseline that was here before what is here now, if it can be put back.
    fn found_here(&self) -> Option<&Release> {
        let from = self.at()?.from.as_ref()?;
        self.state.release(from).filter(|r| r.is_baseline() && self.can_restore(r))
    }

    /// For people: the version of a release.
    pub(super) fn version(&self, r: &ReleaseId) -> String {
        self.state.release(r).map_or_else(|| r.to_string(), Release::version)
    }
}
