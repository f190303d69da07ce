//! What is told of values that GitHub takes: each language by its keys, at its place, once.

mod corpus;

use jiff::civil::{Date, date};
use towpath_migrate::read::{Limits, read_action, read_workflow};
use towpath_migrate::remarks::{Remark, remarks};
use towpath_migrate::values::Severity;

const TODAY: Date = date(2026, 11, 21);

fn said(source: &str) -> Vec<(&'static str, String)> {
    let document = read_workflow(source, &Limits::default());
    remarks(&document, TODAY).iter().map(|remark| (remark.code, remark.span.of(source).to_owned())).collect()
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
            remarks(&document, TODAY).iter().map(|remark| remark.span.of(&action).to_owned()).collect();
        let of_jobs =
            places(image).map(|source| said(&source).into_iter().map(|(_, at)| at).collect::<Vec<_>>());
        for found in of_jobs.into_iter().chain([of_action]) {
            assert_eq!(found, Vec::from_iter(told), "{image}");
        }
    }
    assert_eq!(said(&job("    steps: [{uses: 'docker://'}]\n")), [("uses", String::new())]);
    let action = "name: a\ndescription: b\nruns: {using: docker, image: alpine}\n";
    let [remark] = &remarks(&read_action(action, &Limits::default()), TODAY)[..] else { panic!("{action}") };
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
        assert_eq!(said(&job(body)), [], "{body}");
    }
}

#[test]
fn steps_of_actions_are_read_as_well() {
    let source = "name: a\nruns:\n  using: composite\n  steps: [{run: x, shell: perl}]\n";
    let document = read_action(source, &Limits::default());
    let told: Vec<_> = remarks(&document, TODAY).iter().map(|remark| remark.code).collect();
    assert_eq!(told, ["shell"]);
}

#[test]
fn real_workflows_are_told_little() {
    let Some(files) = corpus::yaml_files("real_workflows_are_told_little") else { return };
    let real = || files.iter().filter(|(name, _)| name.starts_with("workflows/"));
    let (mut count, mut errors) = (0, Vec::new());
    for (name, source) in real() {
        let document = read_workflow(source.as_str(), &Limits::default());
        for remark in remarks(&document, TODAY) {
            let Remark { severity, span, message, .. } = &remark;
            assert!(
                span.end <= source.len() && source.get(span.start..span.end).is_some(),
                "{name}: {remark:?}"
            );
            count += 1;
            if *severity == Severity::Error {
                errors.push(format!("{name}: {message}"));
            }
        }
    }
    let count_of = |files: usize| format!("{files} files, {count} remarks, {} of them errors", errors.len());
    println!("{}", count_of(real().count()));
    assert!(count > 0 && count < real().count() / 2, "{count}");
}
