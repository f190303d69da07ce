//! S3, S6, S15 and contract C10: which release comes next.

use std::collections::BTreeSet;

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::Name;
use towpath_core::journal::State;
use towpath_core::journal::state::{Current, EnvironmentState, Phase, Release};
use towpath_core::pipeline::{Environment, Queue};
use towpath_core::release::Rank;
use towpath_core::time::Time;
use towpath_core::verdict::Verdict;

use super::{Checked, Observer};

impl Observer {
    pub(super) fn automatic(
        &self,
        state: &State,
        env: &EnvironmentState,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Checked {
        self.in_turn(state, env, key, release, at)?;
        self.gated(state, key, release, at, &BTreeSet::new())
    }

    /// Whether it is this release's turn, whatever its gates say.
    pub(super) fn in_turn(
        &self,
        state: &State,
        env: &EnvironmentState,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Checked {
        let environment = self.environment(key)?;
        let version = release.version();
        if let Some(there) = &env.at {
            occupied(environment, there, key)?;
        }
        if self.has_failed_digest(key, release) {
            return Err(format!("S6: what is in {version} failed in {key} and came again by itself"));
        }
        let mark = self.mark(key);
        // What settled under gates that have changed since is verified anew where it stands.
        let anew = environment.revalidate || environment.policies.verify.is_some();
        let again = env.at.as_ref().is_some_and(|there| there.r == release.r && anew);
        if !again && release.rank() <= mark {
            return Err(format!("S15: {version} went to {key} below its high-water mark"));
        }
        if !again && environment.after.edges.is_empty() {
            self.is_next(state, environment, env, key, release, at)?;
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
        environment: &Environment,
        env: &EnvironmentState,
        key: &Name,
        release: &Release,
        at: Time,
    ) -> Checked {
        let there = env.at.as_ref().filter(|at| at.pid.is_some()).and_then(|at| state.release(&at.r));
        let mark = there.map_or(self.mark(key), |there| there.rank().max(self.mark(key)));
        let rank = release.rank();
        let before = |other: &&Release| match environment.promotion.queue {
            Queue::EveryRelease => other.rank() > mark && other.rank() < rank,
            Queue::HoldUntilVerdict | Queue::NewestWins => other.rank() > rank,
        };
        let held = |r: &Release| self.is_held(state, key, r, Stop::Promotions, at);
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
fn occupied(environment: &Environment, there: &Current, key: &Name) -> Checked {
    let rules = &environment.promotion;
    if rules.wait_for_bake && there.phase == Phase::Verified {
        return Err(format!("C10: {key} takes another release while one bakes"));
    }
    let unsure = |verdict| matches!(verdict, Some(Verdict::Error | Verdict::Inconclusive));
    let exhausted = there.runs.values().any(|run| unsure(run.verdict));
    let may_be_cut = rules.queue == Queue::NewestWins && there.cause == Cause::Auto;
    match there.is_running() && there.live.is_some() && !exhausted && !may_be_cut {
        true => Err(format!("S3: {key} takes another release while one is being verified")),
        false => Ok(()),
    }
}
