//! Developer commands: `cargo xtask` prints the list.
//!
//! Each command is a list of parts, and every part runs even when an earlier one failed, so that one run tells
//! everything. What this machine cannot run is skipped and said at the end, never passed over.
//!
//! - `command`: the list of commands.
//! - `session`: runs parts, keeps their times, prints the summary.
//! - `suites`: what `test` runs. Add a suite to its table.
//! - `lints`: what `lint` runs.
//! - `generate`: generated files. Add a block to its table.
//! - `migrate`: the benchmark of reading workflows.
//! - `record`: what was recorded for pages; `expressions`, `coverage` and `reliability` make their tables of it.
//! - `need`: what a part needs of the machine.

mod block;
mod command;
mod coverage;
mod difference;
mod expressions;
mod generate;
mod judged;
mod lints;
mod migrate;
mod need;
mod record;
mod reliability;
mod security;
mod session;
mod suites;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::session::Session;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // When even stderr is gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs a command line. Answers whether all parts passed.
fn run(arguments: &[String]) -> anyhow::Result<bool> {
    let mut out = std::io::stdout();
    let Some((name, rest)) = arguments.split_first() else {
        out.write_all(command::list().as_bytes())?;
        return Ok(true);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        out.write_all(command::list().as_bytes())?;
        return Ok(true);
    }
    let Some(command) = command::find(name) else {
        anyhow::bail!("no command is called {name:?}; `cargo xtask` alone prints the list");
    };
    let mut session = Session::new(root()?, &mut out);
    (command.run)(&mut session, rest)?;
    session.summary()
}

/// The repository's root, from what cargo tells the program it runs.
fn root() -> anyhow::Result<PathBuf> {
    let member = std::env::var_os("CARGO_MANIFEST_DIR")
        .context("failed to find the repository: start me as `cargo xtask`")?;
    let root = PathBuf::from(member).parent().map(PathBuf::from);
    root.context("failed to find the repository: the folder of xtask has no parent")
}
