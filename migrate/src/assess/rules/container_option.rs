//! A container is started with options of its own.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::script_sight::Given;
use crate::assess::sight::JobSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &ContainerOption;

struct ContainerOption;

const META: Meta = Meta {
    id: "container-option",
    outcome: Verdict::Edits,
    title: "a container is started with options of its own",
    why: "A pod says these things in another way, or not at all.",
    remedy: "say what the option is for, in the words of a pod",
};

/// Options that a pod has, too; those of one letter by it.
const MAPPED: [&str; 7] = ["--cpus", "--memory", "m", "--entrypoint", "--hostname", "e", "--env"];

/// Whether the user and the group of `--user` have words in a pod: its `runAsUser` and `runAsGroup` are integers (kubernetes.io,
/// "Configure a Security Context for a Pod or Container"), and only of `root` everybody knows the number. What an expression gives may
/// be one, too.
fn is_numbered(user: &str) -> bool {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    user.contains("${{") || user.split(':').all(|part| part == "root" || is_number(part))
}

/// What is said in an option that a pod does not have. An expression alone may hold any option.
fn beyond(given: &Given<'_>) -> Option<String> {
    match given.name {
        "" => given.word.starts_with("${{").then(|| given.word.to_owned()),
        // The rule `privileged` tells it, unless the profile allows it.
        "--privileged" => None,
        "--user" | "u" if is_numbered(given.value) => None,
        name if MAPPED.contains(&name) || name.starts_with("--health-") => None,
        name if name.starts_with('-') => Some(name.to_owned()),
        letter => Some(format!("-{letter}")),
    }
}

impl Rule for ContainerOption {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        job.given(&mut |token, given| {
            if let Some(target) = beyond(given) {
                found.reason(job.spot(token), target);
            }
        });
        for (token, volume) in job.volumes() {
            if volume.starts_with('/') && volume.contains(':') && !volume.contains("docker.sock") {
                found.reason(job.spot(token), volume);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_a_number_or_root() {
        for (user, expected) in [
            ("1000", true),
            ("1000:1000", true),
            ("0:0", true),
            ("root", true),
            ("root:root", true),
            ("0:root", true),
            ("${{ github.actor_id }}", true),
            ("${{ matrix.user }}:docker", true),
            ("", true),
            ("jenkins", false),
            ("jenkins:1000", false),
            ("1000:docker", false),
            ("1000x", false),
            ("$(id -u)", false),
        ] {
            assert_eq!(is_numbered(user), expected, "{user}");
        }
    }
}
