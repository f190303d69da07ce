//! It gets what another run left.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::script_sight::endpoint;
use crate::assess::sight::{StepSight, UsedSight};
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &CrossRunArtifact;

struct CrossRunArtifact;

const META: Meta = Meta {
    id: "cross-run-artifact",
    outcome: Verdict::Redesign,
    title: "it gets what another run left",
    why: "The runs of the other side have other names, and their artifacts stand elsewhere.",
    remedy: "let one workflow make and use it, or publish it where both can reach it",
};

/// What a script for GitHub's interface calls to get an artifact (docs.github.com, "REST API endpoints for GitHub Actions artifacts").
const CALL: &str = "downloadArtifact";

/// How such a script names its own run.
const OWN_RUN: &str = "context.runId";

/// What an address of such an artifact has in it.
const ADDRESS: &str = "/actions/artifacts/";

/// Ways in which a script names its own run.
const OWN: [&str; 4] = ["${{github.run_id}}", "$GITHUB_RUN_ID", "${GITHUB_RUN_ID}", ""];

/// Whether a value names the run itself.
fn is_own_run(run: &str) -> bool {
    let dense: String = run.split_whitespace().take(4).collect();
    OWN.iter().any(|own| dense.eq_ignore_ascii_case(own))
}

/// What a step gets of another run by an action.
fn by_action(step: &StepSight<'_>, used: &UsedSight<'_>) -> bool {
    let text = |input| step.input(input).map(|value| step.written(value.token));
    used.is_for(&META)
        || (used.is(&["actions/download-artifact"]) && text("run-id").is_some_and(|run| !is_own_run(run)))
        || (used.is(&["actions/github-script"])
            && text("script").is_some_and(|script| script.contains(CALL) && !script.contains(OWN_RUN)))
}

/// What a command gets of another run.
fn by_command(words: &[&str]) -> Option<&'static str> {
    match words {
        // Of its own run it asks GitHub all the same, which another rule tells.
        ["gh", "run", "download", rest @ ..] => {
            (!rest.iter().any(|word| is_own_run(word))).then_some("gh run download")
        }
        ["gh", "api", rest @ ..] if !rest.iter().any(|word| word.ends_with("DELETE")) => {
            endpoint(rest).filter(|asked| asked.contains(ADDRESS)).map(|_| "gh api")
        }
        [tool @ ("curl" | "wget"), rest @ ..] if rest.iter().any(|word| word.contains(ADDRESS)) => {
            Some(if *tool == "curl" { "curl" } else { "wget" })
        }
        _ => None,
    }
}

impl Rule for CrossRunArtifact {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if let Some(used) = step.used.as_ref().filter(|used| by_action(step, used)) {
            found.reason(step.uses_spot(), used.name());
        }
        step.commands(&mut |words, span| {
            if let Some(what) = by_command(words) {
                found.reason(step.in_script(span), what);
            }
        });
    }
}
