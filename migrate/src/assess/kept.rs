//! Jobs that can move, and need jobs that stay.

use std::collections::HashSet;

use super::AssessedLeg;
use super::reason::{Reason, Scope};
use super::rules::NEEDS_KEPT;
use super::sight::WorkflowSight;
use super::verdict::Verdict;
use crate::graph::{JobId, RunJob};

/// A job with the calls that lead to it, the outermost first: file and job.
type Way = Vec<(usize, JobId)>;

/// A reason for each job of the run of which a leg can move, and that needs one, itself or by a call that leads to it, of which a
/// leg stays.
pub(super) fn needs_kept(workflow: &WorkflowSight<'_>, legs: &[AssessedLeg]) -> Vec<Reason> {
    let with = |is_meant: fn(Verdict) -> bool| -> HashSet<usize> {
        legs.iter().filter(|leg| is_meant(leg.verdict)).map(|leg| leg.job).collect()
    };
    let (staying, others) =
        (with(|verdict| verdict == Verdict::Keep), with(|verdict| verdict != Verdict::Keep));
    if staying.is_empty() || others.is_empty() {
        return Vec::new();
    }
    let stays: HashSet<Way> = runs(workflow, &staying).flat_map(|(_, run)| prefixes(&way(run))).collect();
    let mut reasons = Vec::new();
    for (at, run) in runs(workflow, &others) {
        for level in prefixes(&way(run)) {
            reasons.extend(of_level(workflow, at, &level, &stays));
        }
    }
    reasons
}

/// Jobs of the run that are among these.
fn runs<'w>(
    workflow: &'w WorkflowSight<'_>,
    jobs: &'w HashSet<usize>,
) -> impl Iterator<Item = (usize, &'w RunJob)> {
    workflow.jobs.iter().enumerate().filter(|(at, _)| jobs.contains(at))
}

fn way(run: &RunJob) -> Way {
    run.way.iter().copied().chain([(run.file, run.job)]).collect()
}

/// A job, and the calls that lead to it, each with those before it.
fn prefixes(way: &Way) -> Vec<Way> {
    (1..=way.len()).filter_map(|length| way.get(..length)).map(<[_]>::to_vec).collect()
}

/// The reasons that one job or call on the way to a job gives.
fn of_level(workflow: &WorkflowSight<'_>, at: usize, level: &Way, stays: &HashSet<Way>) -> Vec<Reason> {
    let Some(((file, job), outer)) = level.split_last() else { return Vec::new() };
    let graph = workflow.family.graphs.get(*file);
    let Some((graph, job)) = graph.and_then(|graph| Some((graph, graph.job(*job)?))) else {
        return Vec::new();
    };
    let asked = workflow.call_spot(outer);
    let mut reasons = Vec::new();
    for need in &job.needs {
        let needed: Way = outer.iter().copied().chain([(*file, *need)]).collect();
        let Some(id) = graph.job(*need).map(|job| job.model.id.value).filter(|_| stays.contains(&needed))
        else {
            continue;
        };
        let named = job.model.needs.iter().find(|name| name.value.eq_ignore_ascii_case(id));
        let spot = workflow.spot_in(*file, named.map_or(job.model.id.token, |name| name.token));
        let target = id.to_owned();
        reasons.push(Reason { rule: NEEDS_KEPT, scope: Scope::Job(at), spot, asked, target });
    }
    reasons
}
