//! What the jobs and steps of the assessed file tell beside reasons: in which legs they run, and what they set up.

use std::collections::HashSet;
use std::sync::Arc;

use super::construct::written;
use super::reason::{Reason, Scope};
use super::sight::{FileAt, StepSight, WorkflowSight};
use crate::graph::RunJob;
use crate::span::Span;

/// What was told, job after job; [`Seen::sorted`] before it is asked.
#[derive(Default)]
pub(super) struct Seen {
    /// Programs that a job sets up before it uses them.
    pub(super) set_up: HashSet<Span>,
    /// Steps that run in some legs of their job only, and in which; jobs that run in none.
    in_legs: Vec<(Span, Arc<[usize]>)>,
    /// Jobs of the run that never run.
    idle: HashSet<usize>,
}

impl Seen {
    /// A step, be it one that never runs.
    pub(super) fn look(&mut self, step: &StepSight<'_>) {
        if step.file != FileAt::Workflow(0) {
            return;
        }
        if let Some(legs) = &step.legs {
            self.in_legs.push((step.spot(step.step.token).span, Arc::clone(legs)));
        }
        if !step.never_runs() {
            self.set_up
                .extend(step.tools_set_up().filter(|spot| spot.file == step.file).map(|spot| spot.span));
        }
    }

    /// A job that never runs.
    pub(super) fn never(&mut self, workflow: &WorkflowSight<'_>, at: usize, run: &RunJob) {
        self.idle.insert(at);
        let Some((job, root)) = written(run).zip(workflow.family.root()) else { return };
        // A job that calls may call others that run.
        let is_whole = run.way.is_empty() || root.job(job).is_some_and(|job| job.when.is_never());
        if let Some(job) = root.job(job).filter(|_| is_whole) {
            let span = workflow.spot(job.model.token).span;
            if self.in_legs.last().is_none_or(|(known, _)| *known != span) {
                self.in_legs.push((span, Arc::default()));
            }
        }
    }

    /// The same behind the last job.
    pub(super) fn sorted(mut self) -> Self {
        self.in_legs.sort_by_key(|(step, _)| step.start);
        self
    }

    /// Whether the legs are those of a job that never runs.
    pub(super) fn is_idle(&self, scope: &Scope) -> bool {
        scope.job().is_some_and(|job| self.idle.contains(&job))
    }

    /// What is told of a job and stands in one of its steps counts for the legs of the step.
    pub(super) fn limited(&self, mut reason: Reason) -> Option<Reason> {
        if let (Scope::Job(job), FileAt::Workflow(0)) = (&reason.scope, reason.spot.file)
            && let Some(legs) = self.legs_of(reason.spot.span)
        {
            if legs.is_empty() {
                return None;
            }
            reason.scope = Scope::Legs(*job, Arc::clone(legs));
        }
        Some(reason)
    }

    /// The legs in which a part of the file runs, if it is of a step that does not run in all of its job.
    pub(super) fn legs_of(&self, part: Span) -> Option<&Arc<[usize]>> {
        // Steps do not overlap.
        let after = self.in_legs.partition_point(|(step, _)| step.start <= part.start);
        let (step, legs) = self.in_legs.get(after.checked_sub(1)?)?;
        (part.end <= step.end).then_some(legs)
    }
}
