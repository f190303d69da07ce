//! It needs a daemon of Docker.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, StepSight};
use crate::assess::verdict::Verdict;
use crate::script::Need;

/// The rule.
pub(super) const RULE: &dyn Rule = &DockerDaemon;

struct DockerDaemon;

const META: Meta = Meta {
    id: "docker-daemon",
    outcome: Verdict::Redesign,
    title: "it needs a daemon of Docker",
    why: "Pods have none, and giving them the node's own hands over the node.",
    remedy: "build with BuildKit or the like as a service of the cluster, or allow a daemon in the profile",
};

/// What the path of the daemon's socket ends with.
const SOCKET: &str = "docker.sock";

/// Programs whose command is told by itself, those for which a path is a text, and the one that has another machine's.
const OTHERS: [&str; 16] = [
    "awk", "echo", "env", "find", "git", "grep", "nice", "nohup", "printf", "rg", "sed", "ssh", "sudo",
    "time", "timeout", "xargs",
];

/// The word of a command that names the daemon's socket. What an engine is told is found by its name.
fn socket<'w>(words: &[&'w str]) -> Option<&'w str> {
    let (program, behind) = words.split_first()?;
    let is_other = OTHERS.contains(program) || Need::of(program) == Some(Need::ContainerEngine);
    behind.iter().copied().find(|word| !is_other && names_socket(word))
}

/// Whether a word is the path, or has it behind an option or a scheme: not text, nor `docker.socket`, which is a unit of systemd.
fn names_socket(word: &str) -> bool {
    let is_part = |(at, name): (usize, &str)| !word.split_at(at + name.len()).1.starts_with("et");
    !word.contains(char::is_whitespace) && word.match_indices(SOCKET).any(is_part)
}

impl Rule for DockerDaemon {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if step.job.workflow.profile.has_docker {
            return;
        }
        if let Some(used) = &step.used
            && used.is_for(&META)
        {
            found.reason(step.uses_spot(), used.name());
        }
        if let Some((token, program)) = step.shell_program()
            && Need::of(program) == Some(Need::ContainerEngine)
        {
            found.reason(step.spot(token), program);
        }
        for (tool, span) in step.tools() {
            if tool.need() == Some(Need::ContainerEngine) && !tool.probed && !step.is_without_daemon(span) {
                found.reason(step.in_script(span), tool.name.as_ref());
            }
        }
        step.commands(&mut |words, span| {
            if let Some(word) = socket(words) {
                found.reason(step.in_script(span), word);
            }
        });
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        if job.workflow.profile.has_docker {
            return;
        }
        for (token, volume) in job.volumes() {
            if volume.contains(SOCKET) {
                found.reason(job.spot(token), volume);
            }
        }
    }
}
