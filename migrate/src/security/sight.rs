//! What checks see: a workflow, the jobs of it that can run, and their steps.

use crate::expression::{Condition, Value as Constant};
use crate::graph::flow;
use crate::model::{At, Event, Job, JobKind, Step, StepKind, StepsJob, Uses, Workflow};
use crate::read::{Document, TokenId};
use crate::span::Span;
use crate::values::uses::{JobUses, Repository, StepUses};
use indexmap::IndexSet;

/// A workflow.
pub(crate) struct FileSight<'w, 'd> {
    /// It.
    pub(crate) workflow: &'w Workflow<'d>,
    /// The jobs that can run.
    pub(crate) jobs: Vec<JobSight<'w, 'd>>,
    /// How many shapes they have.
    pub(crate) shapes: usize,
}

/// A job.
pub(crate) struct JobSight<'w, 'd> {
    /// It.
    pub(crate) job: &'w Job<'d>,
    /// Which of the shapes it has: see [`super::Place`].
    pub(crate) shape: usize,
    /// The steps that can run, those of parallel steps in their place.
    pub(crate) steps: Vec<StepSight<'w, 'd>>,
}

/// A step that does something.
pub(crate) struct StepSight<'w, 'd> {
    /// It.
    pub(crate) step: &'w Step<'d>,
    /// Its place among the steps that can run.
    pub(crate) at: usize,
    /// The name of the action that it uses, in small letters; empty for all others.
    pub(crate) action: String,
}

impl<'w, 'd> FileSight<'w, 'd> {
    pub(crate) fn of(workflow: &'w Workflow<'d>) -> Self {
        let mut shapes = IndexSet::new();
        let live = workflow.jobs.iter().filter(|job| can_run(job.condition.as_ref()));
        let jobs = live.map(|job| {
            let steps = steps(job);
            let (shape, _) = shapes.insert_full(shape(job, &steps));
            JobSight { job, shape, steps }
        });
        let jobs = jobs.collect();
        Self { workflow, jobs, shapes: shapes.len() }
    }

    /// What it was read from.
    #[must_use]
    pub(crate) const fn document(&self) -> &'d Document {
        self.workflow.document
    }

    /// Where a token stands.
    #[must_use]
    pub(crate) fn span(&self, token: TokenId) -> Span {
        self.document().span(token)
    }

    /// Where a key and its value stand.
    #[must_use]
    pub(crate) fn pair(&self, key: TokenId, value: TokenId) -> Span {
        self.span(key).to(self.span(value))
    }

    /// Where the value of a key stands, with the key: the token before it.
    #[must_use]
    pub(crate) fn with_key(&self, value: TokenId) -> Span {
        self.document().before(value).map_or(self.span(value), |key| self.pair(key, value))
    }

    /// What starts it.
    #[must_use]
    pub(crate) fn events(&self) -> &'w [Event<'d>] {
        self.workflow.on.as_ref().map(|on| on.list.as_slice()).unwrap_or_default()
    }

    /// Whether an event starts it.
    #[must_use]
    pub(crate) fn has_event(&self, name: &str) -> bool {
        self.events().iter().any(|event| event.name.value == name)
    }

    /// Whether only other workflows start it.
    #[must_use]
    pub(crate) fn is_only_called(&self) -> bool {
        self.events().len() == 1 && self.has_event("workflow_call")
    }

    /// All of `on`.
    #[must_use]
    pub(crate) fn on(&self) -> Option<Span> {
        self.workflow.on.as_ref().map(|on| self.with_key(on.token))
    }
}

impl<'w, 'd> JobSight<'w, 'd> {
    /// What only jobs with steps have.
    #[must_use]
    pub(crate) fn with_steps(&self) -> Option<&'w StepsJob<'d>> {
        match &self.job.kind {
            JobKind::Steps(steps) => Some(steps),
            JobKind::Call(_) => None,
        }
    }

    /// Where it stands with its name.
    #[must_use]
    pub(crate) fn span(&self, file: &FileSight<'_, '_>) -> Span {
        file.pair(self.job.id.token, self.job.token)
    }
}

impl<'w, 'd> StepSight<'w, 'd> {
    /// The action that it uses.
    #[must_use]
    pub(crate) const fn uses(&self) -> Option<&'w Uses<'d>> {
        if let StepKind::Uses(uses) = &self.step.kind { Some(uses) } else { None }
    }

    /// The action of another repository that it uses.
    #[must_use]
    pub(crate) fn repository(&self) -> Option<Repository<'d>> {
        match self.uses()?.target {
            Some(StepUses::Repository(repository)) => Some(repository),
            _ => None,
        }
    }
}

/// Whether something runs in some world: its condition is not just `false`, or worked out to that.
fn can_run(condition: Option<&At<Box<Condition>>>) -> bool {
    let never = |condition: &At<Box<Condition>>| {
        let condition = &condition.value;
        let written = condition.written.as_ref().filter(|_| !condition.has_text);
        written.and_then(crate::expression::Expression::constant) == Some(Constant::Boolean(false))
    };
    !condition.is_some_and(never)
}

fn steps<'w, 'd>(job: &'w Job<'d>) -> Vec<StepSight<'w, 'd>> {
    let mut found = Vec::new();
    if let JobKind::Steps(steps) = &job.kind {
        steps.steps.iter().for_each(|step| add(step, &mut found));
    }
    found
}

fn add<'w, 'd>(step: &'w Step<'d>, found: &mut Vec<StepSight<'w, 'd>>) {
    match &step.kind {
        StepKind::Parallel(steps) => steps.iter().for_each(|step| add(step, found)),
        StepKind::Run(_) | StepKind::Uses(_) if can_run(step.condition.as_ref()) => {
            let used = if let StepKind::Uses(uses) = &step.kind { flow::action(uses) } else { None };
            let action = used.map(|(name, _)| name).unwrap_or_default();
            found.push(StepSight { step, at: found.len(), action });
        }
        _ => {}
    }
}

/// What a job does, without anything that changes where something is mended.
fn shape(job: &Job<'_>, steps: &[StepSight<'_, '_>]) -> Vec<String> {
    let unpinned = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
    let of_step = |step: &StepSight<'_, '_>| match &step.step.kind {
        StepKind::Uses(uses) => format!("uses {}", unpinned(uses.uses.value)),
        _ => {
            let name = step.step.name.as_ref().and_then(|name| name.value.literal().copied());
            format!("run {}", name.unwrap_or_default())
        }
    };
    match &job.kind {
        JobKind::Steps(_) => steps.iter().map(of_step).collect(),
        JobKind::Call(call) => match &call.target {
            Some(JobUses::Repository(repository)) => vec![format!("call {}", repository.folded())],
            _ => vec![format!("call {}", unpinned(call.uses.value))],
        },
    }
}
