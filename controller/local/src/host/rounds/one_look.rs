//! What the rounds of a whole folder ask of one git host.

use std::collections::BTreeMap;
use std::path::PathBuf;

use git2::{Oid, Repository};
use tempfile::TempDir;
use towpath_core::event::Recorded;
use towpath_core::id::{Actor, PipelineId};
use towpath_core::journal::State;
use towpath_core::release::Image;
use towpath_engine::people::NewRelease;
use towpath_git::testing::{GitServer, HostRepository};

use crate::folder::Folder;
use crate::host::{Cache, LocalHost, Reporter, Round, Silent, Which};

const LOCAL: &str = "apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: here\n\
    live: { default: { tip: true } }\n";

const MAIN: &str = "refs/heads/main";
/// What one advertisement is in protocol 2, and nothing but one.
const ONE_LOOK: [&str; 2] =
    ["GET /environments.git/info/refs?service=git-upload-pack", "POST /environments.git/git-upload-pack"];

/// A folder of pipelines that share one branch of one repository.
struct Bed {
    files: TempDir,
    git: HostRepository,
    server: GitServer,
    pipelines: usize,
}

fn id(number: usize) -> PipelineId {
    PipelineId::parse(&format!("shop/web-{number:02}")).unwrap()
}

fn document(number: usize, url: &str) -> String {
    format!(
        "apiVersion: towpath.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: web-{number:02}, namespace: shop }}\n\
         spec:\n  images: [{{ name: web }}]\n  repository: {{ url: '{url}', branch: main }}\n  \
         edit: [{{ kustomization: {{ image: web }} }}]\n  environments:\n  \
         - {{ name: dev, path: web-{number:02}/dev, applications: [{{ name: d{number:02} }}], stable: 0s }}\n"
    )
}

impl Bed {
    fn new(pipelines: usize) -> Self {
        let files = tempfile::tempdir().unwrap();
        let root = files.path().join("host");
        std::fs::create_dir(&root).unwrap();
        let git = HostRepository::create(&root.join("environments.git")).unwrap();
        let text =
            format!("images:\n  - name: web\n    newTag: \"1\"\n    digest: sha256:{}\n", "1".repeat(64));
        let paths: Vec<String> =
            (0..pipelines).map(|n| format!("web-{n:02}/dev/kustomization.yaml")).collect();
        let entries: Vec<_> = paths.iter().map(|path| (path.as_str(), 0o100_644, text.as_bytes())).collect();
        git.commit(MAIN, &entries).unwrap();
        let server = GitServer::start(&root).unwrap();
        Self { files, git, server, pipelines }
    }

    fn path(&self) -> PathBuf {
        self.files.path().join("host/environments.git")
    }

    fn url(&self) -> String {
        self.server.url("environments.git")
    }

    /// Whether the branch goes on from this commit.
    fn goes_on_from(&self, commit: &str) -> bool {
        let repository = Repository::open_bare(self.path()).unwrap();
        let tip = repository.refname_to_id(MAIN).unwrap();
        repository.graph_descendant_of(tip, Oid::from_str(commit).unwrap()).unwrap()
    }

    /// A host that knows the repository by its URL, when nothing is left to do.
    fn settled(&self) -> LocalHost {
        // The ledgers begin by the shorter way.
        self.settle(self.path().to_str().unwrap());
        self.settle(&self.url())
    }

    fn settle(&self, url: &str) -> LocalHost {
        let mut host = self.open(url);
        for _ in 0..5 {
            if is_steady(&once(&mut host)) {
                return host;
            }
        }
        panic!("it does not settle: {:?}", once(&mut host));
    }

    /// A host that knows nothing but what the cache holds.
    fn open(&self, url: &str) -> LocalHost {
        let folder = self.files.path().join("pipelines");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("towpath.yaml"), LOCAL).unwrap();
        for number in 0..self.pipelines {
            std::fs::write(folder.join(format!("{number}.yaml")), document(number, url)).unwrap();
        }
        let folder = Folder::load(&folder).unwrap();
        LocalHost::open(folder, Cache::at(self.files.path().join("cache")), &|_| None).unwrap()
    }
}

fn once(host: &mut LocalHost) -> Round {
    host.once(&Which::default(), &mut Silent)
}

fn is_steady(round: &Round) -> bool {
    round.passes.values().all(|pass| pass.as_ref().is_ok_and(|r| r.rounds == 0))
}

fn release(host: &LocalHost, number: usize) {
    let image = Image::parse(&format!("web:2@sha256:{}", "2".repeat(64))).unwrap();
    let new = NewRelease { images: vec![image], order: None, authors: Vec::new(), labels: BTreeMap::new() };
    let by = Actor::parse("alice").unwrap();
    host.with_engine(&id(number), |engine| engine.create_release(&by, &new)).unwrap();
}

/// Somebody who commits to the branch as soon as the first pipeline's promotion is told.
struct Intruder<'b> {
    bed: &'b Bed,
    commit: Option<String>,
    events: Vec<(PipelineId, &'static str)>,
}

impl Reporter for Intruder<'_> {
    fn recorded(&mut self, pipeline: &PipelineId, event: &Recorded, _: Option<&State>) {
        self.events.push((pipeline.clone(), event.event.name()));
        // Other events may come before it, where the machine is slow.
        if self.commit.is_none() && event.event.name() == "Promoted" {
            self.bed.server.take_requests();
            self.commit = Some(self.bed.git.commit(MAIN, &[("theirs", 0o100_644, b"1")]).unwrap());
        }
    }
}

#[test]
fn a_steady_round_of_many_pipelines_is_one_advertisement_and_nothing_else() {
    let bed = Bed::new(20);
    let mut host = bed.settled();
    for _ in 0..2 {
        bed.server.take_requests();
        assert!(is_steady(&once(&mut host)));
        assert_eq!(bed.server.take_requests(), ONE_LOOK, "no fetch, no push");
    }
    let mut host = bed.open(&bed.url());
    assert!(is_steady(&once(&mut host)));
    assert_eq!(bed.server.take_requests(), ONE_LOOK, "nor does a new process need more");
}

#[test]
fn a_pass_on_refs_that_moved_within_the_round_loses_a_race_and_looks_again() {
    let bed = Bed::new(4);
    let mut host = bed.settled();
    (0..2).for_each(|number| release(&host, number));
    let mut intruder = Intruder { bed: &bed, commit: None, events: Vec::new() };
    let round = host.once(&Which::default(), &mut intruder);
    let requests = bed.server.take_requests();
    let kinds = requests.iter().take(2).map(|request| request.rsplit('=').next().unwrap());
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        ["git-receive-pack", "git-upload-pack"],
        "it lost before it looked: {:?} {requests:?}",
        intruder.events
    );
    assert_eq!(round.errors().count(), 0);
    for number in [0, 1] {
        assert!(intruder.events.contains(&(id(number), "Promoted")), "{:?}", intruder.events);
    }
    assert!(bed.goes_on_from(&intruder.commit.unwrap()), "nothing of theirs is lost");
}

#[test]
fn people_read_the_refs_as_of_now() {
    let bed = Bed::new(4);
    let mut host = bed.settled();
    let other = bed.open(&bed.url());
    let count = |host: &LocalHost| {
        host.with_engine(&id(3), |engine| engine.read()).unwrap().unwrap().state.releases.len()
    };
    let before = count(&host);
    once(&mut host);
    release(&other, 3);
    assert_eq!(count(&host), before + 1);
}
