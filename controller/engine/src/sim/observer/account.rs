//! The observer's own account of what people said, what was good where, and which verdicts there were: from single
//! events, never from the journal's fold.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::event::{BakeResult, Cause, Event, Recorded};
use towpath_core::id::{ActId, Actor, GateHash, GateName, Handle, Name, Pid, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::{ApprovalRecord, EnvironmentState};
use towpath_core::release::Rank;
use towpath_core::time::Time;
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
    /// Open requests, and who made them.
    requests: BTreeMap<ActId, Actor>,
    pub(super) envs: BTreeMap<Name, Known>,
    /// Gates that began, by promotion.
    runs: BTreeMap<(Pid, GateName), Trial>,
    /// Promotions that are journalled and may not have landed: environment and what comes.
    coming: BTreeMap<Pid, (Name, There)>,
    /// Releases that were accepted.
    pub(super) accepted: BTreeSet<ReleaseId>,
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
}

/// What is in an environment.
#[derive(Clone)]
pub(super) struct There {
    pub(super) r: ReleaseId,
    pub(super) pid: Option<Pid>,
    pub(super) cause: Cause,
    pub(super) failed: bool,
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
        self.requests = state.requests.iter().map(|q| (q.q.clone(), q.by.clone())).collect();
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
                let there = There { r: at.r.clone(), pid: Some(pid.clone()), cause: at.cause, failed: false };
                self.coming.insert(pid, (key.clone(), there));
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
                Some(q) => self.requests.get(q).is_some_and(|by| by == &recorded.by || !person),
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
                let there = There { r: r.clone(), pid: None, cause: Cause::Manual, failed: false };
                self.env(env).there = Some(there);
            }
            Event::Requested { q, .. } => drop(self.requests.insert(q.clone(), recorded.by.clone())),
            Event::Closed { q, .. } => drop(self.requests.remove(q)),
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
            Event::Promoted { pid, env, r, cause, landed, .. } => {
                let there = There { r: r.clone(), pid: Some(pid.clone()), cause: *cause, failed: false };
                self.coming.insert(pid.clone(), (env.clone(), there));
                if *landed {
                    self.arrive(pid, rank);
                }
            }
            Event::Landed { pid, .. } => self.arrive(pid, rank),
            Event::Undone { pid, .. } => drop(self.coming.remove(pid)),
            Event::Configured { .. } => self.runs.retain(|_, trial| trial.verdict.is_none()),
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
            Event::Unlive { env, pid, .. } => {
                let verifying =
                    self.env(env).there.as_ref().is_some_and(|there| there.pid.as_ref() == Some(pid));
                if verifying {
                    self.take_back(pid);
                }
            }
            Event::Verified { env, r, gates, policy, .. } => {
                let known = self.env(env);
                known.verified.insert(r.clone(), (gates.clone(), policy.clone()));
                let baked = known.good.iter().any(|(good, baked)| good == r && *baked);
                known.good.retain(|(good, _)| good != r);
                known.good.push((r.clone(), baked));
            }
            Event::Baked { env, result: BakeResult::Passed, .. } => {
                let known = self.env(env);
                let r = known.there.as_ref().map(|there| there.r.clone());
                let was_good = known.good.iter().any(|(good, _)| Some(good) == r.as_ref());
                if let Some(r) = r.filter(|_| was_good) {
                    known.good.retain(|(good, _)| *good != r);
                    known.good.push((r, true));
                }
            }
            Event::Failed { env, .. } => {
                let known = self.env(env);
                let failed = known.there.as_mut().map(|there| {
                    there.failed = true;
                    there.r.clone()
                });
                failed.iter().for_each(|r| known.revoke(r));
            }
            Event::Revoked { env, r, .. } => self.env(env).revoke(r),
            _ => {}
        }
    }

    fn env(&mut self, key: &Name) -> &mut Known {
        self.envs.entry(key.clone()).or_default()
    }

    fn arrive(&mut self, pid: &Pid, rank: impl Fn(&ReleaseId) -> Rank) {
        let Some((env, there)) = self.coming.remove(pid) else { return };
        let rank = rank(&there.r);
        let known = self.env(&env);
        known.mark = known.mark.max(rank);
        known.there = Some(there);
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
        let there = env.at.as_ref().map(|at| There {
            r: at.r.clone(),
            pid: at.pid.clone(),
            cause: at.cause,
            failed: at.failed.is_some(),
        });
        Self {
            there,
            good: env.good.iter().map(|good| (good.r.clone(), good.baked)).collect(),
            verified: env
                .ok
                .iter()
                .map(|(r, ok)| (r.clone(), (ok.gates.clone(), ok.policy.clone())))
                .collect(),
            mark: env.hw,
        }
    }

    fn revoke(&mut self, r: &ReleaseId) {
        self.verified.remove(r);
        self.good.retain(|(good, _)| good != r);
    }
}
