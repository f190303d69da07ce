//! Somebody trusts GitHub's identity for it.

use crate::assess::known::known;
use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, StepSight};
use crate::assess::verdict::Verdict;
use crate::values::uses::JobUses;

/// The rule.
pub(super) const RULE: &dyn Rule = &KeepIdentity;

struct KeepIdentity;

const META: Meta = Meta {
    id: "keep-identity",
    outcome: Verdict::Keep,
    title: "somebody trusts GitHub's identity for it",
    why: "The registry or the verifier accepts what GitHub signs for this workflow; the cluster's signature is another one.",
    remedy: "keep the job on GitHub, or make the registry trust the cluster first",
};

/// What publishes with the job's identity, from the words of a command.
fn trusted(words: &[&str], has_oidc: bool) -> Option<&'static str> {
    match words {
        ["npm", "publish", rest @ ..] if has_oidc || rest.contains(&"--provenance") => Some("npm publish"),
        ["pnpm", "publish", rest @ ..] if has_oidc || rest.contains(&"--provenance") => Some("pnpm publish"),
        ["uv", "publish", ..] if has_oidc => Some("uv publish"),
        ["twine", "upload", ..] if has_oidc => Some("twine upload"),
        ["dart" | "flutter", "pub", "publish", ..] if has_oidc => Some("dart pub publish"),
        _ => None,
    }
}

impl Rule for KeepIdentity {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if let Some(used) = &step.used {
            let has_password =
                ["password", "setup-trusted-publisher"].iter().any(|input| step.input(input).is_some());
            if used.is_for(&META) && !(has_password && used.is(&["pypa/gh-action-pypi-publish"])) {
                found.reason(step.uses_spot(), used.name());
            }
        }
        step.commands(&mut |words, span| {
            if let Some(target) = trusted(words, step.job.has_oidc()) {
                found.reason(step.in_script(span), target);
            }
        });
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        if let Some(call) = job.job.call()
            && let Some(JobUses::Repository(workflow)) = call.target
            && let Some(known) = known(&workflow.folded())
            && known.rule.as_deref() == Some(META.id)
        {
            found.reason(job.spot(call.uses.token), known.name.trim_end_matches("/*"));
        }
    }
}
