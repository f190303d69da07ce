//! The observer's own account of what people said, what was good where, and which verdicts there were: from single
//! events, never from the journal's fold.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::event::{BakeResult, Cause, Event, Recorded};
use towpath_core::id::{ActId, Actor, CommitId, GateHash, GateName, Handle, Name, Pid, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::{ApprovalRecord, Current, EnvironmentState, Hold, Phase};
use towpath_core::release::Rank;
use towpath_core::time::{Span, Time};
use towpath_core::verdict::Verdict;

use super::Checked;

/// What the observer keeps of the events.
#[derive(Default)]
pub(super) struct Account {
    /// Number and time of the last event.
    last: Option<(u64, Time)>,
    /// Up to which event the journal was believed.
    believed: u64,
    pub(super) approvals: BTreeMap<u64, ApprovalRecord>,
    /// Open requests.
    requests: BTreeMap<ActId, Asked>,
    /// Holds that were not lifted.
    pub(super) holds: Vec<Hold>,
    pub(super) envs: BTreeMap<Name, Known>,
    /// Gates that began, by promotion.
    runs: BTreeMap<(Pid, GateName), Trial>,
    /// Promotions that are journalled and may not have landed: environment and what comes.
    coming: BTreeMap<Pid, (Name, There)>,
    /// Releases that were accepted.
    pub(super) accepted: BTreeSet<ReleaseId>,
    /// When releases were first promoted into environments.
    came: BTreeMap<(Name, ReleaseId), Time>,
}

/// What a person asked for.
pub(super) struct Asked {
    by: Actor,
    env: Name,
    r: Option<ReleaseId>,
    /// Gates to be passed by, each with a reason.
    pub(super) overrides: Vec<String>,
}

/// What is known of an environment.
#[derive(Default)]
pub(super) struct Known {
    pub(super) there: Option<There>,
    /// What was good, the latest last, and whether its bake passed.
    pub(super) good: Vec<(ReleaseId, bool)>,
    /// The hashes under which releases are Verified: of all gates, and of those of policies.
    pub(super) verified: BTreeMap<ReleaseId, (GateHash, Option<GateHash>)>,
    /// The highest rank that ever came.
    pub(super) mark: Rank,
    /// Whether a person's commit changed what is there.
    pub(super) pinned: bool,
    /// The pull request that is open.
    pub(super) proposed: Option<Offer>,
    /// For how long releases that are Verified were said to be live at most, of the times that are over.
    soaked: BTreeMap<ReleaseId, Span>,
}

/// What a pull request offers.
pub(super) struct Offer {
    pub(super) pid: Pid,
    pub(super) r: ReleaseId,
    pub(super) head: CommitId,
}

/// What is in an environment.
#[derive(Clone)]
pub(super) struct There {
    pub(super) r: ReleaseId,
    pub(super) pid: Option<Pid>,
    pub(super) cause: Cause,
    pub(super) failed: bool,
    /// When it was Verified, as long as its bake goes on.
    pub(super) bakes: Option<Time>,
    /// Whether its bake is over.
    pub(super) settled: bool,
    /// Since when it is to become live.
    pub(super) syncing: Time,
    /// Since when it was said to be live; nothing when it was not, or is not any more.
    pub(super) live: Option<Time>,
    /// When it was promoted, or was said last not to be live any more: nothing older says that it is.
    pub(super) floor: Time,
}

/// A try of a gate.
pub(super) struct Trial {
    pub(super) since: Time,
    pub(super) attempt: u32,
    pub(super) gates: GateHash,
    pub(super) handle: Option<Handle>,
    pub(super) verdict: Option<Verdict>,
}

impl Account {
    /// What a journal says that nobody can check any more: the one that came back after a loss.
    pub(super) fn believe(&mut self, state: Option<&State>) {
        let accepted = std::mem::take(&mut self.accepted);
        *self = Self::default();
        let Some(state) = state else { return };
        (self.last, self.believed) = (Some((state.n, state.at)), state.n);
        self.approvals = state.approvals.iter().map(|a| (a.n, a.clone())).collect();
        let asked = |q: &towpath_core::journal::state::Request| {
            let (env, r, overrides) = (q.env.clone(), q.r.clone(), q.overrides.clone());
            (q.q.clone(), Asked { by: q.by.clone(), env, r, overrides })
        };
        self.requests = state.requests.iter().map(asked).collect();
        self.holds.clone_from(&state.holds);
        self.accepted = accepted.into_iter().filter(|r| state.release(r).is_some()).collect();
        for (key, env) in &state.envs {
            self.envs.insert(key.clone(), Known::of(env));
            let at = env.at.iter().chain(&env.committing);
            for (pid, at) in at.filter_map(|at| Some((at.pid.clone()?, at))) {
                let trial = |run: &towpath_core::journal::state::Run| Trial {
                    since: run.at,
                    attempt: run.attempt,
                    gates: run.gates.clone(),
                    handle: run.handle.clone(),
                    verdict: run.verdict,
                };
                self.runs.extend(at.runs.iter().map(|(gate, run)| ((pid.clone(), gate.clone()), trial(run))));
            }
            if let Some((pid, at)) = env.committing.as_ref().and_then(|at| Some((at.pid.clone()?, at))) {
                self.coming.insert(pid, (key.clone(), There::of(at)));
            }
        }
    }

    /// Whether this was among what was believed.
    pub(super) fn is_believed(&self, n: u64) -> bool {
        n <= self.believed
    }

    /// S11: events are numbered without gaps and in the order of time, machine facts are the machine's, and what
    /// people say is theirs.
    pub(super) fn attributed(&mut self, recorded: &Recorded) -> Checked {
        let (n, at) = (recorded.n, recorded.at);
        if let Some((last, before)) = self.last.filter(|(last, before)| n != last + 1 || at < *before) {
            return Err(format!("S11: event {n} of {at} follows event {last} of {before}"));
        }
        self.last = Some((n, at));
        let person = recorded.by.is_person();
        let fits = match &recorded.event {
            Event::Promoted { q, cause, .. } => match q {
                // A machine carries out what a person asked for, and names the request.
                Some(q) => self.requests.get(q).is_some_and(|asked| asked.by == recorded.by || !person),
                None => !person || *cause == Cause::Manual,
            },
            Event::Live { .. }
            | Event::Unlive { .. }
            | Event::Started { .. }
            | Event::Judged { .. }
            | Event::Verified { .. }
            | Event::Failed { .. }
            | Event::Rejected { .. }
            | Event::Pinned { .. }
            | Event::Adopted { .. } => !person,
            Event::Approved { .. }
            | Event::Unapproved { .. }
            | Event::Requested { .. }
            | Event::Cleared { .. } => person,
            _ => true,
        };
        match fits {
            true => Ok(()),
            false => Err(format!("S11: {} is by {}", recorded.event.name(), recorded.by)),
        }
    }

    /// S11: a promotion says rightly from what to what it goes.
    pub(super) fn starts_from(&self, env: &Name, from: Option<&ReleaseId>) -> Checked {
        let there = self.envs.get(env).and_then(|known| known.there.as_ref()).map(|there| &there.r);
        match there.is_none() || there == from {
            true => Ok(()),
            false => Err(format!(
                "S11: a promotion in {env} says that it leaves {from:?}, and {there:?} was there"
            )),
        }
    }

    /// Takes note of an event that has been looked at.
    pub(super) fn hear(&mut self, recorded: &Recorded, rank: impl Fn(&ReleaseId) -> Rank) {
        match &recorded.event {
            Event::Released { r, .. } => drop(self.accepted.insert(r.clone())),
            Event::Adopted { env, r, .. } => {
                let known = self.env(env);
                known.end_live(recorded.at);
                known.there = Some(There::new(r, None, Cause::Manual, recorded.at));
            }
            Event::Promoted { pid, env, r, cause, landed, .. } => {
                let there = There::new(r, Some(pid), *cause, recorded.at);
                self.came.entry((env.clone(), r.clone())).or_insert(recorded.at);
                self.coming.insert(pid.clone(), (env.clone(), there));
                if *landed {
                    self.arrive(pid, recorded.at, rank);
                }
            }
            Event::Landed { pid, .. } => self.arrive(pid, recorded.at, rank),
            Event::Undone { pid, .. } => {
                self.coming.remove(pid);
                self.envs
                    .values_mut()
                    .for_each(|known| drop(known.proposed.take_if(|open| open.pid == *pid)));
            }
            Event::Proposed { pid, env, r, head, .. } => {
                let offer = Offer { pid: pid.clone(), r: r.clone(), head: head.clone() };
                self.env(env).proposed = Some(offer);
            }
            Event::Pinned { env, .. } => {
                let known = self.env(env);
                known.end_live(recorded.at);
                known.pinned = true;
            }
            Event::Unpinned { env, .. } => self.env(env).pinned = false,
            Event::Configured { .. } => self.runs.retain(|_, trial| trial.verdict.is_none()),
            event => self.hear_people(event, recorded),
        }
    }

    fn hear_people(&mut self, event: &Event, recorded: &Recorded) {
        match event {
            Event::Requested { q, env, r, overrides, .. } => {
                let (env, r, overrides) = (env.clone(), r.clone(), overrides.clone());
                self.requests.insert(q.clone(), Asked { by: recorded.by.clone(), env, r, overrides });
            }
            Event::Closed { q, .. } => drop(self.requests.remove(q)),
            Event::Held { id, select, subject, stops, reason, until } => self.holds.push(Hold {
                id: id.clone(),
                select: select.clone(),
                subject: subject.clone(),
                stops: stops.clone(),
                reason: reason.clone(),
                by: recorded.by.clone(),
                at: recorded.at,
                until: *until,
            }),
            Event::Lifted { id } => self.holds.retain(|hold| &hold.id != id),
            Event::Approved { env, r, gates, groups, until } => {
                let approval = ApprovalRecord {
                    n: recorded.n,
                    env: env.clone(),
                    r: r.clone(),
                    gates: gates.clone(),
                    groups: groups.clone(),
                    by: recorded.by.clone(),
                    at: recorded.at,
                    until: *until,
                };
                self.approvals.insert(recorded.n, approval);
            }
            Event::Unapproved { of } => drop(self.approvals.remove(of)),
            event => self.hear_proof(event, recorded.at),
        }
    }

    fn hear_proof(&mut self, event: &Event, at: Time) {
        match event {
            Event::Started { pid, gate, gates, attempt, handle, .. } => {
                let (gates, handle) = (gates.clone(), handle.clone());
                let trial = Trial { since: at, attempt: *attempt, gates, handle, verdict: None };
                self.runs.insert((pid.clone(), gate.clone()), trial);
            }
            Event::Judged { pid, gate, verdict, .. } => {
                if let Some(trial) = self.runs.get_mut(&(pid.clone(), gate.clone())) {
                    trial.verdict = Some(*verdict);
                }
            }
            Event::Live { env, since, .. } => {
                self.env(env).there.iter_mut().for_each(|there| there.live = Some(*since));
            }
            Event::Unlive { env, pid, until, .. } => self.unlive(env, pid, *until, at),
            Event::Verified { env, r, gates, policy, .. } => {
                self.env(env).verify(r, gates, policy.as_ref(), at);
            }
            Event::Baked { env, result, .. } => self.env(env).bake(*result),
            Event::Failed { env, .. } => self.env(env).fail(),
            Event::Revoked { env, r, .. } => self.env(env).revoke(r),
            _ => {}
        }
    }

    fn unlive(&mut self, env: &Name, pid: &Pid, until: Time, at: Time) {
        let known = self.env(env);
        // What never was live goes on trying, and has no more time for that.
        let again = known.there.as_ref().is_some_and(|there| there.live.is_some());
        known.end_live(until);
        if let Some(there) = &mut known.there {
            there.floor = there.floor.max(until);
            there.syncing = if again { at } else { there.syncing };
        }
        if known.there.as_ref().is_some_and(|there| there.pid.as_ref() == Some(pid)) {
            self.take_back(pid);
        }
    }

    fn env(&mut self, key: &Name) -> &mut Known {
        self.envs.entry(key.clone()).or_default()
    }

    fn arrive(&mut self, pid: &Pid, at: Time, rank: impl Fn(&ReleaseId) -> Rank) {
        let Some((env, there)) = self.coming.remove(pid) else { return };
        let rank = rank(&there.r);
        let known = self.env(&env);
        known.end_live(at);
        known.mark = known.mark.max(rank);
        known.proposed = None;
        known.there = Some(there);
    }

    /// When a release was first promoted into an environment; nothing where a journal that is gone said so.
    pub(super) fn came(&self, key: &Name, r: &ReleaseId) -> Option<Time> {
        self.came.get(&(key.clone(), r.clone())).copied()
    }

    /// Whether a promotion into an environment is journalled, and nobody knows whether it landed.
    pub(super) fn is_coming(&self, key: &Name) -> bool {
        self.coming.values().any(|(env, _)| env == key)
    }

    /// What is on its way by a promotion that may not have landed, and where to.
    pub(super) fn coming(&self, pid: &Pid) -> Option<&(Name, There)> {
        self.coming.get(pid)
    }

    /// When a promotion was journalled that may not have landed.
    pub(super) fn coming_since(&self, pid: &Pid) -> Option<Time> {
        self.coming.get(pid).map(|(_, there)| there.floor)
    }

    /// Whether a person asked for something in an environment.
    pub(super) fn is_asked(&self, key: &Name) -> bool {
        self.requests.values().any(|asked| &asked.env == key)
    }

    /// What a person asked for with this release there.
    pub(super) fn asked(&self, key: &Name, r: &ReleaseId) -> Option<&Asked> {
        self.requests.values().find(|asked| &asked.env == key && asked.r.as_ref() == Some(r))
    }

    /// Whether a gate of a promotion was judged, and nothing was said by that.
    pub(super) fn has_unsure(&self, pid: &Pid) -> bool {
        let unsure = |trial: &Trial| matches!(trial.verdict, Some(Verdict::Error | Verdict::Inconclusive));
        self.runs.iter().any(|((of, _), trial)| of == pid && unsure(trial))
    }

    /// What is not live any more before it is Verified is judged anew.
    fn take_back(&mut self, pid: &Pid) {
        for ((of, gate), trial) in &mut self.runs {
            if of == pid && !gate.as_str().starts_with("bake/") {
                trial.verdict = Some(Verdict::Error);
            }
        }
    }

    /// The try of a gate that is under way or was judged last.
    pub(super) fn trial(&self, pid: &Pid, gate: &GateName) -> Option<&Trial> {
        self.runs.get(&(pid.clone(), gate.clone()))
    }
}

impl Known {
    fn of(env: &EnvironmentState) -> Self {
        let offer = |open: &towpath_core::journal::state::Proposal| Offer {
            pid: open.pid.clone(),
            r: open.r.clone(),
            head: open.head.clone(),
        };
        Self {
            there: env.at.as_ref().map(There::of),
            pinned: env.pin.is_some(),
            proposed: env.proposed.as_ref().map(offer),
            soaked: env.ok.iter().map(|(r, ok)| (r.clone(), ok.soak)).collect(),
            good: env.good.iter().map(|good| (good.r.clone(), good.baked)).collect(),
            verified: env
                .ok
                .iter()
                .map(|(r, ok)| (r.clone(), (ok.gates.clone(), ok.policy.clone())))
                .collect(),
            mark: env.hw,
        }
    }

    fn verify(&mut self, r: &ReleaseId, gates: &GateHash, policy: Option<&GateHash>, at: Time) {
        self.there.iter_mut().for_each(|there| there.bakes = Some(at));
        self.soaked.entry(r.clone()).or_default();
        self.verified.insert(r.clone(), (gates.clone(), policy.cloned()));
        let baked = self.good.iter().any(|(good, baked)| good == r && *baked);
        self.note_good(r.clone(), baked);
    }

    fn bake(&mut self, result: BakeResult) {
        self.there.iter_mut().for_each(|there| (there.bakes, there.settled) = (None, true));
        if result != BakeResult::Passed {
            return;
        }
        let r = self.there.as_ref().map(|there| there.r.clone());
        let was_good = self.good.iter().any(|(good, _)| Some(good) == r.as_ref());
        if let Some(r) = r.filter(|_| was_good) {
            self.note_good(r, true);
        }
    }

    fn fail(&mut self) {
        let failed = self.there.as_mut().map(|there| {
            (there.failed, there.bakes) = (true, None);
            there.r.clone()
        });
        failed.iter().for_each(|r| self.revoke(r));
    }

    /// The latest that was good, and whether its bake passed.
    fn note_good(&mut self, r: ReleaseId, baked: bool) {
        self.good.retain(|(good, _)| *good != r);
        self.good.push((r, baked));
    }

    fn revoke(&mut self, r: &ReleaseId) {
        self.verified.remove(r);
        self.soaked.remove(r);
        self.good.retain(|(good, _)| good != r);
    }

    /// What was live is so no longer: that it was counts where it was Verified.
    fn end_live(&mut self, until: Time) {
        let Some(there) = &mut self.there else { return };
        let Some(since) = there.live.take() else { return };
        if let Some(longest) = self.soaked.get_mut(&there.r) {
            *longest = (*longest).max(until.since(since));
        }
    }

    /// For how long a release that is Verified was said to be live without a break: never longer than it really ran, since
    /// what replaces it ends that as soon as it is journalled, however long the cluster takes to follow.
    pub(super) fn soak_of(&self, r: &ReleaseId, now: Time) -> Option<Span> {
        let ended = *self.soaked.get(r)?;
        let running = self.there.as_ref().filter(|there| &there.r == r).and_then(|there| there.live);
        Some(running.map_or(ended, |since| ended.max(now.since(since))))
    }
}

impl There {
    fn new(r: &ReleaseId, pid: Option<&Pid>, cause: Cause, at: Time) -> Self {
        let (r, pid) = (r.clone(), pid.cloned());
        Self { r, pid, cause, failed: false, bakes: None, settled: false, syncing: at, live: None, floor: at }
    }

    fn of(at: &Current) -> Self {
        Self {
            failed: at.failed.is_some(),
            bakes: (at.phase == Phase::Verified).then_some(at.since),
            settled: at.phase == Phase::Settled,
            syncing: at.since,
            live: at.live.as_ref().map(|live| live.since),
            floor: at.floor(),
            ..Self::new(&at.r, at.pid.as_ref(), at.cause, at.at)
        }
    }

    /// Whether it has no verdict yet.
    pub(super) fn is_running(&self) -> bool {
        self.pid.is_some() && !self.failed && self.bakes.is_none() && !self.settled
    }
}
