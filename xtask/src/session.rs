//! Runs the parts of a command, keeps their times and prints the summary.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How a part ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Passed,
    /// Something is wrong; the text says what, as far as the part's own output did not.
    Failed(String),
    /// This machine cannot run it; the text says why.
    Skipped(String),
}

/// A part that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its name.
    pub(crate) name: String,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// How long it took.
    pub(crate) took: Duration,
}

/// One run of a command.
pub(crate) struct Session<'a> {
    root: PathBuf,
    out: &'a mut dyn Write,
    parts: Vec<Part>,
}

impl<'a> Session<'a> {
    /// Starts a run in the repository at `root`, which prints to `out`.
    pub(crate) fn new(root: PathBuf, out: &'a mut dyn Write) -> Self {
        Self { root, out, parts: Vec::new() }
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The parts that ended, in order.
    #[cfg(test)]
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Runs a program in the repository's root, with its output shown as it comes.
    pub(crate) fn program(&mut self, name: &str, command: &mut Command) -> anyhow::Result<()> {
        let line = command_line(command);
        command.current_dir(&self.root);
        self.part(name, &line, |_| match command.status() {
            Ok(status) if status.success() => Outcome::Passed,
            Ok(status) => Outcome::Failed(status.to_string()),
            Err(error) => Outcome::Failed(format!("failed to start it: {error}")),
        })
    }

    /// Runs a function as a part; it gets the place to print to.
    pub(crate) fn part(
        &mut self,
        name: &str,
        title: &str,
        run: impl FnOnce(&mut dyn Write) -> Outcome,
    ) -> anyhow::Result<()> {
        writeln!(self.out, "\n==> {name}: {title}")?;
        // The program writes to the same place by itself, after what stands here.
        self.out.flush()?;
        let start = Instant::now();
        let outcome = run(self.out);
        self.parts.push(Part { name: name.to_owned(), outcome, took: start.elapsed() });
        Ok(())
    }

    /// Notes a part that cannot run here.
    pub(crate) fn skip(&mut self, name: &str, why: &str) -> anyhow::Result<()> {
        self.part(name, &format!("SKIPPED, {why}"), |_| Outcome::Skipped(why.to_owned()))
    }

    /// Prints the table of parts, then what was skipped and what failed. Answers whether nothing failed.
    pub(crate) fn summary(&mut self) -> anyhow::Result<bool> {
        let width = self.parts.iter().map(|part| part.name.chars().count()).max().unwrap_or(0);
        writeln!(self.out)?;
        for Part { name, outcome, took } in &self.parts {
            let word = match outcome {
                Outcome::Passed => "passed",
                Outcome::Failed(_) => "FAILED",
                Outcome::Skipped(_) => "SKIPPED",
            };
            writeln!(self.out, "{name:width$}  {word:7}  {:7.1} s", took.as_secs_f64())?;
        }
        self.reasons("NOT RUN", |outcome| match outcome {
            Outcome::Skipped(why) => Some(why),
            _ => None,
        })?;
        let failed = self.reasons("FAILED", |outcome| match outcome {
            Outcome::Failed(why) => Some(why),
            _ => None,
        })?;
        self.out.flush()?;
        Ok(failed == 0)
    }

    fn reasons(&mut self, title: &str, pick: fn(&Outcome) -> Option<&String>) -> anyhow::Result<usize> {
        let picked: Vec<_> =
            self.parts.iter().filter_map(|p| pick(&p.outcome).map(|why| (&p.name, why))).collect();
        if !picked.is_empty() {
            writeln!(self.out, "\n{title}:")?;
        }
        for (name, why) in &picked {
            writeln!(self.out, "  {name}: {why}")?;
        }
        Ok(picked.len())
    }
}

/// The line that a person would type for the same.
fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary_of(outcomes: &[Outcome]) -> (bool, String) {
        let mut out = Vec::new();
        let mut session = Session::new(".".into(), &mut out);
        for (i, outcome) in outcomes.iter().enumerate() {
            session.part(&format!("part {i}"), "title", |_| outcome.clone()).unwrap();
        }
        let passed = session.summary().unwrap();
        (passed, String::from_utf8(out).unwrap())
    }

    #[test]
    fn one_failed_part_fails_the_run() {
        let (passed, text) = summary_of(&[Outcome::Passed, Outcome::Failed("exit status: 101".into())]);
        assert!(!passed);
        assert!(text.contains("\nFAILED:\n  part 1: exit status: 101\n"), "{text}");
        assert!(!text.contains("NOT RUN"), "{text}");
    }

    #[test]
    fn a_skipped_part_is_said_loudly_and_fails_nothing() {
        let (passed, text) =
            summary_of(&[Outcome::Skipped("python3 is not installed".into()), Outcome::Passed]);
        assert!(passed);
        assert!(text.contains("\nNOT RUN:\n  part 0: python3 is not installed\n"), "{text}");
    }

    #[test]
    fn every_part_has_its_time() {
        let (_, text) = summary_of(&[Outcome::Passed, Outcome::Passed]);
        let timed = text.lines().filter(|line| line.starts_with("part ") && line.ends_with(" s")).count();
        assert_eq!(timed, 2, "{text}");
    }

    #[test]
    fn a_program_passes_or_fails_by_its_exit_code() {
        let mut out = Vec::new();
        let mut session = Session::new(".".into(), &mut out);
        session.program("true", &mut Command::new("true")).unwrap();
        session.program("false", &mut Command::new("false")).unwrap();
        session.program("absent", &mut Command::new("towpath-no-such-program")).unwrap();
        let outcomes: Vec<_> = session.parts().iter().map(|part| part.outcome.clone()).collect();
        assert_eq!(outcomes[0], Outcome::Passed);
        assert_eq!(outcomes[1], Outcome::Failed("exit status: 1".into()));
        assert!(matches!(&outcomes[2], Outcome::Failed(why) if why.starts_with("failed to start it: ")));
        assert!(!session.summary().unwrap());
    }

    #[test]
    fn the_line_shown_can_be_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--workspace"]);
        assert_eq!(command_line(&command), "cargo test --workspace");
    }
}
