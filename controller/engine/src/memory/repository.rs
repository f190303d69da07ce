//! A git host in memory: commits as maps of files, refs that move by compare-and-swap.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};
use towpath_core::id::{CommitId, RefName, RepoPath, TreeId};
use towpath_core::time::Time;

use super::faults::{Fault, Faults};
use crate::ports::{
    CommitInfo, Edit, Heads, History, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository,
    RepositoryError, Signature,
};

type Files = BTreeMap<RepoPath, Rc<[u8]>>;

struct Stored {
    number: u64,
    info: CommitInfo,
    files: Rc<Files>,
}

#[derive(Default)]
struct Contents {
    commits: BTreeMap<CommitId, Stored>,
    refs: BTreeMap<RefName, CommitId>,
    pushes: u64,
    landed: Vec<(RefName, Option<CommitId>, Option<CommitId>)>,
}

/// A git host in memory; clones are the same host.
#[derive(Clone, Default)]
pub struct MemoryHost(Rc<RefCell<Contents>>);

/// One client's view of a [`MemoryHost`], with that client's faults.
#[derive(Clone)]
pub struct MemoryRepository {
    host: MemoryHost,
    faults: Faults,
    atomic: bool,
}

fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut hex = String::with_capacity(40);
    for byte in hasher.finalize().iter().take(20) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn mirror(reason: impl Into<String>) -> RepositoryError {
    RepositoryError::Mirror { reason: reason.into() }
}

impl MemoryHost {
    /// An empty host.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client of this host. `atomic` says whether the host moves several refs at once.
    pub fn client(&self, faults: &Faults, atomic: bool) -> MemoryRepository {
        MemoryRepository { host: self.clone(), faults: faults.clone(), atomic }
    }

    /// The tip of a ref.
    pub fn tip(&self, name: &RefName) -> Option<CommitId> {
        self.0.borrow().refs.get(name).cloned()
    }

    /// Moves a ref without asking, as somebody with all rights can.
    pub fn force(&self, name: &RefName, to: Option<CommitId>) {
        let mut contents = self.0.borrow_mut();
        let old = contents.refs.get(name).cloned();
        match &to {
            Some(commit) => drop(contents.refs.insert(name.clone(), commit.clone())),
            None => drop(contents.refs.remove(name)),
        }
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
        let parent = self.tip(name);
        let mut files = match &parent {
            Some(parent) => (*self.files(parent)?).clone(),
            None => Files::new(),
        };
        for (path, bytes) in edits {
            match bytes {
                Some(bytes) => drop(files.insert(path.clone(), Rc::from(bytes.as_slice()))),
                None => drop(files.remove(path)),
            }
        }
        let id = self.store(parent.into_iter().collect(), files, message, time);
        self.force(name, Some(id.clone()));
        Ok(id)
    }

    /// How many pushes reached the host.
    pub fn pushes(&self) -> u64 {
        self.0.borrow().pushes
    }

    /// Every move of a ref so far: name, old, new.
    pub fn moves(&self) -> Vec<(RefName, Option<CommitId>, Option<CommitId>)> {
        self.0.borrow().landed.clone()
    }

    /// The file at a commit.
    pub fn file(&self, commit: &CommitId, path: &RepoPath) -> Option<Vec<u8>> {
        self.files(commit).ok()?.get(path).map(|bytes| bytes.to_vec())
    }

    /// All files of a commit.
    pub fn all_files(&self, commit: &CommitId) -> Vec<(RepoPath, Vec<u8>)> {
        let files = self.files(commit).unwrap_or_default();
        files.iter().map(|(path, bytes)| (path.clone(), bytes.to_vec())).collect()
    }

    /// Everything that is reachable from a commit, newest first.
    pub fn log(&self, tip: &CommitId) -> Vec<CommitInfo> {
        let contents = self.0.borrow();
        let mut found: Vec<&Stored> =
            reachable(&contents, tip, None).iter().filter_map(|id| contents.commits.get(id)).collect();
        found.sort_by_key(|s| std::cmp::Reverse(s.number));
        found.into_iter().map(|s| s.info.clone()).collect()
    }

    fn files(&self, commit: &CommitId) -> Result<Rc<Files>, RepositoryError> {
        let contents = self.0.borrow();
        let stored = contents.commits.get(commit);
        stored.map(|s| Rc::clone(&s.files)).ok_or_else(|| mirror(format!("commit {commit} is missing")))
    }

    fn store(&self, parents: Vec<CommitId>, files: Files, message: &str, time: Time) -> CommitId {
        let tree = tree_hash(files.iter());
        let parent_text: String = parents.iter().map(CommitId::as_str).collect();
        let seconds = time.to_string();
        let hex = hash(&[parent_text.as_bytes(), tree.as_bytes(), message.as_bytes(), seconds.as_bytes()]);
        // A hash in hexadecimal always parses.
        let Ok(id) = CommitId::parse(&hex) else { return self.store(parents, files, message, time) };
        let mut contents = self.0.borrow_mut();
        let number = contents.commits.len() as u64;
        let info = CommitInfo { id: id.clone(), parents, message: message.to_owned(), time };
        contents.commits.entry(id.clone()).or_insert_with(|| Stored { number, info, files: Rc::new(files) });
        id
    }
}

fn tree_hash<'a>(files: impl Iterator<Item = (&'a RepoPath, &'a Rc<[u8]>)>) -> String {
    let lines: String = files.map(|(path, bytes)| format!("{path} {}\n", hash(&[bytes]))).collect();
    hash(&[lines.as_bytes()])
}

/// Everything reachable from `tip`, without what is reachable from `until`.
fn reachable(contents: &Contents, tip: &CommitId, until: Option<&CommitId>) -> BTreeSet<CommitId> {
    let walk = |from: &CommitId, stop: &BTreeSet<CommitId>| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(id) = open.pop() {
            if stop.contains(&id) || !seen.insert(id.clone()) {
                continue;
            }
            open.extend(contents.commits.get(&id).iter().flat_map(|s| s.info.parents.iter().cloned()));
        }
        seen
    };
    let excluded = until.map(|u| walk(u, &BTreeSet::new())).unwrap_or_default();
    walk(tip, &excluded)
}

impl MemoryRepository {
    /// The host behind this client.
    pub fn host(&self) -> &MemoryHost {
        &self.host
    }

    fn unreachable(&self) -> RepositoryError {
        RepositoryError::Unreachable { repository: "memory".to_owned(), reason: "injected fault".to_owned() }
    }

    fn apply(&self, updates: &[RefUpdate], mode: PushMode) -> Vec<PushOutcome> {
        let mut contents = self.host.0.borrow_mut();
        contents.pushes += 1;
        let fits = |contents: &Contents, u: &RefUpdate| contents.refs.get(&u.name) == u.old.as_ref();
        let all = updates.iter().all(|u| fits(&contents, u));
        let mut outcomes = Vec::new();
        for update in updates {
            let there = contents.refs.get(&update.name) == update.new.as_ref();
            let go = fits(&contents, update) && (all || mode == PushMode::PerRef);
            outcomes.push(match (go, there) {
                (true, _) => {
                    match &update.new {
                        Some(new) => drop(contents.refs.insert(update.name.clone(), new.clone())),
                        None => drop(contents.refs.remove(&update.name)),
                    }
                    let moved = (update.name.clone(), update.old.clone(), update.new.clone());
                    contents.landed.push(moved);
                    PushOutcome::Accepted
                }
                (false, true) => PushOutcome::Accepted,
                (false, false) => PushOutcome::Lost,
            });
        }
        if mode == PushMode::Atomic && outcomes.contains(&PushOutcome::Lost) {
            return vec![PushOutcome::Lost; updates.len()];
        }
        outcomes
    }
}

impl Repository for MemoryRepository {
    fn refresh(&self, queries: &[RefQuery]) -> Result<Heads, RepositoryError> {
        let contents = self.host.0.borrow();
        let tip = |q: &RefQuery| contents.refs.get(&q.name).map(|tip| (q.name.clone(), tip.clone()));
        Ok(queries.iter().filter_map(tip).collect())
    }

    fn read(
        &self,
        commit: &CommitId,
        path: &RepoPath,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, RepositoryError> {
        let files = self.host.files(commit)?;
        let Some(bytes) = files.get(path) else {
            let folder = format!("{path}/");
            let is_folder = files.keys().any(|p| p.as_str().starts_with(&folder));
            let reason = "it is a folder".to_owned();
            return match is_folder {
                true => Err(RepositoryError::NotAFile { path: path.clone(), reason }),
                false => Ok(None),
            };
        };
        if bytes.len() > limit {
            let reason = format!("it has more than {limit} bytes");
            return Err(RepositoryError::NotAFile { path: path.clone(), reason });
        }
        Ok(Some(bytes.to_vec()))
    }

    fn tree(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<TreeId>, RepositoryError> {
        let files = self.host.files(commit)?;
        let folder = format!("{path}/");
        let inside: Vec<_> = files.iter().filter(|(p, _)| p.as_str().starts_with(&folder)).collect();
        if inside.is_empty() {
            return Ok(None);
        }
        TreeId::parse(&tree_hash(inside.into_iter())).map(Some).map_err(|e| mirror(e.to_string()))
    }

    fn history(
        &self,
        tip: &CommitId,
        until: Option<&CommitId>,
        limit: usize,
    ) -> Result<History, RepositoryError> {
        let contents = self.host.0.borrow();
        if !contents.commits.contains_key(tip) {
            return Err(mirror(format!("commit {tip} is missing")));
        }
        let ids = reachable(&contents, tip, until);
        let mut found: Vec<&Stored> = ids.iter().filter_map(|id| contents.commits.get(id)).collect();
        found.sort_by_key(|s| std::cmp::Reverse(s.number));
        let complete = found.len() <= limit;
        Ok(History { commits: found.into_iter().take(limit).map(|s| s.info.clone()).collect(), complete })
    }

    fn contains(&self, tip: &CommitId, commit: &CommitId) -> Result<bool, RepositoryError> {
        let contents = self.host.0.borrow();
        if !contents.commits.contains_key(tip) {
            return Err(mirror(format!("commit {tip} is missing")));
        }
        Ok(reachable(&contents, tip, None).contains(commit))
    }

    fn commit(&self, new: &NewCommit) -> Result<CommitId, RepositoryError> {
        let base = new.tree_of.as_ref().or(new.parent.as_ref());
        let mut files = match base {
            Some(base) => (*self.host.files(base)?).clone(),
            None => Files::new(),
        };
        for Edit { path, bytes } in &new.edits {
            files.insert(path.clone(), Rc::from(bytes.as_slice()));
        }
        let Signature { name, .. } = &new.signature;
        debug_assert!(!name.is_empty(), "a commit has an author");
        Ok(self.host.store(new.parent.iter().cloned().collect(), files, &new.message, new.time))
    }

    fn push(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        if mode == PushMode::Atomic && updates.len() > 1 && !self.atomic {
            let reason = "the receiving end does not support atomic pushes".to_owned();
            return Ok(vec![PushOutcome::Refused { reason }; updates.len()]);
        }
        match self.faults.strike() {
            Fault::None => Ok(self.apply(updates, mode)),
            Fault::CrashBefore => Err(RepositoryError::Crashed),
            Fault::Unreachable => Err(self.unreachable()),
            Fault::CrashAfter => {
                self.apply(updates, mode);
                Err(RepositoryError::Crashed)
            }
            Fault::LostAnswer => {
                self.apply(updates, mode);
                Err(self.unreachable())
            }
        }
    }

    fn supports_atomic(&self) -> bool {
        self.atomic
    }
}
