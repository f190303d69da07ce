//! The play of a run: who does what, in which order.
//!
//! - `controllers`: passes, with the faults that strike in them.
//! - `faults`: who gets in between, and what is lost or moved by force.
//! - `late`: tests of what arrives late.
//! - `neighbour`: the pipeline next door.
//! - `opening`: what some runs begin with.
//! - `people`: releases, approvals, holds, requests, pull requests.
//! - `rounds`: when controllers look, and which passes they leave out.
//! - `rest`: the end, when faults have stopped and people went home.

mod controllers;
mod faults;
#[cfg(test)]
mod late;
mod neighbour;
mod opening;
mod people;
mod rest;
mod rounds;

use std::rc::Rc;

use towpath_core::id::{Actor, CommitId, Name, OwnerId, RefName, RepoPath};
use towpath_core::journal::State;
use towpath_core::pipeline::Pipeline;
use towpath_core::release::Image;
use towpath_core::time::{Span, Time};
use towpath_core::verdict::Verdict;

use self::controllers::{Controller, Weather};
use self::neighbour::Neighbour;
use self::rounds::Rounds;
use super::Orders;
use super::cluster::Cluster;
use super::glitches::{Calls, Glitch, Port};
use super::observer::Observer;
use super::openings::Opening;
use super::random::Random;
use super::releases::{IMAGES, Nature, Version, companions, file, natures, of_neighbour, versions};
use super::schedule::{Kind, Schedule};
use super::sweep::End;
use super::wiring::{EXPRESSION, URL, Wiring, path_of};
use crate::memory::{
    Fault, Faults, ManualClock, MemoryEvaluator, MemoryHost, MemoryHttp, MemoryPullRequests, MemoryQa,
    MemoryRegistry,
};
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
pub(crate) struct Play {
    seed: u64,
    random: Random,
    pub(super) schedule: Schedule,
    opening: Option<Opening>,
    neighbour: Option<Neighbour>,
    evaluator: MemoryEvaluator,
    http: MemoryHttp,
    registry: MemoryRegistry,
    /// When the system outside said yes last, unless it says so now.
    said_yes: Option<Time>,
    /// Until when answers count that a host asked for with a wrong clock.
    wrong_until: Time,
    /// The step that is being played; nothing when the run comes to rest.
    pub(super) step: Option<u32>,
    /// Calls of ports so far, and what goes wrong with them.
    pub(super) calls: Calls,
    /// Whether the trace is wanted.
    tells: bool,
    /// Whether every release is approved as soon as it is there.
    eager: bool,
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
    /// Passes that a host left out.
    pub(super) left_out: u64,
    journal_touched: bool,
    waits_for_confirmation: bool,
    /// The earliest time that the last pass named for the next.
    next_look: Option<Time>,
    /// The minutes of the opening that were played, and those in which the first controller sleeps.
    pub(super) minutes: u32,
    pub(super) sleeps: std::ops::Range<u32>,
    /// How often the first controller is started again in a minute.
    restarts: usize,
    /// Who gets in between in the next pass.
    in_between: Option<Kind>,
    /// What goes wrong with calls of the next pass.
    glitched: Vec<(Port, u32, Glitch)>,
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
    pub(crate) fn new(orders: &Orders) -> Result<Self, String> {
        let mut random = Random::new(orders.seed);
        let temper = match random.below(10) {
            0..=3 => Temper::Gentle,
            4..=6 => Temper::Busy,
            _ => Temper::Rough,
        };
        let wiring = Wiring::drawn(&mut random)?;
        let versions = versions(&mut random);
        let drawn = Opening::drawn(&mut random);
        let opening = orders.opening.or(drawn);
        match opening {
            Some(opening) => {
                Self::on(orders, random, temper, opening.wiring()?, opening.cast(versions), Some(opening))
            }
            None => Self::on(orders, random, temper, wiring, versions, None),
        }
    }

    /// Sets the stage for an opening and nothing else.
    pub(crate) fn of(opening: Opening, atomic: bool, trace: bool) -> Result<Self, String> {
        let mut random = Random::new(1);
        let versions = opening.cast(versions(&mut random));
        let wiring = Wiring { atomic, ..opening.wiring()? };
        let orders = Orders { trace, ..Orders::default() };
        Self::on(&orders, random, Temper::Gentle, wiring, versions, Some(opening))
    }

    fn on(
        orders: &Orders,
        mut random: Random,
        temper: Temper,
        wiring: Wiring,
        versions: Vec<Version>,
        opening: Option<Opening>,
    ) -> Result<Self, String> {
        let natures = natures(&versions);
        let replicas = match opening {
            Some(_) => 2,
            None => random.pick(&[1, 2, 2, 2, 3]).copied().unwrap_or(2),
        };
        let pipeline = Rc::clone(&wiring.pipeline);
        let (host, clock) = (MemoryHost::new(), ManualClock::at(Time::from_unix(1_800_000_000)));
        let depends = pipeline.environments.iter().any(|e| !e.entry.dependencies.is_empty());
        let evaluator = MemoryEvaluator::new();
        evaluator.set(EXPRESSION, true);
        let http = MemoryHttp::new();
        http.set(URL, 200, "");
        let neighbour = if depends || (opening.is_none() && random.percent(25)) {
            Some(Neighbour::drawn(&mut random, &host, &clock)?)
        } else {
            None
        };
        Ok(Self {
            seed: orders.seed,
            schedule: Schedule::new(orders.only.clone(), orders.spared.clone()),
            neighbour,
            step: None,
            evaluator,
            http,
            registry: MemoryRegistry::new(),
            said_yes: None,
            wrong_until: Time::from_unix(0),
            calls: Calls::new(&clock),
            tells: orders.trace,
            eager: opening.is_none() && random.percent(30),
            opening,
            random,
            clock,
            qa: qa(&versions),
            requests: MemoryPullRequests::new(&host),
            host,
            observer: Observer::new(Rc::clone(&pipeline), natures.clone(), wiring.windows.clone()),
            environments: pipeline.environments.iter().map(|e| e.name.clone()).collect(),
            companions: companions()
                .into_iter()
                .take(if pipeline.images.len() > 1 { 3 } else { 0 })
                .collect(),
            pipeline,
            cluster: Cluster::new(natures),
            versions,
            // Replicas of one owner, and a stranger who must not touch anything.
            controllers: std::iter::repeat_n("we", replicas)
                .chain(["stranger"])
                .filter_map(controller)
                .collect(),
            trace: vec![wiring.summary.clone()],
            wiring,
            passes: 0,
            left_out: 0,
            journal_touched: false,
            waits_for_confirmation: false,
            next_look: None,
            minutes: 0,
            sleeps: 0..0,
            restarts: 1,
            in_between: None,
            glitched: Vec::new(),
            temper,
        })
    }

    /// Plays: an opening perhaps, so many steps with faults, then calm until nothing moves. The error is the first
    /// violation.
    pub(crate) fn perform(&mut self, steps: u32, until: Option<u32>) -> Result<(), String> {
        self.step = Some(0);
        self.set_stage()?;
        self.open()?;
        // What comes after an opening is shorter.
        let steps = if self.opening.is_some() { steps / 2 } else { steps };
        for step in 0..steps {
            self.step = Some(step);
            self.random = Random::of_step(self.seed, step);
            self.schedule.begin(step);
            self.act_at_random()?;
            self.check()?;
            if until == Some(step) {
                return Ok(());
            }
        }
        self.step = None;
        self.calm()
    }

    /// Plays an opening to its end, with these crashes of the first controller, by the numbers of its effects. Answers
    /// how many effects there were, and what it came to.
    pub(crate) fn crash_at(&mut self, crashes: &[(u64, Fault)]) -> Result<(u64, End), String> {
        let faults = self.controllers.first().map(|c| c.faults.clone()).ok_or("no controller")?;
        crashes.iter().for_each(|(number, fault)| faults.at(*number, *fault));
        self.restarts = crashes.len().max(1);
        self.set_stage()?;
        self.open()?;
        self.calm()?;
        Ok((faults.effects(), self.end()))
    }

    fn set_stage(&mut self) -> Step {
        let first = self.versions.first().cloned().ok_or("no versions")?;
        let text = file(&self.set_of(&first.image));
        for environment in self.environments.clone() {
            self.commit(&[(path_of(environment.as_str())?, text.clone())], "first")?;
        }
        self.welcome_neighbour()?;
        for i in 0..self.environments.len() {
            self.sync(i)?;
        }
        // People come when there is a ledger that knows all environments: who crashed before is started again.
        for _ in 0..5 {
            self.pass(0, &[], Weather::default())?;
            self.check()?;
            let known = self.state().map_or(0, |s| s.envs.values().filter(|env| env.at.is_some()).count());
            if known == self.environments.len() {
                break;
            }
        }
        Ok(())
    }

    fn note(&mut self, line: impl Into<String>) {
        if !self.tells {
            return;
        }
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

    /// The file of an environment with these images; what it says of the pipeline next door stays.
    fn file_in(&self, environment: &Name, images: &[Image]) -> Result<String, String> {
        let there = self.host.tip(&self.branch()).zip(path_of(environment.as_str()).ok());
        let there = there.and_then(|(tip, path)| self.host.file(&tip, &path)).unwrap_or_default();
        Ok(file(images) + &of_neighbour(&String::from_utf8_lossy(&there)))
    }

    fn commit(&mut self, files: &[(RepoPath, String)], message: &str) -> Result<CommitId, String> {
        let edits: Vec<_> = files.iter().map(|(p, t)| (p.clone(), Some(t.clone().into_bytes()))).collect();
        let commit = must(self.host.commit_foreign(&self.branch(), &edits, message, self.clock.now()))?;
        self.observer.foreign(&commit);
        Ok(commit)
    }

    fn act_at_random(&mut self) -> Step {
        // In some runs people leave things alone, and in most nobody touches the refs by force: otherwise little would
        // ever get to production.
        let what = match self.random.below(1000) {
            930.. if self.temper == Temper::Gentle => 400,
            988.. if self.temper != Temper::Rough => 0,
            what => what,
        };
        match what {
            0..=339 => self.faulty_pass(),
            340..=359 => self.neighbour_acts(),
            360..=559 => self.time(),
            560..=804 => self.cluster_moves(),
            805..=822 => self.trouble(),
            823..=849 => self.new_release(),
            850..=929 => self.help(),
            930..=938 => self.unless_spared(Kind::ForeignCommit, Self::foreign_commit),
            939..=953 => self.unless_spared(Kind::Hold, Self::hold_or_lift),
            954..=972 => self.unless_spared(Kind::Request, Self::request),
            973..=974 => self.unless_spared(Kind::Rewire, Self::rewire),
            975..=983 => self.unless_spared(Kind::LostCaches, Self::lose_caches),
            984..=987 => self.unless_spared(Kind::Forgery, Self::forge),
            988..=991 => self.unless_spared(Kind::BranchRewound, Self::rewind_branch),
            992..=994 => self.unless_spared(Kind::JournalLost, Self::lose_journal),
            _ => self.confirm(),
        }
    }

    /// Lets something happen that is in the schedule of this run.
    fn unless_spared(&mut self, kind: Kind, happens: fn(&mut Self) -> Step) -> Step {
        match self.schedule.plans(kind) {
            true => {
                self.schedule.struck(kind);
                happens(self)
            }
            false => Ok(()),
        }
    }

    fn time(&mut self) -> Step {
        // A push has a deadline.
        self.arrive()?;
        let spans = [5, 15, 30, 60, 60, 120, 300, 600];
        let seconds = self.random.pick(&spans).copied().unwrap_or(30);
        let (named, edge) = (self.random.percent(15), self.random.percent(25));
        let now = self.clock.now();
        // Sometimes to the very second that the last pass named, or at which a window opens or closes.
        let exact = self.next_look.filter(|_| named);
        let exact = self.wiring.windows.values().next().map(|w| w.next_edge(now)).filter(|_| edge).or(exact);
        let exact = exact.map(|at| at.since(now)).filter(|span| (1..3_600).contains(&span.as_seconds()));
        self.clock.advance(exact.unwrap_or(Span::seconds(seconds)));
        if self.random.percent(40) {
            self.qa.finish();
            self.tell_of_end();
        }
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
        self.cluster.sync(&self.host, (&name, &IMAGES), &path_of(name.as_str())?, &tip, self.clock.now());
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
        rounds: Rounds::default(),
        sleeps: Time::from_unix(0),
    })
}
