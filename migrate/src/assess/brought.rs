//! What steps bring for those behind them.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::known::Known;
use super::needles::Needles;
use super::tools::INSTALLERS;

/// Finds the names of installers in one pass; most lines have none.
static INSTALLS: LazyLock<Needles> = LazyLock::new(|| Needles::of(INSTALLERS));

/// The programs that steps of a job have brought so far, as far as their words tell.
#[derive(Debug, Default)]
pub struct Brought<'s> {
    programs: HashSet<&'s str>,
    /// Those of them that an action or an installing command has brought, and not only a line that looks like it.
    set_up: HashSet<&'s str>,
}

impl<'s> Brought<'s> {
    /// Whether a program is among them.
    #[must_use]
    pub fn has(&self, program: &str) -> bool {
        self.programs.contains(program)
    }

    /// Whether a program was surely set up.
    #[must_use]
    pub(super) fn has_set_up(&self, program: &str) -> bool {
        self.set_up.contains(program)
    }

    /// What an action brings.
    pub(super) fn by_action(&mut self, action: &'static Known) {
        self.programs.extend(action.gives.iter().map(String::as_str));
        self.set_up.extend(action.gives.iter().map(String::as_str));
    }

    /// What a script looks as if it installed: the words of a line behind an installer. None brings itself.
    pub(super) fn by_script(&mut self, script: &'s str) {
        script.lines().filter(|line| INSTALLS.are_in(line)).for_each(|line| self.by_line(line));
    }

    fn by_line(&mut self, line: &'s str) {
        #[cfg(test)]
        crate::work::step();
        let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '+' | '-');
        let words = line.split(|char: char| !is_word(char));
        let mut installs = words.clone().skip_while(|word| !INSTALLERS.contains(word)).skip(1);
        if installs.any(|word| matches!(word, "install" | "add")) {
            self.set_up.extend(installs);
        }
        let mut installer = None;
        let mut is_another = false;
        for word in words {
            if let Some(installer) = installer {
                let names = std::iter::once(word).chain(word.split('-'));
                self.programs.extend(names.filter(|name| *name != installer || is_another));
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

    fn brought(script: &str, program: &str) -> bool {
        let mut brought = Brought::default();
        brought.by_script(script);
        brought.has(program)
    }

    #[test]
    fn what_an_installing_command_names_is_set_up() {
        for (script, program, expected) in [
            ("sudo apt-get install -y jq", "jq", true),
            ("pip install pytest", "pytest", true),
            ("conda install pytest", "pytest", true),
            ("apk add --no-cache git", "git", true),
            ("make jq", "jq", false),
            ("curl -L https://x/psql.tar.gz", "psql", false),
            ("echo install jq", "jq", false),
            ("pip install pytest", "pip", false),
        ] {
            let mut brought = Brought::default();
            brought.by_script(script);
            assert_eq!(brought.has_set_up(program), expected, "{script}");
        }
    }

    #[test]
    fn a_line_that_installs_names_its_program_behind_the_installer() {
        for (script, program, expected) in [
            ("sudo apt-get install -y ninja-build psql", "psql", true),
            ("sudo apt-get install -y ninja-build psql", "ninja", true),
            ("curl -L https://x/psql-1.2.tar.gz | tar xz", "psql", true),
            ("psql -c 'apt-get'", "psql", false),
            ("make\npsql", "psql", false),
            ("go install example.com/x@latest", "go", false),
            ("go version || apt-get install go", "go", true),
            ("go install example.com/go", "go", false),
        ] {
            assert_eq!(brought(script, program), expected, "{script}");
        }
    }
}
