//! Whether each job can start (runner: the end of `ConvertToJobs`).

use std::collections::{HashMap, HashSet, VecDeque};

use super::convert::{Converter, did_you_mean};
use super::job::Job;
use super::value::Name;
use crate::expression::folded;
use crate::read::TokenId;

/// A job that waits, and for what.
struct Waiting<'d> {
    job: usize,
    left: Vec<Name<'d>>,
}

/// Refuses jobs that wait for themselves or for nobody.
pub(super) fn check<'d>(converter: &mut Converter<'d>, token: TokenId, jobs: &[Job<'d>]) {
    if !jobs.is_empty() && jobs.iter().all(|job| job.needs.is_empty()) {
        return;
    }
    let names: Vec<_> = jobs.iter().map(|job| folded(job.id.value)).collect();
    let mut ready: VecDeque<_> =
        (0..jobs.len()).filter(|at| jobs.get(*at).is_some_and(|job| job.needs.is_empty())).collect();
    if ready.is_empty() {
        converter.refuse(token, "The workflow must contain at least one job with no dependencies.");
        converter.hint("take the needs of one job away");
        return;
    }
    let mut waiting: HashMap<usize, Waiting<'d>> = HashMap::new();
    let mut waits_for: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, job) in jobs.iter().enumerate().filter(|(_, job)| !job.needs.is_empty()) {
        for need in &job.needs {
            waits_for.entry(folded(need.value)).or_default().push(at);
        }
        waiting.insert(at, Waiting { job: at, left: job.needs.clone() });
    }
    while let Some(name) = ready.pop_front().and_then(|at| names.get(at)) {
        for at in waits_for.remove(name).unwrap_or_default() {
            let Some(unsatisfied) = waiting.get_mut(&at) else { continue };
            unsatisfied.left.retain(|need| folded(need.value) != *name);
            if unsatisfied.left.is_empty() {
                waiting.remove(&at);
                ready.push_back(at);
            }
        }
    }
    let mut never: Vec<_> = waiting.into_values().collect();
    never.sort_unstable_by_key(|unsatisfied| unsatisfied.job);
    let known: HashSet<_> = names.iter().map(String::as_str).collect();
    for Waiting { job, left } in never {
        let Some(job) = jobs.get(job) else { continue };
        for need in left {
            let is_known = known.contains(folded(need.value).as_str());
            let what = if is_known {
                format!("depends on job '{}' which creates a cycle in the dependency graph.", need.value)
            } else {
                format!("depends on unknown job '{}'.", need.value)
            };
            converter.refuse(need.token, format!("Job '{}' {what}", job.id.value));
            converter.hint(hint(need.value, is_known, jobs));
        }
    }
}

fn hint(need: &str, is_known: bool, jobs: &[Job<'_>]) -> String {
    if is_known {
        return "take one of the needs out of the circle".to_owned();
    }
    did_you_mean(need, jobs.iter().map(|job| job.id.value))
        .unwrap_or_else(|| "name the id of a job of this file".to_owned())
}
