//! What an attacker decides, through composite actions.

use std::cell::Cell;

use super::{Actions, MAX_ACTION_DEPTH, Target};
use crate::graph::Family;
use crate::graph::flow::{self, Around, Effect, Flow, Given, KnownActions, StepScript, User};
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
    fn target(&self, user: User<'_, '_>, uses: &Uses<'_>) -> Option<usize> {
        let target = match user {
            User::Job(file, job, step) => self.actions.target(self.family, file, job, step, uses),
            User::Action(around) => self.actions.nested_target(around, uses),
        };
        match target? {
            Target::Action(action) => Some(action),
            Target::NotThere | Target::NotSupplied | Target::Unreadable(_) => None,
        }
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
        let Some(number) = self.target(user, uses) else { return Effect::default() };
        let (Some(action), Some(scripts)) = (self.actions.models.get(number), self.scripts.get(number))
        else {
            return Effect::default();
        };
        if around.depth >= MAX_ACTION_DEPTH || self.left.get() == 0 || composite(action).is_none() {
            return Effect::default();
        }
        self.left.set(self.left.get() - 1);
        let around = Around { depth: around.depth + 1, ..around };
        flow::of_action(action, (number, self.family.graphs.len() + number), scripts, given, around, self)
    }
}
