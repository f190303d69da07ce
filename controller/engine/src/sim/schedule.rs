//! The faults of a run: each has a number of its own, so that one alone can be left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Which fault of a run: the step, and which one of that step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId {
    step: u32,
    nth: u32,
}

impl FaultId {
    /// Reads `STEP.NTH`.
    pub fn parse(text: &str) -> Option<Self> {
        let (step, nth) = text.split_once('.')?;
        Some(Self { step: step.parse().ok()?, nth: nth.parse().ok()? })
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step, self.nth)
    }
}

/// What goes wrong, or comes from outside without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each says it with its name, and `Kind::text` in a sentence")]
pub enum Kind {
    CrashBefore,
    CrashAfter,
    Unreachable,
    LostAnswer,
    CommitBetween,
    FieldsBetween,
    HoldBetween,
    PassBetween,
    NeighbourBetween,
    HangingCall,
    ShallowHost,
    ClockBehind,
    PartialFacts,
    MetricsDown,
    ClusterDown,
    SlowQa,
    NodeLost,
    NoRevision,
    Incident,
    ExpressionChanges,
    ForeignCommit,
    Hold,
    Request,
    Rewire,
    LostCaches,
    EarlyNotice,
    DoubledNotice,
    LostNotice,
    Forgery,
    BranchRewound,
    JournalLost,
    ReadFails,
    StaleRefs,
    StaleAnswer,
    CutHistory,
    PartialAnswer,
    SlowCall,
    LateArrival,
    PauseBetween,
    HoldInPause,
    Paused,
    ClockAhead,
    HoursGoBy,
    PullRequestsDown,
    DigestDeleted,
    TagMoved,
    Storm,
    HttpChanges,
    HttpDown,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 49] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::Unreachable,
        Self::LostAnswer,
        Self::CommitBetween,
        Self::FieldsBetween,
        Self::HoldBetween,
        Self::PassBetween,
        Self::NeighbourBetween,
        Self::HangingCall,
        Self::ShallowHost,
        Self::ClockBehind,
        Self::PartialFacts,
        Self::MetricsDown,
        Self::ClusterDown,
        Self::SlowQa,
        Self::NodeLost,
        Self::NoRevision,
        Self::Incident,
        Self::ExpressionChanges,
        Self::ForeignCommit,
        Self::Hold,
        Self::Request,
        Self::Rewire,
        Self::LostCaches,
        Self::EarlyNotice,
        Self::DoubledNotice,
        Self::LostNotice,
        Self::Forgery,
        Self::BranchRewound,
        Self::JournalLost,
        Self::ReadFails,
        Self::StaleRefs,
        Self::StaleAnswer,
        Self::CutHistory,
        Self::PartialAnswer,
        Self::SlowCall,
        Self::LateArrival,
        Self::PauseBetween,
        Self::HoldInPause,
        Self::Paused,
        Self::ClockAhead,
        Self::HoursGoBy,
        Self::PullRequestsDown,
        Self::DigestDeleted,
        Self::TagMoved,
        Self::Storm,
        Self::HttpChanges,
        Self::HttpDown,
    ];

    /// What it is, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::CrashBefore => "crash before an effect",
            Self::CrashAfter => "crash after an effect",
            Self::Unreachable => "a call that never arrives",
            Self::LostAnswer => "an answer that is lost",
            Self::CommitBetween => "somebody commits elsewhere right before an effect",
            Self::FieldsBetween => "somebody changes managed fields right before an effect",
            Self::HoldBetween => "somebody holds right before an effect",
            Self::PassBetween => "another replica passes right before an effect",
            Self::NeighbourBetween => "another pipeline moves the branch right before an effect",
            Self::HangingCall => "a call that hangs for minutes",
            Self::ShallowHost => "a host with nothing but a shallow copy",
            Self::ClockBehind => "a clock that jumped back",
            Self::PartialFacts => "nothing is known of the other pipeline",
            Self::MetricsDown => "metrics cannot be read, or can again",
            Self::ClusterDown => "the cluster does not answer",
            Self::SlowQa => "QA runs take their time",
            Self::NodeLost => "an environment is unhealthy for a while",
            Self::NoRevision => "a status without its commit",
            Self::Incident => "an environment has errors whatever it runs",
            Self::ExpressionChanges => "an expression becomes true, false or broken",
            Self::ForeignCommit => "a person's commit",
            Self::Hold => "a person holds or lifts",
            Self::Request => "a person promotes, rolls back, clears or resumes",
            Self::Rewire => "an administrator changes the gates",
            Self::LostCaches => "all caches are lost",
            Self::EarlyNotice => "a host is told that something happened, and nothing did",
            Self::DoubledNotice => "a host is told twice",
            Self::LostNotice => "a host is not told that a QA run ended",
            Self::Forgery => "a commit with forged trailers",
            Self::BranchRewound => "the branch is rewound by force",
            Self::JournalLost => "the journal is lost, or an old one comes back",
            Self::ReadFails => "a read that fails",
            Self::StaleRefs => "refs as they were up to a minute ago",
            Self::StaleAnswer => "QA, liveness or a pull request as it was a while ago",
            Self::CutHistory => "a history that is cut short",
            Self::PartialAnswer => "liveness without an Application, or without images",
            Self::SlowCall => "a read that takes long",
            Self::LateArrival => "a push that arrives after its caller gave it up",
            Self::PauseBetween => "a replica sleeps between two effects, and another passes meanwhile",
            Self::HoldInPause => "a replica sleeps between two effects, and somebody holds meanwhile",
            Self::Paused => "a replica that does not pass for a while",
            Self::ClockAhead => "a clock that is ahead",
            Self::HoursGoBy => "hours in which nobody passes",
            Self::PullRequestsDown => "the host of pull requests does not answer",
            Self::DigestDeleted => "a digest is gone from the registry",
            Self::TagMoved => "a tag is moved to another digest",
            Self::Storm => "all environments have errors at once",
            Self::HttpChanges => "a system outside changes its mind",
            Self::HttpDown => "a system outside has an error, or does not answer",
        }
    }
}

/// Kinds that do the same harm, so that one stands in where another does not strike: what breaks an effect off, who is
/// faster, what makes a host forget, what tells it to look, what has errors, what takes minutes.
pub const GROUPS: [&[Kind]; 6] = [
    &[Kind::CrashBefore, Kind::CrashAfter, Kind::Unreachable, Kind::LostAnswer, Kind::LateArrival],
    &[
        Kind::CommitBetween,
        Kind::FieldsBetween,
        Kind::HoldBetween,
        Kind::PassBetween,
        Kind::NeighbourBetween,
        Kind::StaleRefs,
    ],
    &[
        Kind::CrashBefore,
        Kind::CrashAfter,
        Kind::ShallowHost,
        Kind::LostCaches,
        Kind::PassBetween,
        Kind::PauseBetween,
        Kind::CutHistory,
    ],
    &[Kind::EarlyNotice, Kind::DoubledNotice],
    &[Kind::Incident, Kind::Storm],
    &[Kind::HangingCall, Kind::PauseBetween, Kind::HoldInPause],
];

/// How often something went wrong, and how often that came to anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How often it was planned.
    pub planned: u64,
    /// How often it took place: there was an effect to strike, a call to delay.
    pub struck: u64,
}

/// The faults of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schedule {
    /// When given, no other fault strikes.
    only: Option<BTreeSet<FaultId>>,
    /// These do not strike at all.
    spared: BTreeSet<Kind>,
    step: u32,
    next: u32,
    /// Those that struck, or would have.
    pub(crate) planned: Vec<(FaultId, Kind)>,
    pub(crate) counts: BTreeMap<Kind, Count>,
}

impl Schedule {
    pub(crate) fn new(only: Option<BTreeSet<FaultId>>, spared: BTreeSet<Kind>) -> Self {
        Self { only, spared, ..Self::default() }
    }

    /// The next step begins.
    pub(crate) fn begin(&mut self, step: u32) {
        (self.step, self.next) = (step, 0);
    }

    /// Plans a fault: whether it is to happen in this run.
    pub(crate) fn plans(&mut self, kind: Kind) -> bool {
        let id = FaultId { step: self.step, nth: self.next };
        self.next += 1;
        let happens =
            self.only.as_ref().is_none_or(|only| only.contains(&id)) && !self.spared.contains(&kind);
        if happens {
            self.planned.push((id, kind));
            self.counts.entry(kind).or_default().planned += 1;
        }
        happens
    }

    /// Notes that a fault took place.
    pub(crate) fn struck(&mut self, kind: Kind) {
        self.counts.entry(kind).or_default().struck += 1;
    }
}
