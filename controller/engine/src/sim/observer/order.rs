//! S3, S6, S15 and contract C10: which release comes next.

use std::collections::BTreeSet;

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::{Name, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::Release;
use towpath_core::pipeline::{Environment, Queue};
use towpath_core::release::Rank;
use towpath_core::time::Time;

use super::{Checked, Observer};

/// What has a place where something else is to come.
pub(super) struct Occupant {
    r: ReleaseId,
    /// Whether it was found there, and not brought.
    found: bool,
    cause: Cause,
    /// Whether it has no verdict yet.
    running: bool,
    /// Whether it never became live, and as long as the wiring lets it try.
    stalled: bool,
    /// Whether a person's commit changed it.
    pinned: bool,
    bakes: bool,
    /// Whether a gate was judged, and nothing was said by that.
    unsure: bool,
}

impl Observer {
    /// What is in an environment as of then, by the observer's own account.
    fn occupant(&self, environment: &Environment, at: Time) -> Option<Occupant> {
        let known = self.account.envs.get(&environment.name)?;
        let there = known.there.as_ref()?;
        let deadline = there.syncing.plus(environment.sync_timeout);
        Some(Occupant {
            r: there.r.clone(),
            found: there.pid.is_none(),
            cause: there.cause,
            running: there.is_running(),
            stalled: there.live.is_none() && at >= deadline,
            pinned: known.pinned,
            bakes: there.bakes.is_some(),
            unsure: there.pid.as_ref().is_some_and(|pid| self.account.has_unsure(pid)),
        })
    }

    pub(super) fn automatic(&self, state: &State, key: &Name, release: &Release, at: Time) -> Checked {
        self.in_turn(state, key, release, at)?;
        self.gated(key, release, at, &BTreeSet::new())
    }

    /// Whether it is this release's turn, whatever its gates say.
    pub(super) fn in_turn(&self, state: &State, key: &Name, release: &Release, at: Time) -> Checked {
        let environment = self.environment(key)?;
        let version = release.version();
        let there = self.occupant(environment, at);
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

/// What has no verdict is left to it, from its commit on: only a newer release where the queue says so ends it before, a
/// sync that came to nothing in its time, gates without an answer, or a person (C6, C10). A bake is left to its end where
/// the wiring says so.
fn occupied(environment: &Environment, there: &Occupant, key: &Name) -> Checked {
    let rules = &environment.promotion;
    if rules.wait_for_bake && there.bakes {
        return Err(format!("C10: {key} takes another release while one bakes"));
    }
    let may_be_cut = rules.queue == Queue::NewestWins && there.cause == Cause::Auto;
    let ends = there.stalled || there.unsure || there.pinned || may_be_cut;
    match there.running && !ends {
        true => Err(format!("S3: {key} takes another release while one has no verdict")),
        false => Ok(()),
    }
}
