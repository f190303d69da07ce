//! The summary for programs.

use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use towpath_core::time::Time;
use towpath_engine::sim::{Kind, Sum, Swept};

use crate::museum::Found;

/// When and from what something was recorded.
pub(crate) struct Recorded {
    date: String,
    commit: String,
}

impl Recorded {
    /// As of now, in the folder in which this was called. What was changed and not committed makes the commit dirty, but
    /// for the record itself.
    pub(crate) fn now() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = Time::from_unix(i64::try_from(seconds).unwrap_or_default()).to_string();
        let changed = git(&[
            "status",
            "--porcelain",
            "--",
            ":/",
            ":(exclude,top)docs/reliability.*",
            ":(exclude,top)docs/long.json",
        ]);
        let commit = git(&["rev-parse", "--short", "HEAD"]);
        Self {
            date: now.split('T').next().unwrap_or_default().to_owned(),
            commit: match (commit, changed) {
                (Some(commit), Some(changed)) if changed.is_empty() => commit,
                (Some(commit), _) => format!("{commit}-dirty"),
                (None, _) => "unknown".to_owned(),
            },
        }
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Everything that one call found out, as JSON with sorted keys.
pub(crate) fn write(
    path: &Path,
    recorded: &Recorded,
    sum: &Sum,
    museum: &[Found],
    sweep: &[Swept],
) -> std::io::Result<()> {
    let value = json!({
        "recorded": { "date": recorded.date, "commit": recorded.commit },
        "simulation": simulation(sum, museum),
        "museum": museum.iter().map(exhibit).collect::<Vec<_>>(),
        "crashes": sweep.iter().map(crashes).collect::<Vec<_>>(),
    });
    std::fs::write(path, format!("{value:#}\n"))
}

/// Adds what a long run came to, to the list of those.
pub(crate) fn add(path: &Path, recorded: &Recorded, seeds: &Range<u64>, sum: &Sum) -> std::io::Result<()> {
    let mut all: Vec<Value> = match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    all.push(json!({
        "date": recorded.date,
        "commit": recorded.commit,
        "from": seeds.start,
        "to": seeds.end,
        "passes": sum.tally.passes,
        "steps": sum.tally.steps,
        "promotions": sum.tally.promotions,
        "struck": sum.tally.struck(),
        "seconds": sum.seconds.round(),
        "cores": sum.cores,
    }));
    std::fs::write(path, format!("{:#}\n", Value::from(all)))
}

fn simulation(sum: &Sum, museum: &[Found]) -> Value {
    let faults: Vec<Value> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let count = sum.tally.faults.get(&kind).copied().unwrap_or_default();
            let needed = museum.iter().filter(|found| found.needs(kind));
            let needed: Vec<String> = needed.map(|found| format!("{:?}", found.bug)).collect();
            json!({
                "kind": format!("{kind:?}"),
                "text": kind.text(),
                "planned": count.planned,
                "struck": count.struck,
                "mattered": needed,
            })
        })
        .collect();
    json!({
        "seeds": sum.seeds,
        "passes": sum.tally.passes,
        "passesLeftOut": sum.tally.left_out,
        "steps": sum.tally.steps,
        "stepsPerSecond": sum.pace().round(),
        "seconds": sum.seconds.round(),
        "cores": sum.cores,
        "promotions": sum.tally.promotions,
        "rollbacks": sum.tally.rollbacks,
        "inProduction": sum.tally.in_production,
        "distinctStates": sum.tally.states.len(),
        "violations": u64::from(sum.broken.is_some()),
        "faults": faults,
    })
}

fn exhibit(found: &Found) -> Value {
    let faults: Vec<String> = found.faults.iter().map(|kind| format!("{kind:?}")).collect();
    json!({
        "bug": format!("{:?}", found.bug),
        "text": found.bug.text(),
        "rules": found.bug.rules(),
        "life": found.life.map(|life| format!("{life:?}")),
        "seed": found.by.as_ref().map(|(seed, _)| seed),
        "check": found.check(),
        "violation": found.by.as_ref().map(|(_, violation)| violation),
        "invariant": found.invariant(),
        "invariantSeed": found.refused.as_ref().map(|(seed, _)| seed),
        "faults": faults,
    })
}

fn crashes(swept: &Swept) -> Value {
    json!({
        "opening": format!("{:?}", swept.opening),
        "atomic": swept.atomic,
        "effects": swept.effects,
        "lives": swept.lives,
        "late": swept.late,
        "violation": swept.violation,
    })
}
