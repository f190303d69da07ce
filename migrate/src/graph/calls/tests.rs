use super::*;
use crate::graph::job::Origin;
use crate::graph::status::Situation;
use crate::model::call::{Bundle, Lookup, Reference, Rules, WorkflowFiles};
use crate::read::{Limits, read_workflow};
use crate::values::permission::{Level, Scope};

/// Files by path, of the repository that all begins with.
struct Files(&'static [(&'static str, &'static str)]);

impl WorkflowFiles for Files {
    fn look_up(&self, reference: &Reference) -> Lookup {
        if reference.repository.is_some() {
            return Lookup::NotSupplied;
        }
        let found = self.0.iter().find(|(path, _)| *path == reference.path);
        found.map_or(Lookup::NotThere, |(_, text)| Lookup::Text((*text).into()))
    }
}

const ROOT: &str = "\
on: issues
permissions: {contents: read, issues: write}
jobs:
  direct:
    runs-on: x
    steps: [{run: 'true'}]
  call:
    name: Call it
    strategy: {matrix: {v: [1, 2]}}
    uses: ./.github/workflows/called.yml
    with: {TITLE: '${{ github.event.issue.title }}', number: 3}
    secrets: {token: '${{ secrets.T }}', extra: x}
  far:
    permissions: {contents: read}
    uses: o/r/.github/workflows/far.yml@v1
    secrets: inherit
";
const CALLED: &str = "\
on:
  workflow_call:
    inputs:
      title: {type: string, required: true}
      number: {type: number, default: 1}
      flag: {type: boolean}
      level: {type: string, default: low}
    secrets:
      token: {required: true}
      other: {required: false}
    outputs:
      out: {value: '${{ jobs.inner.outputs.o }}'}
jobs:
  inner:
    runs-on: x
    steps:
      - run: echo ${{ inputs.title }} ${{ inputs.number }}
  less:
    permissions: {issues: read}
    uses: ./.github/workflows/deep.yml
    with: {t: '${{ inputs.title }}'}
";
const DEEP: &str = "\
on:
  workflow_call:
    inputs:
      t: {type: string}
jobs:
  bottom:
    runs-on: x
    steps: [{run: 'echo ${{ inputs.t }}'}, {run: 'echo ${{ github.event.issue.body }}'}]
";

fn with<T>(look: impl FnOnce(&Family<'_>) -> T) -> T {
    let files = Files(&[(".github/workflows/called.yml", CALLED), (".github/workflows/deep.yml", DEEP)]);
    let limits = Limits::default();
    let root = Reference::local(".github/workflows/root.yml");
    let bundle = Bundle::load(root, read_workflow(ROOT, &limits), &files, &limits);
    let program = Program::of(&bundle, &Rules::default());
    look(&Family::of(&program))
}

#[test]
fn inputs_and_secrets_are_bound() {
    with(|family| {
        let [call, far, deep] = family.calls.as_slice() else { panic!("three calls") };
        let inputs: Vec<_> = call
            .inputs
            .iter()
            .map(|bound| {
                let from = match bound.value {
                    Given::Caller(_) => "caller",
                    Given::Default(_) => "default",
                    Given::Nothing => "nothing",
                };
                (bound.input.name.value, from)
            })
            .collect();
        assert_eq!(
            inputs,
            [("title", "caller"), ("number", "caller"), ("flag", "nothing"), ("level", "default")]
        );
        let secrets: Vec<_> = call
            .secrets
            .iter()
            .map(|secret| (secret.name, matches!(secret.from, SecretFrom::Caller(_))))
            .collect();
        assert_eq!(secrets, [("token", true), ("other", false), ("extra", true)]);
        assert_eq!((far.link, deep.link), (Link::NotSupplied, Link::Workflow(2)));
    });
}

#[test]
fn jobs_of_called_workflows_stand_in_place_of_calls() {
    with(|family| {
        let jobs: Vec<_> = family
            .jobs()
            .into_iter()
            .map(|job| {
                let names: Vec<_> = job.checks.into_iter().map(|name| name.text).collect();
                let given = job.permissions.given.unwrap();
                (
                    names.join(", "),
                    given.level(Scope::Contents),
                    given.level(Scope::Issues),
                    job.permissions.origin,
                )
            })
            .collect();
        let row = |names: &str, contents, issues, origin| (names.to_owned(), contents, issues, origin);
        assert_eq!(
            jobs,
            [
                row("direct", Level::Read, Level::Write, Origin::Workflow),
                row("Call it (1) / inner, Call it (2) / inner", Level::Read, Level::Write, Origin::Workflow),
                row(
                    "Call it (1) / less / bottom, Call it (2) / less / bottom",
                    Level::None,
                    Level::Read,
                    Origin::Job
                ),
                row("far", Level::Read, Level::None, Origin::Job),
            ]
        );
    });
}

#[test]
fn what_attackers_decide_passes_into_called_workflows() {
    with(|family| {
        let shown: Vec<_> = family
            .flows()
            .iter()
            .enumerate()
            .flat_map(|(file, flow)| flow.taints.iter().map(move |taint| (file, taint)))
            .map(|(file, taint)| {
                let files: Vec<_> = taint.cause.via.hops().iter().map(|hop| hop.file.to_string()).collect();
                format!("{file}.{} {} by {}", taint.sink.at().step, taint.cause.path, files.join(" "))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "1.0 github.event.issue.title by 0 1",
                "2.0 github.event.issue.title by 0 1 2",
                "2.1 github.event.issue.body by 2",
            ]
        );
    });
}

#[test]
fn called_workflows_are_printed_within_their_callers() {
    let chart = with(crate::graph::mermaid);
    let expected = "\
flowchart LR
  j0[\"direct\"]
  subgraph j1[\"Call it<br/>./.github/workflows/called.yml<br/>2 legs\"]
    j1_j0[\"inner\"]
    subgraph j1_j1[\"less<br/>./.github/workflows/deep.yml\"]
      j1_j1_j0[\"bottom\"]
    end
  end
  j2[[\"far<br/>o/r/.github/workflows/far.yml@v1\"]]
";
    assert_eq!(chart, expected);
    let json: serde_yaml::Value = serde_yaml::from_str(&with(|family| {
        crate::graph::json(family, &crate::graph::Actions::of(&crate::graph::ActionBundle::default()), &[])
    }))
    .unwrap();
    assert_eq!(json["jobs"][1]["calls"]["file"].as_str(), Some(".github/workflows/called.yml"));
    assert_eq!(
        json["jobs"][1]["calls"]["inputs"][3]["at"]["line"].as_u64(),
        Some(7),
        "the default, in its file"
    );
    assert_eq!(json["jobs"][2]["calls"]["unknown"].as_str(), Some("nobody supplied it"));
    assert_eq!(json["called"][1]["untrusted"][0]["via"][0]["at"]["line"].as_u64(), Some(11));
    assert_eq!(json["run"][2]["checks"][1].as_str(), Some("Call it (2) / less / bottom"));
}

#[test]
fn a_cycle_ends() {
    let files = Files(&[(
        ".github/workflows/a.yml",
        "on: workflow_call\njobs:\n  b: {uses: ./.github/workflows/a.yml}\n",
    )]);
    let limits = Limits::default();
    let document = read_workflow("on: push\njobs:\n  a: {uses: ./.github/workflows/a.yml}\n", &limits);
    let bundle = Bundle::load(Reference::local("r.yml"), document, &files, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let jobs = Family::of(&program).jobs();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].checks[0].text, "a / b");
}

#[test]
fn what_attackers_decide_comes_back_by_outputs() {
    const CALLER: &str = "\
on: issues
jobs:
  call:
    uses: ./.github/workflows/called.yml
    with: {title: '${{ github.event.issue.title }}'}
  after:
    needs: call
    runs-on: x
    steps: [{run: 'echo ${{ needs.call.outputs.out }} ${{ needs.call.outputs.clean }}'}]
";
    const GIVES: &str = "\
on:
  workflow_call:
    inputs: {title: {type: string}, unset: {type: string}}
    outputs:
      out: {value: '${{ jobs.inner.outputs.o }}'}
      clean: {value: '${{ jobs.inner.outputs.clean }}'}
jobs:
  inner:
    runs-on: x
    outputs: {o: 'x ${{ steps.s.outputs.o }}', clean: '${{ inputs.unset }}'}
    steps:
      - {id: s, run: 'echo \"o=$T\" >> \"$GITHUB_OUTPUT\"', env: {T: '${{ inputs.title }}'}}
";
    let files = Files(&[(".github/workflows/called.yml", GIVES)]);
    let limits = Limits::default();
    let root = Reference::local(".github/workflows/root.yml");
    let bundle = Bundle::load(root, read_workflow(CALLER, &limits), &files, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let flows = family.flows();
    let told: Vec<_> = flows[0]
        .taints
        .iter()
        .map(|taint| {
            let files: Vec<_> = taint.cause.via.hops().iter().map(|hop| hop.file).collect();
            (taint.cause.path.to_string(), taint.cause.is_certain, files)
        })
        .collect();
    assert_eq!(told, [("github.event.issue.title".to_owned(), true, vec![0, 1, 1, 1, 1, 0, 0])]);
    assert_eq!(flows[1].taints.len(), 0);
}

/// What a run has of called jobs where callers give this: the names of check runs, labels, environments, and whether each
/// runs when all before it succeeded.
fn as_called(root: &str, called: &'static str) -> Vec<String> {
    let files = Files(vec![(".github/workflows/called.yml", called)].leak());
    let limits = Limits::default();
    let path = Reference::local(".github/workflows/root.yml");
    let bundle = Bundle::load(path, read_workflow(root, &limits), &files, &limits);
    let program = Program::of(&bundle, &Rules::default());
    assert!(program.problems.is_empty(), "{:?}", program.problems);
    let family = Family::of(&program);
    let of_run = |run: &RunJob| {
        let checks: Vec<_> = run.checks.iter().map(|name| name.text.as_str()).collect();
        let (mut labels, mut environments, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for job in family.as_called(run) {
            labels.extend(
                job.runners().into_iter().flat_map(|(runner, _)| runner.labels.unwrap_or(vec!["?".into()])),
            );
            environments.extend(job.environment_names().into_iter().map(|name| name.text));
            runs.push(format!("{:?}", job.when.runs(Situation::Succeeded)));
        }
        let lists = [checks.join(", "), labels.join(", "), environments.join(", "), runs.join(", ")];
        lists.join(" | ")
    };
    family.jobs().iter().map(of_run).collect()
}

const GIVEN: &str = "\
on:
  workflow_call:
    inputs:
      os: {type: string, default: ubuntu-24.04}
      fast: {type: boolean}
      count: {type: number}
      list: {type: string, default: '[1]'}
      other: {type: string, default: '${{ github.ref }}'}
jobs:
  build:
    name: Build on ${{ inputs.os }} ${{ inputs.count }}
    if: inputs.fast
    runs-on: ${{ inputs.os }}
    environment: ${{ format('to-{0}', inputs.os) }}
    steps: [{run: x}]
  each:
    if: inputs.other == 'x'
    strategy: {matrix: {v: '${{ fromJSON(inputs.list) }}'}}
    runs-on: ${{ inputs.none || 'x' }}
    steps: [{run: x}]
";

#[test]
fn what_depends_on_known_inputs_is_known() {
    let root = "\
on: push
jobs:
  one:
    uses: ./.github/workflows/called.yml
    with: {os: windows-2025, fast: true, count: 3, list: '[\"a\", \"b\"]', other: x}
  two: {uses: ./.github/workflows/called.yml}
  three:
    uses: ./.github/workflows/called.yml
    with: {os: '${{ github.ref }}', fast: '${{ vars.F }}', list: '${{ vars.L }}'}
";
    assert_eq!(
        as_called(root, GIVEN),
        [
            "one / Build on windows-2025 3 | windows-2025 | to-windows-2025 | True",
            "one / each (a), one / each (b) | x | | True",
            "two / Build on ubuntu-24.04 0 | ubuntu-24.04 | to-ubuntu-24.04 | False",
            "two / each (1) | x | | Unknown",
            "three / Build on ${{ inputs.os }} ${{ inputs.count }} | ? | ${{ format('to-{0}', inputs.os) }} | Unknown",
            "three / each (${{ matrix.v }}) | x | | Unknown",
        ]
        .map(|row| row.replace("| |", "|  |"))
    );
}

/// Each leg of a caller may give something else, and hand on what it got.
#[test]
fn legs_give_what_they_have() {
    let root = "\
on: push
jobs:
  go:
    strategy: {matrix: {os: [a, b], v: [1, 2]}}
    uses: ./.github/workflows/called.yml
    with: {os: '${{ matrix.os }}', fast: true}
";
    assert_eq!(
        as_called(root, GIVEN)[0],
        "go (a, 1) / Build on a 0, go (a, 2) / Build on a 0, go (b, 1) / Build on b 0, go (b, 2) / Build on b 0 \
         | a, b | to-a, to-b | True, True"
    );
}

#[test]
fn calls_that_come_to_no_job_end() {
    let call = |next: usize| {
        let jobs: Vec<_> =
            (0..50).map(|job| format!("j{job}: {{uses: ./.github/workflows/{next}.yml}}")).collect();
        format!("on: workflow_call\njobs: {{{}}}", jobs.join(", "))
    };
    let paths = (1..9).map(|at| (&*format!(".github/workflows/{at}.yml").leak(), &*call(at + 1).leak()));
    let last = (".github/workflows/9.yml", "on: workflow_call\njobs: {}");
    let files = Files(paths.chain([last]).collect::<Vec<_>>().leak());
    let limits = Limits::default();
    let bundle = Bundle::load(Reference::local("r.yml"), read_workflow(call(1), &limits), &files, &limits);
    let program = Program::of(&bundle, &Rules::default());
    assert_eq!(Family::of(&program).jobs(), []);
}
