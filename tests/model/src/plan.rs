//! What one push is made of, from a decision: the rules of the engine's executor, on numbers.

use towpath_core::decide::{Answer, Decision, Effect, Promotion, QaStart};
use towpath_core::event::{Cause, Event};
use towpath_core::id::Handle;
use towpath_core::time::Time;

use crate::pool::Mark;
use crate::stage::{
    Content, DEV, PlaceNo, Stage, aged, far, now, old, older, pipeline_of, place_of, some_commit,
};

/// One push, or one call of the runner.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// For which pipeline.
    pub pipeline: usize,
    /// When it was decided: now, or a tick ago.
    pub at: Time,
    /// What it writes into the journal.
    pub events: Vec<Event>,
    /// What it moves on the branch.
    pub moves: Vec<Move>,
    /// Where it starts, or makes sure of, a QA run.
    pub runs: Vec<PlaceNo>,
    /// Whether times matter in dev.
    pub soaks: bool,
}

/// A promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Where.
    pub place: PlaceNo,
    /// What.
    pub content: Content,
    /// Why.
    pub cause: Cause,
    /// Whether a person asked for it.
    pub asked: bool,
    /// Which try of this release it is.
    pub attempt: u32,
}

fn acts(answer: &Answer, so: fn(&Effect) -> bool) -> bool {
    matches!(answer, Answer::Act(effects) if effects.iter().any(so))
}

fn records(effect: &Effect) -> bool {
    matches!(effect, Effect::Record(_) | Effect::StartQa(_))
}

fn moves(effect: &Effect) -> bool {
    matches!(effect, Effect::Promote(_))
}

/// What turns a decision into a plan has to know.
pub struct Writer<'a> {
    /// The stage.
    pub stage: &'a Stage,
    /// The pipeline's number.
    pub pipeline: usize,
    /// What folders deploy.
    pub contents: &'a dyn Fn(PlaceNo) -> Content,
}

impl Writer<'_> {
    /// What an executor does with a decision; nothing when nothing is to be done. Facts go apart from promotions.
    pub fn plan(&self, decision: &Decision) -> Option<Plan> {
        let empty = || (Vec::new(), Vec::new(), Vec::new());
        let mut plan = Plan {
            pipeline: self.pipeline,
            at: now(),
            events: vec![],
            moves: vec![],
            runs: vec![],
            soaks: self.stage.soaks,
        };
        let facts_first = decision.envs.values().any(|a| acts(a, records) && !acts(a, moves));
        let taken = decision.envs.values().filter(|a| !(facts_first && acts(a, moves)));
        let effects = taken.flat_map(|answer| match answer {
            Answer::Act(effects) => effects.as_slice(),
            Answer::Wait(_) | Answer::Settled => &[],
        });
        for effect in decision.ledger.iter().chain(effects) {
            self.add(effect, &mut plan);
        }
        if (plan.events.clone(), plan.moves.clone(), plan.runs.clone()) == empty() {
            return None;
        }
        Some(plan.without_times())
    }

    fn add(&self, effect: &Effect, plan: &mut Plan) {
        match effect {
            Effect::Record(event) => plan.events.push(event.clone()),
            Effect::Promote(promotion) => self.add_promotion(promotion, plan),
            Effect::StartQa(start) => {
                plan.events.push(self.started(start));
                plan.runs.push(place_of(&start.key));
            }
            Effect::EnsureQa(start, _) => plan.runs.push(place_of(&start.key)),
            Effect::Propose(_) | Effect::Check { .. } | Effect::Measure(_) | Effect::Evaluate(_) => {
                panic!("metrics were read, and there are neither pull requests nor expressions")
            }
        }
    }

    fn started(&self, start: &QaStart) -> Event {
        let place = place_of(&start.key);
        Event::Started {
            env: start.key.clone(),
            pid: start.pid.clone(),
            gate: start.gate.clone(),
            gates: start.hash.clone(),
            attempt: start.attempt,
            handle: Some(Handle::parse(&format!("run-{}", start.attempt)).expect("a handle")),
            deadline: far(),
            tree: self.stage.folder(place, (self.contents)(place)).tree.clone(),
        }
    }

    fn add_promotion(&self, promotion: &Promotion, plan: &mut Plan) {
        plan.events.push(Event::Promoted {
            pid: promotion.pid.clone(),
            env: promotion.key.clone(),
            r: promotion.r.clone(),
            attempt: promotion.attempt,
            cause: promotion.cause,
            commit: crate::stage::commit_of(&promotion.pid),
            base: some_commit(),
            gates: promotion.gates.clone(),
            from: promotion.from.clone(),
            q: promotion.q.clone(),
            landed: true,
        });
        plan.moves.push(Move {
            place: place_of(&promotion.key),
            content: self.stage.content(self.pipeline, &promotion.r),
            cause: promotion.cause,
            asked: promotion.q.is_some(),
            attempt: promotion.attempt,
        });
    }
}

impl Plan {
    /// What tells it from others.
    pub fn mark(&self) -> Mark {
        Mark::of(&(self.pipeline, self.at, &self.events, &self.runs))
    }

    /// The same when a tick passed since it was decided. Two ticks are as one.
    pub fn after_tick(&self) -> Self {
        let mut plan = self.clone();
        plan.at = old();
        plan.times(|time| *time = aged(*time));
        plan.without_times()
    }

    fn times(&mut self, change: impl Fn(&mut Time)) {
        for event in &mut self.events {
            match event {
                Event::Live { since: time, .. } | Event::Unlive { until: time, .. } => change(time),
                _ => {}
            }
        }
    }

    /// Takes out the times that nothing depends on: those of environments after which nothing soaks.
    fn without_times(mut self) -> Self {
        for event in &mut self.events {
            let soaks = self.soaks && event.environment().is_some_and(|env| place_of(env) == DEV);
            match event {
                Event::Live { since: time, .. } | Event::Unlive { until: time, .. } if !soaks => {
                    *time = older();
                }
                _ => {}
            }
        }
        let dated = |event: &Event| {
            let kind = matches!(event, Event::Promoted { .. } | Event::Pinned { .. } | Event::Adopted { .. });
            kind && event.environment().is_some_and(|env| place_of(env) == DEV)
        };
        if !self.soaks || !self.events.iter().any(dated) {
            self.at = older();
        }
        self
    }

    /// For people: one line.
    pub fn text(&self) -> String {
        let event =
            |e: &Event| e.environment().map_or(e.name().to_owned(), |env| format!("{} {env}", e.name()));
        let mut parts: Vec<String> = self.events.iter().map(event).collect();
        parts.extend(self.moves.iter().map(|m| format!("({:?} of {} to {})", m.cause, m.content, m.place)));
        debug_assert!(self.runs.iter().all(|place| pipeline_of(*place) == self.pipeline));
        match parts.is_empty() {
            true => "make sure that QA runs".to_owned(),
            false => parts.join(", "),
        }
    }
}
