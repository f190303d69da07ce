//! From the steps of a job to what rules see of each, those of composite actions in their places.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::{FileAt, JobSight, StepSight, UsedSight, entries};
use crate::assess::brought::Brought;
use crate::assess::known::known;
use crate::assess::legs::{self, Legs, SomeLegs, runs_nowhere};
use crate::graph::{KnownInputs, MAX_ACTION_DEPTH, Target, UserStep, flow};
use crate::model::{Run, Runs, Step, StepKind, Uses, Value, value_of};
use crate::read::Document;
use crate::script::{Script, Shell};
use crate::span::Span;

impl JobSight<'_> {
    /// Looks at each step that may run, those of composite actions in their places. What steps before have brought is not told.
    pub(crate) fn steps(&self, look: &mut dyn FnMut(&StepSight<'_>)) {
        self.walk(&Legs::unknown(), false, look);
    }

    /// The same for rules, with the legs in which each may run and what the steps before it bring. Of those that run in none, what
    /// they use is not looked at.
    pub(in crate::assess) fn steps_in(&self, legs: &Legs<'_>, look: &mut dyn FnMut(&StepSight<'_>)) {
        self.walk(legs, true, look);
    }

    fn walk(&self, legs: &Legs<'_>, tells_brought: bool, look: &mut dyn FnMut(&StepSight<'_>)) {
        let Some(steps) = self.job.steps() else { return };
        let mut brought = Brought::default();
        let around = Around { legs: legs.running(), body: legs::Body::Workflow };
        for (at, step) in steps.steps.iter().enumerate() {
            let file = FileAt::Workflow(self.run.file);
            let walk = Walk { job: self, at, file, depth: 0, legs, tells_brought };
            walk.step(step, self.job.workflow.document, &around, &mut brought, look);
        }
    }
}

/// What is around steps: the legs that they may run in, and what they stand in.
struct Around {
    legs: SomeLegs,
    body: legs::Body,
}

/// Where in a job, and how deep in actions.
#[derive(Clone, Copy)]
struct Walk<'s> {
    job: &'s JobSight<'s>,
    at: usize,
    file: FileAt,
    depth: usize,
    legs: &'s Legs<'s>,
    /// Whether somebody asks what steps have brought: to find out means to read the words of scripts.
    tells_brought: bool,
}

impl<'s> Walk<'s> {
    fn step(
        self,
        step: &'s Step<'s>,
        document: &'s Document,
        around: &Around,
        brought: &mut Brought<'s>,
        look: &mut dyn FnMut(&StepSight<'_>),
    ) {
        let condition = step.condition.as_ref().map(|condition| &*condition.value);
        let legs = self.legs.with(&around.legs, condition, &around.body);
        if let StepKind::Parallel(steps) = &step.kind {
            // One that holds others has no condition.
            steps.iter().for_each(|step| self.step(step, document, around, brought, look));
            return;
        }
        let script = if let StepKind::Run(run) = &step.kind {
            let script = self.script(run, document);
            if self.tells_brought && !runs_nowhere(&legs) {
                brought.by_script(flow::written(document, run.script.token), &legs);
                brought.by_variables(&script);
            }
            Some(script)
        } else {
            None
        };
        let used = if let StepKind::Uses(uses) = &step.kind { Some(self.used(uses)) } else { None };
        let nested = used.as_ref().and_then(|used| used.target);
        let known = used.as_ref().and_then(|used| used.known);
        let Self { job, at, file, .. } = self;
        let sight = StepSight {
            job,
            at,
            file,
            document,
            step,
            script,
            used,
            legs: legs.clone(),
            commands: OnceCell::new(),
            brought,
        };
        look(&sight);
        if runs_nowhere(&legs) {
            return;
        }
        let has = |input: &str| {
            let StepKind::Uses(uses) = &step.kind else { return false };
            value_of(entries(uses.with.as_ref()), input).is_some()
        };
        if let Some(known) = known.filter(|_| self.tells_brought) {
            brought.by_action(known, &legs, has);
        }
        if let Some(Target::Action(action)) = nested {
            self.composite(action, step, legs, brought, look);
        }
    }

    fn composite(
        self,
        action: usize,
        user: &Step<'_>,
        legs: SomeLegs,
        brought: &mut Brought<'s>,
        look: &mut dyn FnMut(&StepSight<'_>),
    ) {
        let Some(model) = self.job.workflow.actions.models.get(action) else { return };
        let Some(Runs::Composite { steps, .. }) = model.runs.as_ref().map(|runs| &runs.value) else { return };
        if self.depth < MAX_ACTION_DEPTH {
            let inner = Walk { file: FileAt::Action(action), depth: self.depth + 1, ..self };
            let given = if let StepKind::Uses(uses) = &user.kind { uses.with.as_ref() } else { None };
            let inputs = || KnownInputs::of_action(&model.inputs, given);
            let has_conditions = steps.iter().any(|step| step.condition.is_some());
            let around = Around { legs, body: legs::Body::Action(has_conditions.then(inputs).flatten()) };
            steps.iter().for_each(|step| inner.step(step, model.document, &around, brought, look));
        }
    }

    /// Takes one of the composite actions that may still be followed; others cost nothing. False where none is left.
    fn may_follow(self, action: usize) -> bool {
        let JobSight { workflow, .. } = self.job;
        let runs = workflow.actions.models.get(action).and_then(|model| model.runs.as_ref());
        if !matches!(runs.map(|runs| &runs.value), Some(Runs::Composite { .. })) {
            return true;
        }
        let left = workflow.actions_left.get().checked_sub(1);
        left.inspect(|left| workflow.actions_left.set(*left)).is_some()
    }

    fn script(self, run: &'s Run<'s>, document: &'s Document) -> Cow<'s, Script<'s>> {
        let read = match self.file {
            FileAt::Workflow(file) => self.job.workflow.script(file, run.script.token),
            FileAt::Action(_) => None,
        };
        if let Some(read) = read {
            return Cow::Borrowed(read);
        }
        let holes: Vec<Span> = match run.script.value {
            Value::Literal(_) => Vec::new(),
            Value::Expression(evaluated) => evaluated.parts.iter().map(|part| part.outer).collect(),
        };
        let shell = run
            .shell
            .as_ref()
            .and_then(|shell| shell.value.literal())
            .map_or(Shell::Posix, |name| Shell::of(name));
        Cow::Owned(Script::read(flow::written(document, run.script.token), shell, &holes))
    }

    fn used(self, uses: &'s Uses<'s>) -> UsedSight<'s> {
        let name = flow::action(uses).map(|(name, _)| name);
        let known = name.as_deref().and_then(known);
        let JobSight { workflow, job, .. } = self.job;
        let user = |file: usize| UserStep { family: workflow.family, file, job, at: self.at };
        let target = match self.file {
            FileAt::Workflow(file) => workflow.actions.target(user(file), uses),
            FileAt::Action(action) => {
                workflow.actions.nested_target(action, uses, Some(user(self.job.run.file)))
            }
        };
        // One that is not followed is as good as not there.
        let is_followed =
            |target: &Target| !matches!(target, Target::Action(action) if !self.may_follow(*action));
        let target = target.map(|target| if is_followed(&target) { target } else { Target::NotSupplied });
        let local = job.local(self.at, uses);
        UsedSight { uses, name, known, local, target }
    }
}
