//! Planted bugs that the simulator must find. Without the feature `museum` nothing of it is compiled in.

/// A bug of a kind that promoters have had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bug {
    /// After a lost race the old plan is pushed again on the new tip.
    NoRecheckAfterLostRace,
    /// Health that was read before the promotion counts.
    StaleHealth,
    /// After loss of state the release is promoted once more.
    RepromotionAfterStateLoss,
    /// The newest release is found by its name.
    OrderByName,
    /// A sample that is not a number is not a bad one.
    NanPasses,
    /// A replica that slept does not look for new holds.
    HoldIgnored,
    /// A release that a person took out goes onward.
    RevertGoesOnward,
    /// Trailers are taken for facts.
    ForgedPromotionBelieved,
    /// Tries are counted on the branch.
    PidReused,
}

/// All of them.
pub const ALL: [Bug; 9] = [
    Bug::NoRecheckAfterLostRace,
    Bug::StaleHealth,
    Bug::RepromotionAfterStateLoss,
    Bug::OrderByName,
    Bug::NanPasses,
    Bug::HoldIgnored,
    Bug::RevertGoesOnward,
    Bug::ForgedPromotionBelieved,
    Bug::PidReused,
];

#[cfg(feature = "museum")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants one bug in this thread, or takes it out.
#[cfg(feature = "museum")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this bug is planted.
#[cfg(feature = "museum")]
pub fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this bug is planted: never, in what people run.
#[cfg(not(feature = "museum"))]
pub const fn planted(_: Bug) -> bool {
    false
}
