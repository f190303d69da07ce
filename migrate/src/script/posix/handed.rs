//! Scripts that a command hands to a shell or an interpreter that is not its own: of another user, container or machine.
//!
//! What such a script does is not read: its tools are not those of the runner. Only what the shell puts into it is looked at.

use shuck_ast::{HeredocBodyPart, Word, WordPart};

use super::super::Doubt;
use super::commands::{is_interpreter, is_shell, last};
use super::{At, Input, Walk};

/// Commands whose arguments end in a command that they start on the same machine.
const STARTERS: [&str; 13] = [
    "bundle",
    "conda",
    "gosu",
    "hatch",
    "mamba",
    "micromamba",
    "nix",
    "npx",
    "pdm",
    "pipenv",
    "poetry",
    "rye",
    "uv",
];

/// Commands that start it in a container or on another machine.
const FAR_STARTERS: [&str; 8] =
    ["docker", "docker-compose", "kubectl", "lxc", "nerdctl", "oc", "podman", "wsl"];

/// Options of ssh whose value is the next word, where that is not behind the letter at once.
const OF_SSH: &str = "BbcDEeFIiJLlmOoPpQRSWw";

impl Walk<'_, '_, '_, '_> {
    /// Looks at what a command hands to others; tells whether it does so at all.
    pub(super) fn hands_on(&mut self, name: &str, arguments: &[Word]) -> bool {
        match name {
            "su" | "runuser" => self.of_user(arguments, &Doubt::DynamicScript),
            "ssh" => self.of_machine(arguments),
            "pwsh" | "powershell" => self.of_powershell(arguments, &Doubt::DynamicScript),
            _ if STARTERS.contains(&name) => self.started(arguments, &Doubt::DynamicScript),
            _ if FAR_STARTERS.contains(&name) => self.started(arguments, &Doubt::Elsewhere),
            _ => return false,
        }
        true
    }

    /// `su -c SCRIPT`
    fn of_user(&mut self, arguments: &[Word], why: &Doubt) {
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let option = self.place(word.span).of(self.text);
            let is_short = option.starts_with('-') && !option.starts_with("--") && option.ends_with('c');
            if is_short || matches!(option, "--command" | "--session-command") {
                return self.doubt_made(words.as_slice().get(..1).unwrap_or_default(), why);
            }
            if option.starts_with("--command=") || option.starts_with("--session-command=") {
                return self.doubt_made(std::slice::from_ref(word), why);
            }
        }
    }

    /// `ssh HOST SCRIPT`: a shell of the machine reads all words behind its name as one script.
    fn of_machine(&mut self, arguments: &[Word]) {
        let mut index = 0;
        while let Some(word) = arguments.get(index) {
            let source = self.place(word.span).of(self.text);
            let Some(flags) = source.strip_prefix('-') else { break };
            let takes_next = flags.chars().count() == 1 && flags.chars().all(|flag| OF_SSH.contains(flag));
            index += if takes_next { 2 } else { 1 };
        }
        self.doubt_made(arguments.get(index + 1..).unwrap_or_default(), &Doubt::Elsewhere);
    }

    /// `pwsh -Command SCRIPT`: all words behind the option. It may be cut short, and its case does not count.
    fn of_powershell(&mut self, arguments: &[Word], why: &Doubt) {
        let is_command = |word: &Word| {
            let option = self.place(word.span).of(self.text).to_ascii_lowercase();
            option.len() > 1 && ["-command", "-commandwithargs"].iter().any(|name| name.starts_with(&*option))
                || option == "-cwa"
        };
        if let Some(at) = arguments.iter().position(is_command) {
            self.doubt_made(arguments.get(at + 1..).unwrap_or_default(), why);
        }
    }

    /// `docker exec CONTAINER sh -c SCRIPT`: the first word that names a shell or an interpreter is taken to be the command.
    fn started(&mut self, arguments: &[Word], why: &Doubt) {
        for (index, word) in arguments.iter().enumerate() {
            let Some(path) = self.literal(word) else { continue };
            let (name, rest) = (last(&path), arguments.get(index + 1..).unwrap_or_default());
            match name {
                "su" => return self.of_user(rest, why),
                "pwsh" | "powershell" => return self.of_powershell(rest, why),
                _ if is_shell(name) => return self.started_shell(rest, why),
                _ if is_interpreter(name) => return self.interpreter(name, rest, why),
                _ => {}
            }
        }
    }

    /// `-c SCRIPT` behind a shell, and other options.
    fn started_shell(&mut self, arguments: &[Word], why: &Doubt) {
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let Some(flags) = self.place(word.span).of(self.text).strip_prefix('-') else { return };
            if !flags.starts_with('-') && flags.contains('c') {
                return self.doubt_made(words.as_slice().get(..1).unwrap_or_default(), why);
            }
        }
    }

    /// Words that do not say by themselves what is run.
    fn doubt_made(&mut self, words: &[Word], why: &Doubt) {
        let made: Vec<_> = words.iter().filter(|word| self.literal(word).is_none()).collect();
        for word in made {
            let span = self.place(word.span);
            self.doubt(span, why.clone());
        }
    }

    /// A file that is run as a script, where it is no file: `bash <(echo "$X")`, `. /dev/stdin <<< "$X"`. Tells whether it is so.
    pub(super) fn is_made_here(&mut self, file: &Word, at: At<'_>) -> bool {
        if file.parts.iter().any(|part| matches!(part.kind, WordPart::ProcessSubstitution { .. })) {
            let span = self.place(file.span);
            self.doubt(span, Doubt::DynamicScript);
            return true;
        }
        let is_input = self
            .literal(file)
            .is_some_and(|path| matches!(&*path, "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" | "-"));
        if is_input {
            self.doubt_input(at);
        }
        is_input
    }

    /// A script that comes by the input.
    pub(super) fn doubt_input(&mut self, at: At<'_>) {
        let (is_static, span) = match at.input {
            Input::Unknown | Input::Piped => return,
            Input::Heredoc(heredoc) => {
                let is_literal = |part: &HeredocBodyPart| matches!(part, HeredocBodyPart::Literal(_));
                (heredoc.body.parts.iter().all(|part| is_literal(&part.kind)), heredoc.body.span)
            }
            Input::Word(word) => (self.literal(word).is_some(), word.span),
        };
        if !is_static {
            let span = self.place(span);
            self.doubt(span, Doubt::DynamicScript);
        }
    }
}
