use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use towpath_core::decide::WaitCode;
use towpath_core::event::Event;
use towpath_core::id::{Actor, Digest, GateName, Handle, Name, Pid, RefName, RepoPath};
use towpath_core::release::Image;
use towpath_core::time::Span;
use towpath_core::verdict::Verdict;
use towpath_engine::memory::{Fault, Faults, MemoryHost, MemoryQa};
use towpath_engine::people::NewRelease;
use towpath_engine::ports::{Clock, QaError, QaRequest, QaRunner, RunStatus};

use super::*;
use crate::live::LocalLiveness;
use crate::metrics::NoMetrics;

/// A clock that only the host's own sleep moves.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_unix(self.0.load(Ordering::Relaxed))
    }
}

/// QA whose runs end while the host sleeps, and which writes down how long that was.
struct SleepyQa {
    qa: MemoryQa,
    clock: Arc<TestClock>,
    slept: Rc<RefCell<Vec<u64>>>,
    haste: Rc<Cell<Haste>>,
}

/// Whether runs end right after a pass looked at them, and whether one did that nobody was told of.
#[derive(Clone, Copy, Default)]
struct Haste {
    wanted: bool,
    unseen: bool,
}

impl QaRunner for SleepyQa {
    fn handle(&self, pid: &Pid, gate: &GateName, attempt: u32) -> Handle {
        self.qa.handle(pid, gate, attempt)
    }
    fn ensure(&self, request: &QaRequest) -> Result<(), QaError> {
        self.qa.ensure(request)
    }
    fn poll(&self, handle: &Handle) -> Result<RunStatus, QaError> {
        self.qa.poll(handle)
    }
}

impl WaitedQa for SleepyQa {
    fn running(&self) -> usize {
        let open = self.qa.starts().len() > self.qa.verdicts().len();
        if self.haste.get().wanted && open {
            self.qa.finish();
            self.haste.set(Haste { wanted: true, unseen: true });
        }
        self.qa.starts().len() - self.qa.verdicts().len()
    }
    fn wait_for_change(&self, until: Instant) -> bool {
        if self.haste.get().unseen {
            self.haste.set(Haste { unseen: false, ..self.haste.get() });
            return true;
        }
        let patience = until.saturating_duration_since(Instant::now());
        if patience.is_zero() {
            return false;
        }
        let seconds = (patience + Duration::from_millis(500)).as_secs();
        self.slept.borrow_mut().push(seconds);
        self.clock.advance(i64::try_from(seconds).unwrap());
        let ends = self.running() > 0;
        self.qa.finish();
        ends
    }
}

const URL: &str = "https://host.example/environments.git";

const LOCAL: &str = "apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: here\n\
    live: { default: { tip: true } }\nqa: { smoke: { command: [smoke] } }\n";

/// A pipeline of two environments under `folder`; the first runs `smoke`.
pub(crate) fn document(name: &str, folder: &str, rest: &str) -> String {
    format!(
        "apiVersion: towpath.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: {name}, namespace: shop }}\nspec:\n  \
         images: [{{ name: web }}]\n  repository: {{ url: '{URL}', branch: main }}\n  \
         edit: [{{ kustomization: {{ image: web }} }}]\n  environments:\n  \
         - {{ name: dev, path: {folder}/dev, applications: [{{ name: d }}], stable: 0s, verify: [{{ qa: {{ template: smoke }} }}] }}\n  \
         - {{ name: prod, path: {folder}/prod, applications: [{{ name: p }}], stable: 0s, \
         after: {{ all: [{{ environment: dev{rest} }}] }} }}\n"
    )
}

pub(crate) struct Bench {
    pub(crate) host: LocalHost,
    git: MemoryHost,
    faults: Faults,
    qa: MemoryQa,
    pub(crate) clock: Arc<TestClock>,
    slept: Rc<RefCell<Vec<u64>>>,
    haste: Rc<Cell<Haste>>,
}

#[derive(Default)]
pub(crate) struct Heard {
    events: Vec<&'static str>,
    failures: usize,
}

impl Reporter for Heard {
    fn recorded(&mut self, _: &PipelineId, event: &Recorded, state: Option<&towpath_core::journal::State>) {
        assert!(state.is_some_and(|state| state.n >= event.n));
        self.events.push(event.event.name());
    }
    fn failed(&mut self, _: &PipelineId, _: &EngineError) {
        self.failures += 1;
    }
}

fn main_branch() -> RefName {
    RefName::parse("refs/heads/main").unwrap()
}

pub(crate) fn id(name: &str) -> PipelineId {
    PipelineId::parse(&format!("shop/{name}")).unwrap()
}

fn digest(c: char) -> Digest {
    Digest::parse(&format!("sha256:{}", c.to_string().repeat(64))).unwrap()
}

impl Bench {
    pub(crate) fn new(documents: &[String]) -> Self {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("towpath.yaml"), LOCAL).unwrap();
        for (i, document) in documents.iter().enumerate() {
            std::fs::write(files.path().join(format!("{i}.yaml")), document).unwrap();
        }
        let folder = Folder::load(files.path()).unwrap();
        let (git, faults) = (MemoryHost::new(), Faults::default());
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000)));
        let (slept, haste) = (Rc::default(), Rc::new(Cell::new(Haste::default())));
        let qa = MemoryQa::new(&Faults::default());
        qa.wait_for_finish(true);
        let repository: Box<dyn Repository> = Box::new(git.client(&faults, true));
        let ports = Ports {
            repositories: BTreeMap::from([(URL.to_owned(), Ok(repository))]),
            qa: Box::new(SleepyQa {
                qa: qa.clone(),
                clock: Arc::clone(&clock),
                slept: Rc::clone(&slept),
                haste: Rc::clone(&haste),
            }),
            metrics: Box::new(NoMetrics),
            liveness: Box::new(LocalLiveness::new(
                &folder.config,
                Arc::clone(&clock) as Arc<dyn Clock + Send + Sync>,
            )),
            clock: Arc::clone(&clock) as Arc<dyn Clock + Send + Sync>,
        };
        let bench = Self { host: LocalHost::with_ports(folder, ports), git, faults, qa, clock, slept, haste };
        bench.seed();
        bench
    }

    fn seed(&self) {
        let files = ["a/dev", "a/prod", "b/dev", "b/prod"].map(|folder| {
            let path = RepoPath::parse(&format!("{folder}/kustomization.yaml")).unwrap();
            let text = format!("images:\n  - name: web\n    newTag: \"1\"\n    digest: {}\n", digest('1'));
            (path, Some(text.into_bytes()))
        });
        self.git.commit_foreign(&main_branch(), &files, "init", self.clock.now()).unwrap();
    }

    pub(crate) fn once(&mut self) -> (Round, Heard) {
        let mut heard = Heard::default();
        let round = self.host.once(&Which::default(), &mut heard);
        (round, heard)
    }

    pub(crate) fn release(&self, name: &str, tag: &str, content: char) {
        let image = Image::parse(&format!("web:{tag}@{}", digest(content))).unwrap();
        let new =
            NewRelease { images: vec![image], order: None, authors: Vec::new(), labels: BTreeMap::new() };
        let by = Actor::parse("alice").unwrap();
        self.host.with_engine(&id(name), |engine| engine.create_release(&by, &new)).unwrap();
    }

    fn waits(round: &Round, name: &str, environment: &str) -> Vec<WaitCode> {
        let environment = Name::parse(environment).unwrap();
        let here = |(pipeline, env, _): &(&PipelineId, &Name, &towpath_core::decide::Wait)| {
            **pipeline == id(name) && **env == environment
        };
        round.waits().filter(here).map(|(_, _, wait)| wait.code).collect()
    }
}

#[test]
fn one_call_waits_for_the_qa_that_it_started_and_for_nothing_else() {
    let mut bench = Bench::new(&[document("web", "a", ", soak: 10m")]);
    bench.once();
    bench.release("web", "2", '2');
    let (round, heard) = bench.once();
    let expected = ["Promoted", "Live", "Started", "Judged", "Verified", "Baked"];
    assert_eq!(heard.events, expected);
    assert_eq!(bench.slept.borrow().len(), 1, "one sleep for the run, none for the soak");
    assert_eq!(Bench::waits(&round, "web", "prod"), [WaitCode::Soaking]);
    assert!(round.moves() && round.running == 0);
}

#[test]
fn a_run_that_ends_right_after_the_pass_is_not_forgotten() {
    let mut bench = Bench::new(&[document("web", "a", "")]);
    bench.once();
    bench.release("web", "2", '2');
    bench.haste.set(Haste { wanted: true, unseen: false });
    let (_, heard) = bench.once();
    assert!(heard.events.contains(&"Judged"), "{:?}", heard.events);
    assert!(bench.slept.borrow().is_empty());
}

#[test]
fn it_sleeps_to_the_second_at_which_the_soak_ends() {
    let mut bench = Bench::new(&[document("web", "a", ", soak: 9m30s")]);
    bench.once();
    bench.release("web", "2", '2');
    bench.once();
    bench.slept.borrow_mut().clear();
    let mut heard = Heard::default();
    let live = bench.host.with_engine(&id("web"), |engine| engine.read()).unwrap().unwrap();
    let dev = live.state.environment(&Name::parse("dev").unwrap()).unwrap().1;
    let end = dev.at.as_ref().unwrap().live.as_ref().unwrap().since.plus(Span::seconds(570));
    let round = bench.host.run_until(&Which::default(), &mut heard, |round| !round.moves());
    // Others may act at any minute; the last sleep is shorter, for the soak ends between two of them.
    assert_eq!(
        (round.now, bench.slept.borrow().as_slice()),
        (end, &[60, 60, 60, 60, 60, 60, 60, 60, 30][..])
    );
    assert_eq!(heard.events, ["Promoted", "Live", "Verified", "Baked"]);
}

#[test]
fn whoever_settles_at_a_time_of_their_own_is_looked_at_with_the_others_from_then_on() {
    let mut bench = Bench::new(&[document("a", "a", ", soak: 90s"), document("b", "b", "")]);
    bench.once();
    bench.release("a", "2", '2');
    bench.once();
    bench.slept.borrow_mut().clear();
    let begun = bench.clock.now();
    let mut passes = Vec::new();
    bench.host.run_until(&Which::default(), &mut Silent, |round| {
        passes.push(round.now.since(begun).as_seconds());
        round.now >= begun.plus(Span::seconds(240))
    });
    // The soak ends after 30 s; apart, there would be rounds at 90, 150 and 210 s as well.
    assert_eq!(passes, [0, 30, 60, 120, 180, 240]);
}

#[test]
fn it_never_sleeps_past_the_deadline() {
    let mut bench = Bench::new(&[document("web", "a", ", soak: 10m")]);
    bench.once();
    bench.release("web", "2", '2');
    bench.once();
    bench.slept.borrow_mut().clear();
    let deadline = bench.clock.now().plus(Span::seconds(30));
    let which = Which { only: None, deadline: Some(deadline) };
    let round = bench.host.run_until(&which, &mut Silent, |round| round.now >= deadline);
    assert_eq!((round.now, bench.slept.borrow().as_slice()), (deadline, &[30][..]));
}

#[test]
fn a_verdict_that_cannot_be_written_is_tried_again() {
    let mut bench = Bench::new(&[document("web", "a", "")]);
    bench.once();
    bench.release("web", "2", '2');
    // The promotion, Live and Started are pushed; the push of the verdict fails.
    bench.faults.next([Fault::None, Fault::None, Fault::None, Fault::Unreachable]);
    let (round, heard) = bench.once();
    assert_eq!(heard.failures, 1);
    assert_eq!(round.errors().count(), 0);
    assert!(heard.events.contains(&"Judged"), "{:?}", heard.events);
}

#[test]
fn without_qa_a_failure_is_told_at_once_and_stops_no_other_pipeline() {
    let mut bench = Bench::new(&[document("a", "a", ""), document("b", "b", "")]);
    bench.faults.next([Fault::Unreachable]);
    let (round, heard) = bench.once();
    assert_eq!((heard.failures, round.errors().count(), bench.slept.borrow().len()), (1, 1, 0));
    assert!(round.passes[&id("b")].is_ok() && heard.events.contains(&"Adopted"));
}

#[test]
fn a_repository_that_cannot_be_opened_is_an_error_of_its_pipelines() {
    let mut bench = Bench::new(&[document("web", "a", "")]);
    let denied = RepositoryError::Denied { repository: URL.to_owned(), reason: "no".to_owned() };
    bench.host.ports.repositories.insert(URL.to_owned(), Err(denied.clone()));
    let (round, _) = bench.once();
    assert_eq!(round.errors().map(|(_, error)| error.clone()).collect::<Vec<_>>(), [denied.into()]);
    assert!(!round.moves(), "trying again does not help");
}

#[test]
fn two_pipelines_on_one_field_both_wait() {
    let mut bench = Bench::new(&[document("a", "a", ""), document("b", "a", "")]);
    let (round, _) = bench.once();
    for (name, environment) in [("a", "dev"), ("a", "prod"), ("b", "dev"), ("b", "prod")] {
        let waits = Bench::waits(&round, name, environment);
        assert_eq!(waits, [WaitCode::ConflictingWriter], "{name} {environment}");
    }
}

/// Release 2 of the pipeline `a` is good everywhere, and release 3 will fail.
fn about_to_fail(documents: &[String]) -> Bench {
    let mut bench = Bench::new(documents);
    bench.once();
    bench.release("a", "2", '2');
    bench.once();
    bench.release("a", "3", '3');
    bench.qa.set("smoke", &digest('3'), Verdict::Failed);
    bench
}

#[test]
fn rollbacks_of_one_pipeline_count_for_the_others() {
    let on_a_cluster = document("a", "a", "").replace("path: a/dev,", "path: a/dev, destination: eu-1,");
    let mut bench = about_to_fail(&[on_a_cluster, document("b", "b", "")]);
    let (_, heard) = bench.once();
    assert!(heard.events.contains(&"Rejected"), "{:?}", heard.events);
    let before = bench.host.shared(&bench.host.pipeline(&id("b")).unwrap().clone());
    let destinations: Vec<&str> = before.rollbacks.iter().map(|back| back.destination.as_str()).collect();
    assert_eq!(destinations, ["eu-1"]);
    bench.clock.advance(601);
    let after = bench.host.shared(&bench.host.pipeline(&id("b")).unwrap().clone());
    assert!(after.rollbacks.is_empty());
}

#[test]
fn a_rollback_counts_for_the_next_pass_of_the_same_round() {
    let mut bench = about_to_fail(&[document("a", "a", ""), document("b", "b", "")]);
    for _ in 0..2 {
        assert_eq!(bench.host.rollbacks_beside(&id("b")), []);
        bench.host.pass(&id("a"), &mut Silent).unwrap();
        bench.qa.finish();
    }
    assert_eq!(bench.host.rollbacks_beside(&id("b")).len(), 1);
}

#[test]
fn a_rollback_that_was_replaced_since_still_counts() {
    let mut bench = about_to_fail(&[document("a", "a", ""), document("b", "b", "")]);
    bench.once();
    bench.release("a", "4", '4');
    let (_, heard) = bench.once();
    assert!(heard.events.contains(&"Promoted"));
    assert_eq!(bench.host.rollbacks_beside(&id("b")).len(), 1);
}

/// A mirror that was made anew has not fetched the tip that this host remembers.
#[test]
fn without_a_history_what_the_state_tells_of_rollbacks_counts() {
    let mut bench = about_to_fail(&[document("a", "a", "")]);
    bench.once();
    let head = bench.host.remembered[&id("a")].journal.clone().unwrap();
    let pipeline = bench.host.pipeline(&id("a")).unwrap().clone();
    let (empty, full) = (MemoryHost::new(), &bench.git);
    let mut counted = Counted::default();
    for host in [&empty, full] {
        let client = host.client(&Faults::default(), true);
        assert_eq!(counted.recent(&pipeline, &client, &head, bench.clock.now()).count(), 1);
    }
}

#[test]
fn looking_ahead_writes_nothing() {
    let mut bench = Bench::new(&[document("web", "a", "")]);
    let outlook = bench.host.outlook(&id("web")).unwrap();
    assert!(matches!(
        outlook.decision.ledger.as_slice(),
        [towpath_core::decide::Effect::Record(Event::Claimed { .. })]
    ));
    assert_eq!((outlook.head, bench.git.pushes()), (None, 0));
}
