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

/// Numbers of a few bits, one beside the other.
#[derive(Debug, Clone, Copy)]
pub struct Bits(pub u64);

impl Bits {
    /// Puts one more there, of so many bits.
    pub fn add(&mut self, bits: u32, number: u64) -> &mut Self {
        debug_assert!(number < 1 << bits, "{number} has more than {bits} bits");
        self.0 = self.0 << bits | number;
        self
    }
}

/// A number for what QA said.
pub fn verdict_bits(said: Option<Verdict>) -> u64 {
    said.map_or(0, |verdict| verdict as u64 + 1)
}

/// Moves every bit everywhere; no two numbers come to the same. (The finisher of splitmix64.)
pub fn scatter(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

impl Place {
    /// All of it, in 22 bits.
    fn bits(&self) -> u64 {
        let mut bits = Bits(0);
        bits.add(4, self.content.into()).add(1, self.by_person.into()).add(4, self.runs.into());
        bits.add(1, self.contains.into()).add(2, self.age.into()).add(1, self.started.into());
        self.says.iter().for_each(|said| {
            bits.add(3, verdict_bits(*said));
        });
        bits.0
    }

    /// What QA says of a content.
    pub fn says(&self, content: Content) -> Option<Verdict> {
        let release = usize::from(content).checked_sub(1)?;
        self.says.get(release).copied().flatten()
    }
}

impl Node {
    /// The state in which nothing happened yet.
    pub fn first(journals: [u32; PIPELINES], acts: u8) -> Self {
        let place = Place {
            content: 0,
            by_person: false,
            runs: 0,
            contains: true,
            age: 0,
            started: false,
            says: [None; 3],
        };
        Self {
            journals,
            places: [place; PLACES],
            pending: [None; 2],
            forged: Forgery::None,
            acts,
            taken_out: 0,
            ran: 0,
            broken: 0,
        }
    }

    /// All of it but `broken`, in four numbers.
    fn words(&self) -> [u64; 4] {
        let two = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        let plan = |pending: Option<Pending>| pending.map_or(0, |p| p.plan + 1);
        let [dev, production, other] = self.places.map(|place| place.bits());
        let mut rest = Bits(0);
        for pending in self.pending.iter().flatten() {
            rest.add(
                3,
                u64::from(pending.who) | u64::from(pending.lost) << 1 | u64::from(pending.moved) << 2,
            );
        }
        rest.add(2, self.forged as u64).add(4, self.acts.into());
        let accounts = other << 32 | u64::from(self.taken_out) << 16 | u64::from(self.ran);
        [
            two(self.journals[0], self.journals[1]),
            two(plan(self.pending[0]), plan(self.pending[1])),
            dev << 42 | production << 20 | rest.0,
            accounts,
        ]
    }

    /// What tells it from others.
    pub fn hash(&self) -> u64 {
        self.words().into_iter().fold(0x9e37_79b9_7f4a_7c15, |hash, word| scatter(hash ^ word))
    }

    /// Puts controllers in order.
    pub fn sorted(mut self) -> Self {
        self.pending.sort();
        self
    }
}
