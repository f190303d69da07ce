//! Which jobs come before which.

use std::collections::HashMap;

use super::job::{Job, JobId};
use crate::expression::folded;
use crate::model;

/// The jobs that each waits for, in the order of its `needs`. Jobs that are not there are left out.
pub(super) fn all(jobs: &[model::Job<'_>]) -> Vec<Vec<JobId>> {
    let mut needs = vec![Vec::new(); jobs.len()];
    if jobs.iter().all(|job| job.needs.is_empty()) {
        return needs;
    }
    let names: HashMap<String, u32> = jobs.iter().map(|job| folded(job.id.value)).zip(0..).collect();
    for (job, own) in jobs.iter().zip(&mut needs) {
        for name in &job.needs {
            let Some(id) = names.get(&folded(name.value)).map(|id| JobId(*id)) else { continue };
            if !own.contains(&id) {
                own.push(id);
            }
        }
    }
    needs
}

/// All jobs that are reached from one, in the order of the source. A cycle ends where it begins: GitHub refuses it, and the
/// model says so.
pub(super) fn reach(jobs: &[Job<'_>], from: JobId) -> Vec<JobId> {
    let mut seen = vec![false; jobs.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for id in jobs.get(at.index()).map(|job| job.needs.as_slice()).unwrap_or_default() {
            if let Some(seen) = seen.get_mut(id.index()).filter(|seen| !**seen) {
                *seen = true;
                open.push(*id);
            }
        }
    }
    (0..).zip(&seen).filter(|(_, seen)| **seen).map(|(at, _)| JobId(at)).collect()
}
