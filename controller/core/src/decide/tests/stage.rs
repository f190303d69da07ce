//! The stage for tables: dev, then staging (soak 5m), then production (approval, bake).

use std::collections::BTreeMap;

use crate::decide::{Answer, Decision, Effect, Wait, WaitCode, decide};
use crate::event::{Cause, Event, Recorded};
use crate::id::{
    Actor, CommitId, Digest, GateHash, GateName, Handle, ImageName, Name, OwnerId, Pid, PipelineId, RefName,
    ReleaseId, RepoPath, TreeId,
};
use crate::journal::state::Phase;
use crate::journal::{FoldError, State, fold_all, genesis};
use crate::observation::{Application, Health, Reading, RunStatus};
use crate::pipeline::{
    After, ApplicationRef, Approval, Bake, CommitTexts, Delivery, Edge, EdgeMode, EditRule, Entry,
    Environment, FieldValues, Form, Gate, GateKind, MetricGate, Pipeline, Policies, PromotionRules, Proof,
    QaGate, Repository, RollbackRules,
};
use crate::release::{Image, release_id};
use crate::time::{Span, Time};
use crate::verdict::Verdict;
use crate::world::{
    BranchFacts, EnvironmentFacts, Evaluations, ImageFacts, LedgerFacts, PathFacts, SharedFacts, WentBack,
    World,
};

pub(super) const IMAGE: &str = "ghcr.io/acme/web";

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn digest(n: u8) -> Digest {
    Digest::parse(&format!("sha256:{}", format!("{n:02x}").repeat(32))).unwrap()
}

pub(super) fn image(n: u8) -> Image {
    Image::parse(&format!("{IMAGE}:1.{n}@{}", digest(n))).unwrap()
}

pub(super) fn commit(n: u8) -> CommitId {
    CommitId::parse(&format!("{n:02x}").repeat(20)).unwrap()
}

pub(super) fn tree(n: u8) -> TreeId {
    TreeId::parse(&format!("{n:02x}").repeat(20)).unwrap()
}

pub(super) fn metric(window: u32) -> GateKind {
    GateKind::Metric(MetricGate {
        query: "errors".into(),
        max: Some(0.05),
        min: None,
        interval: Span::seconds(30),
        window: Span::seconds(window),
        failure_limit: 0,
        min_samples: 2,
    })
}

pub(super) fn gate(text: &str, kind: GateKind) -> Gate {
    Gate { name: GateName::parse(text).unwrap(), kind, error_limit: 3, inconclusive_limit: 2 }
}

fn environment(text: &str, after: &[(&str, u32)]) -> Environment {
    let qa = QaGate {
        template: "smoke".into(),
        parameters: BTreeMap::new(),
        timeout: Span::seconds(600),
        revision: "1".into(),
    };
    let edge = |(e, soak): &(&str, u32)| Edge { environment: name(e), soak: Span::seconds(*soak) };
    Environment {
        name: name(text),
        formerly: Vec::new(),
        path: RepoPath::parse(&format!("apps/{text}")).unwrap(),
        labels: BTreeMap::from([("env".to_owned(), text.to_owned())]),
        applications: vec![ApplicationRef { name: name(&format!("web-{text}")), proof: Proof::Revision }],
        edit: vec![EditRule::Kustomization {
            image: ImageName::parse(IMAGE).unwrap(),
            form: Form::TagAndDigest,
        }],
        promotion: PromotionRules::default(),
        revalidate: false,
        after: After { mode: EdgeMode::All, edges: after.iter().map(edge).collect() },
        approvals: Vec::new(),
        entry: Entry::default(),
        verify: vec![gate("qa/smoke", GateKind::Qa(qa))],
        bake: None,
        rollback: RollbackRules::default(),
        destination: name(text),
        stable: Span::seconds(10),
        degraded_grace: Span::seconds(60),
        sync_timeout: Span::seconds(900),
        delivery: Delivery::Push,
        policies: Policies::default(),
    }
}

/// A pipeline, its journal and what is seen of it.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    pub(super) pipeline: Pipeline,
    pub(super) state: State,
    pub(super) now: Time,
    pub(super) me: OwnerId,
    pub(super) branch: BranchFacts,
    pub(super) facts: BTreeMap<Name, EnvironmentFacts>,
    pub(super) readings: BTreeMap<(Pid, GateName), Reading>,
    pub(super) evaluations: Evaluations,
    pub(super) shared: SharedFacts,
}

impl Stage {
    /// So many seconds ago this went back by itself at a destination.
    pub(super) fn storms(&mut self, destination: &str, ages: &[i64]) {
        let at = |age: &i64| Time::from_unix(self.now.unix() - age);
        let back = |age| WentBack { destination: name(destination), at: at(age) };
        self.shared.rollbacks = ages.iter().map(back).collect();
    }

    /// All three environments run the baseline 0 that was found there.
    pub(super) fn new() -> Self {
        let id = PipelineId::parse("shop/web").unwrap();
        let mut production = environment("production", &[("staging", 0)]);
        production.approvals =
            vec![Approval { count: 1, groups: Vec::new(), not_author: true, policy: None }];
        production.bake =
            Some(Bake { duration: Span::seconds(600), gates: vec![gate("bake/errors", metric(600))] });
        let pipeline = Pipeline {
            repository: Repository {
                url: "memory".into(),
                branch: RefName::parse("refs/heads/main").unwrap(),
                journal: id.default_journal(),
            },
            images: vec![ImageName::parse(IMAGE).unwrap()],
            commit: CommitTexts { subject: "x".into(), trailers: BTreeMap::new() },
            environments: vec![environment("dev", &[]), environment("staging", &[("dev", 300)]), production],
            id,
        };
        let now = Time::from_unix(1_800_000_000);
        let me = OwnerId::parse("me").unwrap();
        let first =
            Recorded { n: 1, at: now, by: Actor::towpath(), event: super::super::first_claim(&me, "test") };
        let state = genesis(&pipeline.id, &first).unwrap();
        let branch = BranchFacts { tip: Some(commit(0)), contains_seen: Some(true), claim: None };
        let mut stage = Self {
            pipeline,
            state,
            now,
            me,
            branch,
            facts: BTreeMap::new(),
            readings: BTreeMap::new(),
            evaluations: Evaluations::new(),
            shared: SharedFacts { atomic: true, ..SharedFacts::default() },
        };
        for environment in ["dev", "staging", "production"] {
            stage.facts.insert(name(environment), seen(environment, 0));
        }
        while stage.step() {}
        stage
    }

    pub(super) fn world(&self) -> World<'_> {
        World {
            pipeline: &self.pipeline,
            me: &self.me,
            ledger: LedgerFacts::Present(&self.state),
            branch: self.branch.clone(),
            envs: &self.facts,
            readings: &self.readings,
            evaluations: self.evaluations.clone(),
            shared: self.shared.clone(),
        }
    }

    pub(super) fn decide(&self) -> Decision {
        decide(&self.world(), self.now)
    }

    pub(super) fn answer(&self, environment: &str) -> Answer {
        self.decide().envs.remove(&name(environment)).unwrap()
    }

    pub(super) fn waits(&self, environment: &str) -> Vec<Wait> {
        match self.answer(environment) {
            Answer::Wait(waits) => waits,
            other => panic!("{environment} does not wait: {other:?}"),
        }
    }

    pub(super) fn codes(&self, environment: &str) -> Vec<WaitCode> {
        self.waits(environment).into_iter().map(|w| w.code).collect()
    }

    /// The version that is being promoted into an environment, and why.
    pub(super) fn promotes(&self, environment: &str) -> Option<(String, Cause)> {
        let Answer::Act(effects) = self.answer(environment) else { return None };
        effects.into_iter().find_map(|e| match e {
            Effect::Promote(p) => Some((self.state.release(&p.r).unwrap().version(), p.cause)),
            _ => None,
        })
    }

    pub(super) fn wait(&mut self, seconds: u32) {
        self.now = self.now.plus(Span::seconds(seconds));
    }

    pub(super) fn record(&mut self, by: &str, event: Event) {
        self.try_record(by, event).unwrap();
    }

    /// Records what the journal may refuse, and then is as if it had not been said.
    pub(super) fn try_record(&mut self, by: &str, event: Event) -> Result<(), FoldError> {
        let recorded = Recorded {
            n: self.state.n + 1,
            at: self.now.max(self.state.at),
            by: Actor::parse(by).unwrap(),
            event,
        };
        let mut state = self.state.clone();
        fold_all(&mut state, &[recorded])?;
        self.state = state;
        Ok(())
    }

    pub(super) fn release(&mut self, n: u8) -> ReleaseId {
        let r = release_id(&self.state.ledger, &[image(n)]);
        let seq = self.state.seq + 1;
        self.record(
            "ci",
            Event::Released {
                r: r.clone(),
                seq,
                order: None,
                images: vec![image(n)],
                authors: vec![Actor::parse("alice").unwrap()],
                labels: BTreeMap::new(),
            },
        );
        r
    }

    pub(super) fn approve(&mut self, by: &str, r: &ReleaseId) {
        let gates = self.pipeline.environment(&name("production")).unwrap().entry_hash();
        let event =
            Event::Approved { env: name("production"), r: r.clone(), gates, groups: Vec::new(), until: None };
        self.record(by, event);
    }

    /// Does what is decided, once: records facts, lands promotions, starts QA. Answers whether there was anything.
    pub(super) fn step(&mut self) -> bool {
        let decision = self.decide();
        let mut any = false;
        for effect in decision.ledger {
            any |= self.carry_out(effect);
        }
        for answer in decision.envs.into_values() {
            if let Answer::Act(effects) = answer {
                for effect in effects {
                    any |= self.carry_out(effect);
                }
            }
        }
        any
    }

    pub(super) fn carry_out(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Record(event) => self.record("towpath", event),
            Effect::Promote(p) => {
                let release = self.state.release(&p.r).unwrap();
                let n = release
                    .images
                    .first()
                    .map_or(0, |i| u8::from_str_radix(&i.digest.as_str()[7..9], 16).unwrap());
                let to = commit(100 + n);
                self.branch.tip = Some(to.clone());
                self.record(
                    "towpath",
                    Event::Promoted {
                        pid: p.pid,
                        env: p.key,
                        r: p.r,
                        attempt: p.attempt,
                        cause: p.cause,
                        commit: to.clone(),
                        base: commit(0),
                        gates: p.gates,
                        from: p.from,
                        q: p.q,
                        landed: self.shared.atomic,
                    },
                );
                let mut facts = seen(p.environment.as_str(), n);
                facts.live = Err("not looked at".into());
                facts.contains.insert(to, true);
                self.facts.insert(p.environment, facts);
            }
            Effect::StartQa(start) => {
                let tree = self.facts[&start.environment].path.as_ref().unwrap().tree.clone();
                self.record(
                    "towpath",
                    Event::Started {
                        env: start.key,
                        pid: start.pid,
                        gate: start.gate.clone(),
                        gates: start.hash,
                        attempt: start.attempt,
                        handle: Some(Handle::parse("run").unwrap()),
                        deadline: start.deadline,
                        tree,
                    },
                );
                let facts = self.facts.get_mut(&start.environment).unwrap();
                facts.runs.insert(start.gate, Ok(RunStatus::Running));
            }
            Effect::Measure(_)
            | Effect::Evaluate(_)
            | Effect::EnsureQa(..)
            | Effect::Check { .. }
            | Effect::Propose(_) => {
                return false;
            }
        }
        true
    }

    /// What an Application shows: healthy since now, at the branch's tip, running what the path says.
    pub(super) fn show(&mut self, environment: &str, health: Health) {
        let now = self.now;
        let tip = self.branch.tip.clone();
        let facts = self.facts.get_mut(&name(environment)).unwrap();
        let path = facts.path.as_ref().unwrap();
        let digests = path
            .images
            .iter()
            .map(|i| (i.image.clone(), Digest::parse(i.values.digest.as_deref().unwrap()).unwrap()));
        facts.live = Ok(vec![Application {
            name: name(&format!("web-{environment}")),
            revision: tip.clone(),
            digests: digests.collect(),
            health,
            health_since: Some(now),
            reconciled_at: Some(now),
        }]);
        facts.contains.insert(tip.unwrap(), true);
    }

    pub(super) fn finish_qa(&mut self, environment: &str, verdict: Verdict) {
        let outcome = crate::verdict::Outcome { verdict, detail: "told".into() };
        let facts = self.facts.get_mut(&name(environment)).unwrap();
        let running: Vec<GateName> = facts.runs.keys().cloned().collect();
        for gate in running.into_iter().chain([GateName::parse("qa/smoke").unwrap()]) {
            facts.runs.insert(gate, Ok(RunStatus::Finished(outcome.clone())));
        }
    }

    /// Brings what is on its way in an environment to a verdict.
    pub(super) fn verify(&mut self, environment: &str, verdict: Verdict) {
        while self.phase(environment) != Phase::Syncing {
            assert!(self.step(), "nothing is on its way in {environment}");
        }
        self.show(environment, Health::Healthy);
        self.wait(10);
        while self.phase(environment) == Phase::Syncing {
            assert!(self.step(), "{environment} does not become live");
        }
        self.step();
        self.finish_qa(environment, verdict);
        while self.step() {}
    }

    pub(super) fn phase(&self, environment: &str) -> Phase {
        self.state.environment(&name(environment)).unwrap().1.at.as_ref().unwrap().phase
    }

    pub(super) fn env(&self, environment: &str) -> &crate::journal::state::EnvironmentState {
        self.state.environment(&name(environment)).unwrap().1
    }
}

/// What a folder that deploys image `n` looks like.
pub(super) fn seen(environment: &str, n: u8) -> EnvironmentFacts {
    let image = image(n);
    let values = FieldValues {
        tag: image.tag.as_ref().map(ToString::to_string),
        digest: Some(image.digest.to_string()),
    };
    EnvironmentFacts {
        path: Ok(PathFacts {
            tree: tree(n),
            images: vec![ImageFacts {
                image: image.name.clone(),
                file: RepoPath::parse(&format!("apps/{environment}/kustomization.yaml")).unwrap(),
                raw: values.clone(),
                values,
            }],
        }),
        live: Err("not looked at".into()),
        contains: BTreeMap::new(),
        runs: BTreeMap::new(),
        committing_landed: None,
        proposal: None,
        proposal_open: None,
        refused: None,
    }
}

/// A hash that no gate has.
pub(super) fn other_hash() -> GateHash {
    GateHash::of(&["other".to_owned()])
}
