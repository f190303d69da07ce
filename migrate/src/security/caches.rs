//! Actions that restore caches, and actions that publish, as of zizmor 1.32.0; the inputs are those of each action's metadata, and the
//! versions those of its release notes (actions/setup-go v4.0.0: `cache` is true by default; actions/setup-node v5.0.0: it caches by
//! itself where package.json has `packageManager`, which nobody sees here).

use super::control::Control;
use super::control::Takes::{Flag, Text, Words};

/// Actions that restore caches, by their names in small letters, and when they do.
const CACHING: [(&str, Control); 23] = [
    ("actions/cache", Control::off("lookup-only", Flag)),
    ("actions/setup-java", Control::on("cache", Text, false)),
    ("actions/setup-go", Control::on_since("cache", Flag, 4)),
    (
        "actions/setup-node",
        Control::Any(&[
            Control::on("cache", Words(&["npm", "yarn", "pnpm"]), false),
            Control::on_since("package-manager-cache", Flag, 5),
        ]),
    ),
    ("actions/setup-python", Control::on("cache", Text, false)),
    ("actions/setup-dotnet", Control::on("cache", Flag, false)),
    (
        "astral-sh/setup-uv",
        Control::Any(&[
            Control::on("enable-cache", Words(&["true"]), false),
            Control::All(&[Control::Before(10), Control::on("enable-cache", Flag, true)]),
        ]),
    ),
    ("swatinem/rust-cache", Control::off("lookup-only", Flag)),
    ("ruby/setup-ruby", Control::on("bundler-cache", Flag, false)),
    ("pyo3/maturin-action", Control::on("sccache", Flag, false)),
    ("mlugg/setup-zig", Control::on("use-cache", Flag, true)),
    ("oven-sh/setup-bun", Control::off("no-cache", Flag)),
    ("pnpm/setup", Control::on("cache", Flag, false)),
    ("determinatesystems/magic-nix-cache-action", Control::on("use-gha-cache", Flag, true)),
    ("graalvm/setup-graalvm", Control::on("cache", Text, false)),
    ("gradle/actions/setup-gradle", Control::off("cache-disabled", Flag)),
    (
        "docker/setup-buildx-action",
        Control::All(&[Control::on("cache-binary", Flag, true), Control::on("version", Text, false)]),
    ),
    ("actions-rust-lang/setup-rust-toolchain", Control::on("cache", Flag, true)),
    ("mozilla-actions/sccache-action", Control::Always),
    ("nix-community/cache-nix-action", Control::Always),
    ("jdx/mise-action", Control::on("cache", Flag, true)),
    ("ramsey/composer-install", Control::off("ignore-cache", Words(&["yes", "true", "1"]))),
    ("awalsh128/cache-apt-pkgs-action", Control::Always),
];

/// Actions that publish what was built.
const PUBLISHING: [(&str, Control); 19] = [
    ("pypa/gh-action-pypi-publish", Control::Always),
    ("rubygems/release-gem", Control::Always),
    ("jreleaser/release-action", Control::Always),
    ("goreleaser/goreleaser-action", Control::Always),
    ("softprops/action-gh-release", Control::Always),
    ("release-drafter/release-drafter", Control::Always),
    ("googleapis/release-please-action", Control::Always),
    ("docker/build-push-action", Control::on("push", Flag, true)),
    ("redhat-actions/push-to-registry", Control::Always),
    ("aws-actions/amazon-ecs-deploy-task-definition", Control::Always),
    ("aws-actions/aws-cloudformation-github-deploy", Control::Always),
    ("azure/aci-deploy", Control::Always),
    ("azure/container-apps-deploy-action", Control::Always),
    ("azure/functions-action", Control::Always),
    ("azure/sql-action", Control::Always),
    ("cloudflare/wrangler-action", Control::Always),
    ("google-github-actions/deploy-appengine", Control::Always),
    ("google-github-actions/deploy-cloudrun", Control::Always),
    ("google-github-actions/deploy-cloud-functions", Control::Always),
];

/// When an action restores a cache.
pub(super) fn caching(action: &str) -> Option<Control> {
    find(&CACHING, action)
}

/// When an action publishes.
pub(super) fn publishing(action: &str) -> Option<Control> {
    find(&PUBLISHING, action)
}

fn find(table: &[(&str, Control)], action: &str) -> Option<Control> {
    table.iter().find(|(name, _)| *name == action).map(|(_, control)| *control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_actions_in_small_letters_and_stand_once() {
        let names = CACHING.iter().chain(&PUBLISHING).map(|(name, _)| *name).collect::<Vec<_>>();
        for (at, name) in names.iter().enumerate() {
            assert!(name.contains('/') && *name == name.to_ascii_lowercase(), "{name}");
            assert!(!names.iter().skip(at + 1).any(|other| other == name), "{name}");
        }
        assert!(caching("actions/cache").is_some() && caching("actions/checkout").is_none());
        assert!(publishing("azure/sql-action").is_some() && publishing("actions/cache").is_none());
    }
}
