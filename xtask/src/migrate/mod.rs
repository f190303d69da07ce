//! `cargo xtask bench migrate`: how long it takes to read many workflows, beside two other programs.

mod copies;
mod measure;
mod rename;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use self::copies::Copies;
use self::measure::{Measured, measure};
use crate::need::Need;
use crate::session::{Outcome, Session};

/// How many files are made where nothing else is said.
pub(crate) const FILES: usize = 16_520;

/// The seed that they are made with.
const SEED: u64 = 1;

/// How often each program is started.
const RUNS: usize = 3;

const GO: Need = Need::Program { name: "go", version: &["version"], at_least: (1, 24) };
const NODE: Need = Need::Program { name: "node", version: &["--version"], at_least: (20, 0) };
const NPM: Need = Need::Program { name: "npm", version: &["--version"], at_least: (9, 0) };

/// A program to measure.
struct Reader {
    name: &'static str,
    needs: &'static [Need],
    /// Builds it, and answers how it is started; the folder with the files comes last.
    prepare: fn(&Path, &Path) -> anyhow::Result<Command>,
}

const READERS: &[Reader] = &[
    Reader { name: "towpath: parse, model and graph", needs: &[], prepare: estate },
    Reader { name: "towpath migrate parse -o ndjson", needs: &[], prepare: parse },
    Reader { name: "towpath migrate assess -o json,sarif", needs: &[], prepare: assess },
    Reader { name: "towpath migrate assess, all forms", needs: &[], prepare: assess_all },
    Reader { name: "actionlint 1.7.12", needs: &[GO], prepare: actionlint },
    Reader { name: "@actions/workflow-parser 0.3.61", needs: &[NODE, NPM], prepare: workflow_parser },
];

/// Makes the files and reads them with every program that can run here.
pub(crate) fn bench(session: &mut Session<'_>, files: usize) -> anyhow::Result<()> {
    let root = session.root().to_owned();
    let Some(corpus) = corpus(&root) else {
        return session.skip("bench migrate", "there is no corpus; name its folder with TOWPATH_CORPUS");
    };
    let work = target(&root).join("bench-migrate");
    let made =
        Copies { corpus: &corpus, files, seed: SEED }.make(&work.join(format!("files-{files}-{SEED}")))?;
    let mut rows = Vec::new();
    for reader in READERS {
        if let Some(why) = reader.needs.iter().find_map(|need| need.missing(&root)) {
            session.skip(reader.name, &why)?;
            continue;
        }
        let title = format!("reads {files} files, {RUNS} times");
        session.part(reader.name, &title, |_| match reader.run(&root, &work, &made) {
            Ok(measured) => {
                rows.push((reader.name, measured));
                Outcome::Passed
            }
            Err(error) => Outcome::Failed(format!("{error:#}")),
        })?;
    }
    session.part("table", "files a second: the fastest run", |out| {
        match out.write_all(table(files, &rows).as_bytes()) {
            Ok(()) => Outcome::Passed,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    })
}

impl Reader {
    fn run(&self, root: &Path, work: &Path, files: &Path) -> anyhow::Result<Measured> {
        let mut command = (self.prepare)(root, work)?;
        command.arg(files);
        let mut best: Option<Measured> = None;
        for _ in 0..RUNS {
            let run = measure(&mut command).with_context(|| format!("failed to run {}", self.name))?;
            best = Some(best.map_or(run, |best| best.better(run)));
        }
        best.context("it was never started")
    }
}

fn table(files: usize, rows: &[(&str, Measured)]) -> String {
    let seconds = |measured: &Measured| measured.took.as_secs_f64().max(f64::EPSILON);
    let first = rows.first().map_or(1.0, |(_, measured)| seconds(measured));
    let count = u32::try_from(files).map_or(f64::INFINITY, f64::from);
    let mut table =
        "| program | s | files/s | peak MiB | times the first |\n|---|---|---|---|---|\n".to_owned();
    for (name, measured) in rows {
        let took = seconds(measured);
        let peak = measured.peak_kib.map_or_else(|| "unknown".to_owned(), |kib| format!("{}", kib / 1024));
        let row = format!("| {name} | {took:.2} | {:.0} | {peak} | {:.1} |\n", count / took, took / first);
        table.push_str(&row);
    }
    table
}

fn corpus(root: &Path) -> Option<PathBuf> {
    let named = std::env::var_os("TOWPATH_CORPUS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root.join("../shared/corpus")).join("workflows");
    folder.is_dir().then_some(folder)
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Runs a command that prepares something.
fn done(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("failed to start {command:?}"))?;
    anyhow::ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

fn estate(root: &Path, _: &Path) -> anyhow::Result<Command> {
    let build =
        ["build", "--quiet", "--release", "--locked", "--package", "towpath-migrate", "--example", "estate"];
    done(Command::new("cargo").args(build).current_dir(root))?;
    Ok(Command::new(target(root).join("release/examples/estate")))
}

fn parse(root: &Path, _: &Path) -> anyhow::Result<Command> {
    let mut command = towpath(root)?;
    command.args(["migrate", "parse", "--fail-on", "never", "-o", "ndjson"]);
    Ok(command)
}

fn assess(root: &Path, work: &Path) -> anyhow::Result<Command> {
    let mut command = assess_all(root, work)?;
    command.args(["-o", "json,sarif"]);
    Ok(command)
}

fn assess_all(root: &Path, work: &Path) -> anyhow::Result<Command> {
    let mut command = towpath(root)?;
    command.args(["migrate", "assess", "--out"]).arg(work.join("assessed"));
    Ok(command)
}

/// The program itself, built.
fn towpath(root: &Path) -> anyhow::Result<Command> {
    done(
        Command::new("cargo")
            .args(["build", "--quiet", "--release", "--locked", "--package", "towpath"])
            .current_dir(root),
    )?;
    Ok(Command::new(target(root).join("release/towpath")))
}

fn actionlint(root: &Path, work: &Path) -> anyhow::Result<Command> {
    let program = work.join("actionlint");
    let folder = root.join("tests/benchmarks/actionlint");
    done(
        Command::new("go").args(["build", "-mod=readonly", "-o"]).arg(&program).arg(".").current_dir(folder),
    )?;
    Ok(Command::new(program))
}

fn workflow_parser(root: &Path, work: &Path) -> anyhow::Result<Command> {
    let folder = work.join("workflow-parser");
    std::fs::create_dir_all(&folder).context("failed to make a folder for the npm package")?;
    for name in ["package.json", "package-lock.json", "json.mjs", "parse.mjs"] {
        let from = root.join("tests/benchmarks/workflow-parser").join(name);
        std::fs::copy(&from, folder.join(name)).with_context(|| format!("failed to copy {name}"))?;
    }
    done(Command::new("npm").args(["ci", "--silent", "--ignore-scripts"]).current_dir(&folder))?;
    let mut command = Command::new("node");
    command.arg(folder.join("parse.mjs"));
    Ok(command)
}
