//! Whether each job can start (runner: the end of `ConvertToJobs`).

use std::collections::{HashMap, HashSet};

use super::convert::{Converter, did_you_mean};
use super::job::Job;
use super::value::Name;
use crate::expression::folded;
use crate::read::TokenId;

const NO_JOB: &str = "add a job: its name, and below it runs-on and steps";

/// Refuses jobs that wait for themselves or for nobody.
pub(super) fn check<'d>(converter: &mut Converter<'d>, token: TokenId, jobs: &[Job<'d>]) {
    if !jobs.is_empty() && jobs.iter().all(|job| job.needs.is_empty()) {
        return;
    }
    let names: Vec<_> = jobs.iter().map(|job| folded(job.id.value)).collect();
    let left: Vec<HashSet<String>> =
        jobs.iter().map(|job| job.needs.iter().map(|need| folded(need.value)).collect()).collect();
    if left.iter().all(|left| !left.is_empty()) {
        converter.refuse(token, "The workflow must contain at least one job with no dependencies.");
        converter.hint(if jobs.is_empty() { NO_JOB } else { "take the needs of one job away" });
        return;
    }
    let left = after_all_that_can_run(&names, left);
    let known: HashSet<_> = names.iter().map(String::as_str).collect();
    for (job, left) in jobs.iter().zip(left) {
        for need in job.needs.iter().filter(|need| left.contains(&folded(need.value))) {
            refuse(converter, job, *need, known.contains(folded(need.value).as_str()), jobs);
        }
    }
}

/// What each job still waits for when all have run that can.
fn after_all_that_can_run(names: &[String], mut left: Vec<HashSet<String>>) -> Vec<HashSet<String>> {
    let mut waits_for: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, left) in left.iter().enumerate() {
        for need in left {
            waits_for.entry(need.clone()).or_default().push(at);
        }
    }
    let mut ready: Vec<_> = (0..).zip(&left).filter(|(_, left)| left.is_empty()).map(|(at, _)| at).collect();
    while let Some(name) = ready.pop().and_then(|at: usize| names.get(at)) {
        for at in waits_for.remove(name).unwrap_or_default() {
            let Some(left) = left.get_mut(at) else { continue };
            left.remove(name);
            if left.is_empty() {
                ready.push(at);
            }
        }
    }
    left
}

fn refuse<'d>(
    converter: &mut Converter<'d>,
    job: &Job<'d>,
    need: Name<'d>,
    is_known: bool,
    jobs: &[Job<'d>],
) {
    let what = if is_known {
        format!("depends on job '{}' which creates a cycle in the dependency graph.", need.value)
    } else {
        format!("depends on unknown job '{}'.", need.value)
    };
    converter.refuse(need.token, format!("Job '{}' {what}", job.id.value));
    converter.hint(hint(need.value, is_known, jobs));
}

fn hint(need: &str, is_known: bool, jobs: &[Job<'_>]) -> String {
    if is_known {
        return "take one of the needs out of the circle".to_owned();
    }
    did_you_mean(need, jobs.iter().map(|job| job.id.value))
        .unwrap_or_else(|| "name the id of a job of this file".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};

    #[test]
    fn where_no_job_can_start_the_hint_says_what_is_missing() {
        for (jobs, hint) in [
            ("{}", super::NO_JOB),
            ("{a: {needs: a, runs-on: x, steps: [{run: x}]}}", "take the needs of one job away"),
        ] {
            let document = read_workflow(format!("on: push\njobs: {jobs}\n"), &Limits::default());
            let problems = Workflow::of(&document).problems;
            let [problem] = &problems[..] else { panic!("{jobs}: {problems:?}") };
            assert_eq!(problem.message, "The workflow must contain at least one job with no dependencies.");
            assert_eq!(problem.hint.as_deref(), Some(hint), "{jobs}");
        }
    }
}
