//! What becomes of workflows when they move to Argo: a verdict for each leg of each job, and the reasons it rests on.
//!
//! ```
//! use towpath_migrate::assess::{Assessment, Profile, Verdict};
//! use towpath_migrate::graph::{ActionBundle, Actions, Family};
//! use towpath_migrate::model::call::{Bundle, Program, Reference, Rules};
//! use towpath_migrate::read::{Limits, read_workflow};
//!
//! let source = "on: push\njobs: {a: {runs-on: macos-15, steps: [{run: make}]}, b: {runs-on: ubuntu-24.04, steps: [{run: make}]}}\n";
//! let document = read_workflow(source, &Limits::default());
//! let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), document);
//! let program = Program::of(&bundle, &Rules::default());
//! let family = Family::of(&program);
//! let loaded = ActionBundle::load(&family, &(), &Limits::default());
//! let assessment = Assessment::of(&family, &Actions::of(&loaded), &Profile::default());
//! let verdicts: Vec<_> = assessment.legs.iter().map(|leg| leg.verdict).collect();
//! assert_eq!(verdicts, [Verdict::Keep, Verdict::Automatic]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The design is in docs/decisions/0011.

mod facts;
mod fidelity;
mod known;
mod profile;
mod reason;
mod rule;
pub mod rules;
mod script_sight;
mod sheet;
mod sight;
mod tools;
mod triggers;
mod unlock;
mod verdict;

use std::collections::HashSet;

pub use facts::Facts;
pub use fidelity::Fidelity;
pub use known::{ACTIONS, Becomes, Known, known};
pub use profile::Profile;
pub use reason::{Found, Reason, Scope};
pub use rule::{Meta, Rule};
pub use sheet::{Blocker, Cited, Sheet};
pub use sight::{FileAt, JobSight, LegSight, Past, Spot, StepSight, UsedSight, WorkflowSight, entries};
pub use unlock::{Unlock, unlock};
pub use verdict::{Rolled, Verdict};

use crate::graph::matrix::Leg;
use crate::graph::{Actions, Family, RunJob};
use crate::model::placeholders;

/// What becomes of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The legs of all jobs of a run; none where the file is broken or a template.
    pub legs: Vec<AssessedLeg>,
    /// Everything that was found, in the order of jobs and rules.
    pub reasons: Vec<Reason>,
    /// What becomes of all of it.
    pub rolled: Rolled,
}

/// What becomes of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessedLeg {
    /// Its job, by its place in [`Family::jobs`].
    pub job: usize,
    /// Its place in the matrix; 0 where there is none.
    pub leg: usize,
    /// What becomes of it.
    pub verdict: Verdict,
}

impl Assessment {
    /// Assesses a workflow with all that it calls.
    #[must_use]
    pub fn of<'d>(family: &'d Family<'d>, actions: &'d Actions<'d>, profile: &Profile) -> Self {
        if let Some(whole) = whole(family) {
            return Self::whole(whole);
        }
        let (flows, jobs) = (family.flows(), family.jobs());
        let workflow = WorkflowSight { family, actions, flows: &flows, jobs: &jobs, profile };
        let mut reasons = Vec::new();
        for rule in rules::ALL {
            rule.workflow(&workflow, &mut Found::new(rule.meta(), Scope::Workflow, &mut reasons));
        }
        for (at, run) in jobs.iter().enumerate() {
            look_at_job(&workflow, at, run, &mut reasons);
        }
        let legs: Vec<_> =
            jobs.iter().enumerate().flat_map(|(at, run)| legs(family, at, run, &reasons)).collect();
        // A workflow without a job is refused, so there is a leg.
        let rolled = Rolled::of(legs.iter().map(|leg| leg.verdict)).unwrap_or(Rolled::Whole(Verdict::Broken));
        Self { legs, reasons, rolled }
    }

    /// Of a file whose jobs nobody has to look at.
    #[must_use]
    pub const fn whole(verdict: Verdict) -> Self {
        Self { legs: Vec::new(), reasons: Vec::new(), rolled: Rolled::Whole(verdict) }
    }

    /// How many different things somebody has to change before the legs can move that only wait for that.
    #[must_use]
    pub fn edits(&self) -> usize {
        let edits = self.reasons.iter().filter(|reason| reason.rule.outcome == Verdict::Edits);
        edits.map(|reason| (reason.rule.id, reason.target.as_str())).collect::<HashSet<_>>().len()
    }

    /// The reasons that decide a leg: those whose outcome is its verdict.
    pub fn deciding(&self, leg: AssessedLeg) -> impl Iterator<Item = &Reason> {
        let AssessedLeg { job, leg, verdict } = leg;
        self.reasons
            .iter()
            .filter(move |reason| reason.rule.outcome == verdict && reason.scope.covers(job, leg))
    }
}

/// The verdict of a file that nobody has to look at the jobs of.
fn whole(family: &Family<'_>) -> Option<Verdict> {
    let workflow = family.root()?.workflow;
    if placeholders(workflow.document).next().is_some() {
        return Some(Verdict::Template);
    }
    workflow.all_problems().next().map(|_| Verdict::Broken)
}

fn look_at_job(workflow: &WorkflowSight<'_>, at: usize, run: &RunJob, reasons: &mut Vec<Reason>) {
    let Some(job) = workflow.family.graphs.get(run.file).and_then(|graph| graph.job(run.job)) else { return };
    let sight = JobSight { workflow, run, job };
    for rule in rules::ALL {
        rule.job(&sight, &mut Found::new(rule.meta(), Scope::Job(at), reasons));
    }
    for (place, leg) in known_legs(job.legs()).enumerate() {
        let leg = LegSight { job: &sight, leg, runner: job.runner(leg) };
        for rule in rules::ALL {
            rule.leg(&leg, &mut Found::new(rule.meta(), Scope::Leg(at, place), reasons));
        }
    }
    sight.steps(&mut |step| {
        for rule in rules::ALL {
            rule.step(step, &mut Found::new(rule.meta(), Scope::Job(at), reasons));
        }
    });
}

/// The legs that are known, or one of which nothing is.
fn known_legs(legs: &[Leg]) -> impl Iterator<Item = Option<&Leg>> {
    let alone = legs.is_empty().then_some(None);
    legs.iter().map(Some).chain(alone)
}

fn legs(family: &Family<'_>, at: usize, run: &RunJob, reasons: &[Reason]) -> Vec<AssessedLeg> {
    let job = family.graphs.get(run.file).and_then(|graph| graph.job(run.job));
    let count = job.map_or(1, |job| job.legs().len().max(1));
    let verdict = |leg| {
        let outcomes =
            reasons.iter().filter(|reason| reason.scope.covers(at, leg)).map(|reason| reason.rule.outcome);
        outcomes.min().unwrap_or(Verdict::Automatic)
    };
    (0..count).map(|leg| AssessedLeg { job: at, leg, verdict: verdict(leg) }).collect()
}
