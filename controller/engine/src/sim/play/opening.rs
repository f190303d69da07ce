//! Performs an opening.

use std::collections::BTreeMap;

use towpath_core::event::RequestKind;
use towpath_core::id::{Name, ReleaseId};
use towpath_core::pipeline::EntryGate;
use towpath_core::time::Span;

use super::controllers::Weather;
use super::people::hold_all;
use super::{Play, Step, must, person};
use crate::people::{NewRelease, ReleaseRef};
use crate::ports::Clock as _;
use crate::sim::openings::Act;
use crate::sim::releases::file;
use crate::sim::schedule::Kind;
use crate::sim::wiring::path_of;

/// The step that faults of an opening are numbered by; no run has so many.
const OPENING: u32 = 1_000;

impl Play {
    /// Plays the opening, when this run has one.
    pub(super) fn open(&mut self) -> Step {
        let acts = self.opening.map(|opening| opening.acts()).unwrap_or_default();
        self.schedule.begin(OPENING);
        for act in acts {
            self.note(format!("{act:?}"));
            self.act(act)?;
            self.check()?;
        }
        Ok(())
    }

    pub(super) fn act(&mut self, act: Act) -> Step {
        let bob = person("bob")?;
        match act {
            Act::Release(i) => self.release(i, false),
            Act::Irreversible(i) => self.release(i, true),
            Act::Approve(i) => {
                let Some(r) = self.release_of(i) else { return Ok(()) };
                let name = must(Name::parse("production"))?;
                let groups = ["owners".to_owned()];
                self.people("bob approves", |e| e.approve(&bob, &name, &ReleaseRef::Id(r), &groups, None))
            }
            Act::Minutes(minutes) => (0..minutes).try_for_each(|_| self.minute()),
            Act::Incident(..) if !self.schedule.plans(Kind::Incident) => Ok(()),
            Act::Incident(name, minutes) => {
                self.schedule.struck(Kind::Incident);
                let (name, now) = (must(Name::parse(name))?, self.clock.now());
                self.cluster.incident(&name, now, now.plus(Span::seconds(minutes * 60)));
                Ok(())
            }
            Act::ByHand(name, i) => {
                let (Some(r), name) = (self.release_of(i), must(Name::parse(name))?) else { return Ok(()) };
                let past: Vec<_> =
                    EntryGate::ALL.map(|gate| (gate, "it was not its fault".to_owned())).into();
                self.people("bob promotes by hand", |e| {
                    e.promote_past(&bob, &name, &ReleaseRef::Id(r), &past)
                })
            }
            Act::Commit(name, i) => {
                let image = self.versions.get(i).map(|v| v.image.clone()).ok_or("no such version")?;
                self.commit(&[(path_of(name)?, file(&[image]))], "by hand").map(drop)
            }
            Act::Resume(name) => {
                let name = must(Name::parse(name))?;
                self.people("bob resumes", |e| e.request(&bob, &name, RequestKind::Resume, None))
            }
            Act::Hold => self.people("bob holds", |e| e.hold(&bob, &hold_all("a moment", false))),
            Act::Lift => self.lift_all(),
            Act::Merge => self.merge_green(),
            Act::SleepInPush => {
                self.sleeps_in_push();
                Ok(())
            }
        }
    }

    fn release(&mut self, i: usize, irreversible: bool) -> Step {
        let (ci, alice) = (person("ci")?, person("alice")?);
        let image = self.versions.get(i).map(|v| v.image.clone()).ok_or("no such version")?;
        let labels: BTreeMap<_, _> = irreversible.then(super::people::irreversible).into_iter().collect();
        let images = self.companions.first().cloned().into_iter().chain([image]).collect();
        let new = NewRelease { images, order: None, authors: vec![alice], labels };
        self.people("ci releases", |e| e.create_release(&ci, &new))
    }

    fn release_of(&self, i: usize) -> Option<ReleaseId> {
        let digest = &self.versions.get(i)?.image.digest;
        let state = self.state()?;
        state.releases.iter().find(|r| r.images.iter().any(|i| &i.digest == digest)).map(|r| r.r.clone())
    }

    /// The cluster follows, and the first controller passes; when it crashes it is started again at once, as often as it
    /// may crash.
    fn minute(&mut self) -> Step {
        for i in 0..self.environments.len() {
            self.sync(i)?;
        }
        for name in self.environments.clone() {
            self.cluster.settle(&name, self.clock.now());
        }
        let sleeps = self.sleeps.contains(&self.minutes);
        self.minutes += 1;
        for _ in 0..if sleeps { 0 } else { 1 + self.restarts } {
            self.pass(0, &[], Weather::default())?;
            self.check()?;
        }
        self.clock.advance(Span::seconds(60));
        Ok(())
    }

    fn lift_all(&mut self) -> Step {
        let bob = person("bob")?;
        let holds: Vec<_> = self.state().iter().flat_map(|s| s.holds.iter().map(|h| h.id.clone())).collect();
        holds.into_iter().try_for_each(|id| self.people("bob lifts", |e| e.lift(&bob, &id)))
    }

    fn merge_green(&mut self) -> Step {
        let green = self.requests.heads().into_iter().find(|head| self.requests.is_green(head));
        let Some(head) = green else { return Ok(()) };
        if self.requests.merge(&head) {
            self.observer.foreign(&head);
        }
        self.note("somebody merges");
        Ok(())
    }
}
