//! The journal on a repository: read with as little as possible, checked as far as it can be, written as commits.

use std::rc::Rc;

use towpath_core::event::{Event, MAX_EVENTS_PER_COMMIT, Recorded};
use towpath_core::id::{Actor, CommitId, PipelineId, RefName, ReleaseId, RepoPath, TreeId};
use towpath_core::journal::message::MAX_MESSAGE_BYTES;
use towpath_core::journal::state::EnvironmentState;
use towpath_core::journal::{
    ArchiveLine, FoldError, Header, JournalMessage, State, archive, fold_all, genesis,
};
use towpath_core::museum::{Bug, planted};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Time;

use crate::error::EngineError;
use crate::ports::{CommitInfo, Edit, History, NewCommit, RefQuery, Repository, Signature, Since};

/// The largest `state.json` that is read.
const STATE_LIMIT: usize = 4 * 1024 * 1024;

/// A journal at one tip.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The tip.
    pub tip: CommitId,
    /// The fold there.
    pub state: Rc<State>,
}

/// What a journal ref turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// There is no such ref, and this host never saw one.
    Absent,
    /// There is no such ref any more.
    Gone,
    /// It goes on from what was seen before.
    Head(Head),
    /// It does not contain the tip that was seen before.
    Behind(Head),
}

/// Reads one pipeline's journal.
pub struct Journal<'a> {
    /// Where it is.
    pub repository: &'a dyn Repository,
    /// Its ref.
    pub name: &'a RefName,
    /// The pipeline.
    pub pipeline: &'a PipelineId,
}

/// A journal commit that is written but not pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The journal as it will be.
    pub head: Head,
    /// The events with their numbers.
    pub events: Vec<Recorded>,
}

impl<'a> Journal<'a> {
    /// The journal of a pipeline in its repository.
    pub fn of(repository: &'a dyn Repository, pipeline: &'a Pipeline) -> Self {
        Self { repository, name: &pipeline.repository.journal, pipeline: &pipeline.id }
    }
}

impl Journal<'_> {
    fn broken(&self, reason: impl Into<String>) -> EngineError {
        EngineError::Journal { journal: self.name.clone(), reason: reason.into() }
    }

    /// Reads the journal at `tip`. What was seen before is followed event by event; without it the tip is taken
    /// at its word (the branch's own commits are compared with it by the caller).
    pub fn read(&self, tip: Option<&CommitId>, seen: Option<&Head>) -> Result<Found, EngineError> {
        let Some(tip) = tip else {
            return Ok(if seen.is_some() { Found::Gone } else { Found::Absent });
        };
        if let Some(seen) = seen.filter(|seen| &seen.tip == tip) {
            return Ok(Found::Head(seen.clone()));
        }
        match seen {
            None => Ok(Found::Head(self.head_at(tip)?)),
            Some(seen) => self.follow(seen, tip),
        }
    }

    fn head_at(&self, tip: &CommitId) -> Result<Head, EngineError> {
        Ok(Head { tip: tip.clone(), state: Rc::new(self.state_at(tip)?) })
    }

    /// The bytes of a commit's `state.json`.
    fn carried(&self, tip: &CommitId) -> Result<Vec<u8>, EngineError> {
        let path = RepoPath::parse("state.json").map_err(|e| self.broken(e.to_string()))?;
        let bytes = self.repository.read(tip, &path, STATE_LIMIT)?;
        bytes.ok_or_else(|| self.broken(format!("commit {} has no state.json", tip.short())))
    }

    /// The state that the commit carries, checked against its own message.
    pub fn state_at(&self, tip: &CommitId) -> Result<State, EngineError> {
        let bytes = self.carried(tip)?;
        let commit = self.repository.history(tip, None, 1)?.commits.into_iter().next();
        let commit = commit.ok_or_else(|| self.broken(format!("commit {} is missing", tip.short())))?;
        let header = self.fitting(&commit)?.header;
        let state = State::parse(&bytes)
            .map_err(|reason| self.broken(format!("commit {}: {reason}", tip.short())))?;
        self.agree(&commit, &header, &state)?;
        Ok(state)
    }

    /// Whether a commit says of itself what its state says.
    fn agree(&self, commit: &CommitInfo, header: &Header, state: &State) -> Result<(), EngineError> {
        if let Some(other) = [&header.pipeline, &state.pipeline].into_iter().find(|id| *id != self.pipeline) {
            return Err(self.broken(format!("it is the journal of {other}, not of {}", self.pipeline)));
        }
        let agrees =
            header.last == state.n && header.owner == state.owner.id && header.epoch == state.owner.epoch;
        match agrees {
            true => Ok(()),
            false => Err(self.broken(format!("commit {} and its state.json disagree", commit.id.short()))),
        }
    }

    /// A commit's message, if its parents are as the specification says: one, or none at a beginning or a rotation.
    fn fitting(&self, commit: &CommitInfo) -> Result<JournalMessage, EngineError> {
        let message = self.message(commit)?;
        let begins = message.continues.is_some() || message.header.first == 1;
        let wrong = |what| Err(self.broken(format!("commit {} {what}", commit.id.short())));
        match (commit.parents.len(), begins) {
            (1, false) | (0, true) => Ok(message),
            (0, false) => wrong("has no parent, and neither begins the journal nor takes one up"),
            (1, true) => wrong("has a parent, and begins the journal or takes one up"),
            _ => wrong("has several parents"),
        }
    }

    fn message(&self, commit: &CommitInfo) -> Result<JournalMessage, EngineError> {
        JournalMessage::parse(&commit.message)
            .map_err(|e| self.broken(format!("commit {}: {e}", commit.id.short())))
    }

    /// Goes on from a tip that was seen before, event by event.
    fn follow(&self, seen: &Head, tip: &CommitId) -> Result<Found, EngineError> {
        let History { mut commits, complete } = self.repository.history(tip, Some(&seen.tip), usize::MAX)?;
        commits.reverse();
        let goes_on = commits.first().is_some_and(|first| first.parents.first() == Some(&seen.tip))
            || (!complete && planted(Bug::CutJournalIsWhole));
        let folded = goes_on.then(|| self.fold((*seen.state).clone(), &commits));
        match folded {
            // Nearly always the events make the very bytes, which then do not have to be understood.
            Some(Ok(state)) if state.to_bytes() == self.carried(tip)? => {
                Ok(Found::Head(Head { tip: tip.clone(), state: Rc::new(state) }))
            }
            folded => self.compare(seen, self.head_at(tip)?, folded, &commits),
        }
    }

    /// Compares what a commit carries with what events make of a tip that was seen before.
    fn compare(
        &self,
        seen: &Head,
        head: Head,
        folded: Option<Result<State, EngineError>>,
        commits: &[CommitInfo],
    ) -> Result<Found, EngineError> {
        // A person accepted the loss since: what was seen before is no measure any more.
        if head.state.salt.is_some() && head.state.salt != seen.state.salt {
            return Ok(Found::Head(head));
        }
        let state = match (folded, commits.split_first()) {
            (Some(state), _) => state?,
            (None, None) => return Ok(Found::Behind(head)),
            (None, Some((root, rest))) => match self.taken_up(seen, root, &head)? {
                Some(state) => self.fold(state, rest)?,
                None => return Ok(Found::Behind(head)),
            },
        };
        match state == *head.state {
            true => Ok(Found::Head(head)),
            false => Err(self.broken(format!(
                "state.json of {} is not what its events make of {}",
                head.tip.short(),
                seen.tip.short()
            ))),
        }
    }

    fn fold(&self, mut state: State, commits: &[CommitInfo]) -> Result<State, EngineError> {
        for commit in commits {
            let message = self.fitting(commit)?;
            fold_all(&mut state, &message.events).map_err(|e| self.broken(e.to_string()))?;
            self.agree(commit, &message.header, &state)?;
        }
        Ok(state)
    }

    /// The state of a parentless commit that takes up the journal of a host that remembers an older tip; `None` when
    /// it does not take that one up. A host that slept over the rotation may not get to see the old tip any more; then
    /// what it saw has to be in the fold.
    fn taken_up(&self, seen: &Head, root: &CommitInfo, head: &Head) -> Result<Option<State>, EngineError> {
        let continues = self.fitting(root)?.continues.filter(|_| head.state.ledger == seen.state.ledger);
        let Some(old) = continues else { return Ok(None) };
        let carried = self.state_at(&root.id)?;
        let before = match self.repository.contains(&old, &seen.tip) {
            Ok(true) => {
                let mut between = self.repository.history(&old, Some(&seen.tip), usize::MAX)?.commits;
                between.reverse();
                self.fold((*seen.state).clone(), &between)?
            }
            Ok(false) => return Ok(None),
            Err(crate::ports::RepositoryError::Crashed) => return Err(EngineError::Crashed),
            Err(_) if goes_on(&seen.state, &carried) => return Ok(Some(carried)),
            Err(_) => return Ok(None),
        };
        match before == carried {
            true => Ok(Some(carried)),
            false => Err(self.broken(format!("commit {} takes up another state", root.id.short()))),
        }
    }

    /// The event with this number, as far back as the host has the journal. Fetches all of it when it has to.
    pub fn event(&self, tip: &CommitId, n: u64) -> Result<Option<Recorded>, EngineError> {
        let mut tip = tip.clone();
        loop {
            let mut history = self.repository.history(&tip, None, usize::MAX)?;
            if !history.complete {
                self.repository.refresh(&[self.whole()])?;
                history = self.repository.history(&tip, None, usize::MAX)?;
            }
            let mut continues = None;
            for commit in &history.commits {
                let message = self.message(commit)?;
                if message.header.first <= n && message.continues.is_none() {
                    return Ok(message.events.into_iter().find(|event| event.n == n));
                }
                continues = message.continues;
            }
            // What was before a rotation is looked up as long as the host still has it.
            match continues {
                Some(old) if self.repository.contains(&old, &old).unwrap_or(false) => tip = old,
                _ => return Ok(None),
            }
        }
    }

    /// The query for the journal back to its beginning.
    pub fn whole(&self) -> RefQuery {
        RefQuery { name: self.name.clone(), since: Since::Beginning }
    }

    /// Folds the whole history from its root and compares each step with its `state.json`.
    pub fn verify(&self, tip: &CommitId) -> Result<Verified, EngineError> {
        let history = self.repository.history(tip, None, usize::MAX)?;
        let mut before: Option<(State, Archives)> = None;
        let mut report = Verified { commits: 0, events: 0, complete: history.complete };
        for commit in history.commits.iter().rev() {
            let message = self.fitting(commit)?;
            report.commits += 1;
            report.events += message.events.len();
            let carried = self.state_at(&commit.id)?;
            let older = before.as_ref().map(|(_, archives)| archives);
            let archives = self.archives(&commit.id, older, carried.archive.chunks)?;
            let (folded, lines) =
                self.step(before.as_ref().map(|(state, _)| state), &message.events, &carried)?;
            if folded != carried {
                return Err(self.broken(format!("state.json of {} is not the fold", commit.id.short())));
            }
            self.check_archives(commit, before.as_ref().map(|(_, archives)| archives), &archives, &lines)?;
            before = Some((folded, archives));
        }
        Ok(report)
    }

    /// The state after a commit's events, and what they archive. At a rotation's root, or at the edge of a shallow
    /// copy, nothing before it can be checked.
    fn step(
        &self,
        before: Option<&State>,
        events: &[Recorded],
        carried: &State,
    ) -> Result<(State, Vec<ArchiveLine>), EngineError> {
        let broken = |e: FoldError| self.broken(e.to_string());
        match (before, events.split_first()) {
            (None, Some((first, rest))) if first.n == 1 => {
                let mut state = genesis(self.pipeline, first).map_err(broken)?;
                let lines = fold_all(&mut state, rest).map_err(broken)?;
                Ok((state, lines))
            }
            (None, _) => Ok((carried.clone(), Vec::new())),
            (Some(before), _) => {
                let mut state = before.clone();
                let lines = fold_all(&mut state, events).map_err(broken)?;
                Ok((state, lines))
            }
        }
    }

    /// The archive of a commit; read again only where its folder is another one.
    fn archives(
        &self,
        commit: &CommitId,
        before: Option<&Archives>,
        chunks: u32,
    ) -> Result<Archives, EngineError> {
        let path = |text: &str| RepoPath::parse(text).map_err(|e| self.broken(e.to_string()));
        let tree = self.repository.tree(commit, &path("archive")?)?;
        if let Some(before) = before.filter(|before| before.tree == tree) {
            return Ok(before.clone());
        }
        let mut files = Vec::new();
        for chunk in 1..=chunks {
            let path = path(&archive::file_name(chunk))?;
            let bytes = self.repository.read(commit, &path, STATE_LIMIT)?;
            files.push(bytes.ok_or_else(|| self.broken(format!("commit {} lacks {path}", commit.short())))?);
        }
        Ok(Archives { tree, files })
    }

    /// An archive file is written once, with what left the state, and never changed.
    fn check_archives(
        &self,
        commit: &CommitInfo,
        before: Option<&Archives>,
        now: &Archives,
        lines: &[ArchiveLine],
    ) -> Result<(), EngineError> {
        let Some(before) = before else { return Ok(()) };
        let mut expected = before.files.clone();
        if !lines.is_empty() {
            expected.push(archive::to_bytes(lines));
        }
        // Another folder with the same files has something else in it.
        let same = now.files == expected && (lines.is_empty() == (now.tree == before.tree));
        match same {
            true => Ok(()),
            false => {
                Err(self.broken(format!("the archive of {} is not what left its state", commit.id.short())))
            }
        }
    }

    /// Writes the commit that adds events to `head`; not yet pushed.
    ///
    /// At most [`MAX_EVENTS_PER_COMMIT`] events are taken; what is left over is decided again afterwards.
    pub fn prepare(
        &self,
        head: Option<&Head>,
        events: Vec<(Actor, Event)>,
        now: Time,
        signature: &Signature,
    ) -> Result<Prepared, EngineError> {
        let start = head.map(|h| (h.state.n, h.state.at));
        let (n, at) = start.map_or((0, now), |(n, at)| (n, at.max(now)));
        let numbered = |(i, (by, event)): (u64, (Actor, Event))| Recorded { n: n + 1 + i, at, by, event };
        let events: Vec<Recorded> =
            (0..).zip(events.into_iter().take(MAX_EVENTS_PER_COMMIT)).map(numbered).collect();
        // What does not fit is the caller's new event, not the journal.
        let folding = |e: towpath_core::journal::FoldError| EngineError::Impossible(e.to_string());
        let (state, lines) = match (head, events.split_first()) {
            (Some(head), _) => {
                let mut state = (*head.state).clone();
                let lines = fold_all(&mut state, &events).map_err(folding)?;
                (state, lines)
            }
            (None, Some((first, rest))) => {
                let mut state = genesis(self.pipeline, first).map_err(folding)?;
                let lines = fold_all(&mut state, rest).map_err(folding)?;
                (state, lines)
            }
            (None, None) => return Err(self.broken("a journal cannot begin without an event")),
        };
        let subject = subject(&state, &events);
        let message = JournalMessage::of(&state, events.clone(), None).to_text(&subject);
        let bytes = state.to_bytes();
        let (weight, longest) = (bytes.len(), message.len());
        if weight > STATE_LIMIT || longest > MAX_MESSAGE_BYTES {
            return Err(EngineError::Impossible(format!(
                "the journal would have a state of {weight} bytes and a message of {longest}; nobody reads more than \
                 {STATE_LIMIT} and {MAX_MESSAGE_BYTES}"
            )));
        }
        let tip = self.repository.commit(&NewCommit {
            parent: head.map(|h| h.tip.clone()),
            tree_of: None,
            edits: self.files(&state, bytes, &lines)?,
            message,
            signature: signature.clone(),
            time: at,
        })?;
        Ok(Prepared { head: Head { tip, state: Rc::new(state) }, events })
    }

    fn files(&self, state: &State, bytes: Vec<u8>, lines: &[ArchiveLine]) -> Result<Vec<Edit>, EngineError> {
        let path = |text: &str| RepoPath::parse(text).map_err(|e| self.broken(e.to_string()));
        let mut files = vec![Edit { path: path("state.json")?, bytes }];
        if !lines.is_empty() {
            let name = archive::file_name(state.archive.chunks);
            files.push(Edit { path: path(&name)?, bytes: archive::to_bytes(lines) });
        }
        Ok(files)
    }

    /// Writes the parentless commit that takes a long journal up with the same fold; not yet pushed.
    pub fn rotate(&self, head: &Head, now: Time, signature: &Signature) -> Result<Head, EngineError> {
        let message = JournalMessage::of(&head.state, Vec::new(), Some(head.tip.clone()));
        let tip = self.repository.commit(&NewCommit {
            parent: None,
            tree_of: Some(head.tip.clone()),
            edits: Vec::new(),
            message: message.to_text(&format!("{}: rotate the journal", self.pipeline)),
            signature: signature.clone(),
            time: head.state.at.max(now),
        })?;
        Ok(Head { tip, state: head.state.clone() })
    }

    /// Looks a release up that left `state.json`.
    pub fn archived(
        &self,
        head: &Head,
        wanted: &towpath_core::id::ReleaseId,
    ) -> Result<Option<towpath_core::journal::state::Release>, EngineError> {
        for chunk in (1..=head.state.archive.chunks).rev() {
            let path = RepoPath::parse(&archive::file_name(chunk)).map_err(|e| self.broken(e.to_string()))?;
            let bytes = self.repository.read(&head.tip, &path, STATE_LIMIT)?;
            let bytes = bytes.ok_or_else(|| self.broken(format!("{path} is missing")))?;
            let lines = archive::parse(&bytes).map_err(|e| self.broken(format!("{path}: {e}")))?;
            for ArchiveLine::Release(release) in lines {
                if &release.r == wanted {
                    return Ok(Some(release));
                }
            }
        }
        Ok(None)
    }
}

/// A commit's archive: its folder, and its files in order.
#[derive(Clone)]
struct Archives {
    tree: Option<TreeId>,
    files: Vec<Vec<u8>>,
}

/// What a check of the whole history found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Commits that were read.
    pub commits: usize,
    /// Events that were folded.
    pub events: usize,
    /// Whether the walk reached a root.
    pub complete: bool,
}

/// Whether `later` can have come from `earlier`: nothing that only grows is less than it was.
fn goes_on(earlier: &State, later: &State) -> bool {
    let grown = later.n > earlier.n && later.at >= earlier.at && later.seq >= earlier.seq;
    let seen = earlier
        .seen
        .iter()
        .all(|(branch, old)| later.seen.get(branch).is_some_and(|new| new == old || new.n > earlier.n));
    let envs = earlier.envs.iter().all(|(key, old)| {
        let tried = |new: &EnvironmentState| {
            let tries = |r: &ReleaseId| new.tries.get(r).copied().unwrap_or(new.forgotten);
            new.hw >= old.hw && old.tries.iter().all(|(r, count)| tries(r) >= *count)
        };
        later.envs.get(key).is_some_and(tried)
    });
    grown && seen && envs && later.owner.epoch >= earlier.owner.epoch
}

/// The subject of a journal commit: what happened first, and how much more.
fn subject(state: &State, events: &[Recorded]) -> String {
    let Some(first) = events.first() else { return format!("{}: nothing new", state.pipeline) };
    let environment = first.event.environment().map_or_else(String::new, |e| format!(" {e}"));
    let more = match events.len() {
        0 | 1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    format!("{}: {}{environment}{more}", state.pipeline, first.event.name())
}
