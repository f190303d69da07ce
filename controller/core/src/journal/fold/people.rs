//! What people did: requests, approvals, holds, and what they took off the rejected list.

use super::{FoldError, MAX_APPROVALS, MAX_HOLDS, MAX_REQUESTS, Step};
use crate::event::Event;
use crate::id::{ActId, Digest, Name};
use crate::journal::state::{ApprovalRecord, Hold, Request};
use crate::museum::{Bug, planted};

impl Step<'_> {
    pub(super) fn requested(&mut self) -> Result<(), FoldError> {
        let Event::Requested { q, env, r, kind, overrides } = &self.recorded.event else { return Ok(()) };
        if self.state.requests.len() >= MAX_REQUESTS {
            return Err(self.refuse(format!("there are {MAX_REQUESTS} open requests already")));
        }
        if self.state.requests.iter().any(|request| &request.q == q) {
            return Err(self.refuse(format!("the request {q} is open already")));
        }
        self.env(env)?;
        self.state.requests.push(Request {
            q: q.clone(),
            env: env.clone(),
            r: r.clone(),
            kind: *kind,
            overrides: overrides.clone(),
            by: self.recorded.by.clone(),
            at: self.recorded.at,
        });
        Ok(())
    }

    pub(super) fn closed(&mut self, q: &ActId) -> Result<(), FoldError> {
        let before = self.state.requests.len();
        self.state.requests.retain(|request| &request.q != q);
        match self.state.requests.len() == before {
            true => Err(self.refuse(format!("no open request has the id {q}"))),
            false => Ok(()),
        }
    }

    pub(super) fn approved(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let Event::Approved { env, r, gates, groups, until } = &self.recorded.event else { return Ok(()) };
        self.env(env)?;
        self.rank(r)?;
        let approvals = &mut self.state.approvals;
        approvals.retain(|a| a.until.is_none_or(|until| until > at));
        if approvals.len() >= MAX_APPROVALS {
            approvals.remove(0);
        }
        approvals.push(ApprovalRecord {
            n: self.recorded.n,
            env: env.clone(),
            r: r.clone(),
            gates: gates.clone(),
            groups: groups.clone(),
            by: self.recorded.by.clone(),
            at,
            until: *until,
        });
        Ok(())
    }

    pub(super) fn unapproved(&mut self, of: u64) -> Result<(), FoldError> {
        self.state.approvals.retain(|a| a.n != of || planted(Bug::RevokedApprovalCounts));
        Ok(())
    }

    pub(super) fn held(&mut self) -> Result<(), FoldError> {
        let Event::Held { id, select, subject, stops, reason, until } = &self.recorded.event else {
            return Ok(());
        };
        if self.state.holds.len() >= MAX_HOLDS || self.state.holds.iter().any(|h| &h.id == id) {
            return Err(self.refuse(format!("{id} is in force, or {MAX_HOLDS} holds are")));
        }
        self.state.holds.push(Hold {
            id: id.clone(),
            select: select.clone(),
            subject: subject.clone(),
            stops: stops.clone(),
            reason: reason.clone(),
            by: self.recorded.by.clone(),
            at: self.recorded.at,
            until: *until,
        });
        for env in self.state.envs.values_mut() {
            let own = env.at.as_mut().filter(|at| at.hold_id().as_ref() == Some(id));
            if let Some(failed) = own.and_then(|at| at.failed.as_mut()) {
                failed.held = true;
            }
        }
        Ok(())
    }

    pub(super) fn lifted(&mut self, id: &ActId) -> Result<(), FoldError> {
        self.state.holds.retain(|h| &h.id != id);
        Ok(())
    }

    pub(super) fn cleared(&mut self, env: &Name, digests: &[Digest]) -> Result<(), FoldError> {
        let env = self.env(env)?;
        for rejection in &mut env.rejected {
            rejection.digests.retain(|d| !digests.contains(d));
        }
        env.rejected.retain(|r| !r.digests.is_empty());
        Ok(())
    }
}
