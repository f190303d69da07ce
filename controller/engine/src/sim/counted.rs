//! Ports that count their calls: a step of the engine is a call of a port, or a decision.

use std::cell::Cell;

use towpath_core::id::{CommitId, GateName, Handle, Pid, RefName, RepoPath, TreeId};
use towpath_core::observation::{Application, Sample};
use towpath_core::world::ProposalStatus;

use crate::ports::{
    Evaluator, EvaluatorError, Heads, History, Liveness, LivenessError, LivenessQuery, MetricQuery, Metrics,
    MetricsError, NewCommit, PullRequests, PushMode, PushOutcome, QaError, QaRequest, QaRunner, Question,
    RefQuery, RefUpdate, Repository, RepositoryError, RunStatus,
};

/// A port whose calls are counted.
pub(crate) struct Counted<'a, P> {
    pub(crate) port: &'a P,
    pub(crate) calls: &'a Cell<u64>,
}

impl<P> Counted<'_, P> {
    fn port(&self) -> &P {
        self.calls.set(self.calls.get() + 1);
        self.port
    }
}

impl<P: Repository> Repository for Counted<'_, P> {
    fn refresh(&self, queries: &[RefQuery]) -> Result<Heads, RepositoryError> {
        self.port().refresh(queries)
    }

    fn read(
        &self,
        commit: &CommitId,
        path: &RepoPath,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, RepositoryError> {
        self.port().read(commit, path, limit)
    }

    fn tree(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<TreeId>, RepositoryError> {
        self.port().tree(commit, path)
    }

    fn history(
        &self,
        tip: &CommitId,
        until: Option<&CommitId>,
        limit: usize,
    ) -> Result<History, RepositoryError> {
        self.port().history(tip, until, limit)
    }

    fn contains(&self, tip: &CommitId, commit: &CommitId) -> Result<bool, RepositoryError> {
        self.port().contains(tip, commit)
    }

    fn commit(&self, new: &NewCommit) -> Result<CommitId, RepositoryError> {
        self.port().commit(new)
    }

    fn push(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        self.port().push(updates, mode)
    }

    fn rehearse(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        self.port().rehearse(updates, mode)
    }

    fn supports_atomic(&self) -> bool {
        self.port.supports_atomic()
    }
}

impl<P: QaRunner> QaRunner for Counted<'_, P> {
    fn handle(&self, pid: &Pid, gate: &GateName, attempt: u32) -> Handle {
        self.port.handle(pid, gate, attempt)
    }

    fn ensure(&self, request: &QaRequest) -> Result<(), QaError> {
        self.port().ensure(request)
    }

    fn poll(&self, handle: &Handle) -> Result<RunStatus, QaError> {
        self.port().poll(handle)
    }
}

impl<P: Metrics> Metrics for Counted<'_, P> {
    fn range(&self, query: &MetricQuery) -> Result<Vec<Sample>, MetricsError> {
        self.port().range(query)
    }
}

impl<P: Liveness> Liveness for Counted<'_, P> {
    fn observe(&self, query: &LivenessQuery) -> Result<Vec<Application>, LivenessError> {
        self.port().observe(query)
    }
}

impl<P: Evaluator> Evaluator for Counted<'_, P> {
    fn evaluate(&self, question: &Question) -> Result<bool, EvaluatorError> {
        self.port().evaluate(question)
    }
}

impl<P: PullRequests> PullRequests for Counted<'_, P> {
    fn open(&self, topic: &RefName, target: &RefName, title: &str) -> Result<u64, RepositoryError> {
        self.port().open(topic, target, title)
    }

    fn status(&self, topic: &RefName, head: &CommitId) -> Result<Option<ProposalStatus>, RepositoryError> {
        self.port().status(topic, head)
    }

    fn check(&self, head: &CommitId, green: bool, summary: &str) -> Result<(), RepositoryError> {
        self.port().check(head, green, summary)
    }
}
