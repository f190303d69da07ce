//! A job: when it runs, how often, with which rights.

use std::sync::Arc;

use super::checkout::{self, Checkout};
use super::inputs::KnownInputs;
use super::matrix::{self, Budget, Expanded, Expansion, Leg};
use super::status::{Asker, When};
use super::world::{Known, KnownMatrix};
use crate::model::{self, Value, Workflow};
use crate::read::TokenId;
use crate::values::permission::Permissions;

/// A job of a graph, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub(super) u32);

impl JobId {
    /// Its place.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A job.
#[derive(Debug, Clone)]
pub struct Job<'d> {
    /// Its place in the graph.
    pub id: JobId,
    /// What is written.
    pub model: &'d model::Job<'d>,
    /// The workflow that it is of.
    pub workflow: &'d Workflow<'d>,
    /// The jobs of its `needs`; [`super::Graph::ancestors`] has those before them, too.
    pub needs: Vec<JobId>,
    /// When it runs, by how these ended.
    pub when: When,
    /// Its matrix; `None` where there is none.
    pub matrix: Option<Arc<Expanded>>,
    /// What its token may do.
    pub permissions: Effective,
    /// What a caller gives, where it is looked at by one call.
    inputs: Option<Arc<KnownInputs>>,
    /// What it checks out.
    pub(super) checked_out: Vec<Checkout<'d>>,
}

/// What a token may do, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effective {
    /// What it may do; `None` where nobody says, so that a setting of the repository decides.
    pub given: Option<Permissions>,
    /// Who says so.
    pub origin: Origin,
    /// Where it is said.
    pub token: Option<TokenId>,
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The step itself.
    Step,
    /// The job.
    Job,
    /// The workflow.
    Workflow,
    /// Nobody: it is GitHub's default.
    Default,
}

impl Origin {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Job => "job",
            Self::Workflow => "workflow",
            Self::Default => "default",
        }
    }
}

/// How long a job may take where nobody says, in minutes (runner: WorkflowConstants.cs).
pub(super) const TIMEOUT_MINUTES: f64 = 360.0;

impl<'d> Job<'d> {
    pub(super) fn new(
        workflow: &'d Workflow<'d>,
        model: &'d model::Job<'d>,
        id: JobId,
        needs: Vec<JobId>,
        budget: &Budget,
    ) -> Self {
        let condition = model.condition.as_ref().map(|condition| &*condition.value);
        let when = When::of(condition, asker(workflow, model, &needs));
        let mut job = Self {
            id,
            model,
            workflow,
            needs,
            when,
            matrix: expanded(workflow, model, Known::NOTHING, budget).map(Arc::new),
            inputs: None,
            permissions: Effective::of(workflow, model),
            checked_out: Vec::new(),
        };
        job.checked_out = checkout::checkouts(&job);
        job
    }

    /// The job as one call makes it run: what depends on inputs that are known then is known as well.
    #[must_use]
    pub fn called_with(&self, inputs: &Arc<KnownInputs>) -> Self {
        let mut job = Self { inputs: Some(Arc::clone(inputs)), ..self.clone() };
        if let Some(condition) = &self.model.condition {
            let condition = inputs.filled(&condition.value);
            job.when = When::of(Some(&condition), self.asker());
        }
        if !self.has_exact_matrix() {
            let known = Known::by_inputs(Some(inputs));
            let matrix = expanded(self.workflow, self.model, known, &Budget::of_call());
            // What is known whoever calls says more than what was not looked at in full.
            job.matrix = match matrix {
                Some(matrix) if matrix.expansion.is_cut() => job.matrix,
                matrix => matrix.map(Arc::new),
            };
        }
        job
    }

    /// What its condition is asked of.
    pub(super) fn asker(&self) -> Asker<'d> {
        asker(self.workflow, self.model, &self.needs)
    }

    /// Whether nothing has to be known of a run to know its legs.
    pub(super) fn has_exact_matrix(&self) -> bool {
        let is_exact = |matrix: &Arc<Expanded>| matches!(matrix.expansion, Expansion::Exact(_));
        self.matrix.as_ref().is_none_or(is_exact)
    }

    /// The legs that are known; none where there is no matrix, or it is dynamic.
    #[must_use]
    pub fn legs(&self) -> &[Leg] {
        match self.matrix.as_ref().map(|matrix| &matrix.expansion) {
            Some(Expansion::Exact(legs) | Expansion::UpTo(legs)) => &legs.legs,
            Some(Expansion::Dynamic(_)) | None => &[],
        }
    }

    /// The legs that are known, or one of which nothing is.
    pub(crate) fn known_legs(&self) -> impl Iterator<Item = Option<&Leg>> {
        let alone = self.legs().is_empty().then_some(None);
        self.legs().iter().map(Some).chain(alone)
    }

    /// What is known in a leg, or where there is none.
    pub(super) fn known<'l>(&'l self, leg: Option<&'l Leg>) -> Known<'l> {
        let matrix = match (leg, &self.matrix) {
            (Some(leg), _) if leg.is_alone() => KnownMatrix::Absent,
            (Some(leg), _) => KnownMatrix::Leg(leg),
            (None, None) => KnownMatrix::Absent,
            (None, Some(_)) => KnownMatrix::Unknown,
        };
        let legs = match self.matrix.as_ref().map(|matrix| &matrix.expansion) {
            Some(Expansion::Exact(legs)) if !legs.too_many => legs.legs.as_slice(),
            _ => &[],
        };
        Known { matrix, legs, inputs: self.inputs.as_deref(), system: None }
    }

    /// How many jobs of a run this is, at least and at most; `None`: nobody knows how many.
    #[must_use]
    pub fn count(&self) -> (usize, Option<usize>) {
        let legs = match self.matrix.as_ref().map(|matrix| &matrix.expansion) {
            None => return (1, Some(1)),
            Some(Expansion::Dynamic(_)) => return (1, None),
            Some(Expansion::Exact(legs)) if !legs.too_many => {
                return (legs.legs.len(), Some(legs.legs.len()));
            }
            Some(Expansion::Exact(legs) | Expansion::UpTo(legs)) => legs,
        };
        let least = legs.legs.iter().filter(|leg| leg.depends_on.is_empty()).count();
        let is_bounded = legs.more.is_empty()
            && !legs.too_many
            && !legs.is_cut
            && !legs.legs.iter().any(Leg::stands_for_many);
        // Where none is left, the job starts once, as if there were no matrix.
        (least.max(1), is_bounded.then_some(legs.legs.len().max(1)))
    }

    /// What it runs steps with, if it runs steps.
    #[must_use]
    pub fn steps(&self) -> Option<&'d model::StepsJob<'d>> {
        match &self.model.kind {
            model::JobKind::Steps(steps) => Some(steps),
            model::JobKind::Call(_) => None,
        }
    }

    /// The call of another workflow, if it is one.
    #[must_use]
    pub fn call(&self) -> Option<&'d model::Call<'d>> {
        match &self.model.kind {
            model::JobKind::Steps(_) => None,
            model::JobKind::Call(call) => Some(call),
        }
    }
}

fn asker<'d>(workflow: &Workflow<'d>, job: &'d model::Job<'d>, needs: &[JobId]) -> Asker<'d> {
    let waits_for_none =
        |need: &JobId| workflow.jobs.get(need.index()).is_some_and(|need| need.needs.is_empty());
    let are_all = !needs.is_empty() && needs.len() == job.needs.len() && needs.iter().all(waits_for_none);
    if are_all { Asker::Second(&job.needs) } else { Asker::Job(&job.needs) }
}

fn expanded(
    workflow: &Workflow<'_>,
    job: &model::Job<'_>,
    known: Known<'_>,
    budget: &Budget,
) -> Option<Expanded> {
    let strategy = job.strategy.as_ref()?;
    Some(match &strategy.value {
        Value::Literal(strategy) => {
            matrix::expand_with(workflow.document, strategy.matrix.as_ref()?.token, known, budget)
        }
        // A strategy that is an expression may hold a matrix, or none.
        Value::Expression(_) => matrix::expand_within(workflow.document, strategy.token, budget),
    })
}

impl Effective {
    fn of(workflow: &Workflow<'_>, job: &model::Job<'_>) -> Self {
        let own = job.permissions.as_ref().map(|given| (given, Origin::Job));
        let given = own.or_else(|| workflow.permissions.as_ref().map(|given| (given, Origin::Workflow)));
        match given {
            Some((given, origin)) => Self { given: Some(given.levels), origin, token: Some(given.token) },
            None => Self { given: None, origin: Origin::Default, token: None },
        }
    }
}
