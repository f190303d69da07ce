//! What an attacker decides, through composite actions.

use std::cell::Cell;

use super::{Actions, MAX_ACTION_DEPTH, Target, UserStep};
use crate::graph::Family;
use crate::graph::flow::{self, Around, Effect, Flow, Given, KnownActions, StepAt, StepScript, User};
use crate::model::{Action, Runs, Step, Uses};

/// How many actions are followed at most: composite actions may use each other many times over.
const MAX_FOLLOWED: usize = 2_000;

impl<'d> Actions<'d> {
    /// What passes in each file of a family, as [`Family::flows`] has it, and through composite actions.
    #[must_use]
    pub fn flows<'a>(&'a self, family: &'a Family<'a>) -> Vec<Flow<'a>> {
        let scripts = self.models.iter().map(|action| match composite(action) {
            Some(steps) => flow::action_scripts(action.document, steps),
            None => Vec::new(),
        });
        let left = Cell::new(MAX_FOLLOWED);
        family.traced(&Followed { family, actions: self, scripts: scripts.collect(), left })
    }
}

/// The steps of a composite action.
fn composite<'a>(action: &'a Action<'a>) -> Option<&'a [Step<'a>]> {
    match action.runs.as_ref().map(|runs| &runs.value) {
        Some(Runs::Composite { steps, .. }) => Some(steps),
        _ => None,
    }
}

/// Actions that what an attacker decides is followed into.
struct Followed<'a> {
    family: &'a Family<'a>,
    actions: &'a Actions<'a>,
    scripts: Vec<Vec<StepScript<'a>>>,
    left: Cell<usize>,
}

impl Followed<'_> {
    fn target(&self, user: User<'_, '_>, uses: &Uses<'_>, around: Around<'_>) -> Option<usize> {
        let target = match user {
            User::Job(file, job, at) => {
                self.actions.target(UserStep { family: self.family, file, job, at }, uses)
            }
            User::Action(action) => self.actions.nested_target(action, uses, self.user(around)),
        };
        match target? {
            Target::Action(action) => Some(action),
            Target::NotThere | Target::NotSupplied | Target::Unreadable(_) => None,
        }
    }
}

impl<'a> Followed<'a> {
    /// The step of a job that leads to an action.
    fn user(&self, around: Around<'_>) -> Option<UserStep<'_, 'a>> {
        let (file, at) = around.user?;
        let job = self.family.graphs.get(file)?.job(at.job)?;
        Some(UserStep { family: self.family, file, job, at: at.step })
    }
}

impl<'a> KnownActions<'a> for Followed<'a> {
    fn effect(
        &self,
        user: User<'_, 'a>,
        uses: &'a Uses<'a>,
        given: Given<'a>,
        around: Around<'_>,
    ) -> Effect<'a> {
        let Some(number) = self.target(user, uses, around) else { return Effect::default() };
        let (Some(action), Some(scripts)) = (self.actions.models.get(number), self.scripts.get(number))
        else {
            return Effect::default();
        };
        if around.depth >= MAX_ACTION_DEPTH || self.left.get() == 0 || composite(action).is_none() {
            return Effect::default();
        }
        self.left.set(self.left.get() - 1);
        let user = match user {
            User::Job(file, job, step) => Some((file, StepAt { job: job.id, step })),
            User::Action(_) => around.user,
        };
        let around = Around { depth: around.depth + 1, user, ..around };
        flow::of_action(action, (number, self.family.graphs.len() + number), scripts, given, around, self)
    }
}
