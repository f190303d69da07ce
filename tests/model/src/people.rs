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

/// What an act comes to.
pub enum Deed {
    /// Events in the journal of pipeline A.
    Record(Vec<Event>),
    /// A commit on the branch.
    Commit(PlaceNo, Content, Forgery),
}

impl Act {
    /// What it comes to now; nothing when it makes no sense now.
    pub fn deed(self, stage: &Stage, node: &Node, ledger: &Ledger) -> Option<Deed> {
        match self {
            Self::Hold => hold(ledger, PRODUCTION, vec![Stop::Promotions]),
            Self::Freeze => hold(ledger, DEV, vec![Stop::Promotions, Stop::Rollbacks]),
            Self::Lift => ledger.hold_of_person().map(|id| Deed::Record(vec![Event::Lifted { id }])),
            Self::Approve(content) => approve(stage, ledger, content),
            Self::Edit(place) => commit(node, place, FOREIGN, Forgery::None),
            Self::Revert(place) => {
                let before = ledger.facts.places[place].at?.from?;
                commit(node, place, before, Forgery::None)
            }
            Self::Forge(place, ahead) => {
                let forged = if ahead { Forgery::Ahead } else { Forgery::Known };
                let newest = Some(ledger.facts.released).filter(|n| *n > 0)?;
                commit(node, place, newest, forged)
            }
            Self::Resume(place) => request(ledger, place, RequestKind::Resume, None),
            Self::Back(place) => request(ledger, place, RequestKind::Rollback, None),
            Self::Put(content) => request(ledger, PRODUCTION, RequestKind::Promote, Some(content)),
            Self::Clear => clear(ledger),
            Self::Claim => Some(Deed::Record(vec![claim(stage, ledger)])),
        }
    }
}

fn commit(node: &Node, place: PlaceNo, content: Content, forged: Forgery) -> Option<Deed> {
    (node.places[place].content != content).then_some(Deed::Commit(place, content, forged))
}

fn act_id(ledger: &Ledger, kind: &str) -> ActId {
    ActId::parse(&format!("{kind}-{}", ledger.facts.n + 1)).expect("an id")
}

fn hold(ledger: &Ledger, place: PlaceNo, stops: Vec<Stop>) -> Option<Deed> {
    if ledger.hold_of_person().is_some() {
        return None;
    }
    let select = Select { environments: [name_of(place)].into(), labels: BTreeMap::new() };
    let id = act_id(ledger, "h");
    let reason = "model".to_owned();
    Some(Deed::Record(vec![Event::Held { id, select, subject: Subject::All, stops, reason, until: None }]))
}

fn approve(stage: &Stage, ledger: &Ledger, content: Content) -> Option<Deed> {
    let environment = &stage.pipelines[0].environments[PRODUCTION];
    let r = ledger.release(0, content).filter(|_| !environment.approvals.is_empty())?;
    let gates = environment.entry_hash();
    let env = name_of(PRODUCTION);
    let wanted = ledger.facts.places[PRODUCTION].approved & 1 << content == 0;
    wanted.then(|| Deed::Record(vec![Event::Approved { env, r, gates, groups: Vec::new(), until: None }]))
}

fn request(ledger: &Ledger, place: PlaceNo, kind: RequestKind, content: Option<Content>) -> Option<Deed> {
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
        Some(content) => Some(ledger.release(0, content)?),
        None => None,
    };
    let event =
        Event::Requested { q: act_id(ledger, "q"), env: name_of(place), r, kind, overrides: Vec::new() };
    Some(Deed::Record(vec![event]))
}

fn clear(ledger: &Ledger) -> Option<Deed> {
    let (env, known) = ledger.state.environment(&name_of(DEV))?;
    let digests: Vec<_> = known.rejected.iter().flat_map(|r| r.digests.clone()).collect();
    let event = Event::Cleared { env: env.clone(), digests: digests.clone(), reason: "model".to_owned() };
    (!digests.is_empty()).then(|| Deed::Record(vec![event]))
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
