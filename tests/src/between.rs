//! Lets somebody in right before or right after the pushes of one controller, on every kind of repository.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::id::{CommitId, RepoPath, TreeId};
use towpath_engine::ports::{
    Heads, History, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository, RepositoryError,
};

type Act = Box<dyn FnOnce()>;

#[derive(Default)]
struct Plan {
    pushes: u64,
    walks: Vec<usize>,
    before: BTreeMap<u64, Act>,
    after: BTreeMap<u64, Act>,
}

/// Who gets in between the pushes of one controller; clones are the same plan.
#[derive(Clone, Default)]
pub struct Between(Rc<RefCell<Plan>>);

impl Between {
    /// Right before push number `k` from now on, the first being 0.
    pub fn before_push(&self, k: u64, act: impl FnOnce() + 'static) {
        let mut plan = self.0.borrow_mut();
        let k = plan.pushes + k;
        plan.before.insert(k, Box::new(act));
    }

    /// Right after push number `k` from now on, the first being 0.
    pub fn after_push(&self, k: u64, act: impl FnOnce() + 'static) {
        let mut plan = self.0.borrow_mut();
        let k = plan.pushes + k;
        plan.after.insert(k, Box::new(act));
    }

    /// How often it pushed, or tried to.
    pub fn pushes(&self) -> u64 {
        self.0.borrow().pushes
    }

    /// How many commits each of its walks through a history has read since this was last asked; a question whether
    /// one commit contains another counts as a walk over none.
    pub fn take_walks(&self) -> Vec<usize> {
        std::mem::take(&mut self.0.borrow_mut().walks)
    }
}

/// A repository whose pushes are interrupted.
pub(crate) struct Interrupted {
    inner: Box<dyn Repository>,
    between: Between,
}

impl Interrupted {
    pub(crate) fn new(inner: Box<dyn Repository>, between: &Between) -> Self {
        Self { inner, between: between.clone() }
    }
}

impl Repository for Interrupted {
    fn refresh(&self, queries: &[RefQuery]) -> Result<Heads, RepositoryError> {
        self.inner.refresh(queries)
    }

    fn read(
        &self,
        commit: &CommitId,
        path: &RepoPath,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, RepositoryError> {
        self.inner.read(commit, path, limit)
    }

    fn tree(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<TreeId>, RepositoryError> {
        self.inner.tree(commit, path)
    }

    fn history(
        &self,
        tip: &CommitId,
        until: Option<&CommitId>,
        limit: usize,
    ) -> Result<History, RepositoryError> {
        let history = self.inner.history(tip, until, limit)?;
        self.between.0.borrow_mut().walks.push(history.commits.len());
        Ok(history)
    }

    fn contains(&self, tip: &CommitId, commit: &CommitId) -> Result<bool, RepositoryError> {
        self.between.0.borrow_mut().walks.push(0);
        self.inner.contains(tip, commit)
    }

    fn commit(&self, new: &NewCommit) -> Result<CommitId, RepositoryError> {
        self.inner.commit(new)
    }

    fn push(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        let (k, before) = {
            let mut plan = self.between.0.borrow_mut();
            let k = plan.pushes;
            plan.pushes += 1;
            (k, plan.before.remove(&k))
        };
        if let Some(act) = before {
            act();
        }
        let outcome = self.inner.push(updates, mode);
        let after = self.between.0.borrow_mut().after.remove(&k);
        if let Some(act) = after {
            act();
        }
        outcome
    }

    fn rehearse(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        self.inner.rehearse(updates, mode)
    }

    fn supports_atomic(&self) -> bool {
        self.inner.supports_atomic()
    }
}
