//! How well something keeps its meaning when it moves.

/// What becomes of a construct, for those who assess and those who convert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fidelity {
    /// It does the same.
    Exact,
    /// It does nearly the same; the difference is listed.
    Approximate,
    /// It has no effect there, for this reason.
    Dropped(&'static str),
    /// A person has to decide or change something first.
    NeedsPerson,
    /// Nobody can tell from here.
    Undetermined,
    /// It stays on GitHub.
    Keep,
}

impl Fidelity {
    /// The one of this name; `reason` says why, where that belongs to it.
    #[must_use]
    pub fn named(name: &str, reason: &'static str) -> Option<Self> {
        let all = [
            Self::Exact,
            Self::Approximate,
            Self::Dropped(reason),
            Self::NeedsPerson,
            Self::Undetermined,
            Self::Keep,
        ];
        all.into_iter().find(|fidelity| fidelity.name() == name)
    }

    /// Its name, which stays the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Approximate => "approximate",
            Self::Dropped(_) => "dropped",
            Self::NeedsPerson => "needs-person",
            Self::Undetermined => "undetermined",
            Self::Keep => "keep",
        }
    }
}
