//! The play of a run: who does what, in which order, and what goes wrong.

use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::decide::WaitCode;
use towpath_core::event::{Confirmable, RequestKind};
use towpath_core::id::{Actor, CommitId, Name, OwnerId, RefName, ReleaseId, RepoPath};
use towpath_core::journal::State;
use towpath_core::pipeline::Pipeline;
use towpath_core::time::{Span, Time};
use towpath_core::verdict::Verdict;
use towpath_core::world::SharedFacts;

use super::cluster::Cluster;
use super::observer::Observer;
use super::random::Random;
use super::releases::{Nature, Version, file, natures, versions};
use crate::error::EngineError;
use crate::memory::{Fault, Faults, ManualClock, MemoryHost, MemoryQa, MemoryRepository};
use crate::observe::Remembered;
use crate::pass::{Engine, Host, PassReport, Settings};
use crate::people::{NewHold, NewRelease, ReleaseRef};
use crate::ports::{Clock as _, Signature};

/// The three environments, dev first.
pub(crate) const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];

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

/// A controller: what it remembers, and what goes wrong with it.
struct Controller {
    faults: Faults,
    remembered: Remembered,
    settings: Settings,
}

/// A run.
pub struct Play {
    random: Random,
    host: MemoryHost,
    clock: ManualClock,
    qa: MemoryQa,
    pipeline: Rc<Pipeline>,
    cluster: Cluster,
    versions: Vec<Version>,
    controllers: Vec<Controller>,
    pub(super) observer: Observer,
    pub(super) trace: Vec<String>,
    pub(super) passes: u64,
    pub(super) faults_struck: u64,
    journal_touched: bool,
    waits_for_confirmation: bool,
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

impl Play {
    /// Sets the stage for a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let temper = match random.below(10) {
            0..=3 => Temper::Gentle,
            4..=6 => Temper::Busy,
            _ => Temper::Rough,
        };
        let versions = versions(&mut random);
        let natures = natures(&versions);
        let pipeline = Rc::new(super::observer::pipeline());
        let qa = MemoryQa::new(&Faults::default());
        for version in versions.iter().filter(|v| v.nature == Nature::FailsQa) {
            qa.set("regression", &version.image.digest, Verdict::Failed);
        }
        let controller = |owner: &str| {
            OwnerId::parse(owner).ok().map(|owner| Controller {
                faults: Faults::default(),
                remembered: Remembered::default(),
                settings: Settings { owner, signature: signature() },
            })
        };
        Self {
            random,
            host: MemoryHost::new(),
            clock: ManualClock::at(Time::from_unix(1_800_000_000)),
            qa,
            observer: Observer::new(Rc::clone(&pipeline), natures.clone()),
            pipeline,
            cluster: Cluster::new(natures),
            versions,
            // Two replicas of one owner, and a stranger who must not touch anything.
            controllers: ["we", "we", "stranger"].into_iter().filter_map(controller).collect(),
            trace: Vec::new(),
            passes: 0,
            faults_struck: 0,
            journal_touched: false,
            waits_for_confirmation: false,
            somebody_in_between: false,
            temper,
        }
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
        let text = file(&first.image);
        let edits: Vec<_> = ENVIRONMENTS.iter().map(|e| (path_of(e), text.clone())).collect();
        for (path, text) in edits {
            self.commit(&[(path?, text)], "first")?;
        }
        for i in 0..ENVIRONMENTS.len() {
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
            0..=369 => self.faulty_pass(),
            370..=569 => self.time(),
            570..=839 => self.cluster_moves(),
            840..=866 => self.new_release(),
            867..=929 => self.help(),
            930..=940 => self.foreign_commit(),
            941..=956 => self.hold_or_lift(),
            957..=974 => self.request(),
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
        for environment in ENVIRONMENTS {
            let name = must(Name::parse(environment))?;
            if self.random.percent(60) {
                self.cluster.settle(&name, self.clock.now());
            }
        }
        Ok(())
    }

    fn cluster_moves(&mut self) -> Step {
        let i = self.random.below(ENVIRONMENTS.len());
        self.sync(i)
    }

    fn sync(&mut self, i: usize) -> Step {
        let environment = ENVIRONMENTS.get(i).ok_or("no such environment")?;
        let name = must(Name::parse(environment))?;
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        self.cluster.sync(&self.host, &name, &path_of(environment)?, &tip, self.clock.now());
        if self.random.percent(70) {
            self.cluster.settle(&name, self.clock.now());
        }
        Ok(())
    }

    /// A pass of some controller, with faults and with somebody else getting in between.
    fn faulty_pass(&mut self) -> Step {
        let i = if self.random.percent(6) { 2 } else { self.random.below(2) };
        let mut faults = Vec::new();
        for _ in 0..self.random.below(4) {
            faults.push(match self.random.below(12) {
                0 => Fault::CrashBefore,
                1 => Fault::CrashAfter,
                2 => Fault::Unreachable,
                3 => Fault::LostAnswer,
                _ => Fault::None,
            });
        }
        if self.random.percent(25) {
            self.let_somebody_in(i)?;
        }
        self.pass(i, &faults)
    }

    /// Right before the controller's next effect somebody else commits, holds, or another controller passes.
    fn let_somebody_in(&mut self, i: usize) -> Step {
        let what = self.random.below(4);
        let environment = ENVIRONMENTS.get(self.random.below(3)).copied().unwrap_or("dev");
        let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
        let (host, branch, now) = (self.host.clone(), self.branch(), self.clock.now());
        let foreign = self.observer.foreign_commits();
        let path = path_of(environment)?;
        let stand_in = self.stand_in();
        let hook: Box<dyn FnMut()> = match what {
            0 | 1 => {
                let (path, bytes) = match what {
                    0 => (must(RepoPath::parse("README.md"))?, format!("{now}").into_bytes()),
                    _ => (path, file(&version.image).into_bytes()),
                };
                Box::new(move || {
                    let edit = [(path.clone(), Some(bytes.clone()))];
                    if let Ok(commit) = host.commit_foreign(&branch, &edit, "in between", now) {
                        foreign.borrow_mut().insert(commit);
                    }
                })
            }
            2 => Box::new(move || {
                let _ = stand_in.with(|engine| engine.hold(&Actor::towpath(), &hold_all("in between")));
            }),
            _ => Box::new(move || {
                let mut remembered = Remembered::default();
                let _ = stand_in.with(|engine| engine.pass(&mut remembered, &mut |_| {}));
            }),
        };
        self.note(format!(
            "before controller {i}'s next effect: {}",
            ["README", "fields", "hold", "pass"].get(what).unwrap_or(&"")
        ));
        if let Some(controller) = self.controllers.get(i) {
            controller.faults.before_next(hook);
            self.somebody_in_between = true;
        }
        Ok(())
    }

    fn stand_in(&self) -> StandIn {
        let faults = Faults::default();
        StandIn {
            repository: self.host.client(&faults, true),
            qa: self.qa.client(&faults),
            metrics: self.cluster.metrics.clone(),
            live: self.cluster.live.clone(),
            clock: self.clock.clone(),
            pipeline: Rc::clone(&self.pipeline),
            settings: self.controllers.first().map(|c| c.settings.clone()),
        }
    }

    fn pass(&mut self, i: usize, faults: &[Fault]) -> Step {
        let somebody_in_between = std::mem::take(&mut self.somebody_in_between);
        let Some(controller) = self.controllers.get_mut(i) else { return Ok(()) };
        let mut remembered = std::mem::take(&mut controller.remembered);
        controller.faults.next(faults.iter().copied());
        let settings = controller.settings.clone();
        let faults_of = controller.faults.clone();
        let before = self.host.moved();
        let other = self.state().is_some_and(|s| s.owner.id != settings.owner);
        let result = self.work(&faults_of, &settings, |engine| engine.pass(&mut remembered, &mut |_| {}));
        faults_of.clear();
        self.passes += 1;
        self.faults_struck += faults.iter().filter(|f| **f != Fault::None).count() as u64;
        self.note(format!("controller {i} passes {}", said(&result)));
        self.waits_for_confirmation = matches!(&result, Ok(report)
            if report.waits_for(WaitCode::JournalLost) || report.waits_for(WaitCode::HistoryRewritten));
        let crashed = matches!(&result, Err(error) if error.is_crash());
        if let Some(controller) = self.controllers.get_mut(i) {
            controller.remembered = if crashed { Remembered::default() } else { remembered };
        }
        if i == 2 && other && self.host.moved() != before && !somebody_in_between {
            return Err("S14: a host that does not own the ledger had an effect".to_owned());
        }
        match result {
            Err(EngineError::Journal { reason, .. }) => Err(format!("S11: the journal is broken: {reason}")),
            _ => Ok(()),
        }
    }

    fn work<T>(
        &self,
        faults: &Faults,
        settings: &Settings,
        work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let (repository, qa) = (self.host.client(faults, true), self.qa.client(faults));
        let host = Host {
            repository: &repository,
            qa: &qa,
            metrics: &self.cluster.metrics,
            liveness: &self.cluster.live,
            pull_requests: None,
            evaluator: None,
            clock: &self.clock,
            shared: SharedFacts::default(),
            settings,
        };
        work(&Engine { host: &host, pipeline: &self.pipeline, seen: None })
    }

    /// What people do goes through the engine too; that it is refused is no violation.
    fn people<T>(&mut self, what: &str, work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>) -> Step {
        let settings = self.controllers.first().map(|c| c.settings.clone()).ok_or("no controller")?;
        let result = self.work(&Faults::default(), &settings, work).map(|_| ());
        self.note(format!("{what} {}", said(&result)));
        Ok(())
    }

    fn new_release(&mut self) -> Step {
        let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
        let new = NewRelease {
            images: vec![version.image.clone()],
            order: None,
            authors: vec![person("alice")?],
            labels: BTreeMap::new(),
        };
        let ci = person("ci")?;
        let what = format!("ci releases {} ({:?})", version.image.version(), version.nature);
        self.people(&what, |e| e.create_release(&ci, &new))
    }

    fn state(&self) -> Option<State> {
        self.observer.state(&self.host)
    }

    fn some_release(&mut self) -> Option<ReleaseId> {
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
        let who = if self.random.percent(85) { "bob" } else { "alice" };
        let (by, name) = (person(who)?, must(Name::parse("production"))?);
        let what = format!("{who} approves {release}");
        self.people(&what, |e| e.approve(&by, &name, &ReleaseRef::Id(release), &[], None))
    }

    /// Somebody looks at what waits for a person, and does it: otherwise nothing would get far.
    fn help(&mut self) -> Step {
        let state = self.state();
        if self.waits_for_confirmation {
            return self.confirm();
        }
        let held = state.as_ref().is_some_and(|s| !s.holds.is_empty());
        let pinned = state.as_ref().is_some_and(|s| s.envs.values().any(|e| e.pin.is_some()));
        match self.random.below(3) {
            0 if held => self.hold_or_lift(),
            1 if pinned => self.request(),
            _ => self.approve(),
        }
    }

    fn foreign_commit(&mut self) -> Step {
        let environment = ENVIRONMENTS.get(self.random.below(3)).copied().unwrap_or("dev");
        let path = path_of(environment)?;
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        let text = String::from_utf8_lossy(&self.host.file(&tip, &path).unwrap_or_default()).into_owned();
        let (path, text, what) = match self.random.below(4) {
            0 => (must(RepoPath::parse("README.md"))?, format!("{}", self.clock.now()), "elsewhere"),
            1 => (path, format!("# {}\n{text}", self.clock.now()), "other bytes"),
            _ => {
                let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
                (path, file(&version.image), "the image")
            }
        };
        let commit = self.commit(&[(path, text)], "somebody was here")?;
        self.note(format!("somebody changes {what} in {environment}: {}", commit.short()));
        Ok(())
    }

    /// A commit with perfect trailers that the journal does not know.
    fn forge(&mut self) -> Step {
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        let own = self.host.log(&tip).into_iter().find(|c| c.message.contains("Towpath-Promotion: "));
        let Some(original) = own else { return Ok(()) };
        let environment = ENVIRONMENTS.get(self.random.below(3)).copied().unwrap_or("dev");
        let version = self.random.pick(&self.versions).cloned().ok_or("no versions")?;
        let commit = self.commit(&[(path_of(environment)?, file(&version.image))], &original.message)?;
        self.note(format!("somebody forges a promotion in {environment}: {}", commit.short()));
        Ok(())
    }

    fn hold_or_lift(&mut self) -> Step {
        let carol = person("carol")?;
        let holds: Vec<_> =
            self.state().map(|s| s.holds.into_iter().map(|h| h.id).collect()).unwrap_or_default();
        if let (Some(_), true) = (holds.first(), self.random.percent(90)) {
            for id in holds {
                self.people(&format!("carol lifts {id}"), |e| e.lift(&carol, &id))?;
            }
            return Ok(());
        }
        self.people("carol holds everything", |e| e.hold(&carol, &hold_all("because")))
    }

    fn request(&mut self) -> Step {
        let dave = person("dave")?;
        let environment = ENVIRONMENTS.get(self.random.below(3)).copied().unwrap_or("dev");
        let name = must(Name::parse(environment))?;
        let pinned = self.state().and_then(|s| s.envs.into_values().find(|e| e.pin.is_some()));
        if let (Some(env), true) = (pinned, self.random.percent(75)) {
            let name = env.config.name;
            return self.people(&format!("dave resumes {name}"), |e| {
                e.request(&dave, &name, RequestKind::Resume, None)
            });
        }
        match self.random.below(5) {
            0 => self.people(&format!("dave rolls {environment} back"), |e| {
                e.request(&dave, &name, RequestKind::Rollback, None)
            }),
            1 => {
                let Some(release) = self.some_release() else { return Ok(()) };
                self.people(&format!("dave promotes {release} to {environment}"), |e| {
                    e.request(&dave, &name, RequestKind::Promote, Some(&ReleaseRef::Id(release)))
                })
            }
            2 => self.people(&format!("dave clears {environment}"), |e| {
                e.clear(&dave, &name, &[], "tested again")
            }),
            _ => self.people(&format!("dave resumes {environment}"), |e| {
                e.request(&dave, &name, RequestKind::Resume, None)
            }),
        }
    }

    fn lose_caches(&mut self) -> Step {
        for controller in &mut self.controllers {
            controller.remembered = Remembered::default();
        }
        self.note("all caches are lost");
        Ok(())
    }

    /// Somebody takes the branch back by a few commits.
    fn rewind_branch(&mut self) -> Step {
        let tip = self.host.tip(&self.branch()).ok_or("no branch")?;
        let log = self.host.log(&tip);
        let back = 1 + self.random.below(3);
        let Some(to) = log.get(back).filter(|_| log.len() > back + 3).map(|c| c.id.clone()) else {
            return Ok(());
        };
        self.host.force(&self.branch(), Some(to.clone()));
        self.observer.rewound(&self.host, &to);
        self.note(format!("somebody rewinds the branch by {back} to {}", to.short()));
        Ok(())
    }

    /// The journal disappears, or an older one comes back from a backup.
    fn lose_journal(&mut self) -> Step {
        let Some(tip) = self.host.tip(&self.journal()) else { return Ok(()) };
        let log = self.host.log(&tip);
        let back = 1 + self.random.below(6);
        let older = log.get(back).map(|c| c.id.clone()).filter(|_| self.random.percent(60));
        self.host.force(&self.journal(), older.clone());
        self.journal_touched = true;
        self.observer.journal_lost(&self.host);
        self.note(format!("the journal is lost, what comes back is {older:?}"));
        Ok(())
    }

    fn confirm(&mut self) -> Step {
        let erin = person("erin")?;
        let what = match self.observer.is_journal_lost() || self.random.percent(50) {
            true => Confirmable::JournalLost,
            false => Confirmable::HistoryRewritten,
        };
        self.people(&format!("erin confirms {what:?}"), |e| e.confirm(&erin, what))?;
        self.observer.confirmed(&self.host);
        Ok(())
    }

    fn check(&mut self) -> Step {
        self.observer.check(&self.host, &self.cluster, &self.qa, self.clock.now())
    }

    /// Faults stop, people go home, the cluster follows: the world has to come to rest and stay there.
    fn calm(&mut self) -> Step {
        self.confirm_all()?;
        let mut pushes = 0;
        for _ in 0..80 {
            pushes = self.host.pushes();
            for i in 0..ENVIRONMENTS.len() {
                self.sync(i)?;
                let name = must(Name::parse(ENVIRONMENTS.get(i).copied().unwrap_or("dev")))?;
                self.cluster.settle(&name, self.clock.now());
            }
            self.pass(0, &[])?;
            self.check()?;
            self.clock.advance(Span::seconds(60));
            if self.waits_for_confirmation {
                // A forgery may claim more than the journal says: a person looks, and says so.
                self.journal_touched = true;
                self.confirm_all()?;
            }
        }
        self.pass(1, &[])?;
        self.pass(0, &[])?;
        self.check()?;
        if self.host.pushes() != pushes {
            return Err("L2: the world does not come to rest: it is still pushing".to_owned());
        }
        self.observer.at_rest(&self.host)
    }

    fn confirm_all(&mut self) -> Step {
        let erin = person("erin")?;
        if self.journal_touched {
            let strange = self.state().map(|s| s.owner.id).filter(|id| id.as_str() == "stranger");
            if let Some(from) = strange {
                self.people("erin claims the ledger back", |e| e.claim(&erin, &from, "it is ours"))?;
            }
            self.people("erin confirms the loss", |e| e.confirm(&erin, Confirmable::JournalLost))?;
            self.observer.confirmed(&self.host);
        }
        self.people("erin confirms the branch", |e| e.confirm(&erin, Confirmable::HistoryRewritten))
    }
}

/// Everything that somebody needs to work with the engine on his own.
struct StandIn {
    repository: MemoryRepository,
    qa: MemoryQa,
    metrics: crate::memory::MemoryMetrics,
    live: crate::memory::MemoryLiveness,
    clock: ManualClock,
    pipeline: Rc<Pipeline>,
    settings: Option<Settings>,
}

impl StandIn {
    fn with<T>(&self, work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>) -> Option<T> {
        let host = Host {
            repository: &self.repository,
            qa: &self.qa,
            metrics: &self.metrics,
            liveness: &self.live,
            pull_requests: None,
            evaluator: None,
            clock: &self.clock,
            shared: SharedFacts::default(),
            settings: self.settings.as_ref()?,
        };
        work(&Engine { host: &host, pipeline: &self.pipeline, seen: None }).ok()
    }
}

fn hold_all(reason: &str) -> NewHold {
    NewHold {
        environments: Vec::new(),
        labels: BTreeMap::new(),
        release: None,
        digest: None,
        rollbacks: false,
        reason: reason.to_owned(),
        until: None,
    }
}

fn signature() -> Signature {
    Signature { name: "Towpath".to_owned(), email: "towpath@example.com".to_owned() }
}

pub(crate) fn path_of(environment: &str) -> Result<RepoPath, String> {
    must(RepoPath::parse(&format!("apps/web/{environment}/kustomization.yaml")))
}

fn said<T: Describe>(result: &Result<T, EngineError>) -> String {
    match result {
        Ok(value) => value.describe(),
        Err(error) => format!("-> {error}"),
    }
}

/// One line for the trace.
trait Describe {
    fn describe(&self) -> String;
}

impl Describe for () {
    fn describe(&self) -> String {
        String::new()
    }
}

impl Describe for PassReport {
    fn describe(&self) -> String {
        let waits = self.waits().map(|(e, w)| format!("{e}: {}", w.code)).collect::<Vec<_>>().join(", ");
        format!("-> {} rounds; {waits}", self.rounds)
    }
}
