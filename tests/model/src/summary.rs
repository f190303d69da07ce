//! The summary of a check, for programs.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use serde_json::{Value, json};
use towpath_core::time::Time;

use crate::run::Report;
use crate::size::Size;

/// Writes what was found at each size, with today's date and the commit that was checked, as JSON with sorted keys.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, checked: &[(Size, Report)], threads: usize) -> std::io::Result<()> {
    let sizes: Vec<Value> = checked.iter().map(|(size, report)| of(size, report)).collect();
    let value = json!({
        "recorded": { "commit": commit(), "date": today() },
        "sizes": sizes,
        "threads": threads,
    });
    std::fs::write(path, format!("{value:#}\n"))
}

fn of(size: &Size, report: &Report) -> Value {
    json!({
        "acts": size.acts,
        "broken": report.broken.iter().map(|broken| broken.rule).collect::<Vec<_>>(),
        "controllers": size.controllers,
        "decisions": report.decisions,
        "depth": report.depth,
        "exhaustive": report.exhaustive,
        "journals": report.journals,
        "name": size.name,
        "notReached": report.missed,
        "releases": size.releases,
        "seconds": (report.took.as_secs_f64() * 10.0).round() / 10.0,
        "states": report.states,
        "unique": report.unique,
    })
}

fn today() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = Time::from_unix(i64::try_from(now).unwrap_or(0)).to_string();
    now.split('T').next().unwrap_or_default().to_owned()
}

/// The commit of the folder that this was built in; `-dirty` behind it when files differ from it.
fn commit() -> String {
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    match git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty()) {
        true => format!("{commit}-dirty"),
        false => commit,
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let child = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = child.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
