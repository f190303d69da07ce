//! Which jobs come before which.

use std::collections::HashMap;

use super::job::JobId;
use crate::expression::folded;
use crate::model;

/// What comes before a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// The jobs of its `needs`, in the order of the source. Jobs that are not there are left out.
    pub(super) direct: Vec<JobId>,
    /// These and all before them, in the order of the source.
    pub(super) all: Vec<JobId>,
}

/// What comes before each job. A cycle ends where it begins: GitHub refuses it, and the model says so.
pub(super) fn all(jobs: &[model::Job<'_>]) -> Vec<Needs> {
    let mut needs: Vec<Needs> = vec![Needs::default(); jobs.len()];
    if jobs.iter().all(|job| job.needs.is_empty()) {
        return needs;
    }
    let names: HashMap<String, u32> = jobs.iter().map(|job| folded(job.id.value)).zip(0..).collect();
    for (job, own) in jobs.iter().zip(&mut needs) {
        for name in &job.needs {
            let Some(id) = names.get(&folded(name.value)).map(|id| JobId(*id)) else { continue };
            if !own.direct.contains(&id) {
                own.direct.push(id);
            }
        }
    }
    for at in 0..needs.len() {
        let reached = reach(&needs, at);
        if let Some(own) = needs.get_mut(at) {
            own.all = reached;
        }
    }
    needs
}

/// All jobs that are reached from one.
fn reach(needs: &[Needs], from: usize) -> Vec<JobId> {
    let mut seen = vec![false; needs.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for id in needs.get(at).map(|needs| needs.direct.as_slice()).unwrap_or_default() {
            if let Some(seen) = seen.get_mut(id.index()).filter(|seen| !**seen) {
                *seen = true;
                open.push(id.index());
            }
        }
    }
    (0..).zip(&seen).filter(|(_, seen)| **seen).map(|(at, _)| JobId(at)).collect()
}
