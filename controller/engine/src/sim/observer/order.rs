//! S3, S6, S15 and contract C10: which release comes next.

use std::collections::BTreeSet;

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::{Name, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::{Current, Phase, Release};
use towpath_core::pipeline::{Environment, Queue};
use towpath_core::release::Rank;
use towpath_core::time::Time;
use towpath_core::verdict::Verdict;

use super::{Checked, Observer};

/// What has a place where something else is to come.
pub(super) struct Occupant {
    r: ReleaseId,
    /// Whether it was found there, and not brought.
    found: bool,
    cause: Cause,
    /// Whether it has no verdict yet.
    running: bool,
    live: bool,
    bakes: bool,
    /// Whether a gate was judged, and nothing was said by that.
    unsure: bool,
}

impl Occupant {
    /// As the journal says it.
    pub(super) fn of(at: &Current) -> Self {
        let unsure = |verdict| matches!(verdict, Some(Verdict::Error | Verdict::Inconclusive));
        Self {
            r: at.r.clone(),
            found: at.pid.is_none(),
            cause: at.cause,
            running: at.is_running(),
            live: at.live.is_some(),
            bakes: at.phase == Phase::Verified,
            unsure: at.runs.values().any(|run| unsure(run.verdict)),
        }
    }
}

impl Observer {
    /// What is in an environment by the observer's own account.
    pub(super) fn occupant(&self, key: &Name) -> Option<Occupant> {
        let there = self.account.envs.get(key)?.there.as_ref()?;
        Some(Occupant {
            r: there.r.clone(),
            found: there.pid.is_none(),
            cause: there.cause,
            running: there.is_running(),
            live: there.live.is_some(),
            bakes: there.bakes.is_some(),
            unsure: there.pid.as_ref().is_some_and(|pid| self.account.has_unsure(pid)),
        })
    }

    pub(super) fn automatic(
        &self,
        state: &State,
        there: Option<Occupant>,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Checked {
        self.in_turn(state, there, key, release, at)?;
        self.gated(key, release, at, &BTreeSet::new())
    }

    /// Whether it is this release's turn, whatever its gates say.
    pub(super) fn in_turn(
        &self,
        state: &State,
        there: Option<Occupant>,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Checked {
        let environment = self.environment(key)?;
        let version = release.version();
        if let Some(there) = &there {
            occupied(environment, there, key)?;
        }
        if self.has_failed_digest(key, release) {
            return Err(format!("S6: what is in {version} failed in {key} and came again by itself"));
        }
        let mark = self.mark(key);
        // What settled under gates that have changed since is verified anew where it stands.
        let anew = environment.revalidate || environment.policies.verify.is_some();
        let again = there.as_ref().is_some_and(|there| there.r == release.r && anew);
        if !again && release.rank() <= mark {
            return Err(format!("S15: {version} went to {key} below its high-water mark"));
        }
        if !again && environment.after.edges.is_empty() {
            self.is_next(state, there, environment, key, release, at)?;
        }
        Ok(())
    }

    /// The highest rank that ever came to an environment.
    pub(super) fn mark(&self, key: &Name) -> Rank {
        self.account.envs.get(key).map(|known| known.mark).unwrap_or_default()
    }

    /// Where nothing but holds can keep a release back, the queue alone says which comes.
    fn is_next(
        &self,
        state: &State,
        there: Option<Occupant>,
        environment: &Environment,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Checked {
        let there = there.filter(|there| !there.found).and_then(|there| state.release(&there.r));
        let mark = there.map_or(self.mark(key), |there| there.rank().max(self.mark(key)));
        let rank = release.rank();
        let before = |other: &&Release| match environment.promotion.queue {
            Queue::EveryRelease => other.rank() > mark && other.rank() < rank,
            Queue::HoldUntilVerdict | Queue::NewestWins => other.rank() > rank,
        };
        let held = |r: &Release| self.is_held(key, r, Stop::Promotions, at);
        let mut others = state.releases.iter().filter(before);
        let other = others.find(|r| !self.has_failed_digest(key, r) && !held(r));
        match other {
            Some(other) => {
                Err(format!("C10: {} went to {key} before {}", release.version(), other.version()))
            }
            None => Ok(()),
        }
    }
}

/// What is being verified is left to its verdict, and a bake to its end where the wiring says so.
fn occupied(environment: &Environment, there: &Occupant, key: &Name) -> Checked {
    let rules = &environment.promotion;
    if rules.wait_for_bake && there.bakes {
        return Err(format!("C10: {key} takes another release while one bakes"));
    }
    let may_be_cut = rules.queue == Queue::NewestWins && there.cause == Cause::Auto;
    match there.running && there.live && !there.unsure && !may_be_cut {
        true => Err(format!("S3: {key} takes another release while one is being verified")),
        false => Ok(()),
    }
}
