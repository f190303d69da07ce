//! A look of a controller: what it sees, what the production `decide()` says to that, and what it makes of it.

use std::collections::BTreeMap;

use towpath_core::decide::{Answer, Decision, Effect, Measurement, Wait, WaitCode, decide, wants_liveness};
use towpath_core::event::Event;
use towpath_core::id::{CommitId, GateName, Name, Pid};
use towpath_core::journal::state::{EnvironmentState, Phase};
use towpath_core::observation::{Application, Health, Reading, RunStatus, Sample};
use towpath_core::time::Time;
use towpath_core::verdict::{Outcome, Verdict};
use towpath_core::world::{BranchFacts, EnvironmentFacts, LedgerFacts, SharedFacts, World};

use crate::ledger::{Ledger, PlaceFacts};
use crate::node::{Bits, Forgery, Place, verdict_bits};
use crate::plan::{Plan, Writer};
use crate::rules::Rule;
use crate::stage::{
    Content, DEV, GOOD, PLACES, PlaceNo, Stage, at_last, gate, name_of, now, old, older, place_of, places_of,
    some_commit,
};

type Readings = BTreeMap<(Pid, GateName), Reading>;

/// What a controller sees of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// The journal's number.
    pub journal: u32,
    /// The pipeline's places; the others are empty.
    pub places: [Option<Seen>; PLACES],
    /// What claims to be a promotion.
    pub forged: Forgery,
}

/// What it sees of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seen {
    /// What the folder deploys.
    pub content: Content,
    /// What runs.
    pub runs: Content,
    /// Whether that contains the newest promotion.
    pub contains: bool,
    /// For how long.
    pub age: u8,
    /// Whether the QA run in question started.
    pub started: bool,
    /// What it said.
    pub said: Option<Verdict>,
}

/// What comes of a look.
#[derive(Debug, Clone)]
pub struct Looked {
    /// What to push; nothing when there is nothing to do now.
    pub plan: Option<Plan>,
    /// Rules that are broken by deciding so.
    pub broken: u32,
    /// Rules that are broken if nothing more happens by itself.
    pub at_rest: u32,
    /// Why environments wait, for people.
    pub waits: Vec<String>,
}

impl View {
    /// What tells it, and who looks, from others.
    pub fn key(&self, who: u8) -> u64 {
        let mut bits = Bits(0);
        // Journals of the two pipelines have different numbers.
        bits.add(29, self.journal.into()).add(1, who.into()).add(2, self.forged as u64);
        for seen in self.places.iter().flatten() {
            bits.add(4, seen.content.into()).add(4, seen.runs.into()).add(1, seen.contains.into());
            bits.add(2, seen.age.into()).add(1, seen.started.into()).add(3, verdict_bits(seen.said));
        }
        bits.0
    }
}

impl Seen {
    /// What is seen of a place of which the journal says this.
    pub fn of(place: &Place, facts: &PlaceFacts) -> Self {
        let under_test = facts.at.filter(|at| at.run.is_some()).map(|at| at.content);
        let (runs, contains, age) = match facts.wants_live {
            true => (place.runs, place.contains, place.age),
            // Nobody asks, so it makes no difference.
            false => (0, false, 0),
        };
        Self {
            content: place.content,
            runs,
            contains,
            age,
            started: place.started && under_test.is_some(),
            said: under_test.filter(|_| place.started).and_then(|content| place.says(content)),
        }
    }
}

/// Someone who looks.
pub struct Looker<'a> {
    /// The stage.
    pub stage: &'a Stage,
    /// The pipeline's number.
    pub pipeline: usize,
    /// Its journal.
    pub ledger: &'a Ledger,
    /// What is seen.
    pub view: &'a View,
    /// Who looks.
    pub who: u8,
}

impl Looker<'_> {
    /// Looks, and decides.
    pub fn look(&self) -> Looked {
        let decision = self.decide(now());
        let writer = Writer {
            stage: self.stage,
            pipeline: self.pipeline,
            contents: &|place| self.seen(place).content,
        };
        let plan = writer.plan(&decision);
        Looked {
            broken: plan.as_ref().map_or(0, |plan| self.broken(plan)),
            at_rest: self.at_rest(&decision),
            waits: decision.envs.iter().flat_map(|(name, answer)| texts(name, answer)).collect(),
            plan,
        }
    }

    fn seen(&self, place: PlaceNo) -> &Seen {
        self.view.places[place].as_ref().expect("a place of this pipeline")
    }

    /// The production decision. What it wants to measure is measured at once.
    pub fn decide(&self, now: Time) -> Decision {
        let decision = self.decide_with(BTreeMap::new(), now);
        let effects = decision.envs.values().flat_map(|answer| match answer {
            Answer::Act(effects) => effects.as_slice(),
            Answer::Wait(_) | Answer::Settled => &[],
        });
        let reading = |effect: &Effect| match effect {
            Effect::Measure(wanted) => {
                Some(((wanted.pid.clone(), wanted.gate.clone()), self.reading(wanted)))
            }
            _ => None,
        };
        let readings: Readings = effects.filter_map(reading).collect();
        if readings.is_empty() { decision } else { self.decide_with(readings, now) }
    }

    /// What the metric of dev shows: as QA would say it.
    fn reading(&self, wanted: &Measurement) -> Reading {
        let value = match self.seen(DEV).said {
            None => return Reading::Unavailable("there is no sample yet".to_owned()),
            Some(Verdict::Passed) => 0.0,
            Some(Verdict::Failed) => 2.0 * GOOD,
            Some(Verdict::Error | Verdict::Inconclusive) => f64::NAN,
        };
        Reading::Samples { samples: vec![Sample { at: wanted.from, value }], to: wanted.to }
    }

    fn decide_with(&self, readings: Readings, now: Time) -> Decision {
        let pipeline = &self.stage.pipelines[self.pipeline];
        let facts = |place: &PlaceNo| (name_of(*place), self.environment(*place));
        let claim = match self.view.forged {
            Forgery::None => None,
            Forgery::Known => Some((0, some_commit())),
            Forgery::Ahead => Some((1_000_000, some_commit())),
        };
        let world = World {
            pipeline,
            me: &self.stage.owners[usize::from(self.who)],
            ledger: LedgerFacts::Present(&self.ledger.state),
            branch: BranchFacts { tip: Some(some_commit()), contains_seen: Some(true), claim },
            envs: &places_of(self.pipeline).iter().map(facts).collect(),
            readings: &readings,
            evaluations: BTreeMap::new(),
            shared: SharedFacts { atomic: true, ..SharedFacts::default() },
        };
        decide(&world, now)
    }

    fn environment(&self, place: PlaceNo) -> EnvironmentFacts {
        let seen = self.seen(place);
        let env = self.ledger.state.environment(&name_of(place)).map(|(_, env)| env);
        let revision = CommitId::parse(&"a0".repeat(20)).expect("a commit");
        let asked =
            env.is_some_and(|env| wants_liveness(&self.stage.pipelines[self.pipeline], &name_of(place), env));
        let live = match asked {
            true => Ok(vec![self.application(place, &revision)]),
            false => Err("nobody was asked".to_owned()),
        };
        EnvironmentFacts {
            path: Ok(self.stage.folder(place, seen.content).clone()),
            live,
            contains: BTreeMap::from([(revision, seen.contains)]),
            runs: env.map_or_else(BTreeMap::new, |env| self.runs(env, seen)),
            committing_landed: None,
            proposal: None,
            proposal_open: None,
            refused: None,
        }
    }

    fn application(&self, place: PlaceNo, revision: &CommitId) -> Application {
        let seen = self.seen(place);
        let since = match (place, seen.age) {
            (DEV, 0) if self.stage.soaks => now(),
            (DEV, 1) if self.stage.soaks => old(),
            _ => older(),
        };
        let running = self.stage.images(self.pipeline, seen.runs);
        Application {
            name: name_of(place),
            revision: Some(revision.clone()),
            digests: running.iter().map(|i| (i.name.clone(), i.digest.clone())).collect(),
            health: Health::Healthy,
            health_since: Some(since),
            reconciled_at: Some(now()),
        }
    }

    fn runs(&self, env: &EnvironmentState, seen: &Seen) -> BTreeMap<GateName, Result<RunStatus, String>> {
        let open = |at: &towpath_core::journal::state::Current| {
            at.runs.get(&gate()).is_some_and(|run| run.verdict.is_none())
        };
        if !env.at.as_ref().is_some_and(open) {
            return BTreeMap::new();
        }
        let status = match (seen.started, seen.said) {
            (false, _) => RunStatus::Absent,
            (true, None) => RunStatus::Running,
            (true, Some(verdict)) => RunStatus::Finished(Outcome { verdict, detail: String::new() }),
        };
        BTreeMap::from([(gate(), Ok(status))])
    }

    /// C6: what is to be recorded as live is what runs.
    fn broken(&self, plan: &Plan) -> u32 {
        let wrong = |event: &Event| match event {
            Event::Live { env, .. } => {
                let there = self.ledger.facts.places[place_of(env)].at.map(|at| at.content);
                there != Some(self.seen(place_of(env)).runs)
            }
            _ => false,
        };
        if plan.events.iter().any(wrong) { Rule::C6.bit() } else { 0 }
    }

    /// L1, L3, L4: what is wrong with staying as it is.
    fn at_rest(&self, decision: &Decision) -> u32 {
        let mut broken = 0;
        for (name, answer) in &decision.envs {
            let place = place_of(name);
            broken |= match answer {
                Answer::Act(_) => 0,
                Answer::Settled => self.settled(place),
                Answer::Wait(waits) => self.waiting(place, waits, decision),
            };
        }
        broken
    }

    /// L1: a settled environment has nothing above its mark but what is rejected. L3: it has not failed.
    fn settled(&self, place: PlaceNo) -> u32 {
        let facts = &self.ledger.facts.places[place];
        let lost = |r: &u8| *r > facts.mark && facts.rejected & 1 << r == 0;
        let lost = (1..=self.ledger.facts.released).any(|r| lost(&r));
        let failed = facts.at.is_some_and(|at| at.phase == Phase::Failed || facts.is_running());
        (if lost { Rule::L1.bit() } else { 0 }) | (if failed { Rule::L3.bit() } else { 0 })
    }

    /// L4: of the reasons to wait one is a person's to end. L3: a failure waits for a person, not for nothing.
    fn waiting(&self, place: PlaceNo, waits: &[Wait], decision: &Decision) -> u32 {
        let ends = waits.iter().any(|wait| ends(wait, decision)) || self.acts_at_last(place);
        let failed = self.ledger.facts.places[place].at.is_some_and(|at| at.phase == Phase::Failed);
        let told = waits.iter().any(|wait| wait.code.needs_person() || wait.code == WaitCode::Rejected);
        (if ends { 0 } else { Rule::L4.bit() }) | (if failed && !told { Rule::L3.bit() } else { 0 })
    }

    /// Whether time alone makes it go on.
    fn acts_at_last(&self, place: PlaceNo) -> bool {
        matches!(self.decide(at_last()).envs.get(&name_of(place)), Some(Answer::Act(_)))
    }
}

/// Whether a person ends a wait, here or in the environment before.
fn ends(wait: &Wait, decision: &Decision) -> bool {
    let by_person = wait.code.needs_person() || !wait.remedy.is_empty();
    let upstream = Name::parse(&wait.object).ok().filter(|_| wait.code == WaitCode::UpstreamNotVerified);
    let before = upstream.and_then(|name| decision.envs.get(&name));
    by_person || matches!(before, Some(Answer::Wait(waits)) if waits.iter().any(|w| ends(w, decision)))
}

fn texts(name: &Name, answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Wait(waits) => waits.iter().map(|w| format!("{name}: {}: {}", w.code, w.text)).collect(),
        Answer::Act(_) => vec![format!("{name}: acts")],
        Answer::Settled => vec![format!("{name}: settled")],
    }
}
