//! Events that move an environment: proposals, promotions, and what people did to the branch.

use super::{FoldError, Step, end_live};
use crate::event::Event;
use crate::id::{CommitId, Name, Pid};
use crate::journal::state::{Current, EnvironmentState, Phase, Pin, Proposal};
use crate::museum::{Bug, planted};

impl Step<'_> {
    pub(super) fn proposed(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let Event::Proposed { pid, env, r, head, pr } = &self.recorded.event else { return Ok(()) };
        self.rank(r)?;
        let proposal = Proposal { pid: pid.clone(), r: r.clone(), head: head.clone(), pr: *pr, at };
        self.env(env)?.proposed = Some(proposal);
        Ok(())
    }

    pub(super) fn promoted(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let Event::Promoted { pid, env, r, attempt, cause, commit, gates, from, q, landed, .. } =
            &self.recorded.event
        else {
            return Ok(());
        };
        self.rank(r)?;
        let expected = self.state.pid(env, r, *attempt);
        let tries = self.env(env)?.tries.get(r).copied().unwrap_or(0);
        if (*attempt != tries + 1 || *pid != expected) && !planted(Bug::PidReused) {
            return Err(self.refuse(format!("expected try {} and the id that follows from it", tries + 1)));
        }
        let current = Current {
            pid: Some(pid.clone()),
            r: r.clone(),
            attempt: *attempt,
            commit: commit.clone(),
            cause: *cause,
            from: from.clone(),
            q: q.clone(),
            gates: Some(gates.clone()),
            at,
            phase: Phase::Syncing,
            since: at,
            live: None,
            broken: None,
            runs: Default::default(),
            failed: None,
        };
        let env_state = self.env(env)?;
        env_state.tries.insert(r.clone(), *attempt);
        env_state.committing = Some(current);
        if *landed { self.landed(pid, commit) } else { Ok(()) }
    }

    pub(super) fn landed(&mut self, pid: &Pid, commit: &CommitId) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let committing =
            |e: &EnvironmentState| e.committing.as_ref().is_some_and(|c| c.pid.as_ref() == Some(pid));
        let Some(key) = self.state.envs.iter().find(|(_, e)| committing(e)).map(|(key, _)| key.clone())
        else {
            return Err(self.refuse(format!("{pid} is not on its way")));
        };
        let env = self.env(&key)?;
        end_live(env, at);
        let Some(mut current) = env.committing.take() else { return Ok(()) };
        current.commit = commit.clone();
        env.proposed = None;
        if env.at.as_ref().is_some_and(Current::is_running) {
            env.churn = env.churn.saturating_add(1);
        }
        let r = current.r.clone();
        env.at = Some(current);
        let branch = env.config.branch.to_string();
        let rank = self.rank(&r)?;
        let env = self.env(&key)?;
        env.hw = env.hw.max(rank);
        self.see(branch, commit);
        Ok(())
    }

    pub(super) fn undone(&mut self, pid: &Pid) -> Result<(), FoldError> {
        for env in self.state.envs.values_mut() {
            env.committing.take_if(|c| c.pid.as_ref() == Some(pid));
            env.proposed.take_if(|p| &p.pid == pid);
        }
        Ok(())
    }

    pub(super) fn pinned(&mut self, env: &Name, commit: &CommitId, set: &[String]) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let env = self.env(env)?;
        end_live(env, at);
        env.pin = Some(Pin { commit: commit.clone(), set: set.to_vec(), at });
        Ok(())
    }

    pub(super) fn unpinned(&mut self, env: &Name) -> Result<(), FoldError> {
        self.env(env)?.pin = None;
        Ok(())
    }
}
