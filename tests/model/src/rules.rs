//! The rules that every reachable state is held against, each by the model's own account.

use towpath_core::event::{Cause, Event};
use towpath_core::pipeline::Queue;
use towpath_core::verdict::Verdict;

use crate::ledger::{Facts, PlaceFacts};
use crate::node::{Forgery, Node};
use crate::plan::{Move, Plan};
use crate::size::Size;
use crate::stage::{Content, DEV, FOREIGN, OTHER, PRODUCTION, place_of};

/// A rule, named as in the design's formal statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// What goes where something stands before it is Verified there, and has soaked.
    S1,
    /// One promotion id, one commit.
    S2,
    /// One promotion at a time.
    S3,
    /// The branch moves on from the tip that was edited.
    S4,
    /// Back to what was good.
    S5,
    /// What failed does not come again.
    S6,
    /// A verdict is of this release here.
    S7,
    /// Only Passed passes.
    S8,
    /// A hold holds.
    S9,
    /// An approval is there.
    S10,
    /// The journal says what the branch says.
    S11,
    /// A person's commit stands.
    S12,
    /// Nobody but the owner acts.
    S14,
    /// Rank does not fall.
    S15,
    /// A journal that is lost is not gone on from.
    C3,
    /// Live is proven.
    C6,
    /// The queue says which goes first.
    C10,
    /// What is decided fits the journal.
    Fold,
    /// No release is lost.
    L1,
    /// It comes to rest.
    L2,
    /// A failure is left.
    L3,
    /// A wait ends.
    L4,
}

/// All rules, with what they say.
pub const RULES: [(Rule, &str); 22] = [
    (Rule::S1, "S1 only what QA passed upstream, and what ran there for the soak, goes onward by itself"),
    (Rule::S2, "S2 one promotion id lands at most once"),
    (
        Rule::S3,
        "S3 nothing is promoted over a promotion that is still to be verified, unless the newest wins",
    ),
    (Rule::S4, "S4 the branch moves only from the tip that the edit was computed on"),
    (
        Rule::S5,
        "S5 a rollback goes to the newest baked release, else the newest Verified, never to a rejected one",
    ),
    (Rule::S6, "S6 what failed in an environment does not come there again by itself, in whatever set"),
    (Rule::S7, "S7 what is Verified has a QA run of this release in this environment"),
    (Rule::S8, "S8 what is Verified was Passed"),
    (Rule::S9, "S9 nothing lands by itself against a hold that is in the journal"),
    (Rule::S10, "S10 nothing enters production without an approval that counts"),
    (Rule::S11, "S11 what the branch says by us is what the journal says, at every moment"),
    (Rule::S12, "S12 a person's commit is not overwritten unasked, and what a person took out goes nowhere"),
    (Rule::S14, "S14 nobody but the ledger's owner acts"),
    (Rule::S15, "S15 nothing comes by itself at or below the high-water mark"),
    (Rule::C3, "C3 nothing is promoted while the branch knows more of the journal than the journal does"),
    (Rule::C6, "C6 what is recorded as live is what runs"),
    (Rule::C10, "C10 of several releases that one comes which the queue says"),
    (Rule::Fold, "every decision fits the journal that it was made on"),
    (Rule::L1, "L1 at rest no release is forgotten"),
    (Rule::L2, "L2 it comes to rest within so many events"),
    (Rule::L3, "L3 at rest nothing that failed stays without a person being told"),
    (Rule::L4, "L4 at rest every wait is a person's, or time's, to end"),
];

impl Rule {
    /// Its bit in [`Node::broken`].
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// One push that won.
pub struct Push<'a> {
    /// The state that it landed on.
    pub node: &'a Node,
    /// The journal that it landed on.
    pub before: &'a Facts,
    /// What was pushed.
    pub plan: &'a Plan,
    /// Whether the branch had moved since the look.
    pub moved: bool,
    /// What production asks for.
    pub size: &'a Size,
    /// Who pushed.
    pub who: u8,
}

impl Push<'_> {
    /// The rules that it breaks, as bits.
    pub fn broken(&self) -> u32 {
        let moves = self.plan.moves.iter().fold(0, |bits, one| bits | self.moved(one));
        let events = self.plan.events.iter().fold(0, |bits, event| bits | self.recorded(event));
        let torn = self.moved && !self.plan.moves.is_empty();
        let lost = self.plan.pipeline == 0 && self.node.forged == Forgery::Ahead;
        let stranger = self.before.claims % 2 != u32::from(self.who);
        moves
            | events
            | when(torn, Rule::S4)
            | when(stranger, Rule::S14)
            | when(lost && !self.plan.moves.is_empty(), Rule::C3)
    }

    fn moved(&self, one: &Move) -> u32 {
        let facts = &self.before.places[one.place];
        let place = &self.node.places[one.place];
        let again = facts.tries.get(&one.content).is_some_and(|tries| one.attempt <= *tries);
        let foreign = place.by_person && facts.at.is_none_or(|at| at.content != place.content);
        let always = when(again, Rule::S2) | when(foreign && !one.asked, Rule::S12);
        always
            | match one.cause {
                Cause::Auto => self.automatic(one, facts) | self.entry(one, facts),
                Cause::Manual => self.entry(one, facts),
                Cause::Rollback if one.asked => 0,
                Cause::Rollback => back(one, facts),
            }
    }

    fn automatic(&self, one: &Move, facts: &PlaceFacts) -> u32 {
        let failed = self.node.places[one.place].says(one.content) == Some(Verdict::Failed);
        let rejected = facts.rejected & 1 << one.content != 0;
        let exhausted = facts.at.is_some_and(|at| at.exhausted);
        let waits = |r: Content| facts.rejected & 1 << r == 0 && one.place != PRODUCTION;
        let (last, replaces) = (self.before.released, self.size.queue == Queue::NewestWins);
        let overtaken = match self.size.queue {
            Queue::EveryRelease => (facts.mark + 1..one.content).any(waits),
            Queue::NewestWins | Queue::HoldUntilVerdict => (one.content + 1..=last).any(waits),
        };
        when(one.content <= facts.mark, Rule::S15)
            | when(failed || rejected, Rule::S6)
            | when(facts.is_running() && !exhausted && !replaces, Rule::S3)
            | when(overtaken, Rule::C10)
    }

    /// The entry gates: hold, upstream, soak, approval.
    fn entry(&self, one: &Move, facts: &PlaceFacts) -> u32 {
        let held = when(facts.held.0, Rule::S9);
        if one.place != PRODUCTION {
            return held;
        }
        let bit = 1 << one.content;
        let upstream = &self.before.places[DEV];
        let passed = self.node.places[DEV].says(one.content) == Some(Verdict::Passed);
        let soaked = !self.size.soaks || (upstream.soaked & bit != 0 && self.node.ran & bit != 0);
        let proven = passed && upstream.ok & bit != 0 && soaked;
        held | when(!proven, Rule::S1)
            | when(self.node.taken_out & bit != 0, Rule::S12)
            | when(self.size.approval && facts.approved & bit == 0, Rule::S10)
    }

    fn recorded(&self, event: &Event) -> u32 {
        match event {
            Event::Verified { env, .. } => {
                let place = place_of(env);
                if place == OTHER {
                    return 0;
                }
                let Some(at) = self.before.places[place].at else { return Rule::S7.bit() };
                match self.node.places[place].says(at.content) {
                    Some(Verdict::Passed) => 0,
                    Some(_) => Rule::S8.bit(),
                    None => Rule::S7.bit(),
                }
            }
            _ => 0,
        }
    }
}

/// S5, and S9 for rollbacks.
fn back(one: &Move, facts: &PlaceFacts) -> u32 {
    let left = facts.at.map(|at| at.content);
    let usable = |c: Content| facts.rejected & 1 << c == 0 && Some(c) != left;
    let newest = |baked: bool| {
        let mut good = facts.good.iter().rev().filter(|(c, b)| *b == baked && usable(*c));
        good.next().map(|(c, _)| *c)
    };
    let target = newest(true).or_else(|| newest(false));
    when(target != Some(one.content), Rule::S5) | when(facts.held.1, Rule::S9)
}

/// S11, after any step: what stands on the branch by us is what the journal has there.
pub fn torn(node: &Node, facts: &[&Facts; 2]) -> u32 {
    let wrong = |(place, there): (usize, &crate::node::Place)| {
        let journal = facts[crate::stage::pipeline_of(place)].places[place].at.map(|at| at.content);
        !there.by_person && journal != Some(there.content)
    };
    when(node.places.iter().enumerate().any(wrong), Rule::S11)
}

/// The bit of a rule when it is broken.
pub const fn when(broken: bool, rule: Rule) -> u32 {
    if broken { rule.bit() } else { 0 }
}

const _: () = assert!(FOREIGN < 16, "contents are bits of a u16");
