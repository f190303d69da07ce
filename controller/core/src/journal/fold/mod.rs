//! The fold: what each event changes in the state. Every reader of the journal does exactly this.

mod ledger;
mod moves;
mod people;
mod proof;
mod release;

use super::archive::{self, ArchiveLine};
use super::state::{Current, EnvironmentState, Owner, Release, Role, Run, Seen, State};
use crate::event::{Event, MAX_EVENT_BYTES, Recorded};
use crate::id::{CommitId, GateName, LedgerId, Name, Pid, PipelineId, ReleaseId};
use crate::release::Rank;
use crate::time::{Span, Time};

/// The most entries of [`EnvironmentState::good`].
pub const MAX_GOOD: usize = 10;
/// The most approvals that are kept.
pub const MAX_APPROVALS: usize = 200;
/// The most holds in force at once.
pub const MAX_HOLDS: usize = 50;
/// The most open requests.
pub const MAX_REQUESTS: usize = 20;
/// The longest soak that is kept: longer than any pipeline asks for, and the longest that [`Span`] reads.
pub const MAX_SOAK: Span = Span::seconds(366 * 86_400);

/// An event that cannot follow the state: the journal is corrupt, or the caller has a bug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to apply event {n} ({name}): {reason}")]
pub struct FoldError {
    /// The event's number.
    pub n: u64,
    /// Its name.
    pub name: &'static str,
    /// Why it cannot follow.
    pub reason: String,
}

/// The line of an event as it stands in the journal: JSON with sorted keys.
pub fn line(event: &Recorded) -> String {
    super::text::canonical(event)
}

/// The state after a journal's first event, which must be a [`Event::Claimed`] with number and epoch 1.
pub fn genesis(pipeline: &PipelineId, first: &Recorded) -> Result<State, FoldError> {
    let Event::Claimed { owner, epoch: 1, was: None, .. } = &first.event else {
        return Err(refuse(first, "a journal begins with Claimed at epoch 1"));
    };
    if first.n != 1 {
        return Err(refuse(first, "a journal begins with number 1"));
    }
    check_length(first)?;
    Ok(State {
        v: super::state::FORMAT,
        ledger: LedgerId::mint(pipeline, &line(first)),
        pipeline: pipeline.clone(),
        salt: None,
        role: Role::Main,
        owner: Owner { id: owner.clone(), epoch: 1 },
        n: 1,
        at: first.at,
        seq: 0,
        images: Vec::new(),
        archive: super::state::Archive::default(),
        seen: Default::default(),
        envs: Default::default(),
        releases: Vec::new(),
        approvals: Vec::new(),
        holds: Vec::new(),
        requests: Vec::new(),
    })
}

/// Applies the events of one journal commit. Answers the lines of the archive file that this commit adds; no
/// lines, no file.
pub fn fold_all(state: &mut State, events: &[Recorded]) -> Result<Vec<ArchiveLine>, FoldError> {
    for event in events {
        apply(state, event)?;
    }
    let lines = archive::overflow(state);
    if !lines.is_empty() {
        state.archive.chunks += 1;
    }
    Ok(lines)
}

fn refuse(event: &Recorded, reason: impl Into<String>) -> FoldError {
    FoldError { n: event.n, name: event.event.name(), reason: reason.into() }
}

fn apply(state: &mut State, recorded: &Recorded) -> Result<(), FoldError> {
    if recorded.n != state.n + 1 {
        return Err(refuse(recorded, format!("expected number {}", state.n + 1)));
    }
    if recorded.at < state.at {
        return Err(refuse(recorded, format!("it is older than its predecessor of {}", state.at)));
    }
    check_length(recorded)?;
    // First, so that holds which are over neither count nor take their ids along.
    state.holds.retain(|h| h.until.is_none_or(|until| until > recorded.at));
    Step { state, recorded }.apply()?;
    state.n = recorded.n;
    state.at = recorded.at;
    Ok(())
}

fn check_length(recorded: &Recorded) -> Result<(), FoldError> {
    match line(recorded).len() > MAX_EVENT_BYTES {
        true => Err(refuse(recorded, format!("it is longer than {MAX_EVENT_BYTES} bytes"))),
        false => Ok(()),
    }
}

/// One event on its way into the state.
struct Step<'a> {
    state: &'a mut State,
    recorded: &'a Recorded,
}

impl Step<'_> {
    fn refuse(&self, reason: impl Into<String>) -> FoldError {
        refuse(self.recorded, reason)
    }

    fn env(&mut self, key: &Name) -> Result<&mut EnvironmentState, FoldError> {
        let unknown = refuse(self.recorded, format!("no environment has the key {key}"));
        self.state.envs.get_mut(key).ok_or(unknown)
    }

    /// What environment `key` runs, if it is there by this promotion.
    fn current(&mut self, key: &Name, pid: &Pid) -> Result<&mut Current, FoldError> {
        let other = refuse(self.recorded, format!("{key} is not at {pid}"));
        self.env(key)?.at.as_mut().filter(|at| at.pid.as_ref() == Some(pid)).ok_or(other)
    }

    fn run(&mut self, key: &Name, pid: &Pid, gate: &GateName) -> Result<&mut Run, FoldError> {
        let unknown = refuse(self.recorded, format!("the gate {gate} did not start"));
        self.current(key, pid)?.runs.get_mut(gate).ok_or(unknown)
    }

    fn rank(&self, id: &ReleaseId) -> Result<Rank, FoldError> {
        let unknown = || self.refuse(format!("no release has the id {id}"));
        self.state.release(id).map(Release::rank).ok_or_else(unknown)
    }

    fn see(&mut self, branch: String, commit: &CommitId) {
        self.state.seen.insert(branch, Seen { commit: commit.clone(), n: self.recorded.n });
    }
    fn apply(&mut self) -> Result<(), FoldError> {
        match &self.recorded.event {
            Event::Claimed { owner, epoch, was, .. } => self.claimed(owner, *epoch, was.as_ref()),
            Event::Configured { envs, images, .. } => self.configured(envs, images),
            Event::Confirmed { what, tip } => self.confirmed(*what, tip),
            Event::Released { .. } => self.released(),
            Event::Adopted { .. } => self.adopted(),
            Event::Requested { .. } => self.requested(),
            Event::Closed { q, .. } => self.closed(q),
            Event::Approved { .. } => self.approved(),
            Event::Unapproved { of } => self.unapproved(*of),
            Event::Held { .. } => self.held(),
            Event::Lifted { id } => self.lifted(id),
            // Overrides are told in the journal and in the trailer; nothing in the state follows from them.
            Event::Overridden { .. } => Ok(()),
            Event::Cleared { env, digests, .. } => self.cleared(env, digests),
            Event::Proposed { .. } => self.proposed(),
            Event::Promoted { .. } => self.promoted(),
            Event::Landed { pid, commit } => self.landed(pid, commit),
            Event::Undone { pid, .. } => self.undone(pid),
            Event::Pinned { env, commit, set } => self.pinned(env, commit, set),
            Event::Unpinned { env, .. } => self.unpinned(env),
            Event::Live { env, pid, since, tree } => self.live(env, pid, *since, tree),
            Event::Unlive { env, pid, until, .. } => self.unlive(env, pid, *until),
            Event::Started { .. } => self.started(),
            Event::Judged { .. } => self.judged(),
            Event::Verified { env, pid, r, .. } => self.verified(env, pid, r),
            Event::Baked { env, pid, result } => self.baked(env, pid, *result),
            Event::Failed { .. } => self.failed(),
            Event::Revoked { env, r, .. } => self.revoked(env, r),
            Event::Rejected { env, r, digests, .. } => self.rejected(env, r, digests),
        }
    }
}

/// Ends the time that the environment's release was live, and keeps it as soak if it is the longest.
fn end_live(env: &mut EnvironmentState, until: Time) {
    let Some(current) = env.at.as_mut() else { return };
    let Some(live) = current.live.take() else { return };
    if let Some(ok) = env.ok.get_mut(&current.r) {
        ok.soak = ok.soak.max(until.since(live.since)).min(MAX_SOAK);
    }
}
