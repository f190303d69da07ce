//! A git host in memory: commits as maps of files, refs that move by compare-and-swap.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::rc::Rc;

use towpath_core::id::{CommitId, RefName, RepoPath, TreeId};
use towpath_core::time::Time;

use super::faults::{Fault, Faults};
use super::tree::{EntryKind, Tree, hash};
use crate::Round;
use crate::ports::{
    CommitInfo, Heads, History, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository,
    RepositoryError, Signature, Since,
};

struct Stored {
    /// Its parents, by number: always lower than its own.
    parents: Vec<usize>,
    info: CommitInfo,
    tree: Rc<Tree>,
    /// Clients that wrote it. Until it is pushed, nobody else has it.
    writers: BTreeSet<u64>,
    pushed: bool,
    /// How many moves of refs there were when it was written last.
    written: usize,
}

#[derive(Default)]
struct Contents {
    /// Commits by number: parents before children.
    commits: Vec<Stored>,
    /// The number of each commit; only looked up, never walked.
    numbers: HashMap<CommitId, usize>,
    refs: BTreeMap<RefName, CommitId>,
    pushes: u64,
    advertisements: u64,
    fetches: u64,
    clients: u64,
    guarded: BTreeSet<RefName>,
    landed: Vec<(RefName, Option<CommitId>, Option<CommitId>)>,
    /// Pushes that are still on their way.
    late: Vec<(Vec<RefUpdate>, PushMode)>,
}

/// A git host in memory; clones are the same host.
#[derive(Clone, Default)]
pub struct MemoryHost(Rc<RefCell<Contents>>);

/// One client's view of a [`MemoryHost`], with that client's faults.
#[derive(Clone)]
pub struct MemoryRepository {
    host: MemoryHost,
    id: u64,
    faults: Faults,
    atomic: bool,
    depth: Depth,
    round: Rc<Round>,
    /// The tips that it fetched.
    fetched: Rc<RefCell<BTreeSet<CommitId>>>,
}

/// History that was fetched: from a tip back to a commit, or to the beginning.
type Stretch = (CommitId, Option<CommitId>);

/// How much of the host a client has.
#[derive(Clone)]
enum Depth {
    /// Everything that was pushed.
    Full,
    /// The tips, and the history that it asked for: back to a commit, or to the beginning.
    Shallow(Rc<RefCell<BTreeSet<Stretch>>>),
}

fn mirror(reason: impl Into<String>) -> RepositoryError {
    RepositoryError::Mirror { reason: reason.into() }
}

impl MemoryHost {
    /// An empty host.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the host refuse pushes to a ref, or take them again.
    pub fn guard(&self, name: &RefName, guarded: bool) {
        let mut contents = self.0.borrow_mut();
        match guarded {
            true => drop(contents.guarded.insert(name.clone())),
            false => drop(contents.guarded.remove(name)),
        }
    }

    /// A client of this host. `atomic` says whether the host moves several refs at once.
    pub fn client(&self, faults: &Faults, atomic: bool) -> MemoryRepository {
        let id = {
            let mut contents = self.0.borrow_mut();
            contents.clients += 1;
            contents.clients
        };
        MemoryRepository {
            host: self.clone(),
            id,
            faults: faults.clone(),
            atomic,
            depth: Depth::Full,
            round: Rc::default(),
            fetched: Rc::default(),
        }
    }

    /// The tip of a ref.
    pub fn tip(&self, name: &RefName) -> Option<CommitId> {
        self.0.borrow().refs.get(name).cloned()
    }

    /// The tip that a ref had when a commit was written last, which may have been pushed later.
    pub fn tip_when_written(&self, name: &RefName, commit: &CommitId) -> Option<CommitId> {
        let contents = self.0.borrow();
        let before = contents.landed.get(..contents.get(commit)?.written)?;
        before.iter().rfind(|(moved, ..)| moved == name).and_then(|(.., new)| new.clone())
    }

    /// Moves a ref without asking, as somebody with all rights can.
    pub fn force(&self, name: &RefName, to: Option<CommitId>) {
        let mut contents = self.0.borrow_mut();
        let old = contents.refs.get(name).cloned();
        contents.point(name, to.as_ref());
        contents.landed.push((name.clone(), old, to));
    }

    /// Commits to a ref as somebody else would; `None` as bytes takes a file away.
    pub fn commit_foreign(
        &self,
        name: &RefName,
        edits: &[(RepoPath, Option<Vec<u8>>)],
        message: &str,
        time: Time,
    ) -> Result<CommitId, RepositoryError> {
        let mut tree = self.tree_at_tip(name)?;
        for (path, bytes) in edits {
            match bytes {
                Some(bytes) => tree.set(path, EntryKind::File, bytes),
                None => tree.remove(path),
            }
        }
        Ok(self.land(name, tree, message, time))
    }

    /// Commits entries of any kind to a ref as somebody else would.
    pub fn commit_entries(
        &self,
        name: &RefName,
        entries: &[(RepoPath, EntryKind, Vec<u8>)],
        message: &str,
        time: Time,
    ) -> Result<CommitId, RepositoryError> {
        let mut tree = self.tree_at_tip(name)?;
        entries.iter().for_each(|(path, kind, bytes)| tree.set(path, *kind, bytes));
        Ok(self.land(name, tree, message, time))
    }

    fn tree_at_tip(&self, name: &RefName) -> Result<Tree, RepositoryError> {
        self.tip(name).map_or_else(|| Ok(Tree::default()), |tip| Ok((*self.tree(&tip)?).clone()))
    }

    fn land(&self, name: &RefName, tree: Tree, message: &str, time: Time) -> CommitId {
        let id = self.store(self.tip(name).into_iter().collect(), tree, message, time);
        self.force(name, Some(id.clone()));
        id
    }

    /// Lets pushes arrive that were on their way. Answers how many there were.
    pub fn arrive(&self) -> usize {
        let late = std::mem::take(&mut self.0.borrow_mut().late);
        for (updates, mode) in &late {
            self.apply(updates, *mode);
        }
        late.len()
    }

    /// What pushes that are on their way would let refs point to.
    pub fn on_their_way(&self) -> Vec<CommitId> {
        let contents = self.0.borrow();
        contents
            .late
            .iter()
            .flat_map(|(updates, _)| updates)
            .filter_map(|update| update.new.clone())
            .collect()
    }

    /// How many pushes reached the host.
    pub fn pushes(&self) -> u64 {
        self.0.borrow().pushes
    }

    /// How often somebody read its refs.
    pub fn advertisements(&self) -> u64 {
        self.0.borrow().advertisements
    }

    /// How often somebody had to read more than its refs, for the sake of a tip that it did not have.
    pub fn fetches(&self) -> u64 {
        self.0.borrow().fetches
    }

    /// Every move of a ref so far: name, old, new.
    pub fn moves(&self) -> Vec<(RefName, Option<CommitId>, Option<CommitId>)> {
        self.0.borrow().landed.clone()
    }

    /// The file at a commit.
    pub fn file(&self, commit: &CommitId, path: &RepoPath) -> Option<Vec<u8>> {
        self.tree(commit).ok()?.get(path).map(|entry| entry.bytes.to_vec())
    }

    /// What the entry at a path of a commit is.
    pub fn kind(&self, commit: &CommitId, path: &RepoPath) -> Option<EntryKind> {
        self.tree(commit).ok()?.get(path).map(|entry| entry.kind)
    }

    /// All files of a commit.
    pub fn all_files(&self, commit: &CommitId) -> Vec<(RepoPath, Vec<u8>)> {
        let tree = self.tree(commit).unwrap_or_default();
        tree.entries().map(|(path, entry)| (path.clone(), entry.bytes.to_vec())).collect()
    }

    /// How many moves of refs there were so far.
    pub fn moved(&self) -> usize {
        self.0.borrow().landed.len()
    }

    /// The moves of refs after the first `known` ones.
    pub fn moves_after(&self, known: usize) -> Vec<(RefName, Option<CommitId>, Option<CommitId>)> {
        self.0.borrow().landed.iter().skip(known).cloned().collect()
    }

    /// One commit.
    pub fn info(&self, commit: &CommitId) -> Option<CommitInfo> {
        self.0.borrow().get(commit).map(|stored| stored.info.clone())
    }

    /// Everything that is reachable from a commit, newest first.
    pub fn log(&self, tip: &CommitId) -> Vec<CommitInfo> {
        self.log_to(tip, usize::MAX)
    }

    /// The newest of what is reachable from a commit.
    pub fn log_to(&self, tip: &CommitId, limit: usize) -> Vec<CommitInfo> {
        self.0.borrow().newest(tip, None, limit).into_iter().cloned().collect()
    }

    /// Whether `commit` is reachable from `tip`.
    pub fn contains(&self, tip: &CommitId, commit: &CommitId) -> bool {
        self.0.borrow().contains(tip, commit)
    }

    fn apply(&self, updates: &[RefUpdate], mode: PushMode) -> Vec<PushOutcome> {
        let mut contents = self.0.borrow_mut();
        contents.pushes += 1;
        let outcomes = MemoryRepository::outcomes(&contents, updates, mode, &contents.guarded);
        for (update, _) in updates.iter().zip(&outcomes).filter(|(_, o)| **o == PushOutcome::Accepted) {
            if contents.refs.get(&update.name) != update.new.as_ref() {
                contents.point(&update.name, update.new.as_ref());
                contents.landed.push((update.name.clone(), update.old.clone(), update.new.clone()));
            }
        }
        outcomes
    }

    fn tree(&self, commit: &CommitId) -> Result<Rc<Tree>, RepositoryError> {
        let contents = self.0.borrow();
        contents.get(commit).map(|s| Rc::clone(&s.tree)).ok_or_else(|| missing(commit))
    }

    fn store(&self, parents: Vec<CommitId>, tree: Tree, message: &str, time: Time) -> CommitId {
        let parent_text: String = parents.iter().map(CommitId::as_str).collect();
        let (tree_id, seconds) = (tree.hash(), time.to_string());
        let parts = [parent_text.as_bytes(), tree_id.as_bytes(), message.as_bytes(), seconds.as_bytes()];
        // A hash in hexadecimal always parses.
        let Ok(id) = CommitId::parse(&hash(&parts)) else { return self.store(parents, tree, message, time) };
        let mut contents = self.0.borrow_mut();
        if !contents.numbers.contains_key(&id) {
            let info = CommitInfo { id: id.clone(), parents, message: message.to_owned(), time };
            contents.add(info, tree);
        }
        let moves = contents.landed.len();
        if let Some(stored) = contents.get_mut(&id) {
            stored.written = moves;
        }
        id
    }
}

impl Contents {
    fn get(&self, id: &CommitId) -> Option<&Stored> {
        self.commits.get(*self.numbers.get(id)?)
    }

    fn get_mut(&mut self, id: &CommitId) -> Option<&mut Stored> {
        self.commits.get_mut(*self.numbers.get(id)?)
    }

    fn add(&mut self, info: CommitInfo, tree: Tree) {
        let parents = info.parents.iter().filter_map(|id| self.numbers.get(id).copied()).collect();
        self.numbers.insert(info.id.clone(), self.commits.len());
        let writers = BTreeSet::new();
        self.commits.push(Stored { parents, info, tree: Rc::new(tree), writers, pushed: false, written: 0 });
    }

    /// Moves a ref; what it contains is there for everybody from then on.
    fn point(&mut self, name: &RefName, to: Option<&CommitId>) {
        let Some(to) = to else { return drop(self.refs.remove(name)) };
        self.refs.insert(name.clone(), to.clone());
        let mut open = Vec::from_iter(self.numbers.get(to).copied());
        while let Some(number) = open.pop() {
            if let Some(stored) = self.commits.get_mut(number).filter(|stored| !stored.pushed) {
                stored.pushed = true;
                open.extend(stored.parents.iter().copied());
            }
        }
    }

    /// Whether `commit` is reachable from `tip`: looks no further back than `commit`.
    fn contains(&self, tip: &CommitId, commit: &CommitId) -> bool {
        let (Some(tip), Some(wanted)) = (self.numbers.get(tip), self.numbers.get(commit)) else {
            return false;
        };
        let mut open = BinaryHeap::from([*tip]);
        while let Some(number) = open.pop().filter(|number| number >= wanted) {
            if number == *wanted {
                return true;
            }
            open.extend(self.commits.get(number).iter().flat_map(|s| s.parents.iter().copied()));
        }
        false
    }

    /// The newest that is reachable from `tip` and not from `until`, as far as `limit`.
    fn newest(&self, tip: &CommitId, until: Option<&CommitId>, limit: usize) -> Vec<&CommitInfo> {
        let until = until.and_then(|id| self.numbers.get(id)).map(|number| (*number, true));
        let tip = self.numbers.get(tip).map(|number| (*number, false));
        // Children come before parents, so when a commit's turn comes, everything that leads to it was seen.
        let mut open = BinaryHeap::from_iter(tip.into_iter().chain(until));
        let (mut wanted, mut found) = (usize::from(tip.is_some()), Vec::new());
        while let Some((number, excluded)) = open.pop().filter(|_| wanted > 0 && found.len() < limit) {
            wanted -= usize::from(!excluded);
            // The same commit again; what excludes it comes first.
            while let Some((_, again)) = open.peek().copied().filter(|(other, _)| *other == number) {
                wanted -= usize::from(!again);
                open.pop();
            }
            let Some(stored) = self.commits.get(number) else { continue };
            wanted += if excluded { 0 } else { stored.parents.len() };
            open.extend(stored.parents.iter().map(|parent| (*parent, excluded)));
            found.extend((!excluded).then_some(&stored.info));
        }
        found
    }
}

fn missing(commit: &CommitId) -> RepositoryError {
    mirror(format!("commit {commit} is missing"))
}

impl MemoryRepository {
    /// The host behind this client.
    pub fn host(&self) -> &MemoryHost {
        &self.host
    }

    /// The same client with a shallow copy, as on a machine that was just started.
    pub fn shallow(self) -> Self {
        Self { depth: Depth::Shallow(Rc::default()), ..self }
    }

    /// Whether the history from here back to there, or to the beginning, is in this copy.
    fn has_history(&self, tip: &CommitId, until: Option<&CommitId>) -> bool {
        let Depth::Shallow(fetched) = &self.depth else { return true };
        let fetched = fetched.borrow();
        let back =
            |(from, to): &(CommitId, Option<CommitId>)| from == tip && (to.is_none() || to.as_ref() == until);
        fetched.iter().any(back)
    }

    fn deepen(&self, queries: &[RefQuery]) {
        let Depth::Shallow(fetched) = &self.depth else { return };
        for query in queries {
            let Some(tip) = self.host.tip(&query.name) else { continue };
            let until = match &query.since {
                Since::Tip => continue,
                Since::Commit(until) => Some(until.clone()).filter(|until| self.host.contains(&tip, until)),
                Since::Beginning => None,
            };
            fetched.borrow_mut().insert((tip, until));
        }
    }

    /// Refuses a commit that this client cannot have: somebody else wrote it and did not push it.
    fn known(&self, commit: &CommitId) -> Result<(), RepositoryError> {
        let contents = self.host.0.borrow();
        let known = contents.get(commit).is_some_and(|s| s.pushed || s.writers.contains(&self.id));
        known.then_some(()).ok_or_else(|| missing(commit))
    }

    fn tree_of(&self, commit: &CommitId) -> Result<Rc<Tree>, RepositoryError> {
        self.known(commit)?;
        self.host.tree(commit)
    }

    fn advertised(&self, names: &BTreeSet<&RefName>) -> Heads {
        let mut contents = self.host.0.borrow_mut();
        contents.advertisements += 1;
        let here = names.iter().filter_map(|name| contents.refs.get_key_value(*name));
        here.map(|(name, tip)| (name.clone(), tip.clone())).collect()
    }

    /// All commits are one heap of memory; what a client of a real host would have to fetch is counted.
    fn fetch(&self, heads: &Heads) {
        let mut contents = self.host.0.borrow_mut();
        let mut fetched = self.fetched.borrow_mut();
        let own = |tip: &CommitId| contents.get(tip).is_some_and(|s| s.writers.contains(&self.id));
        let new: Vec<&CommitId> = heads.values().filter(|tip| !fetched.contains(*tip) && !own(tip)).collect();
        let any = !new.is_empty();
        fetched.extend(new.into_iter().cloned());
        contents.fetches += u64::from(any);
    }

    fn unreachable(&self) -> RepositoryError {
        RepositoryError::Unreachable { repository: "memory".to_owned(), reason: "injected fault".to_owned() }
    }

    /// Why a push is not even tried.
    fn cannot(
        &self,
        updates: &[RefUpdate],
        mode: PushMode,
    ) -> Result<Option<Vec<PushOutcome>>, RepositoryError> {
        if mode == PushMode::Atomic && updates.len() > 1 && !self.atomic {
            let reason = "the receiving end does not support atomic pushes".to_owned();
            return Ok(Some(vec![PushOutcome::Refused { reason }; updates.len()]));
        }
        updates.iter().filter_map(|u| u.new.as_ref()).try_for_each(|new| self.known(new))?;
        Ok(None)
    }

    fn outcomes(
        contents: &Contents,
        updates: &[RefUpdate],
        mode: PushMode,
        guarded: &BTreeSet<RefName>,
    ) -> Vec<PushOutcome> {
        let fits = |u: &RefUpdate| contents.refs.get(&u.name) == u.old.as_ref();
        let guarded = |u: &RefUpdate| guarded.contains(&u.name);
        let together = mode == PushMode::Atomic;
        let (all_fit, any_guarded) = (updates.iter().all(fits), updates.iter().any(guarded));
        let outcome = |u: &RefUpdate| {
            if guarded(u) || (together && any_guarded) {
                return PushOutcome::Refused { reason: "protected branch hook declined".to_owned() };
            }
            let there = contents.refs.get(&u.name) == u.new.as_ref();
            match there || (fits(u) && (all_fit || !together)) {
                true => PushOutcome::Accepted,
                false => PushOutcome::Lost,
            }
        };
        let outcomes: Vec<PushOutcome> = updates.iter().map(outcome).collect();
        match together && outcomes.contains(&PushOutcome::Lost) {
            true => vec![PushOutcome::Lost; updates.len()],
            false => outcomes,
        }
    }
}

impl Repository for MemoryRepository {
    fn refresh(&self, queries: &[RefQuery]) -> Result<Heads, RepositoryError> {
        self.deepen(queries);
        let names = queries.iter().map(|query| &query.name).collect();
        let heads = self.round.heads(&names, |names| Ok(self.advertised(names)))?;
        self.fetch(&heads);
        Ok(heads)
    }

    fn begin_round(&self, names: &BTreeSet<RefName>) {
        self.round.begin(names);
    }

    fn end_round(&self) {
        self.round.end();
    }

    fn read(
        &self,
        commit: &CommitId,
        path: &RepoPath,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, RepositoryError> {
        self.tree_of(commit)?.read(path, limit)
    }

    fn tree(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<TreeId>, RepositoryError> {
        self.tree_of(commit)?.folder(path).map_err(mirror)
    }

    fn history(
        &self,
        tip: &CommitId,
        until: Option<&CommitId>,
        limit: usize,
    ) -> Result<History, RepositoryError> {
        self.known(tip)?;
        let contents = self.host.0.borrow();
        // A commit that this client wrote itself is there with what it was made from.
        let own = contents.get(tip).is_some_and(|s| s.writers.contains(&self.id));
        if !own && !self.has_history(tip, until) {
            let commits = contents.newest(tip, until, 1).into_iter().cloned().collect();
            return Ok(History { commits, complete: false });
        }
        let mut found = contents.newest(tip, until, limit.saturating_add(1));
        let complete = found.len() <= limit;
        found.truncate(limit);
        Ok(History { commits: found.into_iter().cloned().collect(), complete })
    }

    fn contains(&self, tip: &CommitId, commit: &CommitId) -> Result<bool, RepositoryError> {
        self.known(tip)?;
        Ok(self.host.contains(tip, commit))
    }

    fn commit(&self, new: &NewCommit) -> Result<CommitId, RepositoryError> {
        let base = new.tree_of.as_ref().or(new.parent.as_ref());
        let mut tree = base.map_or_else(|| Ok(Tree::default()), |base| Ok((*self.tree_of(base)?).clone()))?;
        tree.edit(&new.edits)?;
        let Signature { name, .. } = &new.signature;
        debug_assert!(!name.is_empty(), "a commit has an author");
        let id = self.host.store(new.parent.iter().cloned().collect(), tree, &new.message, new.time);
        let mut contents = self.host.0.borrow_mut();
        if let Some(stored) = contents.get_mut(&id) {
            stored.writers.insert(self.id);
        }
        Ok(id)
    }

    fn push(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        if let Some(refused) = self.cannot(updates, mode)? {
            return Ok(refused);
        }
        self.round.forget();
        match self.faults.strike() {
            Fault::None => Ok(self.host.apply(updates, mode)),
            Fault::CrashBefore => Err(RepositoryError::Crashed),
            Fault::Unreachable => Err(self.unreachable()),
            Fault::CrashAfter => {
                self.host.apply(updates, mode);
                Err(RepositoryError::Crashed)
            }
            Fault::LostAnswer => {
                self.host.apply(updates, mode);
                Err(self.unreachable())
            }
            Fault::Late => {
                self.host.0.borrow_mut().late.push((updates.to_vec(), mode));
                Err(self.unreachable())
            }
        }
    }

    fn rehearse(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        let refused = self.cannot(updates, mode)?;
        Ok(refused.unwrap_or_else(|| {
            // Hooks and branch rules speak only when something moves.
            Self::outcomes(&self.host.0.borrow(), updates, mode, &BTreeSet::new())
        }))
    }

    fn supports_atomic(&self) -> bool {
        self.atomic
    }
}
