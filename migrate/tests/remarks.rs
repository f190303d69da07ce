//! What is told of values that GitHub takes: each language by its keys, at its place, once.

mod corpus;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use towpath_migrate::graph::{ActionBundle, ActionFiles, Actions, Family};
use towpath_migrate::model::call::{Bundle, Lookup, Program, Reference, Rules};
use towpath_migrate::model::{Action, Workflow};
use towpath_migrate::read::{Document, Limits, Problem, read_action, read_workflow};
use towpath_migrate::remarks::{Of, Remark, of_actions, remarks};
use towpath_migrate::values::Severity;

const TODAY: Date = date(2026, 11, 21);

fn said(source: &str) -> Vec<(&'static str, String)> {
    let document = read_workflow(source, &Limits::default());
    let workflow = Workflow::of(&document);
    remarks(Of::workflow(&workflow), TODAY)
        .iter()
        .map(|remark| (remark.code, remark.span.of(source).to_owned()))
        .collect()
}

fn told_of_action(document: &Document) -> Vec<Remark> {
    remarks(Of::Action(&Action::of(document)), TODAY)
}

fn job(body: &str) -> String {
    let steps = if body.contains("steps:") { "" } else { "    steps: [{run: x}]\n" };
    format!("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n{body}{steps}")
}

fn dispatch(input: &str) -> String {
    format!(
        "on: {{workflow_dispatch: {{inputs: {{i: {input}}}}}}}\njobs: {{a: {{runs-on: x, steps: [{{run: x}}]}}}}\n"
    )
}

/// Wherever an image is named, it is read by the same rules.
#[test]
fn images_are_looked_at_wherever_they_are_named() {
    let places = |image: &str| {
        [
            job(&format!("    container: '{image}'\n")),
            job(&format!("    container: {{image: '{image}'}}\n")),
            job(&format!("    services: {{db: '{image}'}}\n")),
            job(&format!("    services: {{db: {{image: '{image}'}}}}\n")),
            job(&format!("    steps: [{{uses: '{image}'}}]\n")),
        ]
    };
    for (image, told) in [
        ("docker://alpine:3.20", None),
        ("docker://ghcr.io/a/b@sha256:12", Some("sha256:12")),
        ("docker://Alpine", Some("Alpine")),
        ("docker://a:b:c", Some("b:c")),
        ("docker://a b", Some("a b")),
    ] {
        let action = format!("name: a\ndescription: b\nruns: {{using: docker, image: '{image}'}}\n");
        let document = read_action(action.as_str(), &Limits::default());
        let of_action =
            told_of_action(&document).iter().map(|remark| remark.span.of(&action).to_owned()).collect();
        let of_jobs =
            places(image).map(|source| said(&source).into_iter().map(|(_, at)| at).collect::<Vec<_>>());
        for found in of_jobs.into_iter().chain([of_action]) {
            assert_eq!(found, Vec::from_iter(told), "{image}");
        }
    }
    assert_eq!(said(&job("    steps: [{uses: 'docker://'}]\n")), [("uses", String::new())]);
    let action = "name: a\ndescription: b\nruns: {using: docker, image: alpine}\n";
    let [remark] = &told_of_action(&read_action(action, &Limits::default()))[..] else { panic!("{action}") };
    assert_eq!(remark.message, "'alpine' should be either '[path]/Dockerfile' or 'docker://image[:tag]'.");
}

#[test]
fn a_job_names_a_runner() {
    for (runs_on, is_told) in [
        ("[]", true),
        ("{}", true),
        ("{labels: []}", true),
        ("{group: x}", false),
        ("{labels: x}", false),
        ("['${{ x }}']", false),
        ("'${{ inputs.x }}'", false),
        ("x", false),
    ] {
        let source = job("").replace("ubuntu-24.04", runs_on);
        let found: Vec<_> = said(&source).into_iter().filter(|(code, _)| *code == "label").collect();
        assert_eq!(found.len(), usize::from(is_told), "{runs_on}: {found:?}");
    }
}

/// Of what the source breaks off in, nobody knows what it lacks.
#[test]
fn a_file_that_breaks_off_is_not_told_what_it_lacks() {
    for source in [
        "on: push\njobs:\n  a:\n    runs-on: x\n   steps: [{run: x}]\n",
        "on: push\njobs:\n  a: {runs-on: []\n",
    ] {
        assert_eq!(said(source), [], "{source}");
    }
}

#[test]
fn each_language_is_heard_where_it_is_spoken() {
    for (source, code, place) in [
        ("on: {push: {branches: [main, 'a[z-a]']}}\njobs: {}\n".to_owned(), "glob", "z-a"),
        ("on: {push: {paths: './src/**'}}\njobs: {}\n".to_owned(), "glob", "./"),
        ("on: {push: {branches: ['!main']}}\njobs: {}\n".to_owned(), "glob", "!main"),
        ("on:\n  schedule:\n    - cron: '* * * * *'\njobs: {}\n".to_owned(), "cron", "* * * * *"),
        (
            "on:\n  schedule:\n    - cron: '0 5 * * *'\n      timezone: Mars/North\njobs: {}\n".to_owned(),
            "timezone",
            "Mars/North",
        ),
        (
            "on: push\njobs: {a: {runs-on: [ubuntu-16.04], steps: [{run: x}]}}\n".to_owned(),
            "label",
            "ubuntu-16.04",
        ),
        (
            "on: push\njobs: {a: {runs-on: {labels: ubuntu-16.04}, steps: [{run: x}]}}\n".to_owned(),
            "label",
            "ubuntu-16.04",
        ),
        ("on: push\njobs: {a: {runs-on: x}}\n".to_owned(), "job", "a"),
        ("on: push\njobs: {a: {runs-on: x, steps: []}}\n".to_owned(), "job", "a"),
        (
            "on: {push: {branches: [a], branches-ignore: [b]}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n"
                .to_owned(),
            "event",
            "push",
        ),
        (
            "on: {workflow_run: {types: [completed]}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n"
                .to_owned(),
            "event",
            "workflow_run",
        ),
        (job("    container: Ubuntu\n"), "image", "Ubuntu"),
        (job("    container: {image: a:b:c}\n"), "image", "a:b:c"),
        (job("    services: {db: Postgres}\n"), "image", "Postgres"),
        (job("    services: {db: {image: Postgres}}\n"), "image", "Postgres"),
        (job("    steps: [{run: x, shell: perl}]\n"), "shell", "perl"),
        (job("    if: ${{ github.ref == 'x' }} \n").replace(" \n", "\n"), "", ""),
        (
            job("    name: \"x ${{ format('{0}{1}', github.ref) }}\"\n"),
            "expression",
            "format('{0}{1}', github.ref)",
        ),
        (job("    name: ${{ format('{', github.ref) }}\n"), "expression", "format('{', github.ref)"),
        (job("    if: contains(fromJSON('[1'), github.ref)\n"), "expression", "fromJSON('[1')"),
        (job("    if: ${{ contains(fromJSON('[1'), github.ref) }}\n"), "expression", "fromJSON('[1')"),
        (job("    name: ${{ format('{0}{{1}}', github.ref) }} ${{ fromJSON('[1]')[0] }}\n"), "", ""),
        (job("    if: |\n      ${{ github.ref == 'x' }}\n"), "condition", "github.ref"),
        (job("    if: ${{ github.ref }} == 'x'\n"), "condition", "== 'x'"),
        (job("    if: \"${{ 'a' == 'b' }}\"\n"), "condition", "'a' == 'b'"),
        (job("    env: {GITHUB_SHA: x}\n"), "variable", "GITHUB_SHA"),
        (job("    steps: [{uses: actions/checkout@1a2b3c4}]\n"), "uses", "1a2b3c4"),
        (job("    strategy: {max-parallel: 0}\n"), "number", "0"),
        (job("    timeout-minutes: -5\n"), "number", "-5"),
        (job("    steps: [{run: x, timeout-minutes: 0}]\n"), "number", "0"),
        ("on:\n  schedule:\n    - cron: '0 0 31 2 *'\njobs: {}\n".to_owned(), "cron", "0 0 31 2 *"),
        (dispatch("{type: choice, options: [x, y], default: z}"), "input", "z"),
        (dispatch("{type: number, default: teen}"), "input", "teen"),
    ] {
        let told = said(&source);
        if code.is_empty() {
            assert_eq!(told, [], "{source}");
            continue;
        }
        let [(told, span)] = &told[..] else { panic!("{source}: {told:?}") };
        assert_eq!(*told, code, "{source}");
        assert!(span.contains(place) || place.contains(span.as_str()), "{source}: {span}");
    }
}

/// What GitHub's server refuses, though its schema takes it: what is said, and of which part of the source.
#[test]
fn what_only_the_server_refuses_is_told() {
    let inputs = |count: usize| {
        let names: Vec<_> = (0..count).map(|at| format!("i{at}: ")).collect();
        job("")
            .replace("on: push", &format!("on: {{workflow_dispatch: {{inputs: {{{}}}}}}}", names.join(", ")))
    };
    let secrets = |name: &str| {
        job("").replace("on: push", &format!("on: {{workflow_call: {{secrets: {{{name}: }}}}}}"))
    };
    let concurrency = |keys: &str| job(&format!("    concurrency: {{group: a, {keys}}}\n"));
    let matrix = |more: &str, count: usize| {
        let values: Vec<_> = (0..count).map(|at| at.to_string()).collect();
        job(&format!("    strategy: {{matrix: {{a: [{}]{more}}}}}\n", values.join(", ")))
    };
    for (source, expected) in [
        (inputs(25), None),
        (
            inputs(26),
            Some((
                "input",
                "inputs",
                "you may only define up to 25 `inputs` for a `workflow_dispatch` event",
            )),
        ),
        (
            secrets("GitHub_Token"),
            Some((
                "secret",
                "GitHub_Token",
                "secret name `GitHub_Token` within `workflow_call` can not be used since it would collide with system reserved name",
            )),
        ),
        (
            concurrency("cancel-in-progress: true, queue: max"),
            Some(("concurrency", "max", "GitHub refuses `queue: max` with `cancel-in-progress: true`")),
        ),
        (concurrency("cancel-in-progress: false, queue: max"), None),
        (concurrency("cancel-in-progress: true, queue: single"), None),
        (concurrency("cancel-in-progress: '${{ github.ref == 1 }}', queue: max"), None),
        (matrix("", 256), None),
        (
            matrix("", 257),
            Some(("matrix", "matrix", "the matrix has more than 256 legs, and GitHub starts no more")),
        ),
        (
            matrix(", include: [{b: 1}, {a: x, b: 1}]", 256),
            Some(("matrix", "matrix", "the matrix has more than 256 legs, and GitHub starts no more")),
        ),
        (matrix(", exclude: [{a: 3}]", 257), None),
        (matrix(", exclude: '${{ fromJSON(vars.x) }}'", 257), None),
    ] {
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        assert_eq!(workflow.all_problems().collect::<Vec<_>>(), Vec::<&Problem>::new(), "{source}");
        let found = remarks(Of::workflow(&workflow), TODAY);
        let told: Vec<_> = found
            .iter()
            .map(|remark| (remark.code, remark.span.of(&source), remark.message.as_str()))
            .collect();
        assert_eq!(told, Vec::from_iter(expected), "{source}");
        assert!(found.iter().all(|remark| remark.severity == Severity::Error && !remark.hint.is_empty()));
    }
}

/// The own repository has one action, and one of a container.
struct Repository;

impl ActionFiles for Repository {
    fn look_up(&self, folder: &Reference) -> Lookup {
        let runs = match (folder.path.as_str(), &folder.repository) {
            ("act", None) => "{using: composite, steps: []}",
            ("self", None) => "{using: composite, steps: [{uses: ./self}]}",
            ("one", None) => "{using: composite, steps: [{uses: $/two}]}",
            ("two", None) => "{using: composite, steps: [{uses: ./gone}, {uses: $/one}]}",
            ("perhaps", None) => "{using: composite, steps: [{uses: ./perhaps, if: inputs.q}]}",
            ("asks", None) => {
                return Lookup::Text(
                    "name: a\ndescription: b\ninputs: {q: {required: true}, r: {required: true, default: x}, s: {required: true}}\n\
                     outputs: {out: {value: x}}\nruns: {using: composite, steps: []}\n"
                        .into(),
                );
            }
            ("container", None) => "{using: docker, image: Dockerfile}",
            (_, None) => return Lookup::NotThere,
            (_, Some(_)) => return Lookup::NotSupplied,
        };
        Lookup::Text(format!("name: a\ndescription: b\ninputs: {{q: {{}}, r: {{}}}}\nruns: {runs}\n").into())
    }
}

#[test]
fn actions_that_are_not_there_and_inputs_that_they_do_not_have_are_told() {
    let limits = Limits::default();
    for (step, expected) in [
        ("uses: ./act", None),
        (
            "{uses: ./act, with: {Q: 1, zz: 1, y: 2}}",
            Some("Unexpected input(s) 'zz', 'y', valid inputs are ['q', 'r']"),
        ),
        ("{uses: ./container, with: {args: 1}}", None),
        (
            "{uses: ./container, with: {zz: 1}}",
            Some("Unexpected input(s) 'zz', valid inputs are ['entryPoint', 'args', 'q', 'r']"),
        ),
        ("uses: ./asks", Some("Missing required inputs: `q`, `s`")),
        ("{uses: ./asks, with: {Q: 1}}", Some("Missing required input `s`")),
        ("{uses: ./asks, with: {q: 1, s: 2}}", None),
        ("{uses: ./asks, with: {q: 1, '${{ insert }}': '${{ env }}'}}", None),
        ("uses: ./self", Some("actions use each other without an end: ./self, then ./self")),
        ("uses: ./one", Some("actions use each other without an end: ./one, then ./two, then ./one")),
        ("uses: ./perhaps", None),
        ("uses: ./nope", Some("the repository has no action.yml or action.yaml in './nope'")),
        ("uses: $/nope", Some("the repository has no action.yml or action.yaml in '$/nope'")),
        ("{uses: o/r@v1, with: {zz: 1}}", None),
    ] {
        let source = job(&format!("    steps:\n      - uses: actions/checkout@v5\n      - {step}\n"));
        let document = read_workflow(source.as_str(), &limits);
        let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), document);
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        let loaded = ActionBundle::load(&family, &Repository, &limits);
        let found = of_actions(&family, &Actions::of(&loaded));
        let told: Vec<_> = found.iter().map(|remark| remark.message.as_str()).collect();
        assert_eq!(told, Vec::from_iter(expected), "{step}");
        assert!(found.iter().all(|remark| step.contains(remark.span.of(&source))), "{step}");
    }
}

/// A composite action gives what it declares; others may set what they like.
#[test]
fn outputs_that_an_action_does_not_have_are_told() {
    let limits = Limits::default();
    let source = job(
        "    outputs: {o: '${{ steps.s.outputs.late }}'}\n    steps:\n      - uses: actions/checkout@v5\n      \
         - {id: S, uses: ./asks, with: {q: 1, s: 2}}\n      - {id: c, uses: ./container}\n      \
         - run: echo ${{ steps.s.outputs.OUT }} ${{ steps.s.outputs.none }} ${{ steps.c.outputs.any }} ${{ steps.s.outcome }}\n",
    );
    let document = read_workflow(source.as_str(), &limits);
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), document);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &Repository, &limits);
    let told: Vec<_> = of_actions(&family, &Actions::of(&loaded))
        .into_iter()
        .map(|remark| (remark.span.of(&source).to_owned(), remark.message))
        .collect();
    let expected = ["late", "none"]
        .map(|name| (format!("steps.s.outputs.{name}"), format!("Context access might be invalid: {name}")));
    assert_eq!(told, expected);
}

#[test]
fn names_of_secrets_that_a_workflow_asks_for_may_have_dashes() {
    assert_eq!(said(&job("").replace("on: push", "on: {workflow_call: {secrets: {gh-token: {}}}}")), []);
}

#[test]
fn what_holds_an_expression_is_not_judged() {
    for body in [
        "    container: ${{ inputs.image }}:B\n",
        "    steps: [{run: x, shell: '${{ inputs.shell }}'}]\n",
        "    services: ${{ fromJSON(inputs.services) }}\n",
    ] {
        let source = job(body).replace("on: push", "on: {workflow_call: {inputs: {image: {type: string}, shell: {type: string}, services: {type: string}}}}");
        assert_eq!(said(&source), [], "{body}");
    }
}

/// What is told of contexts: the part of the source, and the message.
fn told_of_contexts(source: &str) -> Vec<String> {
    let document = read_workflow(source, &Limits::default());
    let workflow = Workflow::of(&document);
    assert_eq!(workflow.all_problems().collect::<Vec<_>>(), Vec::<&Problem>::new(), "{source}");
    let told = remarks(Of::workflow(&workflow), TODAY).into_iter().filter(|remark| remark.code == "context");
    told.map(|remark| {
        let name = remark.message.strip_prefix("Context access might be invalid: ").unwrap_or("?");
        format!("{} {name}", remark.span.of(source))
    })
    .collect()
}

#[test]
fn what_a_context_cannot_have_is_told() {
    for (body, expected) in [
        ("needs: b\n    if: needs.b.result == 'success'", &[][..]),
        ("if: always() && needs.B.result", &["always() && needs.B.result B"]),
        ("needs: b\n    name: ${{ needs.c.result }}", &["needs.c.result c"]),
        ("needs: b\n    name: ${{ needs.nope.result }}", &["needs.nope.result nope"]),
        (
            "needs: b\n    name: ${{ needs.b.outputs.NO-1 }}${{ needs['b']['outputs']['yes'] }}",
            &["needs.b.outputs.NO-1 NO-1"],
        ),
        ("needs: b\n    name: ${{ needs.b.output.yes }}", &["needs.b.output.yes output"]),
        (
            "needs: b\n    name: ${{ toJSON(needs) }}${{ needs.*.outputs.x }}${{ needs[github.job].outputs.x }}",
            &[],
        ),
        ("needs: [b, c]\n    name: ${{ needs.c.outputs.any }}", &["needs.c.outputs.any any"]),
        ("needs: called\n    name: ${{ needs.called.outputs.any }}", &[]),
        (
            "strategy: {matrix: {os: [a], include: [{os: b, go: 1}]}}\n    name: ${{ matrix.OS }} ${{ matrix.go }} ${{ matrix.node }}",
            &["matrix.node node"],
        ),
        (
            "strategy: {matrix: {include: '${{ fromJSON(vars.x) }}', os: [a]}}\n    name: ${{ matrix.node }}",
            &[],
        ),
        (
            "strategy: {matrix: {include: ['${{ fromJSON(vars.x) }}'], os: [a]}}\n    name: ${{ matrix.node }}",
            &[],
        ),
        ("strategy: {matrix: '${{ fromJSON(vars.x) }}'}\n    name: ${{ matrix.node }}", &[]),
        (
            "strategy: {matrix: {os: '${{ fromJSON(vars.x) }}'}}\n    name: ${{ matrix.os }}${{ matrix.node }}",
            &["matrix.node node"],
        ),
        ("strategy: {matrix: {os: [{name: a}]}}\n    name: ${{ matrix.os.nope }}", &[]),
        ("strategy: {fail-fast: false}\n    name: ${{ matrix.node }}", &[]),
        (
            "name: ${{ inputs.declared }} ${{ inputs.other }} ${{ inputs.not-there }}",
            &["inputs.not-there not-there"],
        ),
        ("env: {A: '${{ secrets.any }}', B: '${{ vars.any }}', C: '${{ github.event.any }}'}", &[]),
        (
            "outputs: {o: '${{ steps.last.outputs.x }}', p: '${{ steps.gone.outputs.x }}'}",
            &["steps.gone.outputs.x gone"],
        ),
        ("environment: {name: e, url: '${{ steps.last.outputs.any }}'}", &[]),
    ] {
        let source = format!(
            "on:\n  workflow_dispatch: {{inputs: {{declared: {{type: string}}}}}}\n  workflow_call: {{inputs: {{other: {{type: string}}}}, \
             outputs: {{o: {{value: '${{{{ jobs.a.outputs.o }}}}'}}}}}}\njobs:\n  a:\n    {body}\n    runs-on: x\n    steps: [{{id: last, run: x}}]\n  \
             b: {{runs-on: x, outputs: {{yes: x}}, steps: [{{run: x}}]}}\n  c: {{runs-on: x, steps: [{{run: x}}]}}\n  \
             called: {{uses: o/r/.github/workflows/x.yml@v1}}\n"
        );
        let expected: Vec<_> = expected.iter().map(|told| (*told).to_owned()).collect();
        let told: Vec<_> =
            told_of_contexts(&source).into_iter().filter(|told| !told.starts_with("jobs.")).collect();
        assert_eq!(told, expected, "{source}");
    }
}

#[test]
fn steps_are_there_for_those_behind_them() {
    let source = "\
on: push
jobs:
  a:
    runs-on: x
    steps:
      - {id: first, run: 'echo ${{ steps.first.outputs.x }} ${{ steps.second.outcome }}'}
      - parallel:
          - {id: p, run: 'echo ${{ steps.q.outputs.x }}'}
          - {id: q, run: 'echo ${{ steps.FIRST.outputs.x }} ${{ steps.first.result }}'}
      - {id: second, if: steps.third.outcome == 'success', run: 'echo ${{ steps.p.conclusion }} ${{ steps.none.outputs.x }} ${{ steps.*.outputs.x }}'}
      - {id: third, run: x}
";
    assert_eq!(
        told_of_contexts(source),
        [
            "steps.first.outputs.x first",
            "steps.second.outcome second",
            "steps.q.outputs.x q",
            "steps.first.result result",
            "steps.third.outcome == 'success' third",
            "steps.none.outputs.x none",
        ]
    );
}

/// What a step in the background gives is kept until something waits for it.
#[test]
fn steps_in_the_background_are_there_for_those_behind_a_wait() {
    let source = "\
on: push
jobs:
  a:
    runs-on: x
    outputs: {o: '${{ steps.never.outputs.x }}'}
    steps:
      - {id: one, run: x, background: true}
      - {id: two, run: x, background: true}
      - {id: no, run: x, background: false}
      - {id: never, run: 'echo ${{ steps.one.outputs.a }} ${{ steps.no.outputs.x }}', background: true}
      - wait: one
      - run: echo ${{ steps.one.outputs.c }} ${{ steps.two.outputs.d }}
      - cancel: two
      - run: echo ${{ steps.two.outputs.e }} ${{ steps.never.outputs.f }}
      - wait-all:
      - run: echo ${{ steps.never.outputs.g }}
";
    assert_eq!(
        told_of_contexts(source),
        ["steps.one.outputs.a one", "steps.two.outputs.d two", "steps.never.outputs.f never",]
    );
}

#[test]
fn contexts_that_nobody_adds_to_are_closed() {
    let source = job(
        "    env:\n      A: ${{ github.event_nam }} ${{ github.event_name }} ${{ GITHUB.Event_Name }}\n    steps:\n      \
         - run: echo ${{ runner.oss }} ${{ runner.os }} ${{ job.state }} ${{ job.status }} ${{ strategy.job_index }}\n      \
         - run: echo ${{ github.event.any }} ${{ vars.any }} ${{ env.any }} ${{ github['ref'] }} ${{ github.* }}\n",
    );
    assert_eq!(
        told_of_contexts(&source),
        ["github.event_nam event_nam", "runner.oss oss", "job.state state", "strategy.job_index job_index"]
    );
}

#[test]
fn a_workflow_without_events_is_refused() {
    for (on, is_told) in [("{}", true), ("[]", true), ("push", false), ("[push]", false), ("{push: }", false)]
    {
        let source = format!("on: {on}\njobs: {{a: {{runs-on: ubuntu-24.04, steps: [{{run: x}}]}}}}\n");
        let expected: &[_] = if is_told { &[("event", "on".to_owned())] } else { &[] };
        assert_eq!(said(&source), expected, "{on}");
    }
}

#[test]
fn comparisons_that_never_hold_are_told() {
    let both = "on: {push: , workflow_dispatch: {inputs: {flag: {type: boolean}, text: {type: string}}}}";
    let called = "on: {workflow_call: {inputs: {flag: {type: boolean}}}}";
    let mixed = "on: {workflow_call: {inputs: {flag: {type: boolean}}}, workflow_dispatch: {inputs: {flag: {type: string}}}}";
    let never = "this is never true: the input flag is a boolean, and equal to no text but '', '0' and '1'";
    let event = "this is never true: no event 'release' starts this workflow";
    let call =
        "this is never true: a called workflow has the event of its caller, and no run has 'workflow_call'";
    for (on, condition, expected) in [
        (both, "inputs.flag == 'true'", Some(never.to_owned())),
        (both, "${{ 'False' == Inputs.FLAG }}", Some(never.replace("flag", "FLAG"))),
        (both, "inputs.flag != 'true'", Some(never.replace("never", "always"))),
        (both, "inputs.flag == true", None),
        (both, "inputs.flag == '1'", None),
        (both, "inputs.text == 'true'", None),
        (both, "github.event.inputs.flag == 'true'", None),
        (called, "inputs.flag == 'true'", Some(never.to_owned())),
        (mixed, "inputs.flag == 'true'", None),
        (both, "github.event_name == 'release'", Some(event.to_owned())),
        (both, "github.event_name == 'Push'", None),
        (both, "github.ref == 'x' || github.event_name != 'release'", Some(event.replace("never", "always"))),
        (called, "github.event_name == 'release'", None),
        (called, "github.event_name == 'workflow_call'", Some(call.to_owned())),
        (called, "${{ 'Workflow_Call' != github.event_name }}", Some(call.replace("never", "always"))),
        (
            mixed,
            "github.event_name == 'workflow_dispatch' || github.event_name == 'workflow_call'",
            Some(call.to_owned()),
        ),
        (both, "github.event_name == 'workflow_call'", Some(call.to_owned())),
        (called, "github.event.action == 'workflow_call'", None),
    ] {
        let source = format!(
            "{on}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{{run: x}}]\n    if: {condition}\n"
        );
        let document = read_workflow(source.as_str(), &Limits::default());
        let found = remarks(Of::workflow(&Workflow::of(&document)), TODAY);
        let told: Vec<_> = found.iter().filter(|remark| remark.code == "comparison").collect();
        assert_eq!(
            told.iter().map(|remark| remark.message.clone()).collect::<Vec<_>>(),
            Vec::from_iter(expected),
            "{source}"
        );
        assert!(
            told.iter().all(
                |remark| remark.span.of(&source).contains("==") || remark.span.of(&source).contains("!=")
            )
        );
    }
}

#[test]
fn merge_keys_are_told_to_be_none() {
    let source = "on: push\njobs:\n  a: &a {runs-on: x, steps: [{run: x}]}\n  <<: *a\n";
    let document = read_workflow(source, &Limits::default());
    let workflow = Workflow::of(&document);
    let [problem] = &workflow.problems[..] else { panic!("{:?}", workflow.problems) };
    assert!(
        problem.hint.as_deref().is_some_and(|hint| hint.starts_with("GitHub knows no merge keys")),
        "{problem:?}"
    );
}

#[test]
fn called_workflows_name_what_they_give_and_take() {
    let called = |secrets: &str, body: &str| {
        format!(
            "on:\n  workflow_call:\n    secrets: {secrets}\n    outputs:\n      o: {{value: '${{{{ jobs.a.outputs.x }}}} ${{{{ jobs.A.outputs.y }}}} ${{{{ jobs.b.result }}}}'}}\n\
             jobs:\n  a:\n    runs-on: x\n    outputs: {{x: x}}\n    env: {{A: '${{{{ secrets.given }}}} ${{{{ secrets.GITHUB_TOKEN }}}}', B: '${{{{ secrets.other }}}}'}}\n    \
             {body}steps: [{{run: x}}]\n"
        )
    };
    let outputs = ["jobs.A.outputs.y y", "jobs.b.result b"];
    assert_eq!(
        told_of_contexts(&called("{GIVEN: {}}", "")),
        [&outputs[..], &["secrets.other other"]].concat()
    );
    assert_eq!(told_of_contexts(&called("{GIVEN: {}}", "environment: e\n    ")), outputs);
    assert_eq!(told_of_contexts(&called("{}", "")), outputs);
    let both = called("{GIVEN: {}}", "").replace("  workflow_call:", "  push:\n  workflow_call:");
    assert_eq!(told_of_contexts(&both), outputs);
}

#[test]
fn actions_are_told_of_their_contexts_and_conditions() {
    let source = "\
name: a
inputs: {known: {}}
outputs: {o: {value: '${{ steps.one.outputs.x }}${{ steps.two.outputs.x }}'}}
runs:
  using: composite
  steps:
    - {id: one, run: 'echo ${{ inputs.KNOWN }} ${{ inputs.other }}', shell: bash}
    - {if: steps.one.outcome == 'failure', run: x, shell: bash}
";
    let document = read_action(source, &Limits::default());
    let action = Action::of(&document);
    let told = remarks(Of::Action(&action), TODAY);
    let told: Vec<_> = told.iter().map(|remark| (remark.code, remark.span.of(source))).collect();
    assert_eq!(
        told,
        [
            ("context", "steps.two.outputs.x"),
            ("context", "inputs.other"),
            ("condition", "steps.one.outcome == 'failure'")
        ]
    );
}

#[test]
fn steps_of_actions_are_read_as_well() {
    let source = "name: a\nruns:\n  using: composite\n  steps: [{run: x, shell: perl}]\n";
    let document = read_action(source, &Limits::default());
    let action = Action::of(&document);
    let told: Vec<_> = remarks(Of::Action(&action), TODAY).iter().map(|remark| remark.code).collect();
    assert_eq!(told, ["shell"]);
}

/// What real workflows read that is not there: each was looked at, and is a mistake.
const CONTEXTS: [&str; 12] = [
    "actions+checkout/check-dist.yml: diff",
    "actions+starter-workflows/code-scanning/zscaler-iac-scan.yml: sarif_file_path",
    "actions+starter-workflows/deployments/google-cloudrun-docker.yml: deploy",
    "actions+starter-workflows/deployments/google-cloudrun-source.yml: deploy",
    "astral-sh+uv/release-prepare.yml: bump",
    "cucumber+gherkin/test-perl.yaml: perl",
    "docker+build-push-action/ci.yml: platforms",
    "docker+build-push-action/ci.yml: buildx",
    "hashicorp+terraform/equivalence-test-update.yml: target-branch",
    "tokio-rs+tokio/ci.yml: rustflags",
    "tokio-rs+tokio/ci.yml: target",
    "tokio-rs+tokio/ci.yml: rust",
];

#[test]
fn real_workflows_are_told_little() {
    let Some(files) = corpus::yaml_files("real_workflows_are_told_little") else { return };
    let real = || files.iter().filter(|(name, _)| name.starts_with("workflows/"));
    let (mut counts, mut errors, mut contexts) = (BTreeMap::new(), 0, Vec::new());
    for (name, source) in real() {
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        for remark in remarks(Of::workflow(&workflow), TODAY) {
            let Remark { severity, span, message, .. } = &remark;
            assert!(
                span.end <= source.len() && source.get(span.start..span.end).is_some(),
                "{name}: {remark:?}"
            );
            *counts.entry(remark.code).or_insert(0_usize) += 1;
            errors += usize::from(*severity == Severity::Error);
            if let Some(what) = message.strip_prefix("Context access might be invalid: ") {
                contexts.push(format!("{}: {what}", name.trim_start_matches("workflows/")));
            }
        }
    }
    let count: usize = counts.values().sum();
    println!("{} files, {count} remarks, {errors} of them errors: {counts:?}", real().count());
    assert!(count > 0 && count < real().count() / 2, "{count}");
    assert_eq!(contexts, CONTEXTS, "values that are not there, or a false alarm");
}

/// All that is told of a source: GitHub's refusals and remarks, with their severity.
fn all_told(source: &str, limits: &Limits) -> Vec<(String, Severity)> {
    let document = read_workflow(source, limits);
    let workflow = Workflow::of(&document);
    let problems = workflow.all_problems().map(|problem| {
        let is_refused = problem.is_refusal() && !problem.is_beyond;
        (problem.message.clone(), if is_refused { Severity::Error } else { Severity::Warning })
    });
    let remarks = remarks(Of::workflow(&workflow), TODAY).into_iter();
    problems.chain(remarks.map(|remark| (remark.message, remark.severity))).collect()
}

#[test]
fn one_fault_is_told_once() {
    for (source, expected) in [
        (
            "on: {schedule: [{cron: ''}]}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n".to_owned(),
            "Unexpected value ''",
        ),
        (
            job("    timeout-minutes: !!int \"5\"\n"),
            "The scalar style 'DoubleQuoted' on line 5 and column 22 is not valid with the tag 'tag:yaml.org,2002:int'",
        ),
    ] {
        let told = all_told(&source, &Limits::default());
        assert_eq!(told, [(expected.to_owned(), Severity::Error)], "{source}");
    }
}

/// What comes behind the end of reading is not there, but it is not missing.
#[test]
fn nothing_is_said_to_be_missing_where_reading_ends() {
    let numbers: Vec<_> = (0..300).map(|number| number.to_string()).collect();
    let matrix =
        format!("    strategy:\n      matrix:\n        n: [{}]\n        bomb:\n", numbers.join(", "));
    let bomb = "          - &a [1, 1, 1, 1]\n".to_owned() + &"          - *a\n".repeat(200);
    for (source, limits, told) in [
        (
            job(&format!("{matrix}{bomb}")),
            Limits { nodes: 1_000, ..Limits::default() },
            vec![
                ("Maximum YAML nodes exceeded", Severity::Error),
                ("the matrix has more than 256 legs, and GitHub starts no more", Severity::Warning),
            ],
        ),
        (
            // The steps are an alias, and too large without it.
            format!(
                "on: push\nenv: {{A: {}}}\njobs:\n  a: {{runs-on: ubuntu-24.04, steps: &s [{{run: x}}]}}\n  b: {{runs-on: ubuntu-24.04, steps: *s}}\n",
                "x".repeat(2_000)
            ),
            Limits { bytes: 1_000, ..Limits::default() },
            vec![("Maximum object size exceeded", Severity::Error)],
        ),
    ] {
        let found = all_told(&source, &limits);
        let found: Vec<_> = found.iter().map(|(message, severity)| (message.as_str(), *severity)).collect();
        assert_eq!(found, told, "{source}");
    }
}
