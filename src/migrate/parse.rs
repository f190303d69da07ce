//! `towpath migrate parse`.

use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use towpath_migrate::sources::{Cause, Disk, Found, Item, Panicked, Problem, Search, Shown, Text, process};

use super::around::Sources;
use super::report::{Form, Report, Tally};
use super::understand::understand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Read workflows and actions.
///
/// A PATH is a file, a repository, a folder of repositories, or a folder of workflows; which of them, is seen by
/// looking and said. In a repository, .github/workflows, workflow-templates and each action.yml or action.yaml are
/// read; folders named .git, node_modules, target and vendor are not looked into, and symbolic links are not followed.
/// A file that cannot be read is told, and the others are read all the same.
///
/// Data goes to standard output, everything else to standard error. In names, what a terminal would obey is shown
/// with a backslash.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  all was read; nothing was found that --fail-on names
  1  something was found that --fail-on names
  2  the command line is not valid, or there is nothing to read
  3  some of the input could not be read, whatever --fail-on says

Examples:
  towpath migrate parse .
  towpath migrate parse .github/workflows/ci.yml action.yml
  towpath migrate parse ~/repositories --sources ~/actions -o ndjson > workflows.ndjson")]
pub(crate) struct Parse {
    /// Files, repositories, folders of repositories, folders of workflows
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How what was read is printed
    #[arg(short, long, value_enum, default_value_t = Form::Tree)]
    output: Form,
    /// Where actions and workflows of other repositories are, in folders named owner/name@ref [default: they are
    /// unknown]
    #[arg(long, value_name = "DIR")]
    sources: Option<PathBuf>,
    /// The day as of which labels of runners are looked at: some are retired on a day that is known, and then jobs with them
    /// fail [default: today, in UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
    /// What makes the command end with 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::Error)]
    fail_on: FailOn,
}

/// From which severity on findings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Never,
}

impl FailOn {
    /// How a command ends that found this.
    pub(super) fn exit(self, tally: Tally) -> Exit {
        let counted = match self {
            Self::Error => tally.errors,
            Self::Warning => tally.errors + tally.warnings,
            Self::Never => 0,
        };
        match (tally.unreadable, counted) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::Findings,
            _ => Exit::Unreadable,
        }
    }
}

impl Parse {
    /// Reads everything, and prints it as it comes.
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let sources = Sources::open(self.sources.as_deref()).map_err(|problem| unusable(&problem))?;
        let form = self.output;
        let today = day(self.today);
        let work = |found: &Found| match found {
            Found::Item(item) => file(form, item, &sources, today),
            other => Report::other(form, other),
        };
        let mut printer = Printer::new(terminal);
        let broken = process(Search::new(&Disk, self.paths.clone()), workers(), work, |found, report| {
            let report = report.unwrap_or_else(|panicked| Report::problem(form, &broken(&found, panicked)));
            match printer.print(report) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            }
        });
        if let Some(error) = broken {
            return Err(error.into());
        }
        let tally = printer.end(form)?;
        if tally.files() == 0 {
            return Err(self.nothing());
        }
        terminal.say(tally.text());
        Ok(self.fail_on.exit(tally))
    }

    fn nothing(&self) -> Failure {
        let paths: Vec<String> = self.paths.iter().map(|path| Shown::path(path).to_string()).collect();
        let paths = paths.join(", ");
        Failure::Usage(format!(
            "no workflow or action is in {paths}; name a repository or a folder of workflows"
        ))
    }
}

/// The day that somebody names, or today.
pub(super) fn day(given: Option<Date>) -> Date {
    given.unwrap_or_else(|| Timestamp::now().to_zoned(TimeZone::UTC).date())
}

/// What one file has to say.
fn file(form: Form, item: &Item, sources: &Sources, today: Date) -> Report {
    match Text::read(&Disk, &item.path) {
        Ok(text) => {
            let understood = understand(form, item, &text, sources, today);
            Report::file(form, item, text.as_str().len(), &understood)
        }
        Err(problem) => Report::problem(form, &problem),
    }
}

/// A file that made somebody's code stop in the middle.
pub(super) fn broken(found: &Found, Panicked(said): Panicked) -> Problem {
    let path: &Path = match found {
        Found::Item(item) => &item.path,
        Found::Unit(unit) => &unit.path,
        Found::Other(other) => &other.path,
        Found::Skipped(path, _) => path,
        Found::Problem(problem) => &problem.path,
    };
    Problem::new(path, Cause::Bug(said))
}

pub(super) fn unusable(Problem { path, cause }: &Problem) -> Failure {
    let cause = match cause {
        Cause::OtherKind => "it is no folder".to_owned(),
        cause => cause.to_string(),
    };
    Failure::Usage(format!("--sources {}: {cause}", Shown::path(path)))
}

pub(super) fn workers() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// How much is gathered before it is written.
const CHUNK: usize = 64 << 10;

/// How long it works in silence, and how often it says how far it is.
const SILENCE: Duration = Duration::from_millis(500);

/// Writes reports in large pieces, and shows how far it is.
struct Printer<'t> {
    terminal: &'t mut Terminal,
    gathered: String,
    tally: Tally,
    /// When it said something last; nothing where nobody watches.
    said: Option<Instant>,
    shown: bool,
}

impl<'t> Printer<'t> {
    fn new(terminal: &'t mut Terminal) -> Self {
        let said = Terminal::is_watched().then(Instant::now);
        Self { terminal, gathered: String::new(), tally: Tally::default(), said, shown: false }
    }

    fn print(&mut self, report: Report) -> io::Result<()> {
        self.tally.add(report.tally);
        self.gathered.push_str(&report.out);
        if self.gathered.len() >= CHUNK || report.has_talk() {
            self.write()?;
        }
        if report.has_talk() {
            self.clear();
            report.tell(self.terminal);
        }
        self.progress();
        Ok(())
    }

    fn end(mut self, form: Form) -> io::Result<Tally> {
        let tally = self.tally;
        self.gathered.push_str(&Report::end(form, tally).out);
        self.clear();
        self.write()?;
        Ok(tally)
    }

    fn write(&mut self) -> io::Result<()> {
        if !self.gathered.is_empty() {
            self.terminal.print(&self.gathered)?;
            self.gathered.clear();
        }
        Ok(())
    }

    fn progress(&mut self) {
        if self.said.is_some_and(|said| said.elapsed() >= SILENCE) {
            self.terminal.progress(format_args!("{} files", self.tally.files()));
            (self.said, self.shown) = (Some(Instant::now()), true);
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            self.terminal.progress("");
        }
    }
}
