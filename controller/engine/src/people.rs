//! What people do: events recorded by any replica, owner or not, at once.

use std::collections::BTreeMap;

use towpath_core::decide::{Wait, loss};
use towpath_core::event::{Event, RequestKind};
use towpath_core::hold::{Select, Stop, Subject};
use towpath_core::id::{ActId, Actor, Digest, Name, OwnerId, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::fold::MAX_HOLDS;
use towpath_core::journal::state::{EnvironmentState, Release, Request};
use towpath_core::museum::{Bug, planted};
use towpath_core::pipeline::EntryGate;
use towpath_core::time::Time;

use crate::error::EngineError;
use crate::evaluate::Known;
use crate::journal::{Head, Journal};
use crate::observe::{Observed, Remembered};
use crate::pass::Engine;
use crate::ports::{PushMode, PushOutcome, RefUpdate};

mod confirm;
mod release;

pub use release::{Base, Based, NewRelease};

/// The most holds in force to which people may add one.
const MAX_HOLDS_OF_PEOPLE: usize = MAX_HOLDS - 10;
/// The most lost races in a row.
const MAX_RACES: u32 = 20;

/// The most groups that an approval names, and the longest name of one, in bytes.
const MAX_GROUPS: usize = 20;
const LONGEST_GROUP: usize = 128;

/// What was recorded: the numbered events, none when it was so already.
pub type Recorded = Vec<towpath_core::event::Recorded>;

/// Who or what a person means by a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseRef {
    /// Its id.
    Id(ReleaseId),
    /// The tag of one of its images; must be unambiguous.
    Version(String),
}

/// A hold to be put up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// Environments by name; all when empty.
    pub environments: Vec<Name>,
    /// Labels that environments must have.
    pub labels: BTreeMap<String, String>,
    /// One release only.
    pub release: Option<ReleaseRef>,
    /// One image digest only.
    pub digest: Option<Digest>,
    /// Whether it stops rollbacks too.
    pub rollbacks: bool,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: Option<Time>,
}

fn impossible<T>(reason: impl Into<String>) -> Result<T, EngineError> {
    Err(EngineError::Impossible(reason.into()))
}

impl ReleaseRef {
    /// Reads `r-...` as an id, anything else as a version.
    pub fn parse(text: &str) -> Self {
        ReleaseId::parse(text).map_or_else(|_| Self::Version(text.to_owned()), Self::Id)
    }

    /// Finds the release.
    pub fn find<'s>(&self, state: &'s State) -> Result<&'s Release, EngineError> {
        let matches = |r: &&Release| match self {
            Self::Id(id) => &r.r == id,
            Self::Version(v) => r.images.iter().any(|i| i.tag.as_ref().is_some_and(|t| t.as_str() == v)),
        };
        let found: Vec<&Release> = state.releases.iter().filter(matches).collect();
        match (found.as_slice(), self) {
            ([one], _) => Ok(one),
            ([], Self::Id(id)) => impossible(format!("no release has the id {id}; see: towpath history")),
            ([], Self::Version(v)) => {
                impossible(format!("no release has the version {v}; see: towpath history"))
            }
            (several, _) => {
                let ids = several.iter().map(|r| r.r.to_string()).collect::<Vec<_>>().join(", ");
                impossible(format!("several releases have that version: {ids}; name one by its id"))
            }
        }
    }
}

fn environment<'s>(state: &'s State, name: &Name) -> Result<(&'s Name, &'s EnvironmentState), EngineError> {
    state.environment(name).ok_or_else(|| {
        let names = state.envs.values().filter(|e| !e.removed).map(|e| e.config.name.to_string());
        let names = names.collect::<Vec<_>>().join(", ");
        EngineError::Impossible(format!("no environment is called {name}; there are {names}"))
    })
}

impl Engine<'_> {
    /// The journal as of now, `None` when there never was one. Fails with [`EngineError::Lost`] when the branch or
    /// this host know more of the journal than it says itself.
    pub fn read(&self) -> Result<Option<Head>, EngineError> {
        let observed = self.look()?;
        match self.loss(&observed) {
            Some(wait) => Err(EngineError::Lost { pipeline: self.pipeline.id.clone(), reason: wait.text }),
            None => Ok(observed.head().cloned()),
        }
    }

    /// The journal as it stands, whatever the branch or this host know besides.
    pub fn peek(&self) -> Result<Option<Head>, EngineError> {
        Ok(self.look()?.head().cloned())
    }

    fn look(&self) -> Result<Observed, EngineError> {
        let mut remembered = Remembered::of(self.seen.cloned());
        self.observer(self.host.clock.now()).look(&mut remembered)
    }

    fn loss(&self, observed: &Observed) -> Option<Wait> {
        let readings = BTreeMap::new();
        let world = observed.world(self.host, self.pipeline, Known::only(&readings));
        loss(&world, self.host.clock.now())
    }

    /// Records what a person did. `events` is asked again after each lost race, with the newest state.
    pub fn record(
        &self,
        by: &Actor,
        mut events: impl FnMut(&State, Time) -> Result<Vec<Event>, EngineError>,
    ) -> Result<Recorded, EngineError> {
        for attempt in 0..MAX_RACES {
            let now = self.host.clock.now();
            let Some(head) = self.read()? else {
                let id = &self.pipeline.id;
                return impossible(format!(
                    "{id} has no ledger yet; its first pass makes one: towpath reconcile --once"
                ));
            };
            let events = events(&head.state, now.max(head.state.at))?;
            if events.is_empty() {
                return Ok(Vec::new());
            }
            if let Some(recorded) = self.append(Some(&head), by, events, now)? {
                return Ok(recorded);
            }
            self.host.clock.pause(attempt);
        }
        Err(EngineError::Contended { tries: MAX_RACES })
    }

    /// One try to add events to the journal; `None` when somebody else was faster.
    fn append(
        &self,
        head: Option<&Head>,
        by: &Actor,
        events: Vec<Event>,
        now: Time,
    ) -> Result<Option<Recorded>, EngineError> {
        let events = events.into_iter().map(|e| (by.clone(), e)).collect();
        let prepared = Journal::of(self.host.repository, self.pipeline).prepare(
            head,
            events,
            now,
            &self.host.settings.signature,
        )?;
        let pushed = self.push_journal(head, &prepared.head)?;
        Ok(pushed.then_some(prepared.events))
    }

    fn push_journal(&self, old: Option<&Head>, new: &Head) -> Result<bool, EngineError> {
        let name = self.pipeline.repository.journal.clone();
        let update =
            RefUpdate { name: name.clone(), old: old.map(|h| h.tip.clone()), new: Some(new.tip.clone()) };
        match self.host.repository.push(&[update], PushMode::PerRef)?.into_iter().next() {
            Some(PushOutcome::Accepted) => Ok(true),
            Some(PushOutcome::Refused { reason }) => {
                Err(EngineError::Refused { what: name.to_string(), reason })
            }
            Some(PushOutcome::Lost) | None => Ok(false),
        }
    }

    /// Approves a release for an environment under its present entry gates.
    pub fn approve(
        &self,
        by: &Actor,
        name: &Name,
        release: &ReleaseRef,
        groups: &[String],
        until: Option<Time>,
    ) -> Result<Recorded, EngineError> {
        let Some(configured) = self.pipeline.environment(name) else {
            return impossible(format!("no environment is called {name}"));
        };
        if configured.approvals.is_empty() {
            return impossible(format!("{name} asks for no approval"));
        }
        if groups.len() > MAX_GROUPS || groups.iter().any(|group| group.len() > LONGEST_GROUP) {
            return impossible(format!("name at most {MAX_GROUPS} groups of at most {LONGEST_GROUP} bytes"));
        }
        let gates = configured.entry_hash();
        self.record(by, |state, _| {
            let (key, env) = environment(state, name)?;
            let r = release.find(state)?.r.clone();
            let mut same = state.approvals.iter().filter(|a| &a.env == key && a.r == r && &a.by == by);
            if same.any(|a| a.n > env.voids && a.gates == gates && a.until == until && a.groups == groups) {
                return Ok(Vec::new());
            }
            let (env, gates, groups) = (key.clone(), gates.clone(), groups.to_vec());
            Ok(vec![Event::Approved { env, r, gates, groups, until }])
        })
    }

    /// Takes back one's own approvals of a release for an environment.
    pub fn unapprove(&self, by: &Actor, name: &Name, release: &ReleaseRef) -> Result<Recorded, EngineError> {
        self.record(by, |state, _| {
            let (key, _) = environment(state, name)?;
            let r = release.find(state)?.r.clone();
            let own = state.approvals.iter().filter(|a| &a.env == key && a.r == r && &a.by == by);
            let events: Vec<Event> = own.map(|a| Event::Unapproved { of: a.n }).collect();
            if events.is_empty() {
                return impossible(format!("{by} has not approved {r} for {name}"));
            }
            Ok(events)
        })
    }

    /// Puts up a hold.
    pub fn hold(&self, by: &Actor, new: &NewHold) -> Result<(ActId, Recorded), EngineError> {
        let mut id = None;
        let recorded = self.record(by, |state, now| {
            self.has_room(state, now)?;
            let keys = new.environments.iter().map(|n| environment(state, n).map(|(key, _)| key.clone()));
            let subject = match (&new.release, &new.digest) {
                (Some(release), None) => Subject::Release(release.find(state)?.r.clone()),
                (None, Some(digest)) => Subject::Digest(digest.clone()),
                (None, None) => Subject::All,
                (Some(_), Some(_)) => return impossible("name a release or a digest, not both"),
            };
            let hold = act_id("h", state, now)?;
            id = Some(hold.clone());
            let stops = match new.rollbacks {
                true => vec![Stop::Promotions, Stop::Rollbacks],
                false => vec![Stop::Promotions],
            };
            Ok(vec![Event::Held {
                id: hold,
                select: Select {
                    environments: keys.collect::<Result<_, EngineError>>()?,
                    labels: new.labels.clone(),
                },
                subject,
                stops,
                reason: new.reason.clone(),
                until: new.until,
            }])
        })?;
        let id = id.ok_or_else(|| EngineError::Impossible("no hold was made".to_owned()))?;
        Ok((id, recorded))
    }

    /// Of the holds that a journal takes some are kept for Towpath's own, after failures.
    fn has_room(&self, state: &State, now: Time) -> Result<(), EngineError> {
        let mut in_force = state.holds.iter().filter(|hold| hold.until.is_none_or(|until| until > now));
        let Some(oldest) = in_force.next() else { return Ok(()) };
        match in_force.count() + 1 {
            many @ MAX_HOLDS_OF_PEOPLE.. => impossible(format!(
                "{many} holds are in force, and a person's may not be more than {MAX_HOLDS_OF_PEOPLE}; lift one, such as the \
                 oldest: towpath resume {} --hold {}",
                self.pipeline.id, oldest.id
            )),
            _ => Ok(()),
        }
    }

    /// Lifts a hold.
    pub fn lift(&self, by: &Actor, id: &ActId) -> Result<Recorded, EngineError> {
        self.record(by, |state, _| match state.holds.iter().any(|h| &h.id == id) {
            true => Ok(vec![Event::Lifted { id: id.clone() }]),
            false => {
                let ids = state.holds.iter().map(|h| h.id.to_string()).collect::<Vec<_>>().join(", ");
                let there =
                    if ids.is_empty() { "there are none".to_owned() } else { format!("there are {ids}") };
                impossible(format!("no hold has the id {id}; {there}"))
            }
        })
    }

    /// Asks for something in an environment; the owner's next pass does it.
    pub fn request(
        &self,
        by: &Actor,
        name: &Name,
        kind: RequestKind,
        release: Option<&ReleaseRef>,
    ) -> Result<(ActId, Recorded), EngineError> {
        self.ask(by, name, kind, release, &[])
    }

    /// Asks for a promotion past these entry gates. Refused for gates that the environment does not allow to be
    /// passed by.
    pub fn promote_past(
        &self,
        by: &Actor,
        name: &Name,
        release: &ReleaseRef,
        past: &[(EntryGate, String)],
    ) -> Result<(ActId, Recorded), EngineError> {
        let environment = self.pipeline.environment(name);
        let allowed = |gate: &EntryGate| environment.is_some_and(|e| e.promotion.overrides.contains(gate));
        let refused = |gate: &EntryGate| !allowed(gate) && !planted(Bug::OverrideNotAllowed);
        if let Some((gate, _)) = past.iter().find(|(gate, _)| refused(gate)) {
            let policies = environment.map(|e| &e.policies.names).filter(|names| !names.is_empty());
            let most = policies.map_or_else(String::new, |names| {
                let names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                format!(", as far as its policies let it ({names})")
            });
            return impossible(format!(
                "{name} lets nobody pass {} by; allow it in promotion.overrides of the environment{most}",
                gate.as_str()
            ));
        }
        let past: Vec<String> = past.iter().map(|(gate, why)| format!("{} {why}", gate.as_str())).collect();
        self.ask(by, name, RequestKind::Promote, Some(release), &past)
    }

    fn ask(
        &self,
        by: &Actor,
        name: &Name,
        kind: RequestKind,
        release: Option<&ReleaseRef>,
        overrides: &[String],
    ) -> Result<(ActId, Recorded), EngineError> {
        let mut id = None;
        let recorded = self.record(by, |state, now| {
            let (key, _) = environment(state, name)?;
            let r = release.map(|r| r.find(state).map(|r| r.r.clone())).transpose()?;
            let is_same =
                |q: &&Request| &q.env == key && q.kind == kind && q.r == r && q.overrides == overrides;
            let same = state.requests.iter().find(is_same);
            if let Some(open) = same {
                id = Some(open.q.clone());
                return Ok(Vec::new());
            }
            let q = act_id("q", state, now)?;
            id = Some(q.clone());
            // A person's newest word counts. A resume withdraws the others too, once the gates were heard.
            let moves = |kind| kind != RequestKind::Resume;
            let instead = |open: RequestKind| open == kind || (moves(open) && moves(kind));
            let older = state.requests.iter().filter(|open| &open.env == key && instead(open.kind));
            let replaced =
                older.map(|open| Event::Closed { q: open.q.clone(), outcome: format!("replaced by {q}") });
            let removed = |open: &&Request| state.envs.get(&open.env).is_none_or(|env| env.removed);
            let gone = state.requests.iter().filter(removed);
            let gone = gone
                .map(|open| Event::Closed { q: open.q.clone(), outcome: "its environment is gone".into() });
            let mut events: Vec<Event> = replaced.chain(gone).collect();
            events.push(Event::Requested { q, env: key.clone(), r, kind, overrides: overrides.to_vec() });
            Ok(events)
        })?;
        let id = id.ok_or_else(|| EngineError::Impossible("no request was made".to_owned()))?;
        Ok((id, recorded))
    }

    /// Takes digests off an environment's rejected list; all of them when none is named.
    pub fn clear(
        &self,
        by: &Actor,
        name: &Name,
        digests: &[Digest],
        reason: &str,
    ) -> Result<Recorded, EngineError> {
        self.record(by, |state, _| {
            let (key, env) = environment(state, name)?;
            let rejected = env.rejected.iter().flat_map(|r| r.digests.iter().cloned());
            let chosen: Vec<Digest> =
                rejected.filter(|d| digests.is_empty() || digests.contains(d)).collect();
            if chosen.is_empty() {
                return impossible(format!("nothing of that is rejected in {name}"));
            }
            Ok(vec![Event::Cleared { env: key.clone(), digests: chosen, reason: reason.to_owned() }])
        })
    }

    /// Takes the ledger over from another owner.
    pub fn claim(&self, by: &Actor, from: &OwnerId, reason: &str) -> Result<Recorded, EngineError> {
        let me = &self.host.settings.owner;
        self.record(by, |state, _| {
            if &state.owner.id == me {
                return Ok(Vec::new());
            }
            if &state.owner.id != from {
                return impossible(format!("the ledger belongs to {}, not to {from}", state.owner.id));
            }
            Ok(vec![Event::Claimed {
                owner: me.clone(),
                epoch: state.owner.epoch + 1,
                was: Some(from.clone()),
                reason: reason.to_owned(),
            }])
        })
    }

    /// Takes a long journal up with a parentless commit of the same fold. Only its owner may.
    pub fn rotate(&self) -> Result<Head, EngineError> {
        let now = self.host.clock.now();
        let Some(head) = self.read()? else { return impossible("there is no ledger yet") };
        if head.state.owner.id != self.host.settings.owner {
            return impossible(format!("the ledger belongs to {}", head.state.owner.id));
        }
        let rotated = Journal::of(self.host.repository, self.pipeline).rotate(
            &head,
            now,
            &self.host.settings.signature,
        )?;
        match self.push_journal(Some(&head), &rotated)? {
            true => Ok(rotated),
            false => Err(EngineError::Contended { tries: 1 }),
        }
    }

    /// Checks the journal's whole history against its fold.
    pub fn verify(&self) -> Result<crate::journal::Verified, EngineError> {
        let journal = Journal::of(self.host.repository, self.pipeline);
        let heads = self.host.repository.refresh(&[journal.whole()])?;
        match heads.get(journal.name) {
            Some(tip) => journal.verify(tip),
            // Reading it says whether there was one.
            None => self.read().and_then(|_| impossible("there is no ledger yet")),
        }
    }
}

/// An id for a person's act: unique, since the number of the next event is in it and that push decides.
pub(crate) fn act_id(prefix: &str, state: &State, now: Time) -> Result<ActId, EngineError> {
    let text = format!("{prefix}-{}-{}", state.n + 1, now.unix().rem_euclid(100_000));
    ActId::parse(&text).map_err(|e| EngineError::Impossible(e.to_string()))
}
