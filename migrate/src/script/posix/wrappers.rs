//! Programs and builtins that start the command in their arguments.

/// Such a program.
#[derive(Debug)]
pub(super) struct Wrapper {
    pub(super) name: &'static str,
    /// Options whose value is the next word.
    values: &'static [&'static str],
    /// Words before the command, such as the duration of `timeout`.
    pub(super) before: usize,
    /// Whether `NAME=VALUE` may stand before the command.
    pub(super) assigns: bool,
    /// Whether the command is run as somebody else.
    pub(super) elevates: bool,
}

const fn wrapper(name: &'static str, values: &'static [&'static str], before: usize) -> Wrapper {
    Wrapper { name, values, before, assigns: false, elevates: false }
}

/// Options are those of GNU coreutils, findutils, util-linux and sudo.
const WRAPPERS: [Wrapper; 17] = [
    Wrapper { elevates: true, ..wrapper("doas", &["-u", "-C"], 0) },
    Wrapper { assigns: true, ..wrapper("env", &["-u", "-C", "-S", "--unset", "--chdir"], 0) },
    wrapper("builtin", &[], 0),
    wrapper("chroot", &[], 1),
    wrapper("command", &[], 0),
    wrapper("exec", &["-a"], 0),
    wrapper("flock", &["-w", "-E", "--timeout"], 1),
    wrapper("ionice", &["-c", "-n", "-p"], 0),
    wrapper("nice", &["-n", "--adjustment"], 0),
    wrapper("nohup", &[], 0),
    wrapper("setsid", &[], 0),
    wrapper("stdbuf", &["-i", "-o", "-e"], 0),
    Wrapper {
        assigns: true,
        elevates: true,
        ..wrapper(
            "sudo",
            &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "-r", "-t", "--user", "--group"],
            0,
        )
    },
    wrapper("time", &["-f", "-o", "--format", "--output"], 0),
    wrapper("timeout", &["-s", "-k", "--signal", "--kill-after"], 1),
    wrapper("xargs", &["-n", "-P", "-I", "-L", "-s", "-d", "-a", "-E", "--max-args", "--max-procs"], 0),
    wrapper("xvfb-run", &["-e", "-f", "-n", "-p", "-s", "-w", "--server-args", "--server-num"], 0),
];

impl Wrapper {
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        WRAPPERS.iter().find(|wrapper| wrapper.name == name)
    }

    /// How many words an option takes up, itself included; none if it is none.
    pub(super) fn option(&self, word: &str) -> usize {
        match word {
            "-" => 0,
            _ if !word.starts_with('-') => 0,
            _ if self.values.contains(&word) => 2,
            _ => 1,
        }
    }
}
