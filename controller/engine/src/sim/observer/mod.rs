//! The observer of a run: sees both refs, the verdicts that were given and what the cluster ran, and holds every
//! move of the branch against the rules (S1-S15 of the design's formal statements).
//!
//! - `account`, `soak`: what it knows from single events and from the cluster, never from the journal's fold; S11.
//! - `branch`: S2, S4, S11, S12, what happens to the branch itself.
//! - `entry`: S1, S9, S10, the gates before a commit.
//! - `order`: S3, S6, S15, which release comes next.
//! - `proof`: S7, S8, what is live and Verified.
//! - `back`: S5, rollbacks.
//! - `loss`: what a lost journal and a rewound branch leave of all that.
//! - `rest`: what has to be so when nothing moves any more (L1, L3, L4).
//!
//! S13 is looked for in whatever is written to git, and by the play in what hosts tell people; S14 is checked by the play,
//! which knows whose pass it was.

mod account;
mod back;
mod branch;
mod entry;
mod loss;
mod order;
mod proof;
mod rest;
mod soak;

use std::cell::RefCell;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};
use std::rc::Rc;

use towpath_core::event::{Event, Recorded};
use towpath_core::id::{ActId, CommitId, Digest, Name, Pid, PipelineId, ReleaseId, RepoPath};
use towpath_core::journal::state::{Current, Release};
use towpath_core::journal::{JournalMessage, State, fold_all};
use towpath_core::observation::Application;
use towpath_core::pipeline::{EntryGate, Environment, Pipeline};
use towpath_core::time::{Span, Time};
use towpath_core::world::{OtherEnvironment, WentBack};

use self::account::Account;
use self::soak::Soaks;
use super::cluster::Cluster;
use super::releases::Nature;
use super::wiring::{SECRET, Shutter};
use crate::memory::{MemoryHost, MemoryMetrics, MemoryQa};

pub(crate) use self::rest::{Ending, Told};

type Foreign = Rc<RefCell<BTreeSet<CommitId>>>;
type Checked = Result<(), String>;

/// What the observer knows, all of it by its own account.
pub(crate) struct Observer {
    pipeline: Rc<Pipeline>,
    natures: BTreeMap<Digest, Nature>,
    /// Commits by which people moved the branch.
    foreign: Foreign,
    moves: usize,
    journal: Option<(CommitId, Rc<State>)>,
    /// The state that was read last, by its commit: what was read before an event is read again after it.
    read: RefCell<Option<(CommitId, Rc<State>)>>,
    /// Promotion commits that the journal knows, before or with their landing.
    journalled: BTreeMap<CommitId, Pid>,
    /// Promotions that landed.
    pids: BTreeMap<Pid, CommitId>,
    lost: bool,
    account: Account,
    soaks: Soaks,
    /// How far the clock of a host was ahead, at most.
    ahead: Span,
    /// The passes of hosts with such a clock: when they began, and what their clock said at their end. Nothing in git tells a
    /// true time, so that what they recorded of a time before that may be wrong by as much.
    leads: Vec<(Time, Time)>,
    /// Releases that are Verified in an environment.
    verified: BTreeSet<(Name, ReleaseId)>,
    /// Releases that people took out of an environment, until they are Verified there again.
    taken_out: BTreeMap<(Name, ReleaseId), TakenOut>,
    /// Digests that failed in an environment, until cleared.
    failed: BTreeSet<(Name, Digest)>,
    /// The event of the last failure of an environment: approvals before it are void.
    voids: BTreeMap<Name, u64>,
    /// Gates that people passed by.
    overridden: BTreeMap<Pid, BTreeSet<EntryGate>>,
    /// What stands outside of the pipeline, as of the last pass.
    outside: Outside,
    /// The same as of the passes whose pushes have not arrived yet, by the commits that these bring.
    sent: BTreeMap<CommitId, Outside>,
    windows: BTreeMap<Name, Shutter>,
    /// What went back by itself, or is on its way there.
    went_back: BTreeMap<Pid, WentBack>,
    /// Images that were taken away from the registry, and when.
    pub(crate) gone: BTreeMap<Digest, Time>,
    /// Environments in which a rollback failed and which, until that is held.
    unheld: BTreeMap<Name, Pid>,
    /// Holds against which a push landed that was on its way when they came.
    landed_against: BTreeSet<ActId>,
    /// Promotions that were given up, and whether too soon, by a host whose clock was ahead.
    given_up: BTreeMap<Pid, bool>,
    /// Hashes of the shapes that the state had.
    pub(crate) shapes: BTreeSet<u64>,
    pub(crate) promotions: u64,
    pub(crate) rollbacks: u64,
    pub(crate) in_production: u64,
}

/// What tells that a person took a release out.
struct TakenOut {
    /// The event that says so, as long as the journal has it.
    told: Option<u64>,
    /// The commit that had brought it.
    brought: CommitId,
    /// Whether the journal still has that.
    known: bool,
}

/// What stands outside of the pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Outside {
    /// The wiring that hosts worked with.
    pub(crate) pipeline: Rc<Pipeline>,
    /// What other pipelines have.
    pub(crate) others: BTreeMap<(PipelineId, Name), OtherEnvironment>,
    /// Whether the expression is true; nothing when it cannot be evaluated.
    pub(crate) expression: Option<bool>,
    /// When the system outside that is asked said yes last.
    pub(crate) said_yes: Option<Time>,
    /// The clock of the host that passed last.
    pub(crate) clock: Time,
    /// The true time at which that pass began.
    pub(crate) now: Time,
    /// How far that clock was ahead of it.
    pub(crate) ahead: Span,
    /// Old readings of what is live that the host was given.
    pub(crate) old: Vec<Application>,
    /// What there was to read of metrics, whether their provider answered or not.
    pub(crate) metrics: MemoryMetrics,
    /// Whether the provider of metrics did not answer.
    pub(crate) unread: bool,
    /// Whether the host had no more than the newest part of the journal's history.
    pub(crate) cut: bool,
}

/// What one event is looked at with.
struct Scene<'a> {
    host: &'a MemoryHost,
    cluster: &'a Cluster,
    qa: &'a MemoryQa,
    /// The event's commit.
    commit: &'a CommitId,
    /// The state before that.
    before: Option<&'a State>,
    /// The state after it.
    after: &'a State,
    /// The branch's tip as of the event; it may have moved since.
    branch: Option<&'a CommitId>,
    now: Time,
}

impl Observer {
    pub(crate) fn new(
        pipeline: Rc<Pipeline>,
        natures: BTreeMap<Digest, Nature>,
        windows: BTreeMap<Name, Shutter>,
    ) -> Self {
        let clock = Time::from_unix(0);
        Self {
            outside: Outside {
                pipeline: Rc::clone(&pipeline),
                others: BTreeMap::new(),
                expression: None,
                said_yes: None,
                clock,
                now: clock,
                ahead: Span::default(),
                old: Vec::new(),
                metrics: MemoryMetrics::new(),
                unread: false,
                cut: false,
            },
            went_back: BTreeMap::new(),
            gone: BTreeMap::new(),
            landed_against: BTreeSet::new(),
            given_up: BTreeMap::new(),
            unheld: BTreeMap::new(),
            sent: BTreeMap::new(),
            windows,
            pipeline,
            natures,
            foreign: Foreign::default(),
            moves: 0,
            journal: None,
            read: RefCell::default(),
            journalled: BTreeMap::new(),
            pids: BTreeMap::new(),
            lost: false,
            account: Account::default(),
            soaks: Soaks::default(),
            ahead: Span::default(),
            leads: Vec::new(),
            verified: BTreeSet::new(),
            taken_out: BTreeMap::new(),
            failed: BTreeSet::new(),
            voids: BTreeMap::new(),
            overridden: BTreeMap::new(),
            shapes: BTreeSet::new(),
            promotions: 0,
            rollbacks: 0,
            in_production: 0,
        }
    }

    /// Hears what stood outside in the last pass, what its host's clock said, and what has not arrived by now: whenever
    /// it does, it was decided by what there was then.
    pub(crate) fn was_outside(&mut self, outside: Outside, on_their_way: &[CommitId]) {
        for commit in on_their_way {
            self.sent.entry(commit.clone()).or_insert_with(|| outside.clone());
        }
        if outside.ahead > Span::default() {
            self.leads.push((outside.now, outside.clock));
        }
        self.outside = outside;
    }

    /// Whether a host passed with a clock that was ahead, and this time is among those that it may have said wrongly.
    fn has_lead_within(&self, from: Time, to: Time) -> bool {
        self.leads.iter().any(|(now, clock)| *clock >= from && *now <= to)
    }

    /// How far the clocks were ahead, at most, that said a time since then.
    fn lead_since(&self, from: Option<Time>) -> Span {
        let since = self.leads.iter().filter(|(_, clock)| from.is_none_or(|from| *clock >= from));
        since.map(|(now, clock)| clock.since(*now)).max().unwrap_or_default()
    }

    /// An administrator changed the wiring.
    pub(crate) fn rewired(&mut self, pipeline: Rc<Pipeline>) {
        self.pipeline = pipeline;
    }

    pub(crate) fn foreign(&mut self, commit: &CommitId) {
        self.foreign.borrow_mut().insert(commit.clone());
    }

    pub(crate) fn foreign_commits(&self) -> Foreign {
        Rc::clone(&self.foreign)
    }

    pub(crate) fn state(&self, host: &MemoryHost) -> Option<Rc<State>> {
        let tip = host.tip(&self.pipeline.repository.journal)?;
        match &self.journal {
            Some((known, state)) if *known == tip => Some(Rc::clone(state)),
            _ => self.read(host, &tip),
        }
    }

    fn read(&self, host: &MemoryHost, tip: &CommitId) -> Option<Rc<State>> {
        let known = self.read.borrow().clone();
        if let Some((_, state)) = known.filter(|(known, _)| known == tip) {
            return Some(state);
        }
        let state = self.folded(host, tip).or_else(|| read_state(host, tip))?;
        self.read.replace(Some((tip.clone(), Rc::clone(&state))));
        Some(state)
    }

    /// What the events of a commit make of the state before it, where that is what the commit carries: to compare the
    /// bytes takes less than to read them.
    fn folded(&self, host: &MemoryHost, tip: &CommitId) -> Option<Rc<State>> {
        let info = host.info(tip)?;
        let last = self.read.borrow().clone();
        let mut known = self.journal.iter().chain(&last);
        let (_, before) = known.find(|(commit, _)| info.parents.first() == Some(commit))?;
        let mut state = State::clone(before);
        fold_all(&mut state, &JournalMessage::parse(&info.message).ok()?.events).ok()?;
        (state.to_bytes() == host.file(tip, &RepoPath::parse("state.json").ok()?)?).then(|| Rc::new(state))
    }

    /// Holds everything that moved since the last time against the rules.
    pub(crate) fn check(
        &mut self,
        host: &MemoryHost,
        cluster: &Cluster,
        qa: &MemoryQa,
        now: Time,
    ) -> Checked {
        self.ahead = self.ahead.max(self.outside.clock.since(now));
        self.soaks.look(self.pipeline.environments.iter().map(|e| &e.name), cluster, now);
        let moves = host.moves_after(self.moves);
        self.moves = host.moved();
        let tip = host.tip(&self.pipeline.repository.branch);
        for (_, old, new) in &moves {
            new.as_ref().map_or(Ok(()), |new| self.tells_no_secret(host, old.as_ref(), new))?;
        }
        for (i, (name, old, new)) in moves.iter().enumerate() {
            let Some(new) = new else { continue };
            if *name == self.pipeline.repository.branch && !self.foreign.borrow().contains(new) {
                self.branch_moved(host, old.as_ref(), new, now)?;
            }
            if *name == self.pipeline.repository.journal {
                let last = self.sent.remove(new).map(|then| std::mem::replace(&mut self.outside, then));
                let mut later = moves.iter().skip(i + 1);
                let moved = later.find(|(name, ..)| *name == self.pipeline.repository.branch);
                let branch = moved.map_or(tip.as_ref(), |(_, old, _)| old.as_ref());
                self.journal_moved(host, cluster, qa, (new, branch), now)?;
                self.outside = last.unwrap_or_else(|| self.outside.clone());
            }
        }
        Ok(())
    }

    /// S13: no commit that a ref moved over, and that is not a person's, has what the repository is reached with: neither in
    /// its message nor in any file.
    fn tells_no_secret(&self, host: &MemoryHost, old: Option<&CommitId>, new: &CommitId) -> Checked {
        let mut at = Some(new.clone());
        while let Some(commit) = at.filter(|at| Some(at) != old && !self.foreign.borrow().contains(at)) {
            let Some(info) = host.info(&commit) else { break };
            let files = host.all_files(&commit);
            let mut files = files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes));
            if info.message.contains(SECRET) || files.any(|text| text.contains(SECRET)) {
                return Err(format!("S13: {commit} tells a secret"));
            }
            // What has no old tip is new from its own commit on.
            at = info.parents.first().filter(|_| old.is_some()).cloned();
        }
        Ok(())
    }

    fn journal_moved(
        &mut self,
        host: &MemoryHost,
        cluster: &Cluster,
        qa: &MemoryQa,
        (tip, branch): (&CommitId, Option<&CommitId>),
        now: Time,
    ) -> Checked {
        let state = self.read(host, tip).ok_or("S11: a journal commit has no state.json")?;
        let info = host.info(tip).ok_or("S11: a journal commit is missing")?;
        let message = JournalMessage::parse(&info.message).map_err(|e| format!("S11: {e}"))?;
        let before = self.journal.take().map(|(_, state)| state);
        let before = before.as_deref();
        let scene = Scene { host, cluster, qa, commit: tip, before, after: &state, branch, now };
        for recorded in &message.events {
            self.event(&scene, recorded)?;
        }
        self.shapes.insert(shape(&state));
        self.journal = Some((tip.clone(), state));
        Ok(())
    }

    fn event(&mut self, scene: &Scene<'_>, recorded: &Recorded) -> Checked {
        // A host whose clock is ahead takes the journal along, and what it pushed may come late.
        let ahead = self.outside.clock.max(scene.now.plus(self.ahead));
        let latest = scene.before.map_or(ahead, |state| state.at.max(ahead));
        if recorded.at > latest.plus(Span::seconds(1)) {
            return Err("S11: an event is from the future".to_owned());
        }
        let news = !self.account.is_believed(recorded.n);
        if news {
            self.account.attributed(recorded)?;
        }
        self.look_at(scene, recorded)?;
        if news {
            let rank = |r: &ReleaseId| scene.after.release(r).map(Release::rank).unwrap_or_default();
            self.account.hear(recorded, rank);
        }
        Ok(())
    }

    fn look_at(&mut self, scene: &Scene<'_>, recorded: &Recorded) -> Checked {
        match &recorded.event {
            Event::Promoted { .. } => self.promoted(scene, &recorded.event, recorded.at),
            Event::Proposed { env, r, pid, .. } => self.proposed(scene, (env, r, pid), recorded.at),
            Event::Undone { pid, why } => self.undone(scene, pid, *why, recorded.at),
            Event::Overridden { pid, gate, .. } => self.passed_by(pid, gate.as_str()),
            Event::Live { env, pid, .. } => self.live(scene, env, pid, recorded.at),
            Event::Started { env, gate, gates, .. } => self.started(env, gate, gates),
            Event::Judged { env, pid, gate, gates, attempt, verdict, .. } => {
                self.judged(scene, (env, pid, gate), (*attempt, gates), (*verdict, recorded.at))
            }
            Event::Verified { env, pid, r, gates, .. } => self.verified(scene, env, pid, r, gates),
            Event::Baked { env, result, .. } => self.baked(scene, env, *result),
            Event::Failed { env, pid, gate, .. } => {
                self.has_failed(scene, (env, pid, gate.as_ref()), recorded.at)
            }
            Event::Held { select, .. } => {
                self.unheld.retain(|env, _| !select.environments.contains(env));
                Ok(())
            }
            Event::Revoked { env, r, .. } => {
                self.forget_soak(scene, env, r);
                self.verified.remove(&(env.clone(), r.clone()));
                Ok(())
            }
            Event::Rejected { env, digests, .. } => {
                self.failed.extend(digests.iter().map(|d| (env.clone(), d.clone())));
                self.voids.insert(env.clone(), recorded.n);
                Ok(())
            }
            Event::Cleared { env, digests, .. } => {
                self.failed.retain(|(e, d)| e != env || !digests.contains(d));
                Ok(())
            }
            Event::Pinned { env, .. } => {
                let out = scene.before.and_then(|s| s.envs.get(env)).and_then(|e| e.at.as_ref());
                let taken_out = |at: &Current| TakenOut {
                    told: Some(recorded.n),
                    brought: at.commit.clone(),
                    known: true,
                };
                self.taken_out.extend(out.map(|at| ((env.clone(), at.r.clone()), taken_out(at))));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn forget_soak(&mut self, scene: &Scene<'_>, env: &Name, r: &ReleaseId) {
        if let Some(release) = scene.after.release(r) {
            self.soaks.forget(env, &release.images, scene.after.n);
        }
    }

    /// An environment as it is in the wiring that the host had whose push this is: a push may arrive after that changed.
    fn environment(&self, key: &Name) -> Result<&Environment, String> {
        self.outside.pipeline.environment(key).ok_or_else(|| format!("S1: {key} is unknown to the wiring"))
    }
}

fn read_state(host: &MemoryHost, tip: &CommitId) -> Option<Rc<State>> {
    State::parse(&host.file(tip, &RepoPath::parse("state.json").ok()?)?).ok().map(Rc::new)
}

/// What kind of state it is, without ids and times: by it distinct states are counted.
fn shape(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    let rank = |r: &ReleaseId| {
        let wanted = state.release(r).map(Release::rank);
        state.releases.iter().filter(|other| Some(other.rank()) > wanted).count().min(4)
    };
    for env in state.envs.values() {
        let at = env.at.as_ref();
        (at.map(|at| at.phase as u8), at.map(|at| at.cause), at.map(|at| rank(&at.r))).hash(&mut hasher);
        (at.map(|at| at.live.is_some()), env.pin.is_some(), env.committing.is_some()).hash(&mut hasher);
        (env.proposed.is_some(), env.ok.len().min(4), env.rejected.len().min(4)).hash(&mut hasher);
        (env.good.len().min(4), env.churn.min(4)).hash(&mut hasher);
        let runs = at.iter().flat_map(|at| at.runs.values());
        runs.map(|run| (run.verdict, run.attempt.min(4))).collect::<Vec<_>>().hash(&mut hasher);
    }
    (state.holds.len().min(3), state.approvals.len().min(3), state.salt.is_some()).hash(&mut hasher);
    state.requests.iter().map(|q| q.kind).collect::<Vec<_>>().hash(&mut hasher);
    hasher.finish()
}
