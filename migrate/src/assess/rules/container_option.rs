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
const MAPPED: [&str; 9] =
    ["--user", "u", "--cpus", "--memory", "m", "--entrypoint", "--hostname", "e", "--env"];

/// What is said in an option that a pod does not have. An expression alone may hold any option.
fn beyond(given: &Given<'_>) -> Option<String> {
    match given.name {
        "" => given.word.starts_with("${{").then(|| given.word.to_owned()),
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
