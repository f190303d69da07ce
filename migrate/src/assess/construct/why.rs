//! Why all parts of a job share what becomes of it.

use std::collections::HashMap;

use crate::assess::reason::{Reason, Scope};
use crate::assess::rule::Meta;
use crate::assess::verdict::Verdict;

/// The first reasons why something stays: of the workflow, and of each job; and why nobody can tell what a job runs on.
pub(super) struct Why {
    workflow: Option<&'static Meta>,
    jobs: HashMap<usize, &'static Meta>,
    legs: HashMap<usize, &'static Meta>,
    unknown: HashMap<usize, &'static Meta>,
}

impl Why {
    pub(super) fn of(reasons: &[Reason]) -> Self {
        let mut why =
            Self { workflow: None, jobs: HashMap::new(), legs: HashMap::new(), unknown: HashMap::new() };
        for reason in reasons {
            match (reason.rule.outcome, &reason.scope) {
                (Verdict::Keep, Scope::Workflow) => _ = why.workflow.get_or_insert(reason.rule),
                (Verdict::Keep, Scope::Job(job)) => _ = why.jobs.entry(*job).or_insert(reason.rule),
                // Another leg may stay for another reason: it tells of all legs only where nothing else does.
                (Verdict::Keep, Scope::Leg(job, _) | Scope::Legs(job, _)) => {
                    why.legs.entry(*job).or_insert(reason.rule);
                }
                // What it runs on is all that is asked of single legs.
                (Verdict::Undetermined, Scope::Leg(job, _)) => {
                    why.unknown.entry(*job).or_insert(reason.rule);
                }
                _ => {}
            }
        }
        why
    }

    /// Why all parts of a job share what becomes of it, whose best leg has this verdict.
    pub(super) fn job(&self, job: usize, best: Verdict) -> Option<&'static Meta> {
        match best {
            Verdict::Keep => {
                self.workflow.or_else(|| self.jobs.get(&job).or_else(|| self.legs.get(&job)).copied())
            }
            Verdict::Undetermined => self.unknown.get(&job).copied(),
            _ => None,
        }
    }
}
