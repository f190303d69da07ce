//! What planning asks of a workflow: whether it moves, what stands in its way, and what has to come with it.

use std::collections::BTreeSet;

use super::complexity::Band;
use super::sheet::{Blocker, Sheet};
use super::verdict::{Rolled, Verdict};

/// A workflow, as far as effort and roadmap ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<'s> {
    /// Its file.
    pub path: &'s str,
    /// The repository or folder that it is of.
    pub unit: &'s str,
    /// Whether it moves.
    pub prospect: Prospect,
    /// Whether a part of it stays on GitHub all the same.
    pub is_split: bool,
    /// How healthy it is, in tenths; `None` where nobody has looked.
    pub health: Option<u8>,
    /// How complex it is.
    pub band: Band,
    /// Its points of complexity.
    pub points: usize,
    /// What has to be supplied before anybody knows.
    pub questions: BTreeSet<Blocker<'s>>,
    /// What has to be decided or changed.
    pub work: BTreeSet<Blocker<'s>>,
    /// The files of workflows that it calls, as far as they are of the same repository.
    pub calls: &'s [String],
}

/// Whether a workflow moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Prospect {
    /// It does, all of it or a part, now or when its blockers are dealt with.
    Moves,
    /// It does not, for this reason.
    Stays(Stay),
}

/// Why a workflow does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stay {
    /// It belongs on GitHub.
    Keep,
    /// Nothing of it can run any more.
    Dead,
    /// It has not run for a long time.
    Retire,
    /// GitHub does not take it.
    Broken,
    /// It is made to begin workflows with.
    Template,
}

impl Stay {
    /// Every one, in the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Keep, Self::Dead, Self::Retire, Self::Broken, Self::Template];

    /// Its name, which stays the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Dead => "dead",
            Self::Retire => "retire",
            Self::Broken => "broken",
            Self::Template => "template",
        }
    }

    /// What that means for a plan.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Keep => "belong on GitHub",
            Self::Dead => "cannot run any more: mend them or take them away before anybody moves them",
            Self::Retire => "have not run for 90 days: ask whether anybody needs them",
            Self::Broken => "GitHub does not take: see towpath migrate parse",
            Self::Template => "are made to begin workflows with",
        }
    }
}

impl Sheet {
    /// What planning asks of it.
    #[must_use]
    pub fn candidate(&self) -> Candidate<'_> {
        let blockers = |outcomes: &[Verdict]| {
            let of = self
                .reasons
                .iter()
                .filter(|cited| cited.movable > 0 && outcomes.contains(&cited.rule.outcome));
            of.map(super::Cited::blocker).collect()
        };
        Candidate {
            path: &self.path,
            unit: &self.unit,
            prospect: self.prospect(),
            is_split: matches!(self.rolled, Rolled::Split { .. }),
            health: self.health.as_ref().map(|health| health.tenths),
            band: self.complexity.band(),
            points: self.complexity.points(),
            questions: blockers(&[Verdict::Undetermined]),
            work: blockers(&[Verdict::Redesign, Verdict::Edits]),
            calls: &self.calls,
        }
    }

    fn prospect(&self) -> Prospect {
        match self.rolled {
            Rolled::Whole(Verdict::Broken) => Prospect::Stays(Stay::Broken),
            Rolled::Whole(Verdict::Template) => Prospect::Stays(Stay::Template),
            _ if self.dead.is_whole => Prospect::Stays(Stay::Dead),
            _ if self.ran.as_ref().is_some_and(|ran| ran.is_over) => Prospect::Stays(Stay::Retire),
            Rolled::Whole(Verdict::Keep) => Prospect::Stays(Stay::Keep),
            Rolled::Whole(_) | Rolled::Split { .. } => Prospect::Moves,
        }
    }
}

impl<'s> Candidate<'s> {
    /// Everything that stands in its way.
    pub fn blockers(&self) -> impl Iterator<Item = Blocker<'s>> + '_ {
        self.questions.iter().chain(&self.work).copied()
    }

    /// Whether it moves.
    #[must_use]
    pub const fn moves(&self) -> bool {
        matches!(self.prospect, Prospect::Moves)
    }
}
