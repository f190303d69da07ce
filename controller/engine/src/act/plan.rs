//! What one push is made of.

use towpath_core::decide::{Answer, Decision, Effect, Measurement, Promotion, QaStart};
use towpath_core::event::{Event, MAX_EVENTS_PER_COMMIT};
use towpath_core::id::{Actor, CommitId, Handle, Name, Pid, RefName};

use super::{Acted, Executor};
use crate::commit::Context;
use crate::content::ContentError;
use crate::error::EngineError;
use crate::journal::Head;
use crate::observe::{Observed, topic};
use crate::ports::RefUpdate;

/// The weight, in bytes of JSON, at which a journal commit takes no further environment's events.
const MAX_WEIGHT: usize = 1024 * 1024;

/// What one push is made of.
#[derive(Default, Clone)]
pub(super) struct Plan {
    pub(super) events: Vec<(Actor, Event)>,
    /// The bytes of the events as JSON.
    pub(super) weight: usize,
    pub(super) tip: Option<CommitId>,
    pub(super) promotions: usize,
    /// The environments that it does something for.
    pub(super) acting: Vec<Name>,
    /// The environments whose commits it brings to the host.
    pub(super) moving: Vec<Name>,
    pub(super) topics: Vec<RefUpdate>,
    pub(super) opened: Vec<RefName>,
    pub(super) runs: Vec<(QaStart, Handle)>,
    pub(super) measurements: Vec<Measurement>,
    pub(super) checks: Vec<(CommitId, bool, String)>,
}

fn acts(answer: &Answer, so: fn(&Effect) -> bool) -> bool {
    matches!(answer, Answer::Act(effects) if effects.iter().any(so))
}

impl Plan {
    /// Whether it ends this proposal for an environment without another one in its place.
    pub(super) fn ends(&self, key: &Name, open: &Pid) -> bool {
        let of = |event: &Event| match event {
            Event::Promoted { env, .. } => env == key,
            Event::Undone { pid, .. } => pid == open,
            _ => false,
        };
        let again = |event: &Event| matches!(event, Event::Proposed { env, .. } if env == key);
        self.events.iter().any(|(_, e)| of(e)) && !self.events.iter().any(|(_, e)| again(e))
    }

    fn record(&mut self, event: Event) {
        self.weight += serde_json::to_vec(&event).map_or(0, |json| json.len());
        self.events.push((Actor::towpath(), event));
    }

    /// The promotions whose commits it brings to the host.
    pub(super) fn promoted(&self) -> impl Iterator<Item = Pid> {
        self.events.iter().filter_map(|(_, event)| match event {
            Event::Promoted { pid, .. } | Event::Proposed { pid, .. } => Some(pid.clone()),
            _ => None,
        })
    }
}

impl Executor<'_> {
    pub(super) fn plan(
        &self,
        observed: &Observed,
        decision: &Decision,
        acted: &mut Acted,
    ) -> Result<Plan, EngineError> {
        let mut plan = Plan { tip: observed.branch.tip.clone(), ..Plan::default() };
        for effect in &decision.ledger {
            self.add(observed, effect, &mut plan).or_else(|e| not_a_problem(e, acted, None))?;
        }
        let facts_first = decision
            .envs
            .values()
            .any(|answer| acts(answer, Effect::records) && !acts(answer, Effect::moves));
        for (name, answer) in &decision.envs {
            let Answer::Act(effects) = answer else { continue };
            // Facts go apart: a branch that others keep moving, or that the host guards, does not keep them out of
            // the journal. What moves is decided again right afterwards.
            if facts_first && acts(answer, Effect::moves) {
                continue;
            }
            // So is what does not fit into one journal commit, or does not go together.
            if self.alone && !plan.acting.is_empty() {
                break;
            }
            if plan.events.len() + effects.len() > MAX_EVENTS_PER_COMMIT || plan.weight > MAX_WEIGHT {
                break;
            }
            // The effects of an environment belong together: all of them happen, or none.
            let mut with = plan.clone();
            match effects.iter().try_for_each(|effect| self.add(observed, effect, &mut with)) {
                Ok(()) => {
                    plan = with;
                    plan.acting.push(name.clone());
                }
                Err(error) => not_a_problem(error, acted, Some(name))?,
            }
        }
        Ok(plan)
    }

    fn add(&self, observed: &Observed, effect: &Effect, plan: &mut Plan) -> Result<(), ContentError> {
        match effect {
            Effect::Record(event) => plan.record(event.clone()),
            Effect::Promote(promotion) => self.add_promotion(observed, promotion, plan)?,
            Effect::Propose(promotion) => self.add_proposal(observed, promotion, plan)?,
            Effect::Check { pid, green, summary } => {
                let envs = observed.head().map(|head| head.state.envs.values());
                let open = envs.into_iter().flatten().filter_map(|e| e.proposed.as_ref());
                let head = open.into_iter().find(|p| &p.pid == pid).map(|p| p.head.clone());
                plan.checks.extend(head.map(|head| (head, *green, summary.clone())));
            }
            Effect::StartQa(start) => {
                let handle = self.host.qa.handle(&start.pid, &start.gate, start.attempt);
                self.started(observed, start, &handle).into_iter().for_each(|event| plan.record(event));
                plan.runs.push((start.clone(), handle));
            }
            Effect::EnsureQa(start, handle) => plan.runs.push((start.clone(), handle.clone())),
            Effect::Measure(measurement) => plan.measurements.push(measurement.clone()),
            // Answered before anything is acted on.
            Effect::Evaluate(_) => {}
        }
        Ok(())
    }

    fn started(&self, observed: &Observed, start: &QaStart, handle: &Handle) -> Option<Event> {
        let facts = observed.envs.get(&start.environment)?;
        Some(Event::Started {
            env: start.key.clone(),
            pid: start.pid.clone(),
            gate: start.gate.clone(),
            gates: start.hash.clone(),
            attempt: start.attempt,
            handle: Some(handle.clone()),
            deadline: start.deadline,
            tree: facts.path.as_ref().ok()?.tree.clone(),
        })
    }

    fn add_promotion(
        &self,
        observed: &Observed,
        promotion: &Promotion,
        plan: &mut Plan,
    ) -> Result<(), ContentError> {
        let (Some(head), Some(base)) = (observed.head(), plan.tip.clone()) else { return Ok(()) };
        let n = head.state.n + 1 + plan.events.len() as u64;
        let commit = self.context(head).promotion(&base, promotion, n)?;
        plan.record(Event::Promoted {
            pid: promotion.pid.clone(),
            env: promotion.key.clone(),
            r: promotion.r.clone(),
            attempt: promotion.attempt,
            cause: promotion.cause,
            commit: commit.clone(),
            base,
            gates: promotion.gates.clone(),
            from: promotion.from.clone(),
            q: promotion.q.clone(),
            landed: self.host.repository.supports_atomic(),
        });
        plan.tip = Some(commit);
        plan.promotions += 1;
        plan.moving.push(promotion.environment.clone());
        Ok(())
    }

    fn add_proposal(
        &self,
        observed: &Observed,
        promotion: &Promotion,
        plan: &mut Plan,
    ) -> Result<(), ContentError> {
        let (Some(head), Some(base)) = (observed.head(), observed.branch.tip.clone()) else { return Ok(()) };
        let n = head.state.n + 1 + plan.events.len() as u64;
        let commit = self.context(head).promotion(&base, promotion, n)?;
        let Ok(topic) = topic(self.pipeline, &promotion.environment) else { return Ok(()) };
        plan.record(Event::Proposed {
            pid: promotion.pid.clone(),
            env: promotion.key.clone(),
            r: promotion.r.clone(),
            head: commit.clone(),
            pr: None,
        });
        // Whatever is there is of an older promotion: replaced, or left over.
        let old = observed.topics.get(&promotion.environment).cloned();
        plan.topics.push(RefUpdate { name: topic.clone(), old, new: Some(commit) });
        plan.opened.push(topic);
        plan.moving.push(promotion.environment.clone());
        Ok(())
    }

    fn context<'c>(&'c self, head: &'c Head) -> Context<'c> {
        Context {
            repository: self.host.repository,
            pipeline: self.pipeline,
            state: &head.state,
            signature: &self.host.settings.signature,
            now: self.now.max(head.state.at),
        }
    }
}

/// Keeps a problem of one environment for its answer; passes on what concerns the whole pass.
fn not_a_problem(error: ContentError, acted: &mut Acted, name: Option<&Name>) -> Result<(), EngineError> {
    match (error, name) {
        (ContentError::Problem(problem), Some(name)) => {
            acted.problems.insert(name.clone(), problem);
            Ok(())
        }
        (ContentError::Problem(problem), None) => {
            Err(EngineError::Impossible(format!("{}: {}", problem.place, problem.problem)))
        }
        (ContentError::Repository(error), _) => Err(error.into()),
    }
}
