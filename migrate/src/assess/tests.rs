//! That the work grows with the file, and no faster.

use super::{Assessment, Profile, Sheet, Verdict, WorkflowSight};
use crate::fidelity::Fidelity;
use crate::graph::{ActionBundle, Actions, Family};
use crate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
use crate::read::{Limits, read_workflow};
use crate::values::label::System;
use crate::work::steps_of;

/// How many reasons there are, and how often something was folded, compared or decoded.
fn work_of(source: &str) -> (usize, usize) {
    let (limits, profile) = (Limits::default(), Profile::default());
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), read_workflow(source, &limits));
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &(), &limits);
    let actions = Actions::of(&loaded);
    let assess = || {
        let workflow = WorkflowSight::new(&family, &actions, &profile);
        let assessment = Assessment::of(&workflow);
        Sheet::of(&workflow, &assessment, String::new(), String::new())
    };
    let reasons = assess().reasons.len();
    (reasons, steps_of(|| drop(assess())))
}

/// A workflow that calls and uses nothing that anybody knows.
pub(super) fn sheet_of(source: &str, path: &str, unit: &str) -> Sheet {
    let (limits, profile) = (Limits::default(), Profile::default());
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), read_workflow(source, &limits));
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &(), &limits);
    let actions = Actions::of(&loaded);
    let workflow = WorkflowSight::new(&family, &actions, &profile);
    Sheet::of(&workflow, &Assessment::of(&workflow), path.to_owned(), unit.to_owned())
}

#[test]
fn what_only_stays_blocks_nobody() {
    let source = "on: push\njobs:\n  a: {runs-on: macos-15, steps: [{run: docker build .}]}\n  \
                  b: {strategy: {matrix: {o: [macos-15, ubuntu-24.04]}}, runs-on: '${{ matrix.o }}', steps: [{run: cargo x}]}\n";
    let sheet = sheet_of(source, "ci.yml", ".");
    let movable: Vec<_> =
        sheet.reasons.iter().map(|cited| (cited.rule.id, cited.legs.0, cited.movable)).collect();
    assert_eq!(
        movable,
        [("keep-os", 1, 0), ("docker-daemon", 1, 0), ("keep-os", 1, 0), ("tool-missing", 2, 1)]
    );
    assert_eq!(sheet.blockers().into_iter().collect::<Vec<_>>(), [("tool-missing", "cargo")]);
    let candidate = sheet.candidate();
    assert_eq!((candidate.is_split, candidate.questions.len(), candidate.work.len()), (true, 0, 1));
}

#[test]
fn why_a_list_allows_something_is_told_without_secrets() {
    let key = format!("ghp_{}", "a1B2".repeat(9));
    let source = format!(
        "on: push\njobs:\n  a: {{runs-on: macos-15, steps: [{{run: make}}]}}\n  \
         b: {{needs: {key}, runs-on: ubuntu-24.04, concurrency: 'x-${{{{ needs.{key}.result }}}}', steps: [{{run: make}}]}}\n  \
         {key}: {{runs-on: ubuntu-24.04, steps: [{{run: make}}]}}\n"
    );
    let mut sheet = sheet_of(&source, "ci.yml", ".");
    sheet.allow(|rule, _| (rule == "keep-os").then(|| format!("{key} says so")));
    let told: Vec<_> = sheet
        .reasons
        .iter()
        .map(|cited| (cited.rule.id, cited.target.as_str(), cited.allowed.as_deref()))
        .collect();
    assert_eq!(told, [("keep-os", "macos-15", Some("*** says so")), ("group-over-needs", "needs.***", None)]);
}

#[test]
fn what_one_rule_found_at_one_place_is_told_once_for_all_that_it_counts_for() {
    let rights = "on: push\npermissions: {id-token: write}\njobs:\n  \
                  a: {runs-on: ubuntu-24.04, steps: [{run: make}]}\n  b: {runs-on: ubuntu-24.04, steps: [{run: make}]}\n";
    let matrix = "on: push\njobs:\n  \
                  a: {strategy: {matrix: {x: [1, 2, 3]}}, runs-on: macos-15, steps: [{run: make}]}\n  \
                  b: {strategy: {matrix: {x: [1, 2]}}, needs: a, runs-on: ubuntu-24.04, steps: [{run: make}]}\n";
    for (source, expected) in [
        (rights, &[("needs-person", (2, 2), 2)][..]),
        (matrix, &[("keep-os", (3, 3), 0), ("needs-kept", (2, 2), 2)]),
    ] {
        let sheet = sheet_of(source, "ci.yml", ".");
        let told: Vec<_> =
            sheet.reasons.iter().map(|cited| (cited.rule.id, cited.legs, cited.movable)).collect();
        assert_eq!(told, expected);
    }
    let called = "on: workflow_call\njobs:\n  \
                  x: {runs-on: ubuntu-24.04, steps: [{run: make}]}\n  y: {runs-on: ubuntu-24.04, steps: [{run: make}]}\n";
    let source = "on: push\njobs:\n  a: {runs-on: macos-15, steps: [{run: make}]}\n  \
                  b: {needs: a, uses: ./.github/workflows/b.yml}\n";
    let sheet = calling(source, called, |workflow, assessment| {
        Sheet::of(workflow, assessment, "ci.yml".to_owned(), String::new())
    });
    let told: Vec<_> = sheet.reasons.iter().map(|cited| (cited.rule.id, cited.legs)).collect();
    assert_eq!(told, [("keep-os", (1, 1)), ("needs-kept", (2, 2))]);
}

/// Every workflow that is called is this one.
struct Called<'t>(&'t str);

impl WorkflowFiles for Called<'_> {
    fn look_up(&self, _: &Reference) -> Lookup {
        Lookup::Text(self.0.into())
    }
}

/// Looks at a workflow that calls this one.
fn calling<T>(source: &str, called: &str, look: impl FnOnce(&WorkflowSight<'_>, &Assessment) -> T) -> T {
    let (limits, profile) = (Limits::default(), Profile::default());
    let root = Reference::local(".github/workflows/ci.yml");
    let bundle = Bundle::load(root, read_workflow(source, &limits), &Called(called), &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &(), &limits);
    let actions = Actions::of(&loaded);
    let workflow = WorkflowSight::new(&family, &actions, &profile);
    look(&workflow, &Assessment::of(&workflow))
}

#[test]
fn what_callers_give_tells_what_a_called_job_runs_on() {
    let called = "on: {workflow_call: {inputs: {on: {type: string}}}}\njobs: {x: {runs-on: '${{ inputs.on }}', steps: [{run: make}]}}\n";
    let source = |on: &str| {
        format!(
            "on: push\njobs:\n  a:\n    strategy: {{matrix: {{on: [{on}]}}}}\n    uses: ./.github/workflows/b.yml\n    with: {{on: '${{{{ matrix.on }}}}'}}\n"
        )
    };
    for (on, rolled) in [
        ("ubuntu-24.04, ubuntu-22.04", "automatic"),
        ("windows-2025, macos-15", "keep"),
        ("ubuntu-24.04, macos-15", "split"),
        ("'${{ vars.ON }}'", "undetermined"),
    ] {
        calling(&source(on), called, |_, assessment| {
            assert_eq!(assessment.rolled.name(), rolled, "{on}: {:?}", assessment.reasons);
            let fates = assessment.fates.iter().filter_map(|fate| fate.fidelity());
            let stays = fates.filter(|fidelity| *fidelity == Fidelity::Keep).count();
            assert_eq!(stays == assessment.fates.iter().count(), rolled == "keep", "{on}");
        });
    }
}

/// A leg in which a called job does not run, as its caller gives, is none that could move.
#[test]
fn legs_in_which_a_called_job_never_runs_count_for_nothing() {
    let called = |condition: &str| {
        format!(
            "on: {{workflow_call: {{inputs: {{on: {{type: string}}}}}}}}\njobs: {{x: {{{condition}runs-on: '${{{{ inputs.on }}}}', steps: [{{run: make}}]}}}}\n"
        )
    };
    let source = "on: push\njobs:\n  a:\n    strategy: {matrix: {on: [ubuntu-24.04, macos-15]}}\n    uses: ./.github/workflows/b.yml\n    \
                  with: {on: '${{ matrix.on }}'}\n";
    for (condition, expected) in [
        ("", &[Verdict::Automatic, Verdict::Keep][..]),
        ("if: \"inputs.on == 'macos-15'\", ", &[Verdict::Keep]),
    ] {
        calling(source, &called(condition), |_, assessment| {
            let verdicts: Vec<_> = assessment.legs.iter().map(|leg| leg.verdict).collect();
            assert_eq!(verdicts, expected, "{condition}");
        });
    }
}

/// GitHub starts nothing of a workflow whose call it refuses, though the file itself is as it should be.
#[test]
fn a_call_that_github_refuses_breaks_the_caller() {
    let good = "on: workflow_call\njobs: {x: {runs-on: ubuntu-24.04, steps: [{run: x}]}}\n";
    let asks = "on: {workflow_call: {inputs: {a: {type: string, required: true}}}}\njobs: {x: {runs-on: ubuntu-24.04, steps: [{run: x}]}}\n";
    let uncalled = "on: push\njobs: {x: {runs-on: ubuntu-24.04, steps: [{run: x}]}}\n";
    for (called, with, expected) in [
        (good, "", None),
        (good, "with: {b: 1}", Some("Invalid input, b is not defined in the referenced workflow.")),
        (asks, "with: {a: x}", None),
        (asks, "", Some("Input a is required, but not provided while calling.")),
        (uncalled, "", Some("workflow_call key is not defined in the referenced workflow.")),
        ("on: workflow_call\njobs: [\n", "", Some("Error from called workflow")),
    ] {
        let source = format!(
            "on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    {with}\n  k: {{runs-on: macos-15, steps: [{{run: x}}]}}\n"
        );
        calling(&source, called, |_, assessment| {
            let told: Vec<_> =
                assessment.reasons.iter().filter(|reason| reason.rule.id == "refused").collect();
            let is_told = |text: &str| told.first().is_some_and(|reason| reason.target.contains(text));
            assert_eq!(!told.is_empty(), expected.is_some(), "{source}: {told:?}");
            assert!(expected.is_none_or(is_told), "{source}: {told:?}");
            assert_eq!(assessment.rolled.name() == "broken", expected.is_some(), "{source}");
        });
    }
}

/// The verdict of a job that runs on this, where somebody has said what labels are, and what is told of its runner.
fn runs_on(runs_on: &str, labels: &[(&str, System)]) -> (&'static str, Vec<String>) {
    let source = format!("on: push\njobs:\n  a:\n    runs-on: {runs_on}\n    steps: [{{run: make}}]\n");
    let labels = labels.iter().map(|(label, system)| ((*label).to_owned(), *system)).collect();
    let (limits, profile) = (Limits::default(), Profile { labels, ..Profile::default() });
    let root = Reference::local(".github/workflows/ci.yml");
    let bundle = Bundle::alone(root, read_workflow(source, &limits));
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &(), &limits);
    let assessment = Assessment::of(&WorkflowSight::new(&family, &Actions::of(&loaded), &profile));
    let told = assessment.reasons.iter().filter(|reason| reason.rule.id.ends_with("-runner"));
    (assessment.rolled.name(), told.map(|reason| reason.target.clone()).collect())
}

#[test]
fn a_label_that_each_runner_of_a_system_has_says_more_than_one_that_any_has() {
    let own = [("self-hosted", System::Linux), ("x64", System::Linux), ("win-gpu", System::Linux)];
    for (labels, expected) in [
        ("self-hosted", "automatic"),
        ("[self-hosted, linux, x64]", "edits"),
        ("[self-hosted, Windows, X64]", "keep"),
        ("[self-hosted, macOS, ARM64]", "keep"),
        // What is said of this very label counts.
        ("[self-hosted, win-gpu]", "automatic"),
    ] {
        assert_eq!(runs_on(labels, &own).0, expected, "{labels}");
    }
    assert_eq!(runs_on("[self-hosted, windows]", &[("windows", System::Linux)]).0, "edits");
}

/// What nobody can tell names what to say, and that decides it.
#[test]
fn an_unknown_runner_is_told_as_it_is_written_and_decided_by_that() {
    for (written, target) in [
        ("'${{ vars.ON }}'", "${{ vars.ON }}"),
        ("[self-hosted, '${{ vars.SIZE }}']", "self-hosted, ${{ vars.SIZE }}"),
        ("{group: '${{ vars.G }}'}", "${{ vars.G }}"),
        ("{group: big}", "big"),
        ("{labels: ['${{ vars.L }}'], group: big}", "${{ vars.L }}"),
    ] {
        assert_eq!(runs_on(written, &[]), ("undetermined", vec![target.to_owned()]), "{written}");
        let last = target.rsplit(", ").next().unwrap();
        let (verdict, told) = runs_on(written, &[(last, System::Linux)]);
        assert_ne!(verdict, "undetermined", "{written}");
        assert_eq!(told, [""; 0], "{written}");
    }
    // A label of each runner with Linux needs nobody to say so; the others are named when it moves.
    assert_eq!(runs_on("[self-hosted, linux, '${{ vars.SIZE }}']", &[]), ("edits", Vec::new()));
}

/// Two values of a matrix that only a run knows are two things to say.
#[test]
fn a_leg_is_told_by_the_value_that_it_runs_on() {
    let source = "on: push\njobs:\n  a:\n    strategy: {matrix: {r: [ubuntu-24.04, '${{ vars.R }}', '${{ vars.S }}']}}\n    \
                  runs-on: ${{ matrix.r }}\n    steps: [{run: make}]\n";
    let sheet = sheet_of(source, "ci.yml", ".");
    let told: Vec<_> = sheet.reasons.iter().map(|cited| (cited.target.as_str(), cited.legs.0)).collect();
    assert_eq!(told, [("${{ vars.R }}", 1), ("${{ vars.S }}", 1)]);
}

#[test]
fn what_stays_asks_nobody_for_edits() {
    let stays = "on: push\njobs:\n  a: {runs-on: macos-15, environment: prod, steps: [{run: make}]}\n";
    let moves = "on: push\njobs:\n  a: {runs-on: ubuntu-24.04, environment: prod, steps: [{run: make}]}\n";
    for (source, edits) in [(stays, 0), (moves, 1)] {
        let sheet = sheet_of(source, "ci.yml", ".");
        let told: Vec<_> = sheet.reasons.iter().filter(|cited| cited.rule.id == "environment").collect();
        assert_eq!((sheet.edits, told.len(), told[0].blocks()), (edits, 1, edits > 0), "{source}");
    }
}

#[test]
fn what_is_found_in_another_file_has_a_place_in_the_workflow() {
    let called =
        "on: workflow_call\njobs:\n  x:\n    runs-on: ubuntu-24.04\n    steps:\n    - run: docker build .\n";
    let source = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n";
    let sheet = calling(source, called, |workflow, assessment| {
        Sheet::of(workflow, assessment, "ci.yml".to_owned(), String::new())
    });
    let mark = &sheet.reasons[0].mark;
    assert_eq!((mark.file(), mark.start.line), (Some(".github/workflows/b.yml"), 6));
    assert_eq!(
        mark.in_workflow().map(|(start, end)| (start.line, start.column, end.column)),
        Some((4, 11, 36))
    );
}

#[test]
fn a_sheet_names_the_files_that_are_called() {
    let called = "on: workflow_call\njobs: {x: {runs-on: ubuntu-24.04, steps: [{run: x}]}}\n";
    let source = "on: push\njobs:\n  a: {uses: ./.github/workflows/b.yml}\n  c: {uses: o/n/.github/workflows/d.yml@v1}\n";
    let calls = |path: &str| {
        let of = |workflow: &WorkflowSight<'_>, assessment: &Assessment| {
            Sheet::of(workflow, assessment, path.to_owned(), String::new()).calls
        };
        calling(source, called, of)
    };
    assert_eq!(calls("r/.github/workflows/ci.yml"), ["r/.github/workflows/b.yml"]);
    assert_eq!(calls("ci.yml"), ["b.yml"]);
}

fn job(steps: &str) -> String {
    format!("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}")
}

#[test]
fn a_long_script_is_decoded_once_and_not_for_each_place_in_it() {
    let script = |lines: usize| job(&format!("      - run: |\n{}", "          cargo x\n".repeat(lines)));
    let ((few, before), (many, after)) = (work_of(&script(10)), work_of(&script(400)));
    assert_eq!((few, many), (10, 400), "each line is a reason of its own");
    assert_eq!(
        after - before,
        390,
        "a line is looked at once for verdicts, not again for what jobs need, and decodes nothing"
    );
}

#[test]
fn steps_cost_the_same_however_many_are_before_them() {
    for step in
        ["      - run: cargo x\n", "      - uses: nobody/knows@v1\n", "      - run: \"a\\nb\\ncargo x\"\n"]
    {
        let ((few, before), (many, after)) =
            (work_of(&job(&step.repeat(20))), work_of(&job(&step.repeat(200))));
        assert_eq!((few, many), (20, 200), "{step}");
        assert!(after <= 10 * before, "{step}: {before}, then {after}");
    }
}
