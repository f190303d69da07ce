//! What has to be so when nothing moves any more (L1, L3, L4, and what S12 and S9 come to in the end).

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::{CommitId, Name};
use towpath_core::journal::State;
use towpath_core::journal::state::{EnvironmentState, Phase, Release};
use towpath_core::pipeline::{EdgeMode, EntryGate, Environment, Queue};
use towpath_core::time::Time;

use super::back::cannot_be_undone;
use super::{Checked, Observer};
use crate::memory::{MemoryHost, MemoryPullRequests};
use crate::sim::releases::{deployed, is_deployed};
use crate::sim::wiring::path_of;

/// What people are told of each environment: what it waits for; nothing of one whose edit was refused.
pub(crate) type Told = BTreeMap<Name, BTreeSet<String>>;

/// What keeps everything, as long as a person does not look.
const LEDGER: [&str; 4] = ["JournalLost", "HistoryRewritten", "OwnedByOther", "ClockBehind"];

impl Observer {
    /// Whatever is to come has come, or people are told why not; what the folders say is what the journal says, or it is
    /// pinned; what may be merged passes its gates.
    pub(crate) fn at_rest(
        &self,
        host: &MemoryHost,
        requests: &MemoryPullRequests,
        told: &Told,
        now: Time,
    ) -> Checked {
        let state = self.state(host).ok_or("L2: there is no journal at the end")?;
        let tip = host.tip(&self.pipeline.repository.branch).ok_or("L2: there is no branch at the end")?;
        self.none_is_lost(&state)?;
        for environment in &self.pipeline.environments {
            let name = &environment.name;
            let env = state.envs.get(name).ok_or_else(|| format!("L2: {name} is unknown at the end"))?;
            self.is_as_journalled(host, &tip, &state, env)?;
            self.may_be_merged(&state, env, requests, now)?;
            let waits = told.get(name).into_iter().flatten();
            let kept = |wait: &String| LEDGER.iter().any(|code| wait.starts_with(code));
            if waits.clone().any(kept) || env.pin.is_some() || env.committing.is_some() {
                continue;
            }
            self.went_back(&state, environment, env, now)?;
            self.are_served(&state, environment, env, told.get(name), now)?;
        }
        Ok(())
    }

    fn is_as_journalled(
        &self,
        host: &MemoryHost,
        tip: &CommitId,
        state: &State,
        env: &EnvironmentState,
    ) -> Checked {
        let name = &env.config.name;
        let there = host.file(tip, &path_of(name.as_str())?);
        let there = there.map(|b| deployed(&String::from_utf8_lossy(&b))).unwrap_or_default();
        let release = env.at.as_ref().and_then(|at| state.release(&at.r));
        if !release.is_some_and(|r| is_deployed(&r.images, &there)) && env.pin.is_none() {
            return Err(format!("S12: {name} says {there:?}, the journal does not, and it is not pinned"));
        }
        Ok(())
    }

    fn may_be_merged(
        &self,
        state: &State,
        env: &EnvironmentState,
        requests: &MemoryPullRequests,
        now: Time,
    ) -> Checked {
        let name = &env.config.name;
        let open = env.proposed.as_ref();
        if open.is_some_and(|open| !requests.heads().contains(&open.head)) {
            return Err(format!("L1: a promotion is proposed for {name}, and there is no pull request"));
        }
        let open = open.filter(|open| requests.heads().contains(&open.head) && requests.is_green(&open.head));
        let Some((open, release)) = open.and_then(|open| Some((open, state.release(&open.r)?))) else {
            return Ok(());
        };
        self.gated(state, name, release, now, &self.past(state, name, &open.r, &open.pid))
            .map_err(|why| format!("{why}: its pull request may be merged"))
    }

    /// L1: what was accepted is still there.
    fn none_is_lost(&self, state: &State) -> Checked {
        let lost = self.account.accepted.iter().find(|r| state.release(r).is_none());
        match lost.filter(|_| state.archive.chunks == 0) {
            Some(r) => Err(format!("L1: {r} was accepted, and the journal does not know it any more")),
            None => Ok(()),
        }
    }

    /// L3: what failed has made room for what was good before, where there is such a thing and nothing forbids it.
    fn went_back(
        &self,
        state: &State,
        environment: &Environment,
        env: &EnvironmentState,
        now: Time,
    ) -> Checked {
        let key = &environment.name;
        let failed = env.at.as_ref().filter(|at| at.phase == Phase::Failed && at.cause != Cause::Rollback);
        let Some(at) = failed.filter(|_| environment.rollback.automatic) else { return Ok(()) };
        let stops = |release: &Release| self.is_held(state, key, release, Stop::Rollbacks, now);
        let asked = state.requests.iter().any(|request| &request.env == key);
        if asked || env.proposed.is_some() {
            return Ok(());
        }
        let stays =
            |target: &Release| state.release(&at.r).is_some_and(|from| cannot_be_undone(state, target, from));
        match self
            .way_back(state, key, |digest| self.gone.contains_key(digest))
            .filter(|target| !stops(target) && !stays(target))
        {
            Some(target) => Err(format!("L3: {key} failed, and does not go back to {}", target.version())),
            None => Ok(()),
        }
    }

    /// L1, L4: a release came to an environment, is rejected there, is overtaken, or waits, which people are told; and what
    /// nothing keeps does not wait.
    fn are_served(
        &self,
        state: &State,
        environment: &Environment,
        env: &EnvironmentState,
        told: Option<&BTreeSet<String>>,
        now: Time,
    ) -> Checked {
        let key = &environment.name;
        // What was found there may come once more, as a release. What came may have been told a higher number since.
        let came = env.at.as_ref().filter(|at| at.pid.is_some());
        let rank = came.and_then(|at| state.release(&at.r)).map(Release::rank);
        let mark = self.mark(key).max(rank.unwrap_or_default());
        let complete = |r: &Release| r.images.iter().map(|i| &i.name).eq(&state.images);
        let there = came.map(|at| &at.r);
        let waits = |r: &&Release| {
            let above = !r.is_baseline() && r.rank() > mark && Some(&r.r) != there;
            above && complete(r) && !self.has_failed_digest(key, r)
        };
        let waiting: Vec<&Release> = state.releases.iter().filter(waits).collect();
        let (Some(first), Some(told)) = (waiting.first(), told) else { return Ok(()) };
        if told.is_empty() {
            return Err(format!("L1: {} is not in {key}, and nobody is told why", first.version()));
        }
        let past = BTreeSet::new();
        let eligible = waiting.into_iter().filter(|r| {
            !self.is_held(state, key, r, Stop::Promotions, now)
                && self.upstream(environment, r, now, &past).is_ok()
                && has_soaked(state, environment, r, now)
        });
        let next = match environment.promotion.queue {
            Queue::EveryRelease => eligible.min_by_key(|r| r.rank()),
            Queue::HoldUntilVerdict | Queue::NewestWins => eligible.max_by_key(|r| r.rank()),
        };
        match next.filter(|release| self.may_come(state, environment, env, release, now)) {
            Some(release) => {
                let version = release.version();
                Err(format!("L4: nothing keeps {version} from {key}, which waits for {told:?}"))
            }
            None => Ok(()),
        }
    }

    /// By all rules, but for windows: those have opened since it began to wait.
    fn may_come(
        &self,
        state: &State,
        environment: &Environment,
        env: &EnvironmentState,
        release: &Release,
        now: Time,
    ) -> bool {
        let key = &environment.name;
        let bakes = env.at.as_ref().is_some_and(|at| at.phase == Phase::Verified);
        let asked = state.requests.iter().any(|request| &request.env == key);
        // What failed goes back before anything else comes, also where a hold keeps it from that.
        let failed =
            env.at.as_ref().is_some_and(|at| at.phase == Phase::Failed && at.cause != Cause::Rollback);
        let goes_back = failed
            && environment.rollback.automatic
            && self.way_back(state, key, |digest| self.gone.contains_key(digest)).is_some();
        let open = BTreeSet::from([EntryGate::Window]);
        environment.promotion.automatic
            && !bakes
            && !asked
            && !goes_back
            && env.proposed.is_none()
            && self.in_turn(state, env, key, release, now).is_ok()
            && self.entry(state, environment, release, now, &open).is_ok()
    }
}

/// Whether a release has soaked as the journal counts, which is never more than it really ran: what the next promotion
/// replaces has soaked until that was journalled, however long the cluster takes to follow.
fn has_soaked(state: &State, environment: &Environment, release: &Release, now: Time) -> bool {
    let mut soaked = environment.after.edges.iter().map(|edge| {
        let upstream = state.envs.get(&edge.environment);
        upstream.and_then(|env| env.soak_of(&release.r, now)).is_some_and(|soak| soak >= edge.soak)
    });
    match environment.after.mode {
        EdgeMode::All => soaked.all(|so| so),
        EdgeMode::Any => environment.after.edges.is_empty() || soaked.any(|so| so),
    }
}
