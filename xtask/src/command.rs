//! The list of commands. The list in CONTRIBUTING.md is generated from it.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::session::Session;
use crate::{generate, lints, migrate, suites};

/// One developer command.
pub(crate) struct Command {
    /// What one types after `cargo xtask`.
    pub(crate) name: &'static str,
    /// The arguments it takes, as a person would write them.
    pub(crate) arguments: &'static str,
    /// One line: what it does.
    pub(crate) summary: &'static str,
    /// Does it. Parts that fail are the session's business; an error means that the command line was wrong.
    pub(crate) run: fn(&mut Session<'_>, &[String]) -> anyhow::Result<()>,
}

/// All commands, in the order of the list.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        arguments: "[FILTER]",
        summary: "run every test this machine can run, and say which it cannot",
        run: test,
    },
    Command {
        name: "lint",
        arguments: "",
        summary: "check format, clippy, documentation and dependencies",
        run: lint,
    },
    Command {
        name: "generate",
        arguments: "[--check]",
        summary: "write generated files anew, or fail when one is stale",
        run: generate,
    },
    Command {
        name: "simulate",
        arguments: "[--seeds N | --seed N --trace | --scenario NAME | --bugs | --crashes | --crash-pairs]",
        summary: "play the simulation: many seeds, one with its trace, every planted bug, or every crash",
        run: simulate,
    },
    Command {
        name: "model",
        arguments: "[--full | --size NAME | --museum] [--summary FILE]",
        summary: "check every state of a small world, or that planted bugs are found there",
        run: model,
    },
    Command {
        name: "expressions",
        arguments: "[--count N] [--seed N] [--summary FILE]",
        summary: "compare generated expressions of GitHub Actions with npm's package, which needs Node",
        run: expressions,
    },
    Command {
        name: "coverage",
        arguments: "[--summary FILE]",
        summary: "count what of the corpus is read as GitHub does, and compare with the record or write it",
        run: coverage,
    },
    Command {
        name: "bench",
        arguments: "[migrate [--files N]]",
        summary: "print what a decision and a steady round cost, or reading workflows; docs/benchmarks.md has earlier figures",
        run: bench,
    },
    Command {
        name: "ci",
        arguments: "",
        summary: "test, lint and generate --check, as the pipeline does",
        run: ci,
    },
];

/// Finds a command by its name.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// The list, one line a command.
pub(crate) fn list() -> String {
    let usage = |command: &Command| format!("cargo xtask {} {}", command.name, command.arguments);
    let width = COMMANDS.iter().map(|command| usage(command).len()).max().unwrap_or(0);
    COMMANDS.iter().map(|command| format!("{:width$}  {}\n", usage(command), command.summary)).collect()
}

fn test(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    match arguments {
        [] => suites::run(session, None),
        [filter] if !filter.starts_with('-') => suites::run(session, Some(filter)),
        _ => bail!("expected at most one filter, a part of a test's name: cargo xtask test [FILTER]"),
    }
}

fn lint(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    no_arguments("lint", arguments)?;
    lints::run(session)
}

fn generate(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    match arguments {
        [] => generate::run(session, generate::Mode::Write),
        [flag] if flag == "--check" => generate::run(session, generate::Mode::Check),
        _ => bail!("expected nothing or --check: cargo xtask generate [--check]"),
    }
}

/// Hands its arguments on to the player of seeds, which checks them.
fn simulate(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = std::process::Command::new("cargo");
    command.args(["run", "--quiet", "--release", "--locked", "--package", "towpath-engine"]);
    command.args(["--features", "simulation", "--example", "simulate", "--"]).args(arguments);
    session.program("simulation", &mut command)
}

/// Hands its arguments on to the checker, which checks them.
fn model(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = std::process::Command::new("cargo");
    command.args(["run", "--quiet", "--release", "--locked", "--package", "towpath-model"]);
    command.args(["--features", "museum", "--"]).args(arguments);
    session.program("model check", &mut command)
}

/// Hands its options to the test as variables.
fn expressions(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = std::process::Command::new("cargo");
    command.args(["test", "--locked", "--package", "towpath-migrate", "--features", "museum"]);
    command.args(["--test", "differential", "--", "--nocapture"]);
    for pair in arguments.chunks(2) {
        match pair {
            [name, number] if name == "--count" && is_number(number) => {
                command.env("TOWPATH_EXPRESSIONS", number)
            }
            [name, number] if name == "--seed" && is_number(number) => command.env("TOWPATH_SEED", number),
            [name, file] if name == "--summary" => command.env("TOWPATH_SUMMARY", session.root().join(file)),
            _ => bail!(
                "expected numbers and a file: cargo xtask expressions [--count N] [--seed N] [--summary FILE]"
            ),
        };
    }
    session.program("expressions", &mut command)
}

/// Where the corpus is unless `TOWPATH_CORPUS` says otherwise, from the repository.
const CORPUS: &str = "../shared/corpus";

fn coverage(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = std::process::Command::new("cargo");
    command.args([
        "test",
        "--locked",
        "--package",
        "towpath-migrate",
        "--test",
        "coverage",
        "--",
        "--nocapture",
    ]);
    match arguments {
        [] => {}
        [name, file] if name == "--summary" => {
            command.env("TOWPATH_SUMMARY", session.root().join(file));
        }
        _ => bail!("expected nothing or a file: cargo xtask coverage [--summary FILE]"),
    }
    let corpus =
        std::env::var_os("TOWPATH_CORPUS").map_or_else(|| session.root().join(CORPUS), PathBuf::from);
    if !corpus.is_dir() {
        bail!("there is no corpus at {}: name its folder with TOWPATH_CORPUS", corpus.display());
    }
    session.program("coverage", &mut command)
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

/// Each benchmark prints its own table.
fn bench(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => {}
        ["migrate"] => return migrate::bench(session, migrate::FILES),
        ["migrate", "--files", number] => {
            let files =
                number.parse().with_context(|| format!("expected a number of files, found {number:?}"))?;
            return migrate::bench(session, files);
        }
        _ => bail!("expected nothing or migrate: cargo xtask bench [migrate [--files N]]"),
    }
    for (package, name) in [("towpath-core", "decide"), ("towpath-engine", "idle")] {
        let mut command = std::process::Command::new("cargo");
        command.args(["bench", "--quiet", "--locked", "--package", package, "--bench", name]);
        session.program(name, &mut command)?;
    }
    Ok(())
}

fn ci(session: &mut Session<'_>, arguments: &[String]) -> anyhow::Result<()> {
    no_arguments("ci", arguments)?;
    suites::run(session, None)?;
    lints::run(session)?;
    generate::run(session, generate::Mode::Check)
}

fn no_arguments(name: &str, arguments: &[String]) -> anyhow::Result<()> {
    match arguments.first() {
        Some(argument) => bail!("cargo xtask {name} takes no argument, found {argument:?}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_line_in_the_list() {
        let list = list();
        assert_eq!(list.lines().count(), COMMANDS.len());
        for command in COMMANDS {
            let start = format!("cargo xtask {} ", command.name);
            assert!(list.lines().any(|l| l.starts_with(&start) && l.ends_with(command.summary)), "{list}");
        }
    }

    #[test]
    fn names_are_found_exactly() {
        assert!(find("test").is_some());
        assert!(find("tes").is_none());
    }

    #[test]
    fn wrong_arguments_are_refused_before_anything_runs() {
        let wrong: [(&str, &[&str]); 10] = [
            ("coverage", &["--summary"]),
            ("coverage", &["--count", "1"]),
            ("expressions", &["--count"]),
            ("expressions", &["--count", "many"]),
            ("expressions", &["--cuont", "1"]),
            ("bench", &["x"]),
            ("test", &["a", "b"]),
            ("test", &["--nocapture"]),
            ("lint", &["x"]),
            ("generate", &["--chek"]),
        ];
        for (name, arguments) in wrong {
            let mut out = Vec::new();
            let mut session = Session::new("nowhere".into(), &mut out);
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let run = find(name).unwrap().run;
            assert!(run(&mut session, &arguments).is_err(), "{name} {arguments:?}");
            assert_eq!(session.parts(), &[]);
        }
    }
}
