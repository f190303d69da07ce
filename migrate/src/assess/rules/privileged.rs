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

/// Options of a container that give it rights over the node.
const OPTIONS: [&str; 4] = ["--privileged", "--cap-add", "--device", "--security-opt"];

/// Folders of the node that give rights over it to whoever may write there.
const FOLDERS: [&str; 9] = [
    "/",
    "/boot",
    "/dev",
    "/etc",
    "/lib/modules",
    "/proc",
    "/sys",
    "/var/lib/docker",
    "/var/run/docker.sock",
];

/// The rights over the node that a command gives to a container which it starts, even where there is a daemon.
fn rights<'w>(command: &[&'w str]) -> Vec<&'w str> {
    let mut words = command.iter().copied();
    if !words.next().is_some_and(|tool| matches!(tool, "docker" | "podman" | "nerdctl")) {
        return Vec::new();
    }
    let Some("run" | "create") = words.find(|word| !word.starts_with('-') && *word != "container") else {
        return Vec::new();
    };
    let mut rights = Vec::new();
    let mut before = "";
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let volume = match (before, name) {
            ("-v" | "--volume", _) => Some(word),
            (_, "-v" | "--volume") => Some(value),
            _ => None,
        };
        let folder = volume.and_then(|volume| volume.split_once(':')).map(|(folder, _)| folder);
        if OPTIONS.contains(&name) {
            rights.push(name);
        } else if folder.is_some_and(|folder| FOLDERS.contains(&folder)) {
            rights.push(word);
        }
        before = word;
    }
    rights
}

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
            let command: Vec<_> = command.iter().copied().skip_while(|word| word.starts_with('-')).collect();
            if let Some(tool) = command.first().filter(|tool| NEEDS_NODE.contains(tool)) {
                found.reason(step.in_script(span), *tool);
            }
            for right in rights(&command) {
                found.reason(step.in_script(span), right);
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
                if OPTIONS.contains(&name) {
                    found.reason(job.spot(token), name);
                }
            }
        }
    }
}
