//! Shells of `run` steps: names, templates, and the command line that each becomes.
//!
//! As in the runner (`ScriptHandler.cs`, `ScriptHandlerHelpers.cs`): what stands before the first space is the
//! command, the rest its arguments, and without arguments a command that is known gets its own.

use super::finding::{Finding, Part, whole};
use crate::span::Span;

/// Shells that the runner has arguments for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuiltIn {
    /// `bash`, with `pipefail`.
    Bash,
    /// `sh`.
    Sh,
    /// PowerShell Core.
    Pwsh,
    /// PowerShell of Windows.
    Powershell,
    /// The command prompt of Windows.
    Cmd,
    /// Python.
    Python,
}

/// All of them, with the arguments and the extension of the script that the runner gives each.
const BUILT_IN: [(BuiltIn, &str, &str, &str); 6] = [
    (BuiltIn::Bash, "bash", "--noprofile --norc -e -o pipefail {0}", ".sh"),
    (BuiltIn::Sh, "sh", "-e {0}", ".sh"),
    (BuiltIn::Pwsh, "pwsh", "-command \". '{0}'\"", ".ps1"),
    (BuiltIn::Powershell, "powershell", "-command \". '{0}'\"", ".ps1"),
    (BuiltIn::Cmd, "cmd", "/D /E:ON /V:OFF /S /C \"CALL \"{0}\"\"", ".cmd"),
    (BuiltIn::Python, "python", "{0}", ".py"),
];

impl BuiltIn {
    /// The shell of this name, whatever its case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = BUILT_IN.iter().find(|(_, known, ..)| known.eq_ignore_ascii_case(name));
        found.map(|(shell, ..)| *shell)
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        let found = BUILT_IN.iter().find(|(shell, ..)| *shell == self);
        found.map_or(("", "", ""), |(_, name, arguments, extension)| (name, arguments, extension))
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The arguments that the runner gives it, with `{0}` for the script.
    #[must_use]
    pub fn arguments(self) -> &'static str {
        self.row().1
    }

    /// The extension of the script.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.row().2
    }

    /// Whether GitHub's own machines of this kind have it.
    #[must_use]
    pub const fn is_on(self, system: System) -> bool {
        match self {
            Self::Bash | Self::Pwsh | Self::Python => true,
            // GitHub documents it for these two alone.
            Self::Sh => matches!(system, System::Linux | System::MacOs),
            Self::Powershell | Self::Cmd => matches!(system, System::Windows),
        }
    }
}

/// What a job runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    /// Linux.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl System {
    /// As `runner.os` has it (GitHub Docs, "Contexts": `runner`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
        }
    }

    /// Its name for programs, which stays the same.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::MacOs => "macos",
            Self::Windows => "windows",
        }
    }
}

/// A shell, named or as a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shell<'a> {
    /// What is started, as written.
    pub command: Part<'a>,
    /// Its arguments as written, if there are any, with `{0}` for the script.
    pub template: Option<Part<'a>>,
    /// The shell that the runner knows by the command.
    pub built_in: Option<BuiltIn>,
}

const FORM: &str =
    "write bash, sh, pwsh, powershell, cmd or python, or a command with {0} where the script goes";
const TEXT: &str = "Invalid shell option. Shell must be a valid built-in (bash, sh, cmd, powershell, pwsh) or a format string containing '{0}'";

/// Reads a shell.
///
/// # Errors
///
/// With the runner's text if it is neither known nor has `{0}`; it says so when the step begins.
pub fn parse(text: &str) -> Result<Shell<'_>, Finding> {
    if text.is_empty() {
        return Err(Finding::unexpected(text, FORM));
    }
    let all = Part::new(text, 0);
    let (command, arguments) = all.cut(' ').map_or((all, None), |(command, rest)| (command, Some(rest)));
    let built_in = BuiltIn::named(command.text);
    let template = arguments.and_then(|part| {
        let text = part.text.trim_start();
        (!text.is_empty()).then(|| Part::new(text, part.span.end - text.len()))
    });
    if command.text.is_empty() {
        return Err(Finding::ours(
            whole(text),
            "no command stands before the first space",
            "take the space at the start away",
        ));
    }
    match (template, built_in) {
        (None, Some(_)) => {}
        (None, None) => return Err(Finding::github(whole(text), TEXT, FORM)),
        (Some(template), _) if !template.text.contains("{0}") => {
            return Err(Finding::github(template.span, TEXT, "put {0} where the script goes"));
        }
        (Some(template), _) => {
            if let Err(span) = fill(template, "") {
                let hint = "only {0} may stand in braces; {{ and }} are braces themselves";
                return Err(Finding::github(span, "Input string was not in a correct format.", hint));
            }
        }
    }
    Ok(Shell { command, template, built_in })
}

/// .NET's `String.Format` with one argument, as far as shells use it.
fn fill(template: Part<'_>, script: &str) -> Result<String, Span> {
    let mut filled = String::with_capacity(template.text.len() + script.len());
    let mut rest = template.text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, braces) = rest.split_at_checked(at).unwrap_or((rest, ""));
        filled.push_str(before);
        let taken = if braces.starts_with("{{") || braces.starts_with("}}") {
            filled.push_str(braces.get(..1).unwrap_or_default());
            2
        } else if braces.starts_with("{0}") {
            filled.push_str(script);
            3
        } else {
            let start = template.span.end - braces.len();
            return Err(Span::new(start, start + 1));
        };
        rest = braces.get(taken..).unwrap_or_default();
    }
    filled.push_str(rest);
    Ok(filled)
}

impl Shell<'_> {
    /// The arguments with this script; a `"` in the path of the script is escaped as the runner does.
    #[must_use]
    pub fn arguments(&self, script: &str) -> String {
        let template = self.template.unwrap_or_else(|| Part::new(self.own_arguments(), 0));
        fill(template, &script.replace('"', "\\\"")).unwrap_or_default()
    }

    fn own_arguments(&self) -> &'static str {
        self.built_in.map_or("", BuiltIn::arguments)
    }

    /// The extension of the script, empty if the runner does not know the command.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        self.built_in.map_or("", BuiltIn::extension)
    }

    /// What the runner puts around the script. It looks at the command as it is written: `PWSH` gets nothing.
    #[must_use]
    pub fn fixup(&self) -> Fixup {
        match self.command.text {
            "cmd" => Fixup { before: "@echo off", after: "" },
            "pwsh" | "powershell" => Fixup {
                before: "$ErrorActionPreference = 'stop'",
                after: r"if ((Test-Path -LiteralPath variable:\LASTEXITCODE)) { exit $LASTEXITCODE }",
            },
            _ => Fixup { before: "", after: "" },
        }
    }

    /// Which failures end the script.
    #[must_use]
    pub fn fail_fast(&self) -> FailFast {
        let arguments = self.template.map_or_else(|| self.own_arguments(), |part| part.text);
        let name = self.command.text.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = name.strip_suffix(".exe").unwrap_or(name);
        match BuiltIn::named(name) {
            Some(BuiltIn::Bash | BuiltIn::Sh) => FailFast::of_flags(arguments),
            // What is put around it stops at errors of PowerShell, and tells the exit code of the last program.
            Some(BuiltIn::Pwsh | BuiltIn::Powershell) => {
                FailFast { errexit: !self.fixup().before.is_empty(), pipefail: false, nounset: false }
            }
            Some(BuiltIn::Python) => FailFast { errexit: true, pipefail: false, nounset: false },
            Some(BuiltIn::Cmd) | None => FailFast::default(),
        }
    }
}

/// Lines around a script, empty if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixup {
    /// Before it.
    pub before: &'static str,
    /// Behind it.
    pub after: &'static str,
}

/// Which failures end a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FailFast {
    /// A command that fails.
    pub errexit: bool,
    /// A command that fails anywhere in a pipeline.
    pub pipefail: bool,
    /// A variable that is not set.
    pub nounset: bool,
}

impl FailFast {
    /// Reads the options of `bash` and `sh` up to the script.
    fn of_flags(arguments: &str) -> Self {
        let mut found = Self::default();
        let mut words = arguments.split_ascii_whitespace();
        while let Some(word) = words.next() {
            let Some(flags) = word.strip_prefix('-') else { break };
            if flags.starts_with('-') {
                continue;
            }
            found.errexit |= flags.contains('e');
            found.nounset |= flags.contains('u');
            for _ in flags.matches(['o', 'O']) {
                match words.next() {
                    Some("pipefail") => found.pipefail = true,
                    Some("errexit") => found.errexit = true,
                    Some("nounset") => found.nounset = true,
                    _ => {}
                }
            }
        }
        found
    }
}

/// What runs a script for which no shell is named, neither at the step nor in `defaults`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Default {
    /// What is started, the first of these that is found.
    pub commands: &'static [&'static str],
    /// The shell whose arguments, extension and lines around the script it gets.
    pub like: BuiltIn,
}

/// The shell of a step that names none; in a composite action it has to.
///
/// On Linux and macOS that is `bash` with the arguments of `sh`, so without `pipefail`; in a container it is
/// `sh`.
#[must_use]
pub const fn default(system: System, in_container: bool) -> Default {
    match (system, in_container) {
        (System::Windows, false) => Default { commands: &["pwsh", "powershell"], like: BuiltIn::Pwsh },
        (_, true) => Default { commands: &["sh"], like: BuiltIn::Sh },
        (_, false) => Default { commands: &["bash", "sh"], like: BuiltIn::Sh },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        for (text, command, arguments, extension) in [
            ("bash", "bash", "--noprofile --norc -e -o pipefail /t/x", ".sh"),
            ("sh", "sh", "-e /t/x", ".sh"),
            ("pwsh", "pwsh", "-command \". '/t/x'\"", ".ps1"),
            ("powershell", "powershell", "-command \". '/t/x'\"", ".ps1"),
            ("cmd", "cmd", "/D /E:ON /V:OFF /S /C \"CALL \"/t/x\"\"", ".cmd"),
            ("python", "python", "/t/x", ".py"),
            ("Bash", "Bash", "--noprofile --norc -e -o pipefail /t/x", ".sh"),
            ("bash ", "bash", "--noprofile --norc -e -o pipefail /t/x", ".sh"),
            ("bash {0}", "bash", "/t/x", ".sh"),
            ("bash -el {0}", "bash", "-el /t/x", ".sh"),
            ("perl {0}", "perl", "/t/x", ""),
            ("nu  {0} {0}", "nu", "/t/x /t/x", ""),
            ("awk {{print}} {0}", "awk", "{print} /t/x", ""),
            ("wsl-bash {0}", "wsl-bash", "/t/x", ""),
            ("C:\\cygwin\\bin\\bash.exe -o igncr {0}", "C:\\cygwin\\bin\\bash.exe", "-o igncr /t/x", ""),
        ] {
            let shell = parse(text).unwrap();
            let told = (shell.command.text, shell.arguments("/t/x"), shell.extension());
            assert_eq!(told, (command, arguments.to_owned(), extension), "{text}");
            assert_eq!(shell.command.span.of(text), command);
        }
        assert_eq!(parse("sh").unwrap().arguments("/a\"b"), "-e /a\\\"b");
    }

    #[test]
    fn refused() {
        for (text, message, at) in [
            ("", "Unexpected value ''", ""),
            ("fish", TEXT, "fish"),
            ("dash", TEXT, "dash"),
            ("python3", TEXT, "python3"),
            ("bash -e", TEXT, "-e"),
            ("perl -w", TEXT, "-w"),
            ("perl ", TEXT, "perl "),
            ("perl {1} {0}", "Input string was not in a correct format.", "{"),
            ("perl {0} }", "Input string was not in a correct format.", "}"),
            (" bash", "no command stands before the first space", " bash"),
        ] {
            let finding = parse(text).unwrap_err();
            assert_eq!((finding.message.as_str(), finding.span.of(text)), (message, at), "{text}");
        }
        // .NET reads {{0}} as text, the runner's check does not: the script is never named.
        assert_eq!(parse("perl {{0}}").unwrap().arguments("/t/x"), "{0}");
    }

    #[test]
    fn failures() {
        let of = |text| {
            let FailFast { errexit, pipefail, nounset } = parse(text).unwrap().fail_fast();
            (errexit, pipefail, nounset)
        };
        for (text, expected) in [
            ("bash", (true, true, false)),
            ("sh", (true, false, false)),
            ("bash {0}", (false, false, false)),
            ("bash -l {0}", (false, false, false)),
            ("bash -el {0}", (true, false, false)),
            ("bash -eo pipefail {0}", (true, true, false)),
            ("bash -euo pipefail -x {0}", (true, true, true)),
            ("bash --login -e -o pipefail {0}", (true, true, false)),
            ("bash -o errexit -o nounset {0}", (true, false, true)),
            ("C:\\cygwin\\bin\\bash.exe -o igncr -eo pipefail {0}", (true, true, false)),
            ("bash {0} -e", (false, false, false)),
            ("pwsh", (true, false, false)),
            ("PWSH", (false, false, false)),
            ("pwsh -File {0}", (true, false, false)),
            ("cmd", (false, false, false)),
            ("python", (true, false, false)),
            ("perl {0}", (false, false, false)),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn without_a_name() {
        let told = |system, container| {
            let shell = default(system, container);
            (shell.commands, shell.like.arguments())
        };
        assert_eq!(told(System::Linux, false), (&["bash", "sh"][..], "-e {0}"));
        assert_eq!(told(System::MacOs, false), (&["bash", "sh"][..], "-e {0}"));
        assert_eq!(told(System::Linux, true), (&["sh"][..], "-e {0}"));
        assert_eq!(told(System::Windows, false), (&["pwsh", "powershell"][..], "-command \". '{0}'\""));
        assert!(BuiltIn::Bash.is_on(System::Windows) && !BuiltIn::Powershell.is_on(System::Linux));
        assert!(!BuiltIn::Sh.is_on(System::Windows) && BuiltIn::Sh.is_on(System::MacOs));
        assert_eq!((BuiltIn::Cmd.name(), BuiltIn::named("CMD")), ("cmd", Some(BuiltIn::Cmd)));
    }
}
