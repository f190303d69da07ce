//! One pass: observe, decide, act, until nothing is left to do now.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::decide::{Answer, Decision, Effect, Wait, WaitCode, When};
use towpath_core::event::Recorded;
use towpath_core::id::{GateName, Name, OwnerId, Pid};
use towpath_core::invariant::Violation;
use towpath_core::museum::{Bug, planted};
use towpath_core::observation::{Reading, RunStatus};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Time;
use towpath_core::world::{Evaluation, PathProblem, SharedFacts, WentBack};

use crate::act::{Acted, Executor};
use crate::error::EngineError;
use crate::evaluate::{Asking, Known};
use crate::journal::Head;
use crate::observe::{Observed, Observer, REFUSED, Refusal, Remembered};
use crate::ports::{
    Clock, Evaluator, HttpGates, Liveness, Metrics, PullRequests, QaRunner, Registry, Repository,
    RepositoryError, Signature,
};
use crate::registry::Images;

/// The most rounds of one pass; what is left is done by the next.
const MAX_ROUNDS: u32 = 60;
/// The most lost races in a row.
const MAX_RACES: u32 = 12;

/// What metrics said, by promotion and gate.
pub(crate) type Readings = BTreeMap<(Pid, GateName), Reading>;

/// What became of starting QA runs in this pass.
type Begun = BTreeMap<(Pid, GateName), Result<RunStatus, String>>;

/// Everything outside that a pass works with.
pub struct Host<'a> {
    /// The repository of the pipeline.
    pub repository: &'a dyn Repository,
    /// Runs QA.
    pub qa: &'a dyn QaRunner,
    /// Answers metric queries.
    pub metrics: &'a dyn Metrics,
    /// Tells what is live.
    pub liveness: &'a dyn Liveness,
    /// Pull requests, where the host has them.
    pub pull_requests: Option<&'a dyn PullRequests>,
    /// Evaluates expression gates, where the host can.
    pub evaluator: Option<&'a dyn Evaluator>,
    /// Asks HTTP gates, where the host can.
    pub http: Option<&'a dyn HttpGates>,
    /// Asks for what is to be put back, where the host can.
    pub registry: Option<&'a dyn Registry>,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Facts from beyond the pipeline.
    pub shared: SharedFacts,
    /// Who this is.
    pub settings: &'a Settings,
}

/// Who a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The owner of its ledgers.
    pub owner: OwnerId,
    /// Who its commits are from.
    pub signature: Signature,
}

/// The engine for one pipeline.
pub struct Engine<'a> {
    /// The outside.
    pub host: &'a Host<'a>,
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// The journal as this host saw it last: people's acts are refused on one that does not go on from it.
    pub seen: Option<&'a Head>,
}

/// Something that a pass did.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It recorded an event.
    Recorded(Recorded),
    /// Somebody else was faster; it looks again.
    LostRace,
}

/// How a pass ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PassReport {
    /// The answer for each environment as of the end.
    pub answers: BTreeMap<Name, Answer>,
    /// How many rounds changed something.
    pub rounds: u32,
    /// How often it decided.
    pub decisions: u32,
    /// What was refused because it would have broken an invariant, once for each environment and invariant.
    pub violations: Vec<Violation>,
}

/// What a pass has done and found out so far, beside what it observes anew in each round.
#[derive(Debug, Default)]
struct Learnt {
    readings: Readings,
    problems: BTreeMap<Name, PathProblem>,
    begun: Begun,
    /// Systems outside that were asked.
    asked: BTreeSet<Evaluation>,
    /// Nothing else is left to be done than to ask them.
    asks: bool,
    /// What trouble the host of pull requests had.
    failed: Option<RepositoryError>,
    images: Images,
    /// This pipeline's rollbacks of late, by the journal that is decided on.
    rollbacks: Vec<WentBack>,
    /// Environments go one by one, because together they did not.
    alone: bool,
    rounds: u32,
    races: u32,
    decisions: u32,
    violations: Vec<Violation>,
}

impl Engine<'_> {
    /// Does everything that can be done now. `told` hears of each step as it happens.
    pub fn pass(
        &self,
        remembered: &mut Remembered,
        told: &mut dyn FnMut(&Step),
    ) -> Result<PassReport, EngineError> {
        let mut learnt = Learnt::default();
        remembered.look = None;
        loop {
            let now = self.host.clock.now();
            let mut observed = self.observer(now).observe(remembered)?;
            let seen = self.seen(&observed);
            learnt.apply(&mut observed);
            let Some(decision) = self.decision(&observed, &mut learnt, remembered)? else { continue };
            let acted = match learnt.rounds < MAX_ROUNDS && acts(&decision) {
                true => self.act(&mut observed, &decision, &learnt, remembered)?,
                false => Acted::default(),
            };
            learnt.failed = learnt.failed.or_else(|| acted.failed.clone());
            if !acted.leads_on() {
                if !learnt.asks && learnt.rounds < MAX_ROUNDS && asks(&decision) {
                    learnt.asks = true;
                    continue;
                }
                if let Some(error) = learnt.failed {
                    return Err(error.into());
                }
                let known = Known {
                    readings: &learnt.readings,
                    rollbacks: &learnt.rollbacks,
                    gone: &learnt.images.gone,
                };
                remembered.look = Some(self.looked((seen, &observed), (&decision, known), now));
                return Ok(learnt.report(decision));
            }
            if acted.lost {
                told(&Step::LostRace);
                self.host.clock.pause(learnt.lost()?);
                continue;
            }
            let refused = |why| Refusal { why, tip: observed.branch.tip.clone(), until: now.plus(REFUSED) };
            let refused = acted.refused.iter().map(|(name, why)| (name.clone(), refused(why.clone())));
            remembered.refusals.extend(refused);
            learnt.learn(acted, remembered, told);
        }
    }

    /// `None` when time has passed over it.
    fn decision(
        &self,
        observed: &Observed,
        learnt: &mut Learnt,
        remembered: &mut Remembered,
    ) -> Result<Option<Decision>, EngineError> {
        let now = || self.host.clock.now();
        if self.ask_registry(observed, &mut learnt.images)? && now() > observed.now {
            return Ok(None);
        }
        learnt.rollbacks = self.rollbacks(observed)?;
        let known =
            Known { readings: &learnt.readings, rollbacks: &learnt.rollbacks, gone: &learnt.images.gone };
        let asking = Asking { asked: &mut learnt.asked, at_once: learnt.asks, now: &now };
        let decided = self.decided_in_time((observed, known), &mut remembered.answers, asking)?;
        let Some((decision, refused)) = decided else { return Ok(None) };
        learnt.decisions += 1;
        for violation in refused {
            let same = |v: &Violation| (&v.environment, v.rule) == (&violation.environment, violation.rule);
            if !learnt.violations.iter().any(same) {
                learnt.violations.push(violation);
            }
        }
        Ok(Some(decision))
    }

    fn act(
        &self,
        observed: &mut Observed,
        decision: &Decision,
        learnt: &Learnt,
        remembered: &mut Remembered,
    ) -> Result<Acted, EngineError> {
        let (alone, requests) = (learnt.alone, learnt.failed.is_none());
        let executor = Executor { alone, requests, ..self.executor(observed.now) };
        let acted = executor.act(observed, decision)?;
        if !(acted.lost && planted(Bug::NoRecheckAfterLostRace)) {
            return Ok(acted);
        }
        let mut again = self.observer(observed.now).observe(remembered)?;
        std::mem::swap(&mut again.envs, &mut observed.envs);
        self.executor(observed.now).act(&again, decision)
    }

    /// What a pass would do now, without doing it. Metrics are not asked, so a running watch shows as an action.
    pub fn dry(&self, remembered: &mut Remembered) -> Result<(Decision, Option<Head>), EngineError> {
        self.without_acting(remembered, |_, _| Ok(BTreeMap::new()))
    }

    /// The same, with metrics read as a pass would read them.
    pub fn dry_with_metrics(
        &self,
        remembered: &mut Remembered,
    ) -> Result<(Decision, Option<Head>), EngineError> {
        self.without_acting(remembered, |executor, decision| executor.readings(decision))
    }

    fn without_acting(
        &self,
        remembered: &mut Remembered,
        read: impl FnOnce(&Executor<'_>, &Decision) -> Result<Readings, EngineError>,
    ) -> Result<(Decision, Option<Head>), EngineError> {
        let now = self.host.clock.now();
        let observed = self.observer(now).observe(remembered)?;
        let answers = &mut remembered.answers;
        let (first, _) = self.decided(&observed, &Readings::new(), answers)?;
        let readings = read(&self.executor(now), &first)?;
        let decision = match readings.is_empty() {
            true => first,
            false => self.decided(&observed, &readings, answers)?.0,
        };
        Ok((decision, observed.head().cloned()))
    }

    pub(crate) fn observer(&self, now: Time) -> Observer<'_> {
        Observer { host: self.host, pipeline: self.pipeline, now }
    }

    pub(crate) fn executor(&self, now: Time) -> Executor<'_> {
        Executor {
            host: self.host,
            pipeline: self.pipeline,
            now,
            alone: false,
            rehearse: false,
            requests: true,
        }
    }
}

impl Learnt {
    /// What this pass knows better than a look tells: files that an edit refused stay refused, and a run that began, or
    /// could not, does so once.
    fn apply(&self, observed: &mut Observed) {
        apply_problems(observed, &self.problems);
        apply_starts(observed, &self.begun);
    }

    /// Counts a lost race; answers how many there were in a row.
    fn lost(&mut self) -> Result<u32, EngineError> {
        self.races += 1;
        match self.races {
            races @ ..=MAX_RACES => Ok(races),
            tries => Err(EngineError::Contended { tries }),
        }
    }

    /// Takes up what came of acting.
    fn learn(&mut self, acted: Acted, remembered: &mut Remembered, told: &mut dyn FnMut(&Step)) {
        self.rounds += 1;
        self.asks = false;
        if acted.crowded {
            self.alone = true;
            return;
        }
        self.races = 0;
        remembered.journal = acted.head.or_else(|| remembered.journal.take());
        remembered.given_up = acted.given_up;
        self.readings.extend(acted.readings);
        self.problems.extend(acted.problems);
        self.begun.extend(acted.begun);
        acted.events.into_iter().for_each(|event| told(&Step::Recorded(event)));
    }

    fn report(self, decision: Decision) -> PassReport {
        let Self { rounds, decisions, violations, .. } = self;
        PassReport { answers: decision.envs, rounds, decisions, violations }
    }
}

fn apply_problems(observed: &mut Observed, problems: &BTreeMap<Name, PathProblem>) {
    for (name, problem) in problems {
        if let Some(facts) = observed.envs.get_mut(name) {
            facts.path = Err(problem.clone());
        }
    }
}

fn apply_starts(observed: &mut Observed, begun: &Begun) {
    let Some(head) = observed.head().cloned() else { return };
    for (name, facts) in &mut observed.envs {
        let at = head.state.environment(name).and_then(|(_, env)| env.at.as_ref());
        let Some(pid) = at.and_then(|at| at.pid.as_ref()) else { continue };
        for ((_, gate), status) in begun.iter().filter(|((started, _), _)| started == pid) {
            let absent = matches!(facts.runs.get(gate), Some(Ok(RunStatus::Absent)));
            if absent || planted(Bug::HangCountsAsAnswer) {
                facts.runs.insert(gate.clone(), status.clone());
            }
        }
    }
}

/// Whether some environment waits for what a system outside says.
fn asks(decision: &Decision) -> bool {
    decision.envs.values().any(|a| matches!(a, Answer::Act(effects) if effects.iter().any(is_question)))
}

pub(crate) fn is_question(effect: &Effect) -> bool {
    matches!(effect, Effect::Evaluate(_))
}

fn acts(decision: &Decision) -> bool {
    !decision.ledger.is_empty() || decision.envs.values().any(|a| matches!(a, Answer::Act(_)))
}

impl PassReport {
    /// The first time at which something is to be looked at again; `None` when all is settled.
    pub fn next(&self) -> Option<When> {
        let waits = self.waits().map(|(_, wait)| wait.when);
        waits.min_by_key(|when| when.latest())
    }

    /// All waits with their environments.
    pub fn waits(&self) -> impl Iterator<Item = (&Name, &Wait)> {
        self.answers.iter().flat_map(|(name, answer)| match answer {
            Answer::Wait(waits) => waits.iter().map(|w| (name, w)).collect::<Vec<_>>(),
            Answer::Act(_) | Answer::Settled => Vec::new(),
        })
    }

    /// Whether some environment waits for this reason.
    pub fn waits_for(&self, code: WaitCode) -> bool {
        self.waits().any(|(_, wait)| wait.code == code)
    }
}
