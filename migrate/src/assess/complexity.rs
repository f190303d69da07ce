//! How much there is to understand in a workflow before somebody moves it: a band, and what it comes from.

use std::collections::HashSet;

use super::known::known;
use super::sight::WorkflowSight;
use crate::expression::Condition;
use crate::graph::flow;
use crate::graph::matrix::Expansion;
use crate::graph::{Graph, Job};
use crate::model::{At, Step, StepKind, Value};
use crate::read::{Document, TokenKind};
use crate::values::uses::{JobUses, StepUses};

/// What is counted of a workflow, itself and not what it calls. More of anything is never less complex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Complexity {
    /// Jobs; a call is one.
    pub jobs: usize,
    /// Pairs of a job and another one that it needs.
    pub edges: usize,
    /// Legs beyond the first one of each job, as far as they are known.
    pub legs: usize,
    /// Expressions, be they `${{ }}` or a condition.
    pub expressions: usize,
    /// Different actions, images and workflows of others that the table of actions has no row for.
    pub foreign: usize,
    /// What only a run knows: matrices, runners, containers, services and environments that are expressions.
    pub dynamic: usize,
}

/// How complex a workflow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Band {
    /// One job or two, with little in them.
    Low,
    /// A few jobs, or a matrix with its expressions.
    Medium,
    /// Many jobs that wait for each other.
    High,
    /// More than that.
    VeryHigh,
}

impl Band {
    /// Every one, the simplest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::VeryHigh];

    /// What it means for whoever reads it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Low => "read at a glance",
            Self::Medium => "read in one go",
            Self::High => "has to be studied",
            Self::VeryHigh => "nobody keeps all of it in mind",
        }
    }

    /// Its name, which stays the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::VeryHigh => "very-high",
        }
    }

    /// From how many points on a workflow is in it.
    #[must_use]
    pub const fn from(self) -> usize {
        match self {
            Self::Low => 0,
            Self::Medium => 12,
            Self::High => 30,
            Self::VeryHigh => 80,
        }
    }

    /// The band of so many points.
    #[must_use]
    pub fn of(points: usize) -> Self {
        Self::ALL.into_iter().rev().find(|band| band.from() <= points).unwrap_or(Self::Low)
    }
}

impl Complexity {
    /// What each thing counts, in the order of the fields.
    pub const WEIGHTS: [(&'static str, usize); 6] =
        [("jobs", 4), ("edges", 2), ("legs", 1), ("expressions", 1), ("foreign", 5), ("dynamic", 6)];

    /// Counts a workflow.
    #[must_use]
    pub fn of(workflow: &WorkflowSight<'_>) -> Self {
        workflow.family.root().map(Self::of_graph).unwrap_or_default()
    }

    fn of_graph(graph: &Graph<'_>) -> Self {
        let mut complexity =
            Self { jobs: graph.jobs.len(), expressions: expressions(graph), ..Self::default() };
        let mut foreign = HashSet::new();
        for job in &graph.jobs {
            complexity.edges += job.needs.len();
            complexity.legs += job.legs().len().saturating_sub(1);
            complexity.dynamic += dynamic(job);
            foreign.extend(flow::uses(job).filter_map(|(_, uses)| foreign_step(uses.target.as_ref()?)));
            foreign.extend(job.call().and_then(|call| foreign_call(call.target.as_ref()?)));
        }
        Self { foreign: foreign.len(), ..complexity }
    }

    /// The sum by which the band is told.
    #[must_use]
    pub fn points(&self) -> usize {
        self.counts().iter().zip(Self::WEIGHTS).map(|((_, count), (_, weight))| count * weight).sum()
    }

    /// The counts with their names, in the order of [`Self::WEIGHTS`].
    #[must_use]
    pub const fn counts(&self) -> [(&'static str, usize); 6] {
        [
            ("jobs", self.jobs),
            ("edges", self.edges),
            ("legs", self.legs),
            ("expressions", self.expressions),
            ("foreign", self.foreign),
            ("dynamic", self.dynamic),
        ]
    }

    /// How complex it is.
    #[must_use]
    pub fn band(&self) -> Band {
        Band::of(self.points())
    }
}

/// Everything that GitHub evaluates.
fn expressions(graph: &Graph<'_>) -> usize {
    let document = graph.workflow.document;
    let templates = document.tokens().filter_map(|(id, _)| document.template(id));
    let conditions = graph.jobs.iter().map(|job| {
        let steps = job.steps().map(|steps| steps.steps.as_slice()).unwrap_or_default();
        bare(document, job.model.condition.as_ref()) + of_steps(document, steps)
    });
    templates.map(|template| template.parts.len().max(1)).sum::<usize>() + conditions.sum::<usize>()
}

fn of_steps(document: &Document, steps: &[Step<'_>]) -> usize {
    let of_step = |step: &Step<'_>| {
        let inner = if let StepKind::Parallel(steps) = &step.kind { of_steps(document, steps) } else { 0 };
        bare(document, step.condition.as_ref()) + inner
    };
    steps.iter().map(of_step).sum()
}

/// A condition that stands without `${{ }}`, which no other token is counted for.
fn bare(document: &Document, condition: Option<&At<Box<Condition>>>) -> usize {
    let is_bare = |condition: &&At<Box<Condition>>| {
        !matches!(document.token(condition.token).kind, TokenKind::Expression(_))
    };
    usize::from(condition.filter(is_bare).is_some())
}

/// What only a run knows of a job.
fn dynamic(job: &Job<'_>) -> usize {
    let matrix = job.matrix.as_ref().is_some_and(|matrix| match &matrix.expansion {
        Expansion::Exact(_) => false,
        Expansion::UpTo(_) | Expansion::Dynamic(_) => true,
    });
    let runner = job.steps().is_some()
        && job.known_legs().any(|leg| {
            job.runner(leg).is_some_and(|runner| runner.labels.is_none() && runner.group.is_none())
        });
    let steps = job.steps();
    let container =
        steps.and_then(|steps| steps.container.as_ref()).is_some_and(|given| is_dynamic(&given.value));
    let services =
        steps.and_then(|steps| steps.services.as_ref()).is_some_and(|given| is_dynamic(&given.value));
    let environment = steps.and_then(|steps| steps.environment.as_ref()?.name);
    let environment = environment.is_some_and(|name| is_dynamic(&name.value));
    [matrix, runner, container, services, environment].into_iter().filter(|is| *is).count()
}

const fn is_dynamic<T>(value: &Value<'_, T>) -> bool {
    matches!(value, Value::Expression(_))
}

/// An action or image of somebody else that the table has no row for.
fn foreign_step(target: &StepUses<'_>) -> Option<String> {
    match target {
        StepUses::Repository(repository) => unknown(repository.folded()),
        StepUses::Docker(image) => Some(image.text.to_owned()),
        StepUses::Workspace(_) | StepUses::SelfRepository(_) => None,
    }
}

fn foreign_call(target: &JobUses<'_>) -> Option<String> {
    match target {
        JobUses::Repository(repository) => unknown(repository.folded()),
        JobUses::Local(_) | JobUses::SelfRepository(_) => None,
    }
}

fn unknown(name: String) -> Option<String> {
    known(&name).is_none().then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};

    fn complexity(source: &str) -> Complexity {
        let document = read_workflow(source, &Limits::default());
        let workflow = Workflow::of(&document);
        Complexity::of_graph(&Graph::of(&workflow))
    }

    /// Jobs, edges, legs, expressions, foreign, dynamic.
    fn counts(source: &str) -> [usize; 6] {
        complexity(source).counts().map(|(_, count)| count)
    }

    #[test]
    fn what_is_counted() {
        let job = |rest: &str| format!("on: push\njobs:\n  a: {{runs-on: ubuntu-24.04, {rest}}}\n");
        let steps = |steps: &str| job(&format!("steps: [{steps}]"));
        for (source, expected) in [
            (steps("{run: make}"), [1, 0, 0, 0, 0, 0]),
            (steps("{run: 'x ${{ github.sha }} ${{ github.ref }}'}"), [1, 0, 0, 2, 0, 0]),
            (steps("{if: always(), run: x}, {if: '${{ always() }}', run: x}"), [1, 0, 0, 2, 0, 0]),
            (steps("{uses: actions/checkout@v4}, {uses: nobody/knows@v1}, {uses: Nobody/knows@v2}"), [1, 0, 0, 0, 1, 0]),
            (steps("{uses: 'docker://alpine:3'}, {uses: ./here}"), [1, 0, 0, 0, 1, 0]),
            (steps("{run: x}, {parallel: [{if: always(), run: x}, {uses: nobody/knows@v1}]}"), [1, 0, 0, 1, 1, 0]),
            (
                job("strategy: {matrix: {a: [1, 2, 3]}}, steps: [{run: x}]"),
                [1, 0, 2, 0, 0, 0],
            ),
            (
                job("strategy: {matrix: '${{ fromJSON(vars.m) }}'}, steps: [{run: x}]"),
                [1, 0, 0, 1, 0, 1],
            ),
            (
                job("environment: '${{ inputs.e }}', container: '${{ vars.c }}', steps: [{run: x}]"),
                [1, 0, 0, 2, 0, 2],
            ),
            (
                "on: push\njobs:\n  a: {runs-on: '${{ vars.r }}', steps: [{run: x}]}\n  b: {needs: a, uses: o/n/.github/workflows/x.yml@v1}\n  \
                 c: {needs: [a, b], uses: ./.github/workflows/x.yml}\n"
                    .to_owned(),
                [3, 3, 0, 1, 1, 1],
            ),
        ] {
            assert_eq!(counts(&source), expected, "{source}");
        }
    }

    #[test]
    fn bands_begin_where_they_say() {
        for band in Band::ALL {
            assert_eq!(Band::of(band.from()), band);
            assert!(band.from() == 0 || Band::of(band.from() - 1) < band);
        }
        assert!(Band::ALL.is_sorted_by_key(|band| band.from()));
    }

    #[test]
    fn weights_are_of_the_counts() {
        let names = Complexity::default().counts().map(|(name, _)| name);
        assert_eq!(names, Complexity::WEIGHTS.map(|(name, _)| name));
    }

    /// A job with any of what is counted.
    fn job() -> impl Strategy<Value = String> {
        let step = prop::sample::select(vec![
            "{run: make}",
            "{if: always(), run: x}",
            "{run: '${{ github.sha }}'}",
            "{uses: actions/checkout@v4}",
            "{uses: nobody/knows@v1}",
            "{uses: someone/else@v1}",
        ]);
        let matrix = prop::sample::select(vec![
            "",
            "strategy: {matrix: {a: [1, 2, 3, 4]}}, ",
            "strategy: {matrix: '${{ fromJSON(vars.m) }}'}, ",
        ]);
        let steps = prop::collection::vec(step, 1..8).prop_map(|steps| steps.join(", "));
        (matrix, steps).prop_map(|(matrix, steps)| format!("{matrix}runs-on: ubuntu-24.04, steps: [{steps}]"))
    }

    fn workflow(jobs: &[String]) -> String {
        let jobs = jobs.iter().enumerate().map(|(at, job)| {
            let needs = if at == 0 { String::new() } else { format!("needs: j{}, ", at - 1) };
            format!("  j{at}: {{{needs}{job}}}\n")
        });
        format!("on: push\njobs:\n{}", jobs.collect::<String>())
    }

    proptest! {
        #[test]
        fn another_job_never_makes_it_simpler(jobs in prop::collection::vec(job(), 2..12)) {
            let with = complexity(&workflow(&jobs));
            let without = complexity(&workflow(jobs.split_last().unwrap().1));
            prop_assert!(without.points() < with.points());
            prop_assert!(without.band() <= with.band());
            let pairs = without.counts().into_iter().zip(with.counts());
            prop_assert!(pairs.into_iter().all(|((_, fewer), (_, more))| fewer <= more));
        }
    }
}
