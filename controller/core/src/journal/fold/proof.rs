//! Events that prove a release in an environment: live, judged, verified, baked, failed.

use super::{FoldError, MAX_GOOD, Step, end_live};
use crate::event::{BakeResult, Event};
use crate::id::{Digest, Name, Pid, ReleaseId, TreeId};
use crate::journal::state::{EnvironmentState, Failure, Good, LiveSince, Okay, Phase, Rejection, Run};
use crate::museum::{Bug, planted};
use crate::time::{Span, Time};
use crate::verdict::Verdict;

impl Step<'_> {
    pub(super) fn live(
        &mut self,
        env: &Name,
        pid: &Pid,
        since: Time,
        tree: &TreeId,
    ) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let already = self.refuse("it is live already");
        let current = self.current(env, pid)?;
        if current.live.is_some() {
            return Err(already);
        }
        current.live = Some(LiveSince { since, tree: tree.clone() });
        if current.phase == Phase::Syncing {
            (current.phase, current.since) = (Phase::Verifying, at);
        }
        Ok(())
    }

    pub(super) fn unlive(&mut self, env: &Name, pid: &Pid, until: Time) -> Result<(), FoldError> {
        let at = self.recorded.at;
        self.current(env, pid)?;
        let env = self.env(env)?;
        end_live(env, until);
        let Some(current) = env.at.as_mut() else { return Ok(()) };
        current.broken = Some(until);
        if current.phase == Phase::Verifying {
            (current.phase, current.since) = (Phase::Syncing, at);
            current.runs.values_mut().for_each(take_back);
            env.churn = env.churn.saturating_add(1);
        }
        Ok(())
    }

    pub(super) fn started(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let Event::Started { env, pid, gate, gates, attempt, handle, deadline, .. } = &self.recorded.event
        else {
            return Ok(());
        };
        let again = self.refuse("the gate runs, or this is not its next try");
        let runs = &mut self.current(env, pid)?.runs;
        let before = runs.get(gate);
        let next = before.map_or(1, |run| run.attempt + 1);
        if *attempt != next || before.is_some_and(|run| run.verdict.is_none()) {
            return Err(again);
        }
        let run = Run {
            attempt: *attempt,
            handle: handle.clone(),
            at,
            deadline: *deadline,
            gates: gates.clone(),
            verdict: None,
            detail: None,
            errors: before.map_or(0, |run| run.errors),
            inconclusive: before.map_or(0, |run| run.inconclusive),
        };
        runs.insert(gate.clone(), run);
        Ok(())
    }

    pub(super) fn judged(&mut self) -> Result<(), FoldError> {
        let Event::Judged { env, pid, gate, attempt, verdict, detail, gates } = &self.recorded.event else {
            return Ok(());
        };
        let unbound = self.refuse("the verdict belongs to another try, definition or is a second one");
        let run = self.run(env, pid, gate)?;
        if run.attempt != *attempt || run.gates != *gates || run.verdict.is_some() {
            return Err(unbound);
        }
        run.verdict = Some(*verdict);
        run.detail.clone_from(detail);
        match verdict {
            Verdict::Error => run.errors += 1,
            Verdict::Inconclusive => run.inconclusive += 1,
            Verdict::Passed | Verdict::Failed => {}
        }
        Ok(())
    }

    pub(super) fn verified(&mut self, env: &Name, pid: &Pid, r: &ReleaseId) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let Event::Verified { gates, policy, .. } = &self.recorded.event else { return Ok(()) };
        let other = self.refuse(format!("{pid} is not of {r}"));
        let current = self.current(env, pid)?;
        if current.r != *r {
            return Err(other);
        }
        (current.phase, current.since) = (Phase::Verified, at);
        let tree = current.live.as_ref().map(|live| live.tree.clone());
        let env = self.env(env)?;
        env.churn = 0;
        // Verified once more, it has not lost the time that it was live before.
        let soak = env.ok.get(r).map_or(Span::default(), |ok| ok.soak);
        env.ok.insert(r.clone(), Okay { gates: gates.clone(), policy: policy.clone(), soak });
        add_good(env, Good { r: r.clone(), gates: gates.clone(), at, baked: false, tree });
        Ok(())
    }

    pub(super) fn baked(&mut self, env: &Name, pid: &Pid, result: BakeResult) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let current = self.current(env, pid)?;
        let r = current.r.clone();
        (current.phase, current.since) = (Phase::Settled, at);
        let env = self.env(env)?;
        let good = env.good.iter().position(|g| g.r == r);
        if let (Some(i), BakeResult::Passed) = (good, result) {
            let good = env.good.remove(i);
            add_good(env, Good { baked: true, at, ..good });
        }
        Ok(())
    }

    pub(super) fn failed(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let Event::Failed { env, pid, phase, gate } = &self.recorded.event else { return Ok(()) };
        let current = self.current(env, pid)?;
        let r = current.r.clone();
        (current.phase, current.since) = (Phase::Failed, at);
        current.failed = Some(Failure { phase: *phase, gate: gate.clone(), at, held: false });
        let env = self.env(env)?;
        env.churn = 0;
        if !planted(Bug::FailedKeepsVerified) {
            revoke(env, &r);
        }
        Ok(())
    }

    pub(super) fn revoked(&mut self, env: &Name, r: &ReleaseId) -> Result<(), FoldError> {
        revoke(self.env(env)?, r);
        Ok(())
    }

    pub(super) fn rejected(
        &mut self,
        env: &Name,
        r: &ReleaseId,
        digests: &[Digest],
    ) -> Result<(), FoldError> {
        let (n, at) = (self.recorded.n, self.recorded.at);
        let env = self.env(env)?;
        env.voids = n;
        if !digests.is_empty() {
            env.rejected.push(Rejection { digests: digests.to_vec(), r: r.clone(), at });
        }
        Ok(())
    }
}

/// Takes a verdict back, or gives a run up, without charge; its try stays used, since the next run must not be
/// found under the handle of this one.
fn take_back(run: &mut Run) {
    (run.verdict, run.detail) = (Some(Verdict::Error), None);
    (run.errors, run.inconclusive) = (0, 0);
}

/// Keeps the latest at the end, and of more than [`MAX_GOOD`] never lets the last baked one go. A release whose
/// bake passed once stays baked when it is verified anew.
fn add_good(env: &mut EnvironmentState, mut good: Good) {
    good.baked |= env.good.iter().any(|g| g.r == good.r && g.baked);
    env.good.retain(|g| g.r != good.r);
    env.good.push(good);
    if env.good.len() > MAX_GOOD {
        let last_baked = env.good.iter().rposition(|g| g.baked);
        let oldest = if last_baked == Some(0) { 1 } else { 0 };
        env.good.remove(oldest);
    }
}

fn revoke(env: &mut EnvironmentState, r: &ReleaseId) {
    env.ok.remove(r);
    env.good.retain(|g| &g.r != r);
}
