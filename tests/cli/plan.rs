//! `towpath migrate assess`: effort, phases, what is dead, and what a history of runs tells.
#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::Ran;

const CI: &str = "on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: make}]}}\n";
const RUST: &str = "on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: cargo test}]}}\n";
const OLD: &str = "on: push\njobs: {a: {runs-on: macos-14, steps: [{run: make}]}}\n";

/// Two repositories beside each other.
struct Estate(tempfile::TempDir);

impl Estate {
    fn new() -> Self {
        let estate = Self(tempfile::tempdir().unwrap());
        for (path, text) in [
            ("all/shop/.github/workflows/ci.yml", CI),
            ("all/shop/.github/workflows/rust.yml", RUST),
            ("all/bank/.github/workflows/rust.yml", RUST),
            ("all/bank/.github/workflows/old.yml", OLD),
        ] {
            estate.write(path, text);
        }
        for repository in ["shop", "bank"] {
            fs::create_dir(estate.0.path().join("all").join(repository).join(".git")).unwrap();
        }
        estate
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn assess(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.args(["migrate", "assess", "all"]).args(arguments).current_dir(self.0.path());
        Ran::new(command.output().unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let all = [&["-o", "json", "--today", "2026-11-22"], arguments].concat();
        serde_json::from_str(&self.assess(&all).code(0).out).unwrap()
    }
}

/// The rows of workflows by their paths.
fn workflow<'v>(document: &'v Value, path: &str) -> &'v Value {
    document["workflows"].as_array().unwrap().iter().find(|row| row["path"] == path).unwrap()
}

#[test]
fn a_plan_has_phases_units_and_what_does_not_move() {
    let document = Estate::new().json(&[]);
    let plan = &document["plan"];
    assert_eq!(plan["today"], "2026-11-22");
    assert_eq!(plan["complexity"], json!({"low": 4, "medium": 0, "high": 0, "very-high": 0}));
    // Three workflows are moved, and an image with cargo is made once.
    assert_eq!(plan["effort"]["units"], 4);
    assert_eq!(plan["effort"]["rules"]["tool-missing"], json!({"targets": 1, "workflows": 2, "units": 1}));
    assert_eq!(plan["effort"]["repositories_alone"], json!({"all/bank": 2, "all/shop": 3}));
    let phases: Vec<_> = plan["phases"].as_array().unwrap().iter().map(|phase| &phase["workflows"]).collect();
    assert_eq!(phases[0], &json!(["all/shop/.github/workflows/ci.yml"]));
    assert_eq!(
        phases[1],
        &json!(["all/bank/.github/workflows/rust.yml", "all/shop/.github/workflows/rust.yml"])
    );
    assert_eq!(plan["stays"], json!({"dead": ["all/bank/.github/workflows/old.yml"]}));
}

#[test]
fn labels_are_dead_as_of_a_day() {
    let estate = Estate::new();
    let old = "all/bank/.github/workflows/old.yml";
    let document = estate.json(&[]);
    let dead = &workflow(&document, old)["dead"];
    assert_eq!(dead["whole"], true);
    assert_eq!((&dead["signs"][0]["since"], &dead["signs"][0]["line"]), (&json!("2026-11-02"), &json!(2)));
    let before = estate.assess(&["-o", "json", "--today", "2026-11-01"]).code(0);
    let before: Value = serde_json::from_str(&before.out).unwrap();
    assert!(workflow(&before, old)["dead"].is_null());
}

#[test]
fn a_history_tells_what_has_not_run_for_long() {
    let estate = Estate::new();
    let run = |repository: &str, file: &str, day: &str, conclusion: &str| {
        json!({
            "path": format!(".github/workflows/{file}@main"),
            "created_at": format!("{day}T08:00:00Z"),
            "conclusion": conclusion,
            "repository": {"full_name": format!("Acme/{repository}")},
        })
    };
    let runs = [
        run("shop", "ci.yml", "2026-11-20", "success"),
        run("shop", "ci.yml", "2026-11-21", "failure"),
        run("shop", "rust.yml", "2026-02-01", "success"),
        run("bank", "old.yml", "2026-11-20", "success"),
    ];
    estate.write("runs.json", &json!(runs).to_string());
    let document = estate.json(&["--history", "runs.json"]);
    let lines: Vec<_> = runs.iter().map(|run| format!("{run}\n")).collect();
    estate.write("runs.ndjson", &lines.concat());
    assert_eq!(estate.json(&["--history", "runs.ndjson"]), document, "both forms say the same");

    let of = |path: &str| &workflow(&document, path)["history"];
    let ci = of("all/shop/.github/workflows/ci.yml");
    assert_eq!((&ci["runs"], &ci["failed_percent"], &ci["retire"]), (&json!(2), &json!(50), &json!(false)));
    assert_eq!(of("all/shop/.github/workflows/rust.yml")["retire"], true);
    assert_eq!(of("all/bank/.github/workflows/rust.yml")["retire"], false, "nobody tells what was before");
    assert_eq!(document["plan"]["stays"]["retire"], json!(["all/shop/.github/workflows/rust.yml"]));
    estate
        .assess(&["--today", "2026-11-22", "--history", "runs.json"])
        .code(0)
        .out("retire    have not run for 90 days");
}

#[test]
fn what_is_no_history_is_refused_before_anything_is_read() {
    let estate = Estate::new();
    for (text, said) in [
        ("", "failed to find a run in the history"),
        ("{\"path\": \"\u{1b}[31m\"", "failed to understand the history: control character"),
        ("[{\"name\": \"ci\"}]", "a run has no `path` at line 1 column 15"),
    ] {
        estate.write("runs.json", text);
        estate.assess(&["--history", "runs.json"]).code(2).err(said).err("gh api --paginate");
    }
    estate.assess(&["--history", "missing.json"]).code(2).err("failed to read the history");
    estate.assess(&["--today", "tomorrow"]).code(2);
}
