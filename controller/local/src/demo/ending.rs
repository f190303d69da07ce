//! What is left when the play is over: the ledger, what runs and why, and how long each step took.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use towpath_core::journal::State;
use towpath_core::pipeline::Pipeline;
use towpath_process::Command;

use super::DemoError;
use super::documents::BARE;
use super::play::Play;
use super::steps::{steps, table};
use crate::report::{status, version, why_text};

/// How many of the journal's commits are shown.
const SHOWN: usize = 7;
/// How long `git log` may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The whole ending.
pub(super) fn ending(play: &mut Play<'_>, folder: &Path) -> Result<String, DemoError> {
    let total = play.narrator.story().elapsed();
    let repository = folder.join(BARE);
    let pipeline = play.pipeline()?.clone();
    let mut out = format!("\nThe end, after {:.1}s\n\n", total.as_secs_f64());
    out.push_str(&branch(&repository)?);
    out.push_str(&journal(&repository, &pipeline)?);
    let outlook = play.host.outlook(&play.id)?;
    let view = status(&pipeline, &play.host.folder().config, &outlook);
    out.push_str("What each environment runs, and why (towpath status, towpath why):\n\n");
    out.push_str(&indented(&format!("{}\n{}", view.text(), why_text(&view))));
    if let Some(head) = &outlook.head {
        out.push_str(&indented(&rejected(&head.state)));
    }
    out.push_str("\nHow long each step took; the ledger counts whole seconds, so a step may seem shorter than its gates:\n\n");
    out.push_str(&indented(&table(&steps(&play.narrator.story(), &pipeline))));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\nAll of it took {:.1}s.", total.as_secs_f64());
    Ok(out)
}

/// `git log` of the branch with the trailers that a reader wants.
fn branch(repository: &Path) -> Result<String, DemoError> {
    let value = |key: &str| format!("%(trailers:key=Towpath-{key},valueonly=true,separator=%x2C)");
    let format = format!("%h\t%s\t{}\t{}", value("Cause"), value("Journal"));
    let log = git(repository, &["log", "--abbrev=7", &format!("--format={format}"), "main"])?;
    let rows = log.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let row = |row: Vec<&str>| match row.as_slice() {
        [id, subject, "", _] => format!("{id} {subject}"),
        [id, subject, cause, journal] => format!("{id} {subject:<38}  cause={cause} journal={journal}"),
        other => other.join(" "),
    };
    let lines: Vec<String> = rows.map(row).collect();
    let text = lines.join("\n");
    Ok(format!("The branch, each promotion one commit (git log main):\n\n{}\n", indented(&text)))
}

/// The end of `git log` of the journal.
fn journal(repository: &Path, pipeline: &Pipeline) -> Result<String, DemoError> {
    let journal = pipeline.repository.journal.as_str();
    let count = git(repository, &["rev-list", "--count", journal])?;
    let newest = format!("-{SHOWN}");
    let log = git(repository, &["log", "--abbrev=7", &newest, "--format=%h %s", journal])?;
    let heading =
        format!("The ledger's journal, newest {SHOWN} of {} commits (git log {journal}):", count.trim());
    Ok(format!("{heading}\n\n{}\n", indented(&log)))
}

fn git(repository: &Path, arguments: &[&str]) -> Result<String, DemoError> {
    let command = Command::new("git", PATIENCE).args(["--no-pager", "--git-dir"]).args([repository]);
    let failed = |why: String| DemoError::setup(format!("run git {}", arguments.join(" ")), why);
    let command =
        command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let finished = towpath_process::run(command).map_err(|e| failed(e.to_string()))?;
    if !finished.success() {
        return Err(failed(String::from_utf8_lossy(&finished.stderr.bytes).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&finished.stdout.bytes).into_owned())
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}

/// What does not go anywhere again by itself.
fn rejected(state: &State) -> String {
    let mut out = String::new();
    for env in state.envs.values() {
        for release in state.releases.iter().filter(|r| r.images.iter().any(|i| env.rejects(&i.digest))) {
            let digests: Vec<&str> = release.images.iter().map(|image| image.digest.short()).collect();
            let (name, version) = (&env.config.name, version(Some(state), &release.r));
            // Writing to a String cannot fail.
            let _ = writeln!(out, "rejected in {name}: {version} ({})", digests.join(", "));
        }
    }
    out
}
