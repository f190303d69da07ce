//! Somebody else trusts GitHub's identity for it.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{StepSight, entries};
use crate::assess::verdict::Verdict;
use crate::model::{Scalar, value_of};

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

/// With which `azd auth login` asks GitHub who the job is (github.com/Azure/azure-dev, `cli/azd/cmd/auth_login.go`).
const AZD_PROVIDER: [&str; 2] = ["--federated-credential-provider", "github"];

/// The variable with which Terraform's providers for Azure ask GitHub who the job is (registry.terraform.io, hashicorp/azurerm,
/// "Authenticating using a Service Principal and OpenID Connect").
const ARM: &str = "ARM_USE_OIDC";

/// Commands of Terraform that reach no cloud.
const OFFLINE: [&str; 3] = ["fmt", "validate", "version"];

/// Whether a value is this word, whatever its case and what is around it.
fn is_word(value: Scalar<'_>, word: &str) -> bool {
    match value {
        Scalar::Text(text) => text.trim().eq_ignore_ascii_case(word),
        Scalar::Boolean(true) => word == "true",
        _ => false,
    }
}

/// Whether an action gets something in an input: it reads what is empty as if nobody had written it. An expression counts as something.
fn is_given(step: &StepSight<'_>, input: &str) -> bool {
    step.input(input).is_some_and(|input| match input.value {
        Scalar::Null => false,
        Scalar::Text(text) => !text.trim().is_empty(),
        _ => true,
    })
}

/// Whether an input is this word; `None` where only a run knows.
fn says(step: &StepSight<'_>, input: &str, word: &str) -> Option<bool> {
    match step.input(input).map(|input| input.value) {
        Some(Scalar::Expression(_)) => None,
        value => Some(value.is_some_and(|value| is_word(value, word))),
    }
}

/// Whether an action lets the job in by its identity.
fn uses_identity(step: &StepSight<'_>, name: &str) -> bool {
    let has = |input: &str| is_given(step, input);
    let says = |input: &str, word: &str| says(step, input, word);
    match name {
        // Its src/index.ts: useGitHubOIDCProvider.
        "aws-actions/configure-aws-credentials" => {
            let is_let_in_otherwise = has("aws-access-key-id") || has("web-identity-token-file");
            has("role-to-assume") && !is_let_in_otherwise && says("role-chaining", "true") != Some(true)
        }
        "google-github-actions/auth" => has("workload_identity_provider"),
        // Its src/common/LoginConfig.ts; IDENTITY is that of the machine.
        "azure/login" => !has("creds") && says("auth-type", "IDENTITY") != Some(true),
        // Its src/auth.js: the method is `token` if nobody says another, and with a key of its own it says itself who the job is.
        "hashicorp/vault-action" => {
            let may_be = || !has("token") && !has("roleId");
            says("method", "jwt").unwrap_or_else(may_be) && !has("jwtPrivateKey")
        }
        "octo-sts/action" => true,
        // Its action.yml: the default is false.
        "codecov/codecov-action" => says("use_oidc", "true") != Some(false),
        _ => false,
    }
}

/// Whether a command lets `azd` in by the identity of the job.
fn lets_azd_in(command: &[&str]) -> bool {
    let ["azd", "auth", "login", options @ ..] = command else { return false };
    options.windows(AZD_PROVIDER.len()).any(|words| words == AZD_PROVIDER)
        || options.iter().any(|word| word.split('=').eq(AZD_PROVIDER))
}

/// Whether a command is one of Terraform, or of its sibling, that asks the cloud.
fn asks_cloud(command: &[&str]) -> bool {
    let ["terraform" | "tofu", rest @ ..] = command else { return false };
    let asked = rest.iter().find(|word| !word.starts_with('-'));
    asked.is_some_and(|asked| !OFFLINE.contains(asked)) && !rest.contains(&"-backend=false")
}

/// Whether the nearest `env` that has the variable tells Terraform to ask GitHub.
fn has_arm(step: &StepSight<'_>) -> bool {
    let job = step.job.job;
    let around =
        [step.step.env.as_ref(), job.steps().and_then(|steps| steps.env.as_ref()), job.workflow.env.as_ref()];
    let set = around.into_iter().find_map(|env| value_of(entries(env), ARM));
    set.is_some_and(|set| is_word(set.value, "true"))
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
        // The variable is told of once in a script.
        let mut first_asking = None;
        step.commands(&mut |words, span| {
            if signs(words) && step.job.has_oidc() {
                found.reason(step.in_script(span), "cosign");
            }
            if lets_azd_in(words) {
                found.reason(step.in_script(span), "azd auth login");
            }
            if asks_cloud(words) {
                first_asking = first_asking.or(Some(span));
            }
        });
        if let Some(span) = first_asking.filter(|_| has_arm(step)) {
            found.reason(step.in_script(span), ARM);
        }
        for (name, span) in step.variables().filter(|(name, _)| REQUEST.contains(name)) {
            found.reason(step.in_script(span), name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azd_is_let_in_by_the_provider_that_is_named() {
        for (command, expected) in [
            ("azd auth login --client-id x --federated-credential-provider github --tenant-id y", true),
            ("azd auth login --federated-credential-provider=github", true),
            ("azd auth login --federated-credential-provider azure-pipelines", false),
            ("azd auth login --client-id x --client-secret y", false),
            ("azd auth login --federated-credential-provider", false),
            ("azd auth token --federated-credential-provider github", false),
            ("azd", false),
        ] {
            let words: Vec<_> = command.split(' ').collect();
            assert_eq!(lets_azd_in(&words), expected, "{command}");
        }
    }

    #[test]
    fn terraform_asks_the_cloud_unless_it_looks_at_files_alone() {
        for (command, expected) in [
            ("terraform apply -auto-approve", true),
            ("terraform -chdir=infra plan", true),
            ("tofu init", true),
            ("terraform init -backend=false", false),
            ("terraform fmt -check", false),
            ("terraform -chdir=infra validate", false),
            ("tofu version", false),
            ("terraform --version", false),
            ("terraform", false),
            ("make plan", false),
        ] {
            let words: Vec<_> = command.split(' ').collect();
            assert_eq!(asks_cloud(&words), expected, "{command}");
        }
    }
}
