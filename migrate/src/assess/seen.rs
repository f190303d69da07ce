//! What the jobs and steps of the assessed file tell beside reasons: in which legs they run, and what they set up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::construct::written;
use super::legs::SomeLegs;
use super::reason::{Reason, Scope};
use super::sight::{FileAt, StepSight, WorkflowSight};
use crate::graph::RunJob;
use crate::read::Document;
use crate::span::Span;
use crate::yaml::{Kind, NodeId, Tree};

/// What was told, job after job; [`Seen::sorted`] before it is asked.
#[derive(Default)]
pub(super) struct Seen {
    /// Programs that a job sets up before it uses them.
    pub(super) set_up: HashSet<Span>,
    /// Steps that run in some legs of their job only, and in which; jobs that run in none. Each with its job in the run.
    in_legs: Vec<(Span, usize, Arc<[usize]>)>,
    /// Jobs of the run that do not run in all of their legs, and in which.
    running: HashMap<usize, Arc<[usize]>>,
    /// Whether parts of the file stand in several places, by aliases.
    is_shared: bool,
}

impl Seen {
    /// A job, and the legs in which it runs.
    pub(super) fn job(&mut self, at: usize, running: &SomeLegs) {
        if let Some(running) = running {
            self.running.insert(at, Arc::clone(running));
        }
    }

    /// A step of a job, be it one that never runs.
    pub(super) fn look(&mut self, at: usize, step: &StepSight<'_>) {
        if step.file != FileAt::Workflow(0) {
            return;
        }
        if let Some(legs) = &step.legs {
            self.in_legs.push((step.spot(step.step.token).span, at, Arc::clone(legs)));
        }
        if !step.never_runs() {
            self.set_up
                .extend(step.tools_set_up().filter(|spot| spot.file == step.file).map(|spot| spot.span));
        }
    }

    /// A job that never runs.
    pub(super) fn never(&mut self, workflow: &WorkflowSight<'_>, at: usize, run: &RunJob) {
        self.running.insert(at, Arc::default());
        let Some((job, root)) = written(run).zip(workflow.family.root()) else { return };
        // A job that calls may call others that run.
        let is_whole = run.way.is_empty() || root.job(job).is_some_and(|job| job.when.is_never());
        if let Some(job) = root.job(job).filter(|_| is_whole) {
            let span = workflow.spot(job.model.token).span;
            if self.in_legs.last().is_none_or(|(known, ..)| *known != span) {
                self.in_legs.push((span, at, Arc::default()));
            }
        }
    }

    /// The same behind the last job of a file.
    pub(super) fn sorted(mut self, document: Option<&Document>) -> Self {
        let tree = document.filter(|_| !self.in_legs.is_empty()).map(Document::tree);
        let is_alias = |tree: &Tree, id: NodeId| matches!(tree.node(id).kind(), Kind::Alias(_));
        self.is_shared = tree.is_some_and(|tree| tree.ids().any(|id| is_alias(tree, id)));
        self.in_legs.sort_by_key(|(step, ..)| step.start);
        self
    }

    /// Whether the legs are those of a job that never runs.
    pub(super) fn is_idle(&self, scope: &Scope) -> bool {
        let running = scope.job().and_then(|job| self.running.get(&job));
        running.is_some_and(|running| running.is_empty())
    }

    /// Whether a leg of a job may run.
    pub(super) fn runs(&self, job: usize, leg: usize) -> bool {
        self.running.get(&job).is_none_or(|running| running.binary_search(&leg).is_ok())
    }

    /// What is told of a job and stands in one of its steps counts for the legs of the step.
    pub(super) fn limited(&self, mut reason: Reason) -> Option<Reason> {
        if let (Scope::Job(job), FileAt::Workflow(0)) = (&reason.scope, reason.spot.file)
            && let Some((_, legs)) = self.around(reason.spot.span).find(|(of, _)| of == job)
        {
            if legs.is_empty() {
                return None;
            }
            reason.scope = Scope::Legs(*job, Arc::clone(legs));
        }
        Some(reason)
    }

    /// The job of the run and its legs in which a part of the file runs, if it is of a step that does not run in all of them. Of what
    /// several jobs share by aliases nobody tells.
    pub(super) fn legs_of(&self, part: Span) -> Option<(usize, &Arc<[usize]>)> {
        self.around(part).next().filter(|_| !self.is_shared)
    }

    /// Each job that has a part of the file in such a step, with its legs.
    fn around(&self, part: Span) -> impl Iterator<Item = (usize, &Arc<[usize]>)> {
        // Steps do not overlap, but for those that are shared.
        let after = self.in_legs.partition_point(|(step, ..)| step.start <= part.start);
        let before = self.in_legs.get(..after).unwrap_or_default().iter().rev();
        let last = before.clone().next().map(|(step, ..)| *step);
        let same = before.take_while(move |(step, ..)| Some(*step) == last);
        same.filter(move |(step, ..)| part.end <= step.end).map(|(_, job, legs)| (*job, legs))
    }
}
