//! A host over many pipelines in a few repositories, all in memory: what its rounds cost.

#![expect(dead_code, reason = "each of its users needs a part of it")]
#![expect(unreachable_pub, reason = "it is a module of several programs")]

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::json;
use towpath_core::event::RequestKind;
use towpath_core::id::{Actor, Name, OwnerId, PipelineId, RefName, RepoPath};
use towpath_core::pipeline::{Document, Pipeline, Templates};
use towpath_core::release::Image;
use towpath_core::time::{Span, Time};
use towpath_core::world::SharedFacts;
use towpath_engine::memory::{
    Faults, ManualClock, MemoryHost, MemoryLiveness, MemoryMetrics, MemoryQa, MemoryRepository,
};
use towpath_engine::people::{NewHold, NewRelease, ReleaseRef};
use towpath_engine::ports::{Clock as _, Repository as _, Signature};
use towpath_engine::{Engine, EngineError, Host, PassReport, Remembered, Schedule, Settings};

pub type Outcome<T> = Result<T, Box<dyn Error>>;

const IMAGE: &str = "ghcr.io/acme/web";
pub const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];

/// What one round came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub advertisements: u64,
    pub fetches: u64,
    /// Pipelines that were passed over.
    pub passes: usize,
    pub decisions: u32,
}

struct Member {
    repository: usize,
    pipeline: Pipeline,
    remembered: Remembered,
}

/// A host with its pipelines.
pub struct Fleet {
    hosts: Vec<MemoryHost>,
    clients: Vec<MemoryRepository>,
    members: BTreeMap<PipelineId, Member>,
    schedule: Schedule,
    pub clock: ManualClock,
    live: MemoryLiveness,
    settings: Settings,
}

fn file(version: u64) -> String {
    format!("images:\n  - name: {IMAGE}\n    newTag: \"1.{version}\"\n    digest: sha256:{version:064x}\n")
}

fn branch() -> Outcome<RefName> {
    Ok(RefName::parse("refs/heads/main")?)
}

pub fn id(number: usize) -> Outcome<PipelineId> {
    Ok(PipelineId::parse(&format!("shop/web-{number:04}"))?)
}

fn folder(number: usize, environment: &str) -> String {
    format!("web-{number:04}/{environment}")
}

fn pipeline(number: usize, repository: usize) -> Outcome<Pipeline> {
    let environment = |(i, name): (usize, &&str)| {
        let before = i.checked_sub(1).and_then(|i| ENVIRONMENTS.get(i));
        let after = before.map_or_else(|| json!({}), |before| json!({ "all": [{ "environment": before }] }));
        let application = format!("web-{number:04}-{name}");
        json!({
            "name": name, "path": folder(number, name), "stable": "0s", "after": after,
            "applications": [{ "name": application }],
        })
    };
    let document = json!({
        "apiVersion": "towpath.dev/v1alpha1", "kind": "Pipeline",
        "metadata": { "name": format!("web-{number:04}"), "namespace": "shop" },
        "spec": {
            "images": [{ "name": IMAGE }],
            "repository": { "url": format!("memory-{repository}"), "branch": "main" },
            "edit": [{ "kustomization": { "image": IMAGE } }],
            "environments": ENVIRONMENTS.iter().enumerate().map(environment).collect::<Vec<_>>(),
        },
    });
    let document: Document = serde_json::from_value(document)?;
    Ok(Pipeline::new(&document, &Templates { metrics: &BTreeMap::new(), qa: &BTreeMap::new() })?)
}

impl Fleet {
    /// So many pipelines of three environments each, dealt out over so many repositories.
    pub fn new(pipelines: usize, repositories: usize) -> Outcome<Self> {
        let clock = ManualClock::at(Time::parse("2026-11-21T10:00:00Z")?);
        let hosts: Vec<MemoryHost> = (0..repositories).map(|_| MemoryHost::new()).collect();
        let clients = hosts.iter().map(|host| host.client(&Faults::default(), true)).collect();
        let mut files = vec![Vec::new(); repositories];
        let mut members = BTreeMap::new();
        for number in 0..pipelines {
            let repository = number % repositories;
            for environment in ENVIRONMENTS {
                let path = RepoPath::parse(&format!("{}/kustomization.yaml", folder(number, environment)))?;
                let files = files.get_mut(repository).ok_or("a repository")?;
                files.push((path, Some(file(0).into_bytes())));
            }
            let pipeline = pipeline(number, repository)?;
            members.insert(
                pipeline.id.clone(),
                Member { repository, pipeline, remembered: Remembered::default() },
            );
        }
        for (host, files) in hosts.iter().zip(&files) {
            host.commit_foreign(&branch()?, files, "first", clock.now())?;
        }
        let schedule = Schedule::new(members.keys().cloned(), clock.now());
        let settings = Settings {
            owner: OwnerId::parse("here")?,
            signature: Signature { name: "Towpath".into(), email: "towpath@example.com".into() },
        };
        Ok(Self { hosts, clients, members, schedule, clock, live: MemoryLiveness::new(), settings })
    }

    /// Rounds until one of them found nothing to do.
    pub fn settle(&mut self) -> Outcome<()> {
        for _ in 0..10 {
            if self.interval("60s")?.passes == 0 {
                return Ok(());
            }
        }
        Err("it does not settle".into())
    }

    /// Lets time go by, and then looks over all that are due.
    pub fn interval(&mut self, span: &str) -> Outcome<Counts> {
        self.clock.advance(Span::parse(span)?);
        self.round()
    }

    /// Looks over all that are due.
    pub fn round(&mut self) -> Outcome<Counts> {
        let before = self.reads();
        self.live.follow(Some(self.clock.now()));
        for (i, client) in self.clients.iter().enumerate() {
            let here = self.members.values().filter(|member| member.repository == i);
            let refs = here.map(|member| &member.pipeline.repository);
            client.begin_round(&refs.flat_map(|own| [own.branch.clone(), own.journal.clone()]).collect());
        }
        let mut counts = Counts::default();
        for id in self.schedule.begin(self.clock.now()) {
            let now = self.clock.now();
            let mut remembered = std::mem::take(&mut self.members.get_mut(&id).ok_or("known")?.remembered);
            let pass =
                self.with_engine(&id, &self.clients, |engine| match engine.is_due(&mut remembered)? {
                    true => engine.pass(&mut remembered, &mut |_| {}).map(Some),
                    false => Ok(None),
                })?;
            match pass {
                Some(report) => {
                    counts.passes += 1;
                    counts.decisions += report.decisions;
                    self.schedule.passed(&id, &Ok(report), remembered.stands_until(), now);
                }
                None => self.schedule.unchanged(&id, remembered.stands_until(), now),
            }
            self.members.get_mut(&id).ok_or("known")?.remembered = remembered;
        }
        self.clients.iter().for_each(towpath_engine::ports::Repository::end_round);
        let after = self.reads();
        Ok(Counts { advertisements: after.0 - before.0, fetches: after.1 - before.1, ..counts })
    }

    fn reads(&self) -> (u64, u64) {
        let sum = |count: fn(&MemoryHost) -> u64| self.hosts.iter().map(count).sum();
        (sum(MemoryHost::advertisements), sum(MemoryHost::fetches))
    }

    fn with_engine<T>(
        &self,
        id: &PipelineId,
        clients: &[MemoryRepository],
        work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>,
    ) -> Outcome<T> {
        let member = self.members.get(id).ok_or("a pipeline")?;
        let (qa, metrics) = (MemoryQa::new(&Faults::default()), MemoryMetrics::new());
        let host = Host {
            repository: clients.get(member.repository).ok_or("a repository")?,
            qa: &qa,
            metrics: &metrics,
            liveness: &self.live,
            pull_requests: None,
            evaluator: None,
            http: None,
            registry: None,
            clock: &self.clock,
            shared: SharedFacts::default(),
            settings: &self.settings,
        };
        Ok(work(&Engine { host: &host, pipeline: &member.pipeline, seen: None })?)
    }

    /// Lets a person work with a pipeline from elsewhere; what that reads is not counted.
    fn elsewhere<T>(
        &self,
        number: usize,
        work: impl FnOnce(&Engine<'_>, &Actor) -> Result<T, EngineError>,
    ) -> Outcome<T> {
        let clients: Vec<_> = self.hosts.iter().map(|host| host.client(&Faults::default(), true)).collect();
        let carol = Actor::parse("carol")?;
        self.with_engine(&id(number)?, &clients, |engine| work(engine, &carol))
    }

    /// A person holds an environment that nothing wants to come to.
    pub fn hold(&self, number: usize, until: Option<Time>) -> Outcome<()> {
        let hold = NewHold {
            environments: vec![Name::parse("production")?],
            labels: BTreeMap::new(),
            release: None,
            digest: None,
            rollbacks: false,
            reason: "a freeze".to_owned(),
            until,
        };
        self.elsewhere(number, |engine, carol| engine.hold(carol, &hold)).map(drop)
    }

    /// CI creates a release.
    pub fn release(&self, number: usize, version: u64) -> Outcome<()> {
        let image = Image::parse(&format!("{IMAGE}:1.{version}@sha256:{version:064x}"))?;
        let (authors, labels) = (Vec::new(), BTreeMap::new());
        let new = NewRelease { images: vec![image], order: None, authors, labels };
        self.elsewhere(number, |engine, carol| engine.create_release(carol, &new)).map(drop)
    }

    /// A person asks for a release in an environment.
    pub fn promote(&self, number: usize, environment: &str, version: u64) -> Outcome<()> {
        let (environment, release) = (Name::parse(environment)?, ReleaseRef::parse(&format!("1.{version}")));
        let kind = RequestKind::Promote;
        self.elsewhere(number, |engine, carol| engine.request(carol, &environment, kind, Some(&release)))
            .map(drop)
    }

    /// One pass over a pipeline, whether it is due or not.
    pub fn pass(&mut self, number: usize) -> Outcome<PassReport> {
        let id = id(number)?;
        self.live.follow(Some(self.clock.now()));
        let mut remembered = std::mem::take(&mut self.members.get_mut(&id).ok_or("known")?.remembered);
        let report =
            self.with_engine(&id, &self.clients, |engine| engine.pass(&mut remembered, &mut |_| {}))?;
        self.members.get_mut(&id).ok_or("known")?.remembered = remembered;
        Ok(report)
    }

    /// How often refs of the hosts have moved.
    pub fn moves(&self) -> usize {
        self.hosts.iter().map(|host| host.moves().len()).sum()
    }

    /// Somebody commits a file to the repository of a pipeline.
    pub fn commit(&self, number: usize, path: &str, text: &str) -> Outcome<()> {
        let host = self.hosts.get(number % self.hosts.len()).ok_or("a repository")?;
        let edit = (RepoPath::parse(path)?, Some(text.as_bytes().to_vec()));
        host.commit_foreign(&branch()?, &[edit], "words", self.clock.now())?;
        Ok(())
    }

    /// Somebody writes another version into an environment.
    pub fn edit(&self, number: usize, environment: &str, version: u64) -> Outcome<()> {
        self.commit(number, &format!("{}/kustomization.yaml", folder(number, environment)), &file(version))
    }
}
