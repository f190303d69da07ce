//! Prints `docs/migration/verdicts.md`: what decides what becomes of a leg.
#![expect(clippy::print_stdout, reason = "it is a program of developers")]

use towpath_migrate::assess::{ACTIONS, Verdict, known, rules};

const HEAD: &str = "\
# Verdicts

<!-- Written by `cargo xtask generate`, from migrate/src/assess/rules and migrate/actions.yaml. -->

What `towpath migrate assess` says of each leg of each job, and by which rules. The verdict of a leg is the first of these that there is a reason for; a rule that
finds something in a composite action counts for the step that uses it. Design: [decision 0011](../decisions/0011-assessing-an-estate.md).

| verdict | meaning |
|---|---|
| broken | GitHub refuses the file: see `towpath migrate parse` |
| template | it is made to begin workflows with: it stands in `workflow-templates/`, or holds `$default-branch` or the like |
| keep | it belongs to GitHub, or to a system that the cluster has not |
| undetermined | nobody can tell before something is supplied |
| redesign | it can move when somebody has thought about how |
| edits | it can move when somebody has changed or said something; counted by rule and target |
| automatic | it can move as it is: everything is exact, or approximate and listed |

A workflow is broken, a template or undetermined when one of its legs is. Otherwise, where some legs stay and some can move, it is split: `split k/m`. Else it is
the worst of its legs. Verdicts are predicted: no converter has used them yet.
";

const AGREEMENT: &str = "\
## Agreement with people

Sixty workflows of 57 public projects were drawn by seed and judged by hand before there was a rule (`migrate/tests/verdicts/labels.yaml`, with reasons). Rows are what
people said, columns what the rules say; below it, where they differ.
";

fn main() {
    println!("{HEAD}");
    for verdict in Verdict::ALL {
        let metas: Vec<_> =
            rules::ALL.iter().map(|rule| rule.meta()).filter(|meta| meta.outcome == verdict).collect();
        if metas.is_empty() {
            continue;
        }
        println!("## {}\n\n| rule | finds | why | what to do |\n|---|---|---|---|", verdict.name());
        for meta in metas {
            println!("| `{}` | {} | {} | {} |", meta.id, meta.title, meta.why, escaped(meta.remedy));
        }
        println!();
    }
    println!("{AGREEMENT}");
    println!("```text\n{}```\n", include_str!("../tests/verdicts/agreement.txt"));
    println!(
        "## Actions\n\nWhat becomes of actions that many use. One that is neither here nor supplied is undetermined.\n"
    );
    println!("| action | becomes | how, or why | rule |\n|---|---|---|---|");
    let names = ACTIONS.lines().filter_map(|line| line.strip_prefix("- action: "));
    for action in names.filter_map(known) {
        let becomes = action.fidelity.name();
        let rule = action.rule.as_deref().map(|rule| format!("`{rule}`")).unwrap_or_default();
        println!("| {} | {becomes} | {} | {rule} |", action.name, action.how);
    }
}

/// For a cell of a table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
