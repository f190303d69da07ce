//! Which leg has which verdict, where they differ.

use super::AssessedLeg;
use super::mask::masked;
use super::sight::WorkflowSight;
use super::verdict::Verdict;
use crate::graph::RunJob;

/// How many are told of a workflow. A file may make thousands.
const MAX_TOLD: usize = 1000;

/// A leg with its verdict, by the name of its check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegVerdict {
    /// The name that GitHub shows, as far as it is known.
    pub name: Box<str>,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// Each leg; none where all become the same.
pub(super) fn by_leg(workflow: &WorkflowSight<'_>, legs: &[AssessedLeg]) -> Vec<LegVerdict> {
    let first = legs.first().map(|leg| leg.verdict);
    if legs.iter().all(|leg| Some(leg.verdict) == first) {
        return Vec::new();
    }
    let told = legs.iter().take(MAX_TOLD).filter_map(|leg| {
        let run = workflow.jobs.get(leg.job)?;
        let name = name(run, leg.leg, workflow.legs_of(run));
        Some(LegVerdict { name: masked(&name).into(), verdict: leg.verdict })
    });
    told.collect()
}

/// The name of a leg of a job with so many.
fn name(run: &RunJob, leg: usize, count: usize) -> String {
    let of_leg = run.checks.get(leg).filter(|_| run.checks.len() == count);
    match (of_leg, run.checks.first()) {
        (Some(check), _) => check.text.clone(),
        (None, Some(check)) => format!("{} #{}", check.text, leg + 1),
        (None, None) => format!("#{}", leg + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sheet_of;

    /// The legs that are told of jobs.
    fn told(jobs: &str) -> Vec<(String, &'static str)> {
        let sheet = sheet_of(&format!("on: push\njobs:\n{jobs}"), "ci.yml", ".");
        sheet.by_leg.iter().map(|leg| (leg.name.to_string(), leg.verdict.name())).collect()
    }

    #[test]
    fn legs_that_become_different_things_are_told_by_name() {
        let jobs = "  a: {strategy: {matrix: {os: [ubuntu-24.04, macos-15]}}, runs-on: '${{ matrix.os }}', steps: [{run: make}]}\n  \
                    b: {runs-on: ubuntu-24.04, steps: [{run: docker build .}]}\n";
        let expected = [("a (ubuntu-24.04)", "automatic"), ("a (macos-15)", "keep"), ("b", "redesign")];
        assert_eq!(told(jobs), expected.map(|(name, verdict)| (name.to_owned(), verdict)));
    }

    #[test]
    fn where_all_become_the_same_nothing_is_told() {
        assert_eq!(told("  a: {runs-on: ubuntu-24.04, steps: [{run: make}]}\n"), []);
        assert_eq!(told("  a: {runs-on: macos-15, steps: []}\n  b: {runs-on: macos-15, steps: []}\n"), []);
    }
}
