//! A bed for scenarios: the real engine on a real git repository or on one in memory, a clock that is moved by hand,
//! and QA, metrics and liveness that say what they are told.
//!
//! The same scenario runs on both kinds of repository; on git the journal is afterwards read by the independent
//! reader in `tests/python`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};
use towpath_core::decide::WaitCode;
use towpath_core::event::{Confirmable, Event, Recorded, RequestKind};
use towpath_core::id::{ActId, Actor, CommitId, Digest, Name, OwnerId, RefName, ReleaseId, RepoPath};
use towpath_core::journal::state::{EnvironmentState, Phase};
use towpath_core::journal::{JournalMessage, State};
use towpath_core::observation::{Application, Health};
use towpath_core::pipeline::{Document, MetricTemplate, Pipeline, Templates};
use towpath_core::release::Image;
use towpath_core::time::{Span, Time};
use towpath_core::world::SharedFacts;
use towpath_engine::memory::{
    Faults, ManualClock, MemoryHost, MemoryLiveness, MemoryMetrics, MemoryPullRequests, MemoryQa,
};
use towpath_engine::people::{NewHold, NewRelease, ReleaseRef};
use towpath_engine::ports::{
    CommitInfo, Edit, Heads, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository, Signature,
    Since,
};
use towpath_engine::{Engine, EngineError, Host, PassReport, Remembered, Settings, Step};
use towpath_git::{GitOptions, GitRepository};

use crate::between::{Between, Interrupted};

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
}

/// One controller: its own clone, its own memory, its own faults.
pub struct Replica<'b> {
    bed: &'b Bed,
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
    _cache: Option<tempfile::TempDir>,
}

/// Three environments: dev with QA, staging with QA, soak and metrics, production with approval and bake.
pub const PIPELINE: &str = r#"
apiVersion: towpath.dev/v1alpha1
kind: Pipeline
metadata: { name: web, namespace: shop }
spec:
  images: [{ name: ghcr.io/acme/web }]
  repository: { url: "memory", branch: main }
  edit: [{ kustomization: { image: ghcr.io/acme/web } }]
  environments:
    - name: dev
      path: apps/web/overlays/dev
      applications: [{ name: web-dev }]
      verify: [{ qa: { template: smoke } }]
      stable: 10s
    - name: staging
      path: apps/web/overlays/staging
      applications: [{ name: web-staging }]
      after: { all: [{ environment: dev, soak: 5m }] }
      verify:
        - qa: { template: regression, timeout: 30m }
        - metrics: { template: errors, args: { service: web-staging } }
      stable: 10s
    - name: production
      path: apps/web/overlays/production
      labels: { tier: production }
      applications: [{ name: web-production }]
      after: { all: [{ environment: staging }] }
      entry: [{ approval: { count: 1, notAuthor: true } }]
      verify: [{ metrics: { template: errors, args: { service: web-production } } }]
      bake: { duration: 20m, metrics: [{ template: errors, args: { service: web-production } }] }
      stable: 10s
"#;

/// Parses a name.
pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Parses a path.
pub fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap()
}

/// The file of an environment's folder.
pub fn overlay(environment: &str) -> String {
    format!("apps/web/overlays/{environment}/kustomization.yaml")
}

/// A person.
pub fn person(login: &str) -> Actor {
    Actor::parse(login).unwrap()
}

/// The digest that stands for a version in all scenarios.
pub fn digest(version: &str) -> Digest {
    digest_of("web", version)
}

/// The same for one of several images.
pub fn digest_of(app: &str, version: &str) -> Digest {
    let hash = Sha256::digest(format!("ghcr.io/acme/{app}:{version}"));
    let hex: String = hash.iter().map(|b| format!("{b:02x}")).collect();
    Digest::parse(&format!("sha256:{hex}")).unwrap()
}

/// The image of a version.
pub fn image(version: &str) -> Image {
    image_of("web", version)
}

/// The same for one of several images.
pub fn image_of(app: &str, version: &str) -> Image {
    Image::parse(&format!("ghcr.io/acme/{app}:{version}@{}", digest_of(app, version))).unwrap()
}

/// Two environments and two images in one file.
pub const TWO_IMAGES: &str = r#"
apiVersion: towpath.dev/v1alpha1
kind: Pipeline
metadata: { name: shop, namespace: shop }
spec:
  images: [{ name: ghcr.io/acme/api }, { name: ghcr.io/acme/web }]
  repository: { url: "memory", branch: main }
  edit:
    - kustomization: { image: ghcr.io/acme/api }
    - kustomization: { image: ghcr.io/acme/web }
  environments:
    - name: dev
      path: apps/web/overlays/dev
      applications: [{ name: web-dev }]
      stable: 10s
    - name: staging
      path: apps/web/overlays/staging
      applications: [{ name: web-staging }]
      after: { all: [{ environment: dev }] }
      verify: [{ qa: { template: regression } }]
      stable: 10s
"#;

/// A kustomization that deploys a version of both images.
pub fn two_images(version: &str) -> String {
    format!(
        "images:\n  - name: ghcr.io/acme/api\n    newTag: \"{version}\"\n    digest: {}\n  - name: ghcr.io/acme/web\n    newTag: \"{version}\"\n    digest: {}\n",
        digest_of("api", version),
        digest_of("web", version)
    )
}

/// A kustomization that deploys a version.
pub fn kustomization(version: &str) -> String {
    format!(
        "# kept by people\nresources:\n  - ../../base\nimages:\n  - name: ghcr.io/acme/web # ours\n    newTag: \"{version}\"\n    digest: {}\n",
        digest(version)
    )
}

/// Makes a pipeline of a document, with the templates of the bed.
pub fn pipeline(yaml: &str, url: &str) -> Pipeline {
    let document: Document =
        serde_saphyr::from_str(&yaml.replace("\"memory\"", &format!("{url:?}"))).unwrap();
    let errors = MetricTemplate {
        query: "error_ratio{service=\"{{ service }}\"}".to_owned(),
        max: Some(0.05),
        min: None,
        interval: Span::seconds(30),
        duration: Span::seconds(300),
        failure_limit: 0,
        min_samples: None,
    };
    let metrics = BTreeMap::from([("errors".to_owned(), errors)]);
    let qa = ["smoke", "regression", "extra"].map(|t| (t.to_owned(), "1".to_owned()));
    Pipeline::new(&document, &Templates { metrics: &metrics, qa: &BTreeMap::from(qa) }).unwrap()
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Bed {
    /// A bed in memory.
    pub fn memory(yaml: &str) -> Self {
        Self::memory_with(yaml, kustomization)
    }

    /// A bed on a bare git repository.
    pub fn git(yaml: &str) -> Self {
        Self::git_with(yaml, kustomization)
    }

    /// A bed in memory whose folders say what `text` makes of `1.0.0`.
    pub fn memory_with(yaml: &str, text: fn(&str) -> String) -> Self {
        Self::new(yaml, Store::Memory(MemoryHost::new()), text)
    }

    /// A bed on a bare git repository whose folders say what `text` makes of `1.0.0`.
    pub fn git_with(yaml: &str, text: fn(&str) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main"]);
        Self::new(yaml, Store::Git(Rc::new(folder)), text)
    }

    fn new(yaml: &str, store: Store, text: fn(&str) -> String) -> Self {
        let url = match &store {
            Store::Memory(_) => "memory".to_owned(),
            Store::Git(folder) => folder.path().display().to_string(),
        };
        let pipeline = pipeline(yaml, &url);
        let live = MemoryLiveness::new();
        let clock = ManualClock::at(Time::parse("2026-11-21T10:00:00Z").unwrap());
        let bed = Self {
            store,
            clock,
            qa: MemoryQa::new(&Faults::default()),
            metrics: MemoryMetrics::new(),
            live,
            pull_requests: None,
            atomic: true,
            shared: SharedFacts::default(),
            pipeline,
        };
        let files: Vec<(String, String)> = bed
            .pipeline
            .environments
            .iter()
            .map(|e| (format!("{}/kustomization.yaml", e.path), text("1.0.0")))
            .collect();
        bed.foreign(&files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect::<Vec<_>>(), "first");
        bed
    }

    /// Replaces the pipeline's document.
    pub fn configure(&mut self, yaml: &str) {
        self.pipeline = pipeline(yaml, &self.pipeline.repository.url.clone());
    }

    /// The same world as a host sees it whose pipeline is another one, or was changed.
    pub fn with_pipeline(&self, yaml: &str) -> Self {
        let mut bed = self.clone();
        bed.configure(yaml);
        bed
    }

    /// Lets promotions go by pull requests where the pipeline says so.
    pub fn with_pull_requests(mut self) -> Self {
        let Store::Memory(host) = &self.store else { panic!("pull requests are in memory only") };
        self.pull_requests = Some(MemoryPullRequests::new(host));
        self
    }

    /// The host in memory.
    pub fn host(&self) -> &MemoryHost {
        match &self.store {
            Store::Memory(host) => host,
            Store::Git(_) => panic!("this bed is on git"),
        }
    }

    /// The time as of now.
    pub fn now(&self) -> Time {
        use towpath_engine::ports::Clock as _;
        self.clock.now()
    }

    /// Lets time go by.
    pub fn wait(&self, span: &str) {
        self.clock.advance(Span::parse(span).unwrap());
    }

    fn client(&self, faults: &Faults) -> (Box<dyn Repository>, Option<tempfile::TempDir>) {
        match &self.store {
            Store::Memory(host) => (Box::new(host.client(faults, self.atomic)), None),
            Store::Git(folder) => {
                let cache = tempfile::tempdir().unwrap();
                let mut options =
                    GitOptions::new(folder.path().display().to_string(), cache.path().join("mirror.git"));
                options.atomic = self.atomic;
                (Box::new(GitRepository::open(&options).unwrap()), Some(cache))
            }
        }
    }

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
            _cache: cache,
        }
    }

    /// The branch of the pipeline.
    pub fn branch(&self) -> &RefName {
        &self.pipeline.repository.branch
    }

    /// The journal of the pipeline.
    pub fn journal(&self) -> &RefName {
        &self.pipeline.repository.journal
    }

    /// The tip of a ref.
    pub fn tip(&self, name: &RefName) -> Option<CommitId> {
        let (repository, _cache) = self.client(&Faults::default());
        heads(&*repository, &[name]).remove(name)
    }

    /// Commits to the branch as a person would.
    pub fn foreign(&self, files: &[(&str, &str)], message: &str) -> CommitId {
        let parent = self.tip(self.branch());
        let commit = self.commit(parent.as_ref(), files, message);
        self.land(self.branch(), parent, &commit);
        commit
    }

    /// Writes a commit on top of another one and puts it on the host under a ref that nothing reads.
    pub fn commit(&self, parent: Option<&CommitId>, files: &[(&str, &str)], message: &str) -> CommitId {
        let (repository, _cache) = self.client(&Faults::default());
        // Makes the parent known to this clone.
        heads(&*repository, &[self.branch(), self.journal()]);
        let edits = files.iter().map(|(p, text)| Edit { path: path(p), bytes: text.as_bytes().to_vec() });
        let commit = repository
            .commit(&NewCommit {
                parent: parent.cloned(),
                tree_of: None,
                edits: edits.collect(),
                message: message.to_owned(),
                signature: Signature { name: "Somebody".into(), email: "somebody@example.com".into() },
                time: self.now(),
            })
            .unwrap();
        let aside = RefName::parse(&format!("refs/aside/{commit}")).unwrap();
        let update = RefUpdate { name: aside, old: None, new: Some(commit.clone()) };
        assert_eq!(repository.push(&[update], PushMode::PerRef).unwrap(), [PushOutcome::Accepted]);
        commit
    }

    fn land(&self, name: &RefName, old: Option<CommitId>, new: &CommitId) {
        assert_eq!(self.tip(name), old);
        self.force(name, Some(new));
    }

    /// Every event of the journal, oldest first.
    pub fn events(&self) -> Vec<Recorded> {
        let commits = self.log(self.journal());
        commits.iter().rev().flat_map(|c| JournalMessage::parse(&c.message).unwrap().events).collect()
    }

    /// How many events of this name the journal has.
    pub fn count(&self, event: &str) -> usize {
        self.events().iter().filter(|e| e.event.name() == event).count()
    }

    /// Moves a ref without asking, as somebody with all rights can.
    pub fn force(&self, name: &RefName, to: Option<&CommitId>) {
        match &self.store {
            Store::Memory(host) => host.force(name, to.cloned()),
            Store::Git(folder) => {
                let args = match to {
                    Some(to) => vec!["update-ref", name.as_str(), to.as_str()],
                    None => vec!["update-ref", "-d", name.as_str()],
                };
                git(folder.path(), &args);
            }
        }
    }

    /// The file at the branch's tip.
    pub fn file(&self, text: &str) -> String {
        let (repository, _cache) = self.client(&Faults::default());
        let tip = heads(&*repository, &[self.branch()]).remove(self.branch()).unwrap();
        String::from_utf8(repository.read(&tip, &path(text), 1 << 20).unwrap().unwrap()).unwrap()
    }

    /// The version that an environment's folder deploys.
    pub fn version(&self, environment: &str) -> String {
        let text = self.file(&overlay(environment));
        let line = text.lines().find_map(|l| l.trim().strip_prefix("newTag: ")).unwrap_or("");
        line.trim_matches('"').to_owned()
    }

    /// The subjects of the branch, newest first.
    pub fn subjects(&self) -> Vec<String> {
        self.log(self.branch()).iter().map(|c| c.message.lines().next().unwrap_or("").to_owned()).collect()
    }

    /// The commits of a ref, newest first.
    pub fn log(&self, name: &RefName) -> Vec<CommitInfo> {
        let (repository, _cache) = self.client(&Faults::default());
        // No commit has this id, so all of the history is fetched.
        let beginning = Since::Commit(CommitId::parse(&"0".repeat(40)).unwrap());
        let query = RefQuery { name: name.clone(), since: beginning };
        let tip = repository.refresh(&[query]).unwrap().remove(name);
        tip.map_or_else(Vec::new, |tip| repository.history(&tip, None, 100_000).unwrap().commits)
    }

    /// The folder of the bare repository, if it is one of git.
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.store {
            Store::Memory(_) => None,
            Store::Git(folder) => Some(folder.path().to_owned()),
        }
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

    /// Checks the journal with the independent readers, where there is one to be checked.
    pub fn check_with_python(&self) {
        let (Some(folder), Some(_)) = (self.folder(), self.tip(self.journal())) else { return };
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        for arguments in [&["read_ledger.py", "--check"][..], &["ledger_checker.py"]] {
            let [script, options @ ..] = arguments else { continue };
            let mut command = Command::new("python3");
            command.arg(scripts.join(script)).args(options).arg(&folder).arg(self.journal().as_str());
            let output = match command.output() {
                Ok(output) => output,
                Err(error) => {
                    eprintln!("SKIPPED: the independent readers of the journal need python3 ({error})");
                    return;
                }
            };
            assert!(
                output.status.success(),
                "{script} disagrees: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

fn heads(repository: &dyn Repository, names: &[&RefName]) -> Heads {
    let query = |name: &&RefName| RefQuery { name: (*name).clone(), since: Since::Tip };
    repository.refresh(&names.iter().map(query).collect::<Vec<_>>()).unwrap()
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
            pull_requests: pull_requests.map(|p| p as &dyn towpath_engine::ports::PullRequests),
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
        let report = self.engine(|engine| engine.pass(&mut remembered, &mut |step| steps.push(step.clone())));
        self.remembered = remembered;
        self.steps.extend(steps);
        report
    }

    /// One pass.
    pub fn pass(&mut self) -> PassReport {
        self.try_pass().unwrap()
    }

    /// Passes, each at the time at which the one before wanted to look again, until this environment waits for
    /// nothing but a person or for that reason, or `limit` passes are over.
    pub fn pass_until(&mut self, done: impl Fn(&PassReport, &State) -> bool) -> PassReport {
        for _ in 0..400 {
            let report = self.pass();
            if done(&report, &self.state()) {
                return report;
            }
            let next = report.next().map(|when| when.latest());
            match next {
                Some(next) if next > self.bed.now() => self.bed.clock.set(next),
                _ => self.bed.wait("30s"),
            }
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
        self.state().environment(&name(environment)).expect("an environment").1.clone()
    }

    /// The phase of an environment.
    pub fn phase(&self, environment: &str) -> Phase {
        self.env(environment).at.expect("something is there").phase
    }

    /// Creates a release by `alice`.
    pub fn release(&self, version: &str) -> ReleaseId {
        self.release_by(&["alice"], vec![image(version)])
    }

    /// Creates a release of images by these authors.
    pub fn release_by(&self, authors: &[&str], images: Vec<Image>) -> ReleaseId {
        let authors = authors.iter().map(|login| person(login)).collect();
        let new = NewRelease { images, order: None, authors, labels: BTreeMap::new() };
        self.engine(|e| e.create_release(&person("ci"), &new)).unwrap().0
    }

    /// Creates a release of an api and a web.
    pub fn release_both(&self, api: &str, web: &str) -> ReleaseId {
        self.release_by(&["alice"], vec![image_of("api", api), image_of("web", web)])
    }

    /// Lets `bob` approve a release for production.
    pub fn approve(&self, release: &ReleaseId) {
        let release = towpath_engine::people::ReleaseRef::Id(release.clone());
        self.engine(|e| e.approve(&person("bob"), &name("production"), &release, &[], None)).unwrap();
    }

    /// Lets this person approve a release for an environment.
    pub fn approve_as(&self, login: &str, environment: &str, version: &str) -> Result<(), EngineError> {
        let release = ReleaseRef::parse(version);
        self.engine(|e| e.approve(&person(login), &name(environment), &release, &[], None)).map(drop)
    }

    /// Lets `carol` hold all promotions into an environment.
    pub fn hold(&self, environment: &str) -> ActId {
        self.hold_with(environment, false, None)
    }

    /// Lets `carol` hold an environment, rollbacks too, until some time.
    pub fn hold_with(&self, environment: &str, rollbacks: bool, until: Option<Time>) -> ActId {
        let new = NewHold {
            environments: vec![name(environment)],
            labels: BTreeMap::new(),
            release: None,
            digest: None,
            rollbacks,
            reason: "a freeze".to_owned(),
            until,
        };
        self.engine(|e| e.hold(&person("carol"), &new)).unwrap().0
    }

    /// Lets `carol` lift a hold.
    pub fn lift(&self, hold: &ActId) {
        self.engine(|e| e.lift(&person("carol"), hold)).unwrap();
    }

    /// Lets `carol` ask for something in an environment.
    pub fn ask(&self, kind: RequestKind, environment: &str, version: Option<&str>) -> ActId {
        let release = version.map(ReleaseRef::parse);
        self.engine(|e| e.request(&person("carol"), &name(environment), kind, release.as_ref())).unwrap().0
    }

    /// How a request was closed; `None` while it is open.
    pub fn outcome(&self, request: &ActId) -> Option<String> {
        self.bed.events().into_iter().find_map(|e| match e.event {
            Event::Closed { q, outcome } if &q == request => Some(outcome),
            _ => None,
        })
    }

    /// Lets `carol` accept a loss.
    pub fn confirm(&self, what: Confirmable) {
        self.engine(|e| e.confirm(&person("carol"), what)).unwrap();
    }

    /// Releases a version and brings it to the end of the pipeline of the bed, approved by `bob`.
    pub fn deliver(&mut self, version: &str) -> ReleaseId {
        let release = self.release(version);
        self.pass_until(|report, _| waits(report, "production", WaitCode::ApprovalNeeded));
        self.approve(&release);
        let there = release.clone();
        self.pass_until(|_, s| {
            s.envs
                .values()
                .all(|e| e.at.as_ref().is_some_and(|at| at.r == there && at.phase == Phase::Settled))
        });
        release
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

/// Whether an environment waits for this reason.
pub fn waits(report: &PassReport, environment: &str, code: WaitCode) -> bool {
    report.waits().any(|(e, wait)| e.as_str() == environment && wait.code == code)
}

/// Whether nothing else is to be done in any environment.
pub fn settled(state: &State) -> bool {
    state
        .envs
        .values()
        .filter(|e| !e.removed)
        .all(|e| e.at.as_ref().is_some_and(|at| matches!(at.phase, Phase::Settled | Phase::Adopted)))
}

/// A document with one part replaced, which must be there.
pub fn with(yaml: &str, part: &str, by: &str) -> String {
    assert!(yaml.contains(part), "{part:?} is not in the document");
    yaml.replace(part, by)
}

/// Plays a scenario in memory and on git, and has the journal of the latter checked by the independent reader.
pub fn on_both(scenario: impl Fn(&mut Bed)) {
    on_both_with(PIPELINE, kustomization, scenario);
}

/// The same with another pipeline, and folders that say what `text` makes of `1.0.0`.
pub fn on_both_with(yaml: &str, text: fn(&str) -> String, scenario: impl Fn(&mut Bed)) {
    scenario(&mut Bed::memory_with(yaml, text));
    let mut bed = Bed::git_with(yaml, text);
    scenario(&mut bed);
    bed.check_with_python();
}
