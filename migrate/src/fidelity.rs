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
    /// Names of all, best first.
    pub const NAMES: [&str; 6] = ["exact", "approximate", "dropped", "needs-person", "undetermined", "keep"];

    /// Its place among them.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Exact => 0,
            Self::Approximate => 1,
            Self::Dropped(_) => 2,
            Self::NeedsPerson => 3,
            Self::Undetermined => 4,
            Self::Keep => 5,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_at_their_places() {
        for (index, name) in Fidelity::NAMES.into_iter().enumerate() {
            let fidelity = Fidelity::named(name, "why").unwrap();
            assert_eq!((fidelity.name(), fidelity.index()), (name, index));
        }
        assert_eq!(Fidelity::named("good", ""), None);
    }
}
