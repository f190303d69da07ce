//! A bed for scenarios: the real engine on a real git repository or on one in memory, a clock that is moved by hand,
//! and QA, metrics and liveness that say what they are told.
//!
//! The same scenario runs on both kinds of repository; on git the journal is afterwards read by the independent
//! readers in `tests/python`.

mod look;
mod people;
mod python;
mod remedies;
mod replica;
mod repository;
mod starts;
mod versions;
mod wiring;

use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use towpath_core::observation::{Application, Health};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::{Span, Time};
use towpath_core::world::SharedFacts;
use towpath_engine::PassReport;
use towpath_engine::memory::{
    Faults, ManualClock, MemoryEvaluator, MemoryHost, MemoryHttp, MemoryLiveness, MemoryMetrics,
    MemoryPullRequests, MemoryQa, MemoryRegistry,
};
use towpath_engine::ports::Clock as _;

pub use look::{current, env_of, is_in, is_verified, runs, settled, wait_of, waits};
pub use people::{freeze, new_release};
pub use replica::Replica;
pub use versions::{
    digest, digest_of, image, image_of, kustomization, name, overlay, path, person, two_images,
};
pub use wiring::Wiring;

/// Where the repository is; clones are the same repository.
#[derive(Clone)]
pub enum Store {
    /// In memory.
    Memory(MemoryHost),
    /// A bare git repository in a temporary folder.
    Git(Rc<tempfile::TempDir>),
}

/// Everything that a scenario plays with; clones are the same world, each may be given another pipeline or clock.
#[derive(Clone)]
pub struct Bed {
    /// The repository.
    pub store: Store,
    /// The time.
    pub clock: ManualClock,
    /// QA; runs end at once and pass unless told otherwise.
    pub qa: MemoryQa,
    /// Metrics; 0 unless told otherwise.
    pub metrics: MemoryMetrics,
    /// What expressions say.
    pub evaluator: MemoryEvaluator,
    /// What systems outside say; `None` for a host that asks none.
    pub http: Option<MemoryHttp>,
    /// Which images are still there.
    pub registry: MemoryRegistry,
    /// What is live; follows the branch unless told otherwise.
    pub live: MemoryLiveness,
    /// Pull requests, in memory only.
    pub pull_requests: Option<MemoryPullRequests>,
    /// Whether the host moves several refs in one push.
    pub atomic: bool,
    /// Facts from beyond the pipeline.
    pub shared: SharedFacts,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// What the pipeline was made of.
    pub wiring: Wiring,
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Bed {
    /// A bed in memory.
    pub fn memory(wiring: &Wiring) -> Self {
        Self::new(wiring, Store::Memory(MemoryHost::new()))
    }

    /// A bed on a bare git repository.
    pub fn git(wiring: &Wiring) -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main"]);
        Self::new(wiring, Store::Git(Rc::new(folder)))
    }

    fn new(wiring: &Wiring, store: Store) -> Self {
        let url = match &store {
            Store::Memory(_) => "memory".to_owned(),
            Store::Git(folder) => folder.path().display().to_string(),
        };
        let bed = Self {
            store,
            clock: ManualClock::at(Time::parse("2026-11-21T10:00:00Z").unwrap()),
            qa: MemoryQa::new(&Faults::default()),
            metrics: MemoryMetrics::new(),
            evaluator: MemoryEvaluator::new(),
            http: Some(MemoryHttp::new()),
            registry: MemoryRegistry::new(),
            live: MemoryLiveness::new(),
            pull_requests: None,
            atomic: true,
            shared: SharedFacts::default(),
            pipeline: wiring.pipeline(&url),
            wiring: wiring.clone(),
        };
        let text = (wiring.folders)("1.0.0");
        let file = |folder| format!("{folder}/kustomization.yaml");
        let files: Vec<String> = bed.pipeline.environments.iter().map(|e| file(&e.path)).collect();
        bed.foreign(&files.iter().map(|f| (f.as_str(), text.as_str())).collect::<Vec<_>>(), "first");
        bed
    }

    /// The same world as a host sees it whose pipeline is this one.
    pub fn with_pipeline(&self, wiring: &Wiring) -> Self {
        let pipeline = wiring.pipeline(&self.pipeline.repository.url);
        Self { pipeline, wiring: wiring.clone(), ..self.clone() }
    }

    /// The same world as a host sees it whose pipeline was changed like this.
    pub fn rewired(&self, change: impl FnOnce(Wiring) -> Wiring) -> Self {
        self.with_pipeline(&change(self.wiring.clone()))
    }

    /// Lets promotions go by pull requests where the pipeline says so.
    pub fn with_pull_requests(mut self) -> Self {
        self.pull_requests = Some(MemoryPullRequests::new(self.host()));
        self
    }

    /// The time as of now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Lets time go by.
    pub fn wait(&self, span: &str) {
        self.clock.advance(Span::parse(span).unwrap());
    }

    /// Lets time go by until a pass wants to look again, or a little if it wants to at once or never.
    pub fn wait_for(&self, report: &PassReport) {
        match report.next().map(|when| when.latest()) {
            Some(next) if next > self.now() => self.clock.set(next),
            _ => self.wait("30s"),
        }
    }

    /// Lets a service's metric be bad from now on for a minute, which goes by.
    pub fn spike(&self, service: &str) {
        self.metrics.set(service, self.now(), Some(0.5));
        self.wait("60s");
        self.metrics.set(service, self.now(), Some(0.0));
    }

    /// Lets an Application show this from now on, instead of following the branch.
    pub fn show(&self, application: &str, version: &str, health: Health) {
        self.live.set(Application {
            name: name(application),
            revision: self.tip(self.branch()),
            digests: vec![(image(version).name, digest(version))],
            health,
            health_since: Some(self.now()),
            reconciled_at: Some(self.now()),
        });
    }
}

/// Plays a scenario in memory and on git, and has the journal of the latter checked by the independent readers.
pub fn on_both(scenario: impl Fn(&Bed)) {
    on_both_with(&Wiring::web(), scenario);
}

/// The same with another pipeline.
pub fn on_both_with(wiring: &Wiring, scenario: impl Fn(&Bed)) {
    scenario(&Bed::memory(wiring));
    let bed = Bed::git(wiring);
    scenario(&bed);
    bed.check_with_python();
}
