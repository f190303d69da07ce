//! S3, S6, S15 and contract C10: which release comes next.

use std::collections::BTreeSet;

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::Name;
use towpath_core::journal::State;
use towpath_core::journal::state::{Current, EnvironmentState, Phase, Release};
use towpath_core::pipeline::{Environment, Queue};
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
        let environment = self.environment(key)?;
        let version = release.version();
        if let Some(there) = &env.at {
            occupied(environment, there, key)?;
        }
        if let Some(image) =
            release.images.iter().find(|i| self.failed.contains(&(key.clone(), i.digest.clone())))
        {
            return Err(format!("S6: {} failed in {key} and came again by itself", image.version()));
        }
        // What settled under gates that have changed since is verified anew where it stands.
        let again = env.at.as_ref().is_some_and(|there| there.r == release.r && environment.revalidate);
        if !again && release.rank() <= env.hw {
            return Err(format!("S15: {version} went to {key} below its high-water mark"));
        }
        if !again && environment.after.edges.is_empty() {
            self.is_next(state, environment, env, key, release, at)?;
        }
        self.gated(state, key, release, at, &BTreeSet::new())
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
        let failed =
            |r: &Release| r.images.iter().any(|i| self.failed.contains(&(key.clone(), i.digest.clone())));
        let there = env.at.as_ref().filter(|at| at.pid.is_some()).and_then(|at| state.release(&at.r));
        let mark = there.map_or(env.hw, |there| there.rank().max(env.hw));
        let rank = release.rank();
        let before = |other: &&Release| match environment.promotion.queue {
            Queue::EveryRelease => other.rank() > mark && other.rank() < rank,
            Queue::HoldUntilVerdict | Queue::NewestWins => other.rank() > rank,
        };
        let other = state
            .releases
            .iter()
            .filter(before)
            .find(|r| !failed(r) && !self.is_held(state, key, r, Stop::Promotions, at));
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
