//! Generated parts of files. `generate` writes them, `generate --check` fails when one is stale.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::session::{Outcome, Session};
use crate::{block, command, coverage, difference, expressions, judged, reliability, security};

/// Whether files are written or only looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write what is stale.
    Write,
    /// Fail when something is stale.
    Check,
}

/// A block of a Markdown file, between `<!-- generated: NAME -->` and `<!-- end: NAME -->`.
pub(crate) struct Block {
    file: &'static str,
    name: &'static str,
    source: Source,
}

/// Where a block's text comes from.
enum Source {
    /// A function.
    Text(fn() -> String),
    /// A function of the repository's folder, for what was recorded in files.
    Recorded(fn(&Path) -> anyhow::Result<String>),
    /// What `towpath` prints for these arguments, under the command that a reader would type; built first, must
    /// succeed, must print the same each time.
    Towpath(&'static str, &'static [&'static str]),
    /// The same, of what takes long and is compared by a test, which this names: it is written, and not looked at.
    Tested(&'static str, &'static [&'static str], &'static str),
    /// What `towpath` prints for these arguments, and nothing else.
    Output(&'static [&'static str]),
    /// What an example prints.
    Example(&'static str),
}

/// All generated blocks. A file that is not there yet, or has no markers for its block yet, is skipped and said.
pub(crate) const BLOCKS: &[Block] = &[
    Block { file: "CONTRIBUTING.md", name: "commands", source: Source::Text(command::list) },
    reliability("simulation", reliability::simulation),
    reliability("faults", reliability::faults),
    reliability("museum", reliability::museum),
    reliability("crashes", reliability::crashes),
    reliability("long", reliability::long),
    reliability("model", reliability::model),
    recorded_expressions("run", expressions::run),
    recorded_expressions("differences", expressions::differences),
    recorded_expressions("planted", expressions::planted),
    recorded_coverage("summary", coverage::summary),
    recorded_coverage("cases", coverage::cases),
    recorded_coverage("folders", coverage::folders),
    recorded_coverage("refused", coverage::refused),
    recorded_coverage("yaml", coverage::yaml),
    recorded_coverage("constructs", coverage::constructs),
    recorded_coverage("most", coverage::most),
    recorded_coverage("examples", coverage::examples),
    recorded_coverage("values", coverage::values),
    recorded_coverage("scripts", coverage::scripts),
    recorded_coverage("graphs", coverage::graphs),
    recorded_coverage("schema", coverage::schema),
    recorded_coverage("schema-differences", coverage::schema_differences),
    Block { file: "docs/migration/judged.md", name: "counts", source: Source::Recorded(judged::counts) },
    recorded_security("agreement", security::agreement),
    recorded_security("differences", security::differences),
    recorded_security("weights", security::weights),
    recorded_security("health", security::health),
    Block {
        file: "docs/cli.md",
        name: "reference",
        source: Source::Towpath("towpath reference", &["reference"]),
    },
    Block {
        file: "README.md",
        name: "demo",
        source: Source::Tested("towpath demo --plain", &["demo", "--stable"], "tests/demo/main.rs"),
    },
];

/// A file that is generated as a whole.
struct Whole {
    file: &'static str,
    source: Source,
}

/// All generated files.
const FILES: &[Whole] = &[
    Whole { file: "migrate/features.yaml", source: Source::Example("features") },
    Whole { file: "docs/migration/effort.md", source: Source::Example("effort") },
    Whole { file: "docs/migration/verdicts.md", source: Source::Example("verdicts") },
    Whole {
        file: "docs/migration/assessment.schema.json",
        source: Source::Output(&["migrate", "assess", "--schema"]),
    },
];

const fn reliability(name: &'static str, text: fn(&Path) -> anyhow::Result<String>) -> Block {
    Block { file: "docs/reliability.md", name, source: Source::Recorded(text) }
}

const fn recorded_expressions(name: &'static str, text: fn(&Path) -> anyhow::Result<String>) -> Block {
    Block { file: "docs/migration/expressions.md", name, source: Source::Recorded(text) }
}

const fn recorded_coverage(name: &'static str, text: fn(&Path) -> anyhow::Result<String>) -> Block {
    Block { file: "docs/migration/coverage.md", name, source: Source::Recorded(text) }
}

const fn recorded_security(name: &'static str, text: fn(&Path) -> anyhow::Result<String>) -> Block {
    Block { file: "docs/migration/security.md", name, source: Source::Recorded(text) }
}

/// Goes through all files and blocks.
pub(crate) fn run(session: &mut Session<'_>, mode: Mode) -> anyhow::Result<()> {
    for whole in FILES {
        let root = session.root().to_owned();
        session.part(whole.file, "generate", |out| match file(&root, whole, mode, out) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(format!("{error:#}")),
        })?;
    }
    for block in BLOCKS {
        let root = session.root().to_owned();
        let part = format!("{} ({})", block.file, block.name);
        session.part(&part, "generate", |out| match one(&root, block, mode, out) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(format!("{error:#}")),
        })?;
    }
    Ok(())
}

fn file(root: &Path, whole: &Whole, mode: Mode, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let path = root.join(whole.file);
    let old = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", whole.file))?;
    finish(&path, whole.file, mode, (&old, &whole.source.produce(root)?), out)
}

fn one(root: &Path, block: &Block, mode: Mode, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let path = root.join(block.file);
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Outcome::Skipped(format!("{} is not there yet", block.file)));
        }
        Err(error) => return Err(error).with_context(|| format!("failed to read {}", block.file)),
    };
    // Looked for first: nothing needs to be built for a block that nobody asked for.
    match block::around(&old, block.name) {
        Ok(_) => {}
        Err(block::NoBlock::Absent) => {
            let marker = block::start_marker(block.name);
            return Ok(Outcome::Skipped(format!("{} has no line {marker}", block.file)));
        }
        Err(problem) => bail!("failed to find the block {} in {}: {problem}", block.name, block.file),
    }
    if let (Mode::Check, Source::Tested(_, _, test)) = (mode, &block.source) {
        writeln!(out, "{test} compares it")?;
        return Ok(Outcome::Passed);
    }
    let body = block.source.produce(root)?;
    match block::replace(&old, block.name, &body) {
        Ok(new) => finish(&path, block.file, mode, (&old, &new), out),
        Err(problem) => bail!("failed to replace the block {} in {}: {problem}", block.name, block.file),
    }
}

fn finish(
    path: &Path,
    file: &str,
    mode: Mode,
    (old, new): (&str, &str),
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    if old == new {
        return Ok(Outcome::Passed);
    }
    if mode == Mode::Check {
        write!(out, "{}", difference::between(file, old, new))?;
        return Ok(Outcome::Failed(
            "it is stale: type `cargo xtask generate` and commit the result".to_owned(),
        ));
    }
    std::fs::write(path, new).with_context(|| format!("failed to write {file}"))?;
    writeln!(out, "wrote {file}")?;
    Ok(Outcome::Passed)
}

impl Source {
    fn produce(&self, root: &Path) -> anyhow::Result<String> {
        match self {
            Self::Text(text) => Ok(text()),
            Self::Recorded(text) => text(root),
            Self::Towpath(shown, arguments) | Self::Tested(shown, arguments, _) => {
                let text = printed(root, TOWPATH, arguments)?;
                Ok(format!("$ {shown}\n{text}"))
            }
            Self::Output(arguments) => printed(root, TOWPATH, arguments),
            Self::Example(name) => printed(root, Built { kind: "--example", name, folder: "examples" }, &[]),
        }
    }
}

/// A program of ours: its kind, as cargo's option, its name, and in which folder beside this program cargo puts it.
#[derive(Clone, Copy)]
struct Built {
    kind: &'static str,
    name: &'static str,
    folder: &'static str,
}

const TOWPATH: Built = Built { kind: "--bin", name: "towpath", folder: "" };

/// What a program of ours prints: built first, must succeed. It is built as the tests of the workspace build it, which is done
/// already where they were run.
fn printed(root: &Path, built: Built, arguments: &[&str]) -> anyhow::Result<String> {
    let line = [&[built.name], arguments].concat().join(" ");
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet", "--locked", "--workspace", built.kind, built.name]).current_dir(root);
    if !build.status().with_context(|| format!("failed to build {}", built.name))?.success() {
        bail!("failed to build {}", built.name);
    }
    let this = std::env::current_exe().context("failed to find the folder of this program")?;
    let program = this.with_file_name(built.folder).join(built.name);
    let mut command = Command::new(&program);
    let child =
        command.args(arguments).current_dir(root).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = child.with_context(|| format!("failed to run {line}"))?;
    if !output.status.success() {
        bail!("failed to run {line}: {}", output.status);
    }
    let text =
        String::from_utf8(output.stdout).with_context(|| format!("failed to read what {line} printed"))?;
    if text.trim().is_empty() {
        bail!("failed to use what {line} printed: nothing");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const BLOCK: Block = Block { file: "page.md", name: "x", source: Source::Text(|| "fresh\n".to_owned()) };
    const STALE: &str = "a\n<!-- generated: x -->\nstale\n<!-- end: x -->\n";
    const FRESH: &str = "a\n<!-- generated: x -->\n```text\nfresh\n```\n<!-- end: x -->\n";

    /// A folder with the page in it, which goes away at the end of the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(test: &str, page: Option<&str>) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-generate-{}-{test}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            if let Some(text) = page {
                std::fs::write(path.join("page.md"), text).unwrap();
            }
            Self(path)
        }

        fn run(&self, mode: Mode) -> (anyhow::Result<Outcome>, String) {
            let mut out = Vec::new();
            let outcome = one(&self.0, &BLOCK, mode, &mut out);
            (outcome, String::from_utf8(out).unwrap())
        }

        fn page(&self) -> String {
            std::fs::read_to_string(self.0.join("page.md")).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn check_fails_on_a_stale_block_shows_why_and_writes_nothing() {
        let folder = Folder::new("stale", Some(STALE));
        let (outcome, printed) = folder.run(Mode::Check);
        assert!(matches!(outcome.unwrap(), Outcome::Failed(why) if why.contains("`cargo xtask generate`")));
        assert!(printed.contains("\n-stale\n+```text\n+fresh\n+```\n"), "{printed}");
        assert_eq!(folder.page(), STALE);
    }

    #[test]
    fn what_a_test_compares_is_not_looked_at_again() {
        let (folder, mut out) = (Folder::new("tested", Some(STALE)), Vec::new());
        let tested = Block { source: Source::Tested("towpath", &["no-such-command"], "tests/x.rs"), ..BLOCK };
        assert_eq!(one(&folder.0, &tested, Mode::Check, &mut out).unwrap(), Outcome::Passed);
        assert_eq!(String::from_utf8(out).unwrap(), "tests/x.rs compares it\n");
        assert_eq!(folder.page(), STALE);
    }

    #[test]
    fn write_makes_it_fresh_and_check_agrees() {
        let folder = Folder::new("write", Some(STALE));
        assert_eq!(folder.run(Mode::Write).0.unwrap(), Outcome::Passed);
        assert_eq!(folder.page(), FRESH);
        assert_eq!(folder.run(Mode::Check).0.unwrap(), Outcome::Passed);
    }

    #[test]
    fn a_page_or_block_that_is_not_there_yet_is_skipped_with_its_reason() {
        for (test, page, reason) in
            [("no-page", None, "page.md is not there yet"), ("no-block", Some("a\n"), "has no line")]
        {
            let (outcome, _) = Folder::new(test, page).run(Mode::Check);
            assert!(matches!(outcome.unwrap(), Outcome::Skipped(why) if why.contains(reason)), "{test}");
        }
    }

    #[test]
    fn a_whole_file_is_written_anew() {
        let folder = Folder::new("whole", Some("old\n"));
        let whole = Whole { file: "page.md", source: Source::Text(|| "made\n".to_owned()) };
        let run = |mode| {
            let mut out = Vec::new();
            file(&folder.0, &whole, mode, &mut out).unwrap()
        };
        assert!(matches!(run(Mode::Check), Outcome::Failed(_)));
        assert_eq!(folder.page(), "old\n");
        assert_eq!(run(Mode::Write), Outcome::Passed);
        assert_eq!(folder.page(), "made\n");
        assert_eq!(run(Mode::Check), Outcome::Passed);
    }

    #[test]
    fn half_a_block_is_an_error_and_not_a_skip() {
        let folder = Folder::new("half", Some("<!-- generated: x -->\n"));
        assert!(folder.run(Mode::Check).0.unwrap_err().to_string().contains("markers"));
    }

    #[test]
    fn no_block_stands_twice_in_the_table() {
        for (i, a) in BLOCKS.iter().enumerate() {
            assert!(
                !BLOCKS[..i].iter().any(|b| (a.file, a.name) == (b.file, b.name)),
                "{} {}",
                a.file,
                a.name
            );
        }
    }
}
