//! What happens in each opening.

use super::Act::{
    self, Approve, ByHand, Commit, Hold, Incident, Irreversible, Lift, Merge, Minutes, Release, Resume,
    SleepInPush,
};
use super::Opening;

/// How long a release takes to be Verified in staging, at most.
const STAGED: Act = Minutes(14);

/// In each the first version is in production and has baked, before anything else.
const FIRST: [Act; 4] = [Release(1), STAGED, Approve(1), Minutes(26)];

const ONWARD: &[Act] =
    &[Release(2), STAGED, Approve(2), Minutes(26), Hold, Release(3), Minutes(2), Lift, STAGED];

const APPROVED_TOO_EARLY: &[Act] =
    &[Release(2), STAGED, Approve(2), Minutes(5), Release(3), Minutes(6), Approve(3), Minutes(25)];

const TWO_SOAKS: &[Act] = &[Release(2), Approve(2), Minutes(30)];

const BACK_PAST_REJECTED: &[Act] = &[
    Release(2),
    STAGED,
    Approve(2),
    Minutes(2),
    Incident("production", 1),
    Minutes(12),
    ByHand("production", 2),
    Minutes(30),
    Release(3),
    STAGED,
    Approve(3),
    Minutes(2),
    Incident("production", 1),
    Minutes(20),
];

const FAILS_TWICE: &[Act] =
    &[Release(2), STAGED, Approve(2), Minutes(2), Incident("production", 15), Minutes(25)];

const BY_PULL_REQUEST: &[Act] =
    &[Merge, Minutes(25), Release(2), STAGED, Approve(2), Minutes(2), Merge, Minutes(10)];

const IRREVERSIBLE: &[Act] = &[Irreversible(2), STAGED, Approve(2), Minutes(30)];

const TAKEN_OUT: &[Act] = &[
    Release(2),
    Minutes(6),
    Commit("staging", 1),
    STAGED,
    Resume("staging"),
    Minutes(12),
    Approve(2),
    Minutes(8),
];

const STORM: &[Act] = &[
    Release(2),
    Minutes(8),
    Approve(2),
    Minutes(5),
    Incident("dev", 5),
    Incident("staging", 5),
    Incident("load", 5),
    Incident("production", 5),
    Minutes(20),
];

const FAILS_UPSTREAM: &[Act] =
    &[Irreversible(2), STAGED, Approve(2), Minutes(6), Release(3), STAGED, Approve(3), Minutes(20)];

const SLEEPS_IN_PUSH: &[Act] = &[Release(2), SleepInPush, Minutes(3), Lift, STAGED, Approve(2), Minutes(26)];

const GATED: &[Act] = &[Minutes(10), Release(2), STAGED, Approve(2), Minutes(40)];

impl Opening {
    /// What happens.
    pub(crate) fn acts(self) -> Vec<Act> {
        let rest = match self {
            Self::Onward => ONWARD,
            Self::ApprovedTooEarly => APPROVED_TOO_EARLY,
            Self::TwoSoaks => TWO_SOAKS,
            Self::BackPastRejected => BACK_PAST_REJECTED,
            Self::FailsTwice => FAILS_TWICE,
            Self::ByPullRequest => BY_PULL_REQUEST,
            Self::Irreversible => IRREVERSIBLE,
            Self::TakenOut => TAKEN_OUT,
            Self::Storm => STORM,
            Self::FailsUpstream => FAILS_UPSTREAM,
            Self::SleepsInPush => SLEEPS_IN_PUSH,
            Self::Gated => GATED,
        };
        FIRST.into_iter().chain(rest.iter().copied()).collect()
    }
}
