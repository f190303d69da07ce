//! From effects to the outside: journal first or together with the branch, everything else afterwards.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::decide::{Answer, PAUSE};
use towpath_core::decide::{Decision, Effect, Measurement, Promotion, QaStart};
use towpath_core::event::{Event, MAX_EVENTS_PER_COMMIT};
use towpath_core::id::{Actor, CommitId, GateName, Handle, Name, Pid, RefName};
use towpath_core::museum::{Bug, planted};
use towpath_core::observation::{Reading, RunStatus};
use towpath_core::pipeline::Pipeline;
use towpath_core::release::{digests_of, version_of};
use towpath_core::time::Time;
use towpath_core::world::PathProblem;

use crate::commit::Context;
use crate::content::ContentError;
use crate::error::EngineError;
use crate::journal::{Found, Head, Journal};
use crate::observe::{Observed, topic};
use crate::pass::{Host, Readings};
use crate::ports::{
    MetricQuery, MetricsError, PushMode, PushOutcome, QaError, QaRequest, RefQuery, RefUpdate,
    RepositoryError, Since,
};

/// The weight, in bytes of JSON, at which a journal commit takes no further environment's events.
const MAX_WEIGHT: usize = 1024 * 1024;

/// What became of one round of effects.
#[derive(Debug, Default)]
pub(crate) struct Acted {
    /// The journal after it, when it moved.
    pub(crate) head: Option<Head>,
    /// What was recorded.
    pub(crate) events: Vec<towpath_core::event::Recorded>,
    /// Metrics that were read.
    pub(crate) readings: Readings,
    /// Environments whose files turned out not to be editable.
    pub(crate) problems: BTreeMap<Name, PathProblem>,
    /// Environments whose commit the host did not take, with its words.
    pub(crate) refused: BTreeMap<Name, String>,
    /// Promotions that are journalled and will not reach the branch any more (hosts without atomic push).
    pub(crate) given_up: BTreeSet<Pid>,
    /// Whether somebody else was faster: nothing took effect, everything has to be looked at again.
    pub(crate) lost: bool,
    /// Whether nothing took effect because several environments went together.
    pub(crate) crowded: bool,
    /// What became of starting QA: runs that began, and why others did not.
    pub(crate) begun: BTreeMap<(Pid, GateName), Result<RunStatus, String>>,
    /// Whether anything outside was changed or read that may change the next decision.
    pub(crate) progress: bool,
    /// What trouble the host of pull requests had.
    pub(crate) failed: Option<RepositoryError>,
}

/// Carries out a decision.
pub(crate) struct Executor<'a> {
    pub(crate) host: &'a Host<'a>,
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) now: Time,
    /// One environment at a time, because together they did not fit or were not taken: one that cannot go does not keep
    /// the others.
    pub(crate) alone: bool,
    /// Nothing is moved: the host is only asked whether it would take it.
    pub(crate) rehearse: bool,
    /// Whether the host of pull requests is talked to: not any more once it had trouble.
    pub(crate) requests: bool,
}

/// What one push is made of.
#[derive(Default, Clone)]
struct Plan {
    events: Vec<(Actor, Event)>,
    /// The bytes of the events as JSON.
    weight: usize,
    tip: Option<CommitId>,
    promotions: usize,
    /// The environments that it does something for.
    acting: Vec<Name>,
    /// The environments whose commits it brings to the host.
    moving: Vec<Name>,
    topics: Vec<RefUpdate>,
    opened: Vec<RefName>,
    runs: Vec<(QaStart, Handle)>,
    measurements: Vec<Measurement>,
    checks: Vec<(CommitId, bool, String)>,
}

/// What became of a push.
enum Pushed {
    Moved,
    /// Somebody else was faster.
    Lost,
    /// The host does not want it.
    Refused {
        what: String,
        reason: String,
    },
}

impl Acted {
    /// Whether the next round may decide otherwise.
    pub(crate) fn leads_on(&self) -> bool {
        let news = !self.problems.is_empty() || !self.refused.is_empty() || !self.begun.is_empty();
        self.lost || self.crowded || self.progress || news
    }

    fn refuse(&mut self, plan: &Plan, what: &str, reason: &str) {
        self.refused.extend(plan.moving.iter().map(|name| (name.clone(), format!("{what}: {reason}"))));
    }

    fn cannot_record(&mut self, plan: &Plan, problem: &str) {
        let problem = |name: &Name| PathProblem {
            missing: false,
            place: format!("the journal, for {name}"),
            problem: problem.to_owned(),
        };
        self.problems.extend(plan.acting.iter().map(|name| (name.clone(), problem(name))));
    }
}

fn acts(answer: &Answer, so: fn(&Effect) -> bool) -> bool {
    matches!(answer, Answer::Act(effects) if effects.iter().any(so))
}

impl Plan {
    /// Whether it ends this proposal for an environment without another one in its place.
    fn ends(&self, key: &Name, open: &Pid) -> bool {
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
    fn promoted(&self) -> impl Iterator<Item = Pid> {
        self.events.iter().filter_map(|(_, event)| match event {
            Event::Promoted { pid, .. } | Event::Proposed { pid, .. } => Some(pid.clone()),
            _ => None,
        })
    }
}

impl Executor<'_> {
    pub(crate) fn act(&self, observed: &Observed, decision: &Decision) -> Result<Acted, EngineError> {
        let mut acted = Acted::default();
        let plan = self.plan(observed, decision, &mut acted)?;
        let pushed = match plan.events.is_empty() {
            true => Ok(Pushed::Moved),
            false => self.push(observed, &plan, &mut acted),
        };
        match pushed {
            Err(EngineError::Impossible(_)) if plan.acting.len() > 1 => {
                acted.crowded = true;
                Ok(acted)
            }
            Err(EngineError::Impossible(problem)) if plan.acting.len() == 1 => {
                acted.cannot_record(&plan, &problem);
                Ok(acted)
            }
            other => self.after_push(observed, &plan, other?, acted),
        }
    }

    /// Makes the commits of a decision and asks the host whether it would take them. Answers the promotion commit, and
    /// why it could not be made or would not be taken.
    pub(crate) fn rehearsed(
        &self,
        observed: &Observed,
        decision: &Decision,
        made: &mut dyn FnMut(),
    ) -> Result<(Option<CommitId>, Option<String>), EngineError> {
        let mut acted = Acted::default();
        let plan = self.plan(observed, decision, &mut acted)?;
        made();
        if let Some(problem) = acted.problems.values().next() {
            return Ok((None, Some(format!("{}: {}", problem.place, problem.problem))));
        }
        let commit = plan.topics.iter().find_map(|topic| topic.new.clone()).or_else(|| plan.tip.clone());
        let why = match self.push(observed, &plan, &mut acted)? {
            Pushed::Moved => acted.refused.into_values().next(),
            Pushed::Lost => Some("somebody else pushed at the same moment".to_owned()),
            Pushed::Refused { what, reason } => Some(format!("{what}: {reason}")),
        };
        Ok((commit, why))
    }

    fn after_push(
        &self,
        observed: &Observed,
        plan: &Plan,
        pushed: Pushed,
        mut acted: Acted,
    ) -> Result<Acted, EngineError> {
        match pushed {
            Pushed::Moved => {}
            Pushed::Lost => {
                acted.lost = true;
                return Ok(acted);
            }
            Pushed::Refused { what, reason } if plan.moving.is_empty() => {
                return Err(EngineError::Refused { what, reason });
            }
            Pushed::Refused { .. } if plan.moving.len() > 1 => {
                acted.crowded = true;
                return Ok(acted);
            }
            Pushed::Refused { what, reason } => {
                acted.refuse(plan, &what, &reason);
                return Ok(acted);
            }
        }
        self.delete_topics(observed, plan)?;
        for (start, handle) in &plan.runs {
            // What did not begin is asked for again by the next pass, not by the next round.
            if let Some(begun) = self.ensure(observed, &acted, start, handle)? {
                acted.begun.insert((start.pid.clone(), start.gate.clone()), begun);
            }
        }
        for measurement in &plan.measurements {
            let reading = self.measure(measurement)?;
            acted.readings.insert((measurement.pid.clone(), measurement.gate.clone()), reading);
            acted.progress = true;
        }
        acted.progress |= !plan.events.is_empty();
        // Last, so that a host of pull requests that has trouble keeps nothing else.
        if self.requests {
            match self.open_pull_requests(plan, &acted) {
                Ok(()) => acted.progress |= !plan.checks.is_empty(),
                Err(RepositoryError::Crashed) => return Err(EngineError::Crashed),
                Err(error) => acted.failed = Some(error),
            }
        }
        Ok(acted)
    }

    fn plan(&self, observed: &Observed, decision: &Decision, acted: &mut Acted) -> Result<Plan, EngineError> {
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

    /// Pushes journal and branch.
    fn push(&self, observed: &Observed, plan: &Plan, acted: &mut Acted) -> Result<Pushed, EngineError> {
        let pushed = self.push_onto(observed.head(), observed, plan, acted)?;
        if !matches!(pushed, Pushed::Lost) || !planted(Bug::HoldIgnored) {
            return Ok(pushed);
        }
        // A planted bug: a replica that slept builds on a journal that it has not looked at.
        let newest = self.newest_head()?;
        self.push_onto(newest.as_ref(), observed, plan, acted)
    }

    fn newest_head(&self) -> Result<Option<Head>, EngineError> {
        let journal = Journal::of(self.host.repository, self.pipeline);
        let query = RefQuery { name: journal.name.clone(), since: Since::Tip };
        let tip = self.host.repository.refresh(&[query])?.remove(journal.name);
        match journal.read(tip.as_ref(), None)? {
            Found::Head(head) => Ok(Some(head)),
            _ => Ok(None),
        }
    }

    fn push_onto(
        &self,
        head: Option<&Head>,
        observed: &Observed,
        plan: &Plan,
        acted: &mut Acted,
    ) -> Result<Pushed, EngineError> {
        let prepared = Journal::of(self.host.repository, self.pipeline).prepare(
            head,
            plan.events.clone(),
            self.now,
            &self.host.settings.signature,
        )?;
        let journal = RefUpdate {
            name: self.pipeline.repository.journal.clone(),
            old: head.map(|h| h.tip.clone()),
            new: Some(prepared.head.tip.clone()),
        };
        let others = self.branch_updates(observed, plan);
        let atomic = self.host.repository.supports_atomic();
        let together: Vec<RefUpdate> = match atomic {
            true => std::iter::once(journal).chain(others.iter().cloned()).collect(),
            false => vec![journal],
        };
        let pushed = self.moved(&together, PushMode::Atomic)?;
        if !matches!(pushed, Pushed::Moved) {
            return Ok(pushed);
        }
        (acted.head, acted.events) = (Some(prepared.head), prepared.events);
        if !atomic {
            // Intent is journalled; whether the branch moved is found by looking, now or after a crash.
            self.follow_up(others, plan, acted)?;
        }
        Ok(Pushed::Moved)
    }

    /// A planted bug: pushes again over whatever there is now.
    fn forced(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Pushed, EngineError> {
        let query = |update: &RefUpdate| RefQuery { name: update.name.clone(), since: Since::Tip };
        let heads = self.host.repository.refresh(&updates.iter().map(query).collect::<Vec<_>>())?;
        let again =
            |update: &RefUpdate| RefUpdate { old: heads.get(&update.name).cloned(), ..update.clone() };
        self.host.repository.push(&updates.iter().map(again).collect::<Vec<_>>(), mode)?;
        Ok(Pushed::Moved)
    }

    /// Pushes what the journal already promises. Whoever slept in between may not any more: others have given it up.
    fn follow_up(&self, others: Vec<RefUpdate>, plan: &Plan, acted: &mut Acted) -> Result<(), EngineError> {
        let journalled = acted.events.first().map_or(self.now, |e| e.at);
        for update in others {
            let slept = self.host.clock.now() > journalled.plus(PAUSE) && !planted(Bug::SleeperPushes);
            let pushed = if slept { Pushed::Lost } else { self.moved(&[update], PushMode::PerRef)? };
            if let Pushed::Refused { what, reason } = &pushed {
                acted.refuse(plan, what, reason);
            }
            if !matches!(pushed, Pushed::Moved) {
                acted.given_up.extend(plan.promoted());
            }
        }
        Ok(())
    }

    /// The branch, if there are promotions, and topic branches.
    fn branch_updates(&self, observed: &Observed, plan: &Plan) -> Vec<RefUpdate> {
        let branch = (plan.promotions > 0).then(|| RefUpdate {
            name: self.pipeline.repository.branch.clone(),
            old: observed.branch.tip.clone(),
            new: plan.tip.clone(),
        });
        branch.into_iter().chain(plan.topics.iter().cloned()).collect()
    }

    fn moved(&self, updates: &[RefUpdate], mode: PushMode) -> Result<Pushed, EngineError> {
        let repository = self.host.repository;
        let outcomes = match self.rehearse {
            true => repository.rehearse(updates, mode)?,
            false => repository.push(updates, mode)?,
        };
        if planted(Bug::ForcedPush) && outcomes.contains(&PushOutcome::Lost) {
            return self.forced(updates, mode);
        }
        // What an environment waits for is its branch, which stands behind the journal.
        for (update, outcome) in updates.iter().zip(&outcomes).rev() {
            if let PushOutcome::Refused { reason } = outcome {
                return Ok(Pushed::Refused { what: update.name.to_string(), reason: reason.clone() });
            }
        }
        let all = outcomes.iter().all(|outcome| *outcome == PushOutcome::Accepted);
        Ok(if all { Pushed::Moved } else { Pushed::Lost })
    }

    fn open_pull_requests(&self, plan: &Plan, acted: &Acted) -> Result<(), RepositoryError> {
        let Some(host) = self.host.pull_requests else { return Ok(()) };
        // What did not get to the host is found out by the next look.
        let arrived = acted.given_up.is_empty();
        for topic in plan.opened.iter().filter(|_| arrived) {
            host.open(
                topic,
                &self.pipeline.repository.branch,
                &format!("Promote {}", self.pipeline.id.name),
            )?;
        }
        for (head, green, summary) in &plan.checks {
            host.check(head, *green, summary)?;
        }
        Ok(())
    }

    /// Deletes the topic branches of proposals that ended. That is tidiness: what is left over is replaced later.
    fn delete_topics(&self, observed: &Observed, plan: &Plan) -> Result<(), EngineError> {
        let Some(head) = observed.head() else { return Ok(()) };
        for (name, tip) in &observed.topics {
            let proposed =
                head.state.environment(name).and_then(|(key, e)| Some((key, e.proposed.as_ref()?)));
            if !proposed.is_some_and(|(key, open)| plan.ends(key, &open.pid)) {
                continue;
            }
            let update = RefUpdate { name: topic(self.pipeline, name)?, old: Some(tip.clone()), new: None };
            if let Err(error @ RepositoryError::Crashed) =
                self.host.repository.push(&[update], PushMode::PerRef)
            {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Sees to it that a run begins; `None` when it is not to begin any more.
    fn ensure(
        &self,
        observed: &Observed,
        acted: &Acted,
        start: &QaStart,
        handle: &Handle,
    ) -> Result<Option<Result<RunStatus, String>>, EngineError> {
        let head = acted.head.as_ref().or(observed.head());
        let Some(release) = head.and_then(|h| h.state.release(&start.r)) else { return Ok(None) };
        let current = head.and_then(|h| h.state.envs.get(&start.key)).and_then(|e| e.at.as_ref());
        let Some(commit) = current.map(|c| c.commit.clone()) else { return Ok(None) };
        let request = QaRequest {
            handle: handle.clone(),
            pipeline: self.pipeline.id.clone(),
            environment: start.environment.clone(),
            pid: start.pid.clone(),
            commit,
            release: start.r.clone(),
            digests: digests_of(&release.images),
            version: version_of(&release.images),
            template: start.qa.template.clone(),
            parameters: start.qa.parameters.clone(),
            deadline: start.deadline,
        };
        match self.host.qa.ensure(&request) {
            Ok(()) => Ok(Some(Ok(RunStatus::Running))),
            Err(QaError::Crashed) => Err(EngineError::Crashed),
            // The start is journalled: the run is looked up, started again or given up at its deadline.
            Err(error) => Ok(Some(Err(format!("does not begin: {error};")))),
        }
    }

    /// Asks for the metrics that a decision wants to see, and does nothing else of it.
    pub(crate) fn readings(&self, decision: &Decision) -> Result<Readings, EngineError> {
        let effects = decision.envs.values().flat_map(|answer| match answer {
            Answer::Act(effects) => effects.as_slice(),
            Answer::Wait(_) | Answer::Settled => &[],
        });
        let wanted = effects.filter_map(|effect| match effect {
            Effect::Measure(measurement) => Some(measurement),
            _ => None,
        });
        wanted.map(|m| Ok(((m.pid.clone(), m.gate.clone()), self.measure(m)?))).collect()
    }

    fn measure(&self, measurement: &Measurement) -> Result<Reading, EngineError> {
        let query = MetricQuery {
            expression: measurement.query.clone(),
            from: measurement.from,
            to: measurement.to,
            step: measurement.step,
        };
        match self.host.metrics.range(&query) {
            Ok(samples) => Ok(Reading::Samples { samples, to: measurement.to }),
            Err(MetricsError::Unavailable(why)) => Ok(Reading::Unavailable(why)),
            Err(MetricsError::Unusable(why)) => Ok(Reading::Unusable(why)),
            Err(MetricsError::Crashed) => Err(EngineError::Crashed),
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
