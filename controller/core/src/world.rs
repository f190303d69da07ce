//! The World: all that one decision may look at.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Event, FieldBytes, ManagedField, Recorded};
use crate::id::{
    CommitId, Digest, GateHash, GateName, ImageName, Name, OwnerId, Pid, PipelineId, ReleaseId, RepoPath,
    TreeId,
};
use crate::journal::State;
use crate::journal::state::Phase;
use crate::museum::{Bug, planted};
use crate::observation::{Application, Reading, RunStatus};
use crate::pipeline::{FieldValues, Pipeline};
use crate::time::{Span, Time};

/// One pipeline and everything known about it at one moment.
#[derive(Debug, Clone)]
pub struct World<'a> {
    /// The pipeline, policies and templates resolved.
    pub pipeline: &'a Pipeline,
    /// Who decides.
    pub me: &'a OwnerId,
    /// The journal's fold.
    pub ledger: LedgerFacts<'a>,
    /// The branch.
    pub branch: BranchFacts,
    /// What was seen of each environment, by name.
    pub envs: &'a BTreeMap<Name, EnvironmentFacts>,
    /// Metrics that an earlier decision of this pass asked for.
    pub readings: &'a BTreeMap<(Pid, GateName), Reading>,
    /// What an earlier decision asked to have evaluated.
    pub evaluations: Evaluations,
    /// Facts from beyond the pipeline.
    pub shared: SharedFacts,
}

/// What became of evaluations.
pub type Evaluations = BTreeMap<Evaluation, Found>;

/// What an evaluation found, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// When it was asked.
    pub at: Time,
    /// What came out.
    pub truth: Truth,
    /// Why, in one short line for people; empty where there is no more to say.
    pub detail: String,
}

/// What comes out of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It is true.
    True,
    /// It is not true.
    False,
    /// Nobody answered, or nothing that counts as an answer; it may be otherwise when asked again.
    Unanswered,
    /// It does not make sense.
    Wrong,
}

/// A gate to be evaluated, bound to its definition and to the release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evaluation {
    /// The environment.
    pub environment: Name,
    /// The gate.
    pub gate: GateName,
    /// Its definition.
    pub hash: GateHash,
    /// The release.
    pub release: ReleaseId,
}

impl Found {
    /// Whether it still holds, if it holds so long.
    pub fn holds(&self, interval: Span, now: Time) -> bool {
        // A clock that was set back makes no answer younger.
        self.at <= now && (now < self.at.plus(interval) || planted(Bug::OldAnswerCounts))
    }
}

/// The journal as it was found.
#[derive(Debug, Clone, Copy)]
pub enum LedgerFacts<'a> {
    /// There is no journal ref, and this host never saw one.
    Absent,
    /// There is no journal ref any more.
    Gone,
    /// The journal is there, readable, and not older than anything this host remembers.
    Present(&'a State),
    /// The journal is there but behind or beside a tip that this host saw before.
    Behind(&'a State),
}

/// The environment branch as it was found.
#[derive(Debug, Clone, Default)]
pub struct BranchFacts {
    /// Its tip; `None` when the branch does not exist.
    pub tip: Option<CommitId>,
    /// Whether the tip contains the newest commit that the journal accounts for; `None` when it accounts for none.
    pub contains_seen: Option<bool>,
    /// The highest journal number that commits since then claim for this pipeline, and who claims it.
    pub claim: Option<(u64, CommitId)>,
}

/// What was seen of one environment.
#[derive(Debug, Clone)]
pub struct EnvironmentFacts {
    /// The managed fields at the tip, or why they cannot be read.
    pub path: Result<PathFacts, PathProblem>,
    /// Its Applications, or why nobody answered.
    pub live: Result<Vec<Application>, String>,
    /// Which of the revisions that Applications show contain the environment's commit.
    pub contains: BTreeMap<CommitId, bool>,
    /// What became of QA runs that began, by gate.
    pub runs: BTreeMap<GateName, Result<RunStatus, String>>,
    /// Whether the tip contains the commit of a promotion that was on its way; `None` when there is none, or while
    /// another process may still be about to push it.
    pub committing_landed: Option<bool>,
    /// What became of the open pull request; `None` when there is none.
    pub proposal: Option<ProposalStatus>,
    /// When this host saw that pull request open last; `None` when it never did, or forgot.
    pub proposal_open: Option<Time>,
    /// Why the host did not take this environment's commit when this pass pushed it.
    pub refused: Option<String>,
}

/// What became of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalStatus {
    /// It is open, and its required check is as this says.
    Open {
        /// Whether `towpath/gates` is green.
        green: bool,
    },
    /// It was merged by this commit.
    Merged {
        /// The commit on the branch.
        commit: CommitId,
        /// Whether the check was green at that time.
        green: bool,
    },
    /// It was closed.
    Closed,
    /// Nobody answered, for this reason.
    Unanswered(String),
    /// It was journalled, but never reached the host, and its commit is not here to be pushed again.
    Lost,
}

/// The managed fields of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathFacts {
    /// The tree of the path.
    pub tree: TreeId,
    /// One entry an image, in the order of the pipeline's images.
    pub images: Vec<ImageFacts>,
}

/// The managed fields of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// The image.
    pub image: ImageName,
    /// The file.
    pub file: RepoPath,
    /// What the fields say.
    pub values: FieldValues,
    /// Their exact bytes.
    pub raw: FieldValues,
}

/// Why an environment's folder cannot be worked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathProblem {
    /// Whether there is nothing there at all.
    pub missing: bool,
    /// Path and, where it is known, line.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

/// Facts from beyond the pipeline.
#[derive(Debug, Clone, Default)]
pub struct SharedFacts {
    /// Whether the host moves branch and journal in one push.
    pub atomic: bool,
    /// Images that the registry says it does not have any more, as far as this pass asked.
    pub gone: BTreeSet<Digest>,
    /// Automatic rollbacks of late of other pipelines that this host knows; to decide by, also those of its own.
    pub rollbacks: Vec<WentBack>,
    /// Another pipeline that writes the same field, by environment.
    pub conflicts: BTreeMap<Name, PipelineId>,
    /// What environments of other pipelines have, as far as this host knows.
    pub others: BTreeMap<(PipelineId, Name), OtherEnvironment>,
}

/// An automatic rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WentBack {
    /// What the environment runs on.
    pub destination: Name,
    /// When it was promoted.
    pub at: Time,
}

impl WentBack {
    /// What an event says, when it is an automatic rollback of an environment that is still there.
    pub fn of(pipeline: &Pipeline, state: &State, recorded: &Recorded) -> Option<Self> {
        let Event::Promoted { env, .. } = &recorded.event else { return None };
        let destination =
            pipeline.destination(state, env).filter(|_| recorded.event.is_automatic_rollback())?;
        Some(Self { destination: destination.clone(), at: recorded.at })
    }
}

/// What an environment of another pipeline has, by that pipeline's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherEnvironment {
    /// The version for people.
    pub version: String,
    /// The tag of each image; an image without one makes the list empty.
    pub tags: Vec<String>,
    /// Since when it is proven to run.
    pub live_since: Option<Time>,
    /// Whether it is Verified there.
    pub verified: bool,
}

impl OtherEnvironment {
    /// What a journal says of an environment. Nothing where a person or a failure put it in doubt what is there.
    pub fn of(state: &State, name: &Name) -> Option<Self> {
        let (_, env) = state.environment(name)?;
        let at = env.at.as_ref().filter(|at| env.pin.is_none() && at.phase != Phase::Failed)?;
        let release = state.release(&at.r)?;
        let tags = release.images.iter().map(|image| image.tag.as_ref().map(ToString::to_string));
        Some(Self {
            version: release.version(),
            tags: tags.collect::<Option<_>>().unwrap_or_default(),
            live_since: at.live.as_ref().map(|live| live.since),
            verified: matches!(at.phase, Phase::Verified | Phase::Settled) && env.ok.contains_key(&at.r),
        })
    }
}

impl PathFacts {
    /// What an adoption records: every field with its bytes.
    pub fn fields(&self) -> Vec<FieldBytes> {
        let field = |f: &ImageFacts, field, raw: &Option<String>| FieldBytes {
            image: f.image.clone(),
            file: f.file.clone(),
            field,
            raw: raw.clone(),
        };
        let both = |f: &ImageFacts| {
            [field(f, ManagedField::Tag, &f.raw.tag), field(f, ManagedField::Digest, &f.raw.digest)]
        };
        self.images.iter().flat_map(both).collect()
    }

    /// The bytes of all fields together.
    pub fn weight(&self) -> usize {
        let raw = |field: &Option<String>| field.as_ref().map_or(0, String::len);
        self.images.iter().map(|f| raw(&f.raw.tag) + raw(&f.raw.digest)).sum()
    }

    /// The fields for people: `name tag digest`.
    pub fn for_people(&self) -> Vec<String> {
        let part = |v: &Option<String>| v.as_deref().map_or(String::new(), |v| format!(" {v}"));
        let line = |f: &ImageFacts| {
            let line = format!("{}{}{}", f.image, part(&f.values.tag), part(&f.values.digest));
            line.chars().filter(|c| !c.is_control()).take(300).collect()
        };
        self.images.iter().map(line).collect()
    }
}
