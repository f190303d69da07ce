use super::*;
use crate::graph::flow::{ActionTaint, Flow};
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
    let folders = [("tools/build", BUILD), ("o/r/sub@v1", node), ("o/deeper@v2", node)];
    let loaded = ActionBundle::load(&family, &Folders(&folders), &Limits::default());
    let actions = Actions::of(&loaded);
    let names: Vec<_> = (0..actions.models.len()).map(|at| actions.folder(at).unwrap().to_string()).collect();
    assert_eq!(names, ["tools/build", "o/r/sub@v1", "o/deeper@v2"]);
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

/// The case of an owner and a name does not count, that of a ref and of a path does.
#[test]
fn actions_at_refs_that_differ_by_case_are_different() {
    let source = "\
on: push
jobs:
  a:
    runs-on: x
    steps:
      - uses: o/q/sub@Dev
      - uses: o/q/sub@dev
      - uses: O/Q/sub@dev
      - uses: o/q/Sub@dev
";
    let document = read_workflow(source, &Limits::default());
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), document);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let action = |main: &str| format!("name: x\ndescription: x\nruns: {{using: node20, main: {main}}}\n");
    let (one, other) = (action("one.js"), action("other.js"));
    let folders = [("o/q/sub@Dev", &*one), ("o/q/sub@dev", &*other)];
    let loaded = ActionBundle::load(&family, &Folders(&folders), &Limits::default());
    let targets: Vec<_> = Actions::of(&loaded).used(&family).iter().map(|used| used.target).collect();
    assert_eq!(targets, [Target::Action(0), Target::Action(1), Target::Action(1), Target::NotSupplied]);
}

/// Looks at what passes in a workflow with these actions.
fn flow_of<T>(source: &str, folders: &[(&str, &str)], look: impl FnOnce(&Flow<'_>, &Actions<'_>) -> T) -> T {
    let document = read_workflow(source, &Limits::default());
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), document);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &Folders(folders), &Limits::default());
    let actions = Actions::of(&loaded);
    look(&actions.flows(&family)[0], &actions)
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
    let shown = flow_of(source, &[("outer", outer), ("inner", inner)], |flow, actions| {
        let show = |taint: &ActionTaint<'_>| {
            let document = actions.models[taint.action].document;
            let (token, span) = taint.sink.place();
            let place = document.tree().place_in(document.token(token).node, span);
            format!("{} {} {}", taint.action, taint.cause.path, place.of(document.tree().source()))
        };
        flow.in_actions.iter().map(show).collect::<Vec<_>>()
    });
    assert_eq!(
        shown,
        [
            "0 github.head_ref ${{ inputs.BRANCH }}",
            "0 github.head_ref ${{ env.C }}",
            "1 github.head_ref ${{ inputs.name }}",
        ]
    );
}

/// A workflow that gives a title and a branch of strangers to actions, and uses what they give.
const PASSING: &str = "\
on: pull_request_target
jobs:
  a:
    runs-on: x
    env: {ENVIRONMENT: '${{ github.head_ref }}'}
    steps:
      - uses: actions/checkout@v5
      - {id: s, uses: ./outer, with: {branch: '${{ github.head_ref }}'}}
      - run: echo ${{ steps.s.outputs.direct }} ${{ steps.s.outputs.by-step }} ${{ steps.s.outputs.clean }}
      - run: echo ${{ env.FROM_ACTION }}
      - {id: deep, uses: ./deep}
      - run: echo ${{ steps.deep.outputs.title }}
";

/// An action that gives on what it is given, and runs it.
const OUTER: &str = "\
name: x
description: x
inputs: {branch: {}, left: {default: '${{ github.event.pull_request.title }}'}}
outputs:
  direct: {value: '${{ inputs.branch }}'}
  by-step: {value: '${{ steps.t.outputs.o }}'}
  clean: {value: '${{ steps.t.outputs.sha }}'}
runs:
  using: composite
  steps:
    - {id: t, shell: bash, run: 'echo o=$B >> $GITHUB_OUTPUT', env: {B: '${{ inputs.branch }}'}}
    - {shell: bash, run: 'echo \"FROM_ACTION=$B\" >> $GITHUB_ENV', env: {B: '${{ inputs.branch }}'}}
    - {shell: bash, run: 'echo ${{ inputs.left }}'}
    - {shell: bash, run: 'eval \"$ENVIRONMENT\"'}
    - {shell: bash, run: 'echo ${{ github.event.pull_request.body }}'}
";

/// An action that uses the other one.
const DEEP: &str = "\
name: x
description: x
outputs: {title: {value: '${{ steps.o.outputs.by-step }}'}}
runs:
  using: composite
  steps:
    - {id: o, uses: $/outer, with: {branch: '${{ github.event.pull_request.title }}', left: x}}
";

#[test]
fn what_attackers_decide_passes_through_composite_actions() {
    let (told, within) = flow_of(PASSING, &[("outer", OUTER), ("deep", DEEP)], |flow, _| {
        let told = flow.taints.iter().map(|taint| format!("{} {}", taint.sink.at().step, taint.cause.path));
        let within = flow
            .in_actions
            .iter()
            .map(|taint| format!("{} {} {}", taint.at.step, taint.sink.at().step, taint.cause.path));
        (told.collect::<Vec<_>>(), within.collect::<Vec<_>>())
    });
    assert_eq!(
        told,
        ["2 github.head_ref", "2 github.head_ref", "3 github.head_ref", "5 github.event.pull_request.title",]
    );
    assert_eq!(
        within,
        [
            "1 1 github.head_ref",
            "1 2 github.event.pull_request.title",
            "1 3 github.head_ref",
            "1 4 github.event.pull_request.body",
            "4 1 github.event.pull_request.title",
            "4 3 github.head_ref",
            "4 4 github.event.pull_request.body",
        ]
    );
}
