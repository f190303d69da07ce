//! What is left when the play is over: the ledger, what runs and why, and how long each step took.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use towpath_core::event::{Cause, Event};
use towpath_core::id::Name;
use towpath_core::journal::State;
use towpath_core::pipeline::{Environment, GateKind, Pipeline};
use towpath_core::time::Span;
use towpath_process::Command;

use super::DemoError;
use super::documents::BARE;
use super::play::{ACTS, Play};
use super::story::{Happened, Story};
use crate::report::{status, version, why_text};

/// How many of the journal's commits are shown.
const SHOWN: usize = 8;
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

/// One step of a release: what it is, how long its gates want at least, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    version: &'static str,
    what: String,
    floor: Span,
    took: Duration,
}

fn steps(story: &Story, pipeline: &Pipeline) -> Vec<Step> {
    let mut steps = Vec::new();
    for (act, (version, _)) in (1..).zip(ACTS) {
        for environment in &pipeline.environments {
            let events: Vec<&Happened> = story.happened.iter().filter(|h| h.act == act).collect();
            steps.extend(in_environment(version, environment, pipeline, &events));
        }
    }
    steps
}

/// The steps of one release in one environment, a rollback out of it included.
fn in_environment(
    version: &'static str,
    environment: &Environment,
    pipeline: &Pipeline,
    events: &[&Happened],
) -> Vec<Step> {
    let name = &environment.name;
    let at = |cause: Cause, is: fn(&Event) -> bool| {
        let fits = |h: &&&Happened| {
            is(&h.event) && h.promotion.as_ref().is_some_and(|p| &p.environment == name && p.cause == cause)
        };
        events.iter().find(fits).map(|h| h.after)
    };
    let promoted = |event: &Event| matches!(event, Event::Promoted { .. });
    let verified = |event: &Event| matches!(event, Event::Verified { .. });
    let baked = |event: &Event| matches!(event, Event::Baked { .. });
    let failed = |event: &Event| matches!(event, Event::Failed { .. });
    let (in_, good) = (at(Cause::Auto, promoted), at(Cause::Auto, verified));
    let (out, back) = (at(Cause::Rollback, promoted), at(Cause::Rollback, verified));
    let (bad, bake) =
        (at(Cause::Auto, failed), at(Cause::Auto, baked).filter(|_| environment.bake.is_some()));
    let onward = next(name, pipeline).and_then(|next| {
        let is = |h: &&&Happened| {
            promoted(&h.event)
                && h.promotion.as_ref().is_some_and(|p| p.environment == next && p.cause == Cause::Auto)
        };
        events.iter().find(is).map(|h| h.after)
    });
    let verify = sum(environment.stable, window(environment));
    let soak = pipeline.edges_from(name).map(|edge| edge.soak).max().unwrap_or_default();
    let watched = environment.bake.as_ref().map_or(Span::default(), |bake| bake.duration);
    let left = |span: Span| Span::seconds(span.as_seconds().saturating_sub(verify.as_seconds()));
    let step = |what: &str, floor: Span, from: Option<Duration>, to: Option<Duration>| {
        let what = format!("{name}: {what}");
        Some(Step { version, what, floor, took: to?.saturating_sub(from?) })
    };
    [
        step("stable and verified", verify, in_, good),
        step(
            "soak, as far as it is left",
            left(soak),
            good,
            onward.filter(|_| environment.approvals.is_empty()),
        ),
        step("bake passed", watched, good, bake),
        step("found bad", Span::default(), good.or(in_), bad),
        step("taken back by a commit", Span::default(), bad, out),
        step("back in order", verify, out, back),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The environment behind this one that takes releases without a person.
fn next(name: &Name, pipeline: &Pipeline) -> Option<Name> {
    let follows = |e: &&Environment| e.after.edges.iter().any(|edge| &edge.environment == name);
    let next = pipeline.environments.iter().find(follows)?;
    next.approvals.is_empty().then(|| next.name.clone())
}

/// The longest window of the metrics that verify.
fn window(environment: &Environment) -> Span {
    let window = |gate: &towpath_core::pipeline::Gate| match &gate.kind {
        GateKind::Metric(metric) => Some(metric.window),
        GateKind::Qa(_) => None,
    };
    environment.verify.iter().filter_map(window).max().unwrap_or_default()
}

fn sum(a: Span, b: Span) -> Span {
    Span::seconds(a.as_seconds().saturating_add(b.as_seconds()))
}

fn table(steps: &[Step]) -> String {
    let mut out = format!("{:<9}{:<42}{:<10}{}\n", "RELEASE", "STEP", "AT LEAST", "TOOK");
    for Step { version, what, floor, took } in steps {
        let floor = if *floor == Span::default() { "-".to_owned() } else { floor.to_string() };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{version:<9}{what:<42}{floor:<10}{:.1}s", took.as_secs_f64());
    }
    out
}
