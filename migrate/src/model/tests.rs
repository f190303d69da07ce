//! Work that grows with what is written, and no faster.

use super::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use super::*;
use crate::read::{Limits, read_workflow};
use crate::work::steps_of;

struct Callee(String);

impl WorkflowFiles for Callee {
    fn look_up(&self, _: &Reference) -> Lookup {
        Lookup::Text(self.0.as_str().into())
    }
}

fn many(count: usize, what: impl Fn(usize) -> String) -> String {
    (0..count).map(what).collect::<Vec<_>>().join(", ")
}

/// A call with as many inputs, none of which is asked for.
fn call(count: usize) -> usize {
    let inputs = many(count, |at| format!("name{at}: {{type: string, required: true}}"));
    let callee = Callee(format!(
        "on: {{workflow_call: {{inputs: {{{inputs}}}}}}}\njobs: {{a: {{runs-on: x, steps: []}}}}"
    ));
    let with = many(count, |at| format!("nane{at}: x"));
    let caller = format!("on: push\njobs: {{a: {{uses: ./.github/workflows/a.yml, with: {{{with}}}}}}}");
    let limits = Limits::default();
    let root = Reference::local(".github/workflows/root.yml");
    let bundle = Bundle::load(root, read_workflow(caller, &limits), &callee, &limits);
    Program::of(&bundle, &Rules::default()).problems.len()
}

fn workflow(jobs: &str) -> usize {
    let document = read_workflow(format!("on: push\njobs: {{{jobs}}}"), &Limits::default());
    Workflow::of(&document).problems.len()
}

/// A job that needs as many others, none of which is there.
fn needs(count: usize) -> usize {
    let jobs = many(count / 5, |at| format!("job{at}: {{runs-on: x, needs: [], steps: []}}"));
    let needs = many(count, |at| format!("nob{at}"));
    workflow(&format!("{jobs}, last: {{runs-on: x, needs: [{needs}], steps: []}}"))
}

/// A step that waits for as many others, none of which is there.
fn waits(count: usize) -> usize {
    let ids = many(count / 2, |at| format!("{{id: s{at}, run: x}}"));
    let targets = many(count, |at| format!("t{at}"));
    workflow(&format!("a: {{runs-on: x, steps: [{ids}, {{wait: [{targets}]}}]}}"))
}

#[test]
fn twice_as_many_of_anything_are_twice_the_work() {
    const COUNT: usize = 2_000;
    for (name, kind) in [("call", call as fn(usize) -> usize), ("needs", needs), ("waits", waits)] {
        let work = |count: usize| {
            let mut problems = 0;
            let steps = steps_of(|| problems = kind(count));
            assert!(problems >= count, "{name}: {problems} of {count}");
            assert!(steps >= count, "{name}: {steps} steps: what is counted is not what is done");
            steps
        };
        let (once, twice) = (work(COUNT), work(2 * COUNT));
        assert!(twice < once * 5 / 2, "{name}: {once} steps, and {twice} for twice as many");
    }
}
