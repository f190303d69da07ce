//! It needs rights over the node.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::script_sight::{GLOBALS, given, is_nodes};
use crate::assess::sight::{JobSight, StepSight};
use crate::assess::verdict::Verdict;
use crate::script::Shell;

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

/// Programs that change the node, not the container, or ask its kernel for what containers are refused: tunnels, file systems, namespaces
/// (flatpak runs all in bubblewrap, which makes namespaces and mounts).
const NEEDS_NODE: [&str; 23] = [
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
    "unshare",
    "nsenter",
    "ip",
    "bwrap",
    "flatpak",
    "flatpak-builder",
    "openvpn",
    "sshfs",
    "tee",
    "udevadm",
    "wg-quick",
];

/// The words behind `docker run` and its like, where that is what a command is.
fn behind_run<'c, 'w>(command: &'c [&'w str]) -> Option<&'c [&'w str]> {
    let (tool, mut rest) = command.split_first()?;
    if !matches!(*tool, "docker" | "podman" | "nerdctl") {
        return None;
    }
    loop {
        let (word, behind) = rest.split_first()?;
        rest = match *word {
            "run" | "create" | "exec" => return Some(behind),
            "container" => behind,
            word if GLOBALS.contains(&word) => behind.get(1..)?,
            word if word.starts_with('-') => behind,
            _ => return None,
        };
    }
}

/// Whether a program changes the node, and does not only tell what is there.
fn changes(tool: &str, behind: &[&str]) -> bool {
    let has = |words: &[&str]| behind.iter().any(|word| words.contains(word));
    if has(&["--help", "--version", "-V"]) {
        return false;
    }
    match tool {
        "mount" => has(&["-a", "--all"]) || has_operand(behind, &["-t", "-O", "-T"]),
        "sysctl" => has(&["-p", "--system"]) || behind.iter().any(|word| is_set(word)),
        "losetup" => !behind.is_empty() && !has(&["-a", "--all", "-l", "--list"]),
        "swapon" => !behind.is_empty() && !has(&["-s", "--summary", "--show"]),
        "modprobe" | "insmod" => !has(&["-n", "--dry-run", "-D", "--show-depends", "-c", "--showconfig"]),
        "unshare" => !behind.iter().take_while(|word| word.starts_with('-')).any(|word| makes_user(word)),
        "ip" => changes_network(behind),
        "flatpak" => matches!(behind.iter().find(|word| !word.starts_with('-')), Some(&("run" | "build"))),
        "openvpn" => !has(&["--genkey"]),
        // Parameters of the kernel.
        "tee" => behind.iter().any(|word| word.starts_with("/proc/sys/") || word.starts_with("/sys/")),
        "udevadm" => matches!(behind.first(), Some(&("control" | "trigger"))),
        _ => true,
    }
}

/// Whether `ip` changes something, or enters a namespace, and does not only show what is there: its object, and what it does to it.
fn changes_network(behind: &[&str]) -> bool {
    let mut operands = behind.iter().copied().filter(|word| !word.starts_with('-'));
    let (object, verb) = (operands.next().unwrap_or_default(), operands.next().unwrap_or_default());
    let is_any = |verbs: &[&str]| verbs.contains(&verb);
    is_any(&["add", "del", "delete", "set", "change", "replace", "append", "flush", "exec", "attach"])
        && !object.is_empty()
}

/// Whether an option tells `unshare` to make a namespace of users, in which it needs no rights outside.
fn makes_user(option: &str) -> bool {
    if option.starts_with("--") {
        option.starts_with("--user") || option.starts_with("--map-")
    } else {
        option.contains(['U', 'r', 'c'])
    }
}

/// Whether a word is no option, nor the value of one of these.
fn has_operand(words: &[&str], values: &[&str]) -> bool {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if values.contains(word) {
            words.next();
        } else if !word.starts_with('-') {
            return true;
        }
    }
    false
}

/// Whether a word tells `sysctl` what to set: a variable, or a file of them.
fn is_set(word: &str) -> bool {
    let is_long = word.starts_with("--");
    if is_long { word.starts_with("--load") } else { word.starts_with("-p") || word.contains('=') }
}

/// A command without what starts it as somebody else, if nobody else tells what that starts.
fn inner<'c, 'w>(step: &StepSight<'_>, words: &'c [&'w str]) -> &'c [&'w str] {
    let is_told = step.script.as_ref().is_some_and(|script| script.shell == Shell::Posix);
    match words {
        ["sudo", rest @ ..] if !is_told => {
            let options = rest.iter().take_while(|word| word.starts_with('-')).count();
            rest.get(options..).unwrap_or_default()
        }
        _ => words,
    }
}

impl Rule for Privileged {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if step.job.workflow.profile.is_privileged {
            return;
        }
        step.commands(&mut |words, span| {
            let command = inner(step, words);
            if let [tool, behind @ ..] = command
                && NEEDS_NODE.contains(tool)
                && changes(tool, behind)
            {
                found.reason(step.in_script(span), tool);
            }
            let words = behind_run(command).unwrap_or_default().iter().copied();
            // Behind the image stands what its program is given. A variable may hold options.
            let options =
                given(words).take_while(|given| !given.name.is_empty() || given.word.starts_with('$'));
            let rights = options.filter_map(|given| given.right());
            rights.for_each(|right| found.reason(step.in_script(span), right));
        });
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        if job.workflow.profile.is_privileged {
            return;
        }
        job.given(&mut |token, given| {
            given.right().into_iter().for_each(|right| found.reason(job.spot(token), right));
        });
        for (token, volume) in job.volumes() {
            if volume.split_once(':').is_some_and(|(folder, _)| is_nodes(folder)) {
                found.reason(job.spot(token), volume);
            }
        }
    }
}
