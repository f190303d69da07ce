//! The pipeline next door: it moves the same branch, or edits a file of ours, or is in another repository, and others
//! may depend on what it has live.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::decide::WaitCode;
use towpath_core::event::Confirmable;
use towpath_core::id::{CommitId, Name, RepoPath};
use towpath_core::journal::State;
use towpath_core::pipeline::Pipeline;
use towpath_core::release::Image;
use towpath_core::world::{OtherEnvironment, SharedFacts};

use super::controllers::{Desk, Others, said};
use super::{Controller, Play, Step, controller, must, person};
use crate::error::EngineError;
use crate::memory::{Faults, ManualClock, MemoryHost};
use crate::pass::Engine;
use crate::people::NewRelease;
use crate::ports::Clock as _;
use crate::sim::glitches::Calls;
use crate::sim::random::Random;
use crate::sim::releases::{NEIGHBOUR, file, of_neighbour};
use crate::sim::wiring::{neighbour, path_of};

/// The neighbour, and the machine that it is looked after from.
pub(super) struct Neighbour {
    pub(super) pipeline: Rc<Pipeline>,
    pub(super) controller: Controller,
    environment: Name,
    /// Its folder.
    folder: &'static str,
    /// Its repository, if that is another one, and the calls of its ports.
    pub(super) elsewhere: Option<(MemoryHost, Calls)>,
    waits: bool,
    /// What its journal says, by its tip.
    known: RefCell<Option<(CommitId, Others)>>,
}

impl Neighbour {
    pub(super) fn drawn(random: &mut Random, host: &MemoryHost, clock: &ManualClock) -> Result<Self, String> {
        let (folder, here) = match random.below(10) {
            0..=2 => ("production", true),
            3..=6 => ("lib", true),
            _ => ("lib", false),
        };
        let host = if here { host.clone() } else { MemoryHost::new() };
        Ok(Self {
            pipeline: Rc::new(neighbour(folder)?),
            folder,
            elsewhere: (!here).then(|| (host, Calls::new(clock))),
            controller: controller("we").ok_or("no neighbour")?,
            environment: must(Name::parse("lib"))?,
            waits: false,
            known: RefCell::default(),
        })
    }

    /// Whether it is in the same repository.
    pub(super) fn is_here(&self) -> bool {
        self.elsewhere.is_none()
    }
}

fn version(i: usize) -> Result<Image, String> {
    let tag = ["1.5.0", "2.0.0", "2.1.0", "1.9.0"].get(i).copied().unwrap_or("1.5.0");
    must(Image::parse(&format!("{NEIGHBOUR}:{tag}@sha256:{}", format!("b{i}").repeat(32))))
}

impl Play {
    /// The neighbour's folder is there from the beginning.
    pub(super) fn welcome_neighbour(&mut self) -> Step {
        let Some(neighbour) = &self.neighbour else { return Ok(()) };
        let (path, image) = (path_of(neighbour.folder)?, version(0)?);
        match &neighbour.elsewhere {
            Some((host, _)) => {
                let edit = [(path, Some(file(&[image]).into_bytes()))];
                must(host.commit_foreign(&self.branch(), &edit, "lib", self.clock.now()))?;
            }
            None => {
                let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
                let there = self.host.file(&tip, &path).unwrap_or_default();
                let there = String::from_utf8_lossy(&there).into_owned();
                let own = file(&[image]);
                let text = if there.is_empty() { own } else { there + &of_neighbour(&own) };
                self.commit(&[(path, text)], "lib")?;
            }
        }
        self.neighbour_passes()
    }

    /// The neighbour releases something, or is looked after.
    pub(super) fn neighbour_acts(&mut self) -> Step {
        if self.neighbour.is_none() {
            return self.faulty_pass();
        }
        if self.random.percent(25) {
            let image = version(self.random.below(4))?;
            let (ci, what) = (person("ci")?, format!("lib releases {}", image.version()));
            let new =
                NewRelease { images: vec![image], order: None, authors: Vec::new(), labels: BTreeMap::new() };
            self.neighbours(&what, |engine| engine.create_release(&ci, &new).map(|_| ()))?;
        }
        self.neighbour_passes()
    }

    /// Its cluster follows, and it passes.
    pub(super) fn neighbour_passes(&mut self) -> Step {
        let Some(neighbour) = &self.neighbour else { return Ok(()) };
        let host = neighbour.elsewhere.as_ref().map_or(&self.host, |(host, _)| host).clone();
        let (name, path) = (neighbour.environment.clone(), path_of(neighbour.folder)?);
        let tip = host.tip(&self.branch()).ok_or("no branch")?;
        self.cluster.sync(&host, (&name, &[NEIGHBOUR]), &path, &tip, self.clock.now());
        if self.random.percent(70) {
            self.cluster.settle(&name, self.clock.now());
        }
        let mut remembered =
            self.neighbour.as_mut().map(|n| std::mem::take(&mut n.controller.remembered)).unwrap_or_default();
        let mut waits = false;
        self.neighbours("lib passes", |engine| {
            let report = engine.pass(&mut remembered, &mut |_| {})?;
            waits = report.waits_for(WaitCode::JournalLost) || report.waits_for(WaitCode::HistoryRewritten);
            Ok(())
        })?;
        if let Some(neighbour) = &mut self.neighbour {
            (neighbour.controller.remembered, neighbour.waits) = (remembered, waits);
        }
        Ok(())
    }

    /// Somebody looks at what the neighbour waits for.
    pub(super) fn neighbour_confirms(&mut self) -> Step {
        if !self.neighbour.as_ref().is_some_and(|neighbour| neighbour.waits) {
            return Ok(());
        }
        let erin = person("erin")?;
        for what in [Confirmable::JournalLost, Confirmable::HistoryRewritten] {
            self.neighbours("erin confirms for lib", |engine| engine.confirm(&erin, what).map(|_| ()))?;
        }
        Ok(())
    }

    /// Works for the neighbour; its moves of the branch are somebody else's for the pipeline that is watched.
    fn neighbours(&mut self, what: &str, work: impl FnOnce(&Engine<'_>) -> Result<(), EngineError>) -> Step {
        let Some(neighbour) = &self.neighbour else { return Ok(()) };
        let before = self.host.moved();
        let (pipeline, settings) = (Rc::clone(&neighbour.pipeline), neighbour.controller.settings.clone());
        let faults = Faults::default();
        let elsewhere = neighbour.elsewhere.as_ref().map(|(host, calls)| (host, calls));
        let shared = SharedFacts { others: Others::new(), ..self.shared() };
        let desk = Desk { faults: &faults, settings: &settings, shared, shallow: false, elsewhere };
        let result = self.work(&pipeline, desk, work);
        let branch = self.branch();
        for (name, _, new) in self.host.moves_after(before) {
            new.filter(|_| name == branch).iter().for_each(|commit| self.observer.foreign(commit));
        }
        self.note(format!("{what} {}", said(&result)));
        Ok(())
    }

    /// What the neighbour has, as its journal says.
    pub(super) fn others(&self) -> Others {
        let Some(neighbour) = &self.neighbour else { return Others::new() };
        let host = neighbour.elsewhere.as_ref().map_or(&self.host, |(host, _)| host);
        let Some(tip) = host.tip(&neighbour.pipeline.repository.journal) else { return Others::new() };
        if let Some((known, others)) = &*neighbour.known.borrow()
            && known == &tip
        {
            return others.clone();
        }
        let read = || {
            let state = State::parse(&host.file(&tip, &RepoPath::parse("state.json").ok()?)?).ok()?;
            let there = OtherEnvironment::of(&state, &neighbour.environment)?;
            Some(((neighbour.pipeline.id.clone(), neighbour.environment.clone()), there))
        };
        let others: Others = read().into_iter().collect();
        neighbour.known.replace(Some((tip, others.clone())));
        others
    }
}
