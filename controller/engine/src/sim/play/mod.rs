//! The play of a run: who does what, in which order.
//!
//! - `controllers`: passes, with the faults that strike in them.
//! - `faults`: who gets in between, and what is lost or moved by force.
//! - `people`: releases, approvals, holds, requests, pull requests.
//! - `rest`: the end, when faults have stopped and people went home.

mod controllers;
mod faults;
mod people;
mod rest;

use std::rc::Rc;

use towpath_core::id::{Actor, CommitId, Name, OwnerId, RefName, RepoPath};
use towpath_core::journal::State;
use towpath_core::pipeline::Pipeline;
use towpath_core::release::Image;
use towpath_core::time::{Span, Time};
use towpath_core::verdict::Verdict;

use self::controllers::Controller;
use super::cluster::Cluster;
use super::observer::Observer;
use super::random::Random;
use super::releases::{Nature, Version, companions, file, natures, versions};
use super::wiring::{Wiring, path_of};
use crate::memory::{Faults, ManualClock, MemoryHost, MemoryPullRequests, MemoryQa};
use crate::observe::Remembered;
use crate::pass::Settings;
use crate::ports::{Clock as _, Signature};

/// How people behave in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Temper {
    /// They release and approve.
    Gentle,
    /// They also commit, hold, ask and forge.
    Busy,
    /// They also rewind refs.
    Rough,
}

/// A run.
pub struct Play {
    random: Random,
    host: MemoryHost,
    clock: ManualClock,
    qa: MemoryQa,
    requests: MemoryPullRequests,
    wiring: Wiring,
    pipeline: Rc<Pipeline>,
    /// Its environments, upstream ones first.
    environments: Vec<Name>,
    cluster: Cluster,
    versions: Vec<Version>,
    companions: Vec<Image>,
    controllers: Vec<Controller>,
    pub(super) observer: Observer,
    pub(super) trace: Vec<String>,
    pub(super) passes: u64,
    pub(super) faults_struck: u64,
    journal_touched: bool,
    waits_for_confirmation: bool,
    /// The earliest time that the last pass named for the next.
    next_look: Option<Time>,
    somebody_in_between: bool,
    temper: Temper,
}

type Step = Result<(), String>;

fn must<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|e| format!("the run itself is wrong: {e}"))
}

fn person(login: &str) -> Result<Actor, String> {
    must(Actor::parse(login))
}

fn signature() -> Signature {
    Signature { name: "Towpath".to_owned(), email: "towpath@example.com".to_owned() }
}

impl Play {
    /// Sets the stage for a seed. The error is a wiring that is none.
    pub fn new(seed: u64) -> Result<Self, String> {
        let mut random = Random::new(seed);
        let temper = match random.below(10) {
            0..=3 => Temper::Gentle,
            4..=6 => Temper::Busy,
            _ => Temper::Rough,
        };
        let wiring = Wiring::drawn(&mut random)?;
        let versions = versions(&mut random);
        let natures = natures(&versions);
        let pipeline = Rc::clone(&wiring.pipeline);
        let host = MemoryHost::new();
        Ok(Self {
            random,
            clock: ManualClock::at(Time::from_unix(1_800_000_000)),
            qa: qa(&versions),
            requests: MemoryPullRequests::new(&host),
            host,
            observer: Observer::new(Rc::clone(&pipeline), natures.clone()),
            environments: pipeline.environments.iter().map(|e| e.name.clone()).collect(),
            companions: companions()
                .into_iter()
                .take(if pipeline.images.len() > 1 { 3 } else { 0 })
                .collect(),
            pipeline,
            cluster: Cluster::new(natures),
            versions,
            // Two replicas of one owner, and a stranger who must not touch anything.
            controllers: ["we", "we", "stranger"].into_iter().filter_map(controller).collect(),
            trace: vec![wiring.summary.clone()],
            wiring,
            passes: 0,
            faults_struck: 0,
            journal_touched: false,
            waits_for_confirmation: false,
            next_look: None,
            somebody_in_between: false,
            temper,
        })
    }

    /// Plays: so many steps with faults, then calm until nothing moves. The error is the first violation.
    pub fn perform(&mut self, steps: u32) -> Result<(), String> {
        self.set_stage()?;
        for _ in 0..steps {
            self.step()?;
            self.check()?;
        }
        self.calm()
    }

    fn set_stage(&mut self) -> Step {
        let first = self.versions.first().cloned().ok_or("no versions")?;
        let text = file(&self.set_of(&first.image));
        for environment in self.environments.clone() {
            self.commit(&[(path_of(environment.as_str())?, text.clone())], "first")?;
        }
        for i in 0..self.environments.len() {
            self.sync(i)?;
        }
        self.pass(0, &[])?;
        self.check()
    }

    fn note(&mut self, line: impl Into<String>) {
        self.trace.push(format!("{} {}", self.clock.now(), line.into()));
    }

    fn branch(&self) -> RefName {
        self.pipeline.repository.branch.clone()
    }

    fn journal(&self) -> RefName {
        self.pipeline.repository.journal.clone()
    }

    fn state(&self) -> Option<Rc<State>> {
        self.observer.state(&self.host)
    }

    fn some_environment(&mut self) -> Result<Name, String> {
        self.random.pick(&self.environments).cloned().ok_or_else(|| "no environments".to_owned())
    }

    /// A complete set of images with this first one.
    fn set_of(&mut self, image: &Image) -> Vec<Image> {
        let companion = self.random.pick(&self.companions).cloned();
        companion.into_iter().chain([image.clone()]).collect()
    }

    fn commit(&mut self, files: &[(RepoPath, String)], message: &str) -> Result<CommitId, String> {
        let edits: Vec<_> = files.iter().map(|(p, t)| (p.clone(), Some(t.clone().into_bytes()))).collect();
        let commit = must(self.host.commit_foreign(&self.branch(), &edits, message, self.clock.now()))?;
        self.observer.foreign(&commit);
        Ok(commit)
    }

    fn step(&mut self) -> Step {
        // In some runs people leave things alone, and in most nobody touches the refs by force: otherwise little would
        // ever get to production.
        let what = match self.random.below(1000) {
            930.. if self.temper == Temper::Gentle => 400,
            988.. if self.temper != Temper::Rough => 0,
            what => what,
        };
        match what {
            0..=359 => self.faulty_pass(),
            360..=559 => self.time(),
            560..=809 => self.cluster_moves(),
            810..=819 => self.trouble(),
            820..=849 => self.new_release(),
            850..=929 => self.help(),
            930..=938 => self.foreign_commit(),
            939..=953 => self.hold_or_lift(),
            954..=972 => self.request(),
            973..=974 => self.rewire(),
            975..=983 => self.lose_caches(),
            984..=987 => self.forge(),
            988..=991 => self.rewind_branch(),
            992..=994 => self.lose_journal(),
            _ => self.confirm(),
        }
    }

    fn time(&mut self) -> Step {
        let spans = [5, 15, 30, 60, 60, 120, 300, 600];
        let seconds = self.random.pick(&spans).copied().unwrap_or(30);
        self.clock.advance(Span::seconds(seconds));
        // Reports are made anew now and then, whether or not anything changed.
        for environment in self.environments.clone() {
            if self.random.percent(60) {
                self.cluster.settle(&environment, self.clock.now());
            }
        }
        Ok(())
    }

    fn cluster_moves(&mut self) -> Step {
        let i = self.random.below(self.environments.len());
        self.sync(i)
    }

    fn sync(&mut self, i: usize) -> Step {
        let name = self.environments.get(i).cloned().ok_or("no such environment")?;
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        self.cluster.sync(&self.host, &name, &path_of(name.as_str())?, &tip, self.clock.now());
        if self.random.percent(70) {
            self.cluster.settle(&name, self.clock.now());
        }
        Ok(())
    }

    fn check(&mut self) -> Step {
        self.observer.check(&self.host, &self.cluster, &self.qa, self.clock.now())
    }
}

/// The QA runner: what it says of each version is what is true of it.
fn qa(versions: &[Version]) -> MemoryQa {
    let qa = MemoryQa::new(&Faults::default());
    for version in versions {
        match version.nature {
            Nature::FailsQa => qa.set("regression", &version.image.digest, Verdict::Failed),
            Nature::BreaksQa => qa.set("regression", &version.image.digest, Verdict::Error),
            _ => {}
        }
    }
    qa
}

fn controller(owner: &str) -> Option<Controller> {
    OwnerId::parse(owner).ok().map(|owner| Controller {
        faults: Faults::default(),
        remembered: Remembered::default(),
        settings: Settings { owner, signature: signature() },
    })
}
