//! In which legs of a job a step may run, as far as its condition tells before a run.

use super::inputs::KnownInputs;
use super::job::Job;
use super::matrix::{CellValue, Leg};
use super::paths;
use super::status;
use super::world::{Known, KnownMatrix};
use crate::expression::{Condition, Function, Node, NodeKind, Truth, Value};

/// Legs whose values are larger are not looked at, in characters and values.
const MAX_SIZE: usize = 4096;

/// What is known of a leg before it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreseen<'l> {
    known: Known<'l>,
    /// How much there is in its values.
    size: usize,
    /// Whether the job itself may run in it.
    pub(crate) is_run: bool,
}

impl Job<'_> {
    /// What is known of a leg, with the system of its runner where GitHub's labels name it.
    pub(crate) fn foreseen<'l>(&'l self, leg: Option<&'l Leg>) -> Foreseen<'l> {
        let system = self.runner(leg).filter(|runner| !runner.is_guess).and_then(|runner| runner.system);
        let mut known = Known { system, ..self.known(leg) };
        let size = leg.map_or(0, size);
        if size > MAX_SIZE {
            known.matrix = KnownMatrix::Unknown;
        }
        Foreseen { known, size: size.min(MAX_SIZE), is_run: !self.when.is_never() }
    }
}

impl<'l> Foreseen<'l> {
    /// The same for the steps of an action, whose inputs are others.
    pub(crate) fn in_action<'s>(self, inputs: Option<&'s KnownInputs>) -> Foreseen<'s>
    where
        Self: 's,
        'l: 's,
    {
        let size = self.size + inputs.map_or(0, KnownInputs::size);
        Foreseen { known: Known { inputs, ..self.known }, size, is_run: self.is_run }
    }

    /// Whether a step with this condition runs in no run, however the steps before it end.
    pub(crate) fn is_never(&self, condition: &Condition) -> bool {
        let root = condition.written.as_ref().and_then(|written| written.root());
        let truth = |node: &Node| if makes_text(node) { None } else { self.known.truth(node) };
        root.is_some_and(|root| status::with_data(root, &truth) == Truth::False)
    }

    /// What that takes at most: each part of the condition may look at all values.
    pub(crate) fn price(&self, condition: &Condition) -> usize {
        let length = condition.expression.source().len();
        length + (length / 8 + 1) * self.size
    }
}

/// Whether a condition may be true in one leg and false in another.
pub(crate) fn is_of_legs(condition: &Condition) -> bool {
    const OF_LEGS: [&str; 4] = ["matrix", "strategy", "runner", "inputs"];
    let found = condition.written.as_ref().map(paths::paths).unwrap_or_default();
    found.iter().any(|path| OF_LEGS.iter().any(|name| path.context().eq_ignore_ascii_case(name)))
}

/// Whether a longer text may come of it than there was. What that takes is not known before.
fn makes_text(node: &Node) -> bool {
    let itself = match &node.kind {
        NodeKind::Call { function, .. } => {
            matches!(function, Function::Format | Function::ToJson | Function::Join)
        }
        _ => false,
    };
    itself || node.children().into_iter().any(makes_text)
}

/// How much there is in the values of a leg, counted no further than needed.
fn size(leg: &Leg) -> usize {
    let mut waiting: Vec<&Value> = Vec::new();
    let mut size = 0;
    for (name, cell) in &leg.values {
        size += 1 + name.len();
        if let CellValue::Known(value) = &cell.value {
            waiting.push(value);
        }
    }
    while let Some(value) = waiting.pop().filter(|_| size <= MAX_SIZE) {
        size += 1;
        match value {
            Value::String(text) => size += text.len(),
            Value::Array(array) => waiting.extend(array.items().iter().take(MAX_SIZE)),
            Value::Object(object) => {
                for (name, value) in object.iter().take(MAX_SIZE) {
                    size += name.len();
                    waiting.push(value);
                }
            }
            Value::Null | Value::Boolean(_) | Value::Number(_) => {}
        }
    }
    size
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
            ("contains(fromJSON('[\\\"macos-15\\\"]'), matrix.os)", [true, false]),
            ("format('{0}', matrix.os) == 'macos-15'", [false, false]),
            // Text beside an expression is true.
            ("${{ matrix.os == 'macos-15' }} yes", [false, false]),
        ] {
            assert_eq!(never("${{ matrix.os }}", two, condition), expected, "{condition}");
        }
    }

    #[test]
    fn legs_with_large_values_are_not_looked_at() {
        for (length, expected) in [(1_000, true), (5_000, false)] {
            let matrix = format!("    strategy: {{matrix: {{x: [{}], os: [a]}}}}\n", "y".repeat(length));
            assert_eq!(never("ubuntu-24.04", &matrix, "matrix.os == 'b'"), [expected], "{length}");
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
