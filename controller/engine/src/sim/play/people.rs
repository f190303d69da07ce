//! What people do: through the engine, by commits, and with pull requests.

use std::collections::BTreeMap;

use towpath_core::event::{Confirmable, RequestKind};
use towpath_core::id::{Name, ReleaseId, RepoPath};
use towpath_core::pipeline::EntryGate;
use towpath_core::time::Span;

use super::controllers::{Desk, said};
use super::{Play, Step, must, person};
use crate::error::EngineError;
use crate::memory::Faults;
use crate::pass::Engine;
use crate::people::{NewHold, NewRelease, ReleaseRef};
use crate::ports::Clock as _;
use crate::sim::schedule::Kind;
use crate::sim::wiring::path_of;

/// Of how many of a hundred approvals people think better at once.
const TAKEN_BACK: usize = 4;

impl Play {
    /// What people do goes through the engine too; that it is refused is no violation.
    pub(super) fn people<T>(
        &mut self,
        what: &str,
        work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>,
    ) -> Step {
        let settings = self.controllers.first().map(|c| c.settings.clone()).ok_or("no controller")?;
        let faults = Faults::default();
        let desk = Desk {
            faults: &faults,
            settings: &settings,
            shared: self.shared(),
            shallow: false,
            elsewhere: None,
        };
        let result = self.work(&self.pipeline, desk, work).map(|_| ());
        self.note(format!("{what} {}", said(&result)));
        Ok(())
    }

    /// CI makes a release, or tells more of one that is there.
    pub(super) fn new_release(&mut self) -> Step {
        let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
        let mut images = self.set_of(&version.image);
        let moves = self.random.percent(6);
        let other = self.random.pick(&self.versions).and_then(|v| v.image.tag.clone());
        if moves && self.schedule.plans(Kind::TagMoved) {
            self.schedule.struck(Kind::TagMoved);
            // It says the same as another one, and is something else.
            images.iter_mut().filter(|i| i.name == version.image.name).for_each(|i| i.tag.clone_from(&other));
        }
        let known = self.some_release().filter(|_| self.random.percent(20));
        let state = self.state().filter(|_| known.is_some());
        if let Some(release) = state.as_ref().zip(known).and_then(|(s, r)| s.release(&r)) {
            images.clone_from(&release.images);
        }
        let authors = match self.random.below(8) {
            0 => Vec::new(),
            1 => vec![person("alice")?, person("bob")?],
            _ => vec![person("alice")?],
        };
        let number = i64::try_from(self.random.below(60)).unwrap_or(0);
        let order = self.wiring.ordered.then_some(number);
        let labels: BTreeMap<_, _> = self.random.percent(10).then(irreversible).into_iter().collect();
        let new = NewRelease { images, order, authors, labels };
        let ci = person("ci")?;
        let names: Vec<_> = new.images.iter().map(|image| image.version().to_owned()).collect();
        let nature = state.is_none().then_some(version.nature);
        let what = format!("ci releases {} (order {order:?}, {nature:?})", names.join(" "));
        self.people(&what, |e| e.create_release(&ci, &new))?;
        match self.eager {
            true => self.approve_newest(),
            false => Ok(()),
        }
    }

    /// Somebody who approves whatever comes, as soon as it is there.
    fn approve_newest(&mut self) -> Step {
        let newest = self.state().and_then(|s| s.releases.iter().max_by_key(|r| r.seq).map(|r| r.r.clone()));
        let Some(release) = newest else { return Ok(()) };
        let name = must(Name::parse("production"))?;
        for (who, groups) in [("bob", ["managers"]), ("carol", ["owners"])] {
            let (by, groups) = (person(who)?, groups.map(str::to_owned));
            let release = ReleaseRef::Id(release.clone());
            self.people(&format!("{who} approves at once"), |e| {
                e.approve(&by, &name, &release, &groups, None)
            })?;
        }
        Ok(())
    }

    pub(super) fn some_release(&mut self) -> Option<ReleaseId> {
        let releases: Vec<_> = self.state()?.releases.iter().map(|r| r.r.clone()).collect();
        self.random.pick(&releases).cloned()
    }

    fn approve(&mut self) -> Step {
        let Some(state) = self.state() else { return Ok(()) };
        // Usually what is verified in staging, sometimes anything.
        let staging = state.envs.values().find(|e| e.config.name.as_str() == "staging");
        let verified: Vec<_> = staging.map(|e| e.ok.keys().cloned().collect()).unwrap_or_default();
        let release = match self.random.percent(80) {
            true => self.random.pick(&verified).cloned(),
            false => self.some_release(),
        };
        let Some(release) = release else { return Ok(()) };
        let who =
            self.random.pick(&["bob", "bob", "bob", "carol", "carol", "alice"]).copied().unwrap_or("bob");
        let until = self.random.percent(20).then(|| self.clock.now().plus(Span::seconds(400)));
        let (by, name) = (person(who)?, must(Name::parse("production"))?);
        let groups: &[&str] = match self.random.below(5) {
            0 => &[],
            1 => &["owners"],
            _ => &["managers"],
        };
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let what = format!("{who} of {groups:?} approves {release} until {until:?}");
        let release = ReleaseRef::Id(release);
        self.people(&what, |e| e.approve(&by, &name, &release, &groups, until))?;
        match self.random.percent(TAKEN_BACK) {
            true => self.people(&format!("{who} takes that back"), |e| e.unapprove(&by, &name, &release)),
            false => Ok(()),
        }
    }

    /// Somebody looks at what waits for a person, and does it: otherwise nothing would get far.
    pub(super) fn help(&mut self) -> Step {
        let state = self.state();
        if self.waits_for_confirmation {
            return self.confirm();
        }
        let held = state.as_ref().is_some_and(|s| !s.holds.is_empty());
        let pinned = state.as_ref().is_some_and(|s| s.envs.values().any(|e| e.pin.is_some()));
        match self.random.below(4) {
            0 if held => self.hold_or_lift(),
            1 if pinned => self.request(),
            2 if !self.requests.heads().is_empty() => self.pull_request(),
            _ => self.approve(),
        }
    }

    /// Somebody merges a pull request, mostly a green one, or closes it.
    fn pull_request(&mut self) -> Step {
        let heads = self.requests.heads();
        let Some(head) = self.random.pick(&heads).cloned() else { return Ok(()) };
        if self.random.percent(15) {
            self.requests.close(&head);
            self.note(format!("somebody closes the pull request of {}", head.short()));
            return Ok(());
        }
        if !self.requests.is_green(&head) && self.random.percent(90) {
            return Ok(());
        }
        let merged = match self.requests.merge(&head) {
            true => Some(head.clone()),
            false => self.requests.squash(&head, self.clock.now()),
        };
        merged.iter().for_each(|commit| self.observer.foreign(commit));
        self.note(format!("somebody merges the pull request of {}: {merged:?}", head.short()));
        Ok(())
    }

    pub(super) fn foreign_commit(&mut self) -> Step {
        let environment = self.some_environment()?;
        let path = path_of(environment.as_str())?;
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        let text = String::from_utf8_lossy(&self.host.file(&tip, &path).unwrap_or_default()).into_owned();
        let (path, text, what) = match self.random.below(4) {
            0 => (must(RepoPath::parse("README.md"))?, format!("{}", self.clock.now()), "elsewhere"),
            1 => (path, format!("# {}\n{text}", self.clock.now()), "other bytes"),
            _ => {
                let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
                let images = self.set_of(&version.image);
                (path, self.file_in(&environment, &images)?, "the image")
            }
        };
        let commit = self.commit(&[(path, text)], "somebody was here")?;
        self.note(format!("somebody changes {what} in {environment}: {}", commit.short()));
        Ok(())
    }

    pub(super) fn hold_or_lift(&mut self) -> Step {
        let carol = person("carol")?;
        let holds: Vec<_> =
            self.state().map(|s| s.holds.iter().map(|h| h.id.clone()).collect()).unwrap_or_default();
        if let (Some(_), true) = (holds.first(), self.random.percent(90)) {
            for id in holds {
                self.people(&format!("carol lifts {id}"), |e| e.lift(&carol, &id))?;
            }
            return Ok(());
        }
        let hold = self.some_hold("because")?;
        let what = format!("carol holds {hold:?}");
        self.people(&what, |e| e.hold(&carol, &hold))
    }

    /// A hold over much or little, for a while or until it is lifted.
    pub(super) fn some_hold(&mut self, reason: &str) -> Result<NewHold, String> {
        let mut hold = hold_all(reason, self.random.percent(40));
        match self.random.below(10) {
            0..=2 => hold.environments.push(self.some_environment()?),
            3..=4 => drop(hold.labels.insert("tier".to_owned(), "outer".to_owned())),
            5 => drop(hold.labels.insert("tier".to_owned(), "inner".to_owned())),
            _ => {}
        }
        match self.random.below(10) {
            0..=1 => hold.release = self.some_release().map(ReleaseRef::Id),
            2..=3 => {
                let known = self.some_release();
                let images = self.state().zip(known).and_then(|(s, r)| Some(s.release(&r)?.images.clone()));
                hold.digest = self.random.pick(&images.unwrap_or_default()).map(|i| i.digest.clone());
            }
            _ => {}
        }
        let seconds = self.random.pick(&[60, 400, 2_000]).copied().filter(|_| self.random.percent(30));
        hold.until = seconds.map(|seconds| self.clock.now().plus(Span::seconds(seconds)));
        Ok(hold)
    }

    pub(super) fn request(&mut self) -> Step {
        let dave = person("dave")?;
        let name = self.some_environment()?;
        let pinned = self.state().and_then(|s| s.envs.values().find(|e| e.pin.is_some()).cloned());
        if let (Some(env), true) = (pinned, self.random.percent(75)) {
            let name = env.config.name;
            return self.people(&format!("dave resumes {name}"), |e| {
                e.request(&dave, &name, RequestKind::Resume, None)
            });
        }
        match self.random.below(6) {
            0 => self.people(&format!("dave rolls {name} back"), |e| {
                e.request(&dave, &name, RequestKind::Rollback, None)
            }),
            1 | 2 => self.promote_by_hand(&name),
            3 => self.people(&format!("dave clears {name}"), |e| e.clear(&dave, &name, &[], "tested again")),
            _ => self.people(&format!("dave resumes {name}"), |e| {
                e.request(&dave, &name, RequestKind::Resume, None)
            }),
        }
    }

    fn promote_by_hand(&mut self, name: &Name) -> Step {
        let dave = person("dave")?;
        let rejected = self.state().and_then(|s| {
            let (_, env) = s.environment(name)?;
            env.rejected.last().map(|rejection| rejection.r.clone())
        });
        let again = self.random.percent(35);
        let Some(release) = rejected.filter(|_| again).or_else(|| self.some_release()) else { return Ok(()) };
        let mut past = Vec::new();
        for gate in EntryGate::ALL {
            if self.random.percent(25) {
                past.push((gate, "it burns".to_owned()));
            }
        }
        let gates: Vec<_> = past.iter().map(|(gate, _)| gate.as_str()).collect();
        let what = format!("dave promotes {release} to {name} past {gates:?}");
        self.people(&what, |e| e.promote_past(&dave, name, &ReleaseRef::Id(release), &past))
    }

    pub(super) fn confirm(&mut self) -> Step {
        let erin = person("erin")?;
        let what = match self.observer.is_journal_lost() || self.random.percent(50) {
            true => Confirmable::JournalLost,
            false => Confirmable::HistoryRewritten,
        };
        self.people(&format!("erin confirms {what:?}"), |e| e.confirm(&erin, what))?;
        self.observer.confirmed(&self.host);
        Ok(())
    }
}

/// The label that keeps a release from going back by itself.
pub(super) fn irreversible() -> (String, String) {
    ("towpath.dev/irreversible".to_owned(), "true".to_owned())
}

pub(super) fn hold_all(reason: &str, rollbacks: bool) -> NewHold {
    NewHold {
        environments: Vec::new(),
        labels: BTreeMap::new(),
        release: None,
        digest: None,
        rollbacks,
        reason: reason.to_owned(),
        until: None,
    }
}
