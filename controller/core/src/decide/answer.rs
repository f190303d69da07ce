//! What a decision says.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::event::{Cause, Event, FailedPhase};
use crate::id::{ActId, Actor, GateHash, GateName, Handle, Name, Pid, ReleaseId};
use crate::pipeline::{EntryGate, QaGate};
use crate::release::Image;
use crate::time::{Span, Time};
use crate::world::Evaluation;

/// How long a wait for a notification lasts at most: nothing waits for ever for a message that got lost.
const RESYNC: Span = Span::seconds(60);

/// The whole answer: one entry for every environment, or steps that the ledger needs first.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What the ledger itself needs; then `envs` is empty and to be decided afterwards.
    pub ledger: Vec<Effect>,
    /// The answer for each environment.
    pub envs: BTreeMap<Name, Answer>,
}

/// What one environment does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Do these, in this order.
    Act(Vec<Effect>),
    /// Nothing now; these are in the way. Never empty.
    Wait(Vec<Wait>),
    /// Nothing is left to do.
    Settled,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Write a fact into the journal.
    Record(Event),
    /// Write a promotion commit and its event.
    Promote(Promotion),
    /// Open a pull request with a promotion commit.
    Propose(Promotion),
    /// Turn the required check of the open pull request green or red.
    Check {
        /// The promotion.
        pid: Pid,
        /// Whether it may be merged.
        green: bool,
        /// Why not, or that all gates hold.
        summary: String,
    },
    /// Journal the start of a QA run under the runner's handle, then start it.
    StartQa(QaStart),
    /// Make sure that a QA run whose start is journalled did start.
    EnsureQa(QaStart, Handle),
    /// Ask for a metric.
    Measure(Measurement),
    /// Ask for an evaluation.
    Evaluate(Evaluation),
}

impl Effect {
    /// The promotion that it writes or offers, where it does.
    pub fn promotion(&self) -> Option<&Promotion> {
        match self {
            Self::Promote(promotion) | Self::Propose(promotion) => Some(promotion),
            _ => None,
        }
    }

    /// Whether it brings a commit to the host, on the branch or on one of its own.
    pub fn moves(&self) -> bool {
        self.promotion().is_some()
    }

    /// Whether it writes a fact into the journal that stands by itself, without a commit.
    pub fn records(&self) -> bool {
        matches!(self, Self::Record(_) | Self::StartQa(_))
    }

    /// Whether it goes back without having been asked to: what the storm rule of contract C11 counts.
    pub fn is_automatic_rollback(&self) -> bool {
        matches!(self, Self::Promote(p) if p.cause.is_automatic_rollback(p.q.as_ref()))
    }
}

/// A promotion to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion {
    /// The environment's key.
    pub key: Name,
    /// Its name.
    pub environment: Name,
    /// The release.
    pub r: ReleaseId,
    /// The promotion's id.
    pub pid: Pid,
    /// Which try it is.
    pub attempt: u32,
    /// Why.
    pub cause: Cause,
    /// What is there now.
    pub from: Option<ReleaseId>,
    /// The request behind it.
    pub q: Option<ActId>,
    /// Who wants it.
    pub actor: Actor,
    /// Hash of the entry gates.
    pub gates: GateHash,
    /// Where it was Verified: environment, promotion, gates.
    pub upstream: Vec<(Name, Option<Pid>, GateHash)>,
    /// What a rollback leaves.
    pub rejects: Vec<Image>,
    /// For people: why it goes back.
    pub because: Option<String>,
    /// The entry gates that a person passed by, each with the reason.
    pub overrides: Vec<(EntryGate, String)>,
}

/// A QA run to be started.
#[derive(Debug, Clone, PartialEq)]
pub struct QaStart {
    /// The environment's key.
    pub key: Name,
    /// Its name.
    pub environment: Name,
    /// The promotion.
    pub pid: Pid,
    /// The release under test.
    pub r: ReleaseId,
    /// The gate.
    pub gate: GateName,
    /// The definition it is bound to.
    pub hash: GateHash,
    /// Which try.
    pub attempt: u32,
    /// What to run.
    pub qa: QaGate,
    /// When it counts as lost.
    pub deadline: Time,
}

/// A metric to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// The promotion.
    pub pid: Pid,
    /// The gate.
    pub gate: GateName,
    /// The query.
    pub query: String,
    /// First sample.
    pub from: Time,
    /// Last sample.
    pub to: Time,
    /// Distance of the samples.
    pub step: Span,
}

/// Why nothing happens, what would change that, and when to look again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// The reason, for programs.
    pub code: WaitCode,
    /// The reason, a sentence for people.
    pub text: String,
    /// What is in the way: an environment, a hold, a gate.
    pub object: String,
    /// The next thing to type or do; empty where only time helps.
    pub remedy: String,
    /// When to look again.
    pub when: When,
}

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum When {
    /// Exactly then.
    At(Time),
    /// When this source says something, and at that time even if it does not.
    On(Source, Time),
}

/// Who could say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Source {
    /// A commit on the branch or in the journal.
    Git,
    /// What is live.
    Liveness,
    /// A QA runner.
    Qa,
    /// A metric provider.
    Metrics,
    /// A person.
    Person,
}

/// Reasons for waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum WaitCode {
    /// A gate of the approval kind lacks consent.
    ApprovalNeeded,
    /// The bake is running.
    Baking,
    /// A newer release waits for a current reading of the bake.
    BakeReading,
    /// An eligible release is below the highest that was here.
    BelowHighWater,
    /// The branch does not exist.
    BranchMissing,
    /// The folder's files cannot be edited safely.
    CannotEdit,
    /// This host's clock is behind the journal.
    ClockBehind,
    /// Another pipeline writes the same field.
    ConflictingWriter,
    /// Degraded, still within its grace.
    Degraded,
    /// It failed, and going back is a person's matter here.
    Failed,
    /// Another pipeline does not have live what this one needs.
    DependencyNotLive,
    /// A gate used up its tries in Error.
    GateError,
    /// A gate used up its tries Inconclusive.
    GateInconclusive,
    /// A gate is not true of the release.
    GateNotTrue,
    /// Nobody answers what a gate asks.
    GateUnanswered,
    /// A hold is in force.
    Held,
    /// The branch was rewritten.
    HistoryRewritten,
    /// The release lacks an image of the pipeline.
    Incomplete,
    /// What was decided would have broken an invariant, and was refused.
    InvariantViolated,
    /// It failed, and its release says that there is no way back.
    Irreversible,
    /// The journal is missing or older than the branch says.
    JournalLost,
    /// Nobody can tell what is live.
    LivenessUnknown,
    /// The metrics source does not answer.
    MetricsUnavailable,
    /// Each upstream environment Verified something, and none of it is the same.
    NoCommonRelease,
    /// Releases do not come here by themselves.
    NotAutomatic,
    /// Not looked at yet.
    NotObserved,
    /// There is nothing to go back to.
    NoRollbackTarget,
    /// Another promotion is running here.
    Occupied,
    /// Another host owns the ledger.
    OwnedByOther,
    /// The folder does not exist.
    PathMissing,
    /// A person changed the managed fields.
    Pinned,
    /// A pull request is open.
    Proposed,
    /// The host does not take the commit.
    PushRefused,
    /// Its digests are rejected here.
    Rejected,
    /// A rollback failed; there is no second one.
    RollbackFailed,
    /// A hold stops the rollback.
    RollbackHeld,
    /// Too many rollbacks in a short time.
    RollbackStorm,
    /// Not long enough upstream.
    Soaking,
    /// Healthy, not long enough.
    Stabilizing,
    /// Verifications are cut short again and again, and none comes to a verdict.
    StarvedByChurn,
    /// Not live within its time.
    SyncStalled,
    /// On its way to being live.
    Syncing,
    /// Not Verified upstream.
    UpstreamNotVerified,
    /// A gate is being judged.
    Verifying,
    /// A window is closed.
    WindowClosed,
}

impl Wait {
    /// A wait; its object is added by [`Wait::about`].
    pub fn new(code: WaitCode, text: impl Into<String>, remedy: impl Into<String>, when: When) -> Self {
        Self { code, text: text.into(), object: String::new(), remedy: remedy.into(), when }
    }

    /// Names what is in the way.
    pub fn about(mut self, object: impl fmt::Display) -> Self {
        self.object = object.to_string();
        self
    }

    /// Looks again at this time already.
    pub(super) fn no_later_than(self, time: Option<Time>) -> Self {
        Self { when: self.when.no_later_than(time), ..self }
    }
}

impl WaitCode {
    /// Whether only a person can end it.
    pub fn needs_person(self) -> bool {
        use WaitCode as W;
        matches!(
            self,
            W::ApprovalNeeded
                | W::BranchMissing
                | W::CannotEdit
                | W::ConflictingWriter
                | W::Failed
                | W::GateError
                | W::GateInconclusive
                | W::Held
                | W::HistoryRewritten
                | W::InvariantViolated
                | W::Irreversible
                | W::JournalLost
                | W::NoRollbackTarget
                | W::OwnedByOther
                | W::PathMissing
                | W::Pinned
                | W::PushRefused
                | W::RollbackFailed
                | W::RollbackHeld
        )
    }

    /// Whether somebody should be told at once.
    pub fn is_alarm(self) -> bool {
        use WaitCode as W;
        matches!(
            self,
            W::Failed
                | W::HistoryRewritten
                | W::InvariantViolated
                | W::Irreversible
                | W::JournalLost
                | W::NoRollbackTarget
                | W::RollbackFailed
                | W::RollbackHeld
                | W::RollbackStorm
                | W::SyncStalled
        )
    }
}

impl fmt::Display for WaitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl When {
    /// At this time, but never in the past: then at the next resynchronisation.
    pub fn at(time: Time, now: Time) -> Self {
        if time > now { Self::At(time) } else { Self::resync(now) }
    }

    /// When git says something.
    pub fn resync(now: Time) -> Self {
        Self::On(Source::Git, now.plus(RESYNC))
    }

    /// When this source says something.
    pub fn on(source: Source, now: Time) -> Self {
        Self::On(source, now.plus(RESYNC))
    }

    /// The same, but not later than this time.
    pub(super) fn no_later_than(self, time: Option<Time>) -> Self {
        match (self, time) {
            (Self::At(at), Some(time)) => Self::At(at.min(time)),
            (Self::On(source, at), Some(time)) => Self::On(source, at.min(time)),
            (when, None) => when,
        }
    }

    /// The time at which to look again at the latest.
    pub fn latest(self) -> Time {
        match self {
            Self::At(time) | Self::On(_, time) => time,
        }
    }
}

/// For people: what a promotion failed at.
pub(crate) fn failure_text(phase: FailedPhase, gate: Option<&GateName>) -> String {
    match (phase, gate) {
        (FailedPhase::Health, _) => "it was Degraded for too long".to_owned(),
        (FailedPhase::Verification, Some(gate)) => format!("{gate} failed"),
        (FailedPhase::Bake, Some(gate)) => format!("{gate} failed during the bake"),
        (_, None) => "it failed".to_owned(),
    }
}
