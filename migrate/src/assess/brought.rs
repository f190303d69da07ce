//! What steps bring for those behind them.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::known::{Gift, Known};
use super::legs::{SomeLegs, are_among, both};
use super::needles::Needles;
use super::tools::{INSTALLERS, programs_of};
use crate::script::{Name, RunnerFile, Script, UseKind};

/// Finds the names of installers in one pass; most lines have none.
static INSTALLS: LazyLock<Needles> = LazyLock::new(|| Needles::of(INSTALLERS));

/// The programs that steps of a job have brought so far, as far as their words tell.
#[derive(Debug, Default)]
pub struct Brought<'s> {
    programs: Programs<'s>,
    /// Those of them that an action, or an installing command of a step before, has brought, and not only a line that looks like it.
    set_up: Programs<'s>,
    /// Those that an installing command of the script that is looked at has brought, and the byte at which that command ends.
    set_up_here: HashMap<&'s str, usize>,
    /// The legs in which that script may run.
    here: SomeLegs,
    /// Variables that scripts have set for the steps behind them.
    variables: HashSet<String>,
}

/// Programs, and the legs in which they are there.
type Programs<'s> = HashMap<&'s str, SomeLegs>;

fn add<'s>(programs: &mut Programs<'s>, program: &'s str, legs: &SomeLegs) {
    programs.entry(program).and_modify(|known| *known = both(known, legs)).or_insert_with(|| legs.clone());
}

/// Whether a program is there in all of these legs.
fn is_in(programs: &Programs<'_>, program: &str, legs: &SomeLegs) -> bool {
    programs.get(program).is_some_and(|those| are_among(legs, those))
}

/// Where a command ends that may go on behind a line's last backslash.
fn command_end(text: &str) -> usize {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end_matches(['\n', '\r']).ends_with('\\') {
            break;
        }
    }
    end
}

/// What an installer is told that brings nothing.
const LOOKS: [&str; 6] = ["info", "list", "outdated", "search", "show", "view"];

/// Whether a word is what an installer runs, such as the target of a makefile, and not what it installs.
fn is_run(installer: &str, verb: Option<&str>, word: &str) -> bool {
    let runs = installer == "make" || matches!((installer, verb), ("npm" | "yarn" | "pnpm", Some("run")));
    runs && !["install", "setup", "get"].iter().any(|part| word.contains(part))
}

/// What `corepack enable` brings without naming it (nodejs.org/api/corepack.html).
const ENABLED: [&str; 2] = ["yarn", "pnpm"];

/// What a package may be called like, and what it brings beside that.
fn with_programs(package: &str) -> impl Iterator<Item = &str> {
    std::iter::once(package).chain(programs_of(package))
}

impl<'s> Brought<'s> {
    /// Whether a program is among them, in all of these legs.
    #[must_use]
    pub fn has(&self, program: &str, legs: &SomeLegs) -> bool {
        is_in(&self.programs, program, legs)
    }

    /// Whether a program was surely set up before this byte of the script that is looked at.
    #[must_use]
    pub(super) fn has_set_up(&self, program: &str, at: usize, legs: &SomeLegs) -> bool {
        is_in(&self.set_up, program, legs) || self.set_up_here.get(program).is_some_and(|end| *end <= at)
    }

    /// Whether a step before has set a variable.
    pub(super) fn sets(&self, variable: &str) -> bool {
        self.variables.contains(variable)
    }

    /// Takes the variables that a script sets for the steps behind it.
    pub(super) fn by_variables(&mut self, script: &Script<'_>) {
        self.variables.extend(script.uses.iter().filter_map(|used| match &used.kind {
            UseKind::Sets(RunnerFile::Env, Name::Known(name)) => Some(name.as_ref().to_owned()),
            _ => None,
        }));
    }

    /// What an action brings that is given these inputs.
    pub(super) fn by_action(&mut self, action: &'static Known, legs: &SomeLegs, has: impl Fn(&str) -> bool) {
        let is_asked = |gift: &&Gift| gift.input.as_deref().is_none_or(&has);
        for Gift { program, .. } in action.gives.iter().filter(is_asked) {
            add(&mut self.programs, program, legs);
            add(&mut self.set_up, program, legs);
        }
    }

    /// What the next script looks as if it installed: the words of a command behind an installer. None brings itself.
    pub(super) fn by_script(&mut self, script: &'s str, legs: &SomeLegs) {
        let before = std::mem::replace(&mut self.here, legs.clone());
        self.set_up_here.drain().for_each(|(program, _)| add(&mut self.set_up, program, &before));
        let mut start = 0;
        while let Some(rest) = script.get(start..) {
            let Some(at) = INSTALLS.first_in(rest) else { return };
            let (before, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let begin = before.rfind('\n').map_or(0, |end| end + 1);
            let end = at + command_end(behind);
            let line = rest.get(begin..end).unwrap_or_default();
            if !line.trim_start().starts_with('#') {
                self.by_line(line, start + begin);
            }
            start += end;
        }
    }

    fn by_line(&mut self, line: &'s str, start: usize) {
        let mut end = start;
        for command in line.split_inclusive([';', '&', '|']) {
            end += command.len();
            self.by_command(command, end);
        }
    }

    fn by_command(&mut self, command: &'s str, end: usize) {
        #[cfg(test)]
        crate::work::step();
        let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '+' | '-');
        let words = command.split(|char: char| !is_word(char));
        if words.clone().any(|word| matches!(word, "remove" | "uninstall" | "purge")) {
            return;
        }
        let behind = words.clone().skip_while(|word| !INSTALLERS.contains(word)).skip(1);
        let verb = behind.clone().find(|word| !word.is_empty() && !word.starts_with('-'));
        if verb.is_some_and(|verb| LOOKS.contains(&verb)) {
            return;
        }
        let mut installs = words.clone().skip_while(|word| !INSTALLERS.contains(word)).skip(1);
        if installs.any(|word| matches!(word, "install" | "add")) {
            for program in installs.flat_map(with_programs) {
                self.set_up_here.entry(program).or_insert(end);
            }
        }
        let mut installer = None;
        let mut is_another = false;
        for word in words {
            if let Some(installer) = installer {
                let parts = word.split('-').filter(|_| !is_run(installer, verb, word));
                let names = with_programs(word).chain(parts);
                let names = names.filter(|name| *name != installer || is_another);
                let enabled = ENABLED.iter().filter(|_| (installer, word) == ("corepack", "enable"));
                let names = names.chain(enabled.copied());
                names.for_each(|name| add(&mut self.programs, name, &self.here));
            }
            if INSTALLERS.contains(&word) {
                is_another |= *installer.get_or_insert(word) != word;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_behind_an_installer_are_brought_and_those_of_an_installing_command_set_up() {
        for (script, program, is_brought, is_set_up) in [
            ("sudo apt-get install -y jq", "jq", true, true),
            ("sudo apt-get install -y ninja-build psql", "psql", true, true),
            ("sudo apt-get install -y ninja-build psql", "ninja", true, true),
            ("sudo apt-get install -y some-helm psql", "helm", true, false),
            ("pip install pytest", "pytest", true, true),
            ("pip install pytest", "pip", false, false),
            ("# apt-get install -y psql", "psql", false, false),
            ("apt-get remove -y psql", "psql", false, false),
            ("conda install pytest", "pytest", true, true),
            ("apk add --no-cache git", "git", true, true),
            ("make jq", "jq", true, false),
            ("curl -L https://x/psql-1.2.tar.gz | tar xz", "psql", true, false),
            ("echo install jq", "jq", false, false),
            ("psql -c 'apt-get'", "psql", false, false),
            ("make\npsql", "psql", false, false),
            ("go install example.com/x@latest", "go", false, false),
            ("go version || apt-get install go", "go", true, true),
            ("npm install && psql -c x", "psql", false, false),
            ("pip install -r r.txt; terraform plan", "terraform", false, false),
            ("curl -sS https://x | psql", "psql", false, false),
            ("apt-get install -y postgresql-client-16", "psql", true, true),
            ("apt-get install -y postgresql-client", "pg_isready", true, true),
            ("apt-get install -y postgresql-client", "mysql", false, false),
            ("apt-get remove -y postgresql-client", "psql", false, false),
            ("pip install 'awscli>=1.3'", "aws", true, true),
            ("apt-get install -y openjdk-17-jdk-headless maven", "javac", true, true),
            ("apt-get install -y openjdk-17-jdk-headless maven", "mvn", true, true),
            ("curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y", "cargo", true, false),
            ("rustup show", "cargo", false, false),
            ("sudo apt-get install -y \\\n  postgresql-client\npsql", "psql", true, true),
            ("sudo apt-get install -y \\\r\n  jq \\\r\n  yq\r\n", "yq", true, true),
            ("sudo apt-get install -y jq\npsql \\\n  -c x", "psql", false, false),
            ("apt list --installed php || true", "php", false, false),
            ("npm view terraform", "terraform", false, false),
            ("make deploy-helm", "helm", false, false),
            ("make install-helm", "helm", true, false),
            ("npm run build:go-aws", "aws", false, false),
            ("corepack enable", "pnpm", true, false),
            ("dnf module enable nodejs", "pnpm", false, false),
        ] {
            let mut brought = Brought::default();
            brought.by_script(script, &None);
            let found = (brought.has(program, &None), brought.has_set_up(program, script.len(), &None));
            assert_eq!(found, (is_brought, is_set_up), "{script}");
        }
    }

    #[test]
    fn a_program_is_set_up_behind_the_command_that_does_so() {
        let (above, below) = ("kubectl get pods\n", "apt-get install -y kubectl && kubectl get nodes\n");
        let script = format!("{above}{below}");
        let mut brought = Brought::default();
        brought.by_script(&script, &None);
        let uses = script.match_indices("kubectl").map(|(at, _)| brought.has_set_up("kubectl", at, &None));
        assert_eq!(uses.collect::<Vec<_>>(), [false, false, true]);
        brought.by_script(above, &None);
        assert!(brought.has_set_up("kubectl", 0, &None), "a step before has set it up");
    }
}
