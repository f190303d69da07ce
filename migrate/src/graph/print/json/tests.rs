use std::collections::BTreeSet;

use serde_json::Value;

use super::json;
use crate::graph::{ActionBundle, ActionFiles, Actions, Family};
use crate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use crate::read::{Limits, read_workflow};
use crate::sources::Cause;
use crate::span::Span;
use crate::work::steps_of;

/// A repository with one called workflow, and an action.
struct Around;

const CALLED: &str = "\
on:
  push: {tags-ignore: [x]}
  workflow_call:
    inputs:
      level: {type: string, default: low}
      other: {type: string}
      title: {type: string}
    secrets: {token: {}, none: {}}
    outputs: {o: {value: '${{ jobs.inner.outputs.y }}'}}
jobs:
  inner: {runs-on: x, steps: [{run: 'echo ${{ inputs.title }}'}, {uses: $/act, with: {in: '${{ inputs.title }}'}}]}
";

const ACTION: &str = "\
name: x
description: x
inputs: {in: {}, more: {default: y}}
runs: {using: composite, steps: [{run: 'echo ${{ inputs.in }}', shell: bash}]}
";

impl WorkflowFiles for Around {
    fn look_up(&self, reference: &Reference) -> Lookup {
        match reference.path.rsplit('/').next() {
            Some("called.yml") => Lookup::Text(CALLED.into()),
            Some("link.yml") => Lookup::Unreadable(Cause::Outside),
            _ => Lookup::NotSupplied,
        }
    }
}

impl ActionFiles for Around {
    fn look_up(&self, folder: &Reference) -> Lookup {
        match folder.path.as_str() {
            "act" => Lookup::Text(ACTION.into()),
            "gone" => Lookup::NotThere,
            "link" => Lookup::Unreadable(Cause::Outside),
            _ => Lookup::NotSupplied,
        }
    }
}

fn printed(source: &str) -> Value {
    serde_json::from_str(&text(source)).unwrap()
}

fn text(source: &str) -> String {
    let limits = Limits::default();
    let root = Reference::local(".github/workflows/ci.yml");
    let bundle = Bundle::load(root, read_workflow(source, &limits), &Around, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let actions = ActionBundle::load(&family, &Around, &limits);
    let told = crate::graph::Told {
        severity: "warning",
        code: "cron",
        message: "never",
        at: Some(Span::new(0, 2)),
        hint: Some("x"),
    };
    json(&family, &Actions::of(&actions), &[told])
}

/// Everything that a graph has a field for.
const ALL: &str = include_str!("all.yml");

fn all() -> Value {
    printed(ALL)
}

/// What a setting says, and the line where it is said.
fn said(setting: &Value) -> (Value, Option<u64>) {
    let value = setting.get("value").or_else(|| setting.get("expression"));
    (value.cloned().unwrap_or_default(), setting["at"]["line"].as_u64())
}

fn line(text: &str) -> Option<u64> {
    let at = ALL.lines().position(|line| line.contains(text)).unwrap();
    Some(at as u64 + 1)
}

#[test]
fn why_a_file_is_not_known_is_printed() {
    let graph = printed(
        "on: push\njobs:\n  a: {uses: ./.github/workflows/link.yml}\n  b: {uses: ./.github/workflows/far.yml}\n  \
         c: {runs-on: x, steps: [{uses: $/link}, {uses: $/far}]}\n",
    );
    let outside = "it was not read: the symbolic link leads out of what is read";
    let nobody = "nobody supplied it";
    assert_eq!(graph["jobs"][0]["calls"]["unknown"], outside);
    assert_eq!(graph["jobs"][1]["calls"]["unknown"], nobody);
    assert_eq!(graph["actions"][0]["unknown"], outside);
    assert_eq!(graph["actions"][1]["unknown"], nobody);
}

#[test]
fn settings_of_workflow_and_job_are_printed_with_places() {
    let graph = all();
    let job = &graph["jobs"][0];
    let named = |id: &str| graph["jobs"].as_array().unwrap().iter().find(|job| job["id"] == id).unwrap();
    for (setting, value, text) in [
        (&named("far")["calls"]["with"][0], Value::from("high"), "level: high"),
        (&named("call")["calls"]["inputs"][2], "${{ github.event.pull_request.title }}".into(), "title: "),
        (&graph["run_name"], "Run ${{ github.ref }}".into(), "run-name:"),
        (&graph["concurrency"]["group"], "${{ github.workflow }}".into(), "concurrency: ${{"),
        (&graph["env"][0], "plain".into(), "TOP: plain"),
        (&graph["env"][1], "${{ secrets.TOP }}".into(), "SECRET:"),
        (&job["concurrency"]["group"], "deploy".into(), "group: deploy"),
        (&job["concurrency"]["cancel_in_progress"], true.into(), "cancel-in-progress: true"),
        (&job["concurrency"]["queue"], "single".into(), "queue: single"),
        (&job["environment"]["name"], "${{ matrix.where }}".into(), "name: ${{ matrix.where }}"),
        (&job["environment"]["url"], "https://example.org".into(), "url:"),
        (&job["strategy"]["fail_fast"], false.into(), "fail-fast: false"),
        (&job["strategy"]["max_parallel"], 2.into(), "max-parallel: 2"),
        (&job["container"]["image"], "node:24".into(), "image: node:24"),
        (&job["container"]["ports"][1], "443:443".into(), "443:443"),
        (&job["container"]["options"], "--cpus 1".into(), "options:"),
        (&job["services"][0]["image"], "redis".into(), "redis: redis"),
        (&job["services"][1]["env"][0], "x".into(), "DB: x"),
        (&job["timeout_minutes"], 30.into(), "timeout-minutes: 30"),
        (&job["continue_on_error"], "${{ matrix.where == 'test' }}".into(), "continue-on-error: ${{"),
        (&job["outputs"][0], "${{ steps.one.outputs.v }}".into(), "v: ${{"),
        (&job["steps"][1]["timeout_minutes"], 5.into(), "timeout-minutes: 5"),
        (&job["steps"][1]["continue_on_error"], true.into(), "continue-on-error: true"),
        (&job["steps"][1]["shell"], "sh".into(), "shell: sh"),
        (&job["steps"][1]["working_directory"], "job".into(), "working-directory: job"),
        (&job["steps"][1]["env"][0], "1".into(), "OWN: 1"),
        (&job["steps"][2]["timeout_minutes"], 30.into(), "timeout-minutes: 30"),
        (&job["steps"][2]["shell"], "pwsh".into(), "shell: pwsh"),
    ] {
        let number = value.as_u64().map(|number| Value::from(number.to_string()));
        let (found, place) = said(setting);
        let same = found == value || found.as_f64().map(|found| found.to_string().into()) == number;
        assert!(same && place == line(text), "{text}: {setting}");
    }
}

#[test]
fn defaults_are_named_as_such() {
    let graph = all();
    let job = &graph["jobs"][1];
    let default = |value: Value| serde_json::json!({ "value": value, "from": "default" });
    assert_eq!(job["timeout_minutes"], default(360.into()));
    assert_eq!(job["cancel_timeout_minutes"], default(5.into()));
    assert_eq!(job["strategy"]["fail_fast"], default(true.into()));
    let step = &job["steps"][0];
    assert_eq!(step["timeout_minutes"], default(360.into()));
    assert_eq!(step["shell"], default(Value::Null), "two systems, two shells");
    let shells: Vec<_> = job["runners"].as_array().unwrap().iter().map(|runner| &runner["shell"]).collect();
    assert_eq!(shells, ["bash", "pwsh"]);
    let folder = serde_json::json!({ "expression": "${{ github.workspace }}", "from": "default" });
    assert_eq!(
        printed("on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n")["jobs"][0]["steps"][0]["working_directory"],
        folder
    );
    assert_eq!(step["working_directory"]["from"], "workflow");
}

#[test]
fn secrets_are_named_and_never_printed() {
    let graph = all();
    let names = |of: &Value| -> Vec<_> {
        of["secrets"].as_array().unwrap().iter().map(|secret| secret["name"].clone()).collect()
    };
    assert_eq!(names(&graph), ["TOP"]);
    let job = &graph["jobs"][0];
    assert_eq!(names(job), [Value::from("PASSWORD"), "STEP".into(), Value::Null]);
    assert_eq!(job["container"]["credentials"]["at"]["line"].as_u64(), line("credentials:"));
    let text = graph.to_string();
    assert!(!text.contains("literal-password") && !text.contains("literal-token"));
}

#[test]
fn what_a_workflow_gives_to_its_callers_is_an_output() {
    let source = "\
on:
  workflow_call:
    outputs: {a: {value: '${{ jobs.A.outputs.x }}-${{ jobs.none.outputs.x }}'}, b: {value: x}, c: {value: '${{ jobs.a.outputs.y }}'}, \
                d: {value: '${{ toJSON(jobs.call.outputs) }}'}}
jobs:
  a: {runs-on: x, outputs: {x: 1}, steps: [{run: x}]}
  call: {uses: o/r/.github/workflows/x.yml@v1}
";
    let graph = printed(source);
    let outputs = graph["outputs"].as_array().unwrap();
    let shown: Vec<_> = outputs
        .iter()
        .map(|link| {
            assert_eq!((link["at"]["line"].as_u64(), &link["to_job"]), (Some(3), &Value::Null));
            ["from_job", "no_job", "output", "to_workflow_output", "empty"]
                .map(|key| link[key].as_str().unwrap_or("-"))
                .join(" ")
        })
        .collect();
    let expected = [
        "a - x a -",
        "- none - a no job has this id",
        "a - y c the job has no output of this name",
        "call - * d -",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn numbers_that_json_lacks_are_texts() {
    let source = "on: push\njobs:\n  a: {runs-on: x, timeout-minutes: .inf, strategy: {matrix: {n: [.inf, -.inf, .NaN, {a: [.inf, 1.5]}, 1e400]}}, \
                  steps: [{run: x, timeout-minutes: .nan}]}\n";
    let job = &printed(source)["jobs"][0];
    assert_eq!(job["timeout_minutes"]["value"], "Infinity");
    assert_eq!(job["steps"][0]["timeout_minutes"]["value"], "NaN");
    let legs = job["matrix"]["legs"].as_array().unwrap().iter();
    let cells: Vec<_> = legs.map(|leg| leg["values"][0]["value"].to_string()).collect();
    let texts = [r#""Infinity""#, r#""-Infinity""#, r#""NaN""#, r#"{"a":["Infinity",1.5]}"#, r#""Infinity""#];
    assert_eq!(cells, texts);
}

#[test]
fn expressions_stand_for_whole_parts() {
    let source = "on: push\nenv: ${{ fromJSON(vars.E) }}\njobs:\n  a:\n    runs-on: x\n    strategy: ${{ fromJSON(vars.S) }}\n    \
                  container: ${{ fromJSON(vars.C) }}\n    services: ${{ fromJSON(vars.V) }}\n    defaults: {run: '${{ fromJSON(vars.D) }}'}\n    \
                  steps: [{run: x, env: {'${{ insert }}': '${{ fromJSON(vars.X) }}'}}]\n";
    let graph = printed(source);
    let job = &graph["jobs"][0];
    for (part, expression) in [
        (&graph["env"][0], "${{ fromJSON(vars.E) }}"),
        (&job["strategy"], "${{ fromJSON(vars.S) }}"),
        (&job["container"], "${{ fromJSON(vars.C) }}"),
        (&job["services"], "${{ fromJSON(vars.V) }}"),
        (&job["steps"][0]["shell"], "${{ fromJSON(vars.D) }}"),
        (&job["steps"][0]["env"][0], "${{ fromJSON(vars.X) }}"),
    ] {
        assert_eq!(part["expression"], expression);
    }
    assert_eq!(job["steps"][0]["env"][0]["name_expression"], "${{ insert }}");
}

/// A chain of jobs is printed in the room that its jobs take, not in their square.
#[test]
fn long_chains_stay_small() {
    let source = |jobs: usize| {
        let mut source = "on: push\njobs:\n  j0: {runs-on: x, steps: [{run: x}]}\n".to_owned();
        for job in 1..jobs {
            source.push_str(&format!("  j{job}: {{needs: j{}, runs-on: x, steps: [{{run: x}}]}}\n", job - 1));
        }
        source
    };
    let size = |jobs| printed(&source(jobs)).to_string().len();
    let (short, long) = (size(100), size(1000));
    assert!(long < short * 12, "{short} {long}");
}

/// The same of downloads that may get many uploads.
#[test]
fn many_artifacts_stay_small() {
    let source = |jobs: usize| {
        let mut source = "on: push\njobs:\n".to_owned();
        for job in 0..jobs {
            source.push_str(&format!(
                "  j{job}: {{runs-on: x, steps: [{{uses: actions/upload-artifact@v4}}, {{uses: actions/download-artifact@v4}}]}}\n"
            ));
        }
        source
    };
    let graph = printed(&source(600));
    let download = &graph["artifacts"][1];
    assert_eq!(download["from"].as_array().unwrap().len(), super::flow::MAX_UPLOADS);
    assert_eq!(download["more"], true);
}

/// Values that attackers decide are as many as scripts that read them, and each has its way.
#[test]
fn many_untrusted_values_stay_small() {
    let steps = |count: usize| {
        let mut source = "on: issues\njobs:\n  a:\n    runs-on: x\n    env: {T: '${{ github.event.issue.title }}'}\n    steps:\n".to_owned();
        for _ in 0..count {
            source.push_str("    - run: |\n");
            for _ in 0..50 {
                source.push_str("        ${{ env.T }}\n");
            }
        }
        source
    };
    let graph = printed(&steps(2));
    assert_eq!(graph["untrusted"].as_array().unwrap().len(), 100, "all of few");
    let source = steps(600);
    let text = text(&source);
    assert!(text.len() < crate::graph::print::writer::MAX_MULTIPLIED + (4 << 20), "{}", text.len());
    let graph: Value = serde_json::from_str(&text).unwrap();
    let told = graph["untrusted"].as_array().unwrap().len();
    assert_eq!(told as u64 + graph["untrusted_left_out"].as_u64().unwrap(), 30_000);
}

/// The keys of all objects, but for those that are names of the workflow.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                found.insert(key.clone());
                // Names of scopes, and values of a matrix.
                if key != "scopes" && !(key == "value" && value.is_object()) {
                    keys(value, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// The page that describes the form names each field, and no other.
#[test]
fn each_field_is_described() {
    let page = include_str!("../../../../../docs/migration/graph.md");
    let mut described = BTreeSet::new();
    for row in page.lines().filter(|row| row.starts_with("| `")) {
        let names = row.trim_start_matches("| ").split(" |").next().unwrap_or_default();
        described.extend(names.split(", ").map(|name| name.trim_matches('`').to_owned()));
    }
    let mut found = BTreeSet::new();
    keys(&all(), &mut found);
    let missing: Vec<_> = found.difference(&described).collect();
    assert!(missing.is_empty(), "docs/migration/graph.md does not describe {missing:?}");
    // A workflow of hundreds of jobs has these, and a matrix of hundreds of legs, and a way through many steps.
    found.extend(["cut", "more", "too_many", "via_left_out"].map(str::to_owned));
    found.extend(
        ["checks", "environments", "legs", "runners", "untrusted", "untrusted_in_actions"]
            .map(|list| format!("{list}_left_out")),
    );
    let gone: Vec<_> = described.difference(&found).collect();
    assert!(gone.is_empty(), "docs/migration/graph.md describes what all.yml has not: {gone:?}");
}

/// A chain of steps: each passes on what the one before it gave.
fn chain(length: usize) -> Value {
    let step = |at: usize| {
        let value = match at.checked_sub(1) {
            None => "github.head_ref".to_owned(),
            Some(before) => format!("steps.s{before}.outputs.o"),
        };
        format!("    - {{id: s{at}, run: 'echo o=${{{{ {value} }}}} >> $GITHUB_OUTPUT'}}\n")
    };
    let steps: String = (0..length).map(step).collect();
    printed(&format!("on: pull_request\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}"))
}

#[test]
fn ways_of_values_are_printed_up_to_a_length() {
    let graph = chain(40);
    let untrusted = graph["untrusted"].as_array().unwrap();
    assert_eq!(untrusted.len(), 40);
    for (at, taint) in untrusted.iter().enumerate() {
        let via: Vec<_> =
            taint["via"].as_array().unwrap().iter().map(|hop| hop["at"]["line"].as_u64().unwrap()).collect();
        let (first, length) = (6, at as u64 + 1);
        let expected: Vec<_> = match length {
            0..=16 => (first..first + length).collect(),
            _ => std::iter::once(first).chain(first + length - 15..first + length).collect(),
        };
        assert_eq!(via, expected, "{at}");
        assert_eq!(taint["via_left_out"].as_u64(), length.checked_sub(17).map(|more| more + 1), "{at}");
    }
}

/// Jobs that upload, and download by a pattern.
fn downloads(count: usize, name: &str, pattern: &str) -> Value {
    let job = |at: usize| {
        format!(
            "  j{at}:\n    runs-on: x\n    steps:\n    - {{uses: actions/upload-artifact@v4, with: {{name: {name}{at}, \
             path: x}}}}\n    - {{uses: actions/download-artifact@v4, with: {{pattern: '{pattern}'}}}}\n"
        )
    };
    printed(&format!("on: push\njobs:\n{}", (0..count).map(job).collect::<String>()))
}

#[test]
fn patterns_of_downloads_are_read_once() {
    let [few, many] = [20, 80].map(|count| {
        steps_of(|| {
            downloads(count, "a-", "a-*");
        })
    });
    assert!(few > 20 && many < 5 * few, "{few}, {many}");
}

#[test]
fn downloads_whose_patterns_take_long_say_that_there_may_be_more() {
    for (name, jobs, more) in [("a", 60, None), ("a".repeat(2_000).as_str(), 33, Some(true))] {
        let graph = downloads(60, name, "a*");
        let download = &graph["artifacts"][1];
        assert_eq!(download["more"].as_bool(), more);
        assert_eq!(download["from"].as_array().unwrap().len(), jobs, "{name}");
    }
}

#[test]
fn what_multiplies_is_printed_up_to_a_length() {
    let long = "x".repeat(40_000);
    let numbers: Vec<_> = (0..128).map(|number| number.to_string()).collect();
    let job = |id: &str| {
        format!(
            "  {id}:\n    runs-on: x\n    strategy: {{matrix: {{a: [{long}, b{long}], b: [{}]}}}}\n    steps: [{{run: a}}]\n",
            numbers.join(", ")
        )
    };
    let graph = printed(&format!("on: push\njobs:\n{}{}", job("one"), job("two")));
    let [one, two] = [0, 1].map(|at| {
        let job = &graph["jobs"][at];
        let printed = |list: &Value| list.as_array().unwrap().len() as u64;
        let (matrix, left) = (&job["matrix"], |of: &Value, key: &str| of[key].as_u64());
        let (legs, checks) = (printed(&matrix["legs"]), printed(&job["checks"]));
        assert_eq!(legs + left(matrix, "legs_left_out").unwrap(), 256);
        assert_eq!(checks + left(job, "checks_left_out").unwrap(), 256);
        assert_eq!((printed(&job["runners"]), left(job, "runners_left_out")), (1, None));
        (legs, checks)
    });
    assert_eq!((one, two), ((105, 1), (1, 1)));
    assert!(graph.to_string().len() < super::super::writer::MAX_MULTIPLIED * 5 / 4);
}
