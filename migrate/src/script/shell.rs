//! Which language a script is in.

/// The language of a script, by what `shell` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shell {
    /// `bash`, `sh` and the like. Read by their grammar; everything else approximately.
    Posix,
    /// `pwsh`, `powershell`.
    PowerShell,
    /// `cmd`.
    Cmd,
    /// `python`.
    Python,
    /// Something else.
    Other,
}

impl Shell {
    /// Of the value of `shell`: a name, or a template with `{0}` (runner: Handlers/ScriptHandlerHelpers.cs).
    ///
    /// In a template the last word counts that names a shell: `script -q -e -c "bash {0}"` is bash.
    #[must_use]
    pub fn of(value: &str) -> Self {
        let words =
            value.split([' ', '\t', '"', '\'']).filter(|word| !word.starts_with('-') && !word.is_empty());
        let mut found = Self::Other;
        for word in words {
            let of_word = Self::named(word);
            if of_word != Self::Other {
                found = of_word;
            }
        }
        found
    }

    fn named(word: &str) -> Self {
        let file = word.rsplit(['/', '\\']).next().unwrap_or(word);
        let name = file.strip_suffix(".exe").unwrap_or(file);
        let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is(&["bash", "sh", "dash", "ksh", "zsh", "ash", "wsl-bash", "msys2", "rbash"]) {
            Self::Posix
        } else if is(&["pwsh", "powershell"]) {
            Self::PowerShell
        } else if is(&["cmd"]) {
            Self::Cmd
        } else if is(&["python", "python3"]) {
            Self::Python
        } else {
            Self::Other
        }
    }
}
