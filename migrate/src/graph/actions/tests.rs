use super::*;
use crate::model::call::{Bundle, Program, Rules};
use crate::read::read_workflow;

struct Folders<'f>(&'f [(&'f str, &'f str)]);

impl ActionFiles for Folders<'_> {
    fn look_up(&self, folder: &Reference) -> Lookup {
        let found = self.0.iter().find(|(name, _)| *name == folder.to_string());
        match (found, &folder.repository) {
            (Some((_, text)), _) => Lookup::Text((*text).into()),
            (None, None) => Lookup::NotThere,
            (None, Some(_)) => Lookup::NotSupplied,
        }
    }
}

const SOURCE: &str = "\
on: push
jobs:
  a:
    runs-on: x
    steps:
      - uses: actions/checkout@v5
      - uses: ./tools/build
        with: {Level: 3, wrong: x}
      - uses: o/r/sub@v1
      - uses: ./gone
      - uses: $/tools/build
      - uses: docker://alpine
";
const BUILD: &str = "\
name: x
description: x
inputs:
  level: {required: true}
  other: {default: y}
runs:
  using: composite
  steps:
    - uses: o/r/sub@v1
    - uses: o/deeper@v2
    - uses: ./ignored
";

#[test]
fn actions_are_found_and_their_inputs_bound() {
    let document = read_workflow(SOURCE, &Limits::default());
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), document);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let node = "name: x\ndescription: x\nruns: {using: node20, main: x.js}\n";
    let folders = [("tools/build", BUILD), ("o/r/sub@v1", node), ("o/deeper/@v2", node)];
    let loaded = ActionBundle::load(&family, &Folders(&folders), &Limits::default());
    let actions = Actions::of(&loaded);
    let names: Vec<_> = (0..actions.models.len()).map(|at| actions.folder(at).unwrap().to_string()).collect();
    assert_eq!(names, ["tools/build", "o/r/sub@v1", "o/deeper/@v2"]);
    let used = actions.used(&family);
    let targets: Vec<_> = used.iter().map(|used| (used.at.step, used.target)).collect();
    assert_eq!(
        targets,
        [
            (0, Target::NotSupplied),
            (1, Target::Action(0)),
            (2, Target::Action(1)),
            (3, Target::NotThere),
            (4, Target::Action(0)),
        ]
    );
    let inputs: Vec<_> =
        used[1].inputs.iter().map(|(input, given)| (input.name.value, given.is_some())).collect();
    assert_eq!(inputs, [("level", true), ("other", false)]);
    assert_eq!(used[1].unknown, ["wrong"]);
}

#[test]
fn what_attackers_decide_is_seen_in_composite_actions() {
    let source = "\
on: pull_request_target
jobs:
  a:
    runs-on: x
    steps:
      - uses: actions/checkout@v5
      - uses: ./outer
        with: {branch: 'x/${{ github.head_ref }}', harmless: '${{ github.head_ref }}'}
";
    let outer = "\
name: x
description: x
inputs: {branch: {}, harmless: {}}
runs:
  using: composite
  steps:
    - run: git push origin ${{ inputs.BRANCH }}
      shell: bash
    - run: echo \"$B\" ${{ inputs.harmless == 'x' }} ${{ env.C }}
      shell: bash
      env: {B: '${{ inputs.branch }}', C: '${{ inputs.branch }}'}
    - uses: $/inner
      with: {name: '${{ inputs.branch }}'}
";
    let inner = "\
name: x
description: x
inputs: {name: {}}
runs: {using: composite, steps: [{run: 'echo ${{ inputs.name }}', shell: bash}]}
";
    let document = read_workflow(source, &Limits::default());
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), document);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let folders = [("outer", outer), ("inner", inner)];
    let loaded = ActionBundle::load(&family, &Folders(&folders), &Limits::default());
    let actions = Actions::of(&loaded);
    let shown: Vec<_> = actions
        .taints(&family, &family.flows())
        .into_iter()
        .map(|taint| {
            let document = actions.models[taint.action].document;
            let node = document.token(taint.token).node;
            let place = document.tree().place_in(node, taint.hole);
            format!("{} {} {}", taint.action, taint.cause.path, place.of(document.tree().source()))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "0 github.head_ref ${{ inputs.BRANCH }}",
            "0 github.head_ref ${{ env.C }}",
            "1 github.head_ref ${{ inputs.name }}",
        ]
    );
}
