//! What becomes of a leg of a job, and of everything that is made of legs.

/// What becomes of a leg. The first one in this order that there is a reason for is the verdict of the leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// GitHub does not take the file.
    Broken,
    /// It is made to begin a workflow with, and none itself.
    Template,
    /// It belongs to GitHub, or to a system that the cluster has not.
    Keep,
    /// Nobody can tell before something is supplied.
    Undetermined,
    /// It can move when somebody has thought about how.
    Redesign,
    /// It can move when somebody has changed or said something.
    Edits,
    /// It can move as it is.
    Automatic,
}

impl Verdict {
    /// Every one, in the order in which they count.
    pub const ALL: [Self; 7] = [
        Self::Broken,
        Self::Template,
        Self::Keep,
        Self::Undetermined,
        Self::Redesign,
        Self::Edits,
        Self::Automatic,
    ];

    /// Its name, which stays the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Template => "template",
            Self::Keep => "keep",
            Self::Undetermined => "undetermined",
            Self::Redesign => "redesign",
            Self::Edits => "edits",
            Self::Automatic => "automatic",
        }
    }

    /// The verdict of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// Whether it can move, be it with work.
    #[must_use]
    pub const fn is_movable(self) -> bool {
        matches!(self, Self::Redesign | Self::Edits | Self::Automatic)
    }
}

/// What becomes of something that has many legs: a workflow, a repository, an estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rolled {
    /// This, which is the worst that moves, or what all of it is.
    Whole(Verdict),
    /// Some legs stay on GitHub and others can move.
    Split {
        /// How many can move.
        movable: usize,
        /// How many there are.
        all: usize,
        /// The worst of those that can move.
        worst: Verdict,
    },
}

/// That of a workflow in which nothing is found.
impl Default for Rolled {
    fn default() -> Self {
        Self::Whole(Verdict::Automatic)
    }
}

impl Rolled {
    /// Rolls verdicts up: broken before template before undetermined; then a split where some stay and some move; then the worst
    /// that moves. `None` of nothing.
    #[must_use]
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Option<Self> {
        let mut counts = [0_usize; Verdict::ALL.len()];
        for verdict in verdicts {
            if let Some(count) = counts.get_mut(verdict as usize) {
                *count += 1;
            }
        }
        let count = |verdict: Verdict| counts.get(verdict as usize).copied().unwrap_or_default();
        let all = counts.iter().sum();
        let first = |order: &[Verdict]| order.iter().copied().find(|verdict| count(*verdict) > 0);
        if let Some(whole) = first(&[Verdict::Broken, Verdict::Template, Verdict::Undetermined]) {
            return Some(Self::Whole(whole));
        }
        let worst = first(&[Verdict::Redesign, Verdict::Edits, Verdict::Automatic]);
        match (worst, count(Verdict::Keep)) {
            (Some(worst), 0) => Some(Self::Whole(worst)),
            (Some(worst), keep) => Some(Self::Split { movable: all - keep, all, worst }),
            (None, 0) => None,
            (None, _) => Some(Self::Whole(Verdict::Keep)),
        }
    }

    /// Whether a reason for this verdict is one for it: of a split, what stays.
    #[must_use]
    pub fn rests_on(self, outcome: Verdict) -> bool {
        match self {
            Self::Whole(verdict) => outcome == verdict,
            Self::Split { .. } => outcome == Verdict::Keep,
        }
    }

    /// Its name, which stays the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole(verdict) => verdict.name(),
            Self::Split { .. } => "split",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn verdicts_roll_up_by_the_table() {
        use Verdict::{Automatic, Broken, Edits, Keep, Redesign, Template, Undetermined};
        let split = |movable, all, worst| Some(Rolled::Split { movable, all, worst });
        let whole = |verdict| Some(Rolled::Whole(verdict));
        for (legs, rolled) in [
            (&[][..], None),
            (&[Automatic], whole(Automatic)),
            (&[Automatic, Edits], whole(Edits)),
            (&[Edits, Redesign, Automatic], whole(Redesign)),
            (&[Keep, Keep], whole(Keep)),
            (&[Keep, Automatic], split(1, 2, Automatic)),
            (&[Automatic, Keep, Redesign, Keep, Edits], split(3, 5, Redesign)),
            (&[Keep, Undetermined, Automatic], whole(Undetermined)),
            (&[Undetermined, Template], whole(Template)),
            (&[Automatic, Broken, Template], whole(Broken)),
        ] {
            assert_eq!(Rolled::of(legs.iter().copied()), rolled, "{legs:?}");
        }
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop::sample::select(Verdict::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn the_order_of_legs_and_equal_legs_change_nothing_but_counts(mut legs in prop::collection::vec(verdict(), 1..9)) {
            let before = Rolled::of(legs.clone()).map(Rolled::name);
            legs.reverse();
            legs.extend(legs.clone());
            prop_assert_eq!(Rolled::of(legs).map(Rolled::name), before);
        }
    }
}
