//! From effects to the outside: journal first or together with the branch, everything else afterwards.

mod plan;
mod push;

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::decide::{Answer, Decision, Effect, Measurement, QaStart};
use towpath_core::id::{CommitId, GateName, Handle, Name, Pid};
use towpath_core::museum::{Bug, planted};
use towpath_core::observation::{Reading, RunStatus};
use towpath_core::pipeline::Pipeline;
use towpath_core::release::{digests_of, version_of};
use towpath_core::time::Time;
use towpath_core::world::PathProblem;

use self::plan::Plan;
use self::push::Pushed;
use crate::error::EngineError;
use crate::journal::Head;
use crate::observe::{Observed, passed, topic};
use crate::pass::{Host, Readings};
use crate::ports::{MetricQuery, MetricsError, PushMode, QaError, QaRequest, RefUpdate, RepositoryError};

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
        let asked = self.host.clock.now();
        match self.host.qa.ensure(&request) {
            Ok(()) if planted(Bug::HangCountsAsAnswer) && self.host.clock.now() > asked => {
                Ok(Some(Ok(passed())))
            }
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
