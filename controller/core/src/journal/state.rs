//! `state.json`: the fold of all events, as small as it can be and complete enough to go on from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{Cause, EnvironmentConfig, FailedPhase, FieldBytes, RequestKind};
use crate::hold::{Select, Stop, Subject};
use crate::id::{
    ActId, Actor, CommitId, Digest, GateHash, GateName, Handle, ImageName, LedgerId, Name, OwnerId, Pid,
    PipelineId, ReleaseId, Salt, TreeId,
};
use crate::release::{Image, Rank};
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// The version of `state.json` and of the journal's messages that this code writes.
pub const FORMAT: u32 = 1;
/// A `state.json` larger than this takes no new releases (`LedgerFull`).
pub const FULL_BYTES: usize = 900 * 1024;
/// The most releases that stay in `state.json`.
pub const MAX_RELEASES: usize = 1000;

/// Everything that is known of a pipeline after some event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The format's version.
    pub v: u32,
    /// The ledger's id.
    pub ledger: LedgerId,
    /// There once a person accepted the loss of a journal: promotion ids made since contain it, so that none is
    /// ever made twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<Salt>,
    /// The pipeline.
    pub pipeline: PipelineId,
    /// `main`, or `satellite` in a second repository.
    pub role: Role,
    /// Who may write machine facts and promotions.
    pub owner: Owner,
    /// The number of the last event.
    pub n: u64,
    /// The time of the last event.
    pub at: Time,
    /// The sequence number of the last release.
    pub seq: u64,
    /// The images of a complete release.
    pub images: Vec<ImageName>,
    /// How many files `archive/` has.
    pub archive: Archive,
    /// The newest commit of each branch that the journal accounts for.
    pub seen: BTreeMap<String, Seen>,
    /// Environments by key; removed ones stay, so that tries are never reused.
    pub envs: BTreeMap<Name, EnvironmentState>,
    /// Releases in the order of their sequence; baselines among them.
    pub releases: Vec<Release>,
    /// Approvals that may still count.
    pub approvals: Vec<ApprovalRecord>,
    /// Holds in force as of the last event; one that is over leaves with the next event.
    pub holds: Vec<Hold>,
    /// Open requests.
    pub requests: Vec<Request>,
}

/// How far the journal accounts for a branch. Every promotion moves it, so a later commit that claims a later
/// event than this is one that the journal lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The newest commit that is accounted for.
    pub commit: CommitId,
    /// The event that accounted for it.
    pub n: u64,
}

/// Which journal of a pipeline this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Releases and sequence live here.
    Main,
    /// Environments in another repository.
    Satellite,
}

/// The owner of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Who.
    pub id: OwnerId,
    /// Goes up by one with each claim.
    pub epoch: u32,
}

/// The archive's size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Number of files, `archive/00001.jsonl` the first.
    pub chunks: u32,
}

/// One environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentState {
    /// As it was last configured.
    pub config: EnvironmentConfig,
    /// Whether the pipeline no longer has it.
    pub removed: bool,
    /// High-water mark: the highest rank ever promoted here.
    pub hw: Rank,
    /// What is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Current>,
    /// A promotion that is journalled and not yet known to have landed (hosts without atomic push).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committing: Option<Current>,
    /// An open pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Proposal>,
    /// A foreign commit that changed managed fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// Releases that were good here, the latest last; at most 10.
    pub good: Vec<Good>,
    /// Releases that are Verified here.
    pub ok: BTreeMap<ReleaseId, Okay>,
    /// How often each release was promoted here.
    pub tries: BTreeMap<ReleaseId, u32>,
    /// What does not come again by itself.
    pub rejected: Vec<Rejection>,
    /// Approvals with a number up to this are void.
    pub voids: u64,
    /// The most tries of any release that left `tries` for the archive.
    pub forgotten: u32,
    /// How often in a row a verification was cut short, by a newer promotion or because the release was not live any
    /// more.
    pub churn: u32,
}

/// What an environment runs, or is on its way to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Current {
    /// The promotion; none for a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<Pid>,
    /// The release.
    pub r: ReleaseId,
    /// Which try it is; 0 for a baseline.
    #[serde(rename = "try")]
    pub attempt: u32,
    /// The commit that wrote it.
    pub commit: CommitId,
    /// Why it came.
    pub cause: Cause,
    /// What was here before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ReleaseId>,
    /// The request behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<ActId>,
    /// Hash of the entry gates it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates: Option<GateHash>,
    /// When it was promoted or adopted.
    pub at: Time,
    /// How far it is.
    pub phase: Phase,
    /// Since when `phase` holds.
    pub since: Time,
    /// Proven to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveSince>,
    /// When it was last seen not to run any more; being live counts from there at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<Time>,
    /// Gates that began.
    pub runs: BTreeMap<GateName, Run>,
    /// What it failed at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failure>,
}

/// How far a promotion is. `Committing` and `Proposed` have members of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// A baseline: found, not brought.
    Adopted,
    /// On the branch, not yet proven to run.
    Syncing,
    /// It runs; its gates are being judged.
    Verifying,
    /// All verification gates passed; its bake may be running.
    Verified,
    /// The bake is over.
    Settled,
    /// A gate or its health failed.
    Failed,
}

/// Since when something runs, and with which bytes around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveSince {
    /// Since when.
    pub since: Time,
    /// The tree of the path.
    pub tree: TreeId,
}

/// A gate that began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Which try.
    #[serde(rename = "try")]
    pub attempt: u32,
    /// What the run is found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// When it began.
    pub at: Time,
    /// When it counts as lost.
    pub deadline: Time,
    /// The definition it is bound to.
    pub gates: GateHash,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many of its tries ended in Error.
    pub errors: u32,
    /// How many of its tries ended Inconclusive.
    pub inconclusive: u32,
}

/// What a promotion failed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// In which part of its life.
    pub phase: FailedPhase,
    /// At which gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateName>,
    /// When that was recorded.
    pub at: Time,
    /// Whether Towpath put up a hold because of it: it does so once, and a person's lifting it counts.
    pub held: bool,
}

/// An open pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The promotion.
    pub pid: Pid,
    /// The release.
    pub r: ReleaseId,
    /// The head commit.
    pub head: CommitId,
    /// Its number on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr: Option<u64>,
    /// When it was proposed.
    pub at: Time,
}

/// A foreign commit that changed managed fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The tip at which it was seen.
    pub commit: CommitId,
    /// What the fields say now.
    pub set: Vec<String>,
    /// When it was recorded.
    pub at: Time,
}

/// A release that was good here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Good {
    /// The release.
    pub r: ReleaseId,
    /// Under which gates.
    pub gates: GateHash,
    /// When it was verified, or its bake passed.
    pub at: Time,
    /// Whether its bake passed.
    pub baked: bool,
    /// The tree of the path with it: whether other bytes changed since is seen when it comes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<TreeId>,
}

/// A release that is Verified here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Okay {
    /// Under which gates.
    pub gates: GateHash,
    /// Under which gates of policies, where there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<GateHash>,
    /// The longest unbroken time that it was live, of the times that are over; seconds.
    pub soak: Span,
}

/// What does not come again by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// The digests.
    pub digests: Vec<Digest>,
    /// The release they were rejected with.
    pub r: ReleaseId,
    /// When.
    pub at: Time,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its id.
    pub r: ReleaseId,
    /// Its place in the journal's order; 0 for a baseline.
    pub seq: u64,
    /// CI's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// When it was recorded.
    pub at: Time,
    /// Its images, sorted; empty for an opaque baseline.
    pub images: Vec<Image>,
    /// Who wrote what is in it.
    pub authors: Vec<Actor>,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
    /// The exact bytes of an adopted baseline.
    pub fields: Vec<FieldBytes>,
}

/// A person's consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRecord {
    /// The number of its event, by which it is taken back.
    pub n: u64,
    /// For which environment.
    pub env: Name,
    /// For which release.
    pub r: ReleaseId,
    /// Under which entry gates.
    pub gates: GateHash,
    /// The person's groups then.
    pub groups: Vec<String>,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Time,
    /// Until when it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// A hold in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Its id.
    pub id: ActId,
    /// Which environments.
    pub select: Select,
    /// What it keeps out.
    pub subject: Subject,
    /// What it stops.
    pub stops: Vec<Stop>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Time,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// An open request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its id.
    pub q: ActId,
    /// For which environment.
    pub env: Name,
    /// Which release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r: Option<ReleaseId>,
    /// What is wanted.
    pub kind: RequestKind,
    /// Entry gates to leave out.
    pub overrides: Vec<String>,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Time,
}

impl State {
    /// The release with this id.
    pub fn release(&self, id: &ReleaseId) -> Option<&Release> {
        // Nearly always one of the newest is asked for.
        self.releases.iter().rfind(|r| &r.r == id)
    }

    /// The id of a promotion from this journal.
    pub fn pid(&self, key: &Name, release: &ReleaseId, attempt: u32) -> Pid {
        Pid::of(&self.ledger, self.salt.as_ref(), key, release, attempt)
    }

    /// The key and state of the environment that has this name now.
    pub fn environment(&self, name: &Name) -> Option<(&Name, &EnvironmentState)> {
        self.envs.iter().find(|(_, e)| &e.config.name == name && !e.removed)
    }

    /// Parses `state.json`; refuses another version by name.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let version: Version = serde_json::from_slice(bytes).map_err(|e| format!("state.json: {e}"))?;
        if version.v != FORMAT {
            return Err(format!(
                "state.json has format {}, this towpath reads {FORMAT}; use a newer towpath",
                version.v
            ));
        }
        let unknown = |e| format!("state.json: {e}; use a newer towpath");
        let state: Self = serde_json::from_slice(bytes).map_err(unknown)?;
        // What does not read back byte for byte has members or an order that this version does not know.
        match state.to_bytes() == bytes {
            true => Ok(state),
            false => Err("state.json is not in canonical form; use a newer towpath".to_owned()),
        }
    }

    /// The bytes of `state.json`: sorted keys, one record a line.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Every key is a string and every number finite, so this cannot fail.
        let value = serde_json::to_value(self).unwrap_or_default();
        super::text::records(value)
    }
}

impl Release {
    /// Its rank.
    pub fn rank(&self) -> Rank {
        match self.seq {
            0 => Rank::default(),
            seq => Rank { order: self.order.unwrap_or(0), seq },
        }
    }

    /// Whether it is an adopted baseline that no release stands for.
    pub fn is_baseline(&self) -> bool {
        self.seq == 0
    }

    /// For people: the versions of its images, or the bytes of an opaque baseline.
    pub fn version(&self) -> String {
        if !self.images.is_empty() {
            return crate::release::version_of(&self.images);
        }
        let raw = self.fields.iter().filter_map(|f| f.raw.as_deref()).collect::<Vec<_>>();
        if raw.is_empty() { "as found".to_owned() } else { raw.join(" ") }
    }
}

impl EnvironmentState {
    /// Whether this digest is rejected here.
    pub fn rejects(&self, digest: &Digest) -> bool {
        self.rejected.iter().any(|r| r.digests.contains(digest))
    }

    /// The longest unbroken time that this release was live and Verified here, as of `now`.
    pub fn soak_of(&self, release: &ReleaseId, now: Time) -> Option<Span> {
        let ended = self.ok.get(release)?.soak;
        let running = self.at.as_ref().filter(|at| &at.r == release).and_then(|at| at.live.as_ref());
        Some(running.map_or(ended, |live| ended.max(now.since(live.since))))
    }
}

impl Run {
    /// Whether it ended without saying anything of the release.
    pub fn is_used_up(&self) -> bool {
        matches!(self.verdict, Some(Verdict::Error | Verdict::Inconclusive))
    }
}

impl Current {
    /// The earliest time from which its being live counts.
    pub fn floor(&self) -> Time {
        self.broken.map_or(self.at, |broken| broken.max(self.at))
    }

    /// The id of the hold that Towpath puts up when this promotion fails: `h-` and the digits of its own id.
    pub fn hold_id(&self) -> Option<ActId> {
        let digits = self.pid.as_ref()?.as_str().trim_start_matches("p-");
        ActId::parse(&format!("h-{digits}")).ok()
    }

    /// Whether it is between commit and verdict.
    pub fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Syncing | Phase::Verifying)
    }
}
