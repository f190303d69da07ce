//! From ports to a World: everything that one decision may look at, read with as little as possible.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use towpath_core::decide::{LANDING, wants_liveness};
use towpath_core::id::{CommitId, Name, Pid, RefName, TreeId};
use towpath_core::journal::State;
use towpath_core::journal::state::EnvironmentState;
use towpath_core::museum::{Bug, planted};
use towpath_core::observation::RunStatus;
use towpath_core::pipeline::{Delivery, Environment, Pipeline};
use towpath_core::time::{Span, Time};
use towpath_core::verdict::{Outcome, Verdict};
use towpath_core::world::{
    BranchFacts, EnvironmentFacts, Evaluations, LedgerFacts, PathFacts, PathProblem, ProposalStatus, World,
};

use crate::claims::Claims;
use crate::content::{self, ContentError};
use crate::error::EngineError;
use crate::evaluate::Known;
use crate::journal::{Found, Head, Journal};
use crate::look::Look;
use crate::pass::Host;
use crate::ports::{Heads, LivenessQuery, RefQuery, RepositoryError, Since};

/// What a host may remember between passes. All of it is a cache: without it a pass reads more and decides the
/// same.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// The journal as last seen.
    pub journal: Option<Head>,
    paths: BTreeMap<Name, KnownPath>,
    /// What the last pass ended with.
    pub(crate) look: Option<Look>,
    /// Promotions that this host journalled and whose push of the branch it lost or gave up.
    pub(crate) given_up: BTreeSet<Pid>,
    /// What the host did not take.
    pub(crate) refusals: BTreeMap<Name, Refusal>,
    /// What commits claim, as far as the branch was walked.
    pub(crate) claims: Claims,
    /// What systems outside said, as long as that holds.
    pub(crate) answers: Evaluations,
    /// When pull requests were seen open last, by environment.
    open: BTreeMap<Name, (Pid, Time)>,
}

/// What an environment's folder says.
#[derive(Debug, Clone)]
struct KnownPath {
    /// The newest commit in which it was seen.
    tip: CommitId,
    tree: TreeId,
    path: Result<PathFacts, PathProblem>,
}

/// A commit that the host did not take. It is pushed again when the branch moved, or after a while.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) why: String,
    pub(crate) tip: Option<CommitId>,
    pub(crate) until: Time,
}

/// How long a commit that the host refused is not pushed again.
pub(crate) const REFUSED: Span = Span::seconds(600);

impl Remembered {
    fn refused(&self, name: &Name, tip: &CommitId, now: Time) -> Option<String> {
        let refusal = self.refusals.get(name)?;
        (refusal.tip.as_ref() == Some(tip) && now < refusal.until).then(|| refusal.why.clone())
    }

    /// When the pull request of an environment was seen open last: now, if it is.
    fn open_until(
        &mut self,
        environment: &Environment,
        env: &EnvironmentState,
        status: Option<&ProposalStatus>,
        now: Time,
    ) -> Option<Time> {
        let pid = &env.proposed.as_ref()?.pid;
        if matches!(status, Some(ProposalStatus::Open { .. })) {
            self.open.insert(environment.name.clone(), (pid.clone(), now));
        }
        self.open.get(&environment.name).filter(|(of, _)| of == pid).map(|(_, at)| *at)
    }

    /// A host that remembers nothing but a journal.
    pub fn of(journal: Option<Head>) -> Self {
        Self { journal, ..Self::default() }
    }
}

/// What was read of the outside.
pub(crate) struct Observed {
    /// When.
    pub(crate) now: Time,
    pub(crate) journal: Found,
    pub(crate) branch: BranchFacts,
    pub(crate) envs: BTreeMap<Name, EnvironmentFacts>,
    /// The tips of topic branches, by environment.
    pub(crate) topics: BTreeMap<Name, CommitId>,
}

impl Observed {
    pub(crate) fn head(&self) -> Option<&Head> {
        match &self.journal {
            Found::Absent | Found::Gone => None,
            Found::Head(head) | Found::Behind(head) => Some(head),
        }
    }

    pub(crate) fn world<'a>(
        &'a self,
        host: &'a Host<'_>,
        pipeline: &'a Pipeline,
        known: Known<'a>,
    ) -> World<'a> {
        let mut shared = host.shared.clone();
        shared.rollbacks.extend_from_slice(known.rollbacks);
        shared.gone.extend(known.gone.iter().cloned());
        shared.atomic = host.repository.supports_atomic();
        World {
            pipeline,
            me: &host.settings.owner,
            ledger: match &self.journal {
                Found::Absent => LedgerFacts::Absent,
                Found::Gone => LedgerFacts::Gone,
                Found::Head(head) => LedgerFacts::Present(&head.state),
                Found::Behind(head) => LedgerFacts::Behind(&head.state),
            },
            branch: self.branch.clone(),
            envs: &self.envs,
            readings: known.readings,
            evaluations: Default::default(),
            shared,
        }
    }
}

/// Reads one pipeline's part of the outside.
pub(crate) struct Observer<'a> {
    pub(crate) host: &'a Host<'a>,
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) now: Time,
}

impl Observer<'_> {
    pub(crate) fn observe(&self, remembered: &mut Remembered) -> Result<Observed, EngineError> {
        let heads = self.host.repository.refresh(&self.queries(remembered)?)?;
        let (journal, branch) = self.ledger(&heads, remembered)?;
        let state = match &journal {
            Found::Absent | Found::Gone => None,
            Found::Head(head) | Found::Behind(head) => Some(Rc::clone(&head.state)),
        };
        let mut topics = BTreeMap::new();
        for (environment, topic) in self.topics()? {
            topics.extend(heads.get(&topic).map(|tip| (environment, tip.clone())));
        }
        let mut envs = BTreeMap::new();
        for environment in &self.pipeline.environments {
            if let Some(tip) = &branch.tip {
                let topic = topics.get(&environment.name);
                let facts = self.environment(environment, (tip, topic), state.as_deref(), remembered)?;
                envs.insert(environment.name.clone(), facts);
            }
        }
        Ok(Observed { now: self.now, journal, branch, envs, topics })
    }

    /// The journal and the branch alone, without what stands in environments.
    pub(crate) fn look(&self, remembered: &mut Remembered) -> Result<Observed, EngineError> {
        let heads = self.host.repository.refresh(&self.queries(remembered)?)?;
        let (journal, branch) = self.ledger(&heads, remembered)?;
        Ok(Observed { now: self.now, journal, branch, envs: BTreeMap::new(), topics: BTreeMap::new() })
    }

    fn ledger(
        &self,
        heads: &Heads,
        remembered: &mut Remembered,
    ) -> Result<(Found, BranchFacts), EngineError> {
        let repository = &self.pipeline.repository;
        let found = Journal::of(self.host.repository, self.pipeline)
            .read(heads.get(&repository.journal), remembered.journal.as_ref())?;
        if let Found::Head(head) = &found {
            remembered.journal = Some(head.clone());
        }
        let head = match &found {
            Found::Absent | Found::Gone => None,
            Found::Head(head) | Found::Behind(head) => Some(head),
        };
        let branch = self.branch(heads.get(&repository.branch).cloned(), head, remembered)?;
        Ok((found, branch))
    }

    /// The topic branches of environments that are delivered to by pull requests.
    fn topics(&self) -> Result<Vec<(Name, RefName)>, EngineError> {
        let by_pull_request = |e: &&Environment| e.delivery == Delivery::PullRequest;
        let environments = self.pipeline.environments.iter().filter(by_pull_request);
        environments.map(|e| Ok((e.name.clone(), topic(self.pipeline, &e.name)?))).collect()
    }

    fn queries(&self, remembered: &Remembered) -> Result<Vec<RefQuery>, EngineError> {
        let repository = &self.pipeline.repository;
        let seen = remembered.journal.as_ref();
        let since = |commit: Option<&CommitId>| commit.cloned().map_or(Since::Tip, Since::Commit);
        let accounted = seen.and_then(|head| head.state.seen.get(repository.branch.as_str()));
        // What was walked already does not have to be here once more.
        let accounted = remembered.claims.walked().or(accounted.map(|seen| &seen.commit));
        let topics = self.topics()?.into_iter().map(|(_, name)| RefQuery { name, since: Since::Tip });
        let own = [
            RefQuery { name: repository.journal.clone(), since: since(seen.map(|head| &head.tip)) },
            RefQuery { name: repository.branch.clone(), since: since(accounted) },
        ];
        Ok(own.into_iter().chain(topics).collect())
    }

    fn environment(
        &self,
        environment: &Environment,
        (tip, topic): (&CommitId, Option<&CommitId>),
        state: Option<&State>,
        remembered: &mut Remembered,
    ) -> Result<EnvironmentFacts, EngineError> {
        let path = self.path(environment, tip, remembered)?;
        let env = state.and_then(|state| state.environment(&environment.name)).map(|(_, env)| env);
        let mut facts = EnvironmentFacts {
            path,
            live: Err("nobody was asked".to_owned()),
            contains: BTreeMap::new(),
            runs: BTreeMap::new(),
            committing_landed: None,
            proposal: None,
            proposal_open: None,
            refused: remembered.refused(&environment.name, tip, self.now),
        };
        let Some(env) = env else { return Ok(facts) };
        if let Some(committing) = &env.committing {
            let pid = committing.pid.as_ref();
            let unheard = |pid| planted(Bug::DuplicateAfterLostAnswer) && remembered.given_up.contains(pid);
            let landed = self.host.repository.contains(tip, &committing.commit)? && !pid.is_some_and(unheard);
            let over = pid.is_none_or(|pid| self.is_over(pid, committing.at, remembered));
            facts.committing_landed = (landed || over).then_some(landed);
        }
        facts.proposal = self.proposal(environment, env, topic, remembered)?;
        facts.proposal_open = remembered.open_until(environment, env, facts.proposal.as_ref(), self.now);
        let seen = state.and_then(|state| state.seen.get(self.pipeline.repository.branch.as_str()));
        self.liveness(environment, tip, (env, seen.map(|seen| &seen.commit)), &mut facts)?;
        self.runs(env, &mut facts)?;
        Ok(facts)
    }

    /// The managed fields; read again only when the folder's tree changed.
    fn path(
        &self,
        environment: &Environment,
        tip: &CommitId,
        remembered: &mut Remembered,
    ) -> Result<Result<PathFacts, PathProblem>, EngineError> {
        if let Some(known) = remembered.paths.get(&environment.name).filter(|known| &known.tip == tip) {
            return Ok(known.path.clone());
        }
        let tree = match self.host.repository.tree(tip, &environment.path) {
            Ok(tree) => tree,
            Err(RepositoryError::NotAFile { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if let (Some(tree), Some(known)) = (&tree, remembered.paths.get_mut(&environment.name))
            && tree == &known.tree
        {
            known.tip = tip.clone();
            return Ok(known.path.clone());
        }
        let path = match content::read(self.host.repository, tip, environment) {
            Ok(path) => Ok(path),
            Err(ContentError::Problem(problem)) => Err(problem),
            Err(ContentError::Repository(error)) => return Err(error.into()),
        };
        if let Some(tree) = tree {
            let known = KnownPath { tip: tip.clone(), tree, path: path.clone() };
            remembered.paths.insert(environment.name.clone(), known);
        }
        Ok(path)
    }

    fn liveness(
        &self,
        environment: &Environment,
        tip: &CommitId,
        (env, seen): (&EnvironmentState, Option<&CommitId>),
        facts: &mut EnvironmentFacts,
    ) -> Result<(), EngineError> {
        if !wants_liveness(self.pipeline, &environment.name, env) {
            return Ok(());
        }
        let Some(at) = &env.at else { return Ok(()) };
        let digest = |i: &towpath_core::world::ImageFacts| {
            let rule = environment.edit.iter().find(|r| r.image() == &i.image)?;
            rule.form().image(&i.image, &i.values).map(|image| (image.name, image.digest))
        };
        let query = LivenessQuery {
            pipeline: self.pipeline.id.clone(),
            environment: environment.name.clone(),
            applications: environment.applications.iter().map(|a| a.name.clone()).collect(),
            tip: tip.clone(),
            digests: facts.path.iter().flat_map(|p| p.images.iter().filter_map(digest)).collect(),
        };
        facts.live = match self.host.liveness.observe(&query) {
            Ok(applications) => Ok(applications),
            Err(crate::ports::LivenessError::Crashed) => return Err(EngineError::Crashed),
            Err(error) => Err(error.to_string()),
        };
        // After a rewritten history the branch has the promotion's bytes, not its commit. What a revision has to
        // contain then is the newest commit that the journal accounts for.
        let landed = self.host.repository.contains(tip, &at.commit)?;
        let ours = seen.filter(|_| !landed).unwrap_or(&at.commit);
        let shown = facts.live.iter().flatten().filter_map(|a| a.revision.clone());
        for revision in shown.collect::<Vec<_>>() {
            match self.host.repository.contains(&revision, ours) {
                Ok(contains) => drop(facts.contains.insert(revision, contains)),
                Err(error @ RepositoryError::Crashed) => return Err(error.into()),
                // A revision that the repository does not have is unknown, which is neither yes nor no.
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn runs(&self, env: &EnvironmentState, facts: &mut EnvironmentFacts) -> Result<(), EngineError> {
        let Some(at) = &env.at else { return Ok(()) };
        for (gate, run) in at.runs.iter().filter(|(_, run)| run.verdict.is_none()) {
            let Some(handle) = &run.handle else { continue };
            let asked = self.host.clock.now();
            let status: Result<RunStatus, String> = match self.host.qa.poll(handle) {
                Ok(_) if planted(Bug::TimeoutPasses) && self.host.clock.now() > asked => Ok(passed()),
                Ok(status) => Ok(status),
                Err(crate::ports::QaError::Crashed) => return Err(EngineError::Crashed),
                Err(_) if planted(Bug::PollErrorPasses) => Ok(passed()),
                Err(error) => Err(error.to_string()),
            };
            facts.runs.insert(gate.clone(), status);
        }
        Ok(())
    }

    /// Whether a commit that is journalled, but not where it belongs, will not get there any more.
    fn is_over(&self, pid: &Pid, journalled: Time, remembered: &Remembered) -> bool {
        remembered.given_up.contains(pid)
            || self.now >= journalled.plus(LANDING)
            || planted(Bug::LandingNotAwaited)
    }

    fn proposal(
        &self,
        environment: &Environment,
        env: &EnvironmentState,
        tip: Option<&CommitId>,
        remembered: &Remembered,
    ) -> Result<Option<ProposalStatus>, EngineError> {
        let (Some(open), Some(host)) = (&env.proposed, self.host.pull_requests) else { return Ok(None) };
        let topic = topic(self.pipeline, &environment.name)?;
        match host.status(&topic, &open.head) {
            Ok(None) => {}
            Ok(status) => return Ok(status),
            Err(error @ RepositoryError::Crashed) => return Err(error.into()),
            // That concerns nothing else.
            Err(error) => return Ok(Some(ProposalStatus::Unanswered(error.to_string()))),
        }
        if tip != Some(&open.head) {
            return Ok(self.is_over(&open.pid, open.at, remembered).then_some(ProposalStatus::Lost));
        }
        if planted(Bug::ProposalForgotten) {
            return Ok(None);
        }
        // Its event is journalled and its branch pushed, but it was never opened: find it or open it now.
        let title = format!("Promote {} to {}", self.pipeline.id.name, environment.name);
        let opened = host.open(&topic, &self.pipeline.repository.branch, &title);
        match opened.and_then(|_| host.status(&topic, &open.head)) {
            Ok(status) => Ok(status),
            Err(error @ RepositoryError::Crashed) => Err(error.into()),
            Err(error) => Ok(Some(ProposalStatus::Unanswered(error.to_string()))),
        }
    }
}

/// What planted bugs take for the end of a run.
pub(crate) fn passed() -> RunStatus {
    RunStatus::Finished(Outcome { verdict: Verdict::Passed, detail: "nothing else was heard".to_owned() })
}

/// The topic branch of an environment's pull requests.
pub(crate) fn topic(pipeline: &Pipeline, environment: &Name) -> Result<RefName, EngineError> {
    let id = &pipeline.id;
    RefName::parse(&format!("refs/heads/towpath-pr/{}/{}/{environment}", id.namespace, id.name))
        .map_err(|e| EngineError::Impossible(e.to_string()))
}
