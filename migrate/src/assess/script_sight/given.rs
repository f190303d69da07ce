//! Options that a container is started with, as `docker` reads them.

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'w> {
    /// `--name`, or the letter of one that has a value; empty for a word that is no option.
    pub(crate) name: &'w str,
    pub(crate) value: &'w str,
    pub(crate) word: &'w str,
}

/// The options among words, each with its value.
pub(in crate::assess) fn given<'w>(
    words: impl IntoIterator<Item = &'w str>,
) -> impl Iterator<Item = Given<'w>> {
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

/// Values of an option with which it is not asked for, as Go reads them.
const FALSE: [&str; 6] = ["0", "f", "F", "false", "False", "FALSE"];

impl<'w> Given<'w> {
    /// The right over the node that it gives to a container, even where there is a daemon.
    pub(crate) fn right(&self) -> Option<&'w str> {
        let Self { name, value, word } = *self;
        let names_folder = || value.split_once(':').is_some_and(|(folder, _)| is_nodes(folder));
        match name {
            "--cap-add" | "--device" => Some(name),
            "--privileged" => (!FALSE.contains(&value)).then_some(name),
            "--security-opt" => (!value.starts_with("no-new-privileges")).then_some(name),
            "--pid" | "--ipc" => (value == "host").then_some(name),
            "v" | "--volume" => names_folder().then_some(word),
            "--mount" => value.split(',').any(mounts_nodes).then_some(word),
            _ => None,
        }
    }
}

/// Whether a part of the value of `--mount` names a folder of the node.
fn mounts_nodes(part: &str) -> bool {
    let source = part.split_once('=').filter(|(key, _)| matches!(*key, "source" | "src"));
    source.is_some_and(|(_, folder)| is_nodes(folder))
}

/// Whether a folder is one of the node that gives rights over it.
pub(in crate::assess) fn is_nodes(folder: &str) -> bool {
    let plain = folder.trim_end_matches('/');
    FOLDERS.contains(&if plain.is_empty() { folder } else { plain })
}
