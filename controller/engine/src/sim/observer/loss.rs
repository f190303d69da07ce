//! What a lost journal and a rewound branch leave of what the observer knows.

use std::collections::BTreeSet;

use towpath_core::event::{Event, Recorded};
use towpath_core::id::{CommitId, Name, Pid, ReleaseId};
use towpath_core::journal::{JournalMessage, State};

use super::{Observer, TakenOut, read_state};
use crate::memory::MemoryHost;
use crate::ports::CommitInfo;
use crate::sim::releases::{deployed, is_deployed};
use crate::sim::wiring::path_of;

impl Observer {
    /// Somebody moved the branch back; that is no move of ours.
    ///
    /// When that takes away every commit that knew more than an old journal, both refs are as they were at one
    /// time: a restored backup, which nobody can tell from that time, so what came after it is forgotten.
    pub(crate) fn rewound(&mut self, host: &MemoryHost, to: &CommitId) {
        self.foreign(to);
        let known = self.journal.as_ref().map_or(0, |(_, s)| s.n);
        self.lost &= self.claimed(host) > known;
        self.forget_what_left(host);
        self.forget_what_is_back(host);
    }

    /// What neither of the two refs knows never landed: nobody can tell any more that it did.
    fn forget_what_left(&mut self, host: &MemoryHost) {
        let log = |name| host.tip(name).map(|tip| host.log(&tip)).unwrap_or_default().into_iter();
        let there: BTreeSet<CommitId> =
            log(&self.pipeline.repository.branch).map(|commit| commit.id).collect();
        let journal = log(&self.pipeline.repository.journal);
        let events = journal.filter_map(|commit| Some(JournalMessage::parse(&commit.message).ok()?.events));
        let promoted = |recorded: Recorded| match recorded.event {
            Event::Promoted { pid, .. } => Some(pid),
            _ => None,
        };
        let known: BTreeSet<Pid> = events.flatten().filter_map(promoted).collect();
        self.pids.retain(|pid, commit| there.contains(commit) || known.contains(pid));
        self.given_up.retain(|pid, _| known.contains(pid));
        self.went_back.retain(|pid, _| known.contains(pid));
    }

    /// The journal disappeared, or an older one came back. What it does not know, nobody can know any more.
    pub(crate) fn journal_lost(&mut self, host: &MemoryHost) {
        self.journal = host
            .tip(&self.pipeline.repository.journal)
            .and_then(|tip| read_state(host, &tip).map(|state| (tip, state)));
        self.lost = self.claimed(host) > self.journal.as_ref().map_or(0, |(_, s)| s.n);
        self.forget_what_left(host);
        self.moves = host.moved();
        let state = self.journal.as_ref().map(|(_, state)| std::rc::Rc::clone(state));
        self.believe(host, state.as_deref());
    }

    fn believe(&mut self, host: &MemoryHost, state: Option<&State>) {
        let last = state.map_or(0, |state| state.n);
        for out in self.taken_out.values_mut() {
            out.told = out.told.filter(|n| *n <= last);
            out.known &= claimed_by(host, &out.brought).is_none_or(|n| n <= last);
        }
        self.forget_what_is_back(host);
        self.soaks.remember(last, |name, digests| {
            let env = state.and_then(|state| state.envs.get(name));
            let mut verified = env.iter().flat_map(|env| env.ok.keys()).filter_map(|r| state?.release(r));
            verified.any(|release| is_deployed(&release.images, digests))
        });
        self.account.believe(state);
        self.verified.clear();
        self.unheld.clear();
        self.failed.clear();
        self.given_up.clear();
        self.voids.clear();
        for (key, env) in state.iter().flat_map(|state| &state.envs) {
            self.verified.extend(env.ok.keys().map(|r| (key.clone(), r.clone())));
            let digests = env.rejected.iter().flat_map(|r| &r.digests);
            self.failed.extend(digests.map(|d| (key.clone(), d.clone())));
            self.voids.insert(key.clone(), env.voids);
        }
    }

    /// A person took a release out, and neither ref tells of it any more, whichever was lost first: the branch deploys it
    /// again, or neither has what had brought it, so that it was never there to be taken out. A host that remembers waits
    /// for a person; one that remembers nothing, or is told by a person to live with the loss, goes on.
    fn forget_what_is_back(&mut self, host: &MemoryHost) {
        let Some(state) = self.state(host) else { return };
        let tip = host.tip(&self.pipeline.repository.branch);
        let mut taken_out = std::mem::take(&mut self.taken_out);
        let untold = |(key, r): &(Name, ReleaseId), out: &TakenOut| {
            let is_back = |tip: &CommitId| deploys(host, tip, &state, (key, r));
            let never_came = |tip: &CommitId| {
                !out.known
                    && !host.contains(tip, &out.brought)
                    && !self.is_taken_out(host, tip, &state, (key, r))
            };
            out.told.is_none() && tip.as_ref().is_some_and(|tip| is_back(tip) || never_came(tip))
        };
        taken_out.retain(|here, out| !untold(here, out));
        self.taken_out = taken_out;
    }

    /// Whether a person's commit on the branch took a release out of an environment.
    fn is_taken_out(
        &self,
        host: &MemoryHost,
        tip: &CommitId,
        state: &State,
        here: (&Name, &ReleaseId),
    ) -> bool {
        let (foreign, landed) = (self.foreign.borrow(), self.pids.values().collect::<BTreeSet<_>>());
        // Who merges a pull request lets a promotion land.
        let is_strange = |c: &CommitInfo| foreign.contains(&c.id) && !landed.contains(&c.id);
        let strangers = host.log(tip).into_iter().filter(is_strange);
        let mut edges =
            strangers.flat_map(|c| c.parents.into_iter().map(move |parent| (parent, c.id.clone())));
        edges.any(|(old, new)| deploys(host, &old, state, here) && !deploys(host, &new, state, here))
    }

    /// The highest journal number that the branch's own commits name.
    fn claimed(&self, host: &MemoryHost) -> u64 {
        let Some(tip) = host.tip(&self.pipeline.repository.branch) else { return 0 };
        let ours = host.log(&tip).into_iter().filter(|c| self.journalled.contains_key(&c.id));
        ours.filter_map(|c| claimed_by(host, &c.id)).max().unwrap_or(0)
    }

    pub(crate) fn is_journal_lost(&self) -> bool {
        self.lost
    }

    /// A person looked, and says that the loss is to be lived with.
    pub(crate) fn confirmed(&mut self, host: &MemoryHost) {
        let before = self.journal.as_ref().and_then(|(_, s)| s.salt.clone());
        if let Some(state) = self.state(host).filter(|s| s.salt.is_some() && s.salt != before) {
            self.lost = false;
            // Commits of the journal before say nothing of this one's numbers; but what is on its way is so still, where
            // nothing was lost.
            let on_its_way: Vec<&CommitId> =
                state.envs.values().filter_map(|env| env.committing.as_ref()).map(|at| &at.commit).collect();
            self.journalled.retain(|commit, _| on_its_way.contains(&commit));
            self.believe(host, Some(&state));
        }
    }
}

/// Whether a commit of the branch deploys a release in an environment.
fn deploys(host: &MemoryHost, commit: &CommitId, state: &State, (key, r): (&Name, &ReleaseId)) -> bool {
    let file = path_of(key.as_str()).ok().and_then(|path| host.file(commit, &path));
    let there = file.map(|bytes| deployed(&String::from_utf8_lossy(&bytes))).unwrap_or_default();
    state.release(r).is_some_and(|release| is_deployed(&release.images, &there))
}

/// The journal number that a commit names.
fn claimed_by(host: &MemoryHost, commit: &CommitId) -> Option<u64> {
    towpath_core::journal::promotion::claim(&host.info(commit)?.message).map(|claim| claim.n)
}
