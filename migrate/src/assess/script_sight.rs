//! What a step's script runs, with the words behind it.

use super::sight::{Spot, StepSight};
use crate::graph::flow::written;
use crate::model::StepKind;
use crate::script::{Tool, UseKind};
use crate::span::Span;

/// How much of a command is looked at: a line may be a megabyte, with a hundred thousand commands.
const MAX_COMMAND: usize = 4096;

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

    /// Where the script starts programs that a step before, or a command of it before that, has set up.
    pub(super) fn tools_set_up(&self) -> impl Iterator<Item = Spot> {
        let brought =
            self.tools().filter(|(tool, span)| self.brought.has_set_up(&tool.name, span.start, &self.legs));
        brought.map(|(_, span)| self.in_script(span))
    }

    /// The variables that the script reads or sets, with their bytes in it.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Span)> {
        let uses = self.script.iter().flat_map(|script| script.uses.iter());
        uses.filter_map(|used| match &used.kind {
            UseKind::Variable(name, _) => Some((name.as_ref(), used.span)),
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
        let text = self.text().get(program.start..).unwrap_or_default();
        words(text.get(..text.floor_char_boundary(MAX_COMMAND)).unwrap_or_default())
    }
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
}
