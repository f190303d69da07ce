//! `towpath migrate assess`.

mod estate;
mod json;
mod summary;

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use towpath_migrate::assess::{Profile, Sheet};
use towpath_migrate::graph::{ActionBundle, Actions, Family};
use towpath_migrate::model::call::{Bundle, Program, Rules};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::sources::{Disk, Found, Item, Problem, Search, Shown, Supplied, Text, What, process};

use self::estate::Estate;
use super::around::Around;
use super::parse;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Tell what can move to Argo, what blocks it, and what should stay.
///
/// Each leg of each job gets a verdict by the first rule that finds a reason, and is rolled up to its workflow and to all
/// of them: broken, template, keep, undetermined, redesign, edits, automatic, or split where a part stays and a part can
/// move. Everything is told from the files alone: what nobody can tell from them is undetermined, with what to supply.
/// Verdicts are predicted: no converter has used them yet.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  all was assessed
  2  the command line is not valid, or there is nothing to assess
  3  some of the input could not be read

Examples:
  towpath migrate assess .
  towpath migrate assess ~/repositories --sources ~/actions
  towpath migrate assess ~/repositories -o json | jq '.unlock[:5]'")]
pub(crate) struct Assess {
    /// Files, repositories, folders of repositories, folders of workflows
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How it is printed
    #[arg(short, long, value_enum, default_value_t = Form::Summary)]
    output: Form,
    /// Where actions and workflows of other repositories are, in folders named owner/name@ref [default: they are
    /// unknown]
    #[arg(long, value_name = "DIR")]
    sources: Option<PathBuf>,
}

/// How an assessment is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people: a page
    Summary,
    /// For programs: everything, but for single constructs
    Json,
}

/// What a file came to.
enum Came {
    Sheet(Box<Sheet>),
    Action,
    Neither,
    Unit(bool),
    Skipped,
    Unread(Problem),
}

impl Assess {
    /// Assesses everything, then prints.
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let supplied = self.sources.clone().map(|folder| Supplied::open(&Disk, folder)).transpose();
        let supplied = supplied.map_err(|problem| parse::unusable(&problem))?;
        let profile = Profile::default();
        let work = |found: &Found| match found {
            Found::Item(item) => came(item, supplied.as_ref(), &profile),
            Found::Unit(unit) => Came::Unit(unit.repository().is_some()),
            Found::Skipped(..) => Came::Skipped,
            Found::Problem(problem) => Came::Unread(problem.clone()),
        };
        let mut estate = Estate::default();
        let search = Search::new(&Disk, self.paths.clone());
        let _: Option<()> = process(search, parse::workers(), work, |found, came| {
            estate.add(came.unwrap_or_else(|panicked| Came::Unread(parse::broken(&found, panicked))));
            ControlFlow::Continue(())
        });
        for problem in &estate.unread {
            let path = Shown::path(&problem.path);
            terminal.error(format_args!("{path}: {}", problem.cause), Some(problem.cause.remedy()));
        }
        if estate.sheets.is_empty() && estate.unread.is_empty() {
            let paths: Vec<_> = self.paths.iter().map(|path| Shown::path(path).to_string()).collect();
            let paths = paths.join(", ");
            return Err(Failure::Usage(format!(
                "no workflow is in {paths}; name a repository or a folder of workflows"
            )));
        }
        terminal.print(match self.output {
            Form::Summary => summary::page(&estate),
            Form::Json => json::document(&estate),
        })?;
        Ok(if estate.unread.is_empty() { Exit::Done } else { Exit::Unreadable })
    }
}

fn came(item: &Item, supplied: Option<&Supplied<'_, Disk>>, profile: &Profile) -> Came {
    let text = match Text::read(&Disk, &item.path) {
        Ok(text) => text,
        Err(problem) => return Came::Unread(problem),
    };
    let what = What::of(item.role, text.body());
    match what {
        What::Action => return Came::Action,
        What::Neither => return Came::Neither,
        What::Workflow | What::Template => {}
    }
    let limits = Limits::default();
    let (around, reference) = Around::new(&item.path, supplied);
    let bundle = Bundle::load(reference, read_workflow(text.as_str(), &limits), &around, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let actions = ActionBundle::load(&family, &around, &limits);
    let (path, unit) = (item.path.display().to_string(), item.unit.path.display().to_string());
    let is_template = what == What::Template;
    Came::Sheet(Box::new(Sheet::of(&family, &Actions::of(&actions), profile, path, unit, is_template)))
}
