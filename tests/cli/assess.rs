//! `towpath migrate assess`: its forms, what is allowed, and what was there before.
#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::Ran;

/// A repository with workflows, and a folder beside it.
struct Estate(tempfile::TempDir);

const MAC: &str = "\
on: push
permissions: {}
jobs:
  mac:
    runs-on: macos-15
    steps:
      - run: make
";

impl Estate {
    fn new(files: &[(&str, &str)]) -> Self {
        let estate = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            estate.write(&format!("repository/.github/workflows/{name}"), text);
        }
        estate
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn assess(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.args(["migrate", "assess", "repository"]).args(arguments).current_dir(self.0.path());
        Ran::new(command.output().unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.assess(&[&["-o", "json"], arguments].concat()).code(0).out).unwrap()
    }
}

#[test]
fn what_is_new_fails_and_what_was_there_does_not() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    estate.assess(&["--fail-on", "note"]).code(1).err(".github/workflows/ci.yml:5: ").err("[keep-os]");
    estate.assess(&["--fail-on", "warning"]).code(0);
    estate.assess(&["--write-baseline", "base.json"]).code(0).err("base.json: 1 finding");
    estate.assess(&["--baseline", "base.json", "--fail-on", "note"]).code(0);
    // Moved lines and other steps change nothing.
    let moved = MAC
        .replace("on: push\n", "# more\n\non: push\n")
        .replace("    steps:\n", "    steps:\n      - run: more\n");
    estate.write("repository/.github/workflows/ci.yml", &moved);
    estate.assess(&["--baseline", "base.json", "--fail-on", "note"]).code(0);
    estate.write("repository/.github/workflows/new.yml", MAC);
    let ran = estate.assess(&["--baseline", "base.json", "--fail-on", "note"]).code(1).err("new.yml:5");
    assert!(!ran.err.contains("ci.yml"), "{ran:#?}");
}

#[test]
fn a_baseline_shrinks_and_never_grows_by_itself() {
    let estate = Estate::new(&[("a.yml", MAC), ("b.yml", MAC)]);
    estate.assess(&["--write-baseline", "base.json"]).code(0);
    fs::remove_file(estate.path("repository/.github/workflows/a.yml")).unwrap();
    estate.write("repository/.github/workflows/c.yml", MAC);
    estate
        .assess(&["--baseline", "base.json", "--write-baseline", "base.json"])
        .code(0)
        .err("base.json: 1 finding, 2 before");
    let base: Value = serde_json::from_str(&estate.read("base.json")).unwrap();
    let paths: Vec<_> = base["findings"].as_object().unwrap().keys().collect();
    assert_eq!(paths, [".github/workflows/b.yml"]);
}

#[test]
fn a_baseline_keeps_what_could_not_be_read() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    estate.write("second/.github/workflows/ci.yml", MAC);
    estate.assess(&["second", "--write-baseline", "base.json"]).code(0).err("base.json: 2 findings");
    fs::rename(estate.path("second"), estate.path("away")).unwrap();
    let ran = estate.assess(&["second", "--baseline", "base.json", "--write-baseline", "still.json"]);
    ran.code(3).err("still.json: 2 findings, 2 before");
    assert_eq!(estate.read("still.json"), estate.read("base.json"));
}

#[test]
fn an_allowed_twin_makes_no_other_of_what_was_there() {
    let with = |steps: &str| {
        format!("on: push\npermissions: {{}}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}")
    };
    const STEP: &str = "      - run: docker build .\n";
    let one = with(STEP);
    let allowed = with(&format!("      # towpath: allow[docker-daemon] agreed\n{STEP}{STEP}"));
    for (before, after) in [(&one, &allowed), (&allowed, &one)] {
        let estate = Estate::new(&[("ci.yml", before)]);
        estate.assess(&["--write-baseline", "base.json"]).code(0).err("base.json: 1 finding");
        estate.write("repository/.github/workflows/ci.yml", after);
        estate.assess(&["--baseline", "base.json", "--fail-on", "warning"]).code(0);
    }
    let estate = Estate::new(&[("ci.yml", &with(&STEP.repeat(2)))]);
    estate.assess(&["--write-baseline", "base.json"]).code(0);
    estate.write("repository/.github/workflows/ci.yml", &with(&STEP.repeat(3)));
    estate.assess(&["--baseline", "base.json", "--fail-on", "warning"]).code(1);
}

#[test]
fn what_a_list_allows_is_suppressed_from_outside() {
    let commented = MAC.replace("  mac:", "  # towpath: allow[keep-os] we have Macs\n  mac:");
    for (text, kind) in [(MAC, "external"), (&commented, "inSource")] {
        let estate = Estate::new(&[("ci.yml", text)]);
        estate.write("allowed.yaml", "- {rule: keep-os, path: ci.yml, reason: ours}\n");
        let ran = estate.assess(&["--allow", "allowed.yaml", "-o", "sarif"]).code(0);
        let sarif: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(sarif["runs"][0]["results"][0]["suppressions"][0]["kind"], kind);
    }
}

#[cfg(unix)]
#[test]
fn what_may_have_no_end_is_no_file_of_an_option() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    assert!(Command::new("mkfifo").arg(estate.path("pipe")).status().unwrap().success());
    for option in ["--baseline", "--profile", "--allow", "--import"] {
        estate.assess(&[option, "pipe"]).code(2).err("it is a named pipe, which is never opened");
        estate.assess(&[option, "/dev/zero"]).code(2).err("it is a device, which is never opened");
    }
}

#[test]
fn what_is_allowed_with_a_reason_does_not_fail() {
    let allowed = MAC.replace("  mac:", "  # towpath: allow[keep-os] we have Macs\n  mac:");
    let estate = Estate::new(&[("ci.yml", &allowed)]);
    estate.assess(&["--fail-on", "note"]).code(0).out("keep ");
    let report = estate.json(&[]);
    let workflow = &report["workflows"][0];
    assert_eq!(workflow["reasons"][0]["allowed"], "we have Macs");
    assert_eq!(workflow["verdict"], "keep");
    assert_eq!(workflow["allows"][0]["used"], true);
    let sarif: Value = serde_json::from_str(&estate.assess(&["-o", "sarif"]).code(0).out).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["suppressions"][0]["justification"], "we have Macs");
    estate.write("repository/.github/workflows/ci.yml", &allowed.replace(" we have Macs", ""));
    estate.assess(&["--fail-on", "note"]).code(1);
}

#[test]
fn a_list_allows_and_tells_what_it_allowed_nothing_for() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    estate.write("allow.yaml", "- {rule: keep-os, path: .github/workflows/ci.yml, reason: ours}\n- {rule: snapshot, path: ci.yml, reason: x}\n");
    let ran = estate.assess(&["--allow", "allow.yaml", "--fail-on", "note"]).code(0);
    ran.err("nothing is found that the list allows: snapshot in ci.yml");
    estate.write("allow.yaml", "- {rule: keep-os, path: ci.yml, reason: ''}\n");
    estate
        .assess(&["--allow", "allow.yaml"])
        .code(2)
        .err("allow.yaml: entry 1 of the list of what is allowed has no reason");
}

#[test]
fn what_other_tools_found_is_told_beside_it() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    let place = |uri| serde_json::json!({"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 3}}});
    let found =
        |uri| serde_json::json!({"ruleId": "x/y", "message": {"text": "m"}, "locations": [place(uri)]});
    let log = serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "other"}}, "results": [found(".github/workflows/ci.yml"), found("elsewhere.yml")]}]});
    estate.write("other.sarif", &log.to_string());
    let report = estate.json(&["--import", "other.sarif"]);
    let imported = &report["workflows"][0]["imported"];
    assert_eq!(imported[0]["rule"], "x/y");
    assert_eq!((imported.as_array().unwrap().len(), imported[0]["line"].as_u64()), (1, Some(3)));
    let ran = estate.assess(&["--import", "other.sarif"]).code(0);
    ran.out("Imported: 1 finding of other").out("Not of a workflow that was assessed: 1 finding");
    estate.write("other.sarif", "[]");
    estate.assess(&["--import", "other.sarif"]).code(2).err("other.sarif: failed to understand the SARIF");
}

#[test]
fn files_on_the_command_line_that_are_none_are_named() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    estate.assess(&["--baseline", "none.json"]).code(2).err("none.json: failed to read the baseline");
    estate.write("later.json", r#"{"version": 9, "findings": {}}"#);
    estate.assess(&["--baseline", "later.json"]).code(2).err("the baseline has form 9; this towpath knows 1");
    estate.write("profile.yaml", "dockr: true\n");
    estate
        .assess(&["--profile", "profile.yaml"])
        .code(2)
        .err("profile.yaml: failed to understand the profile")
        .err("dockr");
    estate.assess(&["-o", "json,sarif"]).code(2).err("several forms need a folder: add --out DIR");
    estate.write("file", "");
    estate.assess(&["--out", "file"]).code(1).err("failed to write file");
}

#[test]
fn a_profile_says_what_the_cluster_has() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    estate.write("profile.yaml", "systems: [linux, macos]\n");
    assert_eq!(estate.json(&[])["workflows"][0]["verdict"], "keep");
    assert_eq!(estate.json(&["--profile", "profile.yaml"])["workflows"][0]["verdict"], "automatic");
}

#[test]
fn a_report_is_of_its_schema_and_the_same_each_time() {
    let estate = Estate::new(&[
        ("mac.yml", MAC),
        ("broken.yml", "on: push\njobs: {}\n"),
        (
            "template.yml",
            "on: {push: {branches: [$default-branch]}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n",
        ),
    ]);
    let report = estate.json(&[]);
    let schema =
        Command::new(env!("CARGO_BIN_EXE_towpath")).args(["migrate", "assess", "--schema"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(!validator.is_valid(&serde_json::json!({"version": 2})), "the schema takes anything");
    for workflow in report["workflows"].as_array().unwrap() {
        assert_ne!(workflow["reasons"], serde_json::json!([]), "evidence: {workflow}");
    }
    for name in ["one", "two"] {
        estate.assess(&["--out", name]).code(0);
    }
    let mut files: Vec<_> = fs::read_dir(estate.path("one"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let expected = [
        "constructs.ndjson",
        "findings.csv",
        "index.html",
        "inventory.csv",
        "report.json",
        "report.md",
        "report.sarif",
        "workflows.csv",
    ];
    assert_eq!(files, expected);
    for file in files {
        assert_eq!(estate.read(&format!("one/{file}")), estate.read(&format!("two/{file}")), "{file}");
    }
}

#[test]
fn only_the_forms_that_are_asked_for_are_written() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    estate.assess(&["--out", "out", "-o", "json,md"]).code(0).out("1 workflow assessed");
    let files = fs::read_dir(estate.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<_> = files.collect();
    files.sort();
    assert_eq!(files, ["report.json", "report.md"]);
}

#[test]
fn each_construct_has_its_place_and_what_becomes_of_it() {
    let estate = Estate::new(&[("ci.yml", MAC)]);
    let out = estate.assess(&["-o", "ndjson"]).code(0).out;
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let label = rows.iter().find(|row| row["way"] == "jobs.mac.runs-on").unwrap();
    assert_eq!(
        (label["fidelity"].as_str(), label["rule"].as_str(), label["line"].as_u64()),
        (Some("keep"), Some("keep-os"), Some(5))
    );
    assert!(rows.iter().all(|row| row["fidelity"].is_string() && row["feature"].is_string()), "{rows:#?}");
}

#[test]
fn columns_of_sarif_are_utf_16_units_and_paths_are_uris() {
    let source = "on: push\njobs: {\"😀é\": {runs-on: macos-15, steps: [{run: make}]}}\n";
    let estate = Estate::new(&[("a b%#.yml", source)]);
    let sarif: Value = serde_json::from_str(&estate.assess(&["-o", "sarif"]).code(0).out).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let results = run["results"].as_array().unwrap();
    let mac =
        results.iter().find(|result| result["ruleId"] == "keep-os" || result["ruleId"] == "refused").unwrap();
    let place = &mac["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], ".github/workflows/a%20b%25%23.yml");
    assert_eq!(
        run["tool"]["driver"]["rules"][mac["ruleIndex"].as_u64().unwrap() as usize]["id"],
        mac["ruleId"]
    );
}

#[test]
fn sarif_links_to_what_stands_in_another_file_of_the_repository() {
    let caller = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/called.yml\n  b:\n    runs-on: ubuntu-24.04\n    steps:\n    - uses: actions/checkout@v4\n    - uses: ./act\n";
    let called =
        "on: workflow_call\njobs:\n  x:\n    runs-on: ubuntu-24.04\n    steps:\n    - run: docker build .\n";
    let action = "name: a\ndescription: a\nruns:\n  using: composite\n  steps:\n  - run: docker push x\n    shell: bash\n";
    let estate = Estate::new(&[("ci.yml", caller), ("called.yml", called)]);
    estate.write("repository/act/action.yaml", action);
    estate.write("second/.github/workflows/ci.yml", MAC);
    let sarif: Value = serde_json::from_str(&estate.assess(&["second", "-o", "sarif"]).code(0).out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let related: Vec<_> = results.iter().filter(|result| result["relatedLocations"].is_array()).collect();
    let told = |result: &Value| {
        let of = |location: &Value| {
            let physical = &location["physicalLocation"];
            (physical["artifactLocation"]["uri"].clone(), physical["region"]["startLine"].clone())
        };
        (of(&result["locations"][0]), of(&result["relatedLocations"][0]))
    };
    let ci = "repository/.github/workflows/ci.yml";
    let expected = [
        ((ci.into(), 4.into()), ("repository/.github/workflows/called.yml".into(), 6.into())),
        ((ci.into(), 9.into()), ("repository/act/action.yaml".into(), 6.into())),
    ];
    assert_eq!(related.iter().map(|result| told(result)).collect::<Vec<_>>(), expected);
    for (result, link) in related.iter().zip(["[.github/workflows/called.yml:6](1)", "[act:6](1)"]) {
        assert_eq!(result["relatedLocations"][0]["id"], 1);
        assert!(result["message"]["text"].as_str().unwrap().contains(link), "{result}");
    }
}

/// Texts that are something else to a terminal, a browser, a page, a sheet or a log.
#[test]
fn hostile_texts_are_inert_in_every_form() {
    let token = format!("ghp_{}", "a1B2c3".repeat(6));
    let label = "\\e]0;x\\a\\e[31m</script><img src=x onerror=alert(1)>|[y](javascript:z)";
    let source = format!(
        "name: '=cmd|x!A0'\non: push\njobs:\n  a:\n    runs-on: [self-hosted, \"{label}\", {token}]\n    environment: '@SUM(1)'\n    env: {{A: '${{{{ secrets.{token} }}}}'}}\n    steps:\n      - {{name: {token}, run: nosuchtool}}\n      - uses: evil/{token}@v1\n      - uses: docker://x/{token}:1\n"
    );
    let estate = Estate::new(&[("a.yml", &source)]);
    estate.assess(&["--out", "out"]).code(0);
    let forms: Vec<_> = ["summary", "json", "ndjson", "md", "sarif", "csv"]
        .map(|form| (form.to_owned(), estate.assess(&["-o", form]).code(0).out))
        .into();
    let files = fs::read_dir(estate.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files = files.map(|name| (name.clone(), estate.read(&format!("out/{name}"))));
    for (form, text) in forms.into_iter().chain(files) {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{form}: a terminal obeys {text}");
        assert!(!text.contains(&token), "{form}: a secret is told: {text}");
        if form.ends_with("md") {
            assert!(!text.contains("<img") && !text.contains("](javascript"), "{form}: {text}");
        }
        if form.ends_with("csv") {
            let cells = text.lines().flat_map(|line| line.split(','));
            assert!(
                cells.clone().all(|cell| !cell.trim_matches('"').starts_with(['=', '@', '+', '-'])),
                "{form}: {text}"
            );
        }
    }
}
