//! What a step's script runs, with the words behind it.

use super::sight::StepSight;
use super::tools::INSTALLERS;
use crate::graph::flow::written;
use crate::model::StepKind;
use crate::script::{Tool, UseKind};
use crate::span::Span;

impl<'s> StepSight<'s> {
    /// The text of the script; empty where there is none.
    #[must_use]
    pub fn text(&self) -> &'s str {
        match &self.step.kind {
            StepKind::Run(run) => written(self.document, run.script.token),
            _ => "",
        }
    }

    /// The programs that the script starts or looks for, with their bytes in it.
    pub fn tools(&self) -> impl Iterator<Item = (&Tool<'s>, Span)> {
        let uses = self.script.iter().flat_map(|script| script.uses.iter());
        uses.filter_map(|used| match &used.kind {
            UseKind::Tool(tool) => Some((tool, used.span)),
            _ => None,
        })
    }

    /// The programs that the script starts, each with the words behind it.
    pub fn commands(&self) -> impl Iterator<Item = (Vec<&'s str>, Span)> {
        self.tools().filter(|(tool, _)| !tool.probed).map(|(_, span)| (self.words_at(span), span))
    }

    /// The words of a command, beginning with the program at these bytes of the script. What expands stands as it is written.
    #[must_use]
    pub fn words_at(&self, program: Span) -> Vec<&'s str> {
        words(self.text().get(program.start..).unwrap_or_default())
    }

    /// Whether a step before, or this one, brings a program.
    #[must_use]
    pub fn brings(&self, tool: &str) -> bool {
        let by_action = |past: &super::sight::Past<'_>| {
            past.known.is_some_and(|known| known.gives.iter().any(|given| given == tool))
        };
        let by_script = |past: &super::sight::Past<'_>| past.text.is_some_and(|text| installs(text, tool));
        self.before.iter().any(|past| by_action(past) || by_script(past)) || installs(self.text(), tool)
    }
}

/// Whether a script looks as if it installed a program: one of its lines names an installer and, behind it, the program.
fn installs(script: &str, tool: &str) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '+');
    script.lines().any(|line| {
        let mut words = line.split(|char: char| !is_word(char) && char != '-');
        let installer = words.by_ref().find(|word| INSTALLERS.contains(word) && *word != tool);
        installer.is_some() && words.any(|word| word == tool || word.split('-').any(|part| part == tool))
    })
}

/// The words of the first command of a text, without quotes.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for line in text.split('\n') {
        let is_continued = line.trim_end().ends_with('\\');
        let line = line.trim_end().trim_end_matches('\\');
        let end = line.find([';', '|', '&', ')', '`', '>']).unwrap_or(line.len());
        let command = line.get(..end).unwrap_or(line);
        words.extend(command.split_whitespace().map(|word| word.trim_matches(['"', '\''])));
        if !is_continued || end < line.len() {
            break;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_end_where_it_ends() {
        for (text, expected) in [
            ("docker login -u x && docker push y", &["docker", "login", "-u", "x"][..]),
            ("cosign sign \\\n  --key k \\\n  'image'\nnext", &["cosign", "sign", "--key", "k", "image"]),
            ("gh run download)\"", &["gh", "run", "download"]),
            ("", &[]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn a_line_that_installs_names_its_program_behind_the_installer() {
        for (text, expected) in [
            ("sudo apt-get install -y ninja-build psql", true),
            ("curl -L https://x/psql-1.2.tar.gz | tar xz", true),
            ("psql -c 'apt-get'", false),
            ("make\npsql", false),
        ] {
            assert_eq!(installs(text, "psql"), expected, "{text}");
        }
        assert!(!installs("go install example.com/x@latest", "go"), "a program does not bring itself");
    }
}
