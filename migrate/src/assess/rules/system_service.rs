//! It needs services of the machine.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::StepSight;
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &SystemService;

struct SystemService;

const META: Meta = Meta {
    id: "system-service",
    outcome: Verdict::Edits,
    title: "it needs services of the machine",
    why: "GitHub's runners are machines with systemd and services that only have to be started; the containers of a pod have neither.",
    remedy: "give the job what it starts as one of its services, start the program itself, or do without",
};

/// Programs that talk to systemd, or to a service that needs it.
const NEEDS_SYSTEMD: [&str; 11] = [
    "hostnamectl",
    "journalctl",
    "localectl",
    "loginctl",
    "machinectl",
    "networkctl",
    "resolvectl",
    "snap",
    "systemctl",
    "systemd-run",
    "timedatectl",
];

/// Whether a command, which stands at this byte of the script, needs the services of the machine. A script of init works in a
/// container, too, where its package is installed.
fn needs_machine(step: &StepSight<'_>, words: &[&str], at: usize) -> bool {
    let is_there = |name: &str| step.brought.has_set_up(name, at, &step.legs);
    match words {
        [_, "--version" | "--help", ..] => false,
        [path, ..] if path.starts_with(INIT) => !is_there(base(path)),
        [tool, name, ..] if INIT_TOOLS.contains(&base(tool)) => !name.starts_with('-') && !is_there(name),
        [tool, ..] => NEEDS_SYSTEMD.contains(&base(tool)),
        [] => false,
    }
}

/// Where the scripts of init stand.
const INIT: &str = "/etc/init.d/";

/// Programs that start such a script.
const INIT_TOOLS: [&str; 2] = ["service", "invoke-rc.d"];

/// The name of a program without the folder that it is started from.
fn base(tool: &str) -> &str {
    tool.rsplit('/').next().unwrap_or(tool)
}

impl Rule for SystemService {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        // There is no systemd in a container of GitHub's, either.
        if step.job.job.has_container() {
            return;
        }
        step.commands(&mut |words, span| {
            let is_had = |tool: &str| step.job.workflow.profile.tools.iter().any(|known| known == base(tool));
            if let Some(tool) =
                words.first().filter(|tool| needs_machine(step, words, span.start) && !is_had(tool))
            {
                found.reason(step.in_script(span), tool);
            }
        });
    }
}
