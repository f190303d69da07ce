//! From ports to a World: everything that one decision may look at, read with as little as possible.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use towpath_core::decide::{LANDING, wants_liveness};
use towpath_core::id::{CommitId, GateName, Name, Pid, RefName, TreeId};
use towpath_core::journal::State;
use towpath_core::journal::promotion::claim;
use towpath_core::journal::state::EnvironmentState;
use towpath_core::observation::{Reading, RunStatus};
use towpath_core::pipeline::{Delivery, Environment, Pipeline};
use towpath_core::time::Time;
use towpath_core::world::{
    BranchFacts, EnvironmentFacts, LedgerFacts, PathFacts, PathProblem, ProposalStatus, World,
};

use crate::content::{self, ContentError};
use crate::error::EngineError;
use crate::journal::{Found, Head, Journal};
use crate::pass::Host;
use crate::ports::{LivenessQuery, RefQuery, RepositoryError, Since};

/// The most commits behind the last accounted one that are looked through for claims.
const CLAIM_LIMIT: usize = 2_000;

/// What a host may remember between passes. All of it is a cache: without it a pass reads more and decides the
/// same.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// The journal as last seen.
    pub journal: Option<Head>,
    paths: BTreeMap<Name, (TreeId, Result<PathFacts, PathProblem>)>,
    /// Promotions that this host journalled and whose push of the branch it lost or gave up.
    pub(crate) given_up: BTreeSet<Pid>,
}

/// What was read of the outside.
pub(crate) struct Observed {
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
        readings: &BTreeMap<(Pid, GateName), Reading>,
        rollbacks: &[Time],
    ) -> World<'a> {
        let mut shared = host.shared.clone();
        shared.rollbacks.extend(rollbacks);
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
            envs: self.envs.clone(),
            readings: readings.clone(),
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
        let repository = &self.pipeline.repository;
        let heads = self.host.repository.refresh(&self.queries(remembered)?)?;
        let tip = heads.get(&repository.branch).cloned();
        let journal = Journal {
            repository: self.host.repository,
            name: &repository.journal,
            pipeline: &self.pipeline.id,
        };
        let journal = journal.read(heads.get(&repository.journal), remembered.journal.as_ref())?;
        if let Found::Head(head) = &journal {
            remembered.journal = Some(head.clone());
        }
        let state = match &journal {
            Found::Absent | Found::Gone => None,
            Found::Head(head) | Found::Behind(head) => Some(Rc::clone(&head.state)),
        };
        let branch = self.branch(tip.clone(), state.as_deref())?;
        let mut envs = BTreeMap::new();
        for environment in &self.pipeline.environments {
            if let Some(tip) = &tip {
                let facts = self.environment(environment, tip, state.as_deref(), remembered)?;
                envs.insert(environment.name.clone(), facts);
            }
        }
        let mut topics = BTreeMap::new();
        for (environment, topic) in self.topics()? {
            topics.extend(heads.get(&topic).map(|tip| (environment, tip.clone())));
        }
        Ok(Observed { journal, branch, envs, topics })
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
        let accounted =
            seen.and_then(|head| head.state.seen.get(repository.branch.as_str())).map(|seen| &seen.commit);
        let topics = self.topics()?.into_iter().map(|(_, name)| RefQuery { name, since: Since::Tip });
        let own = [
            RefQuery { name: repository.journal.clone(), since: since(seen.map(|head| &head.tip)) },
            RefQuery { name: repository.branch.clone(), since: since(accounted) },
        ];
        Ok(own.into_iter().chain(topics).collect())
    }

    /// The branch since the newest commit that the journal accounts for.
    fn branch(&self, tip: Option<CommitId>, state: Option<&State>) -> Result<BranchFacts, EngineError> {
        let Some(tip) = tip else { return Ok(BranchFacts::default()) };
        let name = self.pipeline.repository.branch.as_str();
        let seen = state.and_then(|state| state.seen.get(name)).map(|seen| &seen.commit);
        let repository = self.host.repository;
        let contains_seen = seen.map(|seen| repository.contains(&tip, seen)).transpose()?;
        let until = seen.filter(|_| contains_seen == Some(true));
        let history = repository.history(&tip, until, CLAIM_LIMIT)?;
        // A commit on its way is accounted for by its own event.
        let on_their_way: Vec<Pid> = state.map_or_else(Vec::new, |state| {
            let env = |e: &'_ EnvironmentState| {
                let committing = e.committing.as_ref().and_then(|c| c.pid.as_ref());
                [committing.cloned(), e.proposed.as_ref().map(|p| p.pid.clone())]
            };
            Vec::from_iter(state.envs.values().flat_map(env).flatten())
        });
        let own = |message: &str| {
            let claim = claim(message).filter(|claim| claim.pipeline == self.pipeline.id);
            claim.filter(|claim| !on_their_way.contains(&claim.pid)).map(|claim| claim.n)
        };
        let claims = history.commits.iter().filter_map(|c| own(&c.message).map(|n| (n, c.id.clone())));
        Ok(BranchFacts { claim: claims.max_by_key(|(n, _)| *n), contains_seen, tip: Some(tip) })
    }

    fn environment(
        &self,
        environment: &Environment,
        tip: &CommitId,
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
        };
        let Some(env) = env else { return Ok(facts) };
        if let Some(committing) = &env.committing {
            let landed = self.host.repository.contains(tip, &committing.commit)?;
            let given_up = committing.pid.as_ref().is_some_and(|pid| remembered.given_up.contains(pid));
            let over = self.now >= committing.at.plus(LANDING);
            facts.committing_landed = (landed || given_up || over).then_some(landed);
        }
        facts.proposal = self.proposal(environment, env)?;
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
        let tree = match self.host.repository.tree(tip, &environment.path) {
            Ok(tree) => tree,
            Err(RepositoryError::NotAFile { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if let (Some(tree), Some((known, path))) = (&tree, remembered.paths.get(&environment.name))
            && tree == known
        {
            return Ok(path.clone());
        }
        let path = match content::read(self.host.repository, tip, environment) {
            Ok(path) => Ok(path),
            Err(ContentError::Problem(problem)) => Err(problem),
            Err(ContentError::Repository(error)) => return Err(error.into()),
        };
        if let Some(tree) = tree {
            remembered.paths.insert(environment.name.clone(), (tree, path.clone()));
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
            let status: Result<RunStatus, String> = match self.host.qa.poll(handle) {
                Ok(status) => Ok(status),
                Err(crate::ports::QaError::Crashed) => return Err(EngineError::Crashed),
                Err(error) => Err(error.to_string()),
            };
            facts.runs.insert(gate.clone(), status);
        }
        Ok(())
    }

    fn proposal(
        &self,
        environment: &Environment,
        env: &EnvironmentState,
    ) -> Result<Option<ProposalStatus>, EngineError> {
        let (Some(open), Some(host)) = (&env.proposed, self.host.pull_requests) else { return Ok(None) };
        let topic = topic(self.pipeline, &environment.name)?;
        if let Some(status) = host.status(&topic, &open.head)? {
            return Ok(Some(status));
        }
        // Its event is journalled and its branch pushed, but it was never opened: find it or open it now.
        let title = format!("Promote {} to {}", self.pipeline.id.name, environment.name);
        host.open(&topic, &self.pipeline.repository.branch, &title)?;
        Ok(host.status(&topic, &open.head)?)
    }
}

/// The topic branch of an environment's pull requests.
pub(crate) fn topic(pipeline: &Pipeline, environment: &Name) -> Result<RefName, EngineError> {
    let id = &pipeline.id;
    RefName::parse(&format!("refs/heads/towpath-pr/{}/{}/{environment}", id.namespace, id.name))
        .map_err(|e| EngineError::Impossible(e.to_string()))
}
