//! `towpath migrate graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use towpath_migrate::graph::{ActionBundle, Actions, Family, Told, json, mermaid};
use towpath_migrate::model::call::{Bundle, Program, Rules};
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::sources::{self, Disk, Role, Shown, Text, What};

use super::around::{Around, Sources};
use super::parse::{self, FailOn};
use super::report::{self, Report};
use super::understand::{self, Finding};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Show what a workflow does.
///
/// Jobs with what they wait for, when they run, the legs of their matrices, the names of their check runs, what their
/// token may do, and what passes between them: outputs, artifacts, caches. What depends on a run is said to, with
/// the expression on which it depends. Called workflows and actions are looked for in the same repository, and
/// among the sources. What `towpath migrate parse` tells of the file is told here, too; the rest is shown all the
/// same.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  the graph is printed; nothing was found that --fail-on names
  1  the graph is printed, and something was found that --fail-on names
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
    /// The day as of which labels of runners are looked at, as of parse [default: today, in UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
    /// What makes the command end with 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::Error)]
    fail_on: FailOn,
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
        let sources = Sources::open(self.sources.as_deref()).map_err(|problem| parse::unusable(&problem))?;
        let (around, reference) = Around::new(&self.file, &sources);
        let limits = Limits::default();
        let bundle = Bundle::load(reference, read_workflow(text.as_str(), &limits), &around, &limits);
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        let loaded = ActionBundle::load(&family, &around, &limits);
        let actions = Actions::of(&loaded);
        let mut findings = understand::of_workflow(&bundle, &program, parse::day(self.today));
        findings.extend(understand::of_actions(&family, &actions));
        terminal.print(match self.output {
            Form::Mermaid => mermaid(&family),
            Form::Json => json(&family, &actions, &findings.iter().map(told).collect::<Vec<_>>()),
        })?;
        let report = Report::findings(&self.file, &findings);
        let tally = report.tally;
        report.tell(terminal);
        Ok(self.fail_on.exit(tally))
    }
}

fn told(finding: &Finding) -> Told<'_> {
    let Finding { severity, code, message, bytes, hint, .. } = finding;
    Told { severity: severity.name(), code, message, at: *bytes, hint: hint.as_deref() }
}

/// Tells as parse does why the file could not be read, with the place.
fn unreadable(problem: &sources::Problem, terminal: &mut Terminal) -> Exit {
    Report::problem(report::Form::Tree, problem).tell(terminal);
    Exit::Unreadable
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use towpath_migrate::sources::{Item, Shape, Unit};

    use super::*;

    #[test]
    fn the_place_of_the_first_bad_byte_is_told() {
        let home = tempfile::tempdir().unwrap();
        let told = tempfile::NamedTempFile::new().unwrap();
        let mut terminal = Terminal::talking_to(Box::new(told.reopen().unwrap()));
        for (name, content, place) in [
            ("latin.yml", &b"# caf\xe9\non: push\n"[..], ":1:6: "),
            ("binary.yml", b"on: push\n\0", ":2:1: "),
        ] {
            let file = home.path().join(name);
            fs::write(&file, content).unwrap();
            let (output, fail_on) = (Form::Mermaid, FailOn::Error);
            let show = Show { file, sources: None, output, today: None, fail_on };
            assert!(matches!(show.run(&mut terminal), Ok(Exit::Unreadable)), "{name}");
            let text = fs::read_to_string(told.path()).unwrap();
            assert!(text.contains(&format!("{name}{place}")) && text.contains("  next: "), "{text}");
        }
    }

    /// Both commands tell the same of a file: what is refused, what follows that, what is odd, and what calls come to.
    #[test]
    fn the_same_is_told_as_by_parse() {
        let today = jiff::civil::date(2026, 11, 22);
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".github/workflows");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("called.yml"), "on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n")
            .unwrap();
        let broken = "on: workflow_call\njobs: {a: {runs_on: x, steps: [{run: x}]}}\n";
        fs::write(folder.join("broken.yml"), broken).unwrap();
        for (source, count) in [
            ("on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n", 0),
            ("on: push\njobs: {a: {runs-on: x, steps: [{run: x, if: 'true'}]}}\n", 1),
            ("on: push\njobs: {a: {runs-on: x, time: 1, needs: [b], steps: [{run: x, shell: perl}]}}\n", 3),
            ("on: push\njobs: {a: {uses: ./.github/workflows/called.yml}}\n", 1),
            ("on: push\njobs: {a: {uses: ./.github/workflows/none.yml}}\n", 1),
            ("on: push\njobs: {a: {uses: ./.github/workflows/broken.yml}}\n", 1),
            ("on: push\njobs: [\n", 3),
        ] {
            let path = folder.join("ci.yml");
            fs::write(&path, source).unwrap();
            let text = Text::read(&Disk, &path).unwrap();
            let unit = Arc::new(Unit { path: path.clone(), shape: Shape::File });
            let item = Item { unit, path: path.clone(), role: Role::Named };
            let sources = Sources::default();
            let parsed =
                understand::understand(super::super::report::Form::Tree, &item, &text, &sources, today);
            let (around, reference) = Around::new(&path, &sources);
            let limits = Limits::default();
            let bundle = Bundle::load(reference, read_workflow(source, &limits), &around, &limits);
            let program = Program::of(&bundle, &Rules::default());
            let told = understand::of_workflow(&bundle, &program, today);
            assert_eq!(told, parsed.findings, "{source}");
            assert_eq!(told.len(), count, "{source}: {told:#?}");
        }
    }
}
