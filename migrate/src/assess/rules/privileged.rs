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

/// Folders of the node that give rights over it to whoever may write there.
const FOLDERS: [&str; 10] = [
    "/",
    "/boot",
    "/dev",
    "/etc",
    "/lib/modules",
    "/proc",
    "/run/docker.sock",
    "/sys",
    "/var/lib/docker",
    "/var/run/docker.sock",
];

/// Options before `run` whose value is the next word.
const GLOBALS: [&str; 24] = [
    "--address",
    "--cgroup-manager",
    "--config",
    "--connection",
    "--context",
    "--data-root",
    "--host",
    "--identity",
    "--log-level",
    "--namespace",
    "--root",
    "--runroot",
    "--runtime",
    "--snapshotter",
    "--storage-driver",
    "--storage-opt",
    "--tlscacert",
    "--tlscert",
    "--tlskey",
    "--url",
    "-H",
    "-c",
    "-l",
    "-n",
];

/// Options behind `run` that have no value, or only one behind `=`; and those of one letter.
const FLAGS: [&str; 22] = [
    "--",
    "--detach",
    "--disable-content-trust",
    "--env-host",
    "--help",
    "--http-proxy",
    "--init",
    "--interactive",
    "--no-healthcheck",
    "--no-hosts",
    "--oom-kill-disable",
    "--privileged",
    "--publish-all",
    "--quiet",
    "--read-only",
    "--replace",
    "--rm",
    "--rmi",
    "--sig-proxy",
    "--tls-verify",
    "--tty",
    "--use-api-socket",
];
const LETTERS: [char; 5] = ['d', 'i', 'P', 'q', 't'];

/// An option of a container with its value, and the word that has the value.
struct Given<'w> {
    /// `--name`, or the letter of one that has a value; empty for a word that is no option.
    name: &'w str,
    value: &'w str,
    word: &'w str,
}

/// The options among words, each with its value.
fn given<'w>(words: impl IntoIterator<Item = &'w str>) -> impl Iterator<Item = Given<'w>> {
    let mut words = words.into_iter();
    std::iter::from_fn(move || {
        let word = words.next()?;
        let (name, attached) = split(word);
        let takes = if name.starts_with("--") { !FLAGS.contains(&name) } else { name.len() == 1 };
        Some(match attached {
            Some(value) => Given { name, value, word },
            None if takes => {
                let value = words.next().unwrap_or_default();
                Given { name, value, word: value }
            }
            None => Given { name, value: "", word },
        })
    })
}

/// The name of an option, and its value where that is in the same word.
fn split(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    }
    let Some(letters) = word.strip_prefix('-') else { return ("", None) };
    // Of letters in one word, the first that takes a value has what is behind it.
    let from = letters.trim_start_matches(LETTERS);
    match from.char_indices().nth(1) {
        _ if from.is_empty() => (word, None),
        None => (from, None),
        Some((end, _)) => {
            let (letter, value) = from.split_at(end);
            (letter, Some(value.strip_prefix('=').unwrap_or(value)))
        }
    }
}

/// The words behind `docker run`, where that is what a command is.
fn behind_run<'c, 'w>(command: &'c [&'w str]) -> Option<&'c [&'w str]> {
    let (tool, mut rest) = command.split_first()?;
    if !matches!(*tool, "docker" | "podman" | "nerdctl") {
        return None;
    }
    loop {
        let (word, behind) = rest.split_first()?;
        rest = match *word {
            "run" | "create" => return Some(behind),
            "container" => behind,
            word if GLOBALS.contains(&word) => behind.get(1..)?,
            word if word.starts_with('-') => behind,
            _ => return None,
        };
    }
}

/// The rights over the node that options give to a container, even where there is a daemon.
fn rights<'w>(given: impl Iterator<Item = Given<'w>>) -> impl Iterator<Item = &'w str> {
    given.filter_map(|Given { name, value, word }| match name {
        "--cap-add" | "--device" => Some(name),
        "--privileged" => (value != "false").then_some(name),
        "--security-opt" => (!value.starts_with("no-new-privileges")).then_some(name),
        "--pid" | "--ipc" => (value == "host").then_some(name),
        "v" | "--volume" => value.split_once(':').is_some_and(|(folder, _)| is_nodes(folder)).then_some(word),
        "--mount" => value.split(',').any(mounts_nodes).then_some(word),
        _ => None,
    })
}

/// Whether a part of the value of `--mount` names a folder of the node.
fn mounts_nodes(part: &str) -> bool {
    let source = part.split_once('=').filter(|(key, _)| matches!(*key, "source" | "src"));
    source.is_some_and(|(_, folder)| is_nodes(folder))
}

/// Whether a folder is one of the node that gives rights over it.
fn is_nodes(folder: &str) -> bool {
    let plain = folder.trim_end_matches('/');
    FOLDERS.contains(&if plain.is_empty() { folder } else { plain })
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
            let words = behind_run(&command).unwrap_or_default().iter().copied();
            // Behind the image stands what its program is given. A variable may hold options.
            let options =
                given(words).take_while(|given| !given.name.is_empty() || given.word.starts_with('$'));
            rights(options).for_each(|right| found.reason(step.in_script(span), right));
        }
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        if job.workflow.profile.is_privileged {
            return;
        }
        for (token, options) in job.options() {
            let rights = rights(given(options.split_whitespace()));
            rights.for_each(|right| found.reason(job.spot(token), right));
        }
    }
}
