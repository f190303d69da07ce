//! One controller on a bed: its own clone, its own memory, its own faults.

use std::collections::BTreeMap;

use towpath_core::decide::{Answer, WaitCode};
use towpath_core::event::Recorded;
use towpath_core::id::{Name, OwnerId};
use towpath_core::journal::State;
use towpath_core::journal::state::{EnvironmentState, Phase};
use towpath_engine::memory::{Faults, MemoryQa};
use towpath_engine::ports::{HttpGates, PullRequests, Repository, Signature};
use towpath_engine::{Engine, EngineError, Host, PassReport, Remembered, Settings, Step};

use super::{Bed, env_of};
use crate::between::{Between, Interrupted};

/// One controller: its own clone, its own memory, its own faults.
pub struct Replica<'b> {
    /// Where it works.
    pub bed: &'b Bed,
    repository: Box<dyn Repository>,
    qa: MemoryQa,
    /// What goes wrong with it.
    pub faults: Faults,
    /// Who gets in between its pushes; works on every kind of repository.
    pub between: Between,
    /// What it remembers.
    pub remembered: Remembered,
    /// Who it is.
    pub settings: Settings,
    /// What it did, pass by pass.
    pub steps: Vec<Step>,
    /// What the last pass said of each environment.
    said: Said,
    _cache: Option<tempfile::TempDir>,
}

/// The reasons of each environment's waits; nothing where something is to be done.
type Said = BTreeMap<Name, Option<Vec<(WaitCode, String)>>>;

fn said(report: &PassReport) -> Said {
    let of = |answer: &Answer| match answer {
        Answer::Act(_) => None,
        Answer::Wait(waits) => Some(waits.iter().map(|w| (w.code, w.object.clone())).collect()),
        Answer::Settled => Some(Vec::new()),
    };
    report.answers.iter().map(|(name, answer)| (name.clone(), of(answer))).collect()
}

impl Bed {
    /// A controller with empty caches.
    pub fn replica(&self, owner: &str) -> Replica<'_> {
        let faults = Faults::default();
        let (repository, cache) = self.client(&faults);
        let between = Between::default();
        Replica {
            bed: self,
            repository: Box::new(Interrupted::new(repository, &between)),
            between,
            qa: self.qa.client(&faults),
            faults,
            remembered: Remembered::default(),
            settings: Settings {
                owner: OwnerId::parse(owner).unwrap(),
                signature: Signature { name: "Towpath".into(), email: "towpath@example.com".into() },
            },
            steps: Vec::new(),
            said: Said::new(),
            _cache: cache,
        }
    }
}

impl Replica<'_> {
    /// Works with this replica's engine.
    pub fn engine<T>(&self, work: impl FnOnce(&Engine<'_>) -> T) -> T {
        let pull_requests = self.bed.pull_requests.as_ref();
        let host = Host {
            repository: &*self.repository,
            qa: &self.qa,
            metrics: &self.bed.metrics,
            liveness: &self.bed.live,
            pull_requests: pull_requests.map(|p| p as &dyn PullRequests),
            evaluator: Some(&self.bed.evaluator),
            registry: Some(&self.bed.registry),
            http: self.bed.http.as_ref().map(|http| http as &dyn HttpGates),
            clock: &self.bed.clock,
            shared: self.bed.shared.clone(),
            settings: &self.settings,
        };
        work(&Engine { host: &host, pipeline: &self.bed.pipeline, seen: self.remembered.journal.as_ref() })
    }

    /// One pass, which may fail.
    pub fn try_pass(&mut self) -> Result<PassReport, EngineError> {
        let mut remembered = std::mem::take(&mut self.remembered);
        let mut steps = Vec::new();
        self.bed.live.follow(Some(self.bed.now()));
        // What a host would not have passed over has nothing new to say: every scenario checks that.
        let due = self.engine(|engine| engine.is_due(&mut remembered)).unwrap_or(true);
        let report = self.engine(|engine| engine.pass(&mut remembered, &mut |step| steps.push(step.clone())));
        self.remembered = remembered;
        if let Ok(report) = &report {
            assert!(due || said(report) == self.said, "{:?} after {:?}", report.answers, self.said);
            self.said = said(report);
        }
        self.steps.extend(steps);
        report
    }

    /// One pass.
    pub fn pass(&mut self) -> PassReport {
        self.try_pass().unwrap()
    }

    /// Passes `times` times, each after this time.
    pub fn pass_every(&mut self, span: &str, times: usize) {
        for _ in 0..times {
            self.bed.wait(span);
            self.pass();
        }
    }

    /// Passes, each at the time at which the one before wanted to look again, until it has come to this.
    pub fn pass_until(&mut self, done: impl Fn(&PassReport, &State) -> bool) -> PassReport {
        for _ in 0..400 {
            let report = self.pass();
            if done(&report, &self.state()) {
                return report;
            }
            self.bed.wait_for(&report);
        }
        let answers = self.pass().answers;
        let recorded: Vec<String> = self.recorded().iter().map(towpath_core::journal::fold::line).collect();
        panic!("it never came to that: {answers:#?}\n{}", recorded.join("\n"));
    }

    /// Forgets everything that is not in git.
    pub fn lose_caches(&mut self) {
        let (repository, cache) = self.bed.client(&self.faults);
        (self.repository, self._cache) = (Box::new(Interrupted::new(repository, &self.between)), cache);
        self.remembered = Remembered::default();
    }

    /// The journal's fold.
    pub fn state(&self) -> State {
        let head = self.engine(|engine| engine.peek()).unwrap();
        (*head.expect("a journal").state).clone()
    }

    /// One environment of the journal's fold.
    pub fn env(&self, environment: &str) -> EnvironmentState {
        env_of(&self.state(), environment).clone()
    }

    /// The phase of an environment.
    pub fn phase(&self, environment: &str) -> Phase {
        self.env(environment).at.expect("something is there").phase
    }

    /// Everything that this replica recorded.
    pub fn recorded(&self) -> Vec<Recorded> {
        let recorded = |s: &Step| match s {
            Step::Recorded(event) => Some(event.clone()),
            Step::LostRace => None,
        };
        self.steps.iter().filter_map(recorded).collect()
    }
}
