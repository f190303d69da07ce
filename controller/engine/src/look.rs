//! Whether anything changed since the last pass: while nothing did, a steady host does not decide (contract C9).
//!
//! What is compared is what a decision looks at, and nothing else: a commit to the branch that touches no folder of a
//! pipeline, or a newer comparison that says the same, is no change.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::decide::{Decision, Horizon, horizon};
use towpath_core::id::{CommitId, Digest, GateName, ImageName, Name, PipelineId, TreeId};
use towpath_core::museum::{Bug, planted};
use towpath_core::observation::{Application, Health, RunStatus};
use towpath_core::time::Time;
use towpath_core::world::{EnvironmentFacts, OtherEnvironment, PathProblem, ProposalStatus, SharedFacts};

use crate::error::EngineError;
use crate::evaluate::Known;
use crate::journal::Found;
use crate::observe::{Observed, Remembered};
use crate::pass::Engine;
use crate::registry::Images;

/// What the last decision of a pass rested on, and how long it stands.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    at: Time,
    horizon: Horizon,
    seen: Seen,
    /// What was to be put back, and is gone from the registry.
    gone: BTreeSet<Digest>,
}

/// What was seen, as far as it matters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    journal: Ledger,
    branch: Option<Branch>,
    envs: BTreeMap<Name, Place>,
    topics: BTreeMap<Name, CommitId>,
    atomic: bool,
    conflicts: BTreeMap<Name, PipelineId>,
    others: BTreeMap<(PipelineId, Name), OtherEnvironment>,
}

#[derive(Debug, Clone, PartialEq)]
enum Ledger {
    Absent,
    Gone,
    At(CommitId),
    Behind(CommitId),
}

#[derive(Debug, Clone, PartialEq)]
struct Branch {
    contains_seen: Option<bool>,
    claim: Option<(u64, CommitId)>,
}

/// One environment.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    /// The tree of the folder stands for what is in it.
    path: Result<TreeId, PathProblem>,
    live: Result<Vec<Running>, String>,
    runs: BTreeMap<GateName, Result<RunStatus, String>>,
    committing_landed: Option<bool>,
    proposal: Option<ProposalStatus>,
    refused: Option<String>,
}

/// One Application.
#[derive(Debug, Clone, PartialEq)]
struct Running {
    name: Name,
    /// Whether its revision contains the commit that it is to run; `None` when that is not known.
    contains: Option<bool>,
    digests: Vec<(ImageName, Digest)>,
    health: Health,
    health_since: Option<Time>,
    /// As far as it counts: all comparisons since the promotion say the same.
    reconciled_at: Option<Time>,
}

impl Running {
    fn of(seen: &Application, facts: &EnvironmentFacts, floor: Option<Time>) -> Self {
        Self {
            name: seen.name.clone(),
            contains: seen.revision.as_ref().and_then(|revision| facts.contains.get(revision)).copied(),
            digests: seen.digests.clone(),
            health: seen.health,
            health_since: seen.health_since,
            reconciled_at: seen.reconciled_at.map(|at| floor.map_or(at, |floor| at.min(floor))),
        }
    }
}

impl Place {
    fn of(facts: &EnvironmentFacts, floor: Option<Time>) -> Self {
        let running = |seen: &Vec<Application>| seen.iter().map(|a| Running::of(a, facts, floor)).collect();
        Self {
            path: facts.path.as_ref().map(|path| path.tree.clone()).map_err(Clone::clone),
            live: facts.live.as_ref().map(running).map_err(Clone::clone),
            runs: facts.runs.clone(),
            committing_landed: facts.committing_landed,
            proposal: facts.proposal.clone().filter(|_| !planted(Bug::ClosingUnseen)),
            refused: facts.refused.clone(),
        }
    }
}

impl Seen {
    pub(crate) fn of(observed: &Observed, shared: &SharedFacts, atomic: bool) -> Self {
        let state = observed.head().map(|head| &head.state);
        let floor =
            |name| state.and_then(|state| state.environment(name)?.1.at.as_ref().map(|at| at.floor()));
        let branch = &observed.branch;
        Self {
            journal: match &observed.journal {
                Found::Absent => Ledger::Absent,
                Found::Gone => Ledger::Gone,
                Found::Head(head) => Ledger::At(head.tip.clone()),
                Found::Behind(head) => Ledger::Behind(head.tip.clone()),
            },
            branch: branch
                .tip
                .is_some()
                .then(|| Branch { contains_seen: branch.contains_seen, claim: branch.claim.clone() }),
            envs: observed.envs.iter().map(|(n, facts)| (n.clone(), Place::of(facts, floor(n)))).collect(),
            topics: observed.topics.clone(),
            atomic,
            conflicts: shared.conflicts.clone(),
            others: shared.others.clone(),
        }
    }
}

impl Remembered {
    /// Until when the last decision stands if nothing else is seen; `None` when time alone does not change it.
    pub fn stands_until(&self) -> Option<Time> {
        self.look.as_ref().and_then(|look| look.horizon.until)
    }

    /// Has the next look find a change: for a host that works with another document of the pipeline from now on.
    pub fn forget_look(&mut self) {
        self.look = None;
    }
}

impl Engine<'_> {
    /// Whether a pass could find anything else than the one before: something was seen to be otherwise, or a time
    /// that the decision named has come. Reads what a pass reads, and decides nothing.
    ///
    /// Rollbacks elsewhere are no change: more of them only keep others back, and fewer, since one was undone, let them go
    /// when their wait ends, which is within ten minutes.
    pub fn is_due(&self, remembered: &mut Remembered) -> Result<bool, EngineError> {
        let now = self.host.clock.now();
        let in_time = |look: &Look| now >= look.at && look.horizon.until.is_none_or(|until| now < until);
        let stands = |look: &Look| look.horizon.steady && in_time(look);
        let Some(look) = remembered.look.take().filter(stands) else { return Ok(true) };
        let observed = self.observer(now).observe(remembered)?;
        let mut images = Images::default();
        self.ask_registry(&observed, &mut images)?;
        let same = self.seen(&observed) == look.seen && images.gone == look.gone;
        remembered.look = same.then_some(look);
        Ok(!same)
    }

    pub(crate) fn seen(&self, observed: &Observed) -> Seen {
        Seen::of(observed, &self.host.shared, self.host.repository.supports_atomic())
    }

    /// What the next look compares with.
    pub(crate) fn looked(
        &self,
        (seen, observed): (Seen, &Observed),
        (decision, known): (&Decision, Known<'_>),
        now: Time,
    ) -> Look {
        let world = observed.world(self.host, self.pipeline, known);
        Look { at: now, horizon: horizon(&world, decision, now), seen, gone: known.gone.clone() }
    }
}
