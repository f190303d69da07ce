//! One git repository on a host: refs that move by compare-and-swap, and the objects behind them.
//!
//! Branch and journal are refs of the same repository and move in one push where the host allows it, so they
//! share this port; the journal's format is on top of it, in [`crate::journal`].

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::id::{CommitId, RefName, RepoPath, TreeId};
use towpath_core::time::Time;

/// A repository on a host, seen through a local object database.
pub trait Repository {
    /// Reads the host's refs in one advertisement, fetches what the queries need and is missing, and answers
    /// the tip of each queried ref that exists.
    ///
    /// Between [`Repository::begin_round`] and [`Repository::end_round`] the advertisement may be one that was read
    /// before, but after the round began and after the last push through this port ended, whatever came of it. No
    /// answer is of older refs than one before it.
    fn refresh(&self, queries: &[RefQuery]) -> Result<Heads, RepositoryError>;

    /// Begins a round, in which all who ask may share an advertisement: for a look over many pipelines, where it is
    /// enough that refs are as new as the look. `names` are the refs that will be asked for; others may be, too.
    /// Nobody has to share: an adapter that reads anew every time needs neither of these.
    fn begin_round(&self, names: &BTreeSet<RefName>) {
        let _ = names;
    }

    /// Ends the round: from now on every refresh reads anew.
    fn end_round(&self) {}

    /// Reads the file at `path` as of `commit`; `None` when there is nothing.
    ///
    /// Refuses what is not a plain file (folder, symbolic link, submodule) or is larger than `limit` bytes
    /// with [`RepositoryError::NotAFile`].
    fn read(
        &self,
        commit: &CommitId,
        path: &RepoPath,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, RepositoryError>;

    /// The id of the tree at `path` as of `commit`; `None` when there is no folder.
    fn tree(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<TreeId>, RepositoryError>;

    /// The commits reachable from `tip`, newest first (a commit before its parents), not including `until` and
    /// what is reachable from it; at most `limit`.
    fn history(
        &self,
        tip: &CommitId,
        until: Option<&CommitId>,
        limit: usize,
    ) -> Result<History, RepositoryError>;

    /// Whether `commit` is `tip` or an ancestor of it. Fetches more history when the local one is too short.
    fn contains(&self, tip: &CommitId, commit: &CommitId) -> Result<bool, RepositoryError>;

    /// Writes a commit into the local object database; nobody else sees it before a push.
    fn commit(&self, new: &NewCommit) -> Result<CommitId, RepositoryError>;

    /// Moves refs on the host, each only if it still has its expected old value. Answers one outcome an update.
    ///
    /// With [`PushMode::Atomic`] all move or none. A lost race is recognised by the refs' values read back,
    /// never by a message; an answer that got lost is resolved the same way. After
    /// [`RepositoryError::Unreachable`] the push may have taken effect, or may still do so: look before acting
    /// again. An update to the value that the ref has already is checked before the push, not together with it.
    fn push(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError>;

    /// What [`Repository::push`] would answer now, as far as it can be known without moving anything: access, the refs'
    /// values and whether the host knows atomic pushes, but not what its hooks and branch rules say.
    fn rehearse(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError>;

    /// Whether the host moves several refs in one atomic push.
    fn supports_atomic(&self) -> bool;
}

/// Which ref is wanted and how much history behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefQuery {
    /// The full name.
    pub name: RefName,
    /// How much history has to be present after the fetch.
    pub since: Since,
}

/// How much history a reader needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// The tip only.
    Tip,
    /// Back to this commit; all of it when the commit is not found.
    Commit(CommitId),
    /// All of it.
    Beginning,
}

/// The tips of refs, by full name.
pub type Heads = BTreeMap<RefName, CommitId>;

/// A stretch of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Newest first.
    pub commits: Vec<CommitInfo>,
    /// Whether the walk ended by itself (at `until`, or at the root), not at the limit or a shallow edge.
    pub complete: bool,
}

/// What a commit says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: CommitId,
    /// Its parents, in order.
    pub parents: Vec<CommitId>,
    /// Its whole message; bytes that are not UTF-8 are replaced.
    pub message: String,
    /// The committer's time.
    pub time: Time,
}

/// A commit to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// Its only parent, whose tree the edits change; none for a root commit.
    pub parent: Option<CommitId>,
    /// Start from the tree of this commit although it is not the parent (a rotated journal).
    pub tree_of: Option<CommitId>,
    /// Files to write; all other entries keep their bytes and modes.
    pub edits: Vec<Edit>,
    /// The whole message.
    pub message: String,
    /// Author and committer.
    pub signature: Signature,
    /// Author's and committer's time, in UTC.
    pub time: Time,
}

/// One file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where it is; folders are made as needed.
    pub path: RepoPath,
    /// Its new bytes. An existing file keeps its mode; a new one is a plain file.
    pub bytes: Vec<u8>,
}

/// Who a commit says it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// A display name.
    pub name: String,
    /// A mail address; configured, never a person's own.
    pub email: String,
}

/// One ref to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    /// The full name.
    pub name: RefName,
    /// The value it must have on the host; `None` means that it must not exist.
    pub old: Option<CommitId>,
    /// The new value; `None` deletes it.
    pub new: Option<CommitId>,
}

/// Whether updates of one push stand or fall together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushMode {
    /// All or none.
    Atomic,
    /// Each for itself.
    PerRef,
}

/// What became of one ref update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushOutcome {
    /// The ref has the new value.
    Accepted,
    /// Somebody else moved the ref (or, in an atomic push, another ref of it): nothing of ours took effect.
    Lost,
    /// The host does not want this update although the ref is as expected: a protected branch, a hook.
    Refused {
        /// The host's words: one line, at most 300 characters, credentials taken out.
        reason: String,
    },
}

/// Why the repository did not answer, by what the caller does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// Try again later: network, time-out, host down.
    #[error("failed to reach {repository}: {reason}")]
    Unreachable {
        /// Where, credentials taken out.
        repository: String,
        /// Why, one line.
        reason: String,
    },
    /// A person has to act: missing repository, missing rights.
    #[error("failed to open {repository}: {reason}")]
    Denied {
        /// Where, credentials taken out.
        repository: String,
        /// Why, one line.
        reason: String,
    },
    /// A person has to install what is needed to talk to it.
    #[error("{reason}")]
    NoProgram {
        /// What is missing, and what to do, one line.
        reason: String,
    },
    /// The path is not a plain file of acceptable size.
    #[error("failed to read {path}: {reason}")]
    NotAFile {
        /// Which path.
        path: RepoPath,
        /// What it is instead.
        reason: String,
    },
    /// A ref, or a parent, leads to an object that is no commit, or a commit of absurd size: a person has to put it
    /// right on the host. Nothing local is damaged.
    #[error("failed to read {commit}: it is not a commit of acceptable size")]
    NotACommit {
        /// The object's id.
        commit: CommitId,
    },
    /// The local object database is damaged or incomplete; it is a cache and may be deleted.
    #[error("failed to read the local mirror: {reason}")]
    Mirror {
        /// What is wrong, one line.
        reason: String,
    },
    /// The process is to stop here as if it had been killed (fault injection only).
    #[error("stopped by an injected crash")]
    Crashed,
}
