//! One pass: observe, decide, act, until nothing is left to do now.

use std::collections::BTreeMap;

use towpath_core::decide::{Answer, Decision, Wait, WaitCode, When};
use towpath_core::event::Recorded;
use towpath_core::id::{GateName, Name, OwnerId, Pid};
use towpath_core::invariant::Violation;
use towpath_core::museum::{Bug, planted};
use towpath_core::observation::{Reading, RunStatus};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Time;
use towpath_core::world::{PathProblem, SharedFacts};

use crate::act::Executor;
use crate::error::EngineError;
use crate::journal::Head;
use crate::observe::{Observed, Observer, REFUSED, Refusal, Remembered};
use crate::ports::{
    Clock, Evaluator, HttpGates, Liveness, Metrics, PullRequests, QaRunner, Repository, Signature,
};

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
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one, and none is kept")]
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

impl Engine<'_> {
    /// Does everything that can be done now. `told` hears of each step as it happens.
    pub fn pass(
        &self,
        remembered: &mut Remembered,
        told: &mut dyn FnMut(&Step),
    ) -> Result<PassReport, EngineError> {
        let mut readings = Readings::new();
        let mut problems: BTreeMap<Name, PathProblem> = BTreeMap::new();
        let mut begun: Begun = BTreeMap::new();
        let mut alone = false;
        // Rollbacks of this very pass count too.
        let mut rollbacks: Vec<Time> = Vec::new();
        let (mut rounds, mut races, mut decisions) = (0, 0, 0);
        let mut violations: Vec<Violation> = Vec::new();
        remembered.look = None;
        loop {
            let now = self.host.clock.now();
            let mut observed = self.observer(now).observe(remembered)?;
            let seen = self.seen(&observed);
            apply_problems(&mut observed, &problems);
            apply_starts(&mut observed, &begun);
            let (decision, refused) =
                self.decided(&observed, &readings, &rollbacks, &mut remembered.answers)?;
            decisions += 1;
            for violation in refused {
                let same =
                    |v: &Violation| (&v.environment, v.rule) == (&violation.environment, violation.rule);
                if !violations.iter().any(same) {
                    violations.push(violation);
                }
            }
            if rounds >= MAX_ROUNDS || !acts(&decision) {
                remembered.look = Some(self.looked((seen, &observed), (&decision, &readings), now));
                return Ok(PassReport { answers: decision.envs, rounds, decisions, violations });
            }
            let executor = Executor { alone, ..self.executor(now) };
            let mut acted = executor.act(&observed, &decision)?;
            if acted.lost && planted(Bug::NoRecheckAfterLostRace) {
                let mut again = self.observer(now).observe(remembered)?;
                std::mem::swap(&mut again.envs, &mut observed.envs);
                acted = self.executor(now).act(&again, &decision)?;
            }
            if acted.crowded {
                (alone, rounds) = (true, rounds + 1);
                continue;
            }
            if acted.lost {
                told(&Step::LostRace);
                races += 1;
                if races > MAX_RACES {
                    return Err(EngineError::Contended { tries: races });
                }
                self.host.clock.pause(races);
                continue;
            }
            let news = !acted.problems.is_empty() || !acted.refused.is_empty() || !acted.begun.is_empty();
            if !acted.progress && !news {
                remembered.look = Some(self.looked((seen, &observed), (&decision, &readings), now));
                return Ok(PassReport { answers: decision.envs, rounds, decisions, violations });
            }
            races = 0;
            rounds += 1;
            remembered.journal = acted.head.or_else(|| remembered.journal.take());
            remembered.given_up = acted.given_up;
            readings.extend(acted.readings);
            problems.extend(acted.problems);
            begun.extend(acted.begun);
            for (name, why) in acted.refused {
                let refusal = Refusal { why, tip: observed.branch.tip.clone(), until: now.plus(REFUSED) };
                remembered.refusals.insert(name, refusal);
            }
            rollbacks.extend(acted.events.iter().filter(|e| e.event.is_automatic_rollback()).map(|e| e.at));
            acted.events.into_iter().for_each(|event| told(&Step::Recorded(event)));
        }
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
        let (first, _) = self.decided(&observed, &Readings::new(), &[], answers)?;
        let readings = read(&self.executor(now), &first)?;
        let decision = match readings.is_empty() {
            true => first,
            false => self.decided(&observed, &readings, &[], answers)?.0,
        };
        Ok((decision, observed.head().cloned()))
    }

    pub(crate) fn observer(&self, now: Time) -> Observer<'_> {
        Observer { host: self.host, pipeline: self.pipeline, now }
    }

    pub(crate) fn executor(&self, now: Time) -> Executor<'_> {
        Executor { host: self.host, pipeline: self.pipeline, now, alone: false, rehearse: false }
    }
}

/// Files that an edit refused stay refused for the rest of the pass.
fn apply_problems(observed: &mut Observed, problems: &BTreeMap<Name, PathProblem>) {
    for (name, problem) in problems {
        if let Some(facts) = observed.envs.get_mut(name) {
            facts.path = Err(problem.clone());
        }
    }
}

/// A run that began, or could not, does so once in a pass.
fn apply_starts(observed: &mut Observed, begun: &Begun) {
    let Some(head) = observed.head().cloned() else { return };
    for (name, facts) in &mut observed.envs {
        let at = head.state.environment(name).and_then(|(_, env)| env.at.as_ref());
        let Some(pid) = at.and_then(|at| at.pid.as_ref()) else { continue };
        for ((_, gate), status) in begun.iter().filter(|((started, _), _)| started == pid) {
            if matches!(facts.runs.get(gate), Some(Ok(RunStatus::Absent))) {
                facts.runs.insert(gate.clone(), status.clone());
            }
        }
    }
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
