//! The adapter itself.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use git2::Oid;
use towpath_core::id::{CommitId, RefName, RepoPath, TreeId};
use towpath_core::time::Time;
use towpath_engine::Round;
use towpath_engine::ports::{
    CommitInfo, Heads, History, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository,
    RepositoryError,
};

use crate::address::Address;
use crate::advertisement;
use crate::lock::Mode;
use crate::mirror::{Clutter, Fault, Mirror};
use crate::objects::{self, oid};
use crate::options::{GitOptions, HistoryDepth};
use crate::program::Git;
use crate::walk;

/// A repository on a git host, seen through a bare mirror.
///
/// It can be used from several threads; calls that read objects take turns.
pub struct GitRepository {
    pub(crate) git: Git,
    pub(crate) address: Address,
    pub(crate) mirror: Mirror,
    pub(crate) depth: HistoryDepth,
    atomic: AtomicBool,
    depth_refused: AtomicBool,
    known: Mutex<Heads>,
    round: Round,
}

impl GitRepository {
    /// Opens the mirror, or makes it; does not speak to the host.
    ///
    /// Fails with [`RepositoryError::Denied`] when the address or the credentials cannot be used, with
    /// [`RepositoryError::NoProgram`] when there is no git, and with [`RepositoryError::Mirror`] when the mirror's folder
    /// cannot be used.
    pub fn open(options: &GitOptions) -> Result<Self, RepositoryError> {
        let address = Address::parse(&options.url).map_err(|reason| RepositoryError::Denied {
            repository: "the configured repository".to_owned(),
            reason,
        })?;
        let secret = options.credentials.is_some() || address.token.is_some();
        let git = Git::new(options, &address)?;
        if secret && address.url.starts_with("http") && !address.keeps_secrets() {
            return Err(git.denied("credentials are not sent without encryption: use https"));
        }
        let mirror = Mirror::open(&options.mirror, &address.shown, options.deadline)?;
        Ok(Self {
            git,
            address,
            mirror,
            depth: options.depth,
            atomic: AtomicBool::new(options.atomic),
            depth_refused: AtomicBool::new(false),
            known: Mutex::new(Heads::new()),
            round: Round::default(),
        })
    }

    /// Packs the mirror when there is more in it than `above`, and drops what nothing has referred to for a
    /// day. Answers whether it did. It locks others out for seconds: for quiet times, never within a pass.
    pub fn compact(&self, above: Clutter) -> Result<bool, RepositoryError> {
        let clutter = self.mirror.clutter();
        if clutter.loose <= above.loose && clutter.packs <= above.packs {
            return Ok(false);
        }
        let held = self.mirror.lock(Mode::Exclusive)?;
        self.mirror.remove_stale_locks(&held);
        let args = ["gc", "--quiet", "--prune=1.day.ago"];
        let finished = self.git.run_for(self.mirror.path(), &args, self.git.deadline() * 10)?;
        if finished.success() { Ok(true) } else { Err(self.git.failure("gc", &finished)) }
    }

    /// How much clutter the mirror has.
    pub fn clutter(&self) -> Clutter {
        self.mirror.clutter()
    }

    /// The values of these refs on the host, now.
    pub(crate) fn advertised(&self, names: &BTreeSet<&RefName>) -> Result<Heads, RepositoryError> {
        self.round.newest(names, |names| self.ask(names))
    }

    /// The same, or what this round read of them already.
    fn shared(&self, names: &BTreeSet<&RefName>) -> Result<Heads, RepositoryError> {
        self.round.heads(names, |names| self.ask(names))
    }

    fn ask(&self, names: &BTreeSet<&RefName>) -> Result<Heads, RepositoryError> {
        advertisement::ask(&self.git, &self.mirror, &self.address.url, names)
    }

    /// The refs as last read.
    pub(crate) fn known(&self) -> Heads {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of a ref's value on the host.
    pub(crate) fn know(&self, name: &RefName, tip: Option<&CommitId>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match tip {
            Some(tip) => known.insert(name.clone(), tip.clone()),
            None => known.remove(name),
        };
    }

    pub(crate) fn can_atomic(&self) -> bool {
        self.atomic.load(Ordering::Relaxed)
    }

    pub(crate) fn remember_not_atomic(&self) {
        self.atomic.store(false, Ordering::Relaxed);
    }

    pub(crate) fn refuses_depth(&self) -> bool {
        self.depth_refused.load(Ordering::Relaxed)
    }

    pub(crate) fn remember_refused_depth(&self) {
        self.depth_refused.store(true, Ordering::Relaxed);
    }
}

impl Repository for GitRepository {
    fn refresh(&self, queries: &[RefQuery]) -> Result<Heads, RepositoryError> {
        self.mirror.mend()?;
        let read = self.shared(&queries.iter().map(|query| &query.name).collect())?;
        let heads = self.bring(queries, read)?;
        for query in queries {
            self.know(&query.name, heads.get(&query.name));
        }
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
        self.mirror.with(|repository| objects::read(repository, commit, path, limit))
    }

    fn tree(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<TreeId>, RepositoryError> {
        let id = self.mirror.with(|repository| objects::folder(repository, commit, path))?;
        id.map(|id| TreeId::parse(&id.to_string()).map_err(|e| invalid(&e))).transpose()
    }

    fn history(
        &self,
        tip: &CommitId,
        until: Option<&CommitId>,
        limit: usize,
    ) -> Result<History, RepositoryError> {
        self.mirror.with(|repository| {
            let tip = oid(tip)?;
            let odb = repository.odb()?;
            let until = until.map(oid).transpose()?;
            let stretch = walk::stretch(&odb, tip, until, limit)?.ok_or(Fault::Missing(tip))?;
            let info = |(id, node): &(Oid, walk::Node)| {
                let bytes = walk::bytes(&odb, *id)?.ok_or(Fault::Missing(*id))?;
                let parents = node.parents.iter().map(|id| commit_id(*id)).collect::<Result<_, _>>()?;
                let (message, time) = (walk::message(&bytes), Time::from_unix(node.time));
                Ok(CommitInfo { id: commit_id(*id)?, parents, message, time })
            };
            let commits = stretch.commits.iter().map(info).collect::<Result<_, Fault>>()?;
            Ok(History { commits, complete: stretch.complete })
        })
    }

    fn contains(&self, tip: &CommitId, commit: &CommitId) -> Result<bool, RepositoryError> {
        self.contains_deepening(tip, commit)
    }

    fn commit(&self, new: &NewCommit) -> Result<CommitId, RepositoryError> {
        self.mirror.with(|repository| Ok(commit_id(objects::write(repository, new)?)?))
    }

    fn push(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        let outcomes = self.move_refs(updates, mode);
        // Also after a failure: it may have moved refs, and a race was lost to somebody who did.
        self.round.forget();
        outcomes
    }

    fn rehearse(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        self.rehearse_moving(updates, mode)
    }

    fn supports_atomic(&self) -> bool {
        self.can_atomic()
    }
}

fn commit_id(id: Oid) -> Result<CommitId, RepositoryError> {
    CommitId::parse(&id.to_string()).map_err(|e| invalid(&e))
}

fn invalid(error: &towpath_core::id::InvalidId) -> RepositoryError {
    RepositoryError::Mirror { reason: error.to_string() }
}
