//! What has to be so when nothing moves any more (L1, L3, L4, and what S12 and S9 come to in the end).
//!
//! By the observer's own account and the outside. The journal is asked for nothing but which releases there are, and what
//! they consist of.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::event::Cause;
use towpath_core::hold::Stop;
use towpath_core::id::{CommitId, Name};
use towpath_core::journal::State;
use towpath_core::journal::state::Release;
use towpath_core::observation::Health;
use towpath_core::pipeline::{EdgeMode, EntryGate, Environment, Queue};
use towpath_core::time::Time;

use super::account::{Known, There};
use super::back::cannot_be_undone;
use super::{Checked, Observer};
use crate::memory::{MemoryHost, MemoryPullRequests};
use crate::sim::cluster::{Cluster, Deployed};
use crate::sim::releases::{deployed, is_deployed};
use crate::sim::wiring::path_of;

/// What people are told of each environment: what it waits for; nothing of one whose edit was refused.
pub(crate) type Told = BTreeMap<Name, BTreeSet<String>>;

/// What keeps everything, as long as a person does not look.
const LEDGER: [&str; 4] = ["JournalLost", "HistoryRewritten", "OwnedByOther", "ClockBehind"];

/// What is outside at the end.
pub(crate) struct Ending<'a> {
    pub(crate) host: &'a MemoryHost,
    pub(crate) requests: &'a MemoryPullRequests,
    pub(crate) cluster: &'a Cluster,
    pub(crate) told: &'a Told,
    pub(crate) now: Time,
}

impl Observer {
    /// Whatever is to come has come, or people are told why not; what the folders say is what was brought there, or it is
    /// pinned; what may be merged passes its gates.
    pub(crate) fn at_rest(&self, ending: &Ending<'_>) -> Checked {
        let state = self.state(ending.host).ok_or("L2: there is no journal at the end")?;
        let tip = ending.host.tip(&self.pipeline.repository.branch);
        let tip = tip.ok_or("L2: there is no branch at the end")?;
        self.none_is_lost(&state)?;
        for environment in &self.pipeline.environments {
            let name = &environment.name;
            let known = self.account.envs.get(name);
            let known = known.ok_or_else(|| format!("L2: {name} is unknown at the end"))?;
            is_as_brought(ending.host, &tip, &state, (name, known))?;
            self.may_be_merged(&state, (name, known), ending)?;
            let waits = ending.told.get(name).into_iter().flatten();
            let kept = |wait: &String| LEDGER.iter().any(|code| wait.starts_with(code));
            if waits.clone().any(kept) || known.pinned || self.account.is_coming(name) {
                continue;
            }
            is_noticed(&state, environment, known, ending)?;
            self.went_back(&state, environment, known, ending.now)?;
            self.are_served(&state, environment, known, ending)?;
        }
        Ok(())
    }

    fn may_be_merged(&self, state: &State, (name, known): (&Name, &Known), ending: &Ending<'_>) -> Checked {
        let Some(open) = &known.proposed else { return Ok(()) };
        if !ending.requests.heads().contains(&open.head) {
            return Err(format!("L1: a promotion is proposed for {name}, and there is no pull request"));
        }
        let Some(release) = state.release(&open.r).filter(|_| ending.requests.is_green(&open.head)) else {
            return Ok(());
        };
        self.gated(name, release, ending.now, &self.past(name, &open.r, &open.pid))
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
    fn went_back(&self, state: &State, environment: &Environment, known: &Known, now: Time) -> Checked {
        let key = &environment.name;
        let Some(there) = failed(known).filter(|_| environment.rollback.automatic) else { return Ok(()) };
        let stops = |release: &Release| self.is_held(key, release, Stop::Rollbacks, now);
        if self.account.is_asked(key) || known.proposed.is_some() {
            return Ok(());
        }
        let stays = |target: &Release| {
            state.release(&there.r).is_some_and(|from| cannot_be_undone(state, target, from))
        };
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
        known: &Known,
        ending: &Ending<'_>,
    ) -> Checked {
        let (key, now) = (&environment.name, ending.now);
        // What was found there may come once more, as a release. What came may have been told a higher number since.
        let came = known.there.as_ref().filter(|there| there.pid.is_some());
        let rank = came.and_then(|there| state.release(&there.r)).map(Release::rank);
        let mark = known.mark.max(rank.unwrap_or_default());
        let complete = |r: &Release| r.images.iter().map(|i| &i.name).eq(&self.pipeline.images);
        let there = came.map(|there| &there.r);
        let waits = |r: &&Release| {
            let above = !r.is_baseline() && r.rank() > mark && Some(&r.r) != there;
            above && complete(r) && !self.has_failed_digest(key, r)
        };
        let waiting: Vec<&Release> = state.releases.iter().filter(waits).collect();
        let (Some(first), Some(told)) = (waiting.first(), ending.told.get(key)) else { return Ok(()) };
        if told.is_empty() {
            return Err(format!("L1: {} is not in {key}, and nobody is told why", first.version()));
        }
        let past = BTreeSet::new();
        let eligible = waiting.into_iter().filter(|r| {
            !self.is_held(key, r, Stop::Promotions, now)
                && self.upstream(environment, r, now, &past).is_ok()
                && self.has_soaked(environment, r, now)
        });
        let next = match environment.promotion.queue {
            Queue::EveryRelease => eligible.min_by_key(|r| r.rank()),
            Queue::HoldUntilVerdict | Queue::NewestWins => eligible.max_by_key(|r| r.rank()),
        };
        match next.filter(|release| self.may_come(state, environment, known, release, now)) {
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
        known: &Known,
        release: &Release,
        now: Time,
    ) -> bool {
        let key = &environment.name;
        let bakes = known.there.as_ref().is_some_and(|there| there.bakes.is_some());
        // What failed goes back before anything else comes, also where a hold keeps it from that.
        let goes_back = failed(known).is_some()
            && environment.rollback.automatic
            && self.way_back(state, key, |digest| self.gone.contains_key(digest)).is_some();
        let open = BTreeSet::from([EntryGate::Window]);
        environment.promotion.automatic
            && !bakes
            && !self.account.is_asked(key)
            && !goes_back
            && known.proposed.is_none()
            && self.in_turn(state, key, release, now).is_ok()
            && self.entry(environment, release, now, &open).is_ok()
    }

    /// Whether a release has soaked as was said of it, which is never more than it really ran.
    fn has_soaked(&self, environment: &Environment, release: &Release, now: Time) -> bool {
        let mut soaked = environment.after.edges.iter().map(|edge| {
            let upstream = self.account.envs.get(&edge.environment);
            upstream.and_then(|known| known.soak_of(&release.r, now)).is_some_and(|soak| soak >= edge.soak)
        });
        match environment.after.mode {
            EdgeMode::All => soaked.all(|so| so),
            EdgeMode::Any => environment.after.edges.is_empty() || soaked.any(|so| so),
        }
    }
}

/// What is there and failed, unless it came by a rollback.
fn failed(known: &Known) -> Option<&There> {
    known.there.as_ref().filter(|there| there.failed && there.cause != Cause::Rollback)
}

/// S12: the folder says what was brought there or found there, unless a person's commit was noted.
fn is_as_brought(
    host: &MemoryHost,
    tip: &CommitId,
    state: &State,
    (name, known): (&Name, &Known),
) -> Checked {
    let there = host.file(tip, &path_of(name.as_str())?);
    let there = there.map(|b| deployed(&String::from_utf8_lossy(&b))).unwrap_or_default();
    let release = known.there.as_ref().and_then(|there| state.release(&there.r));
    if !release.is_some_and(|r| is_deployed(&r.images, &there)) && !known.pinned {
        return Err(format!("S12: {name} says {there:?}, nobody brought that there, and it is not pinned"));
    }
    Ok(())
}

/// L3: what was promoted and stays Degraded has failed, which is on record: only then does it go back, or a person is told.
/// After its bake that is no promotion's failure any more.
fn is_noticed(state: &State, environment: &Environment, known: &Known, ending: &Ending<'_>) -> Checked {
    let key = &environment.name;
    let watched = known.there.as_ref().filter(|there| there.pid.is_some() && !there.failed && !there.settled);
    let release = watched.and_then(|there| state.release(&there.r));
    let runs = |runs: &&Deployed| release.is_some_and(|release| is_deployed(&release.images, &runs.digests));
    let Some(runs) = ending.cluster.runs(key).filter(runs).filter(|runs| runs.health == Health::Degraded)
    else {
        return Ok(());
    };
    let bake = environment.bake.as_ref().map(|bake| bake.duration).unwrap_or_default();
    let baked =
        watched.and_then(|there| there.bakes).is_some_and(|since| runs.health_since >= since.plus(bake));
    match ending.now > runs.health_since.plus(environment.degraded_grace) && !baked {
        true => Err(format!("L3: {key} is Degraded since {}, and nobody noticed", runs.health_since)),
        false => Ok(()),
    }
}
