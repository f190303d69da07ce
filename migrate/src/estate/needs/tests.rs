use super::*;
use crate::assess::Profile;
use crate::graph::{ActionBundle, ActionFiles, Actions, Family};
use crate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use crate::read::{Limits, read_workflow};

/// Files of repositories, by `owner/name` and path; without a repository those of the workflow's own.
struct Around(&'static [(&'static str, &'static str)]);

impl Around {
    fn text(&self, reference: &Reference, end: &str) -> Lookup {
        let home = reference.repository.as_ref().map(|home| format!("{}/{}/", home.owner, home.name));
        let path = format!("{}{}{end}", home.as_deref().unwrap_or_default(), reference.path);
        match (self.0.iter().find(|(name, _)| *name == path), home) {
            (Some((_, text)), _) => Lookup::Text((*text).into()),
            (None, Some(_)) => Lookup::NotSupplied,
            (None, None) => Lookup::NotThere,
        }
    }
}

impl WorkflowFiles for Around {
    fn look_up(&self, reference: &Reference) -> Lookup {
        self.text(reference, "")
    }
}

impl ActionFiles for Around {
    fn look_up(&self, folder: &Reference) -> Lookup {
        self.text(folder, "/action.yml")
    }
}

fn needs(source: &str, around: &'static [(&'static str, &'static str)]) -> Needs {
    let limits = Limits::default();
    let around = Around(around);
    let root = Reference::local(".github/workflows/ci.yml");
    let bundle = Bundle::load(root, read_workflow(source, &limits), &around, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &around, &limits);
    let (actions, profile) = (Actions::of(&loaded), Profile::default());
    Needs::of(&WorkflowSight::new(&family, &actions, &profile))
}

/// One line for each thing of a job, but for what each job has.
fn told(needs: &Needs, job: usize) -> Vec<String> {
    let mut lines: Vec<_> = needs
        .things_of(&needs.jobs[job])
        .filter(|thing| thing.name != "as the repository's settings say")
        .map(|thing| match thing.version.as_str() {
            "" => format!("{} {}", thing.kind.code(), thing.name),
            version => format!("{} {} {version}", thing.kind.code(), thing.name),
        })
        .collect();
    lines.sort();
    lines
}

fn job(body: &str) -> String {
    format!("on: push\njobs:\n  a:\n    runs-on: u\n{body}")
}

#[test]
fn what_stands_in_a_job() {
    for (body, expected) in [
        ("    steps: [{run: make}]\n", &[][..]),
        ("    steps: [{uses: Actions/Cache/Save@v4}]\n", &["action actions/cache/save v4"]),
        ("    steps: [{run: 'echo ${{ secrets.a }} ${{ vars.B }}'}]\n", &["secret A", "variable B"]),
        ("    steps: [{run: 'echo ${{ toJSON(secrets) }}'}]\n", &["secret *"]),
        ("    steps: [{run: 'echo ${{ secrets[github.ref] }}'}]\n", &["secret *"]),
        ("    steps: [{run: 'x ${{ secrets.github_token }}'}]\n", &["token a script"]),
        ("    steps: [{uses: o/x@v1, with: {t: '${{ github.token }}'}}]\n", &["action o/x v1", "token o/x"]),
        ("    env: {A: '${{ github.token }}'}\n    steps: [{run: make}]\n", &["token env of the job"]),
        ("    environment: Prod\n    steps: [{run: make}]\n", &["environment Prod"]),
        (
            "    environment: {name: '${{ inputs.e }}'}\n    steps: [{run: make}]\n",
            &["environment ${{ inputs.e }}"],
        ),
        (
            "    container: ghcr.io/o/i:1\n    steps: [{run: make}]\n",
            &["docker container of a job", "image ghcr.io/o/i 1"],
        ),
        (
            "    services: {db: {image: 'postgres:18', options: --privileged}}\n    steps: [{run: make}]\n",
            &["docker services of a job", "image postgres 18", "privileged --privileged"],
        ),
        ("    steps: [{uses: 'docker://alpine:3'}]\n", &["docker image of a step", "image alpine 3"]),
        ("    steps: [{run: sudo docker build .}]\n", &["docker docker", "root sudo"]),
        ("    steps: [{run: docker login x}]\n", &[]),
        ("    steps: [{run: command -v docker}]\n", &[]),
        ("    steps: [{run: kind create cluster}]\n", &["cluster kind"]),
        ("    steps: [{run: sudo mount /x /y}]\n", &["privileged mount", "root sudo"]),
        (
            "    steps: [{uses: docker/build-push-action@v6}]\n",
            &["action docker/build-push-action v6", "docker docker/build-push-action"],
        ),
        (
            "    permissions: {id-token: write}\n    steps: [{uses: pypa/gh-action-pypi-publish@v1}]\n",
            &[
                "action pypa/gh-action-pypi-publish v1",
                "identity pypa/gh-action-pypi-publish",
                "right id-token: write",
            ],
        ),
        (
            "    permissions: {id-token: write, contents: read}\n    steps: [{run: make}]\n",
            &["identity nobody that is known", "right contents: read", "right id-token: write"],
        ),
    ] {
        let mut expected: Vec<_> = expected.iter().map(|line| (*line).to_owned()).collect();
        expected.push("label u".to_owned());
        expected.sort();
        assert_eq!(told(&needs(&job(body), &[]), 0), expected, "{body}");
    }
}

#[test]
fn labels_of_legs_and_checks_of_jobs() {
    let source = "on: push\njobs:\n  t:\n    strategy: {matrix: {os: [Ubuntu-Latest, macos-15]}}\n    \
                  runs-on: ${{ matrix.os }}\n    steps: [{run: make}]\n  d:\n    runs-on: ${{ inputs.R }}\n    steps: [{run: make}]\n";
    let needs = needs(source, &[]);
    assert_eq!(told(&needs, 0), ["label macos-15", "label ubuntu-latest"]);
    assert_eq!(
        (needs.jobs[0].checks.as_slice(), needs.jobs[0].check_count),
        (&["t (Ubuntu-Latest)".to_owned(), "t (macos-15)".to_owned()][..], 2)
    );
    assert_eq!(told(&needs, 1), ["label ${{ inputs.R }}"]);
}

#[test]
fn the_variables_of_the_workflow_are_needed_by_each_job_with_steps() {
    let source = "on: push\nenv: {A: '${{ secrets.A }}', T: '${{ github.token }}'}\njobs:\n  a:\n    runs-on: u\n    steps: [{run: make}]\n  \
                  b:\n    uses: o/r/.github/workflows/x.yml@v1\n";
    let needs = needs(source, &[]);
    assert_eq!(told(&needs, 0), ["label u", "secret A", "token env of the workflow"]);
    assert_eq!(told(&needs, 1), ["workflow o/r/.github/workflows/x.yml v1"]);
}

const COMPOSITE: &str = "runs:\n  using: composite\n  steps:\n    - uses: actions/setup-go@v5\n    - uses: ./nested\n    - uses: $/own\n    \
                         - {run: sudo make, shell: bash, env: {T: '${{ github.token }}'}}\n";

#[test]
fn composite_actions_bring_what_is_in_them() {
    let source = job(
        "    steps: [{uses: actions/checkout@v4}, {uses: ./.github/actions/setup}, {uses: o/r/x@v1}, {uses: ./outside}]\n",
    );
    let needs = needs(
        &source,
        &[
            (".github/actions/setup/action.yml", COMPOSITE),
            ("own/action.yml", "runs: {using: docker, image: Dockerfile}\n"),
            ("o/r/x/action.yml", COMPOSITE),
            (
                "o/r/own/action.yml",
                "inputs: {token: {default: '${{ github.token }}'}}\nruns: {using: node24, main: x.js}\n",
            ),
        ],
    );
    assert_eq!(
        told(&needs, 0),
        [
            "action actions/checkout v4",
            "action actions/setup-go v5",
            "action o/r/own v1",
            "action o/r/x v1",
            "docker action in a container",
            "label u",
            "local-action .github/actions/setup",
            "local-action nested",
            "local-action outside",
            "local-action own",
            "root sudo",
            "token $/own",
            "token a script",
        ]
    );
}

const CALLED: &str = "on: {workflow_call: {secrets: {D: {}}}}\njobs:\n  c:\n    runs-on: u\n    environment: prod\n    \
                      steps: [{run: 'x ${{ secrets.D }} ${{ secrets.E }} ${{ vars.V }}'}]\n";

#[test]
fn called_workflows_count_for_the_caller_and_secrets_keep_the_names_of_the_settings() {
    let source = |secrets: &str| {
        format!("on: push\njobs:\n  a:\n    uses: ./.github/workflows/called.yml\n    secrets: {secrets}\n")
    };
    let files: &[_] = &[(".github/workflows/called.yml", CALLED)];
    let inner = ["environment prod", "label u", "local-workflow .github/workflows/called.yml"];
    let of = |secrets: &str, names: &[&str]| {
        let needs = needs(&source(secrets), files);
        assert_eq!((needs.jobs.len(), needs.jobs[0].id.as_str()), (1, "a / c"));
        assert_eq!(needs.jobs[0].checks, ["a / c"]);
        let found = names.iter().map(|name| format!("secret {name}"));
        let mut expected: Vec<_> = inner.iter().map(|line| (*line).to_owned()).chain(found).collect();
        expected.push("variable V".to_owned());
        assert_eq!(told(&needs, 0), expected, "{secrets}");
    };
    of("inherit", &["D", "E"]);
    of("{D: '${{ secrets.MINE }}'}", &["MINE"]);
    of("{}", &[]);
}

#[test]
fn rights_are_those_of_the_run() {
    let source = "on: push\npermissions: {contents: read}\njobs:\n  a:\n    uses: ./.github/workflows/called.yml\n  b:\n    permissions: {issues: write}\n    \
                  runs-on: u\n    steps: [{run: make}]\n";
    let needs = needs(source, &[(".github/workflows/called.yml", CALLED)]);
    let rights =
        |job| told(&needs, job).into_iter().filter(|line| line.starts_with("right ")).collect::<Vec<_>>();
    assert_eq!(
        (rights(0), rights(1)),
        (vec!["right contents: read".to_owned()], vec!["right issues: write".to_owned()])
    );
}

#[test]
fn what_is_more_than_is_kept_is_cut_and_told() {
    // More would not fit into one expression.
    let secrets: String = (0..250).map(|at| format!("${{{{ secrets.S{at} }}}}")).collect();
    let jobs: String =
        (0..300).map(|at| format!("  j{at}: {{runs-on: u, steps: [{{run: make}}]}}\n")).collect();
    let needs = needs(&format!("on: push\nenv: {{A: '{secrets}'}}\njobs:\n{jobs}"), &[]);
    assert!(needs.is_cut);
    let kept: usize = needs.jobs.iter().map(|job| job.things.len()).sum();
    assert!(kept <= MAX_NEEDS && kept > MAX_NEEDS - 400, "{kept}");
}

#[test]
fn nothing_is_found_in_what_github_refuses() {
    assert_eq!(needs("jobs: 1\n", &[]), Needs::default());
    let kinds: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(kinds.len(), Kind::ALL.len());
    assert!(Kind::ALL.is_sorted());
}
