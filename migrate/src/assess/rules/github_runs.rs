//! It starts workflows on GitHub, or asks for their runs.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::script_sight::endpoint;
use crate::assess::sight::StepSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &GithubRuns;

struct GithubRuns;

const META: Meta = Meta {
    id: "github-runs",
    outcome: Verdict::Edits,
    title: "it starts workflows on GitHub, or asks for their runs",
    why: "The workflows and runs that it names are GitHub's: what has moved is none there, and has other numbers.",
    remedy: "start or ask the workflow where it runs then; the command may stay for what stays on GitHub",
};

/// What scripts for GitHub's interface call (octokit: `rest.actions`).
const CALLS: [&str; 6] = [
    "createWorkflowDispatch",
    "listWorkflowRuns",
    "getWorkflowRun",
    "reRunWorkflow",
    "cancelWorkflowRun",
    "listJobsForWorkflowRun",
];

/// What addresses of workflows and runs have in them.
const ADDRESSES: [&str; 2] = ["/actions/workflows", "/actions/runs"];

/// What a command does with workflows or runs. Artifacts of runs have a rule of their own.
fn by_command(words: &[&str]) -> Option<String> {
    let names = |word: &&&str| ADDRESSES.iter().any(|address| word.contains(address));
    match words {
        ["gh", "workflow", verb @ ("run" | "list" | "view" | "enable" | "disable"), ..] => {
            Some(format!("gh workflow {verb}"))
        }
        [
            "gh",
            "run",
            verb @ ("list" | "watch" | "view" | "rerun" | "cancel" | "delete" | "download"),
            ..,
        ] => Some(format!("gh run {verb}")),
        ["gh", "api", rest @ ..] => endpoint(rest).filter(names).map(|_| "gh api".to_owned()),
        // A text that is sent may have the address of a run's page in it.
        [tool @ ("curl" | "wget"), rest @ ..] => {
            let asks = |word: &&&str| names(word) && word.contains("/repos/") && !word.contains(' ');
            rest.iter().find(asks).map(|_| (*tool).to_owned())
        }
        _ => None,
    }
}

impl Rule for GithubRuns {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if let Some(used) = step.used.as_ref().filter(|used| used.is(&["actions/github-script"]))
            && let Some(script) = step.input("script").map(|script| step.written(script.token))
            && CALLS.iter().any(|call| script.contains(call))
        {
            found.reason(step.uses_spot(), used.name());
        }
        step.commands(&mut |words, span| {
            if let Some(what) = by_command(words) {
                found.reason(step.in_script(span), what);
            }
        });
    }
}
