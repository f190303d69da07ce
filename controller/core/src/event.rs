//! The journal's events: everything that ever happened to a pipeline, one line each.
//!
//! The format is specified in `docs/ledger.md`; it outlives this code. Optional members are left out when they
//! have no value; lists and maps are always written; keys are sorted.

#![expect(missing_docs, reason = "docs/ledger.md specifies every member of every event, with examples")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hold::{Select, Stop, Subject};
use crate::id::{
    ActId, Actor, CommitId, Digest, GateHash, GateName, Handle, ImageName, Name, OwnerId, Pid, RefName,
    ReleaseId, RepoPath, TreeId,
};
use crate::pipeline::{EditRule, Environment, Pipeline};
use crate::release::Image;
use crate::time::Time;
use crate::verdict::Verdict;

/// The longest line of an event, in bytes.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;
/// The most events of one journal commit.
pub const MAX_EVENTS_PER_COMMIT: usize = 200;

/// An event with its number, time and actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its number: 1 for the first, then without gaps.
    pub n: u64,
    /// When it was recorded; never earlier than the event before.
    pub at: Time,
    /// Who caused it.
    pub by: Actor,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened. `env` is an environment's key, `r` a release, `q` a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "e")]
pub enum Event {
    /// A host took the ledger over; the first event of every journal.
    Claimed {
        owner: OwnerId,
        epoch: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        was: Option<OwnerId>,
        reason: String,
    },
    /// The pipeline's wiring as of now: what a later rename or changed path is measured against.
    Configured {
        envs: Vec<EnvironmentConfig>,
        images: Vec<ImageName>,
        /// New key or name of an environment to the name it had.
        renamed: BTreeMap<Name, Name>,
    },
    /// A person, or Towpath where contents prove it, accepted a loss.
    Confirmed { what: Confirmable, tip: CommitId },
    /// A release exists.
    Released {
        r: ReleaseId,
        seq: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        order: Option<i64>,
        images: Vec<Image>,
        authors: Vec<Actor>,
        labels: BTreeMap<String, String>,
    },
    /// What an environment deployed when it was first seen.
    Adopted {
        env: Name,
        r: ReleaseId,
        seq: u64,
        commit: CommitId,
        /// The set, where every image has a digest; empty for an opaque baseline.
        images: Vec<Image>,
        /// The exact bytes of each managed field.
        fields: Vec<FieldBytes>,
    },
    /// A person wants something done.
    Requested {
        q: ActId,
        env: Name,
        #[serde(skip_serializing_if = "Option::is_none")]
        r: Option<ReleaseId>,
        kind: RequestKind,
        overrides: Vec<String>,
    },
    /// A request came to its end.
    Closed { q: ActId, outcome: String },
    /// A person approves a release for an environment, under these entry gates.
    Approved {
        env: Name,
        r: ReleaseId,
        gates: GateHash,
        groups: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
    },
    /// The approval with this number is taken back.
    Unapproved { of: u64 },
    /// A hold is in force.
    Held {
        id: ActId,
        select: Select,
        subject: Subject,
        stops: Vec<Stop>,
        reason: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
    },
    /// A hold is lifted.
    Lifted { id: ActId },
    /// An entry gate was overridden for a promotion.
    Overridden { pid: Pid, gate: GateName, reason: String },
    /// Digests are taken off the rejected list.
    Cleared { env: Name, digests: Vec<Digest>, reason: String },
    /// A pull request offers a promotion.
    Proposed {
        pid: Pid,
        env: Name,
        r: ReleaseId,
        head: CommitId,
        #[serde(skip_serializing_if = "Option::is_none")]
        pr: Option<u64>,
    },
    /// A release was moved into an environment by a commit.
    Promoted {
        pid: Pid,
        env: Name,
        r: ReleaseId,
        #[serde(rename = "try")]
        attempt: u32,
        cause: Cause,
        commit: CommitId,
        base: CommitId,
        /// Hash of the entry gates that were satisfied.
        gates: GateHash,
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<ReleaseId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        q: Option<ActId>,
        landed: bool,
    },
    /// A promotion that was journalled first reached the branch.
    Landed { pid: Pid, commit: CommitId },
    /// A promotion or proposal never took effect.
    Undone { pid: Pid, why: Undoing },
    /// A foreign commit changed managed fields; `set` says to what.
    Pinned { env: Name, commit: CommitId, set: Vec<String> },
    /// A pin ended.
    Unpinned { env: Name, how: Unpinning },
    /// A promotion runs, since `since`, with the path's tree at `tree`.
    Live { env: Name, pid: Pid, since: Time, tree: TreeId },
    /// A promotion does not run any more.
    Unlive { env: Name, pid: Pid, until: Time, why: String },
    /// A gate began, bound to its definition's hash.
    Started {
        env: Name,
        pid: Pid,
        gate: GateName,
        gates: GateHash,
        #[serde(rename = "try")]
        attempt: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        handle: Option<Handle>,
        deadline: Time,
        tree: TreeId,
    },
    /// A gate came to a verdict.
    Judged {
        env: Name,
        pid: Pid,
        gate: GateName,
        gates: GateHash,
        #[serde(rename = "try")]
        attempt: u32,
        verdict: Verdict,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// All verification gates passed, under these hashes; `policy` is that of those which come from policies.
    Verified {
        env: Name,
        pid: Pid,
        r: ReleaseId,
        gates: GateHash,
        #[serde(skip_serializing_if = "Option::is_none")]
        policy: Option<GateHash>,
    },
    /// The bake ended.
    Baked { env: Name, pid: Pid, result: BakeResult },
    /// The promotion failed.
    Failed {
        env: Name,
        pid: Pid,
        phase: FailedPhase,
        #[serde(skip_serializing_if = "Option::is_none")]
        gate: Option<GateName>,
    },
    /// A release is not Verified here any more.
    Revoked { env: Name, r: ReleaseId, why: String },
    /// These digests do not go here again by themselves.
    Rejected { env: Name, pid: Pid, r: ReleaseId, digests: Vec<Digest> },
}

/// An environment as it was configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentConfig {
    /// The branch.
    pub branch: RefName,
    /// How the images are written.
    pub edit: Vec<EditRule>,
    /// The name that stays over renames.
    pub key: Name,
    /// The name as of now.
    pub name: Name,
    /// The folder.
    pub path: RepoPath,
    /// Whether it takes releases from outside, not from another environment.
    pub root: bool,
}

impl EnvironmentConfig {
    /// What a journal records of an environment that it calls `key`.
    pub fn of(key: Name, environment: &Environment, pipeline: &Pipeline) -> Self {
        Self {
            key,
            name: environment.name.clone(),
            path: environment.path.clone(),
            branch: pipeline.repository.branch.clone(),
            root: environment.after.edges.is_empty(),
            edit: environment.edit.clone(),
        }
    }
}

/// The exact bytes of one managed field; no `raw` when the field was absent. The id of an opaque baseline is a hash over
/// its members in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldBytes {
    /// Which image.
    pub image: ImageName,
    /// The file.
    pub file: RepoPath,
    /// Which field of it.
    pub field: ManagedField,
    /// Its bytes, quotes included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A field that Towpath writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManagedField {
    /// `newTag`, or the Helm value that holds the tag.
    Tag,
    /// `digest`, or the Helm value that holds the digest.
    Digest,
}

/// What a person can accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Confirmable {
    /// The journal is gone or older than the branch says.
    JournalLost,
    /// The branch lost commits that had landed.
    HistoryRewritten,
}

/// What a person can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// Move this release here; all entry gates apply.
    Promote,
    /// Go back, to this release or to the one that C11 names.
    Rollback,
    /// Take up work again: end a pin, try exhausted gates again.
    Resume,
}

/// Why a promotion was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// By the rules.
    Auto,
    /// By a person.
    Manual,
    /// To go back.
    Rollback,
}

/// Why a promotion never took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Undoing {
    /// Somebody else moved the branch first.
    Race,
    /// A precondition fell away.
    Withdrawn,
    /// The branch was rewritten under it.
    Rewritten,
    /// The pull request was closed.
    Closed,
}

/// How a pin ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unpinning {
    /// A person said `resume`.
    Resumed,
    /// A person promoted something here.
    Promoted,
    /// The value that Towpath had written is back.
    Restored,
}

/// How a bake ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BakeResult {
    /// To its end and well.
    Passed,
    /// A newer promotion cut it short after a good reading.
    Cut,
}

/// In which part of its life a promotion failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailedPhase {
    /// Degraded past its grace.
    Health,
    /// A verification gate.
    Verification,
    /// A bake gate.
    Bake,
}

impl Cause {
    /// Whether a promotion with this cause, and this request behind it, goes back without having been asked to.
    pub fn is_automatic_rollback(self, request: Option<&ActId>) -> bool {
        self == Self::Rollback && request.is_none()
    }
}

impl Event {
    /// Whether it goes back without having been asked to.
    pub fn is_automatic_rollback(&self) -> bool {
        matches!(self, Self::Promoted { cause, q, .. } if cause.is_automatic_rollback(q.as_ref()))
    }

    /// The event's name, as in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Claimed { .. } => "Claimed",
            Self::Configured { .. } => "Configured",
            Self::Confirmed { .. } => "Confirmed",
            Self::Released { .. } => "Released",
            Self::Adopted { .. } => "Adopted",
            Self::Requested { .. } => "Requested",
            Self::Closed { .. } => "Closed",
            Self::Approved { .. } => "Approved",
            Self::Unapproved { .. } => "Unapproved",
            Self::Held { .. } => "Held",
            Self::Lifted { .. } => "Lifted",
            Self::Overridden { .. } => "Overridden",
            Self::Cleared { .. } => "Cleared",
            Self::Proposed { .. } => "Proposed",
            Self::Promoted { .. } => "Promoted",
            Self::Landed { .. } => "Landed",
            Self::Undone { .. } => "Undone",
            Self::Pinned { .. } => "Pinned",
            Self::Unpinned { .. } => "Unpinned",
            Self::Live { .. } => "Live",
            Self::Unlive { .. } => "Unlive",
            Self::Started { .. } => "Started",
            Self::Judged { .. } => "Judged",
            Self::Verified { .. } => "Verified",
            Self::Baked { .. } => "Baked",
            Self::Failed { .. } => "Failed",
            Self::Revoked { .. } => "Revoked",
            Self::Rejected { .. } => "Rejected",
        }
    }

    /// The key of the environment it is about, where it is about one.
    pub fn environment(&self) -> Option<&Name> {
        match self {
            Self::Adopted { env, .. }
            | Self::Requested { env, .. }
            | Self::Approved { env, .. }
            | Self::Cleared { env, .. }
            | Self::Proposed { env, .. }
            | Self::Promoted { env, .. }
            | Self::Pinned { env, .. }
            | Self::Unpinned { env, .. }
            | Self::Live { env, .. }
            | Self::Unlive { env, .. }
            | Self::Started { env, .. }
            | Self::Judged { env, .. }
            | Self::Verified { env, .. }
            | Self::Baked { env, .. }
            | Self::Failed { env, .. }
            | Self::Revoked { env, .. }
            | Self::Rejected { env, .. } => Some(env),
            _ => None,
        }
    }
}
