//! What becomes of workflows when they move to Argo: a verdict for each leg of each job, and the reasons it rests on.
//!
//! ```
//! use towpath_migrate::assess::{Assessment, Profile, Verdict, WorkflowSight};
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
//! let (actions, profile) = (Actions::of(&loaded), Profile::default());
//! let assessment = Assessment::of(&WorkflowSight::new(&family, &actions, &profile));
//! let verdicts: Vec<_> = assessment.legs.iter().map(|leg| leg.verdict).collect();
//! assert_eq!(verdicts, [Verdict::Keep, Verdict::Automatic]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The design is in docs/decisions/0011.

mod allow;
mod brought;
mod by_leg;
mod candidate;
mod complexity;
mod construct;
mod dead;
mod effort;
mod facts;
pub mod health;
mod history;
mod kept;
mod known;
mod legs;
mod mark;
mod mask;
mod name_set;
mod needles;
mod own_path;
mod profile;
mod reason;
mod risk;
mod roadmap;
mod rule;
pub mod rules;
mod script_sight;
mod seen;
mod sheet;
mod sight;
#[cfg(test)]
mod tests;
mod tools;
mod triggers;
mod unlock;
mod verdict;
mod way;

#[cfg(test)]
pub(crate) use triggers::is_githubs;

use std::sync::Arc;

use indexmap::IndexSet;

pub use allow::Allow;
pub use brought::Brought;
pub use by_leg::LegVerdict;
pub use candidate::{Candidate, Prospect, Stay};
pub use complexity::{Band, Complexity};
pub use construct::{By, Fate, Fates, Fidelities};
pub use dead::{Dead, Sign, Versions, WITHDRAWN, Why, Withdrawn};
pub use effort::{Effort, PRICES, Price, RuleEffort, moving};
pub use facts::Facts;
pub use health::{Deduction, Health, health};
pub use history::{History, HistoryError, RETIRED_AFTER, Ran, Reach, Tally};
pub use known::{ACTIONS, Known, known};
pub use legs::SomeLegs;
pub use mark::{Elsewhere, Fingerprint, Mark};
pub use mask::masked;
pub use name_set::NameSet;
pub use profile::{Profile, Said};
pub use reason::{Found, Reason, Scope};
pub use risk::Risk;
pub use roadmap::{Phase, PhaseKind, Roadmap};
pub use rule::{Meta, Rule};
pub use sheet::{Blocker, Cited, Sheet};
pub use sight::{FileAt, JobSight, LegSight, Spot, StepSight, UsedSight, WorkflowSight, entries};
pub use unlock::{Unlock, unlock};
pub use verdict::{Rolled, Verdict};
pub use way::Ways;

use self::kept::needs_kept;
use self::legs::{Legs, runs_nowhere};
use self::seen::Seen;
use crate::graph::RunJob;

/// What becomes of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The legs of all jobs of a run; none where the file is broken or a template.
    pub legs: Vec<AssessedLeg>,
    /// Everything that was found, in the order of jobs and rules; behind it what no rule looks at.
    pub reasons: Vec<Reason>,
    /// What becomes of all of it.
    pub rolled: Rolled,
    /// What becomes of each construct of the file.
    pub fates: Fates,
}

/// What becomes of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessedLeg {
    /// Its job, by its place in [`Family::jobs`](crate::graph::Family::jobs).
    pub job: usize,
    /// Its place in the matrix, of a called job behind those of the callers' legs before; 0 where there is only one.
    pub leg: usize,
    /// What becomes of it.
    pub verdict: Verdict,
}

impl Assessment {
    /// Assesses a workflow with all that it calls.
    #[must_use]
    pub fn of(workflow: &WorkflowSight<'_>) -> Self {
        let mut reasons = IndexSet::new();
        for rule in rules::ALL {
            rule.workflow(workflow, &mut Found::new(rule.meta(), Scope::Workflow, None, &mut reasons));
        }
        if let Some(whole) = whole(&reasons) {
            return Self::whole(workflow, whole, reasons);
        }
        let mut seen = Seen::default();
        for (at, run) in workflow.jobs.iter().enumerate() {
            look_at_job(workflow, at, run, &mut reasons, &mut seen);
        }
        let seen = seen.sorted(workflow.family.root().map(|root| root.workflow.document));
        let mut reasons: Vec<_> = reasons.into_iter().filter_map(|reason| seen.limited(reason)).collect();
        let (legs, _) = decided(workflow, &reasons, &seen);
        let kept = needs_kept(workflow, &legs).into_iter();
        reasons.extend(kept.filter(|reason| !seen.is_idle(&reason.scope)));
        let (legs, rolled) = decided(workflow, &reasons, &seen);
        let fates = Fates::of(workflow, &reasons, &seen, &legs, rolled);
        // They ask for somebody and nothing stays for them, so the fates are as before.
        let untold = fates.untold(workflow, &reasons, &seen);
        let is_told = untold.is_empty();
        reasons.extend(untold);
        let (legs, rolled) = if is_told { (legs, rolled) } else { decided(workflow, &reasons, &seen) };
        Self { legs, reasons, rolled, fates }
    }

    /// Of a file whose jobs nobody has to look at.
    fn whole(workflow: &WorkflowSight<'_>, verdict: Verdict, reasons: IndexSet<Reason>) -> Self {
        let reasons: Vec<_> = reasons.into_iter().filter(|reason| reason.rule.outcome == verdict).collect();
        let (legs, rolled) = (Vec::new(), Rolled::Whole(verdict));
        let fates = Fates::of(workflow, &reasons, &Seen::default(), &legs, rolled);
        Self { legs, reasons, rolled, fates }
    }
}

/// What becomes of legs, and of all together. Those that never run count for nothing, unless there are no others.
fn decided(workflow: &WorkflowSight<'_>, reasons: &[Reason], seen: &Seen) -> (Vec<AssessedLeg>, Rolled) {
    let mut legs = Worst::of(workflow, reasons).legs();
    if legs.iter().any(|leg| seen.runs(leg.job, leg.leg)) {
        legs.retain(|leg| seen.runs(leg.job, leg.leg));
    }
    // A workflow without a job is refused, so there is a leg.
    let rolled = Rolled::of(legs.iter().map(|leg| leg.verdict)).unwrap_or(Rolled::Whole(Verdict::Broken));
    (legs, rolled)
}

/// The verdict of a file that nobody has to look at the jobs of.
fn whole(reasons: &IndexSet<Reason>) -> Option<Verdict> {
    let worst = reasons.iter().map(|reason| reason.rule.outcome).min();
    worst.filter(|worst| matches!(worst, Verdict::Broken | Verdict::Template))
}

fn look_at_job(
    workflow: &WorkflowSight<'_>,
    at: usize,
    run: &RunJob,
    reasons: &mut IndexSet<Reason>,
    seen: &mut Seen,
) {
    let Some(job) = workflow.family.graphs.get(run.file).and_then(|graph| graph.job(run.job)) else { return };
    let sight = JobSight { workflow, run, job };
    let call = sight.call_spot();
    // What callers give may tell what it runs on, and whether it runs.
    let all: Vec<_> = workflow.family.as_called(run).collect();
    let legs = Legs::of(&all, &workflow.conditions_left);
    let running = legs.running();
    if runs_nowhere(&running) || workflow.is_reached_never(run) {
        return seen.never(workflow, at, run);
    }
    seen.job(at, &running);
    let scope = scope_of(at, &running);
    for rule in rules::ALL {
        rule.job(&sight, &mut Found::new(rule.meta(), scope.clone(), call, reasons));
    }
    let mut place = 0;
    for called in &all {
        let sight = JobSight { workflow, run, job: called };
        for leg in called.known_legs() {
            let leg = LegSight { job: &sight, leg, runner: called.runner(leg) };
            let is_run = running.as_ref().is_none_or(|running| running.binary_search(&place).is_ok());
            for rule in rules::ALL.iter().filter(|_| is_run) {
                rule.leg(&leg, &mut Found::new(rule.meta(), Scope::Leg(at, place), call, reasons));
            }
            place += 1;
        }
    }
    sight.steps_in(&legs, &mut |step| {
        seen.look(at, step);
        if step.never_runs() {
            return;
        }
        let asked = call.or_else(|| step.asked_spot());
        let scope = scope_of(at, &step.legs);
        for rule in rules::ALL {
            rule.step(step, &mut Found::new(rule.meta(), scope.clone(), asked, reasons));
        }
    });
}

/// All legs of a job, or some.
fn scope_of(job: usize, legs: &SomeLegs) -> Scope {
    legs.as_ref().map_or(Scope::Job(job), |legs| Scope::Legs(job, Arc::clone(legs)))
}

/// The worst that was found: of the whole workflow, of each job, and of each of its legs.
struct Worst {
    workflow: Verdict,
    jobs: Vec<(Verdict, Vec<Verdict>)>,
}

impl Worst {
    fn of(workflow: &WorkflowSight<'_>, reasons: &[Reason]) -> Self {
        let best = Verdict::Automatic;
        let jobs = workflow.jobs.iter().map(|run| (best, vec![best; workflow.legs_of(run)]));
        let mut worst = Self { workflow: best, jobs: jobs.collect() };
        for reason in reasons {
            let outcome = reason.rule.outcome;
            let mut of_leg = |job: usize, leg: usize| {
                let legs = worst.jobs.get_mut(job).map(|(_, legs)| legs);
                legs.and_then(|legs| legs.get_mut(leg)).into_iter().for_each(|at| *at = outcome.min(*at));
            };
            match &reason.scope {
                Scope::Workflow => worst.workflow = outcome.min(worst.workflow),
                Scope::Job(job) => {
                    worst.jobs.get_mut(*job).into_iter().for_each(|(all, _)| *all = outcome.min(*all));
                }
                Scope::Leg(job, leg) => of_leg(*job, *leg),
                Scope::Legs(job, legs) => legs.iter().for_each(|leg| of_leg(*job, *leg)),
            }
        }
        worst
    }

    /// Each leg with the worst that counts for it.
    fn legs(&self) -> Vec<AssessedLeg> {
        let of_job = |(job, (all, legs)): (usize, &(Verdict, Vec<Verdict>))| {
            let all = self.workflow.min(*all);
            let leg =
                |(leg, verdict): (usize, &Verdict)| AssessedLeg { job, leg, verdict: all.min(*verdict) };
            legs.iter().enumerate().map(leg).collect::<Vec<_>>()
        };
        self.jobs.iter().enumerate().flat_map(of_job).collect()
    }
}
