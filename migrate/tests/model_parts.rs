//! What GitHub refuses of the parts of a workflow, beyond what the published cases have: by the runner's source
//! (WorkflowTemplateConverter.cs, MatrixBuilder.cs, ReusableWorkflowsLoader.cs), and the npm package for what only that has.

use std::collections::BTreeMap;

use towpath_migrate::model::call::{Bundle, Link, Lookup, Program, Reference, Rules, WorkflowFiles, texts};
use towpath_migrate::model::{
    Action, EventKind, InputType, JobKind, Key, Runs, Secrets, StepKind, Value, Workflow, step_ids,
};
use towpath_migrate::read::{By, Document, Limits, Problem, read_action, read_workflow};
use towpath_migrate::sources::Cause;
use towpath_migrate::values::permission::{Level, Scope};

fn document(source: &str) -> Document {
    read_workflow(source, &Limits::default())
}

/// The problems of a job with these lines, with the text that each is about.
fn job(lines: &str) -> Vec<(String, String)> {
    let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
    workflow(&format!("on: push\njobs:\n  job:\n{lines}"))
}

fn steps(steps: &str) -> Vec<(String, String)> {
    job(&format!("runs-on: x\nsteps:\n{steps}"))
}

fn workflow(source: &str) -> Vec<(String, String)> {
    let document = document(source);
    let workflow = Workflow::of(&document);
    let told = |problem: &Problem| (problem.span.of(source).to_owned(), problem.message.clone());
    workflow.all_problems().map(told).collect()
}

fn check(found: &[(String, String)], expected: &[(&str, &str)]) {
    let found: Vec<_> = found.iter().map(|(at, message)| (at.as_str(), message.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn steps_that_wait() {
    check(
        &steps("- {id: a, run: x, background: true}\n- wait: a\n- wait-all:\n- wait-all: true\n- cancel: a"),
        &[],
    );
    check(&steps("- parallel: [{run: x}, {uses: a/b@c}]\n  \n- run: y"), &[]);
    check(
        &steps("- wait: [a, b]\n- {id: a, run: x}"),
        &[("a", "Step references unknown step ID 'a'"), ("b", "Step references unknown step ID 'b'")],
    );
    check(&steps("- {id: w, wait: W}"), &[("W", "Step 'w' cannot reference itself")]);
    check(
        &steps("- cancel: __x"),
        &[("__x", "The identifier '__x' is invalid. IDs starting with '__' are reserved.")],
    );
    check(&steps("- wait-all: false"), &[("false", "The value of 'wait-all' must be true or omitted")]);
    let parallel = "parallel: [{wait-all: }, {parallel: []}]";
    check(
        &steps(&format!("- {parallel}")),
        &[
            (parallel, "'wait-all' is not allowed inside a parallel block."),
            (parallel, "Nested 'parallel' blocks are not allowed."),
        ],
    );
}

#[test]
fn ids_of_steps_are_those_of_github() {
    let document = document(
        "on: push\njobs: {a: {runs-on: x, steps: [{uses: $/a}, {uses: ./b}, {run: x, id: run}, {run: y}, {wait: run}, \
         {parallel: []}]}}",
    );
    let workflow = Workflow::of(&document);
    let Some(JobKind::Steps(job)) = workflow.job("A").map(|job| &job.kind) else { panic!("{workflow:?}") };
    assert_eq!(step_ids(&job.steps), ["__self", "__self_2", "run", "__run", "__wait", "__parallel"]);
}

#[test]
fn matrices() {
    let matrix = |matrix: &str| job(&format!("strategy: {{matrix: {matrix}}}\nruns-on: x\nsteps: []"));
    check(&matrix("{a: [1], include: [{b: 2}], exclude: [{a: 1}]}"), &[]);
    check(&matrix("{include: [{b: 2}]}"), &[]);
    check(&matrix("'${{ fromJSON(github.x) }}'"), &[]);
    check(&matrix("{a: '${{ github.x }}', exclude: [{}]}"), &[]);
    check(&matrix("{include: []}"), &[("{include: []}", "Matrix must define at least one vector")]);
    check(
        &matrix("{a: [], include: [{}]}"),
        &[
            ("[]", "Matrix vector 'a' does not contain any values"),
            ("{}", "Matrix include mapping does not contain any values"),
        ],
    );
    check(
        &matrix("{A: [1], exclude: [{}, {a: 1, b: 2}]}"),
        &[
            ("{}", "Matrix exclude filter must not be empty"),
            ("b", "Matrix exclude key 'b' does not match any key within the matrix"),
        ],
    );
}

#[test]
fn what_only_steps_jobs_have() {
    let with = |lines: &str| job(&format!("runs-on: x\n{lines}\nsteps: []"));
    check(&with("container: ''"), &[]);
    check(&with("container: '${{ matrix.x }}'"), &[]);
    check(&with("container: docker://"), &[("docker://", "Container image cannot be empty")]);
    check(&with("services: {a: docker://, b: x}"), &[("docker://", "Container image cannot be empty")]);
    check(&with("snapshot: {image-name: x, version: 2.*}"), &[]);
    for version in ["'2'", "2.1", "x.*", "-1.*", "99999999999.*"] {
        let snapshot = format!("{{image-name: x, version: {version}}}");
        let said = format!("Expected format '{{major-version}}.*' Actual '{}'", version.trim_matches('\''));
        check(&with(&format!("snapshot: {snapshot}")), &[(snapshot.as_str(), said.as_str())]);
    }
    check(
        &with("snapshot: {image-name: x, if: success()}"),
        &[(
            "success",
            "Unrecognized function: 'success'. Located at position 1 within expression: success()",
        )],
    );
    let long = "g".repeat(401);
    check(
        &with(&format!("concurrency: {long}")),
        &[(long.as_str(), "Concurrency group name must be less than 400 characters")],
    );
    check(
        &with("concurrency: {group: x, '${{ insert }}': x}"),
        &[(
            "'${{ insert }}'",
            "Unexpected type 'InsertExpressionToken' encountered while reading 'concurrency key'. The type 'StringToken' was expected.",
        )],
    );
    check(
        &with("if: github.x ==\nenvironment: {name: a, url: '${{ steps.x.outputs.y }}'}"),
        &[(
            "==",
            "Unexpected end of expression: '=='. Located at position 10 within expression: github.x ==",
        )],
    );
}

#[test]
fn inputs_of_events() {
    let inputs = |inputs: &str| {
        workflow(&format!(
            "on: {{workflow_dispatch: {{inputs: {{i: {inputs}}}}}}}\njobs: {{a: {{runs-on: x, steps: []}}}}"
        ))
    };
    check(&inputs("{type: choice, options: [a], default: a}"), &[]);
    check(&inputs("{type: number, default: x}"), &[]);
    check(
        &inputs("{type: choice, options: []}"),
        &[("{type: choice, options: []}", "Missing 'options' for choice input")],
    );
    check(
        &inputs("{options: [a]}"),
        &[("{options: [a]}", "Input type is not 'choice', but 'options' is defined")],
    );
    check(
        &inputs("{type: boolean, default: 'true'}"),
        &[(
            "'true'",
            "Unexpected type 'StringToken' encountered while reading 'input default'. The type 'BooleanToken' was expected.",
        )],
    );
    for (default, is_refused) in [
        ("{type: number, default: x}", Some("x")),
        ("{type: number, default: '3'}", Some("3")),
        ("{type: number, default: 3}", None),
        ("{type: number, default: '${{ github.run_id }}'}", None),
        ("{type: boolean, default: 'true'}", Some("true")),
        ("{type: boolean, default: 1}", Some("1")),
        ("{type: boolean, default: true}", None),
        ("{type: string, default: 3}", None),
    ] {
        let source = format!(
            "on: {{workflow_call: {{inputs: {{i: {default}}}}}}}\njobs: {{a: {{runs-on: x, steps: [{{run: x}}]}}}}\n"
        );
        let document = document(&source);
        let workflow = Workflow::of(&document);
        let found: Vec<_> = workflow
            .problems
            .iter()
            .filter(|problem| problem.is_refusal())
            .map(|problem| problem.message.clone())
            .collect();
        assert_eq!(
            found,
            Vec::from_iter(is_refused.map(|text| format!("Unexpected value '{text}'"))),
            "{default}"
        );
    }
    let document =
        document("on: {workflow_call: {inputs: {n: {type: number, default: 1}}, secrets: {s: }}}\njobs: {}");
    let workflow = Workflow::of(&document);
    let on = workflow.on.unwrap();
    let call = on.call().unwrap();
    assert_eq!((call.inputs.first().unwrap().kind, call.secrets.len()), (InputType::Number, 1));
    assert!(matches!(on.list.first().map(|event| &event.kind), Some(EventKind::Call(_))));
}

/// The runner asks for no type of a value that somebody gives by hand, and of no default; GitHub's editor does. What a caller
/// gives has its type.
#[test]
fn what_only_the_editor_refuses_of_inputs_is_taken() {
    let source = |event: &str, input: &str| {
        format!("on: {{{event}: {{inputs: {{i: {input}}}}}}}\njobs: {{a: {{runs-on: x, steps: []}}}}")
    };
    for (event, input, by) in [
        ("workflow_dispatch", "{type: boolean, default: 'true'}", By::Editor),
        ("workflow_dispatch", "{default: 5}", By::Editor),
        ("workflow_dispatch", "{type: int}", By::Editor),
        ("workflow_dispatch", "{type: choice}", By::Editor),
        ("workflow_dispatch", "{options: [a]}", By::Editor),
        ("workflow_call", "{type: string, default: 3.12}", By::Editor),
        ("workflow_call", "{type: string, default: true}", By::Editor),
        ("workflow_call", "{type: boolean, default: 'true'}", By::GitHub),
        ("workflow_call", "{type: int}", By::GitHub),
        ("workflow_dispatch", "{type: []}", By::GitHub),
    ] {
        let document = document(&source(event, input));
        let workflow = Workflow::of(&document);
        let found: Vec<_> = workflow.all_problems().map(|problem| problem.by).collect();
        assert_eq!(found, [by], "{event} {input}: {:?}", workflow.problems);
    }
    // GitHub goes on behind them.
    let source = source("workflow_dispatch", "{type: int}").replace("steps: []", "needs: b, steps: []");
    let document = document(&source);
    let workflow = Workflow::of(&document);
    assert!(workflow.problems.iter().all(|problem| !problem.is_beyond) && !workflow.problems.is_empty());
}

#[test]
fn a_bad_part_is_absent_and_the_rest_is_there() {
    let source = "on: [push, nonsense]\npermissions: {contents: write, nonsense: read}\nenv: {A: 1, '${{ insert }}': '${{ vars }}'}\n\
                  jobs: {a: {runs-on: x, timeout-minutes: soon, steps: [{run: a, uses: b}, {run: c}]}, 1: {}}";
    let document = document(source);
    let workflow = Workflow::of(&document);
    assert!(workflow.all_problems().count() >= 4);
    assert_eq!(workflow.permissions.as_ref().map(|given| given.level(Scope::Contents)), Some(Level::Write));
    let Some(env) = &workflow.env else { panic!("no env") };
    let Value::Literal(entries) = &env.value else { panic!("{env:?}") };
    assert!(matches!(entries.last().map(|entry| entry.key.value), Some(Key::Insert)));
    let Some(JobKind::Steps(job)) = workflow.job("a").map(|job| &job.kind) else { panic!("{workflow:?}") };
    assert!(job.timeout_minutes.is_none() && job.steps.len() == 2);
    assert!(matches!(job.steps.last().map(|step| &step.kind), Some(StepKind::Run(_))));
    assert!(
        workflow.problems.iter().all(|problem| problem.is_beyond),
        "GitHub converts only what it could read"
    );
}

#[test]
fn actions_of_all_kinds() {
    let runs = |runs: &str| {
        let document = read_action(format!("name: n\ndescription: d\nruns: {runs}\n"), &Limits::default());
        let action = Action::of(&document);
        let problems = action.all_problems().map(|problem| problem.message.clone()).collect::<Vec<_>>();
        let kind = match action.runs.map(|runs| runs.value) {
            Some(Runs::Composite { steps, .. }) => format!("{} steps", steps.len()),
            Some(Runs::Node(node)) => format!("{} {}", node.using.value, node.main.unwrap().value),
            Some(Runs::Docker(docker)) => docker.image.unwrap().value.to_owned(),
            Some(Runs::Unknown(_)) | None => "unknown".to_owned(),
        };
        (kind, problems)
    };
    for (source, kind) in [
        ("{using: composite, steps: [{run: x, shell: bash}, {uses: ./a}]}", "2 steps"),
        ("{using: node20, main: index.js, post-if: always()}", "node20 index.js"),
        ("{using: docker, image: Dockerfile, args: [a, '${{ inputs.x }}']}", "Dockerfile"),
    ] {
        assert_eq!(runs(source), (kind.to_owned(), Vec::new()), "{source}");
    }
    let (kind, problems) = runs("{using: composite, steps: [{uses: nonsense}]}");
    let said = "Expected format {org}/{repo}[/path]@ref. Actual 'nonsense'";
    assert_eq!((kind.as_str(), problems), ("1 steps", vec![said.to_owned()]));
}

/// The runner takes more than GitHub's editor and Marketplace, and has words of its own for what runs.
#[test]
fn actions_are_refused_as_the_runner_does() {
    let refused = |source: &str| {
        let document = read_action(source, &Limits::default());
        let action = Action::of(&document);
        let told = |by: By| -> Vec<String> {
            action
                .all_problems()
                .filter(|problem| problem.by == by)
                .map(|problem| problem.message.clone())
                .collect()
        };
        (told(By::GitHub), told(By::Editor))
    };
    let node = "runs: {using: node24, main: a}";
    let whole = |rest: &str| format!("name: x\ndescription: d\n{rest}");
    for (source, by_runner, by_editor) in [
        (format!("name: x\n{node}"), "", "Required property is missing: description"),
        (whole(&format!("maintainer: me\n{node}")), "", "Unexpected value 'maintainer'"),
        (whole(&format!("inputs: {{a: {{required: 'true'}}}}\n{node}")), "", "Unexpected value 'true'"),
        (whole(&format!("branding: {{icon: nope}}\n{node}")), "", "Unexpected value 'nope'"),
        (whole("runs: {using: NODE20, main: a}"), "", "Unexpected value 'NODE20'"),
        (
            whole("runs: {using: Composite, steps: [{run: a, shell: bash}]}"),
            "",
            "Unexpected value 'Composite'",
        ),
        (
            whole("runs: {using: node99, main: a}"),
            "'using: node99' is not supported, use 'docker', 'node12', 'node16', 'node20' or 'node24' instead.",
            "Unexpected value 'node99'",
        ),
        (
            whole("runs: {main: a}"),
            "Missing 'using' value. 'using' requires 'composite', 'docker', 'node12', 'node16', 'node20' or 'node24'.",
            "Required property is missing: using",
        ),
        (
            whole("runs: {using: node24, pre: a}"),
            "Entry javascript file is not provided.",
            "Required property is missing: main",
        ),
        (
            whole("runs: {using: docker, entrypoint: a}"),
            "Image is not provided.",
            "Required property is missing: image",
        ),
        (whole("runs: {using: node24, main: a, man: b}"), "Unexpected value 'man'", ""),
    ] {
        let list = |text: &str| (!text.is_empty()).then(|| text.to_owned()).into_iter().collect::<Vec<_>>();
        assert_eq!(refused(&source), (list(by_runner), list(by_editor)), "{source}");
    }
    let document = read_action(whole("runs: {using: node99, main: a}"), &Limits::default());
    let action = Action::of(&document);
    let hints: Vec<_> = action.all_problems().filter_map(|problem| problem.hint.as_deref()).collect();
    assert_eq!(hints, ["did you mean node24?", "write node24, composite or docker"]);
}

/// Called workflows by name.
struct Files(BTreeMap<&'static str, String>);

impl WorkflowFiles for Files {
    fn look_up(&self, reference: &Reference) -> Lookup {
        let text = self.0.get(reference.to_string().as_str());
        match text {
            Some(text) => Lookup::Text(text.as_str().into()),
            None if reference.repository.is_none() => Lookup::NotThere,
            None => Lookup::NotSupplied,
        }
    }
}

const CALLED: &str = "on: workflow_call\njobs: {a: {runs-on: x, steps: []}}";

fn bundle(source: &str, files: &[(&'static str, &str)]) -> Bundle {
    let files = Files(files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect());
    let root = Reference::local(".github/workflows/root.yml");
    Bundle::load(root, document(source), &files, &Limits::default())
}

fn called(uses: &str, files: &[(&'static str, &str)]) -> (Vec<String>, usize) {
    let bundle = bundle(&format!("on: push\njobs:\n  call: {{uses: {uses}}}\n"), files);
    let program = Program::of(&bundle, &Rules::default());
    (texts(&bundle, &program.problems), program.not_supplied().count())
}

#[test]
fn calls_are_found_missing_or_not_supplied() {
    const LOCAL: &str = "./.github/workflows/a.yml";
    let call = |uses: &str| format!("on: workflow_call\njobs: {{b: {{uses: {uses}}}}}");
    assert_eq!(called(LOCAL, &[(".github/workflows/a.yml", CALLED)]), (vec![], 0));
    let missing =
        ".github/workflows/root.yml (Line: 3, Col: 16): Unable to find reusable workflow".to_owned();
    assert_eq!(called(LOCAL, &[]), (vec![missing], 0));
    assert_eq!(called("o/r/.github/workflows/a.yml@v1", &[]), (vec![], 1));
    // A local call in another repository stays there.
    let files = [
        ("o/r/.github/workflows/a.yml@v1", call(LOCAL.replace("a.yml", "b.yml").as_str())),
        ("o/r/.github/workflows/b.yml@v1", CALLED.to_owned()),
    ];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(called("o/r/.github/workflows/a.yml@v1", &files), (vec![], 0));
    let not_callable =
        called(LOCAL, &[(".github/workflows/a.yml", "on: push\njobs: {a: {runs-on: x, steps: []}}")]);
    let said = "In .github/workflows/root.yml (Line: 3, Col: 16): Error from called workflow .github/workflows/a.yml (Line: 1, Col: 5): \
                workflow_call key is not defined in the referenced workflow.";
    assert_eq!(not_callable, (vec![said.to_owned()], 0));
}

#[test]
fn circles_of_calls_end() {
    let round = "on: workflow_call\njobs: {b: {uses: ./.github/workflows/a.yml}}";
    let (said, _) = called("./.github/workflows/a.yml", &[(".github/workflows/a.yml", round)]);
    assert_eq!(said, ["Nested reusable workflow depth exceeded 9."]);
    let bundle = bundle(round, &[(".github/workflows/a.yml", round)]);
    let program = Program::of(&bundle, &Rules::default());
    let hint = program.problems.first().and_then(|placed| placed.problem.hint.clone());
    assert_eq!(hint.as_deref(), Some("the calls go round in a circle: take one of them out"));
}

/// What is wrong with calls, as it is told of the first file: the text that is meant, and what is said.
fn of_calls(source: &str, files: &[(&'static str, &str)]) -> Vec<(String, String)> {
    let bundle = bundle(source, files);
    let told = |problem: &Problem| (problem.span.of(source).to_owned(), problem.message.clone());
    Program::of(&bundle, &Rules::default()).of_calls().iter().map(told).collect()
}

#[test]
fn what_is_wrong_behind_a_call_is_told_at_it() {
    const A: &str = ".github/workflows/a.yml";
    const B: &str = ".github/workflows/b.yml";
    let call = |path: &str| {
        format!(
            "# behind a comment, so that no place is the same\n\non: workflow_call\njobs: {{b: {{uses: ./{path}}}}}"
        )
    };
    let root = format!("on: push\njobs:\n  call: {{uses: ./{A}}}\n");
    let at = |path: &str| format!("./{path}");
    let not_callable = "on: push\njobs: {a: {runs-on: x, steps: []}}";
    let said = format!("{B}: workflow_call key is not defined in the referenced workflow.");
    assert_eq!(of_calls(&root, &[(A, &call(B)), (B, not_callable)]), [(at(A), said)], "two calls away");
    let said = "Nested reusable workflow depth exceeded 9.".to_owned();
    assert_eq!(of_calls(&root, &[(A, &call(B)), (B, &call(A))]), [(at(A), said)], "round and round");
    let said = "Unable to find reusable workflow".to_owned();
    assert_eq!(of_calls(&root, &[]), [(at(A), said)]);
}

/// GitHub counts the files that it reads, whether anybody supplied them here or not.
#[test]
fn a_run_calls_fifty_workflows_at_most() {
    let calls = |count: usize| {
        let jobs: Vec<_> = (0..count)
            .map(|job| format!("  j{job}: {{uses: o/r/.github/workflows/w{job}.yml@v1}}\n"))
            .collect();
        format!("on: push\njobs:\n{}  again: {{uses: O/r/.github/workflows/w0.yml@v1}}\n", jobs.concat())
    };
    assert_eq!(of_calls(&calls(50), &[]), []);
    let said = "The maximum file count of 51 has been exceeded".to_owned();
    assert_eq!(of_calls(&calls(51), &[]), [("o/r/.github/workflows/w50.yml@v1".to_owned(), said)]);
}

/// GitHub's loader puts what it refuses of a called file at the call, and goes no further.
#[test]
fn a_called_file_that_is_refused_is_told_at_each_call() {
    const A: &str = ".github/workflows/a.yml";
    const B: &str = ".github/workflows/b.yml";
    let call = format!("on: workflow_call\njobs: {{b: {{uses: ./{B}}}, c: {{uses: ./{B}}}}}");
    let root = format!("on: push\njobs:\n  one: {{uses: ./{A}}}\n  two: {{uses: ./{B}}}\n");
    let broken = "on: workflow_call\njobs: {a: {runs_on: x, stepss: [], steps: []}}";
    let said = format!("Error from called workflow {B} (Line: 2, Col: 12): Unexpected value 'runs_on'");
    let told = of_calls(&root, &[(A, &call), (B, broken)]);
    assert_eq!(told, [(format!("./{A}"), said.clone()), (format!("./{B}"), said)]);
    let problems = |root: &str, broken: &str| {
        let bundle = bundle(root, &[(A, &call), (B, broken)]);
        let told = Program::of(&bundle, &Rules::default()).of_calls();
        told.into_iter()
            .map(|problem| (problem.is_beyond, problem.hint.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let hint = "in the called workflow: did you mean runs-on?".to_owned();
    assert_eq!(
        problems(&root, broken),
        [(false, hint.clone()), (true, hint.clone())],
        "GitHub stops at the first"
    );
    let own = root.replace("push", "pusch");
    assert_eq!(
        problems(&own, broken),
        [(true, hint.clone()), (true, hint)],
        "it looks at no call of a refused file"
    );
    let of_editor = "on: {workflow_call: , workflow_dispatch: {inputs: {i: {type: int}}}}\n\
                     jobs: {a: {runs-on: x, steps: [{run: x}]}}";
    assert_eq!(problems(&root, of_editor), [], "what only the editor refuses runs");
}

/// A file that is there and cannot be read is not one that is missing.
#[test]
fn what_cannot_be_read_keeps_its_cause() {
    struct Denied;
    impl WorkflowFiles for Denied {
        fn look_up(&self, _: &Reference) -> Lookup {
            Lookup::Unreadable(Cause::Denied)
        }
    }
    let source = "on: push\njobs:\n  call: {uses: ./.github/workflows/a.yml}\n";
    let root = Reference::local(".github/workflows/root.yml");
    let bundle = Bundle::load(root, document(source), &Denied, &Limits::default());
    let told = Program::of(&bundle, &Rules::default()).of_calls();
    let [problem] = &told[..] else { panic!("{told:?}") };
    assert_eq!((problem.by, problem.span.of(source)), (By::Nobody, "./.github/workflows/a.yml"));
    assert_eq!(
        problem.message,
        "the called workflow ./.github/workflows/a.yml was not read: the permissions forbid to read it"
    );
    assert_eq!(problem.hint.as_deref(), Some(Cause::Denied.remedy()));
}

#[test]
fn calls_that_multiply_end() {
    let names: Vec<String> = (0..9).map(|at| format!(".github/workflows/{at}.yml")).collect();
    let text = |next: usize| {
        let jobs: Vec<_> =
            (0..50).map(|job| format!("j{job}: {{uses: ./.github/workflows/{next}.yml}}")).collect();
        format!("on: workflow_call\njobs: {{{}}}", jobs.join(", "))
    };
    let files: Vec<_> = (0..9).map(|at| if at == 8 { CALLED.to_owned() } else { text(at + 1) }).collect();
    let files: BTreeMap<&'static str, String> =
        names.into_iter().map(|name| &*name.leak()).zip(files).collect();
    let root = Reference::local(".github/workflows/root.yml");
    let bundle = Bundle::load(root, document(&text(0)), &Files(files), &Limits::default());
    let program = Program::of(&bundle, &Rules::default());
    // Without an end there would be 50 to the ninth.
    assert!((10..50_000).contains(&program.looked_at), "{}", program.looked_at);
    let said = texts(&bundle, &program.problems);
    assert!(said.iter().any(|text| text.ends_with("Maximum object size exceeded")), "{said:?}");
}

#[test]
fn what_a_caller_gives_is_looked_at_whatever_its_case() {
    let callee = "on: {workflow_call: {inputs: {Name: {type: string, required: true}, n: {type: number}}, secrets: {Token: {required: true}}}}\n\
                  permissions: {contents: read}\njobs: {a: {runs-on: x, steps: [], permissions: {id-token: write}}}";
    let source = "on: push\njobs:\n  call: {uses: ./.github/workflows/a.yml, with: {NAME: 1, N: x}, secrets: {TOKEN: x}, permissions: {contents: write}}";
    let bundle = bundle(source, &[(".github/workflows/a.yml", callee)]);
    let program = Program::of(&bundle, &Rules::default());
    let said: Vec<_> = program.problems.iter().map(|placed| placed.problem.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "Unexpected value 'x'",
            "Error calling workflow './.github/workflows/a.yml'. The nested job 'a' is requesting 'id-token: write', but is only allowed \
         'id-token: none'.",
        ]
    );
    let root = program.root().unwrap();
    let Some(JobKind::Call(call)) = root.jobs.first().map(|job| &job.kind) else { panic!("{root:?}") };
    assert_eq!(program.link(0, call), Link::Workflow(1));
    assert!(matches!(&call.secrets, Secrets::Given(given) if given.value.len() == 1));
}

/// What the sources of the law below are made of.
const PIECES: &[&str] = &[
    "on:",
    " push",
    "\n",
    "\n  ",
    "\n    ",
    "\n      - ",
    "jobs:",
    "a:",
    " {",
    "}",
    " [",
    "]",
    ", ",
    ": ",
    "runs-on: x",
    "steps:",
    "run: x",
    "uses: a/b@c",
    "uses: ./.github/workflows/root.yml",
    "with:",
    "if: ${{ x }}",
    "needs: a",
    "strategy:",
    "matrix:",
    "include:",
    "exclude:",
    "${{ insert }}",
    "${{ github.x }}",
    "''",
    "null",
    "1",
    "true",
    "permissions:",
    "workflow_call:",
    "inputs:",
    "type: string",
    "parallel:",
    "wait: a",
    "id: a",
    "schedule:",
    "cron: '* * * * *'",
    "&a",
    "*a",
    "!!str",
    "é\u{1f600}",
    "container:",
    "services:",
];

proptest::proptest! {
    #[test]
    fn anything_is_read_and_each_problem_has_a_place(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        let source = pieces.concat();
        let bundle = bundle(&source, &[]);
        let program = Program::of(&bundle, &Rules::default());
        for placed in &program.problems {
            let span = placed.problem.span;
            proptest::prop_assert!(source.get(span.start..span.end).is_some(), "{source:?} {placed:?}");
        }
        proptest::prop_assert!(texts(&bundle, &program.problems).len() <= 10);
        let document = read_action(source, &Limits::default());
        let _ = Action::of(&document).all_problems().count();
    }
}

#[test]
fn each_problem_says_what_to_do() {
    let source = "on: {workflow_dispatch: {inputs: {i: {type: boolean, default: 'x'}}}}\njobs:\n  build: {runs-on: x, steps: [{wait: nobody}]}\n  \
                  test: {needs: buld, runs-on: x, container: docker://, strategy: {matrix: {a: []}}, steps: []}";
    let document = document(source);
    let workflow = Workflow::of(&document);
    let hints: Vec<_> =
        workflow.problems.iter().map(|problem| problem.hint.as_deref().unwrap_or_default()).collect();
    assert_eq!(
        hints,
        [
            "write true or false, without quotes",
            "name the id of a step that stands before this one",
            "name the image of the container",
            "give it a value or take it away",
            "did you mean build?",
        ]
    );
    let beyond: Vec<_> = workflow.problems.iter().map(|problem| problem.is_beyond).collect();
    assert_eq!(beyond, [false, false, false, false, true], "needs come last, if nothing else is wrong");
}
