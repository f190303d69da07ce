//! Ports that count their calls, and with whose calls something goes wrong: a step of the engine is a call of a port,
//! or a decision.

use towpath_core::event::Event;
use towpath_core::id::{CommitId, GateName, Handle, Pid, RefName, RepoPath, TreeId};
use towpath_core::journal::JournalMessage;
use towpath_core::observation::{Application, Sample};
use towpath_core::release::Image;
use towpath_core::world::ProposalStatus;

use super::glitches::{Calls, Glitch, OLD_REFS, Port};
use crate::ports::{
    Evaluator, EvaluatorError, Heads, History, HttpAnswer, HttpError, HttpGates, HttpQuestion, Liveness,
    LivenessError, LivenessQuery, MetricQuery, Metrics, MetricsError, NewCommit, Presence, PullRequests,
    PushMode, PushOutcome, QaError, QaRequest, QaRunner, Question, RefQuery, RefUpdate, Registry,
    RegistryError, Repository, RepositoryError, RunStatus,
};

const WHY: &str = "injected fault";

/// A port whose calls are counted.
pub(crate) struct Counted<'a, P> {
    pub(crate) port: &'a P,
    pub(crate) calls: &'a Calls,
}

fn unreachable() -> RepositoryError {
    RepositoryError::Unreachable { repository: "memory".to_owned(), reason: WHY.to_owned() }
}

impl<P> Counted<'_, P> {
    fn port(&self) -> &P {
        self.calls.tick();
        self.port
    }

    fn effect<T>(&self, effect: impl FnOnce(&P) -> T) -> T {
        let done = effect(self.port());
        self.calls.had_effect(false);
        done
    }

    /// The same for calls that read; the error is for what cannot be read.
    fn read<E>(&self, port: Port, error: impl FnOnce() -> E) -> Result<Option<Glitch>, E> {
        match self.calls.call(port) {
            Some(glitch @ Glitch::Fails) => {
                self.calls.strikes(glitch, port);
                Err(error())
            }
            glitch => Ok(glitch),
        }
    }
}

impl<P: Repository> Counted<'_, P> {
    /// Whether a push journals a promotion whose commit is pushed after it.
    fn promises(&self, updates: &[RefUpdate]) -> bool {
        let new = updates.iter().filter_map(|update| update.new.as_ref());
        let commits = new.filter_map(|tip| self.port.history(tip, None, 1).ok()?.commits.pop());
        let events = commits.filter_map(|commit| Some(JournalMessage::parse(&commit.message).ok()?.events));
        events.flatten().any(|recorded| matches!(recorded.event, Event::Promoted { landed: false, .. }))
    }

    /// The refs as they were answered before they changed last: all of them, or one.
    fn stale(&self, queries: &[RefQuery], mut heads: Heads, glitch: Option<Glitch>) -> Heads {
        let mut answers = self.calls.answers.borrow_mut();
        for (i, query) in queries.iter().enumerate() {
            let tip = heads.get(&query.name).cloned();
            let now = self.calls.now();
            let older = answers.refs.heard(&query.name, &tip, now);
            let older = older.filter(|(_, then)| now.since(*then) <= OLD_REFS).map(|(older, _)| older);
            let Some((glitch @ Glitch::Stale(one), older)) = glitch.zip(older) else { continue };
            if one.is_some_and(|one| one != i) || older == tip {
                continue;
            }
            match older {
                Some(older) => drop(heads.insert(query.name.clone(), older)),
                None => drop(heads.remove(&query.name)),
            }
            self.calls.strikes(glitch, Port::Refs);
        }
        heads
    }
}

impl<P: Repository> Repository for Counted<'_, P> {
    fn refresh(&self, queries: &[RefQuery]) -> Result<Heads, RepositoryError> {
        let glitch = self.read(Port::Refs, unreachable)?;
        Ok(self.stale(queries, self.port.refresh(queries)?, glitch))
    }

    fn read(
        &self,
        commit: &CommitId,
        path: &RepoPath,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, RepositoryError> {
        self.read(Port::Files, unreachable)?;
        self.port.read(commit, path, limit)
    }

    fn tree(&self, commit: &CommitId, path: &RepoPath) -> Result<Option<TreeId>, RepositoryError> {
        self.read(Port::Files, unreachable)?;
        self.port.tree(commit, path)
    }

    fn history(
        &self,
        tip: &CommitId,
        until: Option<&CommitId>,
        limit: usize,
    ) -> Result<History, RepositoryError> {
        let glitch = self.read(Port::History, unreachable)?;
        let mut history = self.port.history(tip, until, limit)?;
        if let Some(glitch) = glitch.filter(|_| history.commits.len() > 1) {
            history.commits.truncate(history.commits.len() / 2);
            history.complete = false;
            self.calls.strikes(glitch, Port::History);
        }
        Ok(history)
    }

    fn contains(&self, tip: &CommitId, commit: &CommitId) -> Result<bool, RepositoryError> {
        self.read(Port::Files, unreachable)?;
        self.port.contains(tip, commit)
    }

    fn commit(&self, new: &NewCommit) -> Result<CommitId, RepositoryError> {
        self.port().commit(new)
    }

    fn push(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Vec<PushOutcome>, RepositoryError> {
        let promise = self.calls.wants_promise() && self.promises(updates);
        let done = self.port().push(updates, mode);
        self.calls.had_effect(promise);
        done
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
        self.effect(|port| port.ensure(request))
    }

    fn poll(&self, handle: &Handle) -> Result<RunStatus, QaError> {
        let glitch = self.read(Port::Qa, || QaError::Unavailable(WHY.to_owned()))?;
        let status = self.port.poll(handle)?;
        let older = self.calls.answers.borrow_mut().runs.heard(handle, &status, self.calls.now());
        Ok(match glitch.zip(older) {
            Some((glitch, (older, _))) => {
                self.calls.strikes(glitch, Port::Qa);
                older
            }
            None => status,
        })
    }
}

impl<P: Metrics> Metrics for Counted<'_, P> {
    fn range(&self, query: &MetricQuery) -> Result<Vec<Sample>, MetricsError> {
        self.read(Port::Metrics, || MetricsError::Unavailable(WHY.to_owned()))?;
        self.port.range(query)
    }
}

impl<P: Liveness> Liveness for Counted<'_, P> {
    fn observe(&self, query: &LivenessQuery) -> Result<Vec<Application>, LivenessError> {
        let glitch = self.read(Port::Liveness, || LivenessError::Unavailable(WHY.to_owned()))?;
        let mut seen = self.port.observe(query)?;
        let older = self.calls.answers.borrow_mut().live.heard(&query.environment, &seen, self.calls.now());
        match (glitch, older) {
            // Half of the time a whole Application is missing, otherwise its images are.
            (Some(glitch @ Glitch::Partial), _) if !seen.is_empty() => {
                self.calls.strikes(glitch, Port::Liveness);
                match self.calls.count() % 2 {
                    0 => drop(seen.pop()),
                    _ => seen.iter_mut().for_each(|application| application.digests.clear()),
                }
                Ok(seen)
            }
            (Some(glitch @ Glitch::Stale(_)), Some((older, _))) => {
                self.calls.strikes(glitch, Port::Liveness);
                self.calls.old.borrow_mut().extend(older.iter().cloned());
                Ok(older)
            }
            _ => Ok(seen),
        }
    }
}

impl<P: Evaluator> Evaluator for Counted<'_, P> {
    fn evaluate(&self, question: &Question) -> Result<bool, EvaluatorError> {
        self.port().evaluate(question)
    }
}

impl<P: HttpGates> HttpGates for Counted<'_, P> {
    fn ask(&self, question: &HttpQuestion) -> Result<HttpAnswer, HttpError> {
        self.read(Port::Http, || HttpError::Unavailable(WHY.to_owned()))?;
        self.port.ask(question)
    }
}

impl<P: Registry> Registry for Counted<'_, P> {
    fn presence(&self, image: &Image) -> Result<Presence, RegistryError> {
        self.port().presence(image)
    }
}

impl<P: PullRequests> PullRequests for Counted<'_, P> {
    fn open(&self, topic: &RefName, target: &RefName, title: &str) -> Result<u64, RepositoryError> {
        self.effect(|port| port.open(topic, target, title))
    }

    fn status(&self, topic: &RefName, head: &CommitId) -> Result<Option<ProposalStatus>, RepositoryError> {
        let glitch = self.read(Port::PullRequests, unreachable)?;
        let Some(status) = self.port.status(topic, head)? else { return Ok(None) };
        let older = self.calls.answers.borrow_mut().proposals.heard(head, &status, self.calls.now());
        Ok(Some(match glitch.zip(older) {
            Some((glitch, (older, _))) => {
                self.calls.strikes(glitch, Port::PullRequests);
                older
            }
            None => status,
        }))
    }

    fn check(&self, head: &CommitId, green: bool, summary: &str) -> Result<(), RepositoryError> {
        self.effect(|port| port.check(head, green, summary))
    }
}
