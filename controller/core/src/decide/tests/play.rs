//! Turns of people, clusters, QA and time, played on a stage.

use super::stage::{Stage, commit, digest, image, name, seen, tree};
use super::worlds::{ENVIRONMENTS, Mood, Turn, Wiring, of, wire};
use crate::decide::{Answer, Decision, Effect, Measurement, Promotion, WaitCode};
use crate::event::{Event, RequestKind};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, Actor, GateName, Name, PipelineId, ReleaseId};
use crate::journal::state::Release;
use crate::observation::{Health, Reading, RunStatus, Sample};
use crate::pipeline::{EntryGate, GateKind};
use crate::release::release_id;
use crate::time::{Span, Time};
use crate::verdict::Verdict;
use crate::world::{EnvironmentFacts, Found, OtherEnvironment, PathProblem, ProposalStatus, Truth};

/// A stage on which turns are played.
#[derive(Debug, Clone)]
pub(super) struct Play {
    pub(super) stage: Stage,
    metric: Mood,
    cel: Mood,
    /// What the folders looked like before promotions that are on their way.
    before: Vec<(Name, EnvironmentFacts)>,
    acts: u32,
}

impl Play {
    pub(super) fn new(wiring: &Wiring) -> Self {
        let mut stage = Stage::new();
        wire(&mut stage, wiring);
        let mut play = Self { stage, metric: Mood::Good, cel: Mood::Good, before: Vec::new(), acts: 0 };
        play.pass();
        play
    }

    pub(super) fn turn(&mut self, turn: &Turn) {
        match turn {
            Turn::Wait(seconds) => self.stage.wait(*seconds),
            Turn::Step => drop(self.step()),
            Turn::Pass => self.pass(),
            Turn::Prove(env, verdict, seconds) => {
                self.prove(*env, *verdict);
                self.stage.wait(*seconds);
            }
            Turn::Onward(seconds) => {
                for env in 0..ENVIRONMENTS.len() {
                    self.consent();
                    self.prove(env, Verdict::Passed);
                    self.stage.wait(*seconds);
                }
            }
            Turn::Exhaust(env, verdict) => (0..3).for_each(|_| self.prove(*env, *verdict)),
            Turn::Hurry => {
                for n in 1..6 {
                    self.turn(&Turn::Release(n));
                    self.pass();
                }
            }
            Turn::Metric(mood) => self.metric = *mood,
            Turn::Cel(mood) => {
                self.cel = *mood;
                self.stage.evaluations.clear();
            }
            Turn::Show(..) | Turn::Silent(..) | Turn::Qa(..) | Turn::Run(..) => self.machine(turn),
            Turn::Merge(..) | Turn::Close | Turn::Land(..) | Turn::Elsewhere(..) | Turn::Storm(..) => {
                self.outside(turn);
            }
            Turn::Edit(..)
            | Turn::Restore(..)
            | Turn::OtherBytes(..)
            | Turn::Unreadable(..)
            | Turn::Redefine(..) => self.branch(turn),
            _ => self.person(turn),
        }
    }

    /// Two people approve what waits for it.
    fn consent(&mut self) {
        let Answer::Wait(waits) = self.stage.answer("production") else { return };
        let waiting = waits.iter().find(|wait| wait.code == WaitCode::ApprovalNeeded);
        let Some(n) = waiting.and_then(|wait| (1..8).find(|n| self.id(*n).as_str() == wait.object)) else {
            return;
        };
        for by in ["bob", "carol"] {
            self.turn(&Turn::Approve { r: n, by, until: None });
        }
    }

    /// Lets what is on its way to an environment arrive, and be judged.
    fn prove(&mut self, env: usize, verdict: Verdict) {
        self.pass();
        self.land(true);
        if matches!(self.facts(&of(env)).proposal, Some(ProposalStatus::Open { green: true })) {
            self.merge(true);
        }
        if self.stage.env(ENVIRONMENTS[env]).at.as_ref().is_some_and(|at| at.live.is_none()) {
            self.turn(&Turn::Show(env, Health::Healthy));
        }
        self.stage.wait(10);
        self.pass();
        self.turn(&Turn::Qa(env, verdict));
        self.pass();
    }

    /// Decides and does until nothing is to be done now; what cannot be done at once is left.
    pub(super) fn pass(&mut self) {
        self.stage.readings.clear();
        for _ in 0..60 {
            if !self.step() {
                return;
            }
        }
        panic!("no end: {:#?}", self.stage.decide());
    }

    /// Does what is decided, once. Answers whether there was anything that could be done.
    fn step(&mut self) -> bool {
        let Decision { ledger, envs } = self.stage.decide();
        let mut any = false;
        for effect in ledger {
            any |= self.stage.carry_out(effect);
        }
        for (environment, answer) in envs {
            let Answer::Act(effects) = answer else { continue };
            for effect in effects {
                any |= self.carry_out(&environment, effect);
            }
        }
        any
    }

    fn carry_out(&mut self, environment: &Name, effect: Effect) -> bool {
        match effect {
            Effect::Promote(_) => {
                let facts = self.facts(environment).clone();
                self.before.retain(|(name, _)| name != environment);
                self.before.push((environment.clone(), facts));
                self.stage.carry_out(effect)
            }
            Effect::Propose(promotion) => self.propose(environment, promotion),
            Effect::Check { green, .. } => {
                self.facts_mut(environment).proposal = Some(ProposalStatus::Open { green });
                true
            }
            Effect::EnsureQa(start, _) => {
                self.facts_mut(environment).runs.insert(start.gate, Ok(RunStatus::Running));
                true
            }
            Effect::Measure(measurement) => {
                let reading = read(self.metric, &measurement);
                self.stage.readings.insert((measurement.pid, measurement.gate), reading).is_none()
            }
            Effect::Evaluate(evaluation) => {
                let (truth, detail) = match self.cel {
                    Mood::Good => (Truth::True, ""),
                    Mood::Bad | Mood::Nothing => (Truth::False, ""),
                    Mood::Silence => (Truth::Wrong, "no such key"),
                };
                let found = Found { at: self.stage.now, truth, detail: detail.to_owned() };
                self.stage.evaluations.insert(evaluation, found).is_none()
            }
            effect => self.stage.carry_out(effect),
        }
    }

    fn propose(&mut self, environment: &Name, promotion: Promotion) -> bool {
        let Promotion { pid, key, r, attempt, .. } = promotion;
        let head = commit(200 + u8::try_from(attempt).unwrap());
        self.stage.record("towpath", Event::Proposed { pid, env: key, r, head, pr: Some(1) });
        self.facts_mut(environment).proposal = Some(ProposalStatus::Open { green: false });
        true
    }

    fn facts(&self, environment: &Name) -> &EnvironmentFacts {
        &self.stage.facts[environment]
    }

    fn facts_mut(&mut self, environment: &Name) -> &mut EnvironmentFacts {
        self.stage.facts.get_mut(environment).unwrap()
    }

    fn machine(&mut self, turn: &Turn) {
        let qa = GateName::parse("qa/smoke").unwrap();
        match turn {
            Turn::Show(env, health) if self.facts(&of(*env)).path.is_ok() => {
                self.stage.show(ENVIRONMENTS[*env], *health);
            }
            Turn::Silent(env) => self.facts_mut(&of(*env)).live = Err("connection refused".into()),
            Turn::Qa(env, verdict) => self.stage.finish_qa(ENVIRONMENTS[*env], *verdict),
            Turn::Run(env, status) => drop(self.facts_mut(&of(*env)).runs.insert(qa, Ok(status.clone()))),
            _ => {}
        }
    }

    fn outside(&mut self, turn: &Turn) {
        match turn {
            Turn::Merge(green) => self.merge(*green),
            Turn::Close => {
                let open = self.stage.env("production").proposed.is_some();
                let closed = open.then_some(ProposalStatus::Closed);
                self.facts_mut(&name("production")).proposal = closed;
            }
            Turn::Land(landed) => self.land(*landed),
            Turn::Elsewhere(live) => {
                let live_since = live.then_some(self.stage.now);
                let other = OtherEnvironment {
                    version: "2".into(),
                    tags: vec!["2.0.0".into()],
                    live_since,
                    verified: false,
                };
                self.stage
                    .shared
                    .others
                    .insert((PipelineId::parse("shop/db").unwrap(), name("production")), other);
            }
            Turn::Storm(n) => self.stage.storms("production", &vec![0; usize::from(*n)]),
            _ => {}
        }
    }

    /// Merges the open pull request: its release is on the branch from then on.
    fn merge(&mut self, green: bool) {
        let Some(open) = self.stage.env("production").proposed.clone() else { return };
        let n = (1..8).find(|n| self.id(*n) == open.r).unwrap();
        let merged = commit(150 + n);
        self.stage.branch.tip = Some(merged.clone());
        let mut facts = seen("production", n);
        facts.contains.insert(merged.clone(), true);
        facts.proposal = Some(ProposalStatus::Merged { commit: merged, green });
        self.stage.facts.insert(name("production"), facts);
        self.pass();
        self.facts_mut(&name("production")).proposal = None;
    }

    /// Says what became of the commits that are on their way to the branch.
    fn land(&mut self, landed: bool) {
        for (environment, before) in std::mem::take(&mut self.before) {
            if self.stage.env(environment.as_str()).committing.is_none() {
                continue;
            }
            if !landed {
                self.stage.facts.insert(environment.clone(), before);
            }
            self.facts_mut(&environment).committing_landed = Some(landed);
            self.step();
            self.facts_mut(&environment).committing_landed = None;
        }
    }

    fn branch(&mut self, turn: &Turn) {
        match turn {
            Turn::Edit(env, n) => self.facts_mut(&of(*env)).path = seen(ENVIRONMENTS[*env], *n).path,
            Turn::Restore(env) => {
                let at = self.stage.env(ENVIRONMENTS[*env]).at.clone().unwrap();
                let n = (0..8).find(|n| self.id(*n) == at.r).unwrap();
                self.facts_mut(&of(*env)).path = seen(ENVIRONMENTS[*env], n).path;
            }
            Turn::OtherBytes(env, n) => {
                if let Ok(path) = &mut self.facts_mut(&of(*env)).path {
                    path.tree = tree(*n);
                }
            }
            Turn::Unreadable(env, true) => {
                let problem =
                    PathProblem { missing: false, place: "k.yaml:7".into(), problem: "listed twice".into() };
                self.facts_mut(&of(*env)).path = Err(problem);
            }
            Turn::Unreadable(env, false) if self.facts(&of(*env)).path.is_err() => {
                self.branch(&Turn::Restore(*env));
            }
            Turn::Redefine(env) => {
                let environment = &mut self.stage.pipeline.environments[*env];
                if let GateKind::Qa(qa) = &mut environment.verify[0].kind {
                    qa.revision.push('+');
                }
            }
            _ => {}
        }
    }

    fn person(&mut self, turn: &Turn) {
        let after = |until: &Option<u32>| until.map(|s| self.stage.now.plus(Span::seconds(s)));
        self.acts += 1;
        let event = match turn {
            Turn::Release(n) => self.released(*n),
            Turn::Raise(n) => match self.to_raise(*n) {
                Some(known) => self.raised(known),
                None => return,
            },
            Turn::Approve { r, until, .. } => Event::Approved {
                env: name("production"),
                r: self.id(*r),
                gates: self.stage.pipeline.environments[2].entry_hash(),
                groups: Vec::new(),
                until: after(until),
            },
            Turn::Unapprove => {
                Event::Unapproved { of: self.stage.state.approvals.first().map_or(0, |a| a.n) }
            }
            Turn::Hold { env, subject, rollbacks, until } => {
                self.held(*env, *subject, *rollbacks, after(until))
            }
            Turn::Lift => match self.stage.state.holds.first() {
                Some(hold) => Event::Lifted { id: hold.id.clone() },
                None => return,
            },
            Turn::Ask { env, kind, r, past } => self.requested(*env, *kind, *r, *past),
            Turn::Clear(env) => Event::Cleared {
                env: of(*env),
                digests: (0..8).map(digest).collect(),
                reason: "tested".into(),
            },
            _ => return,
        };
        self.say(if let Turn::Approve { by, .. } = turn { by } else { "carol" }, event);
    }

    /// Records what a person says, if the journal takes it. A request takes the place of older ones.
    pub(super) fn say(&mut self, by: &str, event: Event) {
        if let Event::Requested { env, kind, .. } = &event {
            let moves = |kind| kind != RequestKind::Resume;
            let open = self.stage.state.requests.iter().filter(|open| &open.env == env);
            let older = open.filter(|open| open.kind == *kind || (moves(open.kind) && moves(*kind)));
            for q in older.map(|open| open.q.clone()).collect::<Vec<_>>() {
                self.stage.record(by, Event::Closed { q, outcome: "replaced".into() });
            }
        }
        let _ = self.stage.try_record(by, event);
    }

    /// The id of the `n`-th release, made or not.
    pub(super) fn id(&self, n: u8) -> ReleaseId {
        release_id(&self.stage.state.ledger, &[image(n)])
    }

    pub(super) fn released(&self, n: u8) -> Event {
        let (r, seq) = (self.id(n), self.stage.state.seq + 1);
        let order = self.highest_order().map(|order| order + 1);
        let authors = vec![Actor::parse("alice").unwrap()];
        Event::Released { r, seq, order, images: vec![image(n)], authors, labels: Default::default() }
    }

    /// A release that failed somewhere, or else the `n`-th.
    fn to_raise(&self, n: u8) -> Option<&Release> {
        let mut failed =
            self.stage.state.envs.values().flat_map(|env| &env.rejected).map(|rejected| &rejected.r);
        let release = failed.next_back().cloned().unwrap_or_else(|| self.id(n));
        self.stage.state.release(&release).filter(|release| !release.is_baseline())
    }

    fn raised(&self, known: &Release) -> Event {
        let Release { r, seq, images, .. } = known.clone();
        let order = Some(self.highest_order().unwrap_or(0) + 1);
        Event::Released { r, seq, order, images, authors: Vec::new(), labels: Default::default() }
    }

    fn highest_order(&self) -> Option<i64> {
        self.stage.state.releases.iter().filter_map(|release| release.order).max()
    }

    pub(super) fn held(
        &self,
        env: Option<usize>,
        subject: Option<u8>,
        rollbacks: bool,
        until: Option<Time>,
    ) -> Event {
        let stops = if rollbacks { vec![Stop::Promotions, Stop::Rollbacks] } else { vec![Stop::Promotions] };
        Event::Held {
            id: self.act('h'),
            select: env.map_or_else(Select::default, |env| Select::environment(&of(env))),
            subject: subject.map_or(Subject::All, |n| Subject::Release(self.id(n))),
            stops,
            reason: "because".into(),
            until,
        }
    }

    fn requested(&self, env: usize, kind: RequestKind, r: Option<u8>, past: Option<EntryGate>) -> Event {
        let overrides = past.map(|gate| format!("{} because", gate.as_str())).into_iter().collect();
        Event::Requested { q: self.act('q'), env: of(env), r: r.map(|n| self.id(n)), kind, overrides }
    }

    fn act(&self, kind: char) -> ActId {
        ActId::parse(&format!("{kind}-{}", self.acts)).unwrap()
    }
}

fn read(mood: Mood, asked: &Measurement) -> Reading {
    let value = match mood {
        Mood::Good => 0.0,
        Mood::Bad => 1.0,
        Mood::Nothing => f64::NAN,
        Mood::Silence => return Reading::Unavailable("connection refused".into()),
    };
    let count = asked.to.since(asked.from).as_seconds() / asked.step.as_seconds();
    let at = |i: u32| asked.from.plus(Span::seconds(i * asked.step.as_seconds()));
    let samples = (0..=count).map(|i| Sample { at: at(i), value }).collect();
    Reading::Samples { samples, to: asked.to }
}
