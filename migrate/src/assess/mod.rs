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
mod candidate;
mod complexity;
mod construct;
mod dead;
mod effort;
mod facts;
pub mod health;
mod history;
mod known;
mod mark;
mod mask;
mod plain_use;
mod profile;
mod reason;
mod risk;
mod roadmap;
mod rule;
pub mod rules;
mod script_sight;
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

use std::collections::HashSet;

use indexmap::IndexSet;

pub use allow::Allow;
pub use brought::Brought;
pub use candidate::{Candidate, Prospect, Stay};
pub use complexity::{Band, Complexity};
pub use construct::{By, Fate, Fates, Fidelities};
pub use dead::{Dead, Sign, Versions, WITHDRAWN, Why, Withdrawn};
pub use effort::{Effort, PRICES, Price, RuleEffort, moving};
pub use facts::Facts;
pub use health::{Deduction, Health, health};
pub use history::{History, HistoryError, RETIRED_AFTER, Ran, Reach, Tally};
pub use known::{ACTIONS, Known, known};
pub use mark::{Fingerprint, Mark};
pub use mask::masked;
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

use crate::graph::RunJob;

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
    /// Its job, by its place in [`Family::jobs`](crate::graph::Family::jobs).
    pub job: usize,
    /// Its place in the matrix; 0 where there is none.
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
            rule.workflow(workflow, &mut Found::new(rule.meta(), Scope::Workflow, &mut reasons));
        }
        if let Some(whole) = whole(&reasons) {
            return Self::whole(whole, reasons);
        }
        for (at, run) in workflow.jobs.iter().enumerate() {
            look_at_job(workflow, at, run, &mut reasons);
        }
        let reasons: Vec<_> = reasons.into_iter().collect();
        let legs = Worst::of(workflow, &reasons).legs();
        // A workflow without a job is refused, so there is a leg.
        let rolled = Rolled::of(legs.iter().map(|leg| leg.verdict)).unwrap_or(Rolled::Whole(Verdict::Broken));
        Self { legs, reasons, rolled }
    }

    /// Of a file whose jobs nobody has to look at.
    fn whole(verdict: Verdict, reasons: IndexSet<Reason>) -> Self {
        let reasons = reasons.into_iter().filter(|reason| reason.rule.outcome == verdict);
        Self { legs: Vec::new(), reasons: reasons.collect(), rolled: Rolled::Whole(verdict) }
    }

    /// How many different things somebody has to change before the legs can move that only wait for that.
    #[must_use]
    pub fn edits(&self) -> usize {
        let edits = self.reasons.iter().filter(|reason| reason.rule.outcome == Verdict::Edits);
        edits.map(|reason| (reason.rule.id, reason.target.as_str())).collect::<HashSet<_>>().len()
    }
}

/// The verdict of a file that nobody has to look at the jobs of.
fn whole(reasons: &IndexSet<Reason>) -> Option<Verdict> {
    let worst = reasons.iter().map(|reason| reason.rule.outcome).min();
    worst.filter(|worst| matches!(worst, Verdict::Broken | Verdict::Template))
}

fn look_at_job(workflow: &WorkflowSight<'_>, at: usize, run: &RunJob, reasons: &mut IndexSet<Reason>) {
    let Some(job) = workflow.family.graphs.get(run.file).and_then(|graph| graph.job(run.job)) else { return };
    let sight = JobSight { workflow, run, job };
    for rule in rules::ALL {
        rule.job(&sight, &mut Found::new(rule.meta(), Scope::Job(at), reasons));
    }
    for (place, leg) in job.known_legs().enumerate() {
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
            let at = match reason.scope {
                Scope::Workflow => Some(&mut worst.workflow),
                Scope::Job(job) => worst.jobs.get_mut(job).map(|(all, _)| all),
                Scope::Leg(job, leg) => worst.jobs.get_mut(job).and_then(|(_, legs)| legs.get_mut(leg)),
            };
            at.into_iter().for_each(|at| *at = reason.rule.outcome.min(*at));
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
