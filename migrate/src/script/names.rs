//! Names that mean something to the runner, and programs that need more than their file.

use crate::values::id;

/// A file by which a step talks to the runner; its path is in a variable (runner: FileCommandManager.cs,
/// CreateArtifactsFileCommand.cs, ArtifactsListFileCommand.cs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunnerFile {
    /// Variables of later steps.
    Env,
    /// Outputs of the step.
    Output,
    /// Folders for `PATH`.
    Path,
    /// State for the `post` part of an action.
    State,
    /// Markdown for the page of the run.
    StepSummary,
    /// Artifacts to attest, one a line.
    Artifacts,
    /// The artifacts so far; to be read only.
    ArtifactsList,
}

const FILES: [(&str, RunnerFile); 7] = [
    ("ENV", RunnerFile::Env),
    ("OUTPUT", RunnerFile::Output),
    ("PATH", RunnerFile::Path),
    ("STATE", RunnerFile::State),
    ("STEP_SUMMARY", RunnerFile::StepSummary),
    ("ARTIFACTS", RunnerFile::Artifacts),
    ("ARTIFACTS_LIST", RunnerFile::ArtifactsList),
];

impl RunnerFile {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Env,
        Self::Output,
        Self::Path,
        Self::State,
        Self::StepSummary,
        Self::Artifacts,
        Self::ArtifactsList,
    ];

    /// Of a variable, whatever its case: Windows does not mind it.
    #[must_use]
    pub fn of_variable(name: &str) -> Option<Self> {
        let rest = strip_prefix_ignoring_case(name, "GITHUB_")?;
        FILES.iter().find(|(known, _)| known.eq_ignore_ascii_case(rest)).map(|(_, file)| *file)
    }

    /// Of `github.output` and the like in an expression.
    #[must_use]
    pub fn of_expression(expression: &str) -> Option<Self> {
        let rest = strip_prefix_ignoring_case(expression, "github.")?;
        FILES.iter().find(|(known, _)| known.eq_ignore_ascii_case(rest)).map(|(_, file)| *file)
    }

    /// What follows `GITHUB_` in its variable.
    #[must_use]
    pub fn name(self) -> &'static str {
        FILES.iter().find(|(_, file)| *file == self).map_or("", |(name, _)| name)
    }

    /// Whether it holds `NAME=VALUE` and `NAME<<DELIMITER`.
    #[must_use]
    pub const fn has_names(self) -> bool {
        matches!(self, Self::Env | Self::Output | Self::State)
    }
}

/// A line on the output by which a step tells the runner something (runner: ActionCommandManager.cs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandKind {
    /// `add-mask`
    AddMask,
    /// `add-matcher`
    AddMatcher,
    /// `add-path`, refused unless allowed.
    AddPath,
    /// `debug`
    Debug,
    /// `echo`
    Echo,
    /// `endgroup`
    EndGroup,
    /// `error`
    Error,
    /// `group`
    Group,
    /// `notice`
    Notice,
    /// `remove-matcher`
    RemoveMatcher,
    /// `save-state`, deprecated.
    SaveState,
    /// `set-env`, refused unless allowed.
    SetEnv,
    /// `set-output`, deprecated.
    SetOutput,
    /// `stop-commands`
    StopCommands,
    /// `warning`
    Warning,
}

const COMMANDS: [(&str, CommandKind); 15] = [
    ("add-mask", CommandKind::AddMask),
    ("add-matcher", CommandKind::AddMatcher),
    ("add-path", CommandKind::AddPath),
    ("debug", CommandKind::Debug),
    ("echo", CommandKind::Echo),
    ("endgroup", CommandKind::EndGroup),
    ("error", CommandKind::Error),
    ("group", CommandKind::Group),
    ("notice", CommandKind::Notice),
    ("remove-matcher", CommandKind::RemoveMatcher),
    ("save-state", CommandKind::SaveState),
    ("set-env", CommandKind::SetEnv),
    ("set-output", CommandKind::SetOutput),
    ("stop-commands", CommandKind::StopCommands),
    ("warning", CommandKind::Warning),
];

impl CommandKind {
    /// Of its name, whatever its case.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }

    /// How it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        COMMANDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether it needs `name=`.
    #[must_use]
    pub const fn has_name(self) -> bool {
        matches!(self, Self::SaveState | Self::SetEnv | Self::SetOutput)
    }
}

/// What has to be provided for a program, beyond the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// The daemon of Docker, or something like it.
    ContainerEngine,
    /// A Kubernetes cluster made on the spot, which needs containers within containers.
    LocalCluster,
    /// Being root.
    Root,
    /// A package manager of the system; it needs root, and a system that it fits.
    SystemPackages,
}

impl Need {
    /// Of a program, by its name.
    #[must_use]
    pub fn of(tool: &str) -> Option<Self> {
        let name = tool.rsplit(['/', '\\']).next().unwrap_or(tool);
        match name {
            "docker" | "docker-compose" | "podman" | "buildah" | "nerdctl" | "containerd" | "dockerd"
            | "ctr" => Some(Self::ContainerEngine),
            "kind" | "minikube" | "k3d" | "k3s" | "microk8s" => Some(Self::LocalCluster),
            "sudo" | "su" | "doas" | "mount" | "umount" | "modprobe" | "sysctl" | "systemctl"
            | "iptables" => Some(Self::Root),
            "apt" | "apt-get" | "aptitude" | "dpkg" | "add-apt-repository" | "snap" | "yum" | "dnf"
            | "rpm" | "apk" | "zypper" | "pacman" => Some(Self::SystemPackages),
            _ => None,
        }
    }
}

/// What the runner gives to each step beside the variables of [`id::is_set_by_runner`].
const OTHERS: [&str; 4] = ["CI", "GITHUB_ACTIONS", "GITHUB_ARTIFACTS", "GITHUB_ARTIFACTS_LIST"];

/// Whether the runner gives this variable to each step.
#[must_use]
pub fn is_default_variable(name: &str) -> bool {
    id::is_set_by_runner(name) || OTHERS.contains(&name) || RunnerFile::of_variable(name).is_some()
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Commands of POSIX shells and bash that are no programs. Programs that a shell happens to have as well, such as `echo` and
/// `test`, stand here, too.
pub(super) const BUILTINS: [&str; 63] = [
    ".",
    ":",
    "[",
    "[[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "time",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

/// Whether the shell itself has this command.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtins_are_sorted() {
        assert!(BUILTINS.is_sorted());
        assert!(is_builtin("cd") && is_builtin("[") && !is_builtin("git"));
    }

    #[test]
    fn commands_keep_their_names() {
        for (name, kind) in COMMANDS {
            assert_eq!((CommandKind::of(&name.to_uppercase()), kind.name()), (Some(kind), name));
        }
        assert_eq!(CommandKind::of("internal-set-repo-path"), None);
    }

    #[test]
    fn default_variables() {
        for name in
            ["CI", "GITHUB_SHA", "GITHUB_ACTIONS", "GITHUB_OUTPUT", "RUNNER_OS", "GITHUB_STEP_SUMMARY"]
        {
            assert!(is_default_variable(name), "{name}");
        }
        for name in ["GITHUB_TOKEN", "GITHUB_FOO", "RUNNER_FOO", "HOME", "ci"] {
            assert!(!is_default_variable(name), "{name}");
        }
    }

    #[test]
    fn some_programs_need_more() {
        assert_eq!(Need::of("docker"), Some(Need::ContainerEngine));
        assert_eq!(Need::of("/usr/bin/sudo"), Some(Need::Root));
        assert_eq!(Need::of("apt-get"), Some(Need::SystemPackages));
        assert_eq!(Need::of("kind"), Some(Need::LocalCluster));
        assert_eq!(Need::of("make"), None);
    }
}
