//! It needs rights over the node.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, StepSight};
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &Privileged;

struct Privileged;

const META: Meta = Meta {
    id: "privileged",
    outcome: Verdict::Redesign,
    title: "it needs rights over the node",
    why: "A pod with them can do anything to the node, so most clusters refuse it.",
    remedy: "do without, or allow privileged pods in the profile",
};

/// Programs that change the node, not the container.
const NEEDS_NODE: [&str; 12] = [
    "mount",
    "umount",
    "modprobe",
    "insmod",
    "sysctl",
    "losetup",
    "mkfs",
    "iptables",
    "nft",
    "ip6tables",
    "swapon",
    "swapoff",
];

impl Rule for Privileged {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if step.job.workflow.profile.is_privileged {
            return;
        }
        for (words, span) in step.commands() {
            let command = if let ["sudo", rest @ ..] = words.as_slice() { rest } else { words.as_slice() };
            let command: Vec<_> = command.iter().skip_while(|word| word.starts_with('-')).collect();
            if let Some(tool) = command.first().filter(|tool| NEEDS_NODE.contains(tool)) {
                found.reason(step.in_script(span), **tool);
            }
        }
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        if job.workflow.profile.is_privileged {
            return;
        }
        for (token, options) in job.options() {
            for option in options.split_whitespace() {
                let name = option.split('=').next().unwrap_or(option);
                if matches!(name, "--privileged" | "--cap-add" | "--device" | "--security-opt") {
                    found.reason(job.spot(token), name);
                }
            }
        }
    }
}
