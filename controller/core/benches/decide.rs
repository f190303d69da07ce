//! What one decision costs: 5 environments, 200 releases that wait, all or none of them eligible, 50 holds, 3 windows,
//! over journals of any length.
//!
//! `cargo bench -p towpath-core` prints a table of microseconds; `cargo xtask bench` runs it with the others. Numbers
//! of events may be given instead.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;
use towpath_core::decide::{Answer, configuration, decide, first_claim};
use towpath_core::event::{Cause, Event, Recorded};
use towpath_core::hold::{Select, Stop, Subject};
use towpath_core::id::{
    ActId, Actor, CommitId, Digest, GateHash, GateName, Name, OwnerId, Pid, RepoPath, TreeId,
};
use towpath_core::journal::state::{Okay, Phase};
use towpath_core::journal::{State, fold_all, genesis};
use towpath_core::observation::Reading;
use towpath_core::pipeline::{Document, FieldValues, Pipeline, Templates};
use towpath_core::release::{Image, release_id};
use towpath_core::time::{Span, Time};
use towpath_core::world::{
    BranchFacts, EnvironmentFacts, ImageFacts, LedgerFacts, PathFacts, SharedFacts, World,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const IMAGE: &str = "ghcr.io/acme/web";
const ENVIRONMENTS: [&str; 5] = ["dev", "qa", "staging", "canary", "production"];
const WAITING: usize = 200;
const HOLDS: usize = 50;
/// The least time that is measured of each case.
const MEASURED: Duration = Duration::from_secs(2);

fn main() -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "decide(): {} environments, {WAITING} releases that wait, {HOLDS} holds, 3 windows; microseconds",
        ENVIRONMENTS.len()
    )?;
    writeln!(
        out,
        "{:>16} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "events before", "releases", "eligible", "least", "median", "99 %"
    )?;
    let asked: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let histories = if asked.is_empty() { vec![0, 1_000, 10_000, 100_000] } else { asked };
    for (events, eligible) in histories.into_iter().flat_map(|events| [(events, WAITING), (events, 0)]) {
        let bed = Bed::after(events, eligible > 0)?;
        let times = measure(&bed)?;
        let at = |part: usize| times.get(times.len() * part / 100).map_or(0.0, |t| t.as_secs_f64() * 1e6);
        let releases = bed.state.releases.len();
        writeln!(
            out,
            "{events:>16} {releases:>10} {eligible:>10} {:>10.1} {:>10.1} {:>10.1}",
            at(0),
            at(50),
            at(99)
        )?;
    }
    Ok(())
}

/// How long each of many decisions took, the shortest first.
fn measure(bed: &Bed) -> Outcome<Vec<Duration>> {
    let world = bed.world();
    let decision = decide(&world, bed.now);
    let acts = decision.envs.values().filter(|answer| matches!(answer, Answer::Act(_))).count();
    if acts > 0 || decision.envs.len() != ENVIRONMENTS.len() {
        return Err(format!("expected waits, {decision:?}").into());
    }
    let begun = Instant::now();
    let mut times = Vec::new();
    while begun.elapsed() < MEASURED || times.len() < 100 {
        let start = Instant::now();
        black_box(decide(black_box(&world), bed.now));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

struct Bed {
    pipeline: Pipeline,
    me: OwnerId,
    state: State,
    facts: BTreeMap<Name, EnvironmentFacts>,
    readings: BTreeMap<(Pid, GateName), Reading>,
    now: Time,
}

fn pipeline() -> Outcome<Pipeline> {
    let window = |cron: &str| json!({ "window": { "timezone": "Europe/Berlin", "allow": [{ "cron": cron, "duration": "8h" }] } });
    let environment = |(i, name): (usize, &&str)| {
        let before = i.checked_sub(1).and_then(|i| ENVIRONMENTS.get(i));
        let after = before
            .map_or_else(|| json!({}), |before| json!({ "all": [{ "environment": before, "soak": "10m" }] }));
        // Sunday is closed: 200 releases wait in front of each of the last three.
        let entry: Vec<_> = (i >= 2).then(|| window("0 9 * * MON-SAT")).into_iter().collect();
        json!({
            "name": name, "path": format!("apps/{name}"), "labels": { "tier": name },
            "applications": [{ "name": format!("web-{name}") }], "stable": "10s",
            "after": after, "entry": entry,
        })
    };
    let document = json!({
        "apiVersion": "towpath.dev/v1alpha1", "kind": "Pipeline",
        "metadata": { "name": "web", "namespace": "shop" },
        "spec": {
            "images": [{ "name": IMAGE }],
            "repository": { "url": "memory", "branch": "main" },
            "edit": [{ "kustomization": { "image": IMAGE } }],
            "environments": ENVIRONMENTS.iter().enumerate().map(environment).collect::<Vec<_>>(),
        },
    });
    let document: Document = serde_json::from_value(document)?;
    let templates = Templates { metrics: &BTreeMap::new(), qa: &BTreeMap::new() };
    Ok(Pipeline::new(&document, &templates)?)
}

fn image(number: u64) -> Outcome<Image> {
    Ok(Image::parse(&format!("{IMAGE}:1.{number}@sha256:{number:064x}"))?)
}

fn commit(number: u64) -> Outcome<CommitId> {
    Ok(CommitId::parse(&format!("{number:040x}"))?)
}

/// What is seen of an environment that deploys this image.
fn seen(image: &Image) -> Outcome<EnvironmentFacts> {
    let tag = image.tag.as_ref().map(ToString::to_string);
    let values = FieldValues { tag, digest: Some(image.digest.to_string()) };
    let facts = ImageFacts {
        image: image.name.clone(),
        file: RepoPath::parse("kustomization.yaml")?,
        values: values.clone(),
        raw: values,
    };
    Ok(EnvironmentFacts {
        path: Ok(PathFacts { tree: TreeId::parse(&format!("{:040x}", 7))?, images: vec![facts] }),
        live: Err("not asked".to_owned()),
        contains: BTreeMap::new(),
        runs: BTreeMap::new(),
        committing_landed: None,
        proposal: None,
        proposal_open: None,
        refused: None,
    })
}

impl Bed {
    /// The bed after a history of about so many events, all of them of releases that are long gone.
    fn after(events: u64, eligible: bool) -> Outcome<Self> {
        let pipeline = pipeline()?;
        let me = OwnerId::parse("bench")?;
        // A Sunday.
        let now = Time::parse("2026-11-22T10:00:00Z")?;
        let begun = Time::from_unix(now.unix() - 1_000_000);
        let first = Recorded { n: 1, at: begun, by: Actor::towpath(), event: first_claim(&me, "a bench") };
        let state = genesis(&pipeline.id, &first)?;
        let mut bed = Self { pipeline, me, state, facts: BTreeMap::new(), readings: BTreeMap::new(), now };
        for name in ENVIRONMENTS {
            bed.facts.insert(Name::parse(name)?, seen(&image(0)?)?);
        }
        bed.begin()?;
        // One that is there from the beginning.
        bed.live_and_die(1)?;
        let mut number = 2;
        while bed.state.n < events {
            bed.live_and_die(number)?;
            number += 1;
        }
        bed.wait(number, eligible)?;
        Ok(bed)
    }

    fn record(&mut self, by: &Actor, events: Vec<Event>) -> Outcome<()> {
        let (n, at) = (self.state.n, self.state.at);
        let recorded = |(i, event)| Recorded { n: n + i, at, by: by.clone(), event };
        let recorded: Vec<Recorded> = (1..).zip(events).map(recorded).collect();
        fold_all(&mut self.state, &recorded)?;
        Ok(())
    }

    /// What the first decisions record: the wiring, and what is found in each environment.
    fn begin(&mut self) -> Outcome<()> {
        let configured = configuration(&self.pipeline, &self.state).ok_or("nothing to configure")?;
        self.record(&Actor::towpath(), vec![configured])?;
        while let Some(events) = self.facts_to_record() {
            self.record(&Actor::towpath(), events)?;
        }
        Ok(())
    }

    fn facts_to_record(&self) -> Option<Vec<Event>> {
        use towpath_core::decide::Effect;
        let decision = decide(&self.world(), self.state.at);
        let effects = decision.envs.into_values().filter_map(|answer| match answer {
            Answer::Act(effects) => Some(effects),
            Answer::Wait(_) | Answer::Settled => None,
        });
        let events: Vec<Event> = effects
            .flatten()
            .filter_map(|effect| match effect {
                Effect::Record(event) => Some(event),
                _ => None,
            })
            .collect();
        (!events.is_empty()).then_some(events)
    }

    fn release(&mut self, number: u64) -> Outcome<towpath_core::id::ReleaseId> {
        let images = vec![image(number)?];
        let r = release_id(&self.state.ledger, &images);
        let seq = self.state.seq + 1;
        let authors = vec![Actor::parse("alice")?];
        let labels = BTreeMap::new();
        let released = Event::Released { r: r.clone(), seq, order: None, images, authors, labels };
        self.record(&Actor::parse("ci")?, vec![released])?;
        Ok(r)
    }

    /// A release that goes through all environments, each after the one before it.
    fn live_and_die(&mut self, number: u64) -> Outcome<()> {
        let r = self.release(number)?;
        for name in ENVIRONMENTS {
            let env = Name::parse(name)?;
            let from = self.state.envs.get(&env).and_then(|e| e.at.as_ref()).map(|at| at.r.clone());
            let pid = self.state.pid(&env, &r, 1);
            let tree = TreeId::parse(&format!("{:040x}", 7))?;
            let gates = GateHash::of(&[name.to_owned()]);
            let events = vec![
                Event::Promoted {
                    pid: pid.clone(),
                    env: env.clone(),
                    r: r.clone(),
                    attempt: 1,
                    cause: Cause::Auto,
                    commit: commit(number)?,
                    base: commit(number.saturating_sub(1))?,
                    gates: gates.clone(),
                    from,
                    q: None,
                    landed: true,
                },
                Event::Live { env: env.clone(), pid: pid.clone(), since: self.state.at, tree },
                Event::Verified { env, pid, r: r.clone(), gates, policy: None },
            ];
            self.record(&Actor::towpath(), events)?;
        }
        Ok(())
    }

    /// Releases that wait in front of every environment: Verified and soaked everywhere, or nowhere.
    fn wait(&mut self, from: u64, eligible: bool) -> Outcome<()> {
        for i in 0..HOLDS {
            let key = ENVIRONMENTS.get(i % ENVIRONMENTS.len()).ok_or("an environment")?;
            let held = Event::Held {
                id: ActId::parse(&format!("h-{i}"))?,
                select: if i % 2 == 0 { Select::environment(&Name::parse(key)?) } else { Select::default() },
                subject: Subject::Digest(Digest::parse(&format!("sha256:{:064x}", u64::MAX - i as u64))?),
                stops: vec![Stop::Promotions],
                reason: "a bad base image".to_owned(),
                until: None,
            };
            self.record(&Actor::parse("carol")?, vec![held])?;
        }
        let gates: BTreeMap<Name, GateHash> =
            self.pipeline.environments.iter().map(|e| (e.name.clone(), e.verify_hash())).collect();
        let mut last = None;
        for number in from..from + WAITING as u64 {
            let r = self.release(number)?;
            for (key, env) in self.state.envs.iter_mut().filter(|_| eligible) {
                let gates = gates.get(key).ok_or("gates")?.clone();
                env.ok.insert(r.clone(), Okay { gates, soak: Span::seconds(3600), policy: None });
            }
            last = Some(r);
        }
        // What is in the first two is the newest: nothing is left to be done there.
        let r = last.ok_or("a release")?;
        let rank = self.state.release(&r).ok_or("a release")?.rank();
        for (key, env) in &mut self.state.envs {
            let Some(at) = env.at.as_mut().filter(|at| at.pid.is_some()) else { continue };
            at.phase = Phase::Settled;
            if ["dev", "qa"].contains(&key.as_str()) {
                (at.r, env.hw) = (r.clone(), rank);
            }
        }
        self.look()
    }

    /// Everything is seen as it was written.
    fn look(&mut self) -> Outcome<()> {
        for (key, env) in &self.state.envs {
            let there = env.at.as_ref().and_then(|at| self.state.release(&at.r)).ok_or("a release")?;
            self.facts.insert(key.clone(), seen(there.images.first().ok_or("an image")?)?);
        }
        Ok(())
    }

    fn world(&self) -> World<'_> {
        World {
            pipeline: &self.pipeline,
            me: &self.me,
            ledger: LedgerFacts::Present(&self.state),
            branch: BranchFacts {
                tip: CommitId::parse(&format!("{:040x}", 1)).ok(),
                contains_seen: Some(true),
                claim: None,
            },
            envs: &self.facts,
            readings: &self.readings,
            evaluations: BTreeMap::new(),
            shared: SharedFacts { atomic: true, ..SharedFacts::default() },
        }
    }
}
