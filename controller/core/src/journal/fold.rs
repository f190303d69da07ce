//! The fold: what each event changes in the state. Every reader of the journal does exactly this.

use super::archive::{self, ArchiveLine};
use super::state::{
    ApprovalRecord, Current, EnvironmentState, Failure, Good, Hold, LiveSince, MAX_RELEASES, Okay, Owner,
    Phase, Pin, Proposal, Rejection, Release, Request, Role, Run, Seen, State,
};
use crate::event::{
    BakeResult, Cause, Confirmable, EnvironmentConfig, Event, FieldBytes, MAX_EVENT_BYTES, Recorded,
};
use crate::id::{CommitId, GateName, LedgerId, Name, Pid, PipelineId, ReleaseId, Salt};
use crate::museum::{Bug, planted};
use crate::release::{Image, Rank, image_set, release_id};
use crate::time::{Span, Time};
use crate::verdict::Verdict;

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
    // Every key is a string and every number finite, so this cannot fail.
    super::text::canonical(serde_json::to_value(event).unwrap_or_default())
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
            Event::Claimed { .. } | Event::Configured { .. } | Event::Confirmed { .. } => self.ledger(),
            Event::Released { .. } | Event::Adopted { .. } => self.release(),
            Event::Requested { .. }
            | Event::Closed { .. }
            | Event::Approved { .. }
            | Event::Unapproved { .. }
            | Event::Held { .. }
            | Event::Lifted { .. }
            | Event::Overridden { .. }
            | Event::Cleared { .. } => self.people(),
            Event::Proposed { .. }
            | Event::Promoted { .. }
            | Event::Landed { .. }
            | Event::Undone { .. }
            | Event::Pinned { .. }
            | Event::Unpinned { .. } => self.moves(),
            Event::Live { .. }
            | Event::Unlive { .. }
            | Event::Started { .. }
            | Event::Judged { .. }
            | Event::Verified { .. }
            | Event::Baked { .. }
            | Event::Failed { .. }
            | Event::Revoked { .. }
            | Event::Rejected { .. } => self.proof(),
        }
    }

    fn ledger(&mut self) -> Result<(), FoldError> {
        match &self.recorded.event {
            Event::Claimed { owner, epoch, was, .. } => {
                let next = self.state.owner.epoch + 1;
                if *epoch != next || was.as_ref() != Some(&self.state.owner.id) {
                    return Err(self.refuse(format!("expected epoch {next} from {}", self.state.owner.id)));
                }
                self.state.owner = Owner { id: owner.clone(), epoch: *epoch };
                Ok(())
            }
            Event::Configured { envs, images, .. } => {
                let images_changed = !self.state.images.is_empty() && &self.state.images != images;
                self.state.images.clone_from(images);
                for env in self.state.envs.values_mut() {
                    env.removed = true;
                }
                for (i, config) in envs.iter().enumerate() {
                    if envs.iter().take(i).any(|e| e.key == config.key || e.name == config.name) {
                        return Err(self.refuse(format!("{} stands twice, as key or as name", config.key)));
                    }
                    self.configure(config, images_changed);
                }
                let at = self.recorded.at;
                // Nobody looks at what was taken out, so its time as live ends.
                self.state.envs.values_mut().filter(|e| e.removed).for_each(|e| end_live(e, at));
                Ok(())
            }
            Event::Confirmed { what, tip } => {
                let branches: Vec<String> =
                    self.state.envs.values().map(|e| e.config.branch.to_string()).collect();
                for branch in branches {
                    self.see(branch, tip);
                }
                if *what == Confirmable::JournalLost {
                    self.state.salt = Some(Salt::mint(&line(self.recorded)));
                }
                if *what == Confirmable::HistoryRewritten {
                    for env in self.state.envs.values_mut() {
                        env.committing = None;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn configure(&mut self, config: &EnvironmentConfig, images_changed: bool) {
        let at = self.recorded.at;
        let Some(env) = self.state.envs.get_mut(&config.key) else {
            self.state.envs.insert(config.key.clone(), new_environment(config));
            return;
        };
        env.removed = false;
        let moved = env.config.path != config.path
            || env.config.branch != config.branch
            || env.config.edit != config.edit;
        env.config = config.clone();
        if moved || images_changed {
            // What is there now has to be looked at anew; what is known of releases stays.
            end_live(env, at);
            env.at = None;
            env.committing = None;
            env.pin = None;
        }
    }

    fn release(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        match &self.recorded.event {
            Event::Released { r, seq, order, images, authors, labels } => {
                self.check_images(r, images)?;
                if order.is_some_and(|order| order < 0) {
                    return Err(self.refuse("an order is not negative; a baseline's is 0"));
                }
                let known = self.state.releases.iter().position(|known| &known.r == r);
                if let Some(known) = known.and_then(|i| self.state.releases.get_mut(i)).filter(|r| r.seq > 0)
                {
                    if *seq == known.seq && *order > known.order {
                        known.order = *order;
                        return Ok(());
                    }
                    return Err(self.refuse("the release is there already"));
                }
                let expected = self.state.seq + 1;
                if *seq != expected {
                    return Err(self.refuse(format!("expected sequence {expected}")));
                }
                if known.is_none() && self.state.releases.len() >= MAX_RELEASES {
                    return Err(self.refuse(format!("there are {MAX_RELEASES} releases already")));
                }
                self.state.seq = *seq;
                // A baseline that is released afterwards becomes an ordinary release. What was found stays on
                // record: environments that adopted it are compared with that.
                let fields = known.map(|i| self.state.releases.remove(i).fields).unwrap_or_default();
                self.state.releases.push(Release {
                    r: r.clone(),
                    seq: *seq,
                    order: *order,
                    at,
                    images: images.clone(),
                    authors: authors.clone(),
                    labels: labels.clone(),
                    fields,
                });
                Ok(())
            }
            Event::Adopted { env, r, seq, commit, images, fields } => {
                if *seq != 0 {
                    return Err(self.refuse("a baseline has sequence 0"));
                }
                if !images.is_empty() {
                    self.check_images(r, images)?;
                }
                self.env(env)?;
                self.found(r, images, fields);
                let env = self.env(env)?;
                end_live(env, at);
                env.at = Some(Current {
                    pid: None,
                    r: r.clone(),
                    attempt: 0,
                    commit: commit.clone(),
                    cause: Cause::Manual,
                    from: env.at.as_ref().map(|at| at.r.clone()),
                    q: None,
                    gates: None,
                    at,
                    phase: Phase::Adopted,
                    since: at,
                    live: None,
                    broken: None,
                    runs: Default::default(),
                    failed: None,
                });
                let branch = env.config.branch.to_string();
                self.see(branch, commit);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Refuses images that are not a sorted set, or not the one with this id.
    fn check_images(&self, r: &ReleaseId, images: &[Image]) -> Result<(), FoldError> {
        let set = image_set(images.to_vec()).map_err(|e| self.refuse(e.to_string()))?;
        match set == images && release_id(&self.state.ledger, images) == *r {
            true => Ok(()),
            false => Err(self.refuse("its images are not sorted, or its id is not theirs")),
        }
    }

    /// Keeps what an environment was found with: as a baseline, or with the release that it is.
    fn found(&mut self, r: &ReleaseId, images: &[Image], fields: &[FieldBytes]) {
        let at = self.recorded.at;
        if let Some(known) = self.state.releases.iter_mut().find(|known| &known.r == r) {
            let same =
                |a: &FieldBytes, b: &FieldBytes| (&a.image, &a.file, a.field) == (&b.image, &b.file, b.field);
            known.fields.retain(|old| !fields.iter().any(|new| same(old, new)));
            known.fields.extend_from_slice(fields);
            return;
        }
        self.state.releases.push(Release {
            r: r.clone(),
            seq: 0,
            order: None,
            at,
            images: images.to_vec(),
            authors: Vec::new(),
            labels: Default::default(),
            fields: fields.to_vec(),
        });
        // It may come back from the archive: no try may ever be made twice.
        for env in self.state.envs.values_mut().filter(|e| e.forgotten > 0) {
            let forgotten = env.forgotten;
            env.tries.entry(r.clone()).or_insert(forgotten);
        }
    }

    fn people(&mut self) -> Result<(), FoldError> {
        let (n, at, by) = (self.recorded.n, self.recorded.at, self.recorded.by.clone());
        match &self.recorded.event {
            Event::Requested { q, env, r, kind, overrides } => {
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
                    by,
                    at,
                });
            }
            Event::Closed { q, .. } => {
                let before = self.state.requests.len();
                self.state.requests.retain(|request| &request.q != q);
                if self.state.requests.len() == before {
                    return Err(self.refuse(format!("no open request has the id {q}")));
                }
            }
            Event::Approved { env, r, gates, groups, until } => {
                self.env(env)?;
                self.rank(r)?;
                let approvals = &mut self.state.approvals;
                approvals.retain(|a| a.until.is_none_or(|until| until > at));
                if approvals.len() >= MAX_APPROVALS {
                    approvals.remove(0);
                }
                approvals.push(ApprovalRecord {
                    n,
                    env: env.clone(),
                    r: r.clone(),
                    gates: gates.clone(),
                    groups: groups.clone(),
                    by,
                    at,
                    until: *until,
                });
            }
            Event::Unapproved { of } => self.state.approvals.retain(|a| a.n != *of),
            Event::Held { id, select, subject, stops, reason, until } => {
                if self.state.holds.len() >= MAX_HOLDS || self.state.holds.iter().any(|h| &h.id == id) {
                    return Err(self.refuse(format!("{id} is in force, or {MAX_HOLDS} holds are")));
                }
                self.state.holds.push(Hold {
                    id: id.clone(),
                    select: select.clone(),
                    subject: subject.clone(),
                    stops: stops.clone(),
                    reason: reason.clone(),
                    by,
                    at,
                    until: *until,
                });
                for env in self.state.envs.values_mut() {
                    let own = env.at.as_mut().filter(|at| at.hold_id().as_ref() == Some(id));
                    if let Some(failed) = own.and_then(|at| at.failed.as_mut()) {
                        failed.held = true;
                    }
                }
            }
            Event::Lifted { id } => self.state.holds.retain(|h| &h.id != id),
            Event::Cleared { env, digests, .. } => {
                let env = self.env(env)?;
                for rejection in &mut env.rejected {
                    rejection.digests.retain(|d| !digests.contains(d));
                }
                env.rejected.retain(|r| !r.digests.is_empty());
            }
            _ => {}
        }
        Ok(())
    }

    fn moves(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        match &self.recorded.event {
            Event::Proposed { pid, env, r, head, pr } => {
                self.rank(r)?;
                let proposal = Proposal { pid: pid.clone(), r: r.clone(), head: head.clone(), pr: *pr, at };
                self.env(env)?.proposed = Some(proposal);
                Ok(())
            }
            Event::Promoted { .. } => self.promoted(),
            Event::Landed { pid, commit } => self.landed(pid, commit),
            Event::Undone { pid, .. } => {
                for env in self.state.envs.values_mut() {
                    env.committing.take_if(|c| c.pid.as_ref() == Some(pid));
                    env.proposed.take_if(|p| &p.pid == pid);
                }
                Ok(())
            }
            Event::Pinned { env, commit, set } => {
                let pin = Pin { commit: commit.clone(), set: set.clone(), at };
                let env = self.env(env)?;
                end_live(env, at);
                env.pin = Some(pin);
                Ok(())
            }
            Event::Unpinned { env, .. } => {
                self.env(env)?.pin = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn promoted(&mut self) -> Result<(), FoldError> {
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

    fn landed(&mut self, pid: &Pid, commit: &CommitId) -> Result<(), FoldError> {
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
        let r = current.r.clone();
        env.at = Some(current);
        let branch = env.config.branch.to_string();
        let rank = self.rank(&r)?;
        let env = self.env(&key)?;
        env.hw = env.hw.max(rank);
        self.see(branch, commit);
        Ok(())
    }

    fn proof(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        match &self.recorded.event {
            Event::Live { env, pid, since, tree } => {
                let already = self.refuse("it is live already");
                let current = self.current(env, pid)?;
                if current.live.is_some() {
                    return Err(already);
                }
                current.live = Some(LiveSince { since: *since, tree: tree.clone() });
                if current.phase == Phase::Syncing {
                    (current.phase, current.since) = (Phase::Verifying, at);
                }
                Ok(())
            }
            Event::Unlive { env, pid, until, .. } => {
                self.current(env, pid)?;
                let until = *until;
                let env = self.env(env)?;
                end_live(env, until);
                if let Some(current) = env.at.as_mut() {
                    current.broken = Some(until);
                }
                if let Some(current) = env.at.as_mut().filter(|c| c.phase == Phase::Verifying) {
                    (current.phase, current.since) = (Phase::Syncing, at);
                    current.runs.values_mut().for_each(take_back);
                }
                Ok(())
            }
            Event::Started { .. } => self.started(),
            Event::Judged { env, pid, gate, attempt, verdict, detail, gates } => {
                let unbound =
                    self.refuse("the verdict belongs to another try, definition or is a second one");
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
            Event::Verified { env, pid, r, gates } => {
                let other = self.refuse(format!("{pid} is not of {r}"));
                let current = self.current(env, pid)?;
                if current.r != *r {
                    return Err(other);
                }
                (current.phase, current.since) = (Phase::Verified, at);
                let env = self.env(env)?;
                // Verified once more, it has not lost the time that it was live before.
                let soak = env.ok.get(r).map_or(Span::default(), |ok| ok.soak);
                env.ok.insert(r.clone(), Okay { gates: gates.clone(), soak });
                add_good(env, Good { r: r.clone(), gates: gates.clone(), at, baked: false });
                Ok(())
            }
            Event::Baked { env, pid, result } => {
                let current = self.current(env, pid)?;
                let r = current.r.clone();
                (current.phase, current.since) = (Phase::Settled, at);
                let good = self.env(env)?.good.iter().position(|g| g.r == r);
                if let (Some(i), BakeResult::Passed) = (good, result) {
                    let mut good = self.env(env)?.good.remove(i);
                    (good.baked, good.at) = (true, at);
                    add_good(self.env(env)?, good);
                }
                Ok(())
            }
            Event::Failed { env, pid, phase, gate } => {
                let failure = Failure { phase: *phase, gate: gate.clone(), at, held: false };
                let current = self.current(env, pid)?;
                let r = current.r.clone();
                (current.phase, current.since) = (Phase::Failed, at);
                current.failed = Some(failure);
                revoke(self.env(env)?, &r);
                Ok(())
            }
            Event::Revoked { env, r, .. } => {
                revoke(self.env(env)?, r);
                Ok(())
            }
            Event::Rejected { env, r, digests, .. } => {
                let n = self.recorded.n;
                let rejection = Rejection { digests: digests.clone(), r: r.clone(), at };
                let env = self.env(env)?;
                env.voids = n;
                if !digests.is_empty() {
                    env.rejected.push(rejection);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn started(&mut self) -> Result<(), FoldError> {
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
}

fn new_environment(config: &EnvironmentConfig) -> EnvironmentState {
    EnvironmentState {
        config: config.clone(),
        removed: false,
        hw: Rank::default(),
        at: None,
        committing: None,
        proposed: None,
        pin: None,
        good: Vec::new(),
        ok: Default::default(),
        tries: Default::default(),
        rejected: Vec::new(),
        voids: 0,
        forgotten: 0,
    }
}

/// Takes a verdict back, or gives a run up, without charge; its try stays used, since the next run must not be
/// found under the handle of this one.
fn take_back(run: &mut Run) {
    (run.verdict, run.detail) = (Some(Verdict::Error), None);
    (run.errors, run.inconclusive) = (0, 0);
}

/// Ends the time that the environment's release was live, and keeps it as soak if it is the longest.
fn end_live(env: &mut EnvironmentState, until: Time) {
    let Some(current) = env.at.as_mut() else { return };
    let Some(live) = current.live.take() else { return };
    if let Some(ok) = env.ok.get_mut(&current.r) {
        ok.soak = ok.soak.max(until.since(live.since)).min(MAX_SOAK);
    }
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
