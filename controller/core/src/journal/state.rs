//! `state.json`: the fold of all events, as small as it can be and complete enough to go on from.
//!
//! Members are declared in the order in which they are written, by name, so that nothing has to be sorted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decide::IRREVERSIBLE;
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
    /// Approvals that may still count.
    pub approvals: Vec<ApprovalRecord>,
    /// How many files `archive/` has.
    pub archive: Archive,
    /// The time of the last event.
    pub at: Time,
    /// Environments by key; removed ones stay, so that tries are never reused.
    pub envs: BTreeMap<Name, EnvironmentState>,
    /// Holds in force as of the last event; one that is over leaves with the next event.
    pub holds: Vec<Hold>,
    /// The images of a complete release.
    pub images: Vec<ImageName>,
    /// The ledger's id.
    pub ledger: LedgerId,
    /// The number of the last event.
    pub n: u64,
    /// Who may write machine facts and promotions.
    pub owner: Owner,
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Releases in the order of their sequence; baselines among them.
    pub releases: Vec<Release>,
    /// Open requests.
    pub requests: Vec<Request>,
    /// `main`, or `satellite` in a second repository.
    pub role: Role,
    /// There once a person accepted the loss of a journal: promotion ids made since contain it, so that none is
    /// ever made twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<Salt>,
    /// The newest commit of each branch that the journal accounts for.
    pub seen: BTreeMap<String, Seen>,
    /// The sequence number of the last release.
    pub seq: u64,
    /// The format's version.
    pub v: u32,
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
    /// Goes up by one with each claim.
    pub epoch: u32,
    /// Who.
    pub id: OwnerId,
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
    /// What is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Current>,
    /// How often in a row a verification was cut short, by a newer promotion or because the release was not live any
    /// more.
    pub churn: u32,
    /// A promotion that is journalled and not yet known to have landed (hosts without atomic push).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committing: Option<Current>,
    /// As it was last configured.
    pub config: EnvironmentConfig,
    /// The most tries of any release that left `tries` for the archive.
    pub forgotten: u32,
    /// Releases that were good here, the latest last; at most 10.
    pub good: Vec<Good>,
    /// High-water mark: the highest rank ever promoted here.
    pub hw: Rank,
    /// Releases that are Verified here.
    pub ok: BTreeMap<ReleaseId, Okay>,
    /// A foreign commit that changed managed fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// An open pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Proposal>,
    /// What does not come again by itself.
    pub rejected: Vec<Rejection>,
    /// Whether the pipeline no longer has it.
    pub removed: bool,
    /// How often each release was promoted here.
    pub tries: BTreeMap<ReleaseId, u32>,
    /// Approvals with a number up to this are void.
    pub voids: u64,
}

/// What an environment runs, or is on its way to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Current {
    /// When it was promoted or adopted.
    pub at: Time,
    /// When it was last seen not to run any more; being live counts from there at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<Time>,
    /// Why it came.
    pub cause: Cause,
    /// The commit that wrote it.
    pub commit: CommitId,
    /// What it failed at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failure>,
    /// What was here before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ReleaseId>,
    /// Hash of the entry gates it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates: Option<GateHash>,
    /// Proven to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveSince>,
    /// How far it is.
    pub phase: Phase,
    /// The promotion; none for a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<Pid>,
    /// The request behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<ActId>,
    /// The release.
    pub r: ReleaseId,
    /// Gates that began.
    pub runs: BTreeMap<GateName, Run>,
    /// Since when `phase` holds.
    pub since: Time,
    /// Which try it is; 0 for a baseline.
    #[serde(rename = "try")]
    pub attempt: u32,
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
    /// When it began.
    pub at: Time,
    /// When it counts as lost.
    pub deadline: Time,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many of its tries ended in Error.
    pub errors: u32,
    /// The definition it is bound to.
    pub gates: GateHash,
    /// What the run is found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// How many of its tries ended Inconclusive.
    pub inconclusive: u32,
    /// Which try.
    #[serde(rename = "try")]
    pub attempt: u32,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// What a promotion failed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// When that was recorded.
    pub at: Time,
    /// At which gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateName>,
    /// Whether Towpath put up a hold because of it: it does so once, and a person's lifting it counts.
    pub held: bool,
    /// In which part of its life.
    pub phase: FailedPhase,
}

/// An open pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// When it was proposed.
    pub at: Time,
    /// The head commit.
    pub head: CommitId,
    /// The promotion.
    pub pid: Pid,
    /// Its number on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr: Option<u64>,
    /// The release.
    pub r: ReleaseId,
}

/// A foreign commit that changed managed fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// When it was recorded.
    pub at: Time,
    /// The tip at which it was seen.
    pub commit: CommitId,
    /// What the fields say now.
    pub set: Vec<String>,
}

/// A release that was good here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Good {
    /// When it was verified, or its bake passed.
    pub at: Time,
    /// Whether its bake passed.
    pub baked: bool,
    /// Under which gates.
    pub gates: GateHash,
    /// The release.
    pub r: ReleaseId,
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
    /// When.
    pub at: Time,
    /// The digests.
    pub digests: Vec<Digest>,
    /// The release they were rejected with.
    pub r: ReleaseId,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// When it was recorded.
    pub at: Time,
    /// Who wrote what is in it.
    pub authors: Vec<Actor>,
    /// The exact bytes of an adopted baseline.
    pub fields: Vec<FieldBytes>,
    /// Its images, sorted; empty for an opaque baseline.
    pub images: Vec<Image>,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
    /// CI's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// Its id.
    pub r: ReleaseId,
    /// Its place in the journal's order; 0 for a baseline.
    pub seq: u64,
}

/// A person's consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRecord {
    /// When.
    pub at: Time,
    /// Who.
    pub by: Actor,
    /// For which environment.
    pub env: Name,
    /// Under which entry gates.
    pub gates: GateHash,
    /// The person's groups then.
    pub groups: Vec<String>,
    /// The number of its event, by which it is taken back.
    pub n: u64,
    /// For which release.
    pub r: ReleaseId,
    /// Until when it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// A hold in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// When.
    pub at: Time,
    /// Who.
    pub by: Actor,
    /// Its id.
    pub id: ActId,
    /// Why.
    pub reason: String,
    /// Which environments.
    pub select: Select,
    /// What it stops.
    pub stops: Vec<Stop>,
    /// What it keeps out.
    pub subject: Subject,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// An open request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// When.
    pub at: Time,
    /// Who.
    pub by: Actor,
    /// For which environment.
    pub env: Name,
    /// What is wanted.
    pub kind: RequestKind,
    /// Entry gates to leave out.
    pub overrides: Vec<String>,
    /// Its id.
    pub q: ActId,
    /// Which release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r: Option<ReleaseId>,
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
        let state: Self = serde_json::from_slice(bytes).map_err(|e| unreadable(bytes, &e))?;
        if state.v != FORMAT {
            return Err(of_another_format(state.v));
        }
        // What does not read back byte for byte has members or an order that this version does not know.
        match state.to_bytes() == bytes {
            true => Ok(state),
            false => Err("state.json is not in canonical form; use a newer towpath".to_owned()),
        }
    }

    /// The bytes of `state.json`: sorted keys, one record a line.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::text::records(self)
    }
}

/// Why a `state.json` cannot be read: rather its version than what that version has.
fn unreadable(bytes: &[u8], error: &serde_json::Error) -> String {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    match serde_json::from_slice::<Version>(bytes) {
        Err(error) => format!("state.json: {error}"),
        Ok(version) if version.v != FORMAT => of_another_format(version.v),
        Ok(_) => format!("state.json: {error}; use a newer towpath"),
    }
}

fn of_another_format(v: u32) -> String {
    format!("state.json has format {v}, this towpath reads {FORMAT}; use a newer towpath")
}

impl Release {
    /// Its rank.
    pub fn rank(&self) -> Rank {
        match self.seq {
            0 => Rank::default(),
            seq => Rank { order: self.order.unwrap_or(0), seq },
        }
    }

    /// Whether it changes what older releases cannot work with, as its label says.
    pub fn is_irreversible(&self) -> bool {
        self.labels.get(IRREVERSIBLE).is_some_and(|value| value == "true")
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
