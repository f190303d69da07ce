//! That the work grows with the file, and no faster.

use super::{Assessment, Profile, Sheet, WorkflowSight};
use crate::graph::{ActionBundle, Actions, Family};
use crate::model::call::{Bundle, Program, Reference, Rules};
use crate::read::{Limits, read_workflow};
use crate::work::steps_of;

/// How many reasons there are, and how often something was folded, compared or decoded.
fn work_of(source: &str) -> (usize, usize) {
    let (limits, profile) = (Limits::default(), Profile::default());
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), read_workflow(source, &limits));
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &(), &limits);
    let actions = Actions::of(&loaded);
    let assess = || {
        let workflow = WorkflowSight::new(&family, &actions, &profile);
        let assessment = Assessment::of(&workflow);
        Sheet::of(&workflow, &assessment, String::new(), String::new())
    };
    let reasons = assess().reasons.len();
    (reasons, steps_of(|| drop(assess())))
}

fn job(steps: &str) -> String {
    format!("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}")
}

#[test]
fn a_long_script_is_decoded_once_and_not_for_each_place_in_it() {
    let script = |lines: usize| job(&format!("      - run: |\n{}", "          cargo x\n".repeat(lines)));
    let ((few, before), (many, after)) = (work_of(&script(10)), work_of(&script(400)));
    assert_eq!((few, many), (10, 400), "each line is a reason of its own");
    assert_eq!(after - before, 390, "a line is looked at once, and decodes nothing");
}

#[test]
fn steps_cost_the_same_however_many_are_before_them() {
    for step in
        ["      - run: cargo x\n", "      - uses: nobody/knows@v1\n", "      - run: \"a\\nb\\ncargo x\"\n"]
    {
        let ((few, before), (many, after)) =
            (work_of(&job(&step.repeat(20))), work_of(&job(&step.repeat(200))));
        assert_eq!((few, many), (20, 200), "{step}");
        assert!(after <= 10 * before, "{step}: {before}, then {after}");
    }
}
