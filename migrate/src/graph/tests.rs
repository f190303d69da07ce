use super::*;
use crate::model::call::{Bundle, Program, Reference, Rules};
use crate::read::{Limits, read_workflow};

/// Looks at the graph of a source.
fn with<T>(source: &str, look: impl FnOnce(&Graph<'_>) -> T) -> T {
    let document = read_workflow(source, &Limits::default());
    let workflow = Workflow::of(&document);
    look(&Graph::of(&workflow))
}

/// Looks at what is printed of a source.
fn printed(source: &str, print: impl FnOnce(&Family<'_>) -> String) -> String {
    let document = read_workflow(source, &Limits::default());
    let bundle = Bundle::alone(Reference::local("ci.yml"), document);
    let program = Program::of(&bundle, &Rules::default());
    print(&Family::of(&program))
}

const JOBS: &str = "\
name: CI
on: push
permissions: read-all
jobs:
  build:
    name: Build it
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-latest, windows-2022]
        v: [3.10]
    steps:
      - run: make
  test:
    needs: build
    if: always() && needs.build.result == 'success'
    name: \"test \\\"<b>${{ github.ref }}\"
    runs-on: ubuntu-latest
    permissions: {contents: write}
    container: alpine
    steps:
      - run: make test
  deploy:
    needs: [test]
    uses: ./.github/workflows/deploy.yml
";

#[test]
fn ancestors_are_all_jobs_before() {
    with(JOBS, |graph| {
        let [build, test, deploy] = graph.jobs.as_slice() else { panic!("three jobs") };
        assert_eq!(
            (deploy.needs.as_slice(), graph.ancestors(deploy.id)),
            (&[test.id][..], vec![build.id, test.id])
        );
        assert!(graph.ancestors(build.id).is_empty());
    });
    let cycle = "on: push\njobs:\n  a: {needs: b, runs-on: x, steps: []}\n  b: {needs: [a, c, A], runs-on: x, steps: []}\n  \
                 d: {runs-on: x, steps: []}\n";
    with(cycle, |graph| {
        let [a, b, d] = graph.jobs.as_slice() else { panic!("three jobs") };
        assert_eq!(graph.ancestors(a.id), [a.id, b.id], "a cycle ends");
        assert_eq!(b.needs, [a.id], "c is not there");
        assert!(graph.ancestors(d.id).is_empty());
    });
}

#[test]
fn names_are_those_of_check_runs() {
    let names = |job: &Job<'_>| -> Vec<_> {
        job.check_names().into_iter().map(|name| (name.text, name.is_exact)).collect()
    };
    with(JOBS, |graph| {
        let exact = |text: &str| (text.to_owned(), true);
        assert_eq!(
            names(&graph.jobs[0]),
            [exact("Build it (ubuntu-latest, 3.1)"), exact("Build it (windows-2022, 3.1)")]
        );
        assert_eq!(names(&graph.jobs[1]), [("test \"<b>${{ github.ref }}".to_owned(), false)]);
        assert_eq!(names(&graph.jobs[2]), [exact("deploy")]);
    });
    for (name, matrix, expected) in [
        ("T ${{ matrix.os }}", "os: [l, w]", &["T l", "T w"][..]),
        ("${{ matrix.none }}", "os: [l]", &["a (l)"]),
        ("''", "os: [l]", &["a (l)"]),
        ("x", "os: ['${{ inputs.os }}']", &["x (${{ matrix.os }})"]),
        ("x", "${{ fromJSON(inputs.m) }}", &["x (${{ fromJSON(inputs.m) }})"]),
        ("n ${{ matrix.os }}", "${{ fromJSON(inputs.m) }}", &["n ${{ matrix.os }}"]),
        ("${{ github.job }}", "os: [l]", &["${{ github.job }}"]),
        ("${{ strategy.job-index }} of ${{ strategy.job-total }}", "os: [l, w]", &["0 of 2", "1 of 2"]),
        ("${{ strategy.job-total }}", "os: ['${{ inputs.os }}']", &["${{ strategy.job-total }}"]),
        ("${{ strategy.fail-fast }}", "os: [l]", &["${{ strategy.fail-fast }}"]),
    ] {
        let matrix = if matrix.starts_with('$') { matrix.to_owned() } else { format!("{{{matrix}}}") };
        let source = format!(
            "on: push\njobs:\n  a:\n    name: {name}\n    runs-on: x\n    strategy:\n      matrix: {matrix}\n    steps: []\n"
        );
        with(&source, |graph| {
            let found: Vec<_> = graph.jobs[0].check_names().into_iter().map(|name| name.text).collect();
            assert_eq!(found, expected, "{source}");
        });
    }
}

/// GitHub refuses a list or a mapping as a name; with text around it, it is that of `format`.
#[test]
fn what_is_no_text_names_no_check_run() {
    for (name, expected) in [
        ("${{ matrix.os }}", [("${{ matrix.os }}", false), ("${{ matrix.os }}", false), ("l", true)]),
        ("on ${{ matrix.os }}", [("on Object", true), ("on Array", true), ("on l", true)]),
    ] {
        let source = format!(
            "on: push\njobs:\n  a:\n    name: {name}\n    runs-on: x\n    strategy: {{matrix: {{os: [{{a: 1}}, [x, y], l]}}}}\n    steps: [{{run: x}}]\n"
        );
        with(&source, |graph| {
            let found = graph.jobs[0].check_names();
            let found: Vec<_> = found.iter().map(|name| (name.text.as_str(), name.is_exact)).collect();
            assert_eq!(found, expected, "{name}");
        });
    }
}

#[test]
fn permissions_are_those_of_the_job_or_the_workflow() {
    with(JOBS, |graph| {
        let origins: Vec<_> = graph.jobs.iter().map(|job| job.permissions.origin).collect();
        assert_eq!(origins, [Origin::Workflow, Origin::Job, Origin::Workflow]);
        let granted: Vec<_> =
            graph.jobs[1].permissions.given.iter().flat_map(|given| given.granted()).collect();
        assert_eq!(granted.len(), 1, "what a job does not name it has not: {granted:?}");
    });
}

#[test]
fn shells_are_those_of_the_step_the_job_the_workflow_or_the_system() {
    let source = "on: push\ndefaults: {run: {shell: W}}\njobs:\n  a:\n    runs-on: x\n    defaults: {run: {shell: '${{ matrix.s }}'}}\n    \
                  strategy: {matrix: {s: [J]}}\n    steps: [{run: a, shell: S}, {run: b}]\n  b:\n    runs-on: x\n    steps: [{run: c}]\n";
    with(source, |graph| {
        let shells: Vec<_> = graph
            .jobs
            .iter()
            .flat_map(|job| {
                job.steps().unwrap().steps.iter().map(|step| {
                    let crate::model::StepKind::Run(run) = &step.kind else { panic!("a script") };
                    let shell = job.shell(run, job.legs().first());
                    (shell.name.unwrap(), shell.origin)
                })
            })
            .collect();
        let expected = [("S", Origin::Step), ("J", Origin::Job), ("W", Origin::Workflow)];
        assert_eq!(shells, expected.map(|(name, origin)| (name.to_owned(), origin)));
    });
    with(JOBS, |graph| {
        let shell = |job: usize, leg: usize| {
            let job = &graph.jobs[job];
            let crate::model::StepKind::Run(run) = &job.steps().unwrap().steps[0].kind else {
                panic!("a script")
            };
            job.shell(run, job.legs().get(leg)).name
        };
        assert_eq!(shell(0, 0).as_deref(), Some("bash"));
        assert_eq!(shell(0, 1).as_deref(), Some("pwsh"));
        assert_eq!(shell(1, 0).as_deref(), Some("sh"), "in a container");
    });
}

#[test]
fn mermaid_is_safe_and_short() {
    let text = printed(JOBS, mermaid);
    let expected = "\
flowchart LR
  j0[\"Build it<br/>2 legs\"]
  j1[\"test<br/>if always() #38;#38; needs.build.result == 'success'\"]
  j0 -.-> j1
  j2[[\"deploy<br/>./.github/workflows/deploy.yml\"]]
  j1 --> j2
";
    assert_eq!(text, expected);
    let hostile = "on: push\njobs:\n  end:\n    name: \"a\\\"]; click j0 \\\"javascript:x\\\" %%{init: x}%% <script>\\u001b[31m #`\"\n    \
                   runs-on: x\n    steps: []\n";
    let text = printed(hostile, mermaid);
    assert_eq!(text.lines().count(), 2, "{text}");
    let label =
        text.lines().nth(1).unwrap().trim().strip_prefix("j0[\"").unwrap().strip_suffix("\"]").unwrap();
    assert!(!label.contains(['"', '<', '>', '%', '`', '\u{1b}']), "{label}");
}

#[test]
fn mermaid_finds_no_markdown() {
    for (name, expected) in [
        ("1. build", "1#46; build"),
        ("12) build", "12#41; build"),
        ("v1. build (2) 3.", "v1. build (2) 3."),
        ("- item", "#45; item"),
        ("+ item - item", "#43; item - item"),
        ("---", "#45;--"),
        ("# title", "#35; title"),
        ("**b** ~c~", "#42;#42;b#42;#42; #126;c#126;"),
        ("__a__ b_c", "#95;#95;a#95;#95; b_c"),
        ("[a](b)", "#91;a#93;(b)"),
        ("https://x www.x a@b.c a@b c.d", "https#58;//x www#46;x a#64;b.c a@b c.d"),
        ("> a", "#62; a"),
    ] {
        let source =
            format!("on: push\njobs:\n  a:\n    name: '{name}'\n    runs-on: x\n    steps: [{{run: x}}]\n");
        let text = printed(&source, mermaid);
        assert_eq!(text, format!("flowchart LR\n  j0[\"{expected}\"]\n"), "{name}");
    }
}

#[test]
fn json_is_read_by_others() {
    let text = printed(JOBS, |family| json(family, &Actions::of(&ActionBundle::default()), &[]));
    let value: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(value["jobs"][0]["matrix"]["legs"][1]["values"][1]["value"], serde_yaml::Value::from(3.1));
    assert_eq!(value["jobs"][1]["runs"]["succeeded"].as_str(), Some("yes"));
    assert_eq!(value["jobs"][1]["runs"]["failed"].as_str(), Some("no"));
    assert_eq!(value["jobs"][1]["runs"]["cancelled"].as_str(), Some("depends"));
    assert_eq!(value["jobs"][1]["at"]["line"].as_u64(), Some(15));
    assert_eq!(value["jobs"][2]["calls"]["uses"].as_str(), Some("./.github/workflows/deploy.yml"));
}
