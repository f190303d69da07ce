//! Jobs that never run, or always fail.

use jiff::civil::Date;

use super::withdrawn::withdrawn;
use super::{FileAt, Found, Why};
use crate::graph::status::{Asker, When};
use crate::graph::{Actions, Family, Graph, Job, MAX_ACTION_DEPTH, Target, UserStep};
use crate::model::call::Link;
use crate::model::{Runs, Step, StepKind, Uses};
use crate::values::label::{Label, State, classify};
use crate::values::uses::StepUses;

/// What was found of the jobs of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Jobs {
    /// Whether there is a job, and none of them lives.
    pub(super) all_dead: bool,
    /// Why, one for each job that is dead by itself.
    pub(super) found: Vec<Found>,
}

/// What is known of a file or action that others lead to.
#[derive(Debug, Clone)]
enum Seen<T> {
    Not,
    /// It is being looked at: whoever comes to it again goes in circles.
    Begun,
    Done(T),
}

/// The files of a family, each looked at once.
pub(super) struct Files<'f> {
    family: &'f Family<'f>,
    actions: &'f Actions<'f>,
    today: Date,
    files: Vec<Seen<Jobs>>,
    /// What fails whoever uses an action.
    failing: Vec<Seen<Option<Found>>>,
}

impl<'f> Files<'f> {
    pub(super) fn new(family: &'f Family<'f>, actions: &'f Actions<'f>, today: Date) -> Self {
        let files = vec![Seen::Not; family.graphs.len()];
        Self { family, actions, today, files, failing: vec![Seen::Not; actions.models.len()] }
    }

    /// The jobs of a file.
    pub(super) fn of(&mut self, file: usize) -> Jobs {
        match self.files.get(file) {
            Some(Seen::Not) => {}
            Some(Seen::Done(jobs)) => return jobs.clone(),
            Some(Seen::Begun) | None => return Jobs::default(),
        }
        self.files.get_mut(file).into_iter().for_each(|seen| *seen = Seen::Begun);
        let jobs = self.family.graphs.get(file).map(|graph| self.of_graph(file, graph)).unwrap_or_default();
        self.files.get_mut(file).into_iter().for_each(|seen| *seen = Seen::Done(jobs.clone()));
        jobs
    }

    fn of_graph(&mut self, file: usize, graph: &'f Graph<'f>) -> Jobs {
        let mut dead = vec![false; graph.jobs.len()];
        let (mut found, mut open) = (Vec::new(), Vec::new());
        for (at, job) in graph.jobs.iter().enumerate() {
            let signs = self.signs(file, job);
            if signs.is_empty() {
                continue;
            }
            dead.get_mut(at).into_iter().for_each(|dead| *dead = true);
            found.extend(signs);
            // A job that may fail has succeeded for those behind it.
            if job.steps().is_none_or(|steps| steps.continue_on_error.is_none()) {
                open.push(at);
            }
        }
        spread(graph, &mut dead, open);
        Jobs { all_dead: !dead.is_empty() && dead.iter().all(|dead| *dead), found }
    }

    /// Why a job is dead by itself; nothing if it is not.
    fn signs(&mut self, file: usize, job: &'f Job<'f>) -> Vec<Found> {
        let here = |why, token| {
            let target = job.model.id.value.to_owned();
            vec![Found { why, target, file: FileAt::Workflow(file), token }]
        };
        if let Some(condition) = job.model.condition.as_ref().filter(|_| job.when.is_never()) {
            return here(Why::NeverTrue, condition.token);
        }
        if let Some(link) = self.family.call(file, job.id).map(|call| call.link) {
            return match link {
                Link::Workflow(called) => {
                    Some(self.of(called)).filter(|jobs| jobs.all_dead).map(|jobs| jobs.found)
                }
                Link::NotThere | Link::NotSupplied | Link::Unreadable => None,
            }
            .unwrap_or_default();
        }
        if let Some(label) = retired_label(file, job, self.today) {
            return vec![label];
        }
        let steps = job.steps().map(|steps| steps.steps.as_slice()).unwrap_or_default();
        if !steps.is_empty() && steps.iter().all(|step| is_never(step, steps)) {
            return here(Why::NoStep, job.model.id.token);
        }
        let failing = crate::graph::flow::uses(job).find_map(|(at, uses)| {
            let own = self.withdrawn(FileAt::Workflow(file), uses);
            own.or_else(|| {
                // Mostly there are none, and then nothing has to be looked up.
                if self.actions.models.is_empty() {
                    return None;
                }
                let target = self.actions.target(UserStep { family: self.family, file, job, at }, uses);
                self.in_action(target, 0)
            })
        });
        failing.into_iter().collect()
    }

    fn withdrawn(&self, file: FileAt, uses: &Uses<'_>) -> Option<Found> {
        let Some(StepUses::Repository(repository)) = &uses.target else { return None };
        let row = withdrawn(repository, self.today)?;
        let target = uses.uses.value.to_owned();
        Some(Found { why: Why::WithdrawnAction(row.since), target, file, token: uses.uses.token })
    }

    /// What fails whoever uses an action: GitHub gets all actions, those in actions too, before the first step.
    fn in_action(&mut self, target: Option<Target>, depth: usize) -> Option<Found> {
        let Some(Target::Action(at)) = target else { return None };
        match self.failing.get(at) {
            Some(Seen::Not) if depth < MAX_ACTION_DEPTH => {}
            Some(Seen::Done(found)) => return found.clone(),
            _ => return None,
        }
        self.failing.get_mut(at).into_iter().for_each(|seen| *seen = Seen::Begun);
        let found = self.in_steps(at, depth);
        self.failing.get_mut(at).into_iter().for_each(|seen| *seen = Seen::Done(found.clone()));
        found
    }

    fn in_steps(&mut self, action: usize, depth: usize) -> Option<Found> {
        let actions = self.actions;
        let runs = actions.models.get(action)?.runs.as_ref()?;
        let Runs::Composite { steps, .. } = &runs.value else { return None };
        let mut used = steps.iter().filter_map(|step| match &step.kind {
            StepKind::Uses(uses) => Some(uses),
            _ => None,
        });
        used.find_map(|uses| {
            let own = self.withdrawn(FileAt::Action(action), uses);
            own.or_else(|| self.in_action(actions.nested_target(action, uses, None), depth + 1))
        })
    }
}

/// Who runs only after success does not run where what it needs is dead.
fn spread(graph: &Graph<'_>, dead: &mut [bool], mut open: Vec<usize>) {
    let mut behind = vec![Vec::new(); graph.jobs.len()];
    for (at, job) in graph.jobs.iter().enumerate().filter(|(_, job)| job.when.is_only_after_success()) {
        for needed in &job.needs {
            behind.get_mut(needed.index()).into_iter().for_each(|behind| behind.push(at));
        }
    }
    while let Some(at) = open.pop() {
        for next in behind.get(at).into_iter().flatten() {
            if let Some(dead) = dead.get_mut(*next).filter(|dead| !**dead) {
                *dead = true;
                open.push(*next);
            }
        }
    }
}

fn is_never(step: &Step<'_>, steps: &[Step<'_>]) -> bool {
    step.condition
        .as_ref()
        .is_some_and(|condition| When::of(Some(&condition.value), Asker::Step(steps)).is_never())
}

/// The first label of a job all of whose legs ask for runners that GitHub has no more. Beside a label of one's own it may be
/// anybody's.
fn retired_label(file: usize, job: &Job<'_>, today: Date) -> Option<Found> {
    let runs_on = job.steps()?.runs_on.as_ref()?;
    let mut first = None;
    for leg in job.known_legs() {
        let runner = job.runner(leg).filter(|runner| runner.group.is_none())?;
        let labels = runner.labels.filter(|labels| !labels.is_empty())?;
        let retired: Option<Vec<_>> =
            labels.into_iter().map(|label| retired(&label, today).map(|day| (label, day))).collect();
        first = first.or(retired?.into_iter().next());
    }
    let (target, since) = first?;
    Some(Found { why: Why::RetiredLabel(since), target, file: FileAt::Workflow(file), token: runs_on.token })
}

fn retired(label: &str, today: Date) -> Option<Date> {
    match classify(label) {
        Label::Hosted(hosted) => match hosted.state(today) {
            State::Retired(since) => Some(since),
            State::Available | State::Deprecated(_) => None,
        },
        Label::SelfHosted | Label::Vendor(_) | Label::Other => None,
    }
}
