//! A container is started with options of its own.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
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

/// Options that a pod has, too.
const MAPPED: [&str; 9] =
    ["--user", "-u", "--cpus", "--memory", "-m", "--entrypoint", "--hostname", "-e", "--env"];

impl Rule for ContainerOption {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        for (token, options) in job.options() {
            for option in options.split_whitespace().filter(|option| option.starts_with('-')) {
                let name = option.split('=').next().unwrap_or(option);
                let maps = MAPPED.contains(&name) || name.starts_with("--health-");
                if !maps {
                    found.reason(job.spot(token), name);
                }
            }
        }
        for (token, volume) in job.volumes() {
            if volume.starts_with('/') && volume.contains(':') && !volume.contains("docker.sock") {
                found.reason(job.spot(token), volume);
            }
        }
    }
}
