//! `towpath migrate graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use towpath_migrate::graph::{Graph, json, mermaid};
use towpath_migrate::model::Workflow;
use towpath_migrate::read::{Limits, Problem, read_workflow};
use towpath_migrate::sources::{self, Disk, Role, Shown, Text, What};
use towpath_migrate::yaml::{Lines, Place};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Show what a workflow does.
///
/// Jobs with what they wait for, when they run, the legs of their matrices, the names of their check runs, what their
/// token may do, and what passes between them: outputs, artifacts, caches. What depends on a run is said to, with
/// the expression on which it depends. What GitHub refuses is told; the rest is shown all the same.
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
        let document = read_workflow(text.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        let graph = Graph::of(&workflow);
        terminal.print(match self.output {
            Form::Mermaid => mermaid(&graph),
            Form::Json => json(&graph),
        })?;
        let (mut refused, lines) = (false, Lines::of(text.as_str()));
        for problem in workflow.all_problems() {
            let place = lines.place(text.as_str(), problem.span.start);
            self.tell(place, problem, terminal);
            refused = true;
        }
        Ok(if refused { Exit::Findings } else { Exit::Done })
    }

    fn tell(&self, Place { line, column }: Place, problem: &Problem, terminal: &mut Terminal) {
        let (path, message) = (Shown::path(&self.file), Shown::text(&problem.message));
        terminal.error(format_args!("{path}:{line}:{column}: {message}"), problem.hint.as_deref());
    }
}

fn unreadable(problem: &sources::Problem, terminal: &mut Terminal) -> Exit {
    let path = Shown::path(&problem.path);
    terminal.error(format_args!("{path}: {}", problem.cause), Some(problem.cause.remedy()));
    Exit::Unreadable
}
