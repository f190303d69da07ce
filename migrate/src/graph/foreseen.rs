//! In which legs of a job a step may run, as far as its condition tells before a run.

use super::job::Job;
use super::matrix::Leg;
use super::status;
use super::world::Known;
use crate::expression::{Condition, Truth};

/// What is known of a leg before it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreseen<'l>(Known<'l>);

impl Job<'_> {
    /// What is known of a leg, with the system of its runner where GitHub's labels name it.
    pub(crate) fn foreseen<'l>(&'l self, leg: Option<&'l Leg>) -> Foreseen<'l> {
        let system = self.runner(leg).filter(|runner| !runner.is_guess).and_then(|runner| runner.system);
        Foreseen(Known { system, ..self.known(leg) })
    }
}

impl Foreseen<'_> {
    /// The same for the steps of an action, whose inputs are others.
    pub(crate) const fn in_action(self) -> Self {
        Self(Known { inputs: None, ..self.0 })
    }

    /// Whether a step with this condition runs in no run, however the steps before it end.
    pub(crate) fn is_never(&self, condition: &Condition) -> bool {
        let root = condition.written.as_ref().and_then(|written| written.root());
        root.is_some_and(|root| status::with_data(root, &|node| self.0.truth(node)) == Truth::False)
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Graph;
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};

    /// In which legs the step with this condition never runs.
    fn never(runs_on: &str, matrix: &str, condition: &str) -> Vec<bool> {
        let source = format!(
            "on: push\njobs:\n  a:\n    runs-on: {runs_on}\n{matrix}    steps:\n      - run: make\n        if: \"{condition}\"\n"
        );
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        let graph = Graph::of(&workflow);
        let job = &graph.jobs[0];
        let condition = job.steps().unwrap().steps[0].condition.as_ref().unwrap();
        job.known_legs().map(|leg| job.foreseen(leg).is_never(&condition.value)).collect()
    }

    #[test]
    fn a_condition_that_is_false_in_a_leg_keeps_its_step_from_it() {
        let two = "    strategy: {matrix: {os: [ubuntu-24.04, macos-15], go: ['1.25']}}\n";
        for (condition, expected) in [
            ("matrix.os == 'macos-15'", [true, false]),
            ("${{ matrix.os == 'macos-15' && github.ref == 'refs/heads/main' }}", [true, false]),
            ("failure() && startsWith(matrix.os, 'mac')", [true, false]),
            ("always() || matrix.os == 'macos-15'", [false, false]),
            ("!contains(matrix.os, 'ubuntu')", [true, false]),
            ("runner.os == 'Linux'", [false, true]),
            ("runner.os != 'macOS' && matrix.go == '1.25'", [false, true]),
            ("runner.arch == 'ARM64'", [false, false]),
            ("matrix.none", [true, true]),
            ("strategy.job-index == 1", [true, false]),
            ("github.event_name == 'push'", [false, false]),
            ("steps.x.outcome == 'failure' || matrix.os == 'macos-15'", [false, false]),
            ("false", [true, true]),
            // Text beside an expression is true.
            ("${{ matrix.os == 'macos-15' }} yes", [false, false]),
        ] {
            assert_eq!(never("${{ matrix.os }}", two, condition), expected, "{condition}");
        }
    }

    #[test]
    fn what_is_only_guessed_or_not_known_keeps_no_step_from_a_leg() {
        let dynamic = "    strategy: {matrix: {os: '${{ fromJSON(vars.OS) }}'}}\n";
        for (runs_on, matrix, condition, expected) in [
            ("ubuntu-24.04", "", "runner.os == 'Windows'", true),
            ("my-linux-box", "", "runner.os == 'Windows'", false),
            ("'${{ vars.RUNNER }}'", "", "runner.os == 'Windows'", false),
            ("ubuntu-24.04", dynamic, "matrix.os == 'x'", false),
            ("ubuntu-24.04", "", "matrix.os == 'x'", true),
            ("ubuntu-24.04", "", "inputs.x == 'y'", false),
        ] {
            assert_eq!(never(runs_on, matrix, condition), [expected], "{runs_on} {condition}");
        }
    }
}
