//! A state of the model: a few bytes. Journals and plans are numbers, see [`crate::pool`].

use towpath_core::verdict::Verdict;

use crate::stage::{Content, PIPELINES, PLACES};

/// Everything that is so at one moment: both refs, the cluster, what QA said, what controllers are about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node {
    /// The journal of each pipeline.
    pub journals: [u32; PIPELINES],
    /// The branch's folders, and what runs from them.
    pub places: [Place; PLACES],
    /// What is about to be pushed, sorted: controllers are alike, so it does not matter which is which.
    pub pending: [Option<Pending>; 2],
    /// A commit of a person that claims, by our trailers, to be a promotion of A.
    pub forged: Forgery,
    /// How many more acts the person has.
    pub acts: u8,
    /// Releases that a person took out of dev, as bits; the rules' own account.
    pub taken_out: u16,
    /// Releases that ran in dev while a tick passed, as bits; the rules' own account.
    pub ran: u16,
    /// Rules that were broken, as bits.
    pub broken: u32,
}

/// One environment, outside of journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// What the folder deploys at the tip.
    pub content: Content,
    /// Whether a person's commit said so.
    pub by_person: bool,
    /// What the cluster runs.
    pub runs: Content,
    /// Whether the commit that it runs contains the newest promotion of this environment.
    pub contains: bool,
    /// For how many ticks it ran that without a break; at most two. Only in dev, where something soaks.
    pub age: u8,
    /// Whether the QA run that the journal says has started did start.
    pub started: bool,
    /// What QA says of release 1, 2, 3 once it was asked; never changes.
    pub says: [Option<Verdict>; 3],
}

/// What a controller is about to push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pending {
    /// What.
    pub plan: u32,
    /// For which pipeline.
    pub pipeline: u8,
    /// Who: 0, or 1 where there are two owners.
    pub who: u8,
    /// Whether the journal moved since the look, so that the push will lose.
    pub lost: bool,
    /// Whether the branch moved since.
    pub moved: bool,
}

/// A commit of a person with our trailers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Forgery {
    /// There is none since the last promotion.
    None,
    /// It names an event that the journal has.
    Known,
    /// It names an event that the journal does not have.
    Ahead,
}

impl Place {
    /// What QA says of a content.
    pub fn says(&self, content: Content) -> Option<Verdict> {
        let release = usize::from(content).checked_sub(1)?;
        self.says.get(release).copied().flatten()
    }
}

impl Node {
    /// Puts controllers in order.
    pub fn sorted(mut self) -> Self {
        self.pending.sort();
        self
    }
}
