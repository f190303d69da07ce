//! The demo: one run of the real program, its end state, and the transcript that the README shows.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use towpath_local::demo::stable;

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_towpath");

/// A command whose temporary files are in `folder`.
fn towpath(folder: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("TMPDIR", folder).env("TOWPATH_CACHE", folder.join("user-cache"));
    command.stdin(Stdio::null());
    Ok(command)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let (out, err) =
        (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr).into_owned());
    ensure!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
    Ok(out)
}

/// The lines have these words, in this order, each line after the one before.
fn has_sequence(text: &str, sequence: &[&str]) -> Result<()> {
    let mut lines = text.lines();
    for wanted in sequence {
        ensure!(lines.any(|line| line.contains(wanted)), "{wanted:?} does not follow in:\n{text}");
    }
    Ok(())
}

/// The block of the README, without its fence.
fn shown() -> Result<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
        .context("failed to read README.md")?;
    let block = readme
        .split_once("<!-- generated: demo -->")
        .and_then(|(_, rest)| rest.split_once("<!-- end: demo -->"));
    let (block, _) = block.context("README.md has no block `demo`")?;
    let text = block.trim().trim_start_matches("```text\n").trim_end_matches("```");
    let (command, text) = text.split_once('\n').context("the block is empty")?;
    ensure!(command == "$ towpath demo --plain", "the block begins with {command:?}");
    Ok(text.trim_end().to_owned())
}

/// How often the demo is played until it goes as the README shows. Its clock is the machine's: where others leave no time for the
/// make-believe users, a bake has too few readings for a verdict.
const PLAYS: usize = 3;

#[test]
fn the_play_ends_as_told_and_is_what_the_readme_shows() -> Result<()> {
    for play in 1..PLAYS {
        match played_as_shown() {
            Ok(()) => return Ok(()),
            Err(error) => eprintln!("play {play} of {PLAYS} went otherwise: {error:#}"),
        }
    }
    played_as_shown()
}

fn played_as_shown() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let text = output(&mut towpath(folder.path(), &["demo", "--plain", "--keep"])?)?;
    let stable = stable(&text);
    let (transcript, kept) = stable.split_once("\nKept in ").context("--keep says nothing")?;
    has_sequence(
        transcript,
        &[
            "as Argo CD would",
            "production adopted as found",
            "Act 1: 1.1.0",
            "1.1.0 promoted to dev",
            "1.1.0 promoted to staging",
            "production  waits: 1.1.0 has 0 of 1 approvals",
            "jonas       1.1.0 approved for production",
            "1.1.0 promoted to production",
            "bake of production passed",
            "Act 2: 1.2.0",
            "metrics/http-errors in staging: Failed: (rate) at (time), limit 0.05",
            "1.2.0 rejected in staging",
            "staging rolled back to 1.1.0",
            "1.1.0 Verified in staging",
            "Act 3: 1.3.0",
            "1.3.0 Verified in production",
            "bake/http-errors in production: Failed: (rate) at (time), limit 0.05",
            "production rolled back to 1.1.0",
            "Act 4: 1.4.0",
            "1.4.0 Verified in production",
            "bake of production passed",
            "Roll back web in production: 1.1.0",
            "production   1.4.0  settled",
            "rejected in production: 1.3.0",
            "rejected in staging: 1.2.0",
        ],
    )?;
    end_state(folder.path(), kept)?;
    let shown = shown()?;
    ensure!(
        shown == transcript.trim_end(),
        "README.md is stale: type `cargo xtask generate`; it was\n{transcript}"
    );
    Ok(())
}

/// What is kept is a folder that the other commands work with, and whose ledger and branch agree.
fn end_state(temporary: &Path, kept: &str) -> Result<()> {
    assert!(kept.contains("towpath status --local"), "{kept}");
    let folder = std::fs::read_dir(temporary)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("towpath-demo-")))
        .context("nothing is kept")?;
    let local = folder.to_string_lossy();
    let status = output(&mut towpath(temporary, &["status", "--local", &local])?)?;
    assert_eq!(status.matches("1.4.0  settled").count(), 3, "{status}");
    output(&mut towpath(temporary, &["ledger", "verify", "--local", &local])?)?;
    let bare = folder.join("environments.git");
    let git = |arguments: &[&str]| output(Command::new("git").arg("--git-dir").arg(&bare).args(arguments));
    for environment in ["dev", "staging", "production"] {
        let file = format!("main:apps/web/overlays/{environment}/kustomization.yaml");
        let text = git(&["show", &file])?;
        assert!(text.contains("newTag: \"1.4.0\"") && text.contains("images:"), "{environment}: {text}");
    }
    let first = git(&["log", "--format=%s", "--reverse", "main"])?;
    assert_eq!(first.lines().count(), 14, "{first}");
    let changed = git(&["diff", "--numstat", "main~13", "main"])?;
    let one_line_each = |line: &str| line.starts_with("2\t2\tapps/web/overlays/");
    assert!(changed.lines().count() == 3 && changed.lines().all(one_line_each), "{changed}");
    Ok(())
}

#[test]
fn an_interrupt_ends_it_and_leaves_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // Whoever runs the tests in the background ignores SIGINT, and so would what they start.
    let mut child = Command::new("env")
        .arg("--default-signal=INT")
        .arg(PROGRAM)
        .args(["demo", "--plain"])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().context("no output")?;
    let mut lines = BufReader::new(out).lines();
    let began = lines.any(|line| line.is_ok_and(|line| line.starts_with("Act 1")));
    assert!(began && std::fs::read_dir(folder.path())?.count() > 0);
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    ensure!(killed.success(), "failed to send a signal");
    lines.for_each(drop);
    let ended = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("stopped by a signal"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

#[test]
fn without_git_it_fails_and_says_what_it_waited_for() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let ended = towpath(folder.path(), &["demo", "--plain"])?.env("PATH", folder.path()).output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("git"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}
