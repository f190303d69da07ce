//! Somebody else trusts GitHub's identity for it.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &CloudOidc;

struct CloudOidc;

const META: Meta = Meta {
    id: "cloud-oidc",
    outcome: Verdict::Redesign,
    title: "somebody else trusts GitHub's identity for it",
    why: "A cloud lets this workflow in because GitHub says who it is; the cluster says it with another name and issuer.",
    remedy: "make the cloud trust the identity of the pod, and change the role's conditions",
};

/// Variables by which a script asks GitHub for a token that says who it is (docs.github.com, "OpenID Connect reference").
const REQUEST: [&str; 2] = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];

/// Whether an action lets the job in by its identity.
fn uses_identity(step: &StepSight<'_>, name: &str) -> bool {
    let has = |input: &str| step.input(input).is_some();
    match name {
        "aws-actions/configure-aws-credentials" => has("role-to-assume") && !has("aws-access-key-id"),
        "google-github-actions/auth" => has("workload_identity_provider"),
        "azure/login" => !has("creds"),
        "hashicorp/vault-action" => !has("token") && !has("roleId"),
        "octo-sts/action" => true,
        "codecov/codecov-action" => has("use_oidc"),
        _ => false,
    }
}

impl Rule for CloudOidc {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if let Some(used) = &step.used
            && let Some(name) = &used.name
            && uses_identity(step, name)
        {
            found.reason(step.uses_spot(), name);
        }
        let signs = |words: &[&str]| {
            matches!(words, ["cosign", "sign" | "sign-blob" | "attest" | "attest-blob", rest @ ..]
            if !rest.iter().any(|word| word.starts_with("--key")))
        };
        step.commands(&mut |words, span| {
            if signs(words) && step.job.has_oidc() {
                found.reason(step.in_script(span), "cosign");
            }
        });
        for (name, span) in step.variables().filter(|(name, _)| REQUEST.contains(name)) {
            found.reason(step.in_script(span), name);
        }
    }
}
