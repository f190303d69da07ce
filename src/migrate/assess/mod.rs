//! `towpath migrate assess`.

mod allowed;
mod base;
mod baseline;
mod constructs;
mod estate;
mod finding;
mod history;
mod html;
mod import;
mod json;
mod late;
mod markdown;
mod named;
mod out;
mod owning;
mod plan;
mod profile;
mod rows;
mod sarif;
mod shared;
mod summary;
mod table;

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use towpath_migrate::assess::{Assessment, Dead, History, Profile, Sheet, WorkflowSight};
use towpath_migrate::graph::{ActionBundle, Actions, Family};
use towpath_migrate::model::call::{Bundle, Program, Rules};
use towpath_migrate::read::Limits;
use towpath_migrate::sources::{
    Disk, Found, Item, OtherCi, Problem, Role, Search, Shown, Text, What, process,
};

use self::allowed::Allowed;
use self::base::Base;
use self::baseline::Baseline;
use self::estate::Estate;
use self::finding::{Finding, Level};
use self::import::Imported;
use self::out::{Out, OutError};
use self::owning::Owning;
use self::summary::many;
use super::around::{Around, Sources};
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
///
/// A finding is allowed by a comment, `# towpath: allow[RULE] reason`, behind it or above the key or item that it is in,
/// or by a list. What is allowed still counts for the verdict, but not for --fail-on.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  all was assessed
  1  there are findings that --fail-on counts
  2  the command line is not valid, or there is nothing to assess
  3  some of the input could not be read

Examples:
  towpath migrate assess .
  towpath migrate assess ~/repositories --sources ~/actions --out report
  towpath migrate assess ~/repositories --history runs.ndjson
  towpath migrate assess ~/repositories -o json | jq '.unlock[:5]'
  towpath migrate assess . --write-baseline .towpath.json
  towpath migrate assess . --baseline .towpath.json --fail-on warning -o sarif")]
pub(crate) struct Assess {
    /// Files, repositories, folders of repositories, folders of workflows
    #[arg(value_name = "PATH", required_unless_present = "schema")]
    paths: Vec<PathBuf>,
    /// How it is printed; with --out, which files are written [default: summary; with --out, all]
    #[arg(short, long, value_enum, value_delimiter = ',')]
    output: Vec<Form>,
    /// Write files into this folder, and print the summary
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where actions and workflows of other repositories are, in folders named owner/name@ref [default: they are
    /// unknown]
    #[arg(long, value_name = "DIR")]
    sources: Option<PathBuf>,
    /// Runs of workflows as GitHub's REST interface lists them, one after the other or in arrays; they tell what nobody
    /// has used for 90 days [default: nobody knows]
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// The day as of which retired runners, withdrawn actions and runs are looked at [default: today, in UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
    /// What other tools found, as SARIF: zizmor, actionlint; may be given more than once
    #[arg(long, value_name = "SARIF")]
    import: Vec<PathBuf>,
    /// What the cluster has: systems, docker, nestedClusters, privileged, tools, labels [default: Linux, and no Docker]
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Findings that are allowed: a YAML list of rule, path, reason, and target if not all are meant
    #[arg(long, value_name = "FILE")]
    allow: Option<PathBuf>,
    /// Findings that were there before, which --fail-on does not count
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings of now; with --baseline, only those that it has
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// End with 1 where a finding is at least this bad
    #[arg(long, value_enum, value_name = "LEVEL")]
    fail_on: Option<Level>,
    /// Print the JSON Schema of -o json
    #[arg(long, exclusive = true)]
    schema: bool,
}

/// How an assessment is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people: a page
    Summary,
    /// For programs: everything, but for single constructs
    Json,
    /// For programs: each construct in a line
    Ndjson,
    /// For people with a browser: everything in one page, or one for each repository above 2,000 workflows
    Html,
    /// For a pull request or a wiki
    Md,
    /// For code scanning: findings
    Sarif,
    /// For a spreadsheet: what workflows have and use
    Csv,
}

/// What a file came to.
enum Came {
    /// A workflow, with its constructs where they are asked for.
    Sheet(Box<Sheet>, String),
    Action,
    Neither,
    Unit(PathBuf, bool),
    Skipped,
    Unread(Problem),
    Other(Option<&'static OtherCi>),
}

impl Assess {
    /// Assesses everything, then prints.
    pub(super) fn run(mut self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        if self.schema {
            terminal.print(json::schema())?;
            return Ok(Exit::Done);
        }
        let printed = self.printed()?;
        let mut asked = Asked::of(&mut self)?;
        let mut estate = self.assess(&mut asked, printed, terminal)?;
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
        let base = estate.base();
        estate.imported = Imported::of(std::mem::take(&mut asked.imported), &estate.sheets, &base);
        if let Some(out) = asked.out.take() {
            self.write(out, &estate, &base).map_err(impossible)?;
        }
        print(printed, &estate, &base, terminal)?;
        let remarks = asked.allowed.remarks(&estate, &base);
        remarks.iter().take(MOST_TOLD).for_each(|remark| terminal.note(Shown::text(remark)));
        if remarks.len() > MOST_TOLD {
            terminal.note(format_args!("and {} more of these", remarks.len() - MOST_TOLD));
        }
        self.judge(&estate, &base, asked.baseline.as_ref(), terminal)
    }

    /// What is printed.
    fn printed(&self) -> Result<Form, Failure> {
        match self.output.as_slice() {
            _ if self.out.is_some() => Ok(Form::Summary),
            [] => Ok(Form::Summary),
            [form] => Ok(*form),
            _ => Err(Failure::Usage("several forms need a folder: add --out DIR".to_owned())),
        }
    }

    /// Whether a form is written into the folder.
    fn is_written(&self, form: Form) -> bool {
        self.output.is_empty() || self.output.contains(&form)
    }

    fn assess(&self, asked: &mut Asked, printed: Form, terminal: &mut Terminal) -> Result<Estate, Failure> {
        let sources = Sources::open(self.sources.as_deref()).map_err(|problem| parse::unusable(&problem))?;
        let is_written = asked.out.is_some() && self.is_written(Form::Ndjson);
        let wants_constructs = printed == Form::Ndjson || is_written;
        let (profile, today) = (&asked.profile, asked.today);
        let work = |found: &Found| match found {
            Found::Item(item) => came(item, &sources, profile, today, wants_constructs),
            Found::Unit(unit) => Came::Unit(unit.path.clone(), unit.repository().is_some()),
            Found::Skipped(..) => Came::Skipped,
            Found::Problem(problem) => Came::Unread(problem.clone()),
            Found::Other(other) => Came::Other(other.is_confirmed(&Disk).then_some(other.system)),
        };
        let mut estate = Estate { today, ..Estate::default() };
        let (allowed, out) = (&mut asked.allowed, &mut asked.out);
        let search = Search::new(&Disk, self.paths.clone()).with_others();
        let mut owning = Owning::default();
        let failed = process(search, parse::workers(), work, |found, came| {
            let mut came = came.unwrap_or_else(|panicked| Came::Unread(parse::broken(&found, panicked)));
            owning.note(&Disk, &found, &mut came);
            let mut constructs = |rows: &str| {
                if printed == Form::Ndjson {
                    terminal.print(rows)?;
                }
                match out.as_mut().filter(|_| is_written) {
                    Some(out) => out.constructs(rows).map_err(impossible),
                    None => Ok(()),
                }
            };
            match estate.take(came, allowed, &mut constructs) {
                Ok(()) => ControlFlow::Continue(()),
                Err(failure) => ControlFlow::Break(failure),
            }
        });
        estate.owners = owning.seen();
        if let Some(history) = &asked.history {
            estate.tell(history);
        }
        failed.map_or(Ok(estate), Err)
    }

    /// Writes the files that are asked for, as many at a time as there are processors: each form is made by itself.
    fn write(&self, out: Out, estate: &Estate, base: &Base) -> Result<(), OutError> {
        let forms = Form::value_variants().iter().copied().filter(|form| self.is_written(*form));
        let mut forms: Vec<_> = forms.collect();
        forms.sort_by_key(|form| form.place());
        let forms = Mutex::new(forms.into_iter());
        let next = || forms.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || -> Result<(), OutError> {
            while let Some(form) = next() {
                file(form, &out, estate, base)?;
            }
            Ok(())
        };
        let workers = parse::workers().get();
        thread::scope(|scope| {
            let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
            let own = work();
            let join =
                |other: ScopedJoinHandle<'_, _>| other.join().unwrap_or_else(|broken| resume_unwind(broken));
            others.into_iter().map(join).fold(own, Result::and)
        })?;
        out.finish()
    }

    /// Writes the baseline, and counts what is new.
    fn judge(
        &self,
        estate: &Estate,
        base: &Base,
        before: Option<&Baseline>,
        terminal: &mut Terminal,
    ) -> Result<Exit, Failure> {
        let found: Vec<_> = Finding::all(estate).collect();
        if let Some(path) = &self.write_baseline {
            let now = Baseline::of(&found, base);
            let unread = estate.unread_homes().map(|home| base.beginning(home)).collect();
            let now = before.map_or_else(|| now.clone(), |before| before.still(&now, &unread));
            out::write(path, &now.text()).map_err(impossible)?;
            let was = before.map_or_else(String::new, |before| format!(", {} before", before.len()));
            terminal.note(format_args!("{}: {}{was}", Shown::path(path), many(now.len(), "finding")));
        }
        if !estate.unread.is_empty() {
            return Ok(Exit::Unreadable);
        }
        let Some(level) = self.fail_on else { return Ok(Exit::Done) };
        let is_new = |finding: &&Finding<'_>| {
            finding.allowed.is_none()
                && finding.level >= level
                && !before.is_some_and(|before| before.has(finding, base))
        };
        let new: Vec<_> = found.iter().filter(is_new).collect();
        for finding in new.iter().take(MOST_TOLD) {
            let (path, line) = (base.path(&finding.sheet.path), finding.line());
            let text = format!("{path}:{line}: {} [{}]", finding.message(), finding.rule);
            terminal.warning(Shown::text(&text), None);
        }
        if new.len() > MOST_TOLD {
            terminal.note(format_args!(
                "and {} more: -o json, or --out DIR",
                many(new.len() - MOST_TOLD, "finding")
            ));
        }
        Ok(if new.is_empty() { Exit::Done } else { Exit::Findings })
    }
}

impl Form {
    /// Its place when files are written side by side: JSON takes longest, and it and pages need most memory.
    const fn place(self) -> usize {
        match self {
            Self::Json => 0,
            Self::Sarif => 1,
            Self::Csv => 2,
            Self::Md => 3,
            Self::Html => 4,
            Self::Summary | Self::Ndjson => 5,
        }
    }
}

/// Writes one form.
fn file(form: Form, out: &Out, estate: &Estate, base: &Base) -> Result<(), OutError> {
    match form {
        Form::Json => out.stream("report.json", |file| json::write(estate, file)),
        Form::Md => out.file("report.md", &markdown::page(estate, base)),
        Form::Sarif => out.stream("report.sarif", |file| sarif::write(estate, base, file)),
        Form::Csv => {
            out.stream("workflows.csv", |file| table::workflows(estate, base, file))?;
            out.stream("inventory.csv", |file| table::inventory(estate, base, file))?;
            out.stream("findings.csv", |file| table::findings(estate, base, file))
        }
        Form::Html => html::pages(estate).try_for_each(|(name, page)| out.file(&name, &page)),
        // The one is printed, the other was written while files were read.
        Form::Summary | Form::Ndjson => Ok(()),
    }
}

/// How many remarks are told, and how many findings that --fail-on counts.
const MOST_TOLD: usize = 20;

/// What files on the command line say.
struct Asked {
    profile: Profile,
    history: Option<History>,
    today: Date,
    allowed: Allowed,
    baseline: Option<Baseline>,
    out: Option<Out>,
    imported: Vec<import::Finding>,
}

impl Asked {
    fn of(assess: &mut Assess) -> Result<Self, Failure> {
        let profile = read(assess.profile.as_deref(), profile::read)?.unwrap_or_default();
        let history = read(assess.history.as_deref(), history::read)?;
        let allowed = read(assess.allow.as_deref(), Allowed::read)?.unwrap_or_default();
        let baseline = read(assess.baseline.as_deref(), Baseline::read)?;
        let out = assess.out.take().map(Out::new).transpose().map_err(impossible)?;
        let today = parse::day(assess.today);
        let mut imported = Vec::new();
        for path in &assess.import {
            imported.extend(read(Some(path), import::read)?.unwrap_or_default());
        }
        Ok(Self { profile, history, today, allowed, baseline, out, imported })
    }
}

/// Reads a file that an option names.
fn read<T, E: std::fmt::Display>(
    path: Option<&Path>,
    read: impl Fn(&Path) -> Result<T, E>,
) -> Result<Option<T>, Failure> {
    let named =
        |path: &Path| read(path).map_err(|error| Failure::Usage(format!("{}: {error}", Shown::path(path))));
    path.map(named).transpose()
}

/// Prints one form, when all is assessed.
fn print(form: Form, estate: &Estate, base: &Base, terminal: &mut Terminal) -> Result<(), Failure> {
    match form {
        Form::Summary => terminal.print(summary::page(estate))?,
        Form::Json => terminal.stream(|out| json::write(estate, out))?,
        Form::Md => terminal.print(markdown::page(estate, base))?,
        Form::Sarif => terminal.stream(|out| sarif::write(estate, base, out))?,
        Form::Csv => terminal.stream(|out| table::inventory(estate, base, out))?,
        Form::Html => terminal.print(html::page(estate).ok_or_else(|| html::too_many(estate))?)?,
        // It was printed while files were read.
        Form::Ndjson => {}
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it on")]
fn impossible(error: OutError) -> Failure {
    Failure::Impossible(Shown::text(&error.to_string()).to_string())
}

fn came(item: &Item, sources: &Sources, profile: &Profile, today: Date, wants_constructs: bool) -> Came {
    let text = match Text::read(&Disk, &item.path) {
        Ok(text) => text,
        Err(problem) => return Came::Unread(problem),
    };
    match What::of(item.role, text.body()) {
        What::Action => return Came::Action,
        What::Neither => return Came::Neither,
        What::Workflow | What::Template => {}
    }
    let limits = Limits::default();
    let (around, reference) = Around::new(&item.path, sources);
    let bundle = Bundle::load(reference, sources.workflow(text.as_str(), &limits), &around, &limits);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &around, &limits);
    let actions = Actions::of(&loaded);
    let workflow =
        WorkflowSight::new(&family, &actions, profile).among_templates(item.role == Role::Template);
    let assessment = Assessment::of(&workflow);
    let (path, unit) = (item.path.display().to_string(), item.unit.path.display().to_string());
    let constructs =
        if wants_constructs { constructs::rows(&path, &workflow, &assessment) } else { String::new() };
    let mut sheet = Sheet::of(&workflow, &assessment, path, unit);
    sheet.dead = Dead::of(&family, &actions, today);
    Came::Sheet(Box::new(sheet), constructs)
}
