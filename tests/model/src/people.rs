//! What the person does: an act is one step, since it is tried until it wins.

use std::collections::BTreeMap;

use towpath_core::event::{Event, RequestKind};
use towpath_core::hold::{Select, Stop, Subject};
use towpath_core::id::ActId;

use crate::ledger::Ledger;
use crate::node::{Forgery, Node};
use crate::stage::{Content, DEV, FOREIGN, PRODUCTION, PlaceNo, Stage, name_of};

/// Something that the person can do to pipeline A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Hold production.
    Hold,
    /// Hold dev, rollbacks too.
    Freeze,
    /// Lift a hold.
    Lift,
    /// Approve a release for production.
    Approve(Content),
    /// Write a value of their own into a folder.
    Edit(PlaceNo),
    /// Write back what was in a folder before.
    Revert(PlaceNo),
    /// Write the newest release into a folder, with our trailers; with `true` they name an event that is not there.
    Forge(PlaceNo, bool),
    /// Resume.
    Resume(PlaceNo),
    /// Ask for a rollback.
    Back(PlaceNo),
    /// Ask for a release in production.
    Put(Content),
    /// Take digests off dev's rejected list.
    Clear,
    /// Take the ledger over for the other owner.
    Claim,
}

/// All acts.
pub const ACTS: [Act; 18] = [
    Act::Hold,
    Act::Freeze,
    Act::Lift,
    Act::Approve(1),
    Act::Approve(2),
    Act::Approve(3),
    Act::Edit(DEV),
    Act::Edit(PRODUCTION),
    Act::Revert(DEV),
    Act::Revert(PRODUCTION),
    Act::Forge(DEV, false),
    Act::Forge(PRODUCTION, true),
    Act::Resume(DEV),
    Act::Back(DEV),
    Act::Back(PRODUCTION),
    Act::Put(1),
    Act::Clear,
    Act::Claim,
];

/// A commit of the person.
#[derive(Debug, Clone, Copy)]
pub struct Commit {
    /// Where.
    pub place: PlaceNo,
    /// What the folder deploys then.
    pub content: Content,
    /// What it claims by our trailers.
    pub forged: Forgery,
}

impl Act {
    /// A number that no other act has.
    pub fn number(self) -> u8 {
        let place = |place: PlaceNo| u8::try_from(place).expect("few places");
        match self {
            Self::Hold => 0,
            Self::Freeze => 1,
            Self::Lift => 2,
            Self::Clear => 3,
            Self::Claim => 4,
            Self::Approve(content) => 16 + content,
            Self::Put(content) => 32 + content,
            Self::Edit(at) => 48 + place(at),
            Self::Revert(at) => 52 + place(at),
            Self::Resume(at) => 56 + place(at),
            Self::Back(at) => 60 + place(at),
            Self::Forge(at, ahead) => 64 + 2 * place(at) + u8::from(ahead),
        }
    }

    /// Whether it is a commit on the branch; other acts are events in the journal of pipeline A.
    pub fn is_commit(self) -> bool {
        matches!(self, Self::Edit(_) | Self::Revert(_) | Self::Forge(..))
    }

    /// The commit that it comes to; nothing when it makes no sense now.
    pub fn commit(self, node: &Node, ledger: &Ledger) -> Option<Commit> {
        let (place, content, forged) = match self {
            Self::Edit(place) => (place, FOREIGN, Forgery::None),
            Self::Revert(place) => (place, ledger.facts.places[place].at?.from?, Forgery::None),
            Self::Forge(place, ahead) => {
                let forged = if ahead { Forgery::Ahead } else { Forgery::Known };
                (place, Some(ledger.facts.released).filter(|n| *n > 0)?, forged)
            }
            _ => return None,
        };
        (node.places[place].content != content).then_some(Commit { place, content, forged })
    }

    /// The event that it comes to when so many acts are left; nothing when it makes no sense now.
    pub fn event(self, stage: &Stage, ledger: &Ledger, left: u8) -> Option<Event> {
        match self {
            Self::Hold => hold(ledger, left, PRODUCTION, vec![Stop::Promotions]),
            Self::Freeze => hold(ledger, left, DEV, vec![Stop::Promotions, Stop::Rollbacks]),
            Self::Lift => ledger.hold_of_person().map(|id| Event::Lifted { id }),
            Self::Approve(content) => approve(stage, ledger, content),
            Self::Resume(place) => request((stage, ledger, left), (place, RequestKind::Resume), None),
            Self::Back(place) => request((stage, ledger, left), (place, RequestKind::Rollback), None),
            Self::Put(content) => {
                request((stage, ledger, left), (PRODUCTION, RequestKind::Promote), Some(content))
            }
            Self::Clear => clear(ledger),
            Self::Claim => Some(claim(stage, ledger)),
            Self::Edit(_) | Self::Revert(_) | Self::Forge(..) => None,
        }
    }
}

/// An id that no other act of the history has.
fn act_id(left: u8, kind: &str) -> ActId {
    ActId::parse(&format!("{kind}-{left}")).expect("an id")
}

fn hold(ledger: &Ledger, left: u8, place: PlaceNo, stops: Vec<Stop>) -> Option<Event> {
    if ledger.hold_of_person().is_some() {
        return None;
    }
    let select = Select { environments: [name_of(place)].into(), labels: BTreeMap::new() };
    let id = act_id(left, "h");
    let reason = "model".to_owned();
    Some(Event::Held { id, select, subject: Subject::All, stops, reason, until: None })
}

fn approve(stage: &Stage, ledger: &Ledger, content: Content) -> Option<Event> {
    let environment = &stage.pipelines[0].environments[PRODUCTION];
    let r = ledger.release(stage, 0, content).filter(|_| !environment.approvals.is_empty())?;
    let gates = environment.entry_hash();
    let env = name_of(PRODUCTION);
    let wanted = ledger.facts.places[PRODUCTION].approved & 1 << content == 0;
    wanted.then(|| Event::Approved { env, r, gates, groups: Vec::new(), until: None })
}

fn request(
    (stage, ledger, left): (&Stage, &Ledger, u8),
    (place, kind): (PlaceNo, RequestKind),
    content: Option<Content>,
) -> Option<Event> {
    let facts = &ledger.facts.places[place];
    let sensible = match kind {
        RequestKind::Resume => facts.pinned || facts.at.is_some_and(|at| at.exhausted) || facts.held.0,
        RequestKind::Rollback => !facts.good.is_empty(),
        RequestKind::Promote => true,
    };
    if !sensible || !facts.requests.is_empty() {
        return None;
    }
    let r = match content {
        Some(content) => Some(ledger.release(stage, 0, content)?),
        None => None,
    };
    let event =
        Event::Requested { q: act_id(left, "q"), env: name_of(place), r, kind, overrides: Vec::new() };
    Some(event)
}

fn clear(ledger: &Ledger) -> Option<Event> {
    let (env, known) = ledger.state.environment(&name_of(DEV))?;
    let digests: Vec<_> = known.rejected.iter().flat_map(|r| r.digests.clone()).collect();
    let event = Event::Cleared { env: env.clone(), digests: digests.clone(), reason: "model".to_owned() };
    (!digests.is_empty()).then_some(event)
}

fn claim(stage: &Stage, ledger: &Ledger) -> Event {
    let owner = &ledger.state.owner;
    let other = if owner.id == stage.owners[0] { 1 } else { 0 };
    Event::Claimed {
        owner: stage.owners[other].clone(),
        epoch: owner.epoch + 1,
        was: Some(owner.id.clone()),
        reason: "model".to_owned(),
    }
}
