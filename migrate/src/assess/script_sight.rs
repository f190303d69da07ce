//! What is said in words: what a step's script runs, and options of containers.
//!
//! - `words`: a text split as a shell does.
//! - `engine`: what clients of engines of containers are told, and whether that needs their daemon.
//! - `given`: options of `docker`, with their values.

mod engine;
mod given;
mod words;

use std::borrow::Cow;
use std::collections::HashSet;

pub(super) use self::engine::GLOBALS;
use self::engine::is_of_client;
pub(crate) use self::given::Given;
pub(super) use self::given::{given, is_nodes};
use super::sight::{FileAt, JobSight, Spot, StepSight, entries};
use crate::graph::flow::written;
use crate::model::{StepKind, value_of};
use crate::read::TokenId;
use crate::script::{Access, Tool, UseKind};
use crate::span::Span;

/// How much of a command is looked at: a line may be a megabyte, with a hundred thousand commands.
const MAX_COMMAND: usize = 4096;

/// How much before it, on its line, tells what it is in.
const MAX_BEFORE: usize = 256;

/// The program that a shell's name or template starts: its first word behind `sudo` and `env`, their options and variables.
fn program_of(shell: &str) -> &str {
    let base = |word: &'_ str| word.rfind(['/', '\\']).map_or(0, |at| at + 1);
    let words = shell.split_whitespace().map(|word| word.get(base(word)..).unwrap_or_default());
    let mut is_behind = false;
    for word in words {
        match word {
            "sudo" | "env" => is_behind = true,
            word if is_behind && (word.starts_with('-') || word.contains('=')) => {}
            word => return word.strip_suffix(".exe").unwrap_or(word),
        }
    }
    ""
}

impl<'s> StepSight<'s> {
    /// The text of the script; empty where there is none.
    #[must_use]
    pub fn text(&self) -> &'s str {
        match &self.step.kind {
            StepKind::Run(run) => written(self.document, run.script.token),
            _ => "",
        }
    }

    /// What a value of the step says, as it is written.
    #[must_use]
    pub fn written(&self, token: TokenId) -> &'s str {
        written(self.document, token)
    }

    /// The shell that the step or its defaults name, where it is written.
    pub(super) fn named_shell(&self) -> Option<(TokenId, &'s str)> {
        let StepKind::Run(run) = &self.step.kind else { return None };
        let text = match self.file {
            FileAt::Workflow(_) => {
                self.job.job.given_shell(run).filter(|given| !given.is_of_all).map(|given| given.text)
            }
            FileAt::Action(_) => run.shell,
        };
        let text = text?;
        text.value.literal().map(|shell| (text.token, *shell))
    }

    /// The program of the shell that the step or its defaults name, where it is written: the name, or what a template such as
    /// `sudo -E perl {0}` starts.
    pub(super) fn shell_program(&self) -> Option<(TokenId, &'s str)> {
        let (token, shell) = self.named_shell()?;
        Some((token, program_of(shell)))
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

    /// The variables of its environment that name a compiler, where they are written, with what they say as far as that is a program.
    pub(super) fn compilers(&self) -> impl Iterator<Item = (Spot, &'s str)> {
        ["CC", "CXX"].into_iter().filter_map(|name| {
            let (spot, value) = self.variable(name)?;
            Some((spot, value.split_whitespace().next()?))
        })
    }

    /// The variables that the script sets.
    pub(super) fn sets(&self) -> HashSet<&str> {
        let uses = self.script.iter().flat_map(|script| script.uses.iter());
        let set = uses.filter_map(|used| match &used.kind {
            UseKind::Variable(name, Access::Set | Access::Exported) => Some(name.as_ref()),
            _ => None,
        });
        set.collect()
    }

    /// Whether a variable is set for the step: in the step, its job, or its workflow.
    pub(super) fn has_variable(&self, name: &str) -> bool {
        self.variable(name).is_some()
    }

    /// Where a variable is set for the step, and what it says: in the step, its job, or its workflow.
    fn variable(&self, name: &str) -> Option<(Spot, &'s str)> {
        let job = self.job.job;
        let of_step = value_of(entries(self.step.env.as_ref()), name);
        if let Some(found) = of_step {
            return Some((self.spot(found.token), self.written(found.token)));
        }
        let of_job = job.steps().and_then(|steps| steps.env.as_ref());
        let around = [of_job, job.workflow.env.as_ref()];
        let found = around.into_iter().find_map(|env| value_of(entries(env), name))?;
        Some((self.job.spot(found.token), written(job.workflow.document, found.token)))
    }

    /// Looks at the programs that the script starts, each with the words behind it, beginning with the program.
    pub(super) fn commands(&self, look: &mut dyn FnMut(&[&str], Span)) {
        // Several rules ask.
        let commands = self.commands.get_or_init(|| {
            let started = self.tools().filter(|(tool, _)| !tool.probed);
            started.map(|(_, span)| (self.words_at(span), span)).collect()
        });
        let mut all = Vec::new();
        for (words, span) in commands {
            all.clear();
            all.extend(words.iter().map(AsRef::as_ref));
            look(&all, *span);
        }
    }

    /// The words of a command, beginning with the program at these bytes of the script, without quotes. What expands stands as it is
    /// written.
    #[must_use]
    pub fn words_at(&self, program: Span) -> Vec<Cow<'s, str>> {
        words_of(self.text(), program)
    }

    /// Whether the program of an engine of containers is asked for something that needs no daemon.
    pub(crate) fn is_without_daemon(&self, program: Span) -> bool {
        is_of_client(&self.words_at(program))
    }
}

/// Options of `gh api` that have no value (cli.github.com/manual/gh_api); those of all others are the next word.
const FLAGS: [&str; 7] = ["-i", "--include", "--paginate", "--silent", "--slurp", "--verbose", "--help"];

/// What `gh api` asks, of the words behind it.
pub(super) fn endpoint<'c, 'w>(mut words: &'c [&'w str]) -> Option<&'c &'w str> {
    loop {
        let (word, behind) = words.split_first()?;
        let takes_next = word.starts_with('-') && !word.contains('=') && !FLAGS.contains(word);
        words = match (word.starts_with('-'), takes_next) {
            (false, _) => return Some(word),
            (true, true) if word.starts_with("--") || word.len() == 2 => behind.get(1..)?,
            (true, _) => behind,
        };
    }
}

/// The words of a command of a script, beginning with the program at these bytes.
pub(super) fn words_of(script: &str, program: Span) -> Vec<Cow<'_, str>> {
    let (before, text) = script.split_at_checked(program.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let line = line.get(line.ceil_char_boundary(line.len().saturating_sub(MAX_BEFORE))..);
    let closer = words::open_at_end(line.unwrap_or_default());
    words::command(text.get(..text.floor_char_boundary(MAX_COMMAND)).unwrap_or_default(), closer)
}

impl JobSight<'_> {
    /// Looks at each option of its containers, with its value, as far as it is written.
    pub(crate) fn given(&self, look: &mut dyn FnMut(TokenId, &Given<'_>)) {
        let options = self.containers().filter_map(|container| container.options.as_ref());
        for token in options.map(|options| options.token) {
            let words = words::words(written(self.job.workflow.document, token));
            given(words.iter().map(AsRef::as_ref)).for_each(|given| look(token, &given));
        }
    }
}
