//! `towpath migrate graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use towpath_migrate::graph::{ActionBundle, Actions, Family, json, mermaid};
use towpath_migrate::model::call::{Bundle, PlacedProblem, Program, Rules};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::sources::{self, Disk, Role, Shown, Supplied, Text, What};
use towpath_migrate::yaml::{Lines, Place};

use super::around::Around;
use super::understand::Severity;
use super::{parse, understand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Show what a workflow does.
///
/// Jobs with what they wait for, when they run, the legs of their matrices, the names of their check runs, what their
/// token may do, and what passes between them: outputs, artifacts, caches. What depends on a run is said to, with
/// the expression on which it depends. Called workflows and actions are looked for in the same repository, and
/// among the sources. What GitHub refuses is told; the rest is shown all the same.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  the graph is printed
  1  the graph is printed, and GitHub refuses something of the workflow
  2  the command line is not valid, or the file is no workflow
  3  the file could not be read

Examples:
  towpath migrate graph .github/workflows/ci.yml
  towpath migrate graph .github/workflows/ci.yml -o json | jq '.jobs[].checks[].name'")]
pub(crate) struct Show {
    /// A workflow
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where actions and workflows of other repositories are, in folders named owner/name@ref [default: they are unknown]
    #[arg(long, value_name = "DIR")]
    sources: Option<PathBuf>,
    /// How the graph is printed
    #[arg(short, long, value_enum, default_value_t = Form::Mermaid)]
    output: Form,
}

/// How a graph is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A flowchart for mermaid, which GitHub shows in Markdown
    Mermaid,
    /// Everything that is known, for programs
    Json,
}

impl Show {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        if self.file.is_dir() {
            let shown = Shown::path(&self.file);
            return Err(Failure::Usage(format!("{shown} is a folder; name one workflow in it")));
        }
        let text = match Text::read(&Disk, &self.file) {
            Ok(text) => text,
            Err(problem) => return Ok(unreadable(&problem, terminal)),
        };
        if !matches!(What::of(Role::Named, text.body()), What::Workflow | What::Template) {
            let shown = Shown::path(&self.file);
            return Err(Failure::Usage(format!(
                "{shown} is no workflow; name a file that has on: and jobs:"
            )));
        }
        let supplied = self.sources.clone().map(|folder| Supplied::open(&Disk, folder)).transpose();
        let supplied = supplied.map_err(|problem| parse::unusable(&problem))?;
        let (around, reference) = Around::new(&self.file, supplied.as_ref());
        let limits = Limits::default();
        let bundle = Bundle::load(reference, read_workflow(text.as_str(), &limits), &around, &limits);
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        terminal.print(match self.output {
            Form::Mermaid => mermaid(&family),
            Form::Json => {
                let actions = ActionBundle::load(&family, &around, &limits);
                json(&family, &Actions::of(&actions))
            }
        })?;
        // The lines of a file are counted once for all that is told of it.
        let mut lines: Vec<Option<Lines>> = Vec::new();
        lines.resize_with(bundle.files().len(), || None);
        for problem in program.problems.iter().take(understand::MOST) {
            self.tell(&bundle, &mut lines, problem, terminal);
        }
        if program.problems.len() > understand::MOST {
            terminal.warning(understand::more_text(), None);
        }
        let is_error = |placed: &PlacedProblem| understand::severity(&placed.problem) == Severity::Error;
        Ok(if program.problems.iter().any(is_error) { Exit::Findings } else { Exit::Done })
    }

    fn tell(
        &self,
        bundle: &Bundle,
        lines: &mut [Option<Lines>],
        placed: &PlacedProblem,
        terminal: &mut Terminal,
    ) {
        let path = self.file.display().to_string();
        let file = placed.file.and_then(|at| Some((at, bundle.files().get(at)?)));
        let at = file.map(|(at, file)| {
            let name = if at == 0 { Shown::text(&path) } else { Shown::text(&file.name) };
            let source = file.document.tree().source();
            let lines = lines.get_mut(at).map(|lines| lines.get_or_insert_with(|| Lines::of(source)));
            match lines.map(|lines| lines.place(source, placed.problem.span.start)) {
                Some(Place { line, column }) => format!("{name}:{line}:{column}: "),
                None => format!("{name}: "),
            }
        });
        let message = Shown::excerpt(&placed.problem.message);
        let (message, hint) =
            (format_args!("{}{message}", at.unwrap_or_default()), placed.problem.hint.as_deref());
        match understand::severity(&placed.problem) {
            Severity::Error => terminal.error(message, hint),
            Severity::Warning => terminal.warning(message, hint),
        }
    }
}

fn unreadable(problem: &sources::Problem, terminal: &mut Terminal) -> Exit {
    let path = Shown::path(&problem.path);
    terminal.error(format_args!("{path}: {}", problem.cause), Some(problem.cause.remedy()));
    Exit::Unreadable
}
